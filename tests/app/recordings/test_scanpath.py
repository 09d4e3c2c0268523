"""The scanpath of a live gaze over the images."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from foveaview.app.recordings.scanpath import Scanpath
from foveaview.gaze import Sample, now
from foveaview.gaze.fixation_list import FixationList
from foveaview.gaze.sample_history import SampleHistory
from foveaview.settings import FixationSettings
from tests.app.conftest import WindowDriver
from tests.app.scripted import Script


@pytest.fixture
def opened(driver: WindowDriver, image_file: Callable[..., Path]) -> WindowDriver:
    driver.open(image_file(size=(96, 128)))
    driver.controller.edits.set_view(scanpath=True)
    return driver


@pytest.fixture
def scanpath(opened: WindowDriver) -> Scanpath:
    return opened.window.recordings.scanpath


def looked_at(*places: tuple[float, float], each_s: float = 0.3) -> list[Sample]:
    """The last seconds at 100 Hz: a rest of so long at each place."""
    steps = round(100 * each_s)
    begin = now() - len(places) * each_s
    return [Sample(begin + i / 100, *places[i // steps]) for i in range(steps * len(places))]


def numbers(scanpath: Scanpath) -> list[int]:
    return list(scanpath.items[0].numbers())


def test_fixations_of_what_comes_are_shown_on_both_images(opened: WindowDriver, scanpath: Scanpath) -> None:
    scanpath.add(looked_at((0.2, 0.2), (0.8, 0.8), (0.2, 0.8)))
    opened.until(lambda: numbers(scanpath) == [1, 2, 3])
    assert list(scanpath.items[1].numbers()) == [1, 2, 3]


def test_only_those_of_the_last_seconds_are_shown(opened: WindowDriver, scanpath: Scanpath) -> None:
    opened.controller.edits.set_view(scanpath_s=0.5)
    scanpath.add(looked_at((0.2, 0.2), (0.8, 0.8), (0.2, 0.8)))
    opened.until(lambda: numbers(scanpath) == [2, 3])


def test_they_are_found_as_a_person_has_set_it(opened: WindowDriver, scanpath: Scanpath) -> None:
    scanpath.add(looked_at((0.2, 0.2), (0.8, 0.8)))
    opened.until(lambda: numbers(scanpath) == [1, 2])
    scanpath.set_fixations(FixationSettings(method="I-VT", duration_ms=400))
    assert numbers(scanpath) == []
    scanpath.set_fixations(FixationSettings(method="I-VT", duration_ms=200))
    assert numbers(scanpath) == [1, 2]


def test_they_are_looked_for_no_more_often_than_ten_times_a_second(
    opened: WindowDriver, scanpath: Scanpath, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[SampleHistory] = []
    update = scanpath._live.update

    def count(history: SampleHistory) -> FixationList:
        counted.append(history)
        return update(history)

    monkeypatch.setattr(scanpath._live, "update", count)
    begun = now()
    while now() < begun + 0.5:
        scanpath.add([Sample(now(), 0.5, 0.5)])
        scanpath._show()
    assert 2 <= len(counted) <= 6


def test_nothing_is_looked_for_where_the_path_is_not_shown(opened: WindowDriver, scanpath: Scanpath) -> None:
    opened.controller.edits.set_view(scanpath=False)
    scanpath.add(looked_at((0.2, 0.2), (0.8, 0.8)))
    scanpath._show()
    assert len(scanpath._live_rests) == 0
    opened.controller.edits.set_view(scanpath=True)
    opened.until(lambda: numbers(scanpath) == [1, 2])


def test_on_a_smaller_image_the_same_places_are_nearer(opened: WindowDriver, scanpath: Scanpath) -> None:
    scanpath.add(looked_at((0.4, 0.5), (0.6, 0.5)))
    opened.until(lambda: numbers(scanpath) == [1, 2])
    width = opened.document.loss_settings.real_image_width
    opened.controller.edits.set_loss("real_image_width", width / 50)
    opened.until(lambda: numbers(scanpath) == [1])
    assert math.isclose(scanpath.items[0]._rests.x[0], 0.5, abs_tol=0.001)


def test_no_path_is_left_where_nothing_is_followed_any_more(opened: WindowDriver) -> None:
    items, source = opened.window.recordings.scanpath.items, Script()
    opened.window.gaze.follow(source)
    source.say(0.4, 0.5)
    opened.until(lambda: all(item.isVisible() for item in items))
    opened.window.gaze.stop()
    assert not any(item.isVisible() for item in items)
