"""A heatmap as a figure: colour bar with its unit, and rings of eccentricity.

Needs the extra `foveaview[plot]`, loaded with the first figure. Does not use pyplot, so that any thread
can draw.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from foveaview.files import png_information, replacing
from foveaview.io.colormaps import Scale, colormap
from foveaview.perception.geometry import eccentricity_map
from foveaview.settings import LossSettings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["RINGS_DEG", "export_figure", "figure_class"]

RINGS_DEG = (2.0, 5.0, 10.0, 20.0)

_LONG_SIDE_IN, _SHORTEST_SIDE_IN = 6.0, 1.5
_BAR_IN, _MARGIN_IN = 1.3, 0.3
_RING_POINTS = 1024  # along the longer side: rings are smooth


def figure_class() -> type[Figure]:
    """Return Matplotlib's `Figure`; raise `ImportError` with what to install if it is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("figures need matplotlib: pip install 'foveaview[plot]'") from error
    return Figure


def _figure(size: tuple[int, int], dpi: float) -> Figure:
    """Make a figure with the size that a map (H, W) and its colour bar need."""
    longer = max(size)
    height, width = (max(side / longer * _LONG_SIDE_IN, _SHORTEST_SIDE_IN) for side in size)
    figsize = (width + _BAR_IN, height + _MARGIN_IN)
    return figure_class()(figsize=figsize, dpi=dpi, layout="constrained")


def _draw_map(axes: Axes, heatmap: Tensor, scale: Scale, scalable: bool) -> None:
    """Draw the map in its colours and the bar; keep all pixels if the figure can be scaled."""
    from matplotlib.colors import ListedColormap

    values = heatmap[0, 0].detach().double().cpu().numpy()
    low, high = scale.smallest, scale.largest
    assert high is not None
    colors = ListedColormap(colormap(scale.colormap) / 255)
    if high <= low:  # all of one value: the bar shows one colour only if it has an extent
        high = low + 1
    drawn = axes.imshow(values, cmap=colors, vmin=low, vmax=high, interpolation="none" if scalable else None)
    beyond = (bool((values < low).any()), bool((values > high).any()))
    extend = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    axes.figure.colorbar(drawn, ax=axes, label=scale.unit, extend=extend[beyond])
    axes.set_axis_off()


def _outlined(width: float) -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground="black", alpha=0.6)]


def _draw_rings(
    axes: Axes,
    size: tuple[int, int],
    gaze: tuple[float, float],
    loss_settings: LossSettings,
    rings_deg: Sequence[float],
) -> None:
    """Draw white lines with a dark edge, legible on any colormap, at the eccentricities of the rings."""
    every = math.ceil(max(size) / _RING_POINTS)
    eccentricity = eccentricity_map(
        size,
        gaze,
        real_image_width=loss_settings.real_image_width,
        real_viewing_distance=loss_settings.real_viewing_distance,
    )
    degrees = np.degrees(eccentricity[::every, ::every].numpy())
    y, x = (np.arange(0, side, every) for side in size)
    inside = sorted({ring for ring in rings_deg if degrees.min() < ring < degrees.max()})
    if inside:
        rings = axes.contour(x, y, degrees, levels=inside, colors="white", linewidths=1.0)
        rings.set_path_effects(_outlined(2.2))
        for label in axes.clabel(rings, fmt=lambda ring: f"{ring:g}°", fontsize=9, colors="white"):
            label.set_path_effects(_outlined(2.5))


def _draw_gaze(axes: Axes, size: tuple[int, int], gaze: tuple[float, float]) -> None:
    at = (gaze[0] * (size[1] - 1), gaze[1] * (size[0] - 1))
    cross: dict[str, Any] = {"marker": "+", "markersize": 10, "markeredgewidth": 1.2, "color": "white"}
    axes.plot(*at, **cross, path_effects=_outlined(2.6), clip_on=False)
    axes.set(xlim=(-0.5, size[1] - 0.5), ylim=(size[0] - 0.5, -0.5))


def _carrying(suffix: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return options for matplotlib that put the settings, and in PNG the chunk of sRGB, into the file."""
    if suffix == ".png":
        return {"pil_kwargs": {"pnginfo": png_information(settings)}}
    return {"metadata": {"Description": json.dumps(settings), "Creator": "foveaview", "Date": None}}


def export_figure(
    path: Path | str,
    heatmap: Tensor,
    about: dict[str, Any],
    gaze: tuple[float, float],
    loss_settings: LossSettings,
    *,
    scale: Scale | None = None,
    rings_deg: Sequence[float] = RINGS_DEG,
    dpi: float = 150,
) -> None:
    """Write a heatmap as a figure; the same values give the same bytes.

    The settings are in the PNG's text "foveaview", or in the SVG's description, as JSON.

    Args:
        path: a file that ends in .png or .svg.
        heatmap: (1, 1, H, W).
        about: settings and versions that it was made with.
        gaze: (x, y) in image coordinates.
        loss_settings: image width and viewing distance, for the rings.
        scale: colormap, range and unit.
        rings_deg: eccentricities to draw, in degrees, as the screen shows them; those outside are left out.
        dpi: pixels an inch; the longer side of the map is 6 inches.

    Raises:
        ValueError: for another ending, or an invalid scale.
        ImportError: if matplotlib is missing.
        OSError: if it cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in (".png", ".svg"):
        raise ValueError(f"a figure is written as .png or .svg, got {path.suffix!r}")
    size, scale = (heatmap.shape[-2], heatmap.shape[-1]), (scale or Scale()).of(heatmap)
    settings = {**about, "content": "heatmap figure", **scale.about(), "rings_deg": list(rings_deg)}
    figure_class()  # says what to install
    from matplotlib import style

    with style.context(["default", {"svg.hashsalt": "foveaview"}]):
        figure = _figure(size, dpi)
        axes = figure.add_subplot()
        _draw_map(axes, heatmap, scale, scalable=suffix == ".svg")
        _draw_rings(axes, size, gaze, loss_settings, rings_deg)
        _draw_gaze(axes, size, gaze)
        with replacing(path) as part:
            figure.savefig(part, format=suffix[1:], **_carrying(suffix, settings))
