"""Arrays as images, read with numpy: npy, npz, PFM, and binary PGM and PPM."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from foveaview.io.samples import Channels, ColorTags, Samples, check_size

__all__ = ["read_npy", "read_npz", "read_pfm", "read_pnm"]

_HEADER_BYTES = 1 << 16
_MOST_MEMBERS = 64


def _header_of_npy(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return the shape, order and dtype in a npy header, which is evaluated only as literals."""
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f"npy files of version {version[0]}.{version[1]} are not read")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, kind = read(file, max_header_size=10_000)
    return shape, fortran, kind


def _image_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return height, width and channels; a channels-first array, as in torch, is known by its shape."""
    while len(shape) > 3 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) == 2:
        return (*shape, 1)
    if len(shape) == 3 and shape[2] in (1, 2, 3, 4):
        return shape[0], shape[1], shape[2]
    if len(shape) == 3 and shape[0] in (1, 3):
        return shape[1], shape[2], shape[0]
    raise ValueError(f"its array has shape {shape}, expected (H, W), (H, W, C) or (C, H, W) with C 1 or 3")


def _of_array(file: BinaryIO, kind: str, notes: tuple[str, ...] = ()) -> Samples:
    shape, fortran, dtype = _header_of_npy(file)
    if dtype.hasobject or dtype.kind not in "fub":
        what = "objects" if dtype.hasobject else str(dtype)
        raise ValueError(f"its array holds {what}, expected floats in [0, 1] or unsigned integers")
    height, width, channels = _image_shape(shape)
    check_size(width, height, channels * dtype.itemsize)
    count = height * width * channels * dtype.itemsize
    content = file.read(count)
    if len(content) < count:
        raise ValueError(f"it ends after {len(content)} of {count} bytes")
    values = np.frombuffer(content, dtype).reshape(shape[::-1] if fortran else shape)
    values = values.transpose() if fortran else values
    values = values.reshape(values.shape[-3:]) if values.ndim > 3 else values
    if values.ndim == 3 and values.shape != (height, width, channels):
        values = values.transpose(1, 2, 0)
    return _of_values(values.reshape(height, width, channels), kind, notes)


def _of_values(values: npt.NDArray[Any], kind: str, notes: tuple[str, ...]) -> Samples:
    if values.dtype.kind == "b":
        values = values.astype(np.uint8) * np.uint8(255)
    values = values.astype(values.dtype.newbyteorder("="))
    if values.dtype.kind == "f" and values.dtype.itemsize > 8:
        values = values.astype(np.float64)
    channels: Channels = "gray" if values.shape[-1] < 3 else "rgb"
    alpha = values.shape[-1] in (2, 4)
    bits = values.dtype.itemsize * 8
    return Samples(values, channels, bits, kind, alpha="straight" if alpha else "none", notes=notes)


def read_npy(path: Path) -> Samples:
    """Read a numpy array as sRGB values: floats in [0, 1], or unsigned integers over their full range.

    Raises:
        ValueError: if shape or dtype are unsupported, or the file ends early.
    """
    with path.open("rb") as file:
        return _of_array(file, "npy")


def read_npz(path: Path) -> Samples:
    """Read the only array of a numpy archive; raises as `read_npy` does."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist()[:_MOST_MEMBERS] if name.endswith(".npy")]
            if len(names) != 1:
                listed = ", ".join(name.removesuffix(".npy") for name in names[:8]) or "none"
                raise ValueError(f"it holds the arrays {listed}: save one alone")
            with archive.open(names[0]) as member:
                return _of_array(io.BufferedReader(member), "npz")  # type: ignore[type-var]
    except zipfile.BadZipFile as error:
        raise ValueError(f"a damaged archive ({error})") from error


def _netpbm_header(file: BinaryIO, count: int) -> tuple[str, list[str]]:
    """Return the magic bytes and the words after them, without comments; leaves the file at the pixels."""
    head = file.read(_HEADER_BYTES)
    word = rb"(?:[ \t\r\n]|#[^\n]*\n)+([^ \t\r\n#]{1,24})"
    found = re.match(rb"(P.)" + word * count + rb"(?:\r\n|[ \t\r\n])", head)
    if found is None:
        raise ValueError("its header is damaged")
    file.seek(found.end())
    return found[1].decode(), [part.decode("latin-1") for part in found.groups()[1:]]


def _content(file: BinaryIO, dtype: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    count = int(np.prod(shape)) * np.dtype(dtype).itemsize
    content = file.read(count)
    if len(content) < count:
        raise ValueError(f"it ends after {len(content)} of {count} bytes of pixels")
    values = np.frombuffer(content, dtype).reshape(shape)
    return values.astype(values.dtype.newbyteorder("="))


def _whole_numbers(words: list[str]) -> list[int]:
    if not all(re.fullmatch(r"\d{1,9}", word) for word in words):
        raise ValueError("its header is damaged")
    return [int(word) for word in words]


def read_pfm(path: Path) -> Samples:
    """Read a portable float map: linear light, the bottom row first.

    Raises:
        ValueError: if it is damaged.
    """
    with path.open("rb") as file:
        mark, words = _netpbm_header(file, 3)
        width, height = _whole_numbers(words[:2])
        try:
            scale = float(words[2])
        except ValueError:
            scale = 0.0
        if not (np.isfinite(scale) and scale):
            raise ValueError(f"its scale is {words[2]!r}, expected a number below or above 0")
        channels = 3 if mark == "PF" else 1
        check_size(width, height, 4 * channels)
        values = _content(file, "<f4" if scale < 0 else ">f4", (height, width, channels))
    return Samples(
        values[::-1], "rgb" if channels == 3 else "gray", 32, "PFM", color=ColorTags(is_linear=True)
    )


def read_pnm(path: Path) -> Samples | None:
    """Read a binary PGM or PPM of up to 16 bits; return None for bitmaps and text files, which Pillow reads.

    Raises:
        ValueError: if it is damaged.
    """
    with path.open("rb") as file:
        if file.read(2) not in (b"P5", b"P6"):
            return None
        file.seek(0)
        mark, words = _netpbm_header(file, 3)
        width, height, largest = _whole_numbers(words)
        if not 0 < largest < 65536:
            raise ValueError(f"its largest value is {largest}, expected 1 to 65535")
        channels = 3 if mark == "P6" else 1
        check_size(width, height, 2 * channels)
        values = _content(file, "u1" if largest < 256 else ">u2", (height, width, channels))
    name = "PPM" if channels == 3 else "PGM"
    kind: Channels = "rgb" if channels == 3 else "gray"
    bits = largest.bit_length()
    if largest == 2**bits - 1:
        return Samples(values, kind, bits, name)
    unit = (values / largest).clip(0, 1)
    return Samples(unit, kind, 64, name)
