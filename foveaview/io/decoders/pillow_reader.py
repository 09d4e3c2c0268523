"""JPEG, WebP, AVIF, GIF, PSD and other kinds by Pillow; PNG, TIFF and JPEG 2000 without OpenImageIO."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, ImageFile, features

from foveaview.io.decoders.boxes import AvifHeader, read_avif_header
from foveaview.io.decoders.exif import Exif, read_exif, xmp_orientation
from foveaview.io.samples import Alpha, Channels, ColorTags, Samples, check_size

__all__ = ["KINDS", "read_by_pillow"]

KINDS = {
    "JPEG": ("JPEG", "Jpeg"),
    "WebP": ("WEBP", "WebP"),
    "AVIF": ("AVIF", "Avif"),
    "GIF": ("GIF", "Gif"),
    "PSD": ("PSD", "Psd"),
    "BMP": ("BMP", "Bmp"),
    "QOI": ("QOI", "Qoi"),
    "ICO": ("ICO", "Ico"),
    "DDS": ("DDS", "Dds"),
    "SGI": ("SGI", "Sgi"),
    "PCX": ("PCX", "Pcx"),
    "Targa": ("TGA", "Tga"),
    "PNM": ("PPM", "Ppm"),
    "PNG": ("PNG", "Png"),
    "TIFF": ("TIFF", "Tiff"),
    "JPEG 2000": ("JPEG2000", "Jpeg2K"),
}
"""Pillow's name and module of each supported kind."""

_CODECS = {"JPEG": "jpg", "WebP": "webp", "AVIF": "avif", "JPEG 2000": "jpg_2000", "PNG": "zlib"}
_HEADER_BYTES = 1 << 20


def _reader_of(kind: str) -> Callable[[IO[bytes], str], ImageFile.ImageFile]:
    """Return Pillow's reader for one kind, so that no other is tried."""
    feature = _CODECS.get(kind)
    if feature is not None and not features.check(feature):
        raise ValueError(f"this Pillow was built without {kind}: install the one of PyPI")
    name, module = KINDS[kind]
    import_module(f"PIL.{module}ImagePlugin")
    return Image.OPEN[name][0]


def _exif_of(image: Image.Image) -> Exif:
    content = image.info.get("exif")
    exif = read_exif(content if isinstance(content, bytes) else None)
    if exif.orientation == 1:
        xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
        return replace(
            exif, orientation=xmp_orientation(xmp.encode() if isinstance(xmp, str) else bytes(xmp))
        )
    return exif


def _orientation(image: Image.Image, exif: Exif) -> int:
    if image.format == "TIFF":
        value = getattr(image, "tag_v2", {}).get(274, 1)
        return value if isinstance(value, int) and 1 <= value <= 8 else 1
    return exif.orientation


_CHANNELS: dict[str, Channels] = {"L": "gray", "R": "rgb", "C": "cmyk"}
_ALPHA: dict[str, Alpha] = {
    "LA": "straight",
    "RGBA": "straight",
    "La": "premultiplied",
    "RGBa": "premultiplied",
}
_PLAIN = {"P": "RGB", "PA": "RGBA", "1": "L", "RGBX": "RGB", "YCbCr": "RGB", "BGR;15": "RGB", "BGR;16": "RGB"}


def _plain(image: Image.Image) -> Image.Image:
    """Convert palettes and other indirect colours to values, and a transparent colour to a channel."""
    if "transparency" in image.info and image.mode in ("1", "L", "P", "RGB"):
        return image.convert("LA" if image.mode in ("1", "L") else "RGBA")
    return image.convert(_PLAIN[image.mode]) if image.mode in _PLAIN else image


