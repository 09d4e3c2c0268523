"""Perceptual terms, against the published formula written out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview.objectives.map_upsampling import spread
from foveaview.objectives.perceptual import FeatureDistance, Lpips, PreparedFeatures, _unit
from foveaview.objectives.term import PreparedTerm, Term
from foveaview.objectives.weights import lpips_file
from tests.objectives.conftest import random_state

NAMES = ("alex", "vgg", "squeeze")
GAZE = (0.3, 0.4)


def conv(state: dict[str, Tensor], layer: str, x: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    weight, bias = (state[f"features.{layer}.{part}"].double() for part in ("weight", "bias"))
    return F.relu(F.conv2d(x, weight, bias, stride, padding))


def alex(state: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    one = conv(state, "0", x, 4, 2)
    two = conv(state, "3", F.max_pool2d(one, 3, 2), padding=2)
    three = conv(state, "6", F.max_pool2d(two, 3, 2), padding=1)
    four = conv(state, "8", three, padding=1)
    return [one, two, three, four, conv(state, "10", four, padding=1)]


def vgg(state: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    found: list[Tensor] = []
    for layers in (("0", "2"), ("5", "7"), ("10", "12", "14"), ("17", "19", "21"), ("24", "26", "28")):
        x = F.max_pool2d(x, 2) if found else x
        for layer in layers:
            x = conv(state, layer, x, padding=1)
        found.append(x)
    return found


def squeeze(state: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    found = [conv(state, "0", x, 2)]
    for layer in (3, 4, 6, 7, 9, 10, 11, 12):
        x = found[-1] if layer > 9 else x
        if layer in (3, 6, 9):
            x = F.max_pool2d(found[-1], 3, 2, ceil_mode=True)
        few = conv(state, f"{layer}.squeeze", x)
        wide = conv(state, f"{layer}.expand3x3", few, padding=1)
        x = torch.cat([conv(state, f"{layer}.expand1x1", few), wide], 1)
        if layer not in (3, 6):
            found.append(x)
    return found


def published(name: str, image: Tensor, target: Tensor) -> Tensor:
    """LPIPS 0.1 as its authors' program computes it, in float64."""
    linear = torch.load(lpips_file(name), map_location="cpu", weights_only=True)
    shift = torch.tensor([-0.030, -0.088, -0.188]).double().view(1, 3, 1, 1)
    scale = torch.tensor([0.458, 0.448, 0.450]).double().view(1, 3, 1, 1)
    state, network = random_state(name), {"alex": alex, "vgg": vgg, "squeeze": squeeze}[name]
    sides = [network(state, (2 * x.double() - 1 - shift) / scale) for x in (image, target)]
    total = torch.zeros(len(image), dtype=torch.float64)
    for i, pair in enumerate(zip(*sides, strict=True)):
        a, b = (x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10) for x in pair)
        weighted = F.conv2d((a - b) ** 2, linear[f"lin{i}.model.1.weight"].double())
        total += weighted.mean(dim=(1, 2, 3))
    return total.mean()


@pytest.fixture(params=[*NAMES, "features"])
def term(request: pytest.FixtureRequest, weights: dict[str, Path]) -> Lpips | FeatureDistance:
    """LPIPS with each of its trunks, and the distance of features with the default one."""
    name = str(request.param)
    return FeatureDistance() if name == "features" else Lpips(name, weights[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_lpips_is_the_published_formula(
    name: str, weights: dict[str, Path], photograph: Tensor, noise: Tensor
) -> None:
    images = torch.cat([noise, (photograph + 0.1 * noise).clamp(0, 1)])
    targets = photograph.expand(2, -1, -1, -1)
    expected = published(name, images, targets).item()
    assert Lpips(name, weights[name]).prepare(targets).loss(images).item() == pytest.approx(
        expected, rel=1e-5
    )
    double = Lpips(name, weights[name]).prepare(targets.double()).loss(images.double())
    assert double.item() == pytest.approx(expected, rel=1e-5)


def test_lpips_is_the_published_formula_where_features_are_zero(weights: dict[str, Path]) -> None:
    target = torch.zeros(1, 3, 40, 40)
    image = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0)) * torch.linspace(0, 1, 40)
    found = Lpips("alex", weights["alex"]).prepare(target).loss(image)
    assert found.item() == pytest.approx(published("alex", image, target).item(), rel=1e-5)


