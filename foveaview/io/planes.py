"""Planes of uncompressed video frames (Y4M), as `foveaview.rate.distortion` takes them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor

from foveaview.io.samples import check_size
from foveaview.io.untrusted import open_file, reader_errors

__all__ = ["read_y4m"]

_MARK = b"YUV4MPEG2"
_LONGEST_LINE = 4096
_MOST_FRAMES = 1_000_000
# chroma: columns and rows of y per sample of u and v
_SUBSAMPLING = {"420": (2, 2), "422": (2, 1), "444": (1, 1)}


def _line(file: BinaryIO) -> list[str]:
    line = file.readline(_LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise ValueError("its header is damaged")
    return line.decode("latin-1").split()


def _chroma(tag: str) -> tuple[tuple[int, int], int]:
    """Parse a chroma tag such as "420jpeg", "420p10" or "444" to subsampling and bits."""
    found = re.fullmatch(r"(420|422|444)(?:p(\d+)|jpeg|mpeg2|paldv)?", tag)
    if found is None or not 8 <= int(found[2] or 8) <= 16:
        raise ValueError(f"its chroma is {tag!r}, expected 420, 422 or 444 with 8 to 16 bits")
    return _SUBSAMPLING[found[1]], int(found[2] or 8)


def _shapes(tags: dict[str, str]) -> tuple[dict[str, tuple[int, int]], int]:
    """Return height and width of each plane, and bits."""
    sides = [tags.get(name, "") for name in "HW"]
    if not all(re.fullmatch(r"\d{1,6}", side) for side in sides):
        raise ValueError("its header has no size")
    height, width = map(int, sides)
    (across, down), bits = _chroma(tags.get("C", "420"))
    check_size(width, height, 6)
    half = (-(-height // down), -(-width // across))
    return {"y": (height, width), "u": half, "v": half}, bits


def read_y4m(path: Path | str, frame: int = 0) -> dict[str, Tensor]:
    """Read the planes of one frame of a Y4M file.

    Samples are divided by the maximum of their bits, 255 for 8. Full and video range are not converted,
    because rate and distortion refer to the coded samples.

    Args:
        path: path of the file.
        frame: index of the frame, from 0.

    Returns:
        "y", "u" and "v", each (1, 1, H, W) float32 in [0, 1]; u and v have their own size.

    Raises:
        OSError: if the file cannot be opened.
        ValueError: if it is damaged, of another chroma, or has fewer frames.
    """
    if not 0 <= frame < _MOST_FRAMES:
        raise ValueError(f"frame {frame}: expected 0 or more")
    with reader_errors(path), open_file(path) as file:
        words = _line(file)
        if words[:1] != [_MARK.decode()]:
            raise ValueError("not a Y4M file")
        shapes, bits = _shapes({word[0]: word[1:] for word in words[1:]})
        kind = np.dtype("u1" if bits == 8 else "<u2")
        counts = {name: height * width for name, (height, width) in shapes.items()}
        for number in range(frame + 1):
            if _line(file)[:1] != ["FRAME"]:
                raise ValueError(f"it has {number} whole frames, not frame {frame}")
            if number < frame:
                file.seek(sum(counts.values()) * kind.itemsize, 1)
        planes = {}
        for name, shape in shapes.items():
            content = file.read(counts[name] * kind.itemsize)
            if len(content) < counts[name] * kind.itemsize:
                raise ValueError(f"it ends within frame {frame}")
            values = np.frombuffer(content, kind).reshape(shape).astype(np.float32)
            planes[name] = torch.from_numpy(values / np.float32(2**bits - 1))[None, None]
        return planes
