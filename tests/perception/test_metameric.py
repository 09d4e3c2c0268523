"""The metameric loss: right where the reference is wrong, and clear where the input is."""

from __future__ import annotations

import copy
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from foveaview import MetamericLoss
from foveaview.perception import PreparedTarget


@pytest.fixture
def loss() -> MetamericLoss:
    return MetamericLoss(n_pyramid_levels=3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"n_orientations": 4, "mode": "linear"},
        {"use_l2_foveal_loss": False, "use_radial_weight": True},
        {"use_l2_foveal_loss": False, "use_fullres_l0": True},
        {"filter_type": "full", "n_orientations": 1},
    ],
    ids=str,
)
def test_gradient_is_the_derivative(options: dict[str, Any]) -> None:
    generator = torch.Generator().manual_seed(0)
    image, target = (torch.rand(1, 3, 17, 20, generator=generator, dtype=torch.float64) for _ in range(2))
    loss = MetamericLoss(n_pyramid_levels=3, real_image_width=1.0, **options)
    image.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss(x, target, (0.3, 0.6)), image)


@pytest.mark.slow
@pytest.mark.parametrize("n_orientations", [1, 2, 4])
@pytest.mark.parametrize("radial", [False, True])
def test_a_portrait_is_a_landscape_on_its_side(n_orientations: int, radial: bool) -> None:
    """Also at sizes that are no multiple, and with the gaze off the diagonal."""
    generator = torch.Generator().manual_seed(0)
    image, target = (torch.rand(1, 3, 41, 67, generator=generator, dtype=torch.float64) for _ in range(2))
    options: dict[str, Any] = {
        "n_pyramid_levels": 4,
        "n_orientations": n_orientations,
        "use_l2_foveal_loss": not radial,
        "use_radial_weight": radial,
    }
    landscape = MetamericLoss(real_image_width=0.8, **options)
    portrait = MetamericLoss(real_image_width=0.8 * 41 / 67, **options)
    wide = landscape.heatmap(image, target, (0.2, 0.9))
    high = portrait.heatmap(image.mT, target.mT, (0.9, 0.2))
    torch.testing.assert_close(high, wide.mT, rtol=1e-6, atol=1e-12)


def test_radial_weight_follows_x_and_y() -> None:
    """Without bands, one changed pixel counts most next to the gaze."""
    target = torch.zeros(1, 1, 32, 32)
    image = target.clone()
    image[..., 2, 29] = image[..., 29, 2] = 1
    loss = MetamericLoss(n_pyramid_levels=2, use_l2_foveal_loss=False, use_radial_weight=True)
    heatmap = loss.heatmap(image, target, gaze=(0.9, 0.05))[0, 0]
    assert heatmap[:6, 26:].sum() > 10 * heatmap[26:, :6].sum()


def test_one_orientation_has_no_response_to_a_constant() -> None:
    flat = torch.full((1, 1, 32, 32), 0.5)
    brighter = flat + 0.25
    loss = MetamericLoss(n_pyramid_levels=2, n_orientations=1, use_l2_foveal_loss=False)
    prepared = loss.prepare(brighter)
    assert isinstance(prepared, PreparedTarget)
    maps = prepared.statistics[1]
    assert maps[:, 0].abs().max() < 1e-5


@pytest.mark.parametrize("size", [(16, 320), (320, 16), (17, 340)])
def test_aspect_ratios_to_twenty(size: tuple[int, int]) -> None:
    image, target = torch.rand(1, 3, *size), torch.rand(1, 3, *size)
    assert 0 < float(MetamericLoss(n_pyramid_levels=3)(image, target)) < 10


def test_a_coarse_pixel_counts_by_its_share_of_the_picture() -> None:
    """What lies outside a picture of no multiple changes nothing: only one column differs here."""
    target = torch.zeros(1, 1, 33, 33)
    image = target.clone()
    image[..., 32] = 0.5
    loss = MetamericLoss(n_pyramid_levels=3)
    heatmap = loss.heatmap(image, target, (0.0, 0.5))
    assert heatmap.shape == target.shape
    assert heatmap[..., 32].mean() > heatmap[..., :20].mean()


