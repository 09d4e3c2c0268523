"""The rate-distortion cost against its formula, its gradients, and what it refuses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from foveaview import MetamericLoss
from foveaview.rate.distortion import LossFunctionOutput, loss_function


def random(seed: int, *shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def planes(seed: int, height: int, width: int) -> dict[str, Tensor]:
    half = (1, 1, height // 2, width // 2)
    return {
        "y": random(seed, 1, 1, height, width),
        "u": random(seed + 1, *half),
        "v": random(seed + 2, *half),
    }


def by_hand(
    decoded: Mapping[str, Tensor],
    target: Mapping[str, Tensor],
    bits: list[float],
    lmbda: float,
    network_bits: float,
    pixels: int,
) -> float:
    """The formula in Python's own numbers."""
    squares, count = 0.0, 0
    for name in decoded:
        pairs = list(zip(decoded[name].flatten().tolist(), target[name].flatten().tolist(), strict=True))
        squares += math.fsum((a - b) ** 2 for a, b in pairs)
        count += len(pairs)
    return squares / count + lmbda * (math.fsum(bits) + network_bits) / pixels


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", ["RGB or YUV444", "YUV420"])
def test_it_is_the_formula(kind: str, seed: int) -> None:
    numbers = random(seed, 4).tolist()
    height, width = 2 * (2 + int(8 * numbers[0])), 2 * (2 + int(8 * numbers[1]))
    lmbda, network_bits = 10 ** (-4 * numbers[2]), 1000 * numbers[3]
    bits = 5 * random(seed + 50, 3, 7)
    decoded: Any = planes(seed + 100, height, width)
    target: Any = planes(seed + 200, height, width)
    own, other = decoded, target
    if kind != "YUV420":
        decoded, target = random(seed + 100, 1, 3, height, width), random(seed + 200, 1, 3, height, width)
        own, other = {"": decoded}, {"": target}
    expected = by_hand(own, other, bits.flatten().tolist(), lmbda, network_bits, height * width)
    output = loss_function(decoded, bits, target, lmbda, network_bits, compute_logs=True)
    assert output.loss is not None
    assert output.loss.shape == ()
    assert float(output.loss) == pytest.approx(expected, rel=1e-6)
    assert output.mse is not None
    assert output.rate_latent_bpp == pytest.approx(float(bits.sum()) / (height * width), rel=1e-6)
    assert output.rate_nn_bpp == pytest.approx(network_bits / (height * width), rel=1e-6)
    assert output.total_rate_bpp is not None
    assert output.mse + lmbda * output.total_rate_bpp == pytest.approx(expected, rel=1e-6)
    assert output.psnr_db == pytest.approx(-10 * math.log10(output.mse))


def test_the_planes_weigh_four_to_one_to_one_and_are_matched_by_name() -> None:
    target = planes(0, 4, 6)
    decoded = {name: target[name] + off for name, off in (("v", 0.3), ("u", 0.2), ("y", 0.1))}
    output = loss_function(decoded, torch.zeros(1), target, compute_logs=True)
    assert output.mse == pytest.approx((4 * 0.01 + 0.04 + 0.09) / 6, rel=1e-5)


def test_logs_only_where_they_are_asked_for() -> None:
    image = random(0, 1, 3, 4, 4)
    output = loss_function(image, torch.ones(2), image)
    assert (output.mse, output.rate_nn_bpp, output.rate_latent_bpp) == (None, None, None)
    assert (output.psnr_db, output.total_rate_bpp) == (None, None)
    logs = loss_function(image, torch.ones(2), image, compute_logs=True)
    assert all(isinstance(value, float) for value in (logs.mse, logs.rate_nn_bpp, logs.rate_latent_bpp))
    assert LossFunctionOutput().loss is None


def test_a_perfect_reconstruction() -> None:
    image = random(0, 1, 3, 4, 4)
    output = loss_function(image, torch.zeros(0), image, compute_logs=True)
    assert float(output.loss if output.loss is not None else math.nan) == 0
    assert (output.mse, output.psnr_db) == (0, math.inf)


def test_gradients_flow_to_image_and_latents_and_not_to_the_networks() -> None:
    decoded, target = random(0, 1, 3, 4, 6).requires_grad_(), random(1, 1, 3, 4, 6)
    bits, networks = random(2, 5).requires_grad_(), torch.tensor(100.0, requires_grad=True)
    output = loss_function(decoded, bits, target, 0.5, networks, compute_logs=True)
    assert output.loss is not None
    output.loss.backward()
    torch.testing.assert_close(decoded.grad, 2 * (decoded.detach() - target) / 72)
    torch.testing.assert_close(bits.grad, torch.full((5,), 0.5 / 24))
    assert networks.grad is None
    assert output.rate_nn_bpp == pytest.approx(100 / 24)


def test_gradients_of_planes() -> None:
    decoded = {name: plane.requires_grad_() for name, plane in planes(0, 4, 4).items()}
    target = planes(5, 4, 4)
    loss = loss_function(decoded, torch.zeros(1), target).loss
    assert loss is not None
    loss.backward()
    for name, plane in decoded.items():
        torch.testing.assert_close(plane.grad, 2 * (plane.detach() - target[name]) / 24)


