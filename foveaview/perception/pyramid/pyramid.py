"""The steerable pyramid by convolution, and its inverse.

Source of the structure: Simoncelli and Freeman, "The Steerable Pyramid", 1995. Filters are applied as
correlations after reflection padding by half their size. Images are channels-last, which makes one
convolution of all channels cheapest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview.perception.autograd import LinearMap, constants
from foveaview.perception.interruption import check_interruption
from foveaview.perception.pyramid.filters import filter_bank
from foveaview.perception.pyramid.padding import band_levels, reflect_pad, reflect_pad_adjoint
from foveaview.settings import LossSettings

__all__ = ["Pyramid", "SteerablePyramid"]

_STRIP_PIXELS = 1 << 17


@dataclass(frozen=True)
class Pyramid:
    """The bands of an image of C channels.

    Attributes:
        highpass: (N, C, H, W).
        bands: for each level, finest first, (N, O * C, H / 2^l, W / 2^l); channels run fastest.
        residual: (N, C, H / 2^L, W / 2^L), the lowpass below L levels of bands.
    """

    highpass: Tensor
    bands: tuple[Tensor, ...]
    residual: Tensor

    @property
    def maps(self) -> tuple[Tensor, ...]:
        """The highpass and the bands, finest first, without the residual."""
        return (self.highpass, *self.bands)


@dataclass(frozen=True)
class _Kernel:
    """A correlation of all channels at once, and its transpose.

    Attributes:
        weight: (D, C, K, K).
        stride: 1 or 2.
        flipped: kernel of the transpose: (D, 1, K, K) if every output sees one channel, with D / C outputs
            per channel; (C, D, K, K) if outputs mix channels; (4 C, D, R, R), the phases, if the stride is 2.
        alone: (C, 1, K, K) if every input serves one channel, with C / D inputs per channel; else None.
        outputs: number of equal parts to split the result into.
    """

    weight: Tensor
    stride: int
    flipped: Tensor
    alone: Tensor | None = None
    outputs: int = 1

    def to(self, device: torch.device, dtype: torch.dtype) -> _Kernel:
        alone = None if self.alone is None else self.alone.to(device, dtype)
        weight, flipped = self.weight.to(device, dtype), self.flipped.to(device, dtype)
        return replace(self, weight=weight, flipped=flipped, alone=alone)

    def apply(self, padded: Tensor) -> Tensor:
        if self.alone is not None:
            parts = F.conv2d(padded, self.alone, groups=self.alone.shape[0])
            return _summed(parts, self.weight.shape[0])
        return F.conv2d(padded, self.weight, stride=self.stride)

    def adjoint(self, grad: Tensor, size: tuple[int, int]) -> Tensor:
        """The transpose of `apply`, as a correlation with the flipped kernel."""
        margin = self.flipped.shape[-1] - 1
        if self.stride == 2:
            return _unphased(F.conv2d(grad, self.flipped, padding=margin), size)
        if self.flipped.shape[1] != 1:
            return F.conv2d(grad, self.flipped, padding=margin)
        parts = F.conv2d(grad, self.flipped, padding=margin, groups=self.flipped.shape[0])
        return _summed(parts, self.weight.shape[1])


def _summed(parts: Tensor, channels: int) -> Tensor:
    """Sum over all runs of `channels` channels.

    One kernel per channel and this sum take a third of the work of one convolution that mixes all channels.
    """
    total, *others = parts.split(channels, dim=1)
    for other in others:
        total = total + other
    return total


def _unphased(phases: Tensor, size: tuple[int, int]) -> Tensor:
    """Interleave (N, 4 C, h, w), ordered by row phase, column phase and channel, to (N, C, H, W)."""
    n, channels, height, width = phases.shape
    grid = phases.permute(0, 2, 3, 1).reshape(n, height, width, 2, channels // 2)
    whole = grid.transpose(2, 3).reshape(n, 2 * height, 2 * width, channels // 4).permute(0, 3, 1, 2)
    return F.pad(whole, (0, size[1] - 2 * width, 0, size[0] - 2 * height))


def _flipped_phases(weight: Tensor) -> Tensor:
    """The transposed kernel for stride 2, as four phases.

    Each phase of the result needs one quarter of the kernel, so nothing is computed on zeros. Odd phases have
    one tap fewer and are padded with a zero.
    """
    side = weight.shape[-1]
    even = F.pad(weight.transpose(0, 1), (0, side % 2) * 2)
    phases = [even[..., row::2, column::2].flip(-2, -1) for row in (0, 1) for column in (0, 1)]
    return torch.cat(phases)


def _spreading(kernels: Tensor, channels: int, stride: int = 1) -> _Kernel:
    """Correlate every channel with each of (O, K, K), without mixing channels; channels run fastest."""
    eye = torch.eye(channels, dtype=kernels.dtype)
    weight = torch.einsum("cd,okl->ocdkl", eye, kernels).flatten(0, 1)
    alone = kernels.flip(-2, -1).repeat_interleave(channels, dim=0)[:, None]
    return _Kernel(weight, stride, alone if stride == 1 else _flipped_phases(weight))


def _gathering(kernels: Tensor, channels: int) -> _Kernel:
    """The inverse's kernel: correlate the outputs of `_spreading` with the flipped kernels, and sum."""
    spreading = _spreading(kernels, channels)
    weight = spreading.weight.flip(-2, -1).transpose(0, 1)
    return _Kernel(weight, 1, spreading.weight, spreading.flipped)


