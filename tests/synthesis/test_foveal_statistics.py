"""Foveal statistics as the model of a metamer: the presets find one, and its loss is the window's."""

from __future__ import annotations

import pytest
from torch import Tensor

from foveaview import PRESETS, LossSettings, Metamer, MetamericLoss
from foveaview.perception.analysis.foveal_statistics import FovealStatistics


@pytest.mark.slow
@pytest.mark.parametrize(("name", "steps", "factor"), [("adam", 120, 60), ("lbfgs", 40, 25)])
def test_presets_converge_on_foveal_statistics(
    photograph: Tensor, noise: Tensor, name: str, steps: int, factor: float
) -> None:
    model = FovealStatistics(LossSettings(n_pyramid_levels=3, fovea_weight=0), (0.3, 0.4), (48, 64)).eval()
    metamer = Metamer(photograph, model)
    metamer.setup(noise, optimizer=name)
    assert isinstance(metamer.optimizer, PRESETS[name][0])
    metamer.synthesize(steps, stop_criterion=0, progress_bar=False)
    assert metamer.losses[-1] * factor < metamer.losses[0]


def test_foveal_statistics_are_the_loss_of_the_window(photograph: Tensor, noise: Tensor) -> None:
    settings = LossSettings(n_pyramid_levels=3, use_l2_foveal_loss=False)
    model = FovealStatistics(settings, (0.3, 0.4), (48, 64)).eval()
    metamer = Metamer(photograph, model)
    metamer.setup(noise)
    expected = MetamericLoss.from_settings(settings)(noise, photograph, (0.3, 0.4))
    assert metamer.current_loss() == pytest.approx(float(expected), rel=1e-5)