# as Cool-Chic 4 and 5 call it

RATES = {"residue": random(3, 4, 5), "motion": random(4, 2)}


def test_cool_chic_5_positional_call_gives_its_cost() -> None:
    decoded, target = random(0, 1, 3, 4, 6), random(1, 1, 3, 4, 6)
    bits = sum(float(rate.sum()) for rate in RATES.values())
    mse = float((decoded - target).square().mean())
    output = loss_function(decoded, RATES, target, {"mse": 2.0}, 0.5, 30.0, True)
    assert output.loss is not None
    assert output.loss.item() == pytest.approx(2 * mse + 0.5 * (bits + 30) / 24, rel=1e-6)
    assert output.rate_latent_bpp == {
        name: pytest.approx(float(rate.sum()) / 24, rel=1e-6) for name, rate in RATES.items()
    }
    assert output.total_rate_latent_bpp == pytest.approx(bits / 24, rel=1e-6)
    assert output.total_rate_nn_bpp == output.rate_nn_bpp == 30 / 24
    assert output.total_rate_bpp == pytest.approx((bits + 30) / 24, rel=1e-6)
    assert output.dist == pytest.approx(2 * mse, rel=1e-6)
    assert output.dist_db == pytest.approx(-10 * math.log10(2 * mse))
    assert output.detailed_dist == {"mse": pytest.approx(mse, rel=1e-6)}
    assert output.detailed_dist_db == {"psnr_db": pytest.approx(-10 * math.log10(mse))}


@pytest.mark.parametrize(
    "named",
    [
        {"dist_weight": {"mse": 1.0}, "lmbda": 0.5, "total_rate_nn_bit": 30.0, "compute_logs": False},  # 5
        {"lmbda": 0.5, "total_rate_nn_bit": torch.tensor([30.0]), "compute_logs": False},  # 4.0
        {"lmbda": 0.5, "rate_mlp_bit": 30.0},  # 3
    ],
)
def test_cool_chic_calls_by_name_agree(named: dict[str, Any]) -> None:
    decoded, target = random(0, 1, 3, 4, 6), random(1, 1, 3, 4, 6)
    whole = torch.cat([rate.flatten() for rate in RATES.values()])
    expected = loss_function(decoded, whole, target, 0.5, 30.0).loss
    output = loss_function(decoded_image=decoded, rate_latent_bit=RATES, target_image=target, **named)
    assert output.loss is not None
    assert expected is not None
    torch.testing.assert_close(output.loss, expected)


def test_cool_chic_5_planes_and_gradients_of_each_rate() -> None:
    rates = {name: rate.clone().requires_grad_() for name, rate in RATES.items()}
    loss = loss_function(planes(0, 4, 4), rates, planes(5, 4, 4), {"mse": 1.0}, lmbda=0.5).loss
    assert loss is not None
    loss.backward()
    for rate in rates.values():
        torch.testing.assert_close(rate.grad, torch.full_like(rate, 0.5 / 16))


@pytest.mark.parametrize(("low", "high", "scale"), [(0, 1023, 1023), (-0.5, 1, 1), (-3, 1, 4)])
def test_cool_chic_5_compares_a_wider_range_in_the_targets_own(low: float, high: float, scale: float) -> None:
    target = torch.linspace(low, high, 48).reshape(1, 3, 4, 4)
    decoded = target + 0.25
    loss = loss_function(decoded, RATES, target, {"mse": 1.0}, lmbda=0.0).loss
    assert loss is not None
    assert loss.item() == pytest.approx((0.25 / scale) ** 2, rel=1e-3)


@pytest.mark.parametrize("kind", ["RGB", "YUV420"])
@pytest.mark.parametrize("version", [3, 5])
def test_cost_without_logs_waits_for_no_device(kind: str, version: int) -> None:
    """Nothing can be looked at on this device: what waits for one would fail."""
    image: Any = random(0, 1, 3, 4, 4).to("meta")
    if kind == "YUV420":
        image = {name: plane.to("meta") for name, plane in planes(0, 4, 4).items()}
    rates: Any = {name: rate.to("meta") for name, rate in RATES.items()}
    networks = torch.tensor(3.0, device="meta")
    if version == 5:
        output = loss_function(image, rates, image, {"mse": 1.0}, total_rate_nn_bit=networks)
    else:
        output = loss_function(image, rates["residue"], image, rate_mlp_bit=networks)
    assert output.loss is not None
    assert output.loss.is_meta


@pytest.mark.parametrize("rate", [-1e-7, -1e-4, -0.0])
def test_rate_below_zero_by_rounding_is_zero(rate: float) -> None:
    image = random(0, 1, 3, 4, 4)
    output = loss_function(image, torch.tensor([rate, 2.0]), image, compute_logs=True)
    assert output.rate_latent_bpp == 2.0 / 16