def _strips(size: tuple[int, int], margin: int, whole: bool) -> Iterator[tuple[slice, slice, int, int]]:
    """Divide an image into strips of rows, so that intermediate results are small and stay in the cache.

    Yields:
        The rows, the source rows that they are computed from, and the numbers of margin rows that lie above
        and below the image.
    """
    height, width = size
    each = height if whole else max(_STRIP_PIXELS // width // 2 * 2, 4 * margin, 2)
    for first in range(0, height, each):
        check_interruption()
        last = min(first + each, height)
        start, stop = max(first - margin, 0), min(last + margin, height)
        above, below = margin - (first - start), margin - (stop - last)
        yield slice(first, last), slice(start, stop), above, below


def _channels_last(n: int, channels: int, size: tuple[int, int], like: Tensor) -> Tensor:
    empty = torch.empty((n, size[0], size[1], channels), dtype=like.dtype, device=like.device)
    return empty.permute(0, 3, 1, 2)


def _correlated(image: Tensor, kernel: _Kernel) -> tuple[Tensor, ...]:
    """Correlate an image with the kernel, and return one part for each of its outputs."""
    n, _, height, width = image.shape
    stride, margin = kernel.stride, kernel.weight.shape[-1] // 2
    size, channels = (-(-height // stride), -(-width // stride)), len(kernel.weight) // kernel.outputs
    outs: list[Tensor] = []
    for rows, source, above, below in _strips((height, width), margin, image.is_cuda):
        padded = reflect_pad(image[:, :, source], above, below, margin, margin)
        if kernel.outputs == 1 and rows.stop - rows.start == height:
            return (kernel.apply(padded),)
        outs = outs or [_channels_last(n, channels, size, image) for _ in range(kernel.outputs)]
        strip = slice(rows.start // stride, -(-rows.stop // stride))
        for out, part in zip(outs, kernel.apply(padded).split(channels, dim=1), strict=True):
            out[:, :, strip] = part
    return tuple(outs)


def _correlated_adjoint(grads: Sequence[Tensor], kernel: _Kernel, size: tuple[int, int]) -> Tensor:
    stride, margin = kernel.stride, kernel.weight.shape[-1] // 2
    out = _channels_last(len(grads[0]), kernel.weight.shape[1], size, grads[0]).zero_()
    for rows, source, above, below in _strips(size, margin, out.is_cuda):
        strip = slice(rows.start // stride, -(-rows.stop // stride))
        part = torch.cat([grad[:, :, strip] for grad in grads], dim=1)
        padded = kernel.adjoint(part, (rows.stop - rows.start + 2 * margin, size[1] + 2 * margin))
        out[:, :, source] += reflect_pad_adjoint(padded, above, below, margin, margin)
    return out


def correlation(kernel: _Kernel, size: tuple[int, int]) -> LinearMap:
    """Correlation of images (N, C, H, W) of one size after reflection padding, with a part for each output.

    The transpose is a correlation too, with the flipped kernel and the margins folded back. Torch's own
    gradient is several times slower on the CPU.
    """
    return LinearMap(
        lambda image: _correlated(image, kernel),
        lambda *grads: (_correlated_adjoint(grads, kernel, size),),
    )


def _upsampling(lowpass: Tensor, channels: int) -> Tensor:
    """The phases (4 C, C, R, R) of the lowpass over an image with a zero after each row and column.

    Phase r of the result uses the kernel's taps 2 q + half - r, with q from -half / 2 to half / 2.
    """
    half = lowpass.shape[-1] // 2
    assert half % 2 == 0  # true for all the published filters
    after_zero = F.pad(lowpass, (1, 0, 1, 0))
    eye = torch.eye(channels, dtype=lowpass.dtype)
    phases = []
    for row in (0, 1):
        for column in (0, 1):
            phase = after_zero[1 - row :: 2, 1 - column :: 2][: half + 1, : half + 1]
            phases.append(torch.einsum("cd,kl->cdkl", eye, phase))
    return torch.cat(phases)


def _edges(count: int, margin: int, device: torch.device) -> Tensor:
    """Source positions of a padded axis, as reflection gives for an axis with a zero after every sample."""
    positions = torch.arange(-margin, count + margin, device=device).abs()
    return torch.where(positions >= count, 2 * count - 1 - positions, positions)


def upsample(image: Tensor, phases: Tensor) -> Tensor:
    """(N, C, h, w), a zero put after each row and column, lowpassed: (N, C, 2 h, 2 w).

    Nothing is computed on the zeros.
    """
    check_interruption()
    margin = phases.shape[-1] // 2
    height, width = image.shape[-2:]
    rows, columns = (_edges(count, margin, image.device) for count in (height, width))
    padded = image.index_select(-2, rows).index_select(-1, columns)
    return _unphased(F.conv2d(padded, phases), (2 * height, 2 * width))


def correlate(image: Tensor, kernel: _Kernel) -> tuple[Tensor, ...]:
    """Correlate (N, C, H, W) after reflection padding by half the kernel, with a part for each output."""
    return correlation(kernel, (image.shape[-2], image.shape[-1]))(image)


@dataclass(frozen=True)
class _Kernels:
    split: _Kernel
    bands: _Kernel
    lowpass: _Kernel
    unsplit: _Kernel
    unbands: _Kernel
    unlowpass: Tensor


@lru_cache(maxsize=32)
@constants()
def pyramid_kernels(
    n_orientations: Any, filter_type: Any, channels: int, dtype: torch.dtype, device: torch.device
) -> _Kernels:
    bank = filter_bank(n_orientations, filter_type)
    return _Kernels(
        split=replace(_spreading(bank.split, channels), outputs=2).to(device, dtype),
        bands=_spreading(bank.bands, channels).to(device, dtype),
        lowpass=_spreading(bank.lowpass[None], channels, stride=2).to(device, dtype),
        unsplit=_gathering(bank.split, channels).to(device, dtype),
        unbands=_gathering(bank.bands, channels).to(device, dtype),
        unlowpass=_upsampling(bank.lowpass, channels).to(device, dtype),
    )


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
        return pyramid_kernels(s.n_orientations, s.filter_type, channels, image.dtype, image.device)

    def parts(self, image: Tensor) -> Iterator[Tensor]:
        """Yield the highpass, the bands of each level and the residual, each computed on demand."""
        channels = image.shape[1]
        kernels = self._kernels_for(image, channels)
        image = image.contiguous(memory_format=torch.channels_last)
        highpass, lowpass = correlate(image, kernels.split)
        yield highpass
        del highpass  # free it when the next part is requested
        for _ in range(self.n_band_levels):
            (bands,) = correlate(lowpass, kernels.bands)
            (lowpass,) = correlate(lowpass, kernels.lowpass)
            yield bands
            del bands
        yield lowpass

    def analyse(self, image: Tensor) -> Pyramid:
        """Decompose (N, C, H, W) into a pyramid; H and W must be multiples of 2^levels."""
        highpass, *bands, residual = self.parts(image)
        return Pyramid(highpass, tuple(bands), residual)

    def synthesise(self, pyramid: Pyramid) -> Tensor:
        """Reconstruct the image (N, C, H, W) of a pyramid; with cropped filters only approximately."""
        channels = pyramid.residual.shape[1]
        kernels = self._kernels_for(pyramid.residual, channels)
        image = pyramid.residual
        for bands in reversed(pyramid.bands):
            image = upsample(image, kernels.unlowpass) + correlate(bands, kernels.unbands)[0]
        return correlate(torch.cat([pyramid.highpass, image], dim=1), kernels.unsplit)[0]
