"""What holds for every size, level, orientation, gaze and option."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foveaview import MetamericLoss
from foveaview.perception.pyramid.padding import levels_that_fit

sides = st.one_of(st.integers(16, 48), st.sampled_from([16, 17, 31, 37, 53, 61, 64, 97]))
sizes = st.one_of(st.tuples(sides, sides), st.sampled_from([(16, 320), (340, 17), (20, 400), (97, 31)]))
gazes = st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5))


@st.composite
def cases(draw: st.DrawFn) -> tuple[tuple[int, int], tuple[float, float], dict[str, Any]]:
    size = draw(sizes)
    foveal = draw(st.booleans())
    options = {
        "n_pyramid_levels": draw(st.integers(1, levels_that_fit(size))),
        "n_orientations": draw(st.sampled_from([1, 2, 4, 6])),
        "mode": draw(st.sampled_from(["quadratic", "linear"])),
        "alpha": draw(st.floats(0.01, 1)),
        "real_image_width": draw(st.floats(0.05, 5)),
        "use_l2_foveal_loss": foveal,
        "fovea_weight": draw(st.floats(0, 50)),
        "use_radial_weight": draw(st.booleans()),
        "use_fullres_l0": not foveal and draw(st.booleans()),
        "filter_type": draw(st.sampled_from(["cropped", "full"])),
    }
    return size, draw(gazes), options


@pytest.mark.slow
@settings(max_examples=150)
@given(case=cases(), channels=st.sampled_from([1, 3]), samples=st.integers(1, 2), seed=st.integers(0, 99))
@example(((20, 400), (0.5, 0.5), {"n_pyramid_levels": 4}), 3, 1, 0)
@example(((97, 31), (0.1, 0.9), {"n_pyramid_levels": 4, "n_orientations": 6}), 3, 2, 0)
@example(((16, 16), (0.5, 0.5), {"n_pyramid_levels": 1}), 1, 1, 0)
def test_the_heatmaps_mean_is_the_loss(
    case: tuple[tuple[int, int], tuple[float, float], dict[str, Any]],
    channels: int,
    samples: int,
    seed: int,
) -> None:
    size, gaze, options = case
    generator = torch.Generator().manual_seed(seed)
    image, target = (torch.rand(samples, channels, *size, generator=generator) for _ in range(2))
    loss = MetamericLoss(**options)
    image.requires_grad_()
    value = loss(image, target, gaze)
    heatmap = loss.heatmap(image.detach(), target, gaze)

    assert torch.isfinite(value)
    assert heatmap.shape == (samples, 1, *size)
    assert (heatmap >= 0).all()
    assert heatmap.double().mean().item() == pytest.approx(value.item(), rel=1e-5)
    (gradient,) = torch.autograd.grad(value, image)
    assert torch.isfinite(gradient).all()


@pytest.mark.slow
@settings(max_examples=30)
@given(case=cases(), seed=st.integers(0, 99))
def test_a_target_is_its_own_metamer(
    case: tuple[tuple[int, int], tuple[float, float], dict[str, Any]], seed: int
) -> None:
    size, gaze, options = case
    target = torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(seed))
    assert float(MetamericLoss(**options)(target, target.clone(), gaze)) == 0
