"""Numbers as colours: the heatmap laid over a picture, and the maps that are shown by themselves."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foveaview.io.colormaps import DIVERGING, colormap
from foveaview.live.frames import Heatmap, MapImage
from foveaview.live.jobs import Job, Key
from foveaview.perception.geometry import pooling_size_map
from foveaview.settings.view import Layer, ViewSettings

__all__ = ["heatmap_key", "map_image", "map_of", "overlay"]

_TOP_QUANTILE = 0.995
_LARGEST_SAMPLE = 1 << 16


@lru_cache(maxsize=8)
def _overlay_colors(name: str) -> npt.NDArray[np.uint8]:
    """A colormap with an alpha ramp: transparent at 0, so that nothing darkens what lies below."""
    ramp = np.linspace(0, 230, 256).astype(np.uint8)
    return np.concatenate([colormap(name), ramp[:, None]], axis=1)


def _usual_top(values: Tensor) -> float:
    """Near the largest magnitude, whatever a few pixels have."""
    sample = values.flatten()[:: 1 + values.numel() // _LARGEST_SAMPLE].float().abs()
    return float(torch.quantile(sample, _TOP_QUANTILE)) or float(values.abs().max())


def _indices(values: Tensor, low: float, high: float) -> npt.NDArray[np.uint8]:
    scaled = (values - low) / (high - low) if high > low else torch.zeros_like(values)
    indices: npt.NDArray[np.uint8] = (scaled.clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()
    return indices


def _numbers(values: Tensor) -> npt.NDArray[np.float32]:
    numbers: npt.NDArray[np.float32] = values.detach().to("cpu", torch.float32).numpy()
    return numbers


def overlay(heatmap: Tensor, key: Key, view: ViewSettings) -> Heatmap:
    """A heatmap (1, 1, H, W) to lay over a picture."""
    values = heatmap[0, 0]
    top = _usual_top(values) if view.heatmap_top is None else view.heatmap_top
    pixels = _overlay_colors(view.colormap)[_indices(values, 0, top)]
    return Heatmap(pixels, top, key, _numbers(values))


def map_image(layer: Layer, values: Tensor, key: Key | None, view: ViewSettings) -> MapImage:
    """Values (H, W) as an opaque picture: a signed difference about 0, everything else from 0 up.

    >>> shown = map_image("difference", torch.tensor([[-0.5, 0.0, 0.5]]), None, ViewSettings())
    >>> shown.low, shown.high, shown.pixels.shape
    (-0.5, 0.5, (1, 3, 3))
    """
    top = getattr(view, view.replace(layer=layer).top_name)
    if top is None:
        top = float(values.max()) if layer == "pooling" else _usual_top(values)
    signed = layer == "difference"
    low = -top if signed else 0.0
    colors = colormap(DIVERGING if signed else view.colormap)
    return MapImage(layer, colors[_indices(values, low, top)], low, top, key, _numbers(values))


def heatmap_key(job: Job) -> Key:
    """Return the key of the heatmap that a job wants."""
    if job.heatmap_of == "metameric":
        return Key(job.gaze, job.loss_settings, heatmap_parts=job.heatmap_parts)
    return Key(job.gaze, job.loss_settings, objective=job.objective, heatmap_of=job.heatmap_of)


@torch.no_grad()
def map_of(
    job: Job, target: Tensor, image: Tensor, key: Key | None, heatmap: Tensor | None
) -> MapImage | None:
    """Return the map layer that a job shows; None if it shows none, or the same as before.

    Args:
        job: the job.
        target: (1, C, H, W), of the image's size.
        image: (1, C, H, W), the candidate.
        key: key of the image.
        heatmap: (1, 1, H, W); None if there is none.
    """
    layer = job.view.layer
    if layer == "heatmap" and heatmap is not None:
        return map_image(layer, heatmap[0, 0], heatmap_key(job), job.view)
    if layer in ("difference", "absolute"):
        difference = image - target.to(image.device)
        shown = difference if layer == "difference" else difference.abs()
        return map_image(layer, shown[0].mean(dim=0), key, job.view)
    if layer == "pooling" and heatmap is not None:
        return map_image(layer, _pooling_sizes(job, target), Key(job.gaze, job.loss_settings), job.view)
    return None


def _pooling_sizes(job: Job, target: Tensor) -> Tensor:
    """(H, W) in pixels of the whole picture, whatever the size of the map."""
    sizes = pooling_size_map((target.shape[-2], target.shape[-1]), job.gaze, job.loss_settings)
    return sizes * (job.target.shape[-1] / target.shape[-1])
