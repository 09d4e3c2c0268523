"""Decoding of a file to an upright sRGB image in this process; `foveaview.io.isolation` uses another."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

from foveaview.io.decoders import oiio_reader, pillow_reader
from foveaview.io.decoders.array_reader import read_npy, read_npz, read_pfm, read_pnm
from foveaview.io.decoders.oiio import is_available
from foveaview.io.developing import Developed, develop
from foveaview.io.formats import HEAD_BYTES, recognize
from foveaview.io.samples import Samples
from foveaview.io.untrusted import open_file, reader_errors

__all__ = ["decode_file", "read_samples"]

_OF_ARRAYS: dict[str, Callable[[Path], Samples]] = {"npy": read_npy, "npz": read_npz, "PFM": read_pfm}


def _kind_of(path: Path) -> str:
    with open_file(path) as file:
        return recognize(file.read(HEAD_BYTES), path.suffix.lower())


def read_samples(path: Path) -> Samples:
    """Decode a regular file to samples; raises whatever a decoder raises."""
    kind = _kind_of(path)
    if kind in _OF_ARRAYS:
        return _OF_ARRAYS[kind](path)
    if kind in oiio_reader.KINDS:
        if is_available():
            return oiio_reader.read_by_oiio(path, kind)
        if kind not in pillow_reader.KINDS:
            raise ValueError(f"{kind} is not read without OpenImageIO: pip install OpenImageIO")
    if kind == "PNM" and (samples := read_pnm(path)) is not None:
        return samples
    return pillow_reader.read_by_pillow(path, kind)


def decode_file(path: Path, exposure: float = 0.0) -> Developed:
    """Read an image file.

    Args:
        path: regular file, or a link to one.
        exposure: stops by which linear or HDR light is brightened.

    Raises:
        OSError: if the file cannot be opened.
        UnreadableError: if the file is not a supported image; gives its name and the reason.
    """
    with reader_errors(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings of decoders; anything important is a note or an error
        return develop(read_samples(path), exposure)
