"""The rate-distortion cost of a coded image: its distance from the target plus the cost of its bits.

Source: `loss_function` of Cool-Chic 3, 4 and 5 (Orange, BSD 3-Clause), as documented; rewritten.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, overload

import torch
from torch import Tensor

__all__ = ["LossFunctionOutput", "loss_function"]

Planes = Mapping[str, Tensor]
Rates = Tensor | Mapping[str, Tensor]
Distortion = Callable[[Tensor, Tensor], Tensor]

_PLANES = ("y", "u", "v")

ROUNDING_BIT = 1e-3
"""Bits down to minus this value come from rounding a logarithm, and count as 0."""


def _db(distortion: float | None) -> float | None:
    if distortion is None:
        return None
    return -10 * math.log10(distortion) if distortion > 0 else math.inf


@dataclass(frozen=True, kw_only=True)
class LossFunctionOutput:
    """The result of `loss_function`.

    Attributes:
        loss: the cost, a 0-d tensor that can be backpropagated, as in Cool-Chic (its document says float).
        mse: mean squared error, in squared units of the images; a log.
        rate_nn_bpp: rate of the networks in bits per pixel; a log.
        rate_latent_bpp: rate of the latents in bits per pixel, by decoder if the rates were given so; a log.
        dist: the distortion in the cost; a log.
        detailed_dist: each distortion of dist_weight, without its weight; a log.

    The logs are None if they were not requested.

    >>> LossFunctionOutput(mse=0.01, rate_nn_bpp=0.25, rate_latent_bpp=0.5).total_rate_bpp
    0.75
    >>> LossFunctionOutput(rate_latent_bpp={"residue": 0.5, "motion": 0.25}).total_rate_latent_bpp
    0.75
    """

    loss: Tensor | None = None
    mse: float | None = None
    rate_nn_bpp: float | None = None
    rate_latent_bpp: float | dict[str, float] | None = None
    dist: float | None = None
    detailed_dist: dict[str, float] | None = None

    @property
    def psnr_db(self) -> float | None:
        """Peak signal-to-noise ratio in dB for values in [0, 1]; infinite for a perfect reconstruction.

        >>> LossFunctionOutput(mse=0.01).psnr_db, LossFunctionOutput(mse=0.0).psnr_db
        (20.0, inf)
        """
        return _db(self.mse)

    @property
    def dist_db(self) -> float | None:
        """The distortion in dB; infinite if it is 0."""
        return _db(self.dist)

    @property
    def detailed_dist_db(self) -> dict[str, float]:
        """The mean squared error of detailed_dist in dB, as psnr_db; empty without logs."""
        psnr = _db((self.detailed_dist or {}).get("mse"))
        return {} if psnr is None else {"psnr_db": psnr}

    @property
    def total_rate_latent_bpp(self) -> float | None:
        """Rate of all latents in bits per pixel."""
        rate = self.rate_latent_bpp
        return math.fsum(rate.values()) if isinstance(rate, dict) else rate

    @property
    def total_rate_nn_bpp(self) -> float | None:
        """Rate of all networks in bits per pixel, by the name of Cool-Chic 4 and 5."""
        return self.rate_nn_bpp

    @property
    def total_rate_bpp(self) -> float | None:
        """Rate of latents and networks together in bits per pixel."""
        latent = self.total_rate_latent_bpp
        return None if self.rate_nn_bpp is None or latent is None else self.rate_nn_bpp + latent


def _check_image(image: Tensor, name: str, channels: tuple[int, ...]) -> None:
    shape = tuple(image.shape)
    if len(shape) != 4 or shape[1] not in channels or image.numel() == 0:
        counts = " or ".join(map(str, channels))
        raise ValueError(f"{name} must have 4 dimensions (N, C, H, W) with C {counts}, got shape {shape}")
    if not image.is_floating_point():
        raise ValueError(f"{name} must be floating point, got {image.dtype}: divide by its maximum")


def _planes_of(image: Planes, name: str) -> dict[str, Tensor]:
    """Return the planes of a YUV420 image by name, checked."""
    if set(image) != set(_PLANES):
        found = ", ".join(sorted(map(str, image))) or "none"
        raise ValueError(f"{name} must hold the planes y, u and v and no others, got {found}")
    for plane in _PLANES:
        _check_image(image[plane], f"{name}[{plane!r}]", (1,))
    samples, _, height, width = image["y"].shape
    if height % 2 or width % 2:
        raise ValueError(
            f"{name}['y'] is {width} x {height} px: the sides of YUV420 must be even, so crop or pad it"
        )
    half = (samples, 1, height // 2, width // 2)
    for plane in ("u", "v"):
        if tuple(image[plane].shape) != half:
            raise ValueError(
                f"{name}[{plane!r}] must be half of y's size, {half}, got {tuple(image[plane].shape)}"
            )
    return {plane: image[plane] for plane in _PLANES}


def _pairs(decoded: Tensor | Planes, target: Tensor | Planes) -> list[tuple[Tensor, Tensor]]:
    """Pair decoded and target planes; the first pair has the size of the image."""
    if isinstance(decoded, Tensor) and isinstance(target, Tensor):
        _check_image(decoded, "decoded_image", (1, 3))
        _check_image(target, "target_image", (1, 3))
        own, other = {"": decoded}, {"": target}
    elif isinstance(decoded, Mapping) and isinstance(target, Mapping):
        own, other = _planes_of(decoded, "decoded_image"), _planes_of(target, "target_image")
    else:
        raise ValueError(
            "decoded_image and target_image must both be tensors, or both be dictionaries of planes, got "
            f"{type(decoded).__name__} and {type(target).__name__}"
        )
    pairs = [(own[plane], other[plane]) for plane in own]
    for mine, theirs in pairs:
        if mine.shape != theirs.shape:
            raise ValueError(
                "decoded_image and target_image must have one shape, got "
                f"{tuple(mine.shape)} and {tuple(theirs.shape)}"
            )
    return pairs


def _mse(pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Return the mean over all samples of all planes, which weights the planes by their size."""
    squares = torch.stack([(mine - theirs).square().sum() for mine, theirs in pairs])
    return squares.sum() / sum(mine.numel() for mine, _ in pairs)


