"""The steerable pyramid by convolution, and its inverse.

Source of the structure: Simoncelli and Freeman, "The Steerable Pyramid", 1995. Filters are applied as
correlations after reflection padding by half their size. Images are kept channels-last, where one
convolution of all channels costs least.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview.perception.filters import filter_bank
from foveaview.perception.grid import band_levels, reflect_pad
from foveaview.perception.interruption import check_interruption
from foveaview.settings import LossSettings

__all__ = ["Pyramid", "SteerablePyramid"]


@dataclass(frozen=True)
class Pyramid:
    """The bands of an image of C channels.

    Attributes:
        highpass: (N, C, H, W).
        bands: for each level, finest first, (N, C * O, H / 2^l, W / 2^l); orientations run fastest.
        residual: (N, C, H / 2^L, W / 2^L), the lowpass below L levels of bands.
    """

    highpass: Tensor
    bands: tuple[Tensor, ...]
    residual: Tensor


def _correlate(padded: Tensor, kernel: Tensor, stride: int) -> Tensor:
    return F.conv2d(padded, kernel, stride=stride)


def _adjoint(grad: Tensor, kernel: Tensor, stride: int, size: tuple[int, int]) -> Tensor:
    """The transpose of `_correlate`, as a correlation with the flipped kernel.

    With stride 2 each of the four phases of the result sees its own quarter of the kernel, so nothing is
    computed on zeros.
    """
    check_interruption()
    flipped = kernel.transpose(0, 1)
    if stride == 1:
        margin = kernel.shape[-1] - 1
        return F.conv2d(F.pad(grad, (margin,) * 4), flipped.flip(-2, -1))
    assert stride == 2
    reach = (kernel.shape[-1] + 1) // 2  # taps of a phase; odd phases have one less, made up by a zero
    even = F.pad(flipped, (0, 2 * reach - kernel.shape[-1]) * 2)
    phases = [even[..., row::2, column::2].flip(-2, -1) for row in (0, 1) for column in (0, 1)]
    weight = torch.stack(phases, dim=1).flatten(0, 1)
    whole = F.pixel_shuffle(F.conv2d(F.pad(grad, (reach - 1,) * 4), weight), 2)
    missing = (0, size[1] - whole.shape[-1], 0, size[0] - whole.shape[-2])
    return F.pad(whole, missing)


class _Correlation(torch.autograd.Function):
    """A correlation whose gradient skips the kernel and runs as a correlation, which is the faster way."""

    @staticmethod
    def forward(ctx: Any, padded: Tensor, kernel: Tensor, stride: int) -> Tensor:
        ctx.save_for_backward(kernel)
        ctx.stride, ctx.size = stride, tuple(padded.shape[-2:])
        return _correlate(padded, kernel, stride)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (kernel,) = ctx.saved_tensors
        return _correlation_adjoint(grads[0], kernel, ctx.stride, ctx.size), None, None


class _CorrelationAdjoint(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, grad: Tensor, kernel: Tensor, stride: int, size: tuple[int, int]) -> Tensor:
        ctx.save_for_backward(kernel)
        ctx.stride = stride
        return _adjoint(grad, kernel, stride, size)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        (kernel,) = ctx.saved_tensors
        return _correlation(grads[0], kernel, ctx.stride), None, None, None


_correlation: Callable[..., Tensor] = _Correlation.apply
_correlation_adjoint: Callable[..., Tensor] = _CorrelationAdjoint.apply


def correlate(image: Tensor, kernel: Tensor, stride: int = 1) -> Tensor:
    """Correlate (N, C, H, W) with (D, C, K, K) after reflection padding by half the kernel."""
    check_interruption()
    margin = kernel.shape[-1] // 2
    padded = reflect_pad(image, margin, margin, margin, margin)
    return _correlation(padded, kernel, stride)


def _per_channel(kernels: Tensor, channels: int) -> Tensor:
    """(O, K, K) -> (C * O, C, K, K): every channel by every kernel, no two channels mixed."""
    eye = torch.eye(channels, dtype=kernels.dtype)
    spread = torch.einsum("cd,okl->codkl", eye, kernels).flatten(0, 1)
    return spread.contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class _Kernels:
    split: Tensor
    bands: Tensor
    lowpass: Tensor
    unsplit: Tensor
    unbands: Tensor


@lru_cache(maxsize=32)
@torch.inference_mode(False)  # kept tensors must serve outside inference mode too
def _kernels(
    n_orientations: Any, filter_type: Any, channels: int, dtype: torch.dtype, device: torch.device
) -> _Kernels:
    bank = filter_bank(n_orientations, filter_type)
    split, bands, lowpass = (
        _per_channel(kernel, channels) for kernel in (bank.split, bank.bands, bank.lowpass[None])
    )
    # the inverse sums over what the forward filters spread, with the kernels flipped
    unsplit, unbands = (kernel.flip(-2, -1).transpose(0, 1).contiguous() for kernel in (split, bands))
    return _Kernels(*(kernel.to(device, dtype) for kernel in (split, bands, lowpass, unsplit, unbands)))


class SteerablePyramid:
    """Analysis and synthesis with the levels, orientations and filters of the settings.

    >>> pyramid = SteerablePyramid(LossSettings(n_pyramid_levels=3))
    >>> parts = pyramid.analyse(torch.rand(1, 3, 64, 32))
    >>> [tuple(bands.shape) for bands in parts.bands], tuple(parts.residual.shape)
    ([(1, 6, 64, 32), (1, 6, 32, 16)], (1, 3, 16, 8))
    """

    def __init__(self, settings: LossSettings) -> None:
        self.settings = settings
        self.n_band_levels = band_levels(settings.n_pyramid_levels)

    def _kernels_for(self, image: Tensor, channels: int) -> _Kernels:
        s = self.settings
        return _kernels(s.n_orientations, s.filter_type, channels, image.dtype, image.device)

    def analyse(self, image: Tensor) -> Pyramid:
        """The pyramid of (N, C, H, W); H and W must be multiples of 2^levels."""
        channels = image.shape[1]
        kernels = self._kernels_for(image, channels)
        image = image.contiguous(memory_format=torch.channels_last)
        both = correlate(image, kernels.split)
        highpass, lowpass = both[:, 0::2], both[:, 1::2]
        bands = []
        for _ in range(self.n_band_levels):
            bands.append(correlate(lowpass, kernels.bands))
            lowpass = correlate(lowpass, kernels.lowpass, stride=2)
        return Pyramid(highpass, tuple(bands), lowpass)

    def synthesise(self, pyramid: Pyramid) -> Tensor:
        """The image (N, C, H, W) of a pyramid; the cropped filters reconstruct it only nearly."""
        channels = pyramid.residual.shape[1]
        kernels = self._kernels_for(pyramid.residual, channels)
        image = pyramid.residual
        for bands in reversed(pyramid.bands):
            stuffed = image.new_zeros(*image.shape[:2], *bands.shape[-2:])
            stuffed[..., ::2, ::2] = image
            image = correlate(stuffed, kernels.lowpass) + correlate(bands, kernels.unbands)
        both = torch.stack([pyramid.highpass, image], dim=2).flatten(1, 2)
        return correlate(both, kernels.unsplit)
