"""Viewing angles around the gaze as image overlays: rings, outlines of pooling regions, pixels per degree.

Lines are in pixel positions: 0 is the centre of the first pixel, W - 1 that of the last. The screen is the
plane of `geometry`. The directions at one angle from the gaze form a cone, and a cone cuts a plane in an
ellipse, a parabola or one branch of a hyperbola.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from foveaview.perception.geometry import LARGEST_RATIO, picture_ratio, region_axes
from foveaview.settings import LossSettings

__all__ = ["eccentricity_ring", "pixels_per_degree", "pooling_region"]

Points = npt.NDArray[np.float64]

_REACH = 1.0  # reach of a ring beyond each edge of the image, in image sizes
_OFF_PX = 0.04  # largest distance of a line's middle from the curve; elsewhere it is about as large
_FEWEST_LINES = 16
_ROUNDS = 24
_OUTLINE_POINTS = 129


class _Cone:
    """Directions at one angle from the gaze, by azimuth; azimuth 0 is towards the screen's normal."""

    def __init__(self, angle: float, gaze: Points, size: tuple[int, int], ratio: float) -> None:
        off_axis = math.hypot(*gaze)
        away = gaze / off_axis if off_axis > 0 else np.array([1.0, 0.0])
        tilt = math.atan(off_axis)
        sine, cosine = math.sin(angle), math.cos(angle)
        # x, y and depth of the directions are these rows times 1, cos and sin of the azimuth
        self.rows = np.array(
            [
                [cosine * math.sin(tilt) * away[0], -sine * math.cos(tilt) * away[0], -sine * away[1]],
                [cosine * math.sin(tilt) * away[1], -sine * math.cos(tilt) * away[1], sine * away[0]],
                [cosine * math.cos(tilt), sine * math.sin(tilt), 0.0],
            ]
        )
        height, width = size
        self.pixels = np.array([(width - 1) / ratio, (height - 1) / (ratio * height / width)])
        self.middle = np.array([(width - 1) / 2, (height - 1) / 2])

    def points(self, azimuth: npt.NDArray[np.float64]) -> Points:
        """Pixel positions at azimuths; not finite if the direction does not meet the screen."""
        x, y, depth = self.rows @ np.stack([np.ones_like(azimuth), np.cos(azimuth), np.sin(azimuth)])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            place: Points = np.stack([x, y], axis=1) / np.where(depth > 0, depth, np.nan)[:, None]
            return place * self.pixels + self.middle

    def crossings(self, axis: int, position: float) -> list[float]:
        """Azimuths at which x or y (axis 0 or 1) is a pixel position."""
        row = self.rows[axis] * self.pixels[axis] - (position - self.middle[axis]) * self.rows[2]
        return _zeros(*(float(value) for value in row))


def _zeros(constant: float, cosine: float, sine: float) -> list[float]:
    """Solve constant + cosine cos(t) + sine sin(t) = 0 for t in [-pi, pi]."""
    size = math.hypot(cosine, sine)
    if not abs(constant) <= size or size == 0:
        return []
    phase, reach = math.atan2(sine, cosine), math.acos(-constant / size)
    return [math.remainder(phase + sign * reach, 2 * math.pi) for sign in (-1, 1)]


def _arcs(cone: _Cone, size: tuple[int, int]) -> list[tuple[float, float]]:
    """Intervals of azimuth in which the curve is in front of the eye and not far from the image."""
    ends = [(-_REACH * count, (1 + _REACH) * count) for count in (size[1], size[0])]
    cuts = [cut for axis in (0, 1) for end in ends[axis] for cut in cone.crossings(axis, end)]
    cuts = sorted([*cuts, *_zeros(*(float(value) for value in cone.rows[2]))])
    if not cuts:
        cuts = [-math.pi]
    bounds = np.array([*cuts, cuts[0] + 2 * math.pi])
    middles = cone.points((bounds[1:] + bounds[:-1]) / 2)
    low, high = np.array(ends).T
    inside = ((middles >= low) & (middles <= high)).all(axis=1)  # false if not finite
    return [(bounds[i], bounds[i + 1]) for i in np.flatnonzero(inside)]


def _polyline(cone: _Cone, start: float, end: float) -> Points:
    """Points on an arc, dense enough that the lines between them stay close to it."""
    rough = cone.points(np.linspace(start, end, _FEWEST_LINES + 1))
    length = float(np.nansum(np.hypot(*np.diff(rough, axis=0).T)))
    # number of lines of equal turn that approximate a circular arc of this length
    lines = math.sqrt(length * (end - start) / (8 * _OFF_PX))
    azimuth = np.linspace(start, end, int(min(max(lines, _FEWEST_LINES), 1e4)) + 1)
    for _ in range(_ROUNDS):
        at = cone.points(azimuth)
        between = (azimuth[1:] + azimuth[:-1]) / 2
        off = np.hypot(*(cone.points(between) - (at[1:] + at[:-1]) / 2).T)
        coarse = off > _OFF_PX
        if not coarse.any():
            break
        azimuth = np.sort(np.concatenate([azimuth, between[coarse]]))
    points = cone.points(azimuth)
    return points[np.isfinite(points).all(axis=1)]


