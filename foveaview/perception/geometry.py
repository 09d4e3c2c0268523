"""Where the gaze falls: eccentricity and the size of the pooling regions.

The screen is a plane at the viewing distance, the eye opposite its middle. Pixel i of a row of W pixels
lies at (i / (W - 1) - 1/2) times the width of the picture. All in float64, since the angle next to the
gaze is a small difference of large numbers. The formulas are those of odak's `foveation` module
(Walton et al., "Beyond Blur", 2021), with every region kept inside the half-space before the eye.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from foveaview.settings import LossSettings

__all__ = ["eccentricity_map", "level_of_detail", "pooling_size_map"]

# No pooling region reaches farther from the screen's normal than this: at 90 degrees its edge would lie
# at infinity, and beyond it behind the eye. Pixels farther out than this keep their own direction.
_OUTERMOST_EDGE_RAD = math.radians(89.0)
_LARGEST_RATIO = 1e100  # squares stay finite


def _axis(count: int, extent: float) -> Tensor:
    if extent <= 1:
        raise ValueError(f"a picture spans more than one pixel each way at every level, got {extent:g}")
    return torch.arange(count, dtype=torch.float64) / (extent - 1) - 0.5


def _directions(x: Tensor, y: Tensor) -> Tensor:
    vectors = torch.stack([x, y, torch.ones_like(x)])
    vectors = vectors / vectors.abs().amax(dim=0)
    return vectors / vectors.norm(dim=0)


def _angle(a: Tensor, b: Tensor) -> Tensor:
    """Angle between unit vectors; exact also where it is small, unlike the arc cosine."""
    return 2 * torch.atan2((a - b).norm(dim=0), (a + b).norm(dim=0))


def _pixel_directions(
    size: tuple[int, int], extent: tuple[float, float], ratio: float, aspect: float
) -> tuple[Tensor, Tensor, Tensor]:
    x = (_axis(size[1], extent[1]) * ratio)[None, :].expand(size)
    y = (_axis(size[0], extent[0]) * ratio * aspect)[:, None].expand(size)
    return x, y, _directions(x, y)


def _gaze_direction(gaze: tuple[float, float], ratio: float, aspect: float) -> Tensor:
    def clamped(value: float) -> float:
        return min(max(value, -_LARGEST_RATIO), _LARGEST_RATIO)

    x = clamped((gaze[0] - 0.5) * ratio)
    y = clamped((gaze[1] - 0.5) * ratio * aspect)
    return _directions(
        torch.tensor(x, dtype=torch.float64).view(1, 1), torch.tensor(y, dtype=torch.float64).view(1, 1)
    )


def eccentricity_map(
    size: tuple[int, int], gaze: tuple[float, float], *, real_image_width: float, real_viewing_distance: float
) -> Tensor:
    """Angle between each pixel's direction and the gaze's.

    Args:
        size: height and width of the picture in pixels, each at least 2.
        gaze: x and y in image coordinates, [0, 1] inside the picture; any finite values.
        real_image_width: width of the picture as displayed.
        real_viewing_distance: distance from the eye to the screen, in the same unit.

    Returns:
        Radians, (H, W), float64.

    >>> angle = eccentricity_map((65, 65), (0.5, 0.5), real_image_width=1.0, real_viewing_distance=0.5)
    >>> round(math.degrees(angle[32, 64]), 6), float(angle[32, 32])
    (45.0, 0.0)
    """
    ratio = real_image_width / real_viewing_distance
    aspect = size[0] / size[1]
    directions = _pixel_directions(size, (float(size[0]), float(size[1])), ratio, aspect)[2]
    return _angle(directions, _gaze_direction(gaze, ratio, aspect))


def pooling_size_map(
    size: tuple[int, int],
    gaze: tuple[float, float],
    settings: LossSettings | None = None,
    *,
    grid: tuple[int, int] | None = None,
    level: int = 0,
) -> Tensor:
    """Side of the square with the area of each pixel's pooling region, in pixels of the level.

    Args:
        size: height and width of the picture in pixels.
        gaze: x and y in image coordinates, [0, 1] inside the picture; any finite values.
        settings: alpha, mode, image width and viewing distance; the defaults where None.
        grid: height and width of the map where it is larger than the picture's (padding);
            rounded up from the picture's at this level where None.
        level: level of the pyramid; the picture spans H / 2^level by W / 2^level of its pixels.

    Returns:
        Pixels, (H, W) of the grid, float64, finite and not negative.

    >>> sizes = pooling_size_map((96, 128), (0.5, 0.5))
    >>> sizes.shape, bool(sizes[48, 64] < sizes[48, 127])
    (torch.Size([96, 128]), True)
    """
    settings = settings or LossSettings()
    extent = (size[0] / 2**level, size[1] / 2**level)
    grid = grid or (math.ceil(extent[0]), math.ceil(extent[1]))
    aspect = size[0] / size[1]
    ratio = settings.real_image_width / settings.real_viewing_distance
    ratio = min(max(ratio, 1 / _LARGEST_RATIO), _LARGEST_RATIO)

    x, y, directions = _pixel_directions(grid, extent, ratio, aspect)
    eccentricity = _angle(directions, _gaze_direction(gaze, ratio, aspect))
    pooling_rad = settings.alpha * (eccentricity**2 if settings.mode == "quadratic" else eccentricity)

    from_normal = torch.atan2(torch.hypot(x, y), torch.ones_like(x))
    half = pooling_rad / 2
    outer = torch.minimum(from_normal + half, from_normal.clamp(min=_OUTERMOST_EDGE_RAD))
    inner = (from_normal - half).clamp(min=-_OUTERMOST_EDGE_RAD)
    # tan(outer) - tan(inner), without the cancellation; axes in units of the viewing distance
    major = torch.sin(outer - inner) / (torch.cos(outer) * torch.cos(inner))
    minor = 2 * torch.hypot(torch.hypot(x, y), torch.ones_like(x)) * half.clamp(max=_OUTERMOST_EDGE_RAD).tan()
    return (math.pi / 4 * (major / ratio) * (minor / ratio)).sqrt() * extent[1]


def level_of_detail(pooling_px: Tensor) -> Tensor:
    """Mip level at which one pixel is as large as the pooling region: max(0, log2(size + 1e-6)).

    >>> level_of_detail(torch.tensor([0.0, 1.0, 8.0])).round(decimals=3)
    tensor([0., 0., 3.])
    """
    return torch.log2(pooling_px + 1e-6).clamp(min=0)