def test_another_distortion(photograph: Tensor, noise: Tensor) -> None:
    metameric = MetamericLoss(n_pyramid_levels=3)
    decoded = noise.clone().requires_grad_()
    output = loss_function(decoded, torch.ones(48), photograph, 0.1, compute_logs=True, distortion=metameric)
    assert output.loss is not None
    expected = float(metameric(noise, photograph)) + 0.1 / 64
    assert output.loss.item() == pytest.approx(expected, rel=1e-5)
    assert output.mse == pytest.approx(float((noise - photograph).square().mean()), rel=1e-5)
    output.loss.backward()
    assert decoded.grad is not None
    assert bool(decoded.grad.abs().sum() > 0)


IMAGE = random(0, 1, 3, 4, 4)
YUV = planes(0, 4, 4)
BITS = torch.ones(3)


@pytest.mark.parametrize(
    ("decoded", "bits", "target", "more", "message"),
    [
        ({"y": YUV["y"], "u": YUV["u"]}, BITS, YUV, {}, "y, u and v and no others, got u, y"),
        (YUV, BITS, {**YUV, "a": YUV["y"]}, {}, "no others, got a, u, v, y"),
        ({}, BITS, YUV, {}, "got none"),
        ({**YUV, "u": YUV["y"]}, BITS, YUV, {}, "half of y's size"),
        ({**YUV, "v": random(0, 1, 1, 3, 2)}, BITS, YUV, {}, "half of y's size"),
        (planes(0, 5, 4), BITS, planes(0, 5, 4), {}, "4 x 5 px: the sides of YUV420 must be even"),
        (planes(0, 4, 6), BITS, YUV, {}, "one shape"),
        ({**YUV, "y": IMAGE}, BITS, YUV, {}, "with C 1, got shape"),
        (IMAGE, BITS, YUV, {}, "both be tensors, or both be dictionaries"),
        (YUV, BITS, IMAGE, {}, "both be tensors, or both be dictionaries"),
        (IMAGE[0], BITS, IMAGE, {}, "4 dimensions"),
        (IMAGE, BITS, IMAGE[0], {}, "4 dimensions"),
        (random(0, 1, 2, 4, 4), BITS, IMAGE, {}, "C 1 or 3"),
        (IMAGE[:, :1], BITS, IMAGE, {}, "one shape"),
        (IMAGE[..., :0], BITS, IMAGE[..., :0], {}, "got shape"),
        ((IMAGE * 255).to(torch.uint8), BITS, IMAGE, {}, "floating point"),
        (IMAGE, BITS, IMAGE, {"lmbda": -1e-3}, "lmbda must be a finite number"),
        (IMAGE, BITS, IMAGE, {"lmbda": math.nan}, "lmbda"),
        (IMAGE, BITS, IMAGE, {"rate_mlp_bit": -1.0}, "rate_mlp_bit"),
        (IMAGE, BITS, IMAGE, {"rate_mlp_bit": math.nan}, "rate_mlp_bit"),
        (IMAGE, BITS, IMAGE, {"rate_mlp_bit": torch.ones(2)}, "sum it first"),
        (IMAGE, torch.tensor([1.0, -2.0]), IMAGE, {}, "1 values that are negative, NaN or infinite"),
        (IMAGE, torch.tensor([math.nan]), IMAGE, {}, "the first nan"),
        (IMAGE, torch.tensor([math.inf]), IMAGE, {}, "the first inf"),
        (IMAGE, torch.tensor([-0.01]), IMAGE, {}, "1 values that are negative"),
        (IMAGE, 3.0, IMAGE, {}, "must be a tensor of bits"),
        (IMAGE, {}, IMAGE, {}, "holds no rates"),
        (IMAGE, {"residue": 3.0}, IMAGE, {}, r"rate_latent_bit\['residue'\] must be a tensor"),
        (IMAGE, {"motion": -BITS}, IMAGE, {}, r"rate_latent_bit\['motion'\] has 3 values that are negative"),
        (IMAGE, BITS, IMAGE, {"total_rate_nn_bit": -1.0}, "total_rate_nn_bit must be a finite number"),
        (
            IMAGE,
            BITS,
            IMAGE,
            {"dist_weight": {"mse": 1, "wasserstein": 1}},
            "'mse', 'wasserstein': give",
        ),
        (IMAGE, BITS, IMAGE, {"dist_weight": {}}, "got none"),
        (IMAGE, BITS, IMAGE, {"dist_weight": {"mse": -1.0}}, r"dist_weight\['mse'\] must be a finite number"),
        (IMAGE, BITS, IMAGE, {"dist_weight": {"mse": 1}, "distortion": torch.sub}, "give one of them"),
        (YUV, BITS, YUV, {"distortion": torch.nn.functional.mse_loss}, "YUV444 or RGB"),
        (IMAGE, BITS, IMAGE, {"distortion": torch.sub}, "one value"),
    ],
)
def test_bad_input(decoded: Any, bits: Any, target: Any, more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        loss_function(decoded, bits, target, **more)
    assert "\n" not in str(error.value)
