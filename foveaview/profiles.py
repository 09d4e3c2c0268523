"""Embedded colour profiles (ICC) to sRGB. A profile that is damaged or of other channels is passed over."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

__all__ = ["gray_to_srgb", "to_srgb"]

Values = npt.NDArray[np.float64]

_HEADER_BYTES = 128


def _srgb_encoded(linear: Values) -> Values:
    """IEC 61966-2-1, of light in [0, 1]."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _tag(profile: bytes, name: bytes) -> bytes:
    """The content of a tag; raises `ValueError` where there is none."""
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    for i in range(min(count, len(profile) // 12)):
        signature, offset, size = struct.unpack_from(">4sII", profile, _HEADER_BYTES + 4 + 12 * i)
        if signature == name:
            return profile[offset : offset + size]
    raise ValueError(f"there is no {name.decode()}")


def _sampled(tag: bytes) -> Callable[[Values], Values]:
    """Of a "curv": the identity, an exponent, or a table."""
    (count,) = struct.unpack_from(">I", tag, 8)
    entries = np.frombuffer(tag, ">u2", count, 12).astype(np.float64)
    if count == 0:
        return lambda x: x
    if count == 1:
        return lambda x: x ** (entries[0] / 256)
    return lambda x: np.interp(x, np.linspace(0, 1, count), entries / 65535)


def _parametric(tag: bytes) -> Callable[[Values], Values]:
    """Of a "para": (a x + b)^g + e from d up, c x + f below; some kinds leave some of these out."""
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind > 4:
        raise ValueError(f"there is no parametric curve of kind {kind}")
    count = (1, 3, 4, 5, 7)[kind]
    g, a, b, c, d, e, f = (*(n / 65536 for n in struct.unpack_from(f">{count}i", tag, 12)), *[0.0] * 7)[:7]
    if kind == 0:
        a = 1.0
    if kind in (1, 2):
        c, d, e, f = 0.0, -b / a, c, c
    return lambda x: np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)


def _gray_curve(profile: bytes) -> Callable[[Values], Values]:
    """Gray values to light, both in [0, 1]; raises `ValueError` or `struct.error` where damaged."""
    if profile[16:20] != b"GRAY" or profile[36:40] != b"acsp":
        raise ValueError("not a profile of gray")
    tag = _tag(profile, b"kTRC")
    kinds = {b"curv": _sampled, b"para": _parametric}
    if tag[:4] not in kinds:
        raise ValueError(f"there is no curve {tag[:4]!r}")
    return kinds[tag[:4]](tag)


def gray_to_srgb(values: Values, profile: bytes | None) -> Values:
    """Gray values in [0, 1] of a profile as those of sRGB, computed in float64.

    Light is kept relative to the white of the profile. Without a profile, or with one that cannot be used,
    the values are those of sRGB already.

    >>> gray_to_srgb(np.array([0.25]), None)
    array([0.25])
    """
    if not profile:
        return values
    try:
        with np.errstate(all="ignore"):  # seen below
            light = _gray_curve(profile)(values)
    except (ValueError, ZeroDivisionError, struct.error):
        return values
    return _srgb_encoded(light.clip(0, 1)) if np.isfinite(light).all() else values


def _managed(image: Image.Image, profile: bytes) -> Image.Image | None:
    """RGB or CMYK through the colour management of Pillow, None where that cannot be."""
    try:
        return ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        return None


def _without_palette(image: Image.Image) -> Image.Image:
    """Colours as values, and transparency as a channel: a key color would not survive the conversion."""
    if "transparency" in image.info:
        return image.convert("LA" if image.mode == "L" else "RGBA")
    plain = {"P": "RGB", "PA": "RGBA", "RGBa": "RGBA", "La": "LA"}
    return image.convert(plain[image.mode]) if image.mode in plain else image


def to_srgb(image: Image.Image) -> Image.Image:
    """An image of 8 bits a channel with its embedded profile applied: L, LA, RGB or RGBA in sRGB.

    Colours that sRGB does not hold are clipped; alpha stays as it is. The image itself where it has no
    profile, or one that is damaged or of other channels than the image.

    >>> to_srgb(Image.new("RGB", (2, 1), "teal")).getpixel((0, 0))
    (0, 128, 128)
    """
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or not profile:
        return image
    whole = _without_palette(image)
    alpha = whole.getchannel("A") if whole.mode in ("LA", "RGBA") else None
    color = whole if alpha is None else whole.convert(whole.mode[:-1])
    converted: Image.Image | None
    if color.mode == "L":
        table = (gray_to_srgb(np.arange(256) / 255, profile) * 255).round()
        converted = color.point(table.astype(int).tolist())
    else:
        converted = _managed(color, profile)
    if converted is None:
        return image
    if alpha is not None:
        converted.putalpha(alpha)
    return converted