def _check_number(value: float, name: str) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} must be a finite number that is not negative, got {value}")
    return float(value)


def _looks(tensor: Tensor, compute_logs: bool) -> bool:
    """Return True if values may be read: on a device other than the CPU this waits."""
    return compute_logs or tensor.device.type == "cpu"


def _network_bits(rate: float | Tensor, name: str, compute_logs: bool) -> float | Tensor:
    if not isinstance(rate, Tensor):
        return _check_number(rate, name)
    if rate.numel() != 1:
        raise ValueError(f"{name} must be one number, got shape {tuple(rate.shape)}: sum it first")
    rate = rate.detach().reshape(())  # it has no gradient
    return _check_number(float(rate), name) if _looks(rate, compute_logs) else rate


def _bits(rate: Any, name: str, compute_logs: bool) -> Tensor:
    """Return the sum of one tensor's bits, 0-d; values slightly below 0 from rounding count as 0."""
    if not isinstance(rate, Tensor):
        raise ValueError(f"{name} must be a tensor of bits, got {type(rate).__name__}")
    if _looks(rate, compute_logs):
        wrong = rate.detach()[~(torch.isfinite(rate) & (rate >= -ROUNDING_BIT))]
        if wrong.numel():
            raise ValueError(
                f"{name} has {wrong.numel()} values that are negative, NaN or infinite, the first {wrong[0]}"
            )
    return rate.clamp(min=0).sum()


def _latent_bits(rates: Rates, compute_logs: bool) -> dict[str, Tensor]:
    """Return the bits of each decoder's latents; a single tensor has an empty name."""
    if not isinstance(rates, Mapping):
        return {"": _bits(rates, "rate_latent_bit", compute_logs)}
    if not rates:
        raise ValueError("rate_latent_bit holds no rates: give a tensor of bits for each decoder")
    return {name: _bits(rate, f"rate_latent_bit[{name!r}]", compute_logs) for name, rate in rates.items()}


def _in_unit_range(pairs: list[tuple[Tensor, Tensor]]) -> list[tuple[Tensor, Tensor]]:
    """Scale a target beyond [-1, 1] to [0, 1] and the decoded image with it, as in Cool-Chic 5."""
    ((own, target),) = pairs
    low, high = torch.aminmax(target)
    beyond = torch.maximum(high, -low) > 1
    shift, scale = torch.where(beyond, low, 0.0), torch.where(beyond, high - low, 1.0)
    return [((own - shift) / scale, (target - shift) / scale)]


def _mse_weight(dist_weight: Mapping[str, float]) -> float:
    if set(dist_weight) != {"mse"}:
        names = ", ".join(map(repr, dist_weight)) or "none"
        raise ValueError(f"dist_weight must hold 'mse' alone, got {names}: give others as distortion")
    return _check_number(dist_weight["mse"], "dist_weight['mse']")


def _distortion(distortion: Distortion, decoded: Tensor | Planes, target: Tensor | Planes) -> Tensor:
    if not (isinstance(decoded, Tensor) and isinstance(target, Tensor)):
        raise ValueError("distortion takes tensors: convert the YUV420 planes to YUV444 or RGB first")
    value = distortion(decoded, target)
    if not isinstance(value, Tensor) or value.numel() != 1:
        raise ValueError("distortion must return a tensor of one value: take its mean")
    return value.reshape(())


Function = Callable[..., LossFunctionOutput]


def _dist_weight_may_come_fourth(function: Function) -> Function:
    """Accept the argument order of Cool-Chic 5 too, which has a dictionary as the fourth argument."""

    @wraps(function)
    def taking(*arguments: Any, **named: Any) -> LossFunctionOutput:
        if len(arguments) > 3 and isinstance(arguments[3], Mapping):
            named["dist_weight"] = arguments[3]
            arguments = (*arguments[:3], *arguments[4:])
        return function(*arguments, **named)

    return taking


