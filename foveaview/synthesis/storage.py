"""Kept images of a synthesis, in memory or in a file, as they are or reduced."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from foveaview.io.untrusted import check_file, file_label

__all__ = ["Frames"]

_MOST = 1 << 40
_DTYPES = (torch.uint8, torch.float16, torch.float32, torch.float64)


def _as_array(frame: Tensor) -> bytes:
    return frame.contiguous().numpy().tobytes()


class Frames:
    """Images in the order of the steps.

    Args:
        dtype: type to keep them in: None for their own; torch.uint8 in steps of 1/255, clamped to [0, 1];
            torch.float16, float32 or float64.
        path: the file to keep them in, one after the other, instead of memory; it must not
            exist when the first image comes, unless `restore` found its images in it. What follows these
            images in the file is removed when the next one comes, not before.

    Raises:
        ValueError: for another dtype.

    >>> frames = Frames(torch.uint8)
    >>> frames.append(torch.full((1, 1, 1, 2), 0.5))
    >>> frames[0]
    tensor([[[[0.5020, 0.5020]]]])
    """

    def __init__(self, dtype: torch.dtype | None = None, path: Path | str | None = None) -> None:
        if dtype is not None and dtype not in _DTYPES:
            names = ", ".join(str(one).removeprefix("torch.") for one in _DTYPES)
            raise ValueError(f"store_dtype must be None or one of {names}, got {dtype}")
        self.dtype, self.path = dtype, None if path is None else Path(path)
        self._kept: list[Tensor] = []
        self._like: tuple[torch.Size, torch.dtype] | None = None
        self._count = 0
        self._begun = False

    def __len__(self) -> int:
        return self._count

    def append(self, image: Tensor) -> None:
        """Keep a copy of an image; all must have one shape.

        Raises:
            OSError: if the file cannot grow, or is not of these images.
            ValueError: if the file does not hold the images before this one.
        """
        frame = image.detach()
        if self.dtype is torch.uint8:
            frame = (frame.clamp(0, 1) * 255).round()
        frame = frame.to("cpu", self.dtype or frame.dtype, copy=True)
        self._like = (frame.shape, frame.dtype)
        if self.path is None:
            self._kept.append(frame)
        else:
            self._write(self.path, frame)
        self._count += 1

    def _write(self, path: Path, frame: Tensor) -> None:
        """Write an image after those that the file holds, over anything that follows them."""
        if self._begun:
            self._check_holds(path, self._count, self._bytes_each())
        try:
            # "x" refuses an existing file, which is not ours
            with path.open("rb+" if self._begun else "xb") as file:
                file.truncate(self._count * self._bytes_each())
                file.seek(0, os.SEEK_END)
                file.write(_as_array(frame))
        except OSError as error:  # from a full disk, without the file's name
            raise OSError(error.errno, error.strerror, str(path)) from error
        self._begun = True

    def __getitem__(self, index: int) -> Tensor:
        """Return an image as floats, on the CPU."""
        if not 0 <= index < self._count:
            raise IndexError(f"image {index} of {self._count}")
        frame = self._kept[index] if self.path is None else self._read(self.path, index)
        return frame.float() / 255 if frame.dtype is torch.uint8 else frame

    def _bytes_each(self) -> int:
        assert self._like is not None
        return _bytes_of(self._like)

    def _read(self, path: Path, index: int) -> Tensor:
        assert self._like is not None
        shape, dtype = self._like
        size = self._bytes_each()
        raw = np.memmap(path, np.uint8, "r", offset=index * size, shape=(size,))
        return torch.frombuffer(bytearray(raw), dtype=dtype).reshape(shape)

    def truncate(self, count: int) -> None:
        """Forget all images from `count` on."""
        if count >= self._count:
            return
        self._count = count
        del self._kept[count:]
        if self.path is not None:
            with self.path.open("rb+") as file:
                file.truncate(count * self._bytes_each())

    def state(self) -> dict[str, Any]:
        """Return the state for `restore`; of images in a file, it holds only the count."""
        shape, dtype = self._like or (torch.Size(), torch.float32)
        kept = torch.stack(self._kept) if self._kept else torch.empty(0)
        return {
            "count": self._count,
            "frames": kept,
            "like": torch.empty(0, dtype=dtype),
            "shape": list(shape),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a `state`; the file is checked and not changed.

        Raises:
            ValueError: if the state is damaged, or the file does not hold the images.
        """
        count, frames, like = _checked(state)
        if self.path is None:
            if len(frames) != count:
                raise ValueError(f"its {count} images are in a file: give its path as store_path")
            self._like, self._kept = like, list(frames.clone())
            self._count = count
            return
        if count and len(frames):
            raise ValueError("its images are in the checkpoint: leave store_path out")
        if count:
            self._check_holds(self.path, count, _bytes_of(like))
        self._like, self._count, self._begun = like, count, count > 0

    def _check_holds(self, path: Path, count: int, bytes_each: int) -> None:
        """Raise `ValueError` if a path is not a file, or holds fewer images."""
        try:
            check_file(path)
            there = path.stat().st_size
        except FileNotFoundError:
            there = 0
        if there < count * bytes_each:
            raise ValueError(f"{file_label(path)}: it should hold {count} images, and holds fewer")


def _bytes_of(like: tuple[torch.Size, torch.dtype]) -> int:
    shape, dtype = like
    return shape.numel() * dtype.itemsize


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < _MOST


def _checked(state: dict[str, Any]) -> tuple[int, Tensor, tuple[torch.Size, torch.dtype]]:
    """Return the number of images, those in the state, and the shape and dtype of one."""
    count, frames, like, shape = (state[name] for name in ("count", "frames", "like", "shape"))
    if not (isinstance(frames, Tensor) and isinstance(like, Tensor) and isinstance(shape, list | tuple)):
        raise ValueError("its stored images are none")
    if not (_is_count(count) and all(map(_is_count, shape)) and like.dtype in _DTYPES):
        raise ValueError("its stored images have no number, shape or dtype")
    if len(frames) and (frames.shape[1:] != torch.Size(shape) or frames.dtype != like.dtype):
        raise ValueError("its stored images have another shape or dtype than it says")
    if count and not math.prod(shape):
        raise ValueError("its stored images are empty")
    return count, frames, (torch.Size(shape), like.dtype)