def eccentricity_ring(
    eccentricity_deg: float, size: tuple[int, int], gaze: tuple[float, float], settings: LossSettings
) -> list[Points]:
    """Curve of the screen points at one angle from the direction of the gaze.

    Args:
        eccentricity_deg: the angle, over 0 and under 180.
        size: height and width of the image in pixels, each at least 2.
        gaze: x and y in image coordinates; it may lie outside the image.
        settings: image width and viewing distance.

    Returns:
        Lines through points (N, 2), x and y in pixel positions, at most 0.1 px off the curve. A closed curve
        ends at its first point. Parts of the curve that are not in front of the eye, or are farther from the
        image than the image is large, are left out; the list is empty if nothing remains.

    Raises:
        ValueError: if the angle is out of range, or the image has one row or column.

    >>> (ring,) = eccentricity_ring(5.0, (101, 101), (0.5, 0.5), LossSettings())
    >>> radius_px = 100 / 0.2 * 0.7 * math.tan(math.radians(5))
    >>> bool(np.allclose(np.hypot(*(ring - 50).T), radius_px))
    True
    """
    if not 0 < eccentricity_deg < 180:
        raise ValueError(f"a ring's eccentricity is over 0 and under 180 degrees, got {eccentricity_deg:g}")
    if min(size) < 2:
        raise ValueError(f"a picture has at least 2 pixels each way, got {size[1]} x {size[0]}")
    ratio = picture_ratio(settings.real_image_width, settings.real_viewing_distance)
    on_screen = (np.array(gaze) - 0.5).clip(-LARGEST_RATIO, LARGEST_RATIO)
    on_screen = (on_screen * [ratio, ratio * size[0] / size[1]]).clip(-LARGEST_RATIO, LARGEST_RATIO)
    cone = _Cone(math.radians(eccentricity_deg), on_screen, size, ratio)
    lines = [_polyline(cone, start, end) for start, end in _arcs(cone, size)]
    return [line for line in lines if len(line) > 1]


def pooling_region(
    point: tuple[float, float], size: tuple[int, int], gaze: tuple[float, float], settings: LossSettings
) -> Points:
    """Outline of the region over which the statistics at a point are pooled.

    This is the ellipse of `pooling_size_map`: from the inner to the outer edge of the cone around the point's
    direction, and as broad as the cone is at the point. If the half angle is small, it is the exact section
    of the cone. A region that would reach behind the eye is cut off, as in `pooling_size_map`.

    Args:
        point: x and y in image coordinates.
        size: height and width of the image in pixels, each at least 2.
        gaze: x and y in image coordinates.
        settings: alpha, mode, image width and viewing distance.

    Returns:
        (N, 2), x and y in pixel positions; the last point equals the first. At the gaze all points coincide.

    >>> outline = pooling_region((0.8, 0.5), (101, 101), (0.5, 0.5), LossSettings())
    >>> outline.shape, bool((outline[0] == outline[-1]).all())
    ((129, 2), True)
    """
    height, width = size
    ratio = picture_ratio(settings.real_image_width, settings.real_viewing_distance)
    aspect = height / width
    inner, outer, breadth = region_axes(point, size, gaze, settings)
    along = np.array([point[0] - 0.5, (point[1] - 0.5) * aspect])
    off_axis = math.hypot(*along)
    along = along / off_axis if off_axis > 0 else np.array([1.0, 0.0])
    across = np.array([-along[1], along[0]])
    turn = np.linspace(0, 2 * math.pi, _OUTLINE_POINTS)
    turn[-1] = 0
    axes = np.outer(np.cos(turn) * (outer - inner) / 2 + (outer + inner) / 2, along)
    axes += np.outer(np.sin(turn) * breadth / 2, across)
    outline: Points = (axes / [ratio, ratio * aspect] + 0.5) * [width - 1, height - 1]
    return outline


def pixels_per_degree(point: tuple[float, float], size: tuple[int, int], settings: LossSettings) -> float:
    """Square root of the number of pixels per square degree of solid angle at a point.

    Pixels of a flat screen subtend less solid angle away from its middle, by the third power of the angle's
    cosine. The pixels are those of `pooling_size_map`: W of them are as wide as the image.

    Args:
        point: x and y in image coordinates; (0.5, 0.5) is opposite the eye.
        size: height and width of the image in pixels.
        settings: image width and viewing distance.

    >>> round(pixels_per_degree((0.5, 0.5), (400, 400), LossSettings()), 3)
    24.435
    """
    ratio = picture_ratio(settings.real_image_width, settings.real_viewing_distance)
    off_axis = math.hypot((point[0] - 0.5) * ratio, (point[1] - 0.5) * ratio * size[0] / size[1])
    return math.radians(1) * size[1] / ratio * math.hypot(1, off_axis) ** 1.5
