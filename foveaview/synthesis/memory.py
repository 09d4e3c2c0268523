"""Memory that a search or a loss takes, memory that is available, and the size that would fit."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import torch

from foveaview.perception.pyramid.padding import band_levels, padded_size
from foveaview.settings import LossSettings, ObjectiveSettings

__all__ = [
    "NotEnoughMemoryError",
    "check_loss_memory",
    "check_memory",
    "free_bytes",
    "loss_bytes",
    "loss_shortage",
    "search_bytes",
    "shortage",
    "size_that_fits",
]

_MATRICES = 2 * 8 * (4 + 4)  # bytes a pixel: 8 entries in the pooling matrix and in its transpose
_WEIGHTS = 24
_SPARE = 1.25  # for memory that the allocator cannot reuse
_FIXED = 150 << 20
_SHARE_OF_FREE = 0.9
# bytes a pixel, as measured
_NETWORKS = {"efficientnet-lite0": 600, "alex": 400, "squeeze": 700, "vgg": 5000}
_DISCRIMINATOR = 300
# images that an optimizer holds: Adam's two moments; of L-BFGS five pairs, its gradient and direction, the
# image that it came from, and two on the way to the next direction
_OPTIMIZER_IMAGES = {"adam": 2, "lbfgs": 15}


# bytes a pixel of one loss between two images, beside the images: measured from 1024 x 1024 to 4000 x 3000
_LOSS = 111
_LOSS_OF_CHANNEL = 36
_LOSS_OF_BAND = 29
_LOSS_OF_HEATMAP = 36
_LOSS_SPARE = 1.08

Needs = Callable[[tuple[int, int]], int]
"""Bytes that an image of some height and width takes."""


class NotEnoughMemoryError(MemoryError):
    """Error for a computation that does not fit; the message gives the size that would."""


def _more(objective: ObjectiveSettings | None) -> int:
    """Bytes a pixel of the terms that run networks."""
    if objective is None:
        return 0
    uses = (objective.perceptual > 0) + (objective.wasserstein > 0 and objective.wasserstein_on == "features")
    return uses * _NETWORKS[objective.trunk] + (objective.adversarial > 0) * _DISCRIMINATOR


def search_bytes(
    size: tuple[int, int],
    channels: int,
    settings: LossSettings,
    objective: ObjectiveSettings | None = None,
    optimizer: str = "lbfgs",
) -> int:
    """Upper estimate of the bytes that a search for a metamer of one float32 image takes.

    Args:
        size: height and width in pixels.
        channels: 1 or 3.
        settings: of the loss.
        objective: the terms; None for the metameric loss alone.
        optimizer: "lbfgs" or "adam".

    >>> gigabytes = search_bytes((2160, 3840), 3, LossSettings()) / 2**30
    >>> 5 < gigabytes < 8
    True
    """
    height, width = padded_size(size, settings.n_pyramid_levels)
    levels = sum(0.25**level for level in range(band_levels(settings.n_pyramid_levels)))
    bands = channels * settings.n_orientations
    maps = channels + bands * levels
    # images: target, its copy, in YCrCb; the metamer, in YCrCb, its gradient twice, a lowpass. Of all maps:
    # the target's, their means and deviations, the gradient. Of the finest bands also themselves, their
    # squares, and coarser mips.
    numbers = (8 + _OPTIMIZER_IMAGES[optimizer]) * channels + 4 * maps + 3.2 * bands
    per_pixel = levels * (_MATRICES + _WEIGHTS) + 4 * numbers + _more(objective)
    return int(_FIXED + _SPARE * per_pixel * height * width)


def free_bytes(device: torch.device) -> int:
    """Return the bytes that are available on the device."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(psutil.virtual_memory().available)


def loss_bytes(
    size: tuple[int, int], channels: int, settings: LossSettings, with_heatmap: bool = False
) -> int:
    """Upper estimate of the bytes that one metameric loss takes beside its two float32 images.

    Args:
        size: height and width in pixels.
        channels: 1 or 3.
        settings: of the loss.
        with_heatmap: compute its heatmap too.

    >>> gigabytes = loss_bytes((5000, 10000), 3, LossSettings()) / 2**30
    >>> 18 < gigabytes < 22
    True
    """
    height, width = padded_size(size, settings.n_pyramid_levels)
    per_pixel = _LOSS + channels * (_LOSS_OF_CHANNEL + _LOSS_OF_BAND * settings.n_orientations)
    per_pixel += _LOSS_OF_HEATMAP * with_heatmap
    return int(_FIXED + _LOSS_SPARE * per_pixel * height * width)


