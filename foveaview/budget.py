"""How much memory a search takes, how much there is, and what size would fit."""

from __future__ import annotations

import psutil
import torch

from foveaview.perception.grid import band_levels, padded_size
from foveaview.settings import LossSettings, ObjectiveSettings

__all__ = ["NotEnoughMemoryError", "check_memory", "free_bytes", "search_bytes", "shortage", "size_that_fits"]

_MATRICES = 2 * 8 * (4 + 4)  # bytes a pixel: 8 entries in the pooling matrix and in its transpose
_WEIGHTS = 24
_SPARE = 1.25  # for what the allocator cannot use again
_FIXED = 150 << 20
_SHARE_OF_FREE = 0.9
# bytes a pixel, as measured
_NETWORKS = {"efficientnet-lite0": 600, "alex": 400, "squeeze": 700, "vgg": 5000}
_DISCRIMINATOR = 300
# images that an optimizer holds: Adam's two moments; of L-BFGS five pairs, its gradient and direction, the
# image that it came from, and two on the way to the next direction
_OPTIMIZER_IMAGES = {"adam": 2, "lbfgs": 15}


class NotEnoughMemoryError(MemoryError):
    """A computation that would not fit was not begun; the message says what would."""


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
    """Bytes that a search for a metamer of one float32 image takes, about; measured, it is less.

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
    """Bytes that a computation on the device may still take."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(psutil.virtual_memory().available)


def size_that_fits(
    size: tuple[int, int],
    channels: int,
    settings: LossSettings,
    budget: int,
    objective: ObjectiveSettings | None = None,
    optimizer: str = "lbfgs",
) -> tuple[int, int] | None:
    """The largest size of the same shape, not larger than `size`, whose search fits into the budget.

    Returns:
        Height and width, or None where nothing fits.

    >>> size_that_fits((4000, 6000), 3, LossSettings(), 2 << 30)
    (1195, 1792)
    """
    low, high = 0, max(size)  # a longer side that fits, and the whole
    while low < high:
        side = (low + high + 1) // 2
        height, width = (max(round(length * side / max(size)), 1) for length in size)
        fits = search_bytes((height, width), channels, settings, objective, optimizer) <= budget
        low, high = (side, high) if fits else (low, side - 1)
    height, width = (round(length * low / max(size)) for length in size)
    return (height, width) if min(height, width) >= 2**settings.n_pyramid_levels else None


def shortage(
    size: tuple[int, int],
    channels: int,
    settings: LossSettings,
    device: torch.device,
    objective: ObjectiveSettings | None = None,
    optimizer: str = "lbfgs",
) -> str:
    """Why a search would not fit, and what size would; empty where it fits.

    >>> shortage((64, 64), 3, LossSettings(), torch.device("cpu"))
    ''
    """
    needed = search_bytes(size, channels, settings, objective, optimizer)
    budget = int(_SHARE_OF_FREE * free_bytes(device))
    if needed <= budget:
        return ""
    fits = size_that_fits(size, channels, settings, budget, objective, optimizer)
    what = f"at most {fits[1]} x {fits[0]} px would fit" if fits else "no size would fit"
    return (
        f"{size[1]} x {size[0]} px need about {needed / 2**30:.1f} GiB with these settings, "
        f"{budget / 2**30:.1f} GiB are free on {device.type}: {what}"
    )


def check_memory(
    size: tuple[int, int],
    channels: int,
    settings: LossSettings,
    device: torch.device,
    objective: ObjectiveSettings | None = None,
    optimizer: str = "lbfgs",
) -> None:
    """Raise `NotEnoughMemoryError`, with the `shortage`, where there is one.

    >>> check_memory((64, 64), 3, LossSettings(), torch.device("cpu"))
    """
    short = shortage(size, channels, settings, device, objective, optimizer)
    if short:
        raise NotEnoughMemoryError(short)