@overload
def loss_function(
    decoded_image: Tensor | Planes,
    rate_latent_bit: Rates,
    target_image: Tensor | Planes,
    lmbda: float = ...,
    rate_mlp_bit: float | Tensor = ...,
    compute_logs: bool = ...,
    *,
    total_rate_nn_bit: float | Tensor = ...,
    dist_weight: Mapping[str, float] | None = ...,
    distortion: Distortion | None = ...,
) -> LossFunctionOutput: ...


@overload
def loss_function(
    decoded_image: Tensor | Planes,
    rate_latent_bit: Rates,
    target_image: Tensor | Planes,
    dist_weight: Mapping[str, float],
    lmbda: float = ...,
    total_rate_nn_bit: float | Tensor = ...,
    compute_logs: bool = ...,
) -> LossFunctionOutput: ...


@_dist_weight_may_come_fourth
def loss_function(
    decoded_image: Tensor | Planes,
    rate_latent_bit: Rates,
    target_image: Tensor | Planes,
    lmbda: float = 1e-3,
    rate_mlp_bit: float | Tensor = 0.0,
    compute_logs: bool = False,
    *,
    total_rate_nn_bit: float | Tensor = 0.0,
    dist_weight: Mapping[str, float] | None = None,
    distortion: Distortion | None = None,
) -> LossFunctionOutput:
    """Compute the rate-distortion cost: mse + lmbda * (rate of the latents + rate of the networks) / pixels.

    The arguments of Cool-Chic 3, 4 and 5 are accepted, by name and in the order of each. No call waits for a
    device other than the CPU, unless logs are requested; otherwise such values are not checked.

    Args:
        decoded_image: (N, C, H, W), C 1 or 3, for RGB or YUV444; for YUV420 a dictionary of the planes
            "y" (N, 1, H, W), "u" and "v" (N, 1, H / 2, W / 2), in any order, weighted by their size;
            `foveaview.io.planes.read_y4m` reads them from a file.
        rate_latent_bit: bits of every latent value, of any shape, or a dictionary of them by decoder. Values
            that rounding has made slightly negative are 0.
        target_image: of the same kind and shape as decoded_image.
        lmbda: cost of one bit per pixel, in the unit of the distortion.
        rate_mlp_bit: bits of the networks in all; nothing is backpropagated through it.
        compute_logs: fill in the logs too, as numbers.
        total_rate_nn_bit: the same as rate_mlp_bit by the name of Cool-Chic 4 and 5; the two are added.
        dist_weight: {"mse": weight}, as in Cool-Chic 5; if the target goes beyond [-1, 1], the images are
            compared in the target's range.
        distortion: replaces the mean squared error in `loss`: an objective, or any callable of
            decoded and target image that returns one value. For tensors only; the log `mse` stays the
            mean squared error.

    Returns:
        The cost and the logs. Pixels are the H * W of one image (for YUV420, of the y plane), as in
        Cool-Chic, so that the bits of a batch should be those of one image.

    Raises:
        ValueError: for shapes, planes or numbers that are invalid, with the remedy.

    Source: Cool-Chic 3.4 to 5.0, `loss_function`.

    >>> target, bits = torch.zeros(1, 3, 4, 4), torch.full((8,), 2.0)
    >>> output = loss_function(target + 0.5, bits, target, lmbda=0.01, compute_logs=True)
    >>> output.mse, output.rate_latent_bpp, round(float(output.loss), 4)
    (0.25, 1.0, 0.26)
    >>> rates = {"residue": bits}
    >>> loss_function(target + 0.5, rates, target, {"mse": 1.0}, 0.01, total_rate_nn_bit=16.0).loss
    tensor(0.2700)
    """
    if dist_weight is not None and distortion is not None:
        raise ValueError("distortion takes the place of dist_weight: give one of them")
    pairs = _pairs(decoded_image, target_image)
    _check_number(lmbda, "lmbda")
    weight = 1.0 if dist_weight is None else _mse_weight(dist_weight)
    if dist_weight is not None and isinstance(decoded_image, Tensor):
        pairs = _in_unit_range(pairs)
    given = {"rate_mlp_bit": rate_mlp_bit, "total_rate_nn_bit": total_rate_nn_bit}
    networks = sum(_network_bits(rate, name, compute_logs) for name, rate in given.items())
    latents = _latent_bits(rate_latent_bit, compute_logs)
    pixels = pairs[0][0].shape[-2] * pairs[0][0].shape[-1]
    if distortion is None:
        mse = _mse(pairs)
        far = weight * mse
    else:
        mse, far = None, _distortion(distortion, decoded_image, target_image)
    loss = far + lmbda * (sum(latents.values()) + networks) / pixels
    if not compute_logs:
        return LossFunctionOutput(loss=loss)
    with torch.no_grad():
        squared = float(_mse(pairs) if mse is None else mse)
    by_decoder = {name: float(bits.detach()) / pixels for name, bits in latents.items()}
    return LossFunctionOutput(
        loss=loss,
        mse=squared,
        rate_nn_bpp=float(networks) / pixels,
        rate_latent_bpp=by_decoder if isinstance(rate_latent_bit, Mapping) else by_decoder[""],
        dist=float(far.detach()),
        detailed_dist=None if dist_weight is None else {"mse": squared},
    )
