"""Tests of the fixations of a recording on an image."""

from __future__ import annotations

import numpy as np
import pytest

from foveaview.gaze import Recording
from foveaview.gaze.fixation_list import FixationList, find_rests
from foveaview.gaze.visual_angle import Angles
from foveaview.perception.interruption import Interrupted, interruptible
from foveaview.settings import FixationSettings

ANGLES = Angles(0.3, 0.75)


def reading() -> Recording:
    """Return fixations of three positions, 0.5 s each, at 100 Hz."""
    t = np.arange(150) / 100
    return Recording("eye", t, np.repeat([0.2, 0.8, 0.5], 50), np.repeat([0.3, 0.3, 0.9], 50))


@pytest.mark.parametrize("method", ["I-DT", "I-VT"])
def test_find_rests_finds_each_fixation_in_image_coordinates(method: str) -> None:
    found = find_rests(reading(), FixationSettings(method=method), ANGLES)
    assert found.x == pytest.approx([0.2, 0.8, 0.5])
    assert found.y == pytest.approx([0.3, 0.3, 0.9])
    assert found.end == pytest.approx([0.49, 0.99, 1.49])


def test_find_rests_none_or_too_short_is_empty() -> None:
    assert len(find_rests(reading(), FixationSettings(method="none"), ANGLES)) == 0
    assert len(find_rests(reading(), FixationSettings(duration_ms=600), ANGLES)) == 0


def test_find_rests_screen_recording_is_refused() -> None:
    t = np.arange(2.0)
    with pytest.raises(ValueError, match="need image coordinates, but eye is in px"):
        find_rests(Recording("eye", t, t, t, unit="px"), FixationSettings(), ANGLES)


def test_find_rests_can_be_interrupted() -> None:
    with interruptible(lambda: True), pytest.raises(Interrupted):
        find_rests(reading(), FixationSettings(), ANGLES)


def test_description_at_describes_fixation() -> None:
    found = find_rests(reading(), FixationSettings(), ANGLES)
    assert found.description_at(0.7) == "fixation 2: 490 ms at 0.800 0.300"
    assert found.description_at(2.0) == FixationList.none().description_at(0.0) == ""