def _samples(image: Image.Image, kind: str) -> Samples:
    """Convert an image to samples."""
    image = _plain(image)
    if image.mode == "I" or image.mode.startswith("I;16"):
        pixels = np.asarray(image)
        if image.mode == "I" and (pixels.min() < 0 or pixels.max() > 65535):
            raise ValueError("its samples are 32-bit integers, which are not read without OpenImageIO")
        return Samples(pixels.astype(np.uint16)[..., None], "gray", 16, kind)
    if image.mode == "F":
        return Samples(np.asarray(image)[..., None], "gray", 32, kind)
    if image.mode not in ("L", "LA", "La", "RGB", "RGBA", "RGBa", "CMYK"):
        raise ValueError(f"its colours are {image.mode}, which are not read: save it as RGB")
    pixels = np.asarray(image)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return Samples(pixels, _CHANNELS[image.mode[0]], 8, kind, alpha=_ALPHA.get(image.mode, "none"))


def _deeper(image: Image.Image, kind: str) -> int:
    """Return the bits of a sample in a file that Pillow reads at 8 bits; 8 for other files."""
    if kind == "TIFF":
        bits = getattr(image, "tag_v2", {}).get(258, (8,))
        return max(bits) if isinstance(bits, tuple) and bits else 8
    if kind == "PNG":
        return 16 if any(";16" in str(tile) for tile in getattr(image, "tile", ())) else 8
    return 8


def _loss(samples: Samples, bits: int) -> tuple[str, ...]:
    if bits <= samples.bits:
        return ()
    advice = "" if samples.format == "AVIF" else ": OpenImageIO, which reads all, is not installed"
    return (f"{samples.bits} of {bits} bits read{advice}",)


def _cropped(samples: Samples, header: AvifHeader) -> Samples:
    if header.crop is None or samples.pixels.shape[:2] != (header.height, header.width):
        return samples
    left, top, width, height = header.crop
    return replace(samples, pixels=samples.pixels[top : top + height, left : left + width])


def _color(image: Image.Image, exif: Exif, header: AvifHeader) -> ColorTags:
    profile = image.info.get("icc_profile")
    icc = profile if isinstance(profile, bytes) and profile else None
    primaries = None
    chroma = image.info.get("chromaticity")
    if isinstance(chroma, tuple) and len(chroma) == 8:  # white comes first
        primaries = (*chroma[2:], *chroma[:2])
    return ColorTags(
        cicp=None if icc else header.cicp,
        icc=icc,
        is_srgb="srgb" in image.info,
        gamma=image.info.get("gamma"),
        primaries=primaries,
        named="Adobe RGB (1998)" if exif.is_adobe_rgb else None,
    )


def _check_bomb(image: Image.Image) -> None:
    check_size(image.width, image.height, max(len(image.getbands()), 4))


def _opened(file: IO[bytes], kind: str) -> ImageFile.ImageFile:
    try:
        return _reader_of(kind)(file, "")
    except SyntaxError as error:  # Pillow's error for another kind of file or a damaged one
        raise ValueError(f"a damaged {kind} file ({error})") from error
    except Image.DecompressionBombError as error:  # in a file of several images
        raise ValueError("it is over the limit of 100 million pixels: scale it down or crop it") from error
    except NotImplementedError as error:
        raise ValueError(f"this variety of {kind} is not read ({error}): save it as PNG or TIFF") from error


def read_by_pillow(path: Path, kind: str) -> Samples:
    """Decode a file of a known kind; only the first frame of an animation.

    Args:
        path: path of a regular file.
        kind: one of `KINDS`, recognised by the first bytes of the file.

    Raises:
        ValueError: if it is damaged, too large, or of a kind that this Pillow does not support.
    """
    with path.open("rb") as file:
        header = AvifHeader()
        if kind == "AVIF":
            header = read_avif_header(file.read(_HEADER_BYTES))
            check_size(max(header.width, 1), max(header.height, 1), 4)
            file.seek(0)
        with _opened(file, kind) as image:
            _check_bomb(image)
            bits = header.bits or _deeper(image, kind)
            image.load()
            exif = _exif_of(image)
            samples = _samples(image, kind)
            samples = replace(
                samples,
                orientation=_orientation(image, exif),
                color=_color(image, exif, header),
                notes=_loss(samples, bits),
            )
    return _cropped(samples, header)
