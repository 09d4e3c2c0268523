"""Readers of OpenEXR and Radiance HDR, which hold linear light."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from foveaview.io.decoders.oiio import attribute, opened, pixels_of
from foveaview.io.samples import Channels, ColorTags, Samples, check_size

__all__ = ["read_exr", "read_hdr"]


def _by_name(spec: Any) -> tuple[Channels, list[int]]:
    """Find the image's channels in an EXR: R, G, B or Y, and A, at the top or in its only layer."""
    names = list(spec.channelnames)
    layers = {name.rpartition(".")[0] for name in names}
    for layer in sorted(layers, key=len):
        of = {n.rpartition(".")[2].upper(): i for i, n in enumerate(names) if n.rpartition(".")[0] == layer}
        if layer and len(layers) > 1 and sum(_has_colors(names, one) for one in layers) > 1:
            break
        for channels, wanted in (("rgb", "RGB"), ("gray", "Y")):
            if all(letter in of for letter in wanted) and not (wanted == "Y" and {"RY", "BY"} & of.keys()):
                picked = [of[letter] for letter in wanted] + ([of["A"]] if "A" in of else [])
                return ("rgb" if channels == "rgb" else "gray"), picked
    listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    raise ValueError(f"its channels are {listed}: save one image with R, G, B or Y alone")


def _has_colors(names: list[str], layer: str) -> bool:
    letters = {name.rpartition(".")[2].upper() for name in names if name.rpartition(".")[0] == layer}
    return set("RGB") <= letters or "Y" in letters


def _windowed(
    pixels: npt.NDArray[Any], spec: Any, transparent: bool
) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """Crop the pixels of an EXR to its display window; pixels missing there are black or transparent."""
    size = (int(spec.full_height), int(spec.full_width))
    top, left = int(spec.y - spec.full_y), int(spec.x - spec.full_x)
    if min(size) <= 0 or (top, left, *size) == (0, 0, *pixels.shape[:2]):
        return pixels, ()
    check_size(size[1], size[0], pixels.shape[-1] * pixels.dtype.itemsize)
    result = np.zeros((*size, pixels.shape[-1]), pixels.dtype)
    y0, x0 = max(top, 0), max(left, 0)
    y1, x1 = min(top + pixels.shape[0], size[0]), min(left + pixels.shape[1], size[1])
    if y0 < y1 and x0 < x1:
        result[y0:y1, x0:x1] = pixels[y0 - top : y1 - top, x0 - left : x1 - left]
    beyond = (y0, x0, y1, x1) != (0, 0, *size)
    color = "transparent" if transparent else "black"
    return result, (f"{color} where its data do not fill the window",) if beyond else ()


def read_exr(oiio: Any, _path: Path, name: str) -> Samples:
    """Read the first part of an OpenEXR file; arguments and errors are those of `read_tiff`."""
    source = opened(oiio, name, raw=False)
    spec = source.spec()
    if spec.deep:
        raise ValueError("it holds deep samples, several a pixel: flatten it first")
    channels, picked = _by_name(spec)
    formats = {str(one) for one in spec.channelformats} or {str(spec.format)}
    if not formats <= {"half", "float"}:
        raise ValueError("it holds integers, not light: save it with half or float channels")
    pixels, notes = _windowed(pixels_of(source, spec)[..., picked], spec, len(picked) in (2, 4))
    primaries = attribute(spec, "chromaticities")
    if int(attribute(spec, "oiio:subimages", 1)) > 1:
        notes = (*notes, "the first of several parts")
    return Samples(
        pixels,
        channels,
        pixels.dtype.itemsize * 8,
        "OpenEXR",
        alpha="premultiplied" if len(picked) in (2, 4) else "none",
        color=ColorTags(
            is_linear=True,
            primaries=None if primaries is None else tuple(map(float, primaries)),
        ),
        notes=notes,
    )


def read_hdr(oiio: Any, path: Path, name: str) -> Samples:
    """Read a Radiance file; arguments and errors are those of `read_tiff`."""
    with path.open("rb") as file:
        if b"32-bit_rle_xyze" in file.read(4096):
            raise ValueError("it holds XYZ, not RGB: save it as RGBE or OpenEXR")
    source = opened(oiio, name, raw=False)
    spec = source.spec()
    orientation = int(attribute(spec, "Orientation", 1))
    pixels = pixels_of(source, spec)
    return Samples(
        pixels, "rgb", 32, "Radiance HDR", orientation=orientation, color=ColorTags(is_linear=True)
    )
