"""Embedded colour profiles (ICC): matrices and curves in float64, tables by LittleCMS at 8 bits."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from foveaview.io.encodings import Encoding, Values, of_cicp

__all__ = ["ProfileError", "encoding_of_profile", "managed", "profile_name", "profile_space"]

Curve = Callable[[Values], Values]

_HEADER_BYTES = 128
# sRGB colorants relative to D50, as in profiles (IEC 61966-2-1, adapted by Bradford's transform)
_SRGB_D50 = np.array(
    [[0.436066, 0.385147, 0.143066], [0.222488, 0.716873, 0.060608], [0.013916, 0.097076, 0.714096]]
)
_TABLES = (b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1")


class ProfileError(ValueError):
    """A profile is damaged, or does not fit the image's channels."""


def _tag(profile: bytes, name: bytes) -> bytes:
    """Return the content of a tag; empty if the profile has none."""
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    for i in range(min(count, len(profile) // 12)):
        signature, offset, size = struct.unpack_from(">4sII", profile, _HEADER_BYTES + 4 + 12 * i)
        if signature == name:
            return profile[offset : offset + size]
    return b""


def _sampled(tag: bytes) -> Curve:
    """Parse a "curv" tag: the identity, an exponent, or a table."""
    (count,) = struct.unpack_from(">I", tag, 8)
    entries = np.frombuffer(tag, ">u2", count, 12).astype(np.float64)
    if count == 0:
        return lambda x: x
    if count == 1:
        return lambda x: x ** (entries[0] / 256)
    return lambda x: np.interp(x, np.linspace(0, 1, count), entries / 65535)


def _parametric(tag: bytes) -> Curve:
    """Parse a "para" tag: (a x + b)^g + e for x >= d, else c x + f; some kinds omit some parameters."""
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind > 4:
        raise ProfileError(f"there is no parametric curve of kind {kind}")
    count = (1, 3, 4, 5, 7)[kind]
    g, a, b, c, d, e, f = (*(n / 65536 for n in struct.unpack_from(f">{count}i", tag, 12)), *[0.0] * 7)[:7]
    if kind == 0:
        a = 1.0
    if kind in (1, 2):
        c, d, e, f = 0.0, -b / a, c, c
    return lambda x: np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)


def _curve(profile: bytes, name: bytes) -> Curve:
    tag = _tag(profile, name)
    kinds = {b"curv": _sampled, b"para": _parametric}
    if tag[:4] not in kinds:
        raise ProfileError(f"its curve {name.decode()} is missing or of an unknown kind")
    curve = kinds[tag[:4]](tag)
    with np.errstate(all="ignore"):
        if not np.isfinite(curve(np.linspace(0, 1, 33))).all():
            raise ProfileError(f"its curve {name.decode()} is not finite")
    return curve


def _gray(profile: bytes) -> Curve:
    """Return the curve from gray values to light; a profile connected by Lab has a curve of lightness."""
    curve = _curve(profile, b"kTRC")
    if profile[20:24] != b"Lab ":
        return curve

    def light(values: Values) -> Values:
        root = (curve(values) * 100 + 16) / 116
        return np.where(root > 6 / 29, root**3, 3 * (6 / 29) ** 2 * (root - 4 / 29))

    return light


def _colorants(profile: bytes) -> Values:
    columns = []
    for name in (b"rXYZ", b"gXYZ", b"bXYZ"):
        tag = _tag(profile, name)
        if tag[:4] != b"XYZ ":
            raise ProfileError(f"it has no {name.decode()}")
        columns.append(np.array(struct.unpack_from(">3i", tag, 8)) / 65536)
    return np.stack(columns, axis=1)


def _color(profile: bytes) -> tuple[Curve, Values]:
    curves = [_curve(profile, name) for name in (b"rTRC", b"gTRC", b"bTRC")]
    matrix = np.linalg.inv(_SRGB_D50) @ _colorants(profile)
    whites = matrix.sum(axis=1)
    if np.abs(whites - 1).max() < 0.01:  # the media white, except for rounding
        matrix = matrix / whites[:, None]

    def light(values: Values) -> Values:
        return np.stack([curve(values[..., i]) for i, curve in enumerate(curves)], axis=-1)

    return light, matrix


def profile_space(profile: bytes) -> str:
    """Return the channels of a profile: "gray", "rgb", "cmyk" or "other"."""
    spaces = {b"GRAY": "gray", b"RGB ": "rgb", b"CMYK": "cmyk"}
    return spaces.get(profile[16:20], "other")


def profile_name(profile: bytes) -> str:
    """Return the name of a profile, or "a profile" if it has no readable name."""
    try:
        tag = _tag(profile, b"desc")
        if tag[:4] == b"desc":
            (count,) = struct.unpack_from(">I", tag, 8)
            name = tag[12 : 12 + count].split(b"\0")[0].decode("latin-1")
        else:
            size, offset = struct.unpack_from(">II", tag, 20)
            name = tag[offset : offset + size].decode("utf-16-be", "replace")
    except struct.error:
        name = ""
    name = " ".join("".join(c if c.isprintable() else " " for c in name[:60]).split())
    return name or "a profile"


def _of_hdr(profile: bytes) -> Encoding | None:
    """Return the encoding of a PQ or HLG profile, which needs its code points (ICC.1:2022), not curves."""
    tag = _tag(profile, b"cicp")
    return of_cicp(tag[8], tag[9]) if tag[:4] == b"cicp" and len(tag) >= 12 and tag[9] in (16, 18) else None


def encoding_of_profile(profile: bytes, channels: str) -> Encoding | None:
    """Return the encoding of a profile of curves; None for one of tables, which needs `managed`.

    Args:
        profile: bytes of the profile.
        channels: channels of the image, "gray", "rgb" or "cmyk".

    Raises:
        ProfileError: if the profile is damaged or for other channels.
    """
    if len(profile) <= _HEADER_BYTES or profile[36:40] != b"acsp":
        raise ProfileError("it is damaged")
    if profile_space(profile) != channels:
        raise ProfileError(f"it is for {profile_space(profile)}, the image is {channels}")
    try:
        return _encoding(profile, channels)
    except ProfileError:
        raise
    except (ValueError, ZeroDivisionError, struct.error, np.linalg.LinAlgError) as error:
        raise ProfileError("it is damaged") from error


def _encoding(profile: bytes, channels: str) -> Encoding | None:
    hdr = _of_hdr(profile)
    if hdr is not None:
        return hdr
    if any(_tag(profile, name) for name in _TABLES):
        return None
    if channels == "cmyk":
        raise ProfileError("it has no table")
    if channels == "gray":
        return Encoding(profile_name(profile), _gray(profile))
    return Encoding(profile_name(profile), *_color(profile))


_MODES = {"gray": "L", "rgb": "RGB", "cmyk": "CMYK"}


def managed(pixels: npt.NDArray[np.uint8], profile: bytes, channels: str) -> npt.NDArray[np.uint8]:
    """Convert bytes (H, W, C) to sRGB by LittleCMS: relative colorimetric, with black point compensation.

    Raises:
        ProfileError: if LittleCMS cannot use the profile.
    """
    mode, out = _MODES[channels], "L" if channels == "gray" else "RGB"
    image = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if mode == "L" else pixels), mode)
    try:
        converted = ImageCms.profileToProfile(
            image.convert("RGB") if mode == "L" and profile_space(profile) == "rgb" else image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise ProfileError("it cannot be used") from error
    if converted is None:
        raise ProfileError("it cannot be used")
    result = np.asarray(converted if out == "RGB" else converted.convert("L"))
    return result.reshape(*pixels.shape[:2], -1)