def test_one_gaze_for_each_sample(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    image, target = noise.repeat(2, 1, 1, 1), photograph.repeat(2, 1, 1, 1)
    gazes = torch.tensor([[0.1, 0.2], [0.8, 0.7]])
    both = loss(image, target, gazes)
    alone = [loss(noise, photograph, gaze) for gaze in gazes]
    torch.testing.assert_close(both, torch.stack(alone).mean())
    maps = loss.heatmap(image, target, gazes)
    torch.testing.assert_close(maps[1:], loss.heatmap(noise, photograph, gazes[1]))


def test_a_list_of_pairs_is_one_gaze_for_each_sample(
    loss: MetamericLoss, photograph: Tensor, noise: Tensor
) -> None:
    image, target = noise.repeat(2, 1, 1, 1), photograph.repeat(2, 1, 1, 1)
    pairs: Any = [(0.1, 0.2), (0.8, 0.7)]
    torch.testing.assert_close(loss(image, target, pairs), loss(image, target, torch.tensor(pairs)))


def test_a_gaze_edited_in_place_is_noticed(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    gaze = [0.2, 0.2]
    before = loss(noise, photograph, gaze)
    gaze[0] = 0.9
    after = loss(noise, photograph, gaze)
    assert after != before
    assert after == MetamericLoss(n_pyramid_levels=3)(noise, photograph, (0.9, 0.2))


def test_a_target_edited_in_place_is_noticed(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    target = photograph.clone()
    array: Any = target.numpy()  # an edit that torch's version counter does not see
    before = loss(noise, target)
    np.subtract(1, array, out=array)
    after = loss(noise, target)
    assert after != before
    assert after == MetamericLoss(n_pyramid_levels=3)(noise, target)


def test_an_equal_target_is_measured_once(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    prepared = loss.prepare(photograph, (0.3, 0.4))
    assert loss.prepare(photograph.clone(), [0.3, 0.4]) is prepared
    assert loss.prepare(photograph, (0.3, 0.5)) is not prepared


def test_settings_are_not_shared_between_dtypes(
    loss: MetamericLoss, photograph: Tensor, noise: Tensor
) -> None:
    single = loss(noise, photograph)
    double = loss(noise.double(), photograph.double())
    assert (single.dtype, double.dtype) == (torch.float32, torch.float64)
    assert single.item() == pytest.approx(double.item(), rel=1e-5)


def test_half_precision_is_computed_in_single(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    half = loss(noise.bfloat16(), photograph.bfloat16())
    assert half.dtype == torch.bfloat16
    assert half.item() == pytest.approx(loss(noise, photograph).item(), rel=0.05)


def test_gradient_reaches_the_target(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    target = photograph.clone().requires_grad_()
    loss(noise, target).backward()
    assert target.grad is not None
    assert target.grad.abs().sum() > 0


def test_a_first_call_in_inference_mode_spoils_nothing(photograph: Tensor, noise: Tensor) -> None:
    loss = MetamericLoss(n_pyramid_levels=2, n_orientations=6)
    with torch.inference_mode():
        loss(noise, photograph)
    image = noise.clone().requires_grad_()
    loss(image, photograph).backward()
    assert image.grad is not None


def test_copies_and_pickles(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    value = loss(noise, photograph)
    buffer = io.BytesIO()
    torch.save(loss, buffer)
    buffer.seek(0)
    assert copy.deepcopy(loss)(noise, photograph) == value
    assert torch.load(buffer, weights_only=False)(noise, photograph) == value


def test_to_returns_a_loss_that_follows_its_input(
    loss: MetamericLoss, photograph: Tensor, noise: Tensor
) -> None:
    assert loss.to(torch.float64)(noise, photograph).dtype == torch.float32


def test_visualise_keeps_the_last_heatmap(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    image = noise.clone().requires_grad_()
    value = loss(image, photograph, (0.3, 0.4), visualise_loss=True)
    assert loss.last_heatmap is not None
    assert not loss.last_heatmap.requires_grad
    assert loss.last_heatmap.mean().item() == pytest.approx(value.item(), rel=1e-5)


def test_ycrcb_is_not_converted(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    assert loss(noise, photograph) != loss(noise, photograph, image_colorspace="YCrCb")


def test_one_channel_ignores_the_colorspace(loss: MetamericLoss) -> None:
    image, target = torch.rand(1, 1, 32, 32), torch.rand(1, 1, 32, 32)
    assert loss(image, target) == loss(image, target, image_colorspace="YCrCb")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "cubic"}, "mode.*'cubic'"),
        ({"n_orientations": 3}, "n_orientations.*1, 2, 4 or 6.*3"),
        ({"filter_type": "trained"}, "filter_type.*'trained'"),
        ({"alpha": 0}, "alpha.*greater than 0.*0"),
        ({"alpha": float("nan")}, "alpha.*finite"),
        ({"real_image_width": -0.1}, "real_image_width.*greater than 0.*-0.1"),
        ({"real_viewing_distance": 0}, "real_viewing_distance.*greater than 0"),
        ({"n_pyramid_levels": 0}, "n_pyramid_levels.*1.*0"),
        ({"fovea_weight": -1}, "fovea_weight.*-1"),
        ({"use_fullres_l0": True}, "use_fullres_l0.*set use_l2_foveal_loss=False"),
    ],
)
def test_impossible_settings(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        MetamericLoss(**options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("image", "target", "message"),
    [
        (torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 40), "one shape"),
        (torch.rand(3, 32, 32), torch.rand(3, 32, 32), "4 dimensions"),
        (torch.rand(1, 2, 32, 32), torch.rand(1, 2, 32, 32), "1 or 3 channels"),
        (torch.rand(1, 5, 32, 32), torch.rand(1, 5, 32, 32), "1 or 3 channels"),
        (torch.rand(0, 3, 32, 32), torch.rand(0, 3, 32, 32), "1 or 3 channels"),
        (torch.full((1, 1, 32, 32), float("nan")), torch.rand(1, 1, 32, 32), "image has 1024 values"),
        (torch.rand(1, 1, 32, 32), torch.full((1, 1, 32, 32), float("inf")), "target has 1024 values"),
        (torch.ones(1, 1, 32, 32).byte(), torch.ones(1, 1, 32, 32).byte(), "floating point"),
        (torch.rand(1, 1, 32, 32), torch.rand(1, 1, 32, 32).double(), "device and dtype"),
        (torch.rand(1, 1, 8, 32), torch.rand(1, 1, 8, 32), "at least 16 px"),
        (torch.rand(1, 1, 32, 32), torch.rand(1, 1, 32, 32), "at most 4 fit"),
        (np.zeros((1, 1, 32, 32)), torch.rand(1, 1, 32, 32), "must be a tensor"),
    ],
)
def test_impossible_images(image: Any, target: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MetamericLoss()(image, target)


@pytest.mark.parametrize(
    "gaze",
    [(0.5,), (0.5, 0.5, 0.5), (float("nan"), 0.5), (0.5, float("inf")), ("a", 0.5), torch.ones(3, 2), ()],
    ids=str,
)
def test_impossible_gazes(loss: MetamericLoss, photograph: Tensor, noise: Tensor, gaze: Any) -> None:
    with pytest.raises(ValueError, match="gaze must be"):
        loss(noise, photograph, gaze)


def test_unknown_colorspace(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    with pytest.raises(ValueError, match=r"image_colorspace.*'HSV'"):
        loss(noise, photograph, image_colorspace="HSV")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_agrees_with_the_cpu(photograph: Tensor, noise: Tensor) -> None:
    loss = MetamericLoss(n_pyramid_levels=3)
    images = [noise.to(device).requires_grad_() for device in ("cpu", "cuda")]
    values = [loss(image, photograph.to(image.device), (0.3, 0.4)) for image in images]
    gradients = [torch.autograd.grad(v, image)[0].cpu() for v, image in zip(values, images, strict=True)]
    assert values[1].item() == pytest.approx(values[0].item(), rel=1e-4)
    assert (gradients[1] - gradients[0]).norm() < 1e-4 * gradients[0].norm()


@pytest.mark.slow
def test_threads_may_share_a_loss(photograph: Tensor, noise: Tensor) -> None:
    shared = MetamericLoss(n_pyramid_levels=3)
    gazes = [(0.1, 0.2), (0.9, 0.3), (0.5, 0.8), (0.3, 0.4)]
    expected = [float(MetamericLoss(n_pyramid_levels=3)(noise, photograph, gaze)) for gaze in gazes]

    def often(gaze: tuple[float, float]) -> list[float]:
        return [float(shared(noise, photograph, gaze)) for _ in range(25)]

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(often, gazes))
    for values, value in zip(found, expected, strict=True):
        assert values == pytest.approx([value] * 25, rel=1e-5)


def test_autocast_is_kept_out(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    image = noise.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        value = loss(image, photograph)
        heatmap = loss.heatmap(noise, photograph)
    value.backward()
    expected = MetamericLoss(n_pyramid_levels=3)(noise, photograph)
    assert value.item() == pytest.approx(expected.item(), rel=1e-6)
    assert heatmap.mean().item() == pytest.approx(expected.item(), rel=1e-5)
