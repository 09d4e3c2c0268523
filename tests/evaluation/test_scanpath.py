"""One metamer under a recording of gaze."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from foveaview import LossSettings, MetamericLoss
from foveaview.evaluation.scanpath import measure_scanpath
from foveaview.gaze.recording import Recording

SETTINGS = LossSettings(n_pyramid_levels=3)


def recorded(x: list[float], y: list[float], **more: Any) -> Recording:
    t = np.arange(len(x)) / 100
    return Recording("trial.csv", t, np.array(x), np.array(y), **more)


def pair() -> tuple[torch.Tensor, torch.Tensor]:
    target = torch.rand(1, 3, 32, 40, generator=torch.Generator().manual_seed(0))
    return target, target.roll(2, -1)


def test_a_constant_gaze_has_exactly_the_loss_there() -> None:
    target, metamer = pair()
    result = measure_scanpath(target, metamer, recorded([0.3] * 50, [0.6] * 50), (0.3, 0.6), SETTINGS)
    exact = float(MetamericLoss.from_settings(SETTINGS)(metamer, target, (0.3, 0.6)))
    assert set(result.loss.tolist()) == {exact}
    assert result.worst_loss == exact
    assert set(result.error_deg.tolist()) == {0.0}


def test_what_was_not_seen_has_no_loss() -> None:
    recording = recorded([0.1, np.nan, 0.5, 0.9], [0.5] * 4, valid=np.array([True, True, False, True]))
    result = measure_scanpath(*pair(), recording, (0.1, 0.5), SETTINGS)
    assert result.usable.tolist() == [True, False, False, True]
    assert np.isnan(result.error_deg).tolist() == [False, True, True, False]
    assert result.summary()["usable"] == 2


def test_the_worst_gaze_is_where_the_loss_is_largest() -> None:
    target, metamer = pair()
    recording = recorded([0.1, 0.5, 0.9], [0.2, 0.5, 0.8])
    result = measure_scanpath(target, metamer, recording, (0.5, 0.5), SETTINGS)
    loss = MetamericLoss.from_settings(SETTINGS)
    gazes = zip(recording.x, recording.y, strict=True)
    values = [float(loss(metamer, target, (float(x), float(y)))) for x, y in gazes]
    assert result.loss.tolist() == values
    assert result.worst == int(np.argmax(values))
    assert result.summary()["worst"]["loss"] == max(values)


def test_the_bins_of_the_summary_hold_every_sample() -> None:
    result = measure_scanpath(*pair(), recorded([0.1, 0.5, 0.9], [0.2, 0.5, 0.8]), (0.5, 0.5), SETTINGS)
    bins = result.summary()["by_error_deg"]
    assert sum(row["samples"] for row in bins) == 3
    assert bins[-1]["to_deg"] == pytest.approx(result.error_deg.max())


def test_gaze_that_says_nothing_of_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match="none of its 2 samples has a valid gaze"):
        measure_scanpath(*pair(), recorded([np.nan] * 2, [0.5] * 2), (0.5, 0.5), SETTINGS)
    with pytest.raises(ValueError, match="not in image coordinates"):
        measure_scanpath(*pair(), recorded([0.5], [0.5], unit="screen"), (0.5, 0.5), SETTINGS)
