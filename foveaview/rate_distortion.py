"""The rate-distortion cost of a coded image: how far it is from the target, plus what its bits cost.

Source: Cool-Chic 3, `FrameEncoder.loss_function` (Orange, BSD 3-Clause), as documented; written anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["LossFunctionOutput", "loss_function"]

Planes = Mapping[str, Tensor]
Distortion = Callable[[Tensor, Tensor], Tensor]

_PLANES = ("y", "u", "v")


@dataclass(frozen=True, kw_only=True)
class LossFunctionOutput:
    """What `loss_function` returns.

    Attributes:
        loss: the cost, a 0-d tensor that can be backpropagated, as in Cool-Chic (its document says float).
        mse: mean squared error, in squared units of the images; a log.
        rate_nn_bpp: rate of the networks in bits per pixel; a log.
        rate_latent_bpp: rate of the latents in bits per pixel; a log.

    The logs are None where they were not asked for.

    >>> LossFunctionOutput(mse=0.01, rate_nn_bpp=0.25, rate_latent_bpp=0.5).total_rate_bpp
    0.75
    """

    loss: Tensor | None = None
    mse: float | None = None
    rate_nn_bpp: float | None = None
    rate_latent_bpp: float | None = None

    @property
    def psnr_db(self) -> float | None:
        """Peak signal-to-noise ratio in dB for values in [0, 1]; infinite for a perfect reconstruction.

        >>> LossFunctionOutput(mse=0.01).psnr_db, LossFunctionOutput(mse=0.0).psnr_db
        (20.0, inf)
        """
        if self.mse is None:
            return None
        return -10 * math.log10(self.mse) if self.mse > 0 else math.inf

    @property
    def total_rate_bpp(self) -> float | None:
        """Rate of latents and networks together in bits per pixel."""
        if self.rate_nn_bpp is None or self.rate_latent_bpp is None:
            return None
        return self.rate_nn_bpp + self.rate_latent_bpp


def _check_image(image: Tensor, name: str, channels: tuple[int, ...]) -> None:
    shape = tuple(image.shape)
    if len(shape) != 4 or shape[1] not in channels or image.numel() == 0:
        counts = " or ".join(map(str, channels))
        raise ValueError(f"{name} must have 4 dimensions (N, C, H, W) with C {counts}, got shape {shape}")
    if not image.is_floating_point():
        raise ValueError(f"{name} must be floating point, got {image.dtype}: divide by its maximum")


def _planes_of(image: Planes, name: str) -> dict[str, Tensor]:
    """The planes of a YUV420 picture by name, checked."""
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
    """Decoded and target, plane by plane; the first pair has the size of the picture."""
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
    """Over every sample of every plane, which weights the planes by their size."""
    squares = torch.stack([(mine - theirs).square().sum() for mine, theirs in pairs])
    return squares.sum() / sum(mine.numel() for mine, _ in pairs)


def _check_number(value: float, name: str) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} must be a finite number that is not negative, got {value}")
    return float(value)


def _network_bits(rate: float | Tensor) -> float:
    """As a number, so that nothing is learned through it."""
    if isinstance(rate, Tensor):
        if rate.numel() != 1:
            raise ValueError(f"rate_mlp_bit must be one number, got shape {tuple(rate.shape)}: sum it first")
        rate = float(rate.detach())
    return _check_number(rate, "rate_mlp_bit")


def _latent_bits(rate: Tensor) -> Tensor:
    if not isinstance(rate, Tensor):
        raise ValueError(f"rate_latent_bit must be a tensor of bits, got {type(rate).__name__}")
    wrong = ~(torch.isfinite(rate) & (rate >= 0))
    if bool(wrong.any()):
        value = float(rate.detach()[wrong].flatten()[0])
        raise ValueError(
            f"rate_latent_bit has {int(wrong.sum())} values that are negative, NaN or infinite, "
            f"the first {value}: bits cannot be"
        )
    return rate.sum()


def _distortion(distortion: Distortion, decoded: Tensor | Planes, target: Tensor | Planes) -> Tensor:
    if not (isinstance(decoded, Tensor) and isinstance(target, Tensor)):
        raise ValueError("distortion takes tensors: convert the YUV420 planes to YUV444 or RGB first")
    value = distortion(decoded, target)
    if not isinstance(value, Tensor) or value.numel() != 1:
        raise ValueError("distortion must return a tensor of one value: take its mean")
    return value.reshape(())


def loss_function(
    decoded_image: Tensor | Planes,
    rate_latent_bit: Tensor,
    target_image: Tensor | Planes,
    lmbda: float = 1e-3,
    rate_mlp_bit: float | Tensor = 0.0,
    compute_logs: bool = False,
    *,
    distortion: Distortion | None = None,
) -> LossFunctionOutput:
    """The rate-distortion cost: mse + lmbda * (rate of the latents + rate of the networks) / pixels.

    Args:
        decoded_image: (N, C, H, W), C 1 or 3, for RGB or YUV444; for YUV420 a dictionary of the planes
            "y" (N, 1, H, W), "u" and "v" (N, 1, H / 2, W / 2), in any order, weighted by their size;
            `foveaview.io.planes.read_y4m` reads them from a file.
        rate_latent_bit: bits of every latent value, of any shape.
        target_image: of the same kind and shape.
        lmbda: cost of one bit per pixel, in the unit of the distortion.
        rate_mlp_bit: bits of the networks in all; nothing is backpropagated through it.
        compute_logs: fill in the logs too, as numbers; this waits for the device.
        distortion: takes the place of the mean squared error in `loss`: an objective, or any callable of
            decoded and target image that returns one value. For tensors only; the log `mse` stays the
            mean squared error.

    Returns:
        The cost and the logs. Pixels are the H * W of one picture (of YUV420 the y plane's), as in
        Cool-Chic, so that the bits of a batch should be those of one picture.

    Raises:
        ValueError: for shapes, planes or numbers that cannot be, with the remedy.

    Source: Cool-Chic 3, `FrameEncoder.loss_function`.

    >>> target, bits = torch.zeros(1, 3, 4, 4), torch.full((8,), 2.0)
    >>> output = loss_function(target + 0.5, bits, target, lmbda=0.01, compute_logs=True)
    >>> output.mse, output.rate_latent_bpp, round(float(output.loss), 4)
    (0.25, 1.0, 0.26)
    """
    pairs = _pairs(decoded_image, target_image)
    _check_number(lmbda, "lmbda")
    network_bits, latent_bits = _network_bits(rate_mlp_bit), _latent_bits(rate_latent_bit)
    pixels = pairs[0][0].shape[-2] * pairs[0][0].shape[-1]
    far = _distortion(distortion, decoded_image, target_image) if distortion is not None else _mse(pairs)
    loss = far + lmbda * (latent_bits + network_bits) / pixels
    if not compute_logs:
        return LossFunctionOutput(loss=loss)
    with torch.no_grad():
        mse = (far if distortion is None else _mse(pairs)).item()
    return LossFunctionOutput(
        loss=loss,
        mse=mse,
        rate_nn_bpp=network_bits / pixels,
        rate_latent_bpp=float(latent_bits.detach()) / pixels,
    )
