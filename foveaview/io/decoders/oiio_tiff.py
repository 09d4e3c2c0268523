"""TIFF of every depth: upright, black as black, thumbnails skipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt

from foveaview.io.decoders.oiio import attribute, check_unsigned, exact, opened, pick, pixels_of, profile_of
from foveaview.io.decoders.pillow_reader import read_by_pillow
from foveaview.io.decoders.tifffile_reader import COLORS, inverted, read_by_tifffile
from foveaview.io.samples import Channels, ColorTags, Samples

__all__ = ["read_tiff"]

_MOST_SUBIMAGES = 64
_REDUCED, _MASK = 1, 4  # flags of NewSubfileType
_RAW_TAGS = (330, 50706)  # SubIFDs, DNGVersion
_JPEG = (6, 7)  # values of Compression
_BITS = "oiio:BitsPerSample"


def _seek_image(source: Any, path: Path) -> None:
    """Go to the first image that is neither a thumbnail nor a mask."""
    for index in range(_MOST_SUBIMAGES):
        if not source.seek_subimage(index, 0):
            break
        if not int(attribute(source.spec(), "tiff:subfiletype", 0)) & (_REDUCED | _MASK):
            return
    if _is_raw(path):
        raise ValueError(
            "it holds a thumbnail and a camera's raw values, which are not developed: save it as PNG or TIFF"
        )
    source.seek_subimage(0, 0)


def _is_raw(path: Path) -> bool:
    """Return True for a camera's raw file: it has SubIFDs, or a DNG version."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        return isinstance(page, tifffile.TiffPage) and any(tag in page.tags for tag in _RAW_TAGS)


_PHOTOMETRIC: dict[int, Channels] = {0: "gray", 1: "gray", 2: "rgb", 3: "rgb", 5: "cmyk", 6: "rgb"}
_OTHERCOLORS = {
    4: "a mask",
    8: "CIELab colours",
    9: "ICCLab colours",
    10: "ITULab colours",
    32803: "a camera's raw values",
    34892: "a camera's raw values",
    32844: "LogL light",
    32845: "LogLuv light",
}


def _photometric(spec: Any) -> tuple[int, Channels]:
    number = int(attribute(spec, "tiff:PhotometricInterpretation", 2))
    if number not in _PHOTOMETRIC:
        what = _OTHERCOLORS.get(number, f"colours of kind {number}")
        raise ValueError(f"it holds {what}, which are not read: save it as gray, RGB or CMYK")
    return number, _PHOTOMETRIC[number]


def read_tiff(oiio: Any, path: Path, name: str) -> Samples:
    """Read the first full-size image of a TIFF.

    Args:
        oiio: OpenImageIO.
        path: path of the file.
        name: name of the file for OpenImageIO.

    Raises:
        ValueError: if it is damaged, too large, or its content is unsupported.
    """
    source = opened(oiio, name, raw=False)
    _seek_image(source, path)
    spec, index = source.spec(), source.current_subimage()
    photometric, channels = _photometric(spec)
    check_unsigned(spec)
    if _is_misread(spec, photometric):
        return read_by_pillow(path, "TIFF")
    is_planar = attribute(spec, "planarconfig") == "separate"
    if str(spec.format) == "double" or (channels == "cmyk" and is_planar):
        return read_by_tifffile(path, index)
    if channels == "cmyk":
        source = opened(oiio, name, raw=True)
        source.seek_subimage(index, 0)
        spec = source.spec()
    pixels, bits = _depth(pixels_of(source, spec), spec, photometric)
    if bits == 24 and _is_big_endian(path):
        pixels = ((pixels & 0xFF) << 16) | (pixels & 0xFF00) | (pixels >> 16)
    if photometric == 0 and pixels.dtype.itemsize > 1:  # OpenImageIO inverts up to 8 bits itself
        pixels = inverted(pixels, bits)
    return _described(spec, pixels, channels, bits)


def _is_misread(spec: Any, photometric: int) -> bool:
    """Return True for files that OpenImageIO 3.2 misreads: CMYK in JPEG, and palettes.

    It drops alpha beside a palette, and reads palette colours that were multiplied by 256 one level too low.
    """
    in_jpeg = int(attribute(spec, "tiff:Compression", 1)) in _JPEG
    return (photometric == 5 and in_jpeg) or (photometric == 3 and spec.getattribute(_BITS) in (1, 2, 4, 8))


def _depth(pixels: npt.NDArray[Any], spec: Any, photometric: int) -> tuple[npt.NDArray[Any], int]:
    """Return samples as the file's own integers, and their bits."""
    width = pixels.dtype.itemsize * 8
    bits = int(attribute(spec, _BITS, width))
    if photometric in (3, 6) or bits > width or pixels.dtype.kind == "f":
        bits = width
    return exact(pixels, bits), bits


def _is_big_endian(path: Path) -> bool:
    """Return True for a file in which OpenImageIO 3.2 swaps the bytes of 24-bit samples."""
    with path.open("rb") as file:
        return file.read(2) == b"MM"


def _described(spec: Any, pixels: npt.NDArray[Any], channels: Channels, bits: int) -> Samples:
    colors = min(COLORS[channels], pixels.shape[-1])
    alpha = int(spec.alpha_channel) if colors <= int(spec.alpha_channel) < pixels.shape[-1] else -1
    straight = bool(attribute(spec, "oiio:UnassociatedAlpha", 0))
    left_out = pixels.shape[-1] - colors - (alpha >= 0)
    return Samples(
        pick(pixels, colors, alpha),
        channels,
        bits,
        "TIFF",
        alpha="none" if alpha < 0 else "straight" if straight else "premultiplied",
        orientation=int(attribute(spec, "Orientation", 1)),
        color=ColorTags(icc=profile_of(spec)),
        notes=(f"{left_out} channels beside the colours left out",) if left_out > 0 else (),
    )