def _largest_that_fits(size: tuple[int, int], needs: Needs, budget: int) -> tuple[int, int]:
    """Return the largest size of the same shape that the budget holds; a side may be 0."""
    low, high = 0, max(size)  # a longer side that fits, and the whole
    while low < high:
        side = (low + high + 1) // 2
        height, width = (max(round(length * side / max(size)), 1) for length in size)
        low, high = (side, high) if needs((height, width)) <= budget else (low, side - 1)
    height, width = (round(length * low / max(size)) for length in size)
    return height, width


def size_that_fits(
    size: tuple[int, int],
    channels: int,
    settings: LossSettings,
    budget: int,
    objective: ObjectiveSettings | None = None,
    optimizer: str = "lbfgs",
) -> tuple[int, int] | None:
    """Return the largest size of the same shape, at most `size`, that a search can use within the budget.

    Returns:
        Height and width, or None if nothing fits.

    >>> size_that_fits((4000, 6000), 3, LossSettings(), 2 << 30)
    (1195, 1792)
    """
    return _usable(
        size, lambda one: search_bytes(one, channels, settings, objective, optimizer), budget, settings
    )


def _usable(
    size: tuple[int, int], needs: Needs, budget: int, settings: LossSettings
) -> tuple[int, int] | None:
    """Return the largest size that fits, or None if it has too few pixels for the levels."""
    fits = _largest_that_fits(size, needs, budget)
    return fits if min(fits) >= 2**settings.n_pyramid_levels else None


def _told(size: tuple[int, int], needs: Needs, settings: LossSettings, device: torch.device) -> str:
    """Say why a computation does not fit and what size would; return "" if it fits."""
    needed, budget = needs(size), int(_SHARE_OF_FREE * free_bytes(device))
    if needed <= budget:
        return ""
    fits = _usable(size, needs, budget, settings)
    what = f"at most {fits[1]} x {fits[0]} px would fit" if fits else "no size would fit"
    return (
        f"{size[1]} x {size[0]} px need about {needed / 2**30:.1f} GiB with these settings, "
        f"{budget / 2**30:.1f} GiB are free on {device.type}: {what}"
    )


def loss_shortage(
    size: tuple[int, int],
    channels: int,
    settings: LossSettings,
    device: torch.device,
    with_heatmap: bool = False,
) -> str:
    """Say why one loss does not fit and what size would; return "" if it fits.

    >>> loss_shortage((64, 64), 3, LossSettings(), torch.device("cpu"))
    ''
    """
    return _told(size, lambda one: loss_bytes(one, channels, settings, with_heatmap), settings, device)


def check_loss_memory(
    size: tuple[int, int],
    channels: int,
    settings: LossSettings,
    device: torch.device,
    with_heatmap: bool = False,
) -> None:
    """Raise `NotEnoughMemoryError`, with the `loss_shortage`, if there is one.

    >>> check_loss_memory((64, 64), 3, LossSettings(), torch.device("cpu"))
    """
    short = loss_shortage(size, channels, settings, device, with_heatmap)
    if short:
        raise NotEnoughMemoryError(short)


def shortage(
    size: tuple[int, int],
    channels: int,
    settings: LossSettings,
    device: torch.device,
    objective: ObjectiveSettings | None = None,
    optimizer: str = "lbfgs",
) -> str:
    """Say why a search does not fit and what size would; return "" if it fits.

    >>> shortage((64, 64), 3, LossSettings(), torch.device("cpu"))
    ''
    """
    return _told(
        size, lambda one: search_bytes(one, channels, settings, objective, optimizer), settings, device
    )


def check_memory(
    size: tuple[int, int],
    channels: int,
    settings: LossSettings,
    device: torch.device,
    objective: ObjectiveSettings | None = None,
    optimizer: str = "lbfgs",
) -> None:
    """Raise `NotEnoughMemoryError` with the `shortage`, if there is one.

    >>> check_memory((64, 64), 3, LossSettings(), torch.device("cpu"))
    """
    short = shortage(size, channels, settings, device, objective, optimizer)
    if short:
        raise NotEnoughMemoryError(short)
