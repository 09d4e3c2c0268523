"""The line to cite names what the result depends on."""

from __future__ import annotations

import pytest

from foveaview.export.citation import citation
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (LossSettings(alpha=0.35), "alpha 0.35"),
        (LossSettings(mode="linear"), "linear pooling"),
        (LossSettings(real_viewing_distance=1.5), "0.2 m wide at 1.5 m"),
        (LossSettings(n_pyramid_levels=3, n_orientations=1), "of 3 levels, 1 orientation,"),
        (
            LossSettings(use_l2_foveal_loss=False, use_fullres_l0=True),
            "no foveal L2, full-resolution lowpass",
        ),
        (LossSettings(use_radial_weight=True), "radial weight"),
        (LossSettings(filter_type="full"), "full filters"),
    ],
)
def test_a_setting_is_named(settings: LossSettings, words: str) -> None:
    assert words in citation((0.25, 0.5), (48, 64), settings, SynthesisSettings())
    assert words not in citation((0.25, 0.5), (48, 64), LossSettings(), SynthesisSettings())


def test_the_gaze_and_the_seed_are_named() -> None:
    line = citation((0.25, 0.5), (48, 64), LossSettings(), SynthesisSettings(seed=7))
    assert "gaze (0.25, 0.5)" in line
    assert line.endswith("seed 7")
    assert "\n" not in line


def test_other_terms_are_named() -> None:
    objective = ObjectiveSettings(metameric=1, pixel=0.5)
    line = citation((0.5, 0.5), (48, 64), LossSettings(), SynthesisSettings(), objective)
    assert "objective metameric 1, pixel 0.5" in line
    assert "objective" not in citation((0.5, 0.5), (48, 64), LossSettings(), SynthesisSettings())
