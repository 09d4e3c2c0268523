"""TIFF by tifffile, for files that OpenImageIO 3.2 misreads.

OpenImageIO misreads 64-bit floats in tiles and in images of one row, and cannot read CMYK in compressed
planes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from foveaview.io.decoders.oiio import pick
from foveaview.io.samples import Channels, ColorTags, Samples, check_size

__all__ = ["COLORS", "inverted", "read_by_tifffile"]

COLORS = {"gray": 1, "rgb": 3, "cmyk": 4}
_CHANNELS: dict[int, Channels] = {0: "gray", 1: "gray", 2: "rgb", 5: "cmyk"}


def inverted(pixels: npt.NDArray[Any], bits: int) -> npt.NDArray[Any]:
    """Invert samples in which 0 is white; alpha, if there is one, stays.

    >>> inverted(np.array([[[0], [15]]], np.uint8), 4).ravel().tolist()
    [15, 0]
    """
    result = pixels.copy()
    top = np.array(1 if pixels.dtype.kind == "f" else 2**bits - 1, pixels.dtype)
    result[..., 0] = top - result[..., 0]
    return result


def _pixels(page: tifffile.TiffPage) -> npt.NDArray[Any]:
    """Return (H, W, C); 64-bit floats become 32-bit floats."""
    check_size(page.imagewidth, page.imagelength, page.samplesperpixel * page.bitspersample // 8)
    values = page.asarray()
    if values.dtype == np.float64:
        values = values.astype(np.float32)
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and page.samplesperpixel > 1:
        values = np.moveaxis(values, 0, -1)
    return values.reshape(page.imagelength, page.imagewidth, -1)


def read_by_tifffile(path: Path, index: int) -> Samples:
    """Read a gray, RGB or CMYK image with whole bytes per sample.

    Args:
        path: path of the file.
        index: index of the image.

    Raises:
        ValueError: if colours are of another kind, or the compression needs more packages.
    """
    with tifffile.TiffFile(path) as file:
        page = file.pages[index]
        assert isinstance(page, tifffile.TiffPage)
        photometric = int(page.photometric)
        if photometric not in _CHANNELS or page.bitspersample % 8:
            raise ValueError("its layout is not read: save it with 8, 16 or 32 bits, interleaved")
        channels = _CHANNELS[photometric]
        pixels = _pixels(page)
        kinds = [int(kind) for kind in page.extrasamples]
        alpha = next((COLORS[channels] + i for i, kind in enumerate(kinds) if kind in (1, 2)), -1)
        profile = page.tags.valueof("InterColorProfile")
        return Samples(
            pick(inverted(pixels, 64) if photometric == 0 else pixels, COLORS[channels], alpha),
            channels,
            page.bitspersample,
            "TIFF",
            alpha="none" if alpha < 0 else "straight" if 2 in kinds else "premultiplied",
            orientation=int(page.tags.valueof("Orientation", 1)),
            color=ColorTags(icc=profile if isinstance(profile, bytes) else None),
        )
