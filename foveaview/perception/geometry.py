"""Viewing geometry: eccentricity and the size of the pooling regions.

The screen is a plane at the viewing distance, with the eye opposite its middle. Pixel i of a row of W pixels
lies at (i / (W - 1) - 1/2) times the width of the image. Everything is computed in float64 by default,
because the angle next to the gaze is a small difference of large numbers. The formulas are those of odak's
`foveation` module (Walton et al., "Beyond Blur", 2021), except that every region is kept in front of the eye.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from foveaview.perception.interruption import check_interruption
from foveaview.settings import LossSettings

__all__ = [
    "LARGEST_RATIO",
    "eccentricity_map",
    "geometry_at",
    "level_of_detail",
    "picture_ratio",
    "pooling_size_map",
    "pooling_size_maps",
    "region_axes",
]

# No pooling region reaches farther from the screen's normal than this. At 90 degrees its edge would lie at
# infinity, and beyond 90 degrees behind the eye. Pixels farther out than this keep their own direction.
_OUTERMOST_EDGE_RAD = math.radians(89.0)
_BLOCK_PIXELS = 1 << 16
LARGEST_RATIO = 1e70
"""Largest distance from the screen's middle, in viewing distances; positions are clamped to it."""


def picture_ratio(width: float, distance: float) -> float:
    """Width of the image in viewing distances, clamped to a range in which fourth powers stay finite.

    >>> picture_ratio(1.0, 2.0)
    0.5
    """
    return min(max(width / distance, 1 / LARGEST_RATIO), LARGEST_RATIO)


def _aspect(size: tuple[int, int]) -> float:
    return size[0] / size[1]


def _positions(count: int, extent: float) -> Tensor:
    """Image coordinates of `count` pixels along an axis, when the image spans `extent` pixels."""
    if extent <= 1:
        raise ValueError(f"a picture spans more than one pixel each way at every level, got {extent:g}")
    return torch.arange(count, dtype=torch.float64) / (extent - 1)


def _on_screen(x: Tensor, y: Tensor, ratio: float, aspect: float) -> tuple[Tensor, Tensor]:
    """Convert image coordinates to offsets from the screen's middle, in viewing distances."""
    limit = LARGEST_RATIO
    return ((x - 0.5) * ratio).clamp(-limit, limit), ((y - 0.5) * ratio * aspect).clamp(-limit, limit)


def _gaze_of(gaze: tuple[float, float]) -> tuple[Tensor, Tensor]:
    at_x, at_y = torch.tensor(gaze, dtype=torch.float64)
    return at_x, at_y