def test_the_distance_of_features_is_two_less_twice_the_cosine(photograph: Tensor, noise: Tensor) -> None:
    term = FeatureDistance()
    with torch.no_grad():
        pairs = zip(term.trunk(noise), term.trunk(photograph), strict=True)
        cosines = [F.cosine_similarity(own, target, dim=1).mean() for own, target in pairs]
    expected = 2 - 2 * float(torch.stack(cosines).mean())
    assert float(term.prepare(photograph, GAZE).loss(noise)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_it_is_a_term(term: Term, photograph: Tensor) -> None:
    prepared: PreparedTerm = term.prepare(photograph, GAZE)
    loss = prepared.loss(photograph)
    assert loss.shape == ()
    assert loss.item() == 0


@pytest.mark.slow
def test_the_heatmap_s_mean_is_the_loss(term: Term, photograph: Tensor, noise: Tensor) -> None:
    for size in ((48, 64), (41, 63)):
        image, target = noise[..., : size[0], : size[1]], photograph[..., : size[0], : size[1]]
        prepared = term.prepare(target, GAZE)
        heatmap = prepared.heatmap(image)
        assert heatmap is not None
        assert heatmap.shape == (1, 1, *size)
        assert float(heatmap.min()) >= 0
        torch.testing.assert_close(heatmap.mean(), prepared.loss(image), rtol=1e-5, atol=0)


def test_the_heatmap_is_where_the_images_differ(photograph: Tensor) -> None:
    image = photograph.clone()
    image[..., :16, :16] = image[..., :16, :16].flip(-1)
    heatmap = FeatureDistance().prepare(photograph).heatmap(image)
    assert heatmap[..., :24, :24].mean() > 3 * heatmap[..., 24:, 40:].mean()


@pytest.mark.parametrize("size", [(16, 24), (17, 23)])
@pytest.mark.parametrize("cells", [(16, 24), (5, 7), (1, 1)])
def test_each_cell_covers_as_much_of_the_picture(size: tuple[int, int], cells: tuple[int, int]) -> None:
    maps = torch.rand(2, 1, *(min(pair) for pair in zip(size, cells, strict=True)), dtype=torch.float64)
    maps.requires_grad_()
    (shares,) = torch.autograd.grad(spread(maps, size).mean(), maps)
    torch.testing.assert_close(shares, torch.full_like(shares, 1 / shares.numel()))


@pytest.mark.slow
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_gradients_of_flat_images_are_finite(value: float, term: Term, photograph: Tensor) -> None:
    flat = torch.full_like(photograph, value)
    for target in (photograph, flat):
        image = flat.clone().requires_grad_()
        term.prepare(target, GAZE).loss(image).backward()
        assert image.grad is not None
        assert torch.isfinite(image.grad).all()


def test_the_gradient_of_a_unit_vector_is_finite_where_it_is_zero() -> None:
    features = torch.zeros(1, 3, 1, 1, requires_grad=True)
    (gradient,) = torch.autograd.grad(_unit(features).sum(), features)
    assert torch.isfinite(gradient).all()


def test_the_gradient_is_that_of_the_value(weights: dict[str, Path]) -> None:
    generator = torch.Generator().manual_seed(0)
    image, target, step = (
        torch.rand(1, 3, 32, 32, generator=generator, dtype=torch.float64) for _ in range(3)
    )
    prepared = Lpips("squeeze", weights["squeeze"]).prepare(target)
    image.requires_grad_()
    (gradient,) = torch.autograd.grad(prepared.loss(image), image)
    with torch.no_grad():
        difference = prepared.loss(image + 1e-6 * step) - prepared.loss(image - 1e-6 * step)
    assert float(difference) / 2e-6 == pytest.approx(float((gradient * step).sum()), rel=1e-5)


def test_one_channel_is_compared_as_grey(photograph: Tensor, noise: Tensor) -> None:
    image, target = noise[:, :1], photograph[:, :1]
    grey = FeatureDistance().prepare(target).loss(image)
    colour = FeatureDistance().prepare(target.expand(-1, 3, -1, -1)).loss(image.expand(-1, 3, -1, -1))
    assert torch.equal(grey, colour)


def test_half_precision_is_computed_in_single(photograph: Tensor, noise: Tensor) -> None:
    prepared = FeatureDistance().prepare(photograph)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        within = prepared.loss(noise)
    assert torch.equal(within, prepared.loss(noise))


def test_it_can_be_prepared_in_inference_mode(photograph: Tensor, noise: Tensor) -> None:
    with torch.inference_mode():
        prepared = FeatureDistance().prepare(photograph + 0)
    image = noise.clone().requires_grad_()
    prepared.loss(image).backward()
    assert image.grad is not None


def test_target_features_need_a_gradient_only_if_the_target_does(photograph: Tensor) -> None:
    term, target = FeatureDistance(), photograph.clone().requires_grad_()
    with torch.no_grad():
        inside = term.prepare(target)
    assert isinstance(inside, PreparedFeatures)
    assert not any(maps.requires_grad for maps in [*inside.features, *term.prepare(photograph).features])
    assert all(maps.requires_grad for maps in term.prepare(target).features)


def test_what_cannot_be_compared_is_refused(photograph: Tensor) -> None:
    term = FeatureDistance()
    with pytest.raises(ValueError, match=r"31 x 40 px is too small .* at least 32 px"):
        term.prepare(torch.rand(1, 3, 40, 31))
    with pytest.raises(ValueError, match="target has 1 values that are NaN or infinite"):
        term.prepare(torch.cat([photograph.flatten()[:-1], torch.tensor([torch.nan])]).view_as(photograph))
    with pytest.raises(ValueError, match=r"the target's shape \(1, 3, 48, 64\)"):
        term.prepare(photograph).loss(photograph[..., :-1])


def test_lpips_needs_torchmetrics_files(weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchmetrics", None)
    with pytest.raises(ImportError, match=r"torchmetrics: pip install 'foveaview\[perceptual\]'"):
        Lpips("alex", weights["alex"])


def test_linear_weights_that_are_not_the_trunk_s_are_refused(
    weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lpips_file("vgg")
    monkeypatch.setattr("foveaview.objectives.perceptual.lpips_file", lambda name: path)
    with pytest.raises(ValueError, match="not LPIPS's weights of trunk 'alex'"):
        Lpips("alex", weights["alex"])
