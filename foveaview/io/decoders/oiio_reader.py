"""PNG, TIFF, OpenEXR, Radiance HDR, JPEG 2000, JPEG XL, DPX and deep PSD by OpenImageIO, at full depth."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

from foveaview.io.decoders.jpeg2000_header import read_jpeg2000_header
from foveaview.io.decoders.jpeg_xl_header import read_jpeg_xl_header
from foveaview.io.decoders.oiio import (
    attribute,
    check_unsigned,
    exact,
    library,
    opened,
    pixels_of,
    profile_of,
    with_ending,
)
from foveaview.io.decoders.oiio_light import read_exr, read_hdr
from foveaview.io.decoders.oiio_tiff import read_tiff
from foveaview.io.decoders.pillow_reader import read_by_pillow
from foveaview.io.decoders.png_chunks import read_png_header
from foveaview.io.samples import Channels, ColorTags, Samples, check_size

__all__ = ["KINDS", "read_by_oiio"]

KINDS = {
    "PNG": (".png", "png"),
    "TIFF": (".tif", "tiff"),
    "EXR": (".exr", "openexr"),
    "HDR": (".hdr", "hdr"),
    "JPEG 2000": (".jp2", "jpeg2000"),
    "JPEG XL": (".jxl", "jpegxl"),
    "DPX": (".dpx", "dpx"),
    "PSD": (".psd", "psd"),
}
"""Ending and OpenImageIO's name of each supported kind."""


def _png(oiio: Any, path: Path, name: str) -> Samples:
    with path.open("rb") as file:
        header = read_png_header(file)
    check_size(header.width, header.height, 8)
    source = opened(oiio, name, raw=False)
    pixels = pixels_of(source, source.spec())
    bits = pixels.dtype.itemsize * 8
    alpha = pixels.shape[-1] in (2, 4)
    channels: Channels = "gray" if pixels.shape[-1] < 3 else "rgb"
    return Samples(
        pixels,
        channels,
        bits,
        "PNG",
        alpha="straight" if alpha else "none",
        orientation=header.orientation,
        color=header.color,
    )


def _integers(source: Any, spec: Any, kind: str) -> Samples:
    """Read gray or RGB, with or without alpha, in the order of the channels."""
    if spec.nchannels > 4:
        raise ValueError(f"it has {spec.nchannels} channels, expected gray or RGB: save it as one of them")
    check_unsigned(spec)
    pixels = pixels_of(source, spec)
    channels: Channels = "gray" if pixels.shape[-1] < 3 else "rgb"
    bits = int(attribute(spec, "oiio:BitsPerSample", pixels.dtype.itemsize * 8))
    if pixels.dtype.kind == "f" or not 0 < bits <= pixels.dtype.itemsize * 8:
        bits = pixels.dtype.itemsize * 8
    elif kind != "JPEG XL":
        pixels = exact(pixels, bits)
    else:
        bits = pixels.dtype.itemsize * 8
    alpha = pixels.shape[-1] in (2, 4)
    return Samples(pixels, channels, bits, kind, alpha="straight" if alpha else "none")


def _jpeg2000(oiio: Any, path: Path, name: str) -> Samples:
    with path.open("rb") as file:
        header = read_jpeg2000_header(file)
    # opening decodes the image
    check_size(header.width, header.height, 4 * header.components)
    if header.is_signed:
        raise ValueError(
            "its samples are signed integers, whose black is not known: save it as unsigned integers"
        )
    if header.color == "other":
        raise ValueError("its colours are neither gray, RGB nor YCbCr: save it as one of them")
    if header.components == 2:  # gray with alpha
        return read_by_pillow(path, "JPEG 2000")
    source = opened(oiio, name, raw=False)
    spec = source.spec()
    samples = _integers(source, spec, "JPEG 2000")
    return replace(samples, color=ColorTags(icc=profile_of(spec)))


def _jpeg_xl(oiio: Any, path: Path, name: str) -> Samples:
    with path.open("rb") as file:
        header = read_jpeg_xl_header(file)
    check_size(header.width, header.height, 16)  # opening decodes the image
    if header.is_animated:
        raise ValueError("it is an animation, of which OpenImageIO shows the last frame: save one as PNG")
    source = opened(oiio, name, raw=False)
    spec = source.spec()
    cicp = attribute(spec, "CICP")
    coded = None if cicp is None else (int(cicp[0]) or 2, int(cicp[1]))
    samples = _integers(source, spec, "JPEG XL")
    return replace(samples, color=ColorTags(cicp=coded, icc=profile_of(spec)))


_FILM = ("KodakLog", "Printing density", "Logarithmic")


def _dpx(oiio: Any, _path: Path, name: str) -> Samples:
    source = opened(oiio, name, raw=False)
    spec = source.spec()
    transfer = str(attribute(spec, "dpx:Transfer", "Undefined"))
    if transfer in _FILM:
        raise ValueError(f"it holds film densities ({transfer.lower()}): save it as linear light or RGB")
    samples = _integers(source, spec, "DPX")
    orientation = int(attribute(spec, "Orientation", 1))
    return replace(samples, orientation=orientation, color=ColorTags(is_linear=transfer == "Linear"))


def _psd(oiio: Any, path: Path, name: str) -> Samples:
    """Read the merged image: up to 8 bits by Pillow, 16 bits of gray or RGB by OpenImageIO."""
    with path.open("rb") as file:
        head = file.read(26)
    if len(head) < 26:
        raise ValueError("a damaged PSD file: its header is missing")
    _, height, width, bits, mode = struct.unpack(">HIIHH", head[12:])
    check_size(width, height, 8)
    if bits <= 8:
        return read_by_pillow(path, "PSD")
    if bits == 32 or mode not in _PSD_MODES:
        raise ValueError(
            f"a PSD of {bits} bits in colour mode {mode} is not read: save it as OpenEXR or TIFF"
        )
    source = opened(oiio, name, raw=False)
    spec = source.spec()
    samples = _integers(source, spec, "PSD")
    return replace(samples, color=ColorTags(icc=profile_of(spec)))


_PSD_MODES = (1, 3)  # gray, RGB

_READERS = {
    "PNG": _png,
    "TIFF": read_tiff,
    "EXR": read_exr,
    "HDR": read_hdr,
    "JPEG 2000": _jpeg2000,
    "JPEG XL": _jpeg_xl,
    "DPX": _dpx,
    "PSD": _psd,
}


def read_by_oiio(path: Path, kind: str) -> Samples:
    """Decode a file of a known kind.

    Args:
        path: path of a regular file.
        kind: one of `KINDS`, recognised by the first bytes of the file.

    Raises:
        ValueError: if it is damaged, too large, or its content is unsupported.
    """
    oiio = library()
    with with_ending(path, KINDS[kind][0]) as name:
        return _READERS[kind](oiio, path, name)