def _eccentricity(
    x: Tensor,
    y: Tensor,
    gaze: tuple[Tensor, Tensor],
    ratio: float,
    aspect: float,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    """Angle in radians, from cross and dot product; unlike the arc cosine it is exact next to the gaze.

    Positions and gaze are float64, and their differences are taken before the conversion to `dtype`, so
    float32 loses as little as possible.
    """
    x, y = _on_screen(x, y, ratio, aspect)
    gaze_x, gaze_y = _on_screen(*gaze, ratio, aspect)
    dx, dy = (x - gaze_x).to(dtype), (y - gaze_y).to(dtype)
    across, down = (1 + x * gaze_x).to(dtype), (y * gaze_y).to(dtype)
    x, y = x.to(dtype), y.to(dtype)
    cross = (dx.square() + dy.square() + (y * dx - x * dy).square()).sqrt()
    return torch.atan2(cross, across + down)


def _half_angle(eccentricity: Tensor, settings: LossSettings) -> Tensor:
    """Half the angle that a pooling region spans, in radians."""
    return settings.alpha / 2 * (eccentricity**2 if settings.mode == "quadratic" else eccentricity)


def _edges(off_axis: Tensor, half: Tensor) -> tuple[Tensor, Tensor]:
    """Angles from the screen's normal to a region's inner and outer edge, kept in front of the eye."""
    from_normal = torch.atan(off_axis)
    outer = torch.minimum(from_normal + half, from_normal.clamp(min=_OUTERMOST_EDGE_RAD))
    return (from_normal - half).clamp(min=-_OUTERMOST_EDGE_RAD), outer


def _breadth(off_axis: Tensor, half: Tensor) -> Tensor:
    """Breadth of a region perpendicular to the direction of the screen's middle, in viewing distances."""
    return 2 * torch.hypot(off_axis, torch.ones_like(off_axis)) * half.clamp(max=_OUTERMOST_EDGE_RAD).tan()


def _pooling_size(
    x: Tensor,
    y: Tensor,
    gaze: tuple[Tensor, Tensor],
    settings: LossSettings,
    aspect: float,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    """Side of the square with the area of the pooling region, in widths of the image.

    The region is approximated by an ellipse: the section, by the screen, of a cone of half angle h about a
    direction at an angle t off the screen's normal. The major axis runs from the inner to the outer edge. The
    minor axis is as broad as the cone at the point at which the direction meets the screen. In viewing
    distances:

        major = tan(t + h) - tan(t - h) = sin(2 h) / (cos(t + h) cos(t - h))
              = 2 sin h cos h / (cos^2 t - sin^2 h)
        minor = 2 tan h / cos t
        side  = sqrt(pi / 4 major minor) = sin h sqrt(pi / (cos t (cos^2 t - sin^2 h)))

    The last line holds if no edge is clamped.
    """
    ratio = picture_ratio(settings.real_image_width, settings.real_viewing_distance)
    half = _half_angle(_eccentricity(x, y, gaze, ratio, aspect, dtype), settings)

    off_axis = torch.hypot(*_on_screen(x, y, ratio, aspect)).to(dtype)
    if float(half.max()) + math.atan(float(off_axis.max())) < _OUTERMOST_EDGE_RAD:
        # no region is clamped, so the product of the two axes below has a short form
        sine, cosine = half.sin(), (off_axis.square() + 1).rsqrt()
        return sine * (math.pi / (cosine * (cosine.square() - sine.square()))).sqrt() / ratio
    inner, outer = _edges(off_axis, half)
    # tan(outer) - tan(inner), without the cancellation; axes in units of the viewing distance
    major = torch.sin(outer - inner) / (torch.cos(outer) * torch.cos(inner))
    minor = _breadth(off_axis, half)
    return (math.pi / 4 * (major / ratio) * (minor / ratio)).sqrt()


def region_axes(
    point: tuple[float, float], size: tuple[int, int], gaze: tuple[float, float], settings: LossSettings
) -> tuple[float, float, float]:
    """Pooling region at a point: tangents of its inner and outer edge, and its breadth.

    All are in viewing distances. The edges are measured from the screen's middle along the line to the
    point, the breadth perpendicular to that line.

    Args:
        point: x and y in image coordinates.
        size: height and width of the image in pixels.
        gaze: x and y in image coordinates.
        settings: alpha, mode, image width and viewing distance.

    >>> inner, outer, breadth = region_axes((0.5, 0.5), (64, 64), (0.0, 0.5), LossSettings())
    >>> inner == -outer, breadth > 0
    (True, True)
    """
    x, y = (torch.tensor([value], dtype=torch.float64) for value in point)
    ratio = picture_ratio(settings.real_image_width, settings.real_viewing_distance)
    half = _half_angle(_eccentricity(x, y, _gaze_of(gaze), ratio, _aspect(size)), settings)
    off_axis = torch.hypot(*_on_screen(x, y, ratio, _aspect(size)))
    inner, outer = _edges(off_axis, half)
    return float(inner.tan()), float(outer.tan()), float(_breadth(off_axis, half))


def eccentricity_map(
    size: tuple[int, int], gaze: tuple[float, float], *, real_image_width: float, real_viewing_distance: float
) -> Tensor:
    """Angle between each pixel's direction and the gaze direction.

    Args:
        size: height and width of the image in pixels, each at least 2.
        gaze: x and y in image coordinates, [0, 1] inside the image; any finite values.
        real_image_width: width of the image as displayed.
        real_viewing_distance: distance from the eye to the screen, in the same unit.

    Returns:
        Radians, (H, W), float64.

    >>> angle = eccentricity_map((65, 65), (0.5, 0.5), real_image_width=1.0, real_viewing_distance=0.5)
    >>> round(math.degrees(angle[32, 64]), 6), float(angle[32, 32])
    (45.0, 0.0)
    """
    x, y = (_positions(count, count) for count in (size[1], size[0]))
    ratio = picture_ratio(real_image_width, real_viewing_distance)
    return _eccentricity(x[None, :], y[:, None], _gaze_of(gaze), ratio, _aspect(size))


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
        size: height and width of the image in pixels.
        gaze: x and y in image coordinates, [0, 1] inside the image; any finite values.
        settings: alpha, mode, image width and viewing distance; the defaults if None.
        grid: height and width of the map if it is larger than the image (padding); if None, the size of the
            image at this level, rounded up.
        level: level of the pyramid; the image spans H / 2^level by W / 2^level of its pixels.

    Returns:
        Pixels, (H, W) of the grid, float64, finite and not negative.

    >>> sizes = pooling_size_map((96, 128), (0.5, 0.5))
    >>> sizes.shape, bool(sizes[48, 64] < sizes[48, 127])
    (torch.Size([96, 128]), True)
    """
    at = torch.tensor([gaze], dtype=torch.float64)
    return pooling_size_maps(size, at, settings or LossSettings(), grid=grid, level=level)[0]


def pooling_size_maps(
    size: tuple[int, int],
    gazes: Tensor,
    settings: LossSettings,
    *,
    grid: tuple[int, int] | None = None,
    level: int = 0,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    """Compute `pooling_size_map` for many gazes at once.

    Args:
        size, settings, grid, level: as for `pooling_size_map`.
        gazes: (B, 2) float64, x and y in image coordinates, on the device to compute on.
        dtype: float64, or float32, which is faster and accurate to about 1e-6 if nothing lies more than a
            few hundred viewing distances from the screen's middle.

    Returns:
        Pixels, (B, H, W) of the grid.

    >>> gazes = torch.tensor([[0.5, 0.5], [0.0, 0.0]], dtype=torch.float64)
    >>> sizes = pooling_size_maps((96, 128), gazes, LossSettings(), dtype=torch.float32)
    >>> sizes.shape, bool(torch.allclose(sizes[1].double(), pooling_size_map((96, 128), (0.0, 0.0))))
    (torch.Size([2, 96, 128]), True)
    """
    height, width = size[0] / 2**level, size[1] / 2**level
    rows, columns = grid or (math.ceil(height), math.ceil(width))
    x, y = (_positions(*axis).to(gazes.device) for axis in ((columns, width), (rows, height)))
    gaze_x, gaze_y = gazes.T[..., None, None]
    sizes = torch.empty(len(gazes), rows, columns, dtype=dtype, device=gazes.device)
    # by blocks of rows that stay in the cache: this is faster for a large image, and can be cancelled
    each = max(1, _BLOCK_PIXELS // (columns * len(gazes)))
    for part, out in zip(y[:, None].split(each), sizes.split(each, dim=1), strict=True):
        check_interruption()
        pooled = _pooling_size(x[None, :], part, (gaze_x, gaze_y), settings, _aspect(size), dtype)
        torch.mul(pooled, width, out=out)
    return sizes


def geometry_at(
    point: tuple[float, float],
    size: tuple[int, int],
    gaze: tuple[float, float],
    settings: LossSettings | None = None,
) -> tuple[float, float]:
    """Eccentricity in degrees and pooling size in pixels at one point.

    Args:
        point: x and y in image coordinates.
        size: height and width of the image in pixels.
        gaze: x and y in image coordinates.
        settings: alpha, mode, image width and viewing distance; the defaults if None.

    >>> geometry_at((0.5, 0.5), (64, 64), (0.5, 0.5))
    (0.0, 0.0)
    """
    settings = settings or LossSettings()
    x, y = (torch.tensor([value], dtype=torch.float64) for value in point)
    ratio = picture_ratio(settings.real_image_width, settings.real_viewing_distance)
    eccentricity = _eccentricity(x, y, _gaze_of(gaze), ratio, _aspect(size))
    pooling = _pooling_size(x, y, _gaze_of(gaze), settings, _aspect(size))
    return math.degrees(float(eccentricity)), float(pooling) * size[1]


def level_of_detail(pooling_px: Tensor) -> Tensor:
    """Mip level at which one pixel is as large as the pooling region: max(0, log2(size + 1e-6)).

    >>> level_of_detail(torch.tensor([0.0, 1.0, 8.0])).round(decimals=3)
    tensor([0., 0., 3.])
    """
    return (pooling_px + 1e-6).log2_().clamp_(min=0)
