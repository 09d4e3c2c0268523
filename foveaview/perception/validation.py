"""Checks of a loss's arguments: images, their colour space and gazes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from foveaview.perception.plausibility import warn_of_range
from foveaview.perception.pooling.gaze_operators import check_gaze
from foveaview.perception.precision import computing_dtype

__all__ = ["Gaze", "check_alike", "check_colorspace", "check_picture", "gazes_for"]

Gaze = Sequence[float] | Tensor
"""(x, y) in image coordinates, or one for each image as (N, 2)."""


def check_picture(image: Any, name: str) -> Tensor:
    """Return the image; raise `ValueError` if it is not (N, C, H, W) of finite floats with 1 or 3 channels.

    Warns once about values that are likely in [-1, 1] or from 0 to 255, unless they are being optimised.

    >>> check_picture(torch.ones(3, 4), "target")
    Traceback (most recent call last):
    ...
    ValueError: target must have 4 dimensions (N, C, H, W), got shape (3, 4)
    """
    if not isinstance(image, Tensor):
        raise ValueError(f"{name} must be a tensor, got {type(image).__name__}")
    if image.dim() != 4:
        raise ValueError(f"{name} must have 4 dimensions (N, C, H, W), got shape {tuple(image.shape)}")
    if image.numel() == 0 or image.shape[1] not in (1, 3):
        raise ValueError(f"{name} must hold images of 1 or 3 channels, got shape {tuple(image.shape)}")
    if not image.is_floating_point():
        raise ValueError(f"{name} must be floating point in [0, 1], got {image.dtype}: divide by its maximum")
    low, high = (float(value) for value in torch.aminmax(image.detach()))
    if not (abs(low) < float("inf") and abs(high) < float("inf")):  # NaN is passed on by both
        bad = int((~torch.isfinite(image)).sum())
        raise ValueError(f"{name} has {bad} values that are NaN or infinite: replace them first")
    if not image.requires_grad:
        warn_of_range(low, high, name)
    return image


def check_alike(image: Tensor, target: Tensor) -> None:
    """Raise `ValueError` if two images differ in shape, in device, or in the precision to compute in."""
    if image.shape != target.shape:
        raise ValueError(
            f"image and target must have one shape, got {tuple(image.shape)} and {tuple(target.shape)}"
        )
    # half precision, as under autocast, is computed in float32, so it is compatible with float32
    if image.device != target.device or computing_dtype(image) != computing_dtype(target):
        raise ValueError(
            f"image and target must share device and dtype, got {image.device}, {image.dtype} "
            f"and {target.device}, {target.dtype}: convert one, as by target.to(image)"
        )


def check_colorspace(colorspace: str) -> None:
    """Raise `ValueError` for an unknown colour space."""
    if colorspace not in ("RGB", "YCrCb"):
        raise ValueError(f"image_colorspace must be 'RGB' or 'YCrCb', got {colorspace!r}")


def _has_items(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)


def gazes_for(gaze: Gaze, samples: int) -> list[tuple[float, float]]:
    """Return one gaze for all samples, or one for each; raise `ValueError` if their number does not fit.

    >>> gazes_for((0.2, 0.4), samples=3), gazes_for([(0, 0), (1, 1)], samples=2)
    ([(0.2, 0.4)], [(0.0, 0.0), (1.0, 1.0)])
    """
    given: Any = gaze
    if not _has_items(given):
        return [check_gaze(given)]  # its error message says what a gaze is
    values: list[Any] = given.detach().cpu().tolist() if isinstance(given, Tensor) else list(given)
    if values and np.ndim(values[0]) > 0:
        if len(values) != samples:
            raise ValueError(
                f"gaze must be one (x, y) or one for each of {samples} images, got {len(values)}"
            )
        gazes = [check_gaze(tuple(pair)) for pair in values]
        return gazes if len(set(gazes)) > 1 else gazes[:1]
    return [check_gaze(tuple(values))]
