"""Animations as GIF or MP4, written frame by frame."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from foveaview.export.mp4 import Pixels, mp4
from foveaview.files import replacing

__all__ = ["Pixels", "animation_writer", "export_animation"]

_SHORTEST_MS = 20  # most programs show shorter times in a GIF as 100 ms
_SAMPLE_PX = 128


def _indexed(image: Image.Image) -> Image.Image:
    """Reduce a frame to 256 colours, chosen by a sample of its pixels: ten times faster than by all."""
    size = (min(image.width, _SAMPLE_PX), min(image.height, _SAMPLE_PX))
    palette = image.resize(size, Image.Resampling.NEAREST).quantize()
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


@contextmanager
def _gif(part: Path, fps: float, comment: str) -> Iterator[Callable[[Pixels], None]]:
    """Holds a byte for each pixel of each frame until the end: so does Pillow, to find what differs."""
    frames: list[Image.Image] = []

    def add(frame: Pixels) -> None:
        image = Image.fromarray(frame)
        frames.append(image if frame.ndim == 2 else _indexed(image))

    yield add
    duration_ms = max(_SHORTEST_MS, 10 * round(100 / fps))
    options: dict[str, Any] = {"duration": duration_ms, "loop": 0, "comment": comment}
    frames[0].save(part, format="GIF", save_all=True, append_images=frames[1:], **options)


_FORMATS = {".gif": _gif, ".mp4": mp4}


class _Checked:
    """Passes on frames that have one size."""

    def __init__(self, add: Callable[[Pixels], None]) -> None:
        self._add = add
        self.shape: tuple[int, ...] = ()

    def __call__(self, frame: Pixels) -> None:
        if frame.dtype != np.uint8 or frame.shape[2:] not in ((), (3,)) or 0 in frame.shape:
            raise ValueError(f"a frame is (H, W) or (H, W, 3) bytes, got {frame.shape} of {frame.dtype}")
        if self.shape and frame.shape != self.shape:
            raise ValueError(f"all frames have one size: after {self.shape} came {frame.shape}")
        self.shape = frame.shape
        self._add(np.ascontiguousarray(frame))


@contextmanager
def animation_writer(
    path: Path | str, fps: float = 10, about: dict[str, Any] | None = None
) -> Iterator[Callable[[Pixels], None]]:
    """Give a function that takes the frames of an animation; the file is in place when the block ends.

    After an error no new file is left, and an existing file stays.

    Args:
        path: a file that ends in .gif (256 colours a frame) or .mp4 (H.264; needs `foveaview[plot]`).
        fps: frames a second; a GIF's are rounded to steps of 10 ms, and at most 50.
        about: settings and versions, kept as the file's comment.

    Raises:
        ValueError: for another ending, frames that differ in size, or none.
        ImportError: for an MP4, if ffmpeg is missing.
        OSError: if it cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in _FORMATS:
        raise ValueError(f"an animation is written as .gif or .mp4, got {path.suffix!r}")
    if not (math.isfinite(fps) and fps > 0):
        raise ValueError(f"frames a second must be positive, got {fps:g}")
    make = _FORMATS[path.suffix.lower()]
    with replacing(path) as part, make(part, fps, json.dumps(about or {})) as add:
        checked = _Checked(add)
        yield checked
        if not checked.shape:
            raise ValueError(f"{path.name}: there are no frames to write")


def export_animation(
    path: Path | str, frames: Iterable[Pixels], fps: float = 10, about: dict[str, Any] | None = None
) -> None:
    """Write frames, (H, W) or (H, W, 3) bytes each, as they come; arguments as of `animation_writer`."""
    with animation_writer(path, fps, about) as add:
        for frame in frames:
            add(frame)
