"""Conversion of decoded samples to sRGB: depth, colour, alpha and orientation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from foveaview.io.color_profiles import ProfileError, encoding_of_profile, managed, profile_name
from foveaview.io.encodings import (
    LINEAR,
    SRGB,
    Encoding,
    Values,
    adobe_rgb,
    of_cicp,
    of_gamma,
    srgb_encoded,
    srgb_from,
    to_srgb,
)
from foveaview.io.samples import ColorTags, Samples

__all__ = ["Developed", "develop", "upright"]

_STRIP_PIXELS = 1 << 18


@dataclass(frozen=True, eq=False)
class Developed:
    """An upright image in sRGB.

    Attributes:
        pixels: (H, W) or (H, W, 3); 8 or 16 bits if the file's values need no conversion, else float32 in
            [0, 1].
        format: format of the file.
        bits: bits per sample in the file.
        is_light: True if the file holds light that may exceed white, so that exposure applies.
        notes: conversions, choices and losses, one phrase each.
    """

    pixels: npt.NDArray[Any]
    format: str
    bits: int
    is_light: bool
    notes: tuple[str, ...]


def upright(pixels: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Turn (H, W, ...) by EXIF's orientation.

    >>> upright(np.array([[1, 2], [3, 4]]), 6).tolist()
    [[3, 1], [4, 2]]
    """
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _encoding_of(tags: ColorTags, channels: str) -> tuple[Encoding | None, list[str]]:
    """Return the encoding of the most explicit tag, or None for a profile of tables; and notes."""
    notes: list[str] = []
    if tags.cicp is not None and tags.cicp != (2, 2):
        return of_cicp(*tags.cicp), notes
    if tags.icc:
        try:
            return encoding_of_profile(tags.icc, channels), notes
        except ProfileError as error:
            notes.append(f"its colour profile is not used: {error}")
    return _described(tags, notes), notes


def _described(tags: ColorTags, notes: list[str]) -> Encoding:
    if tags.is_srgb:
        return SRGB
    if tags.is_linear:
        matrix = None if tags.primaries is None else srgb_from(tags.primaries)
        return LINEAR if matrix is None else replace(LINEAR, matrix=matrix)
    if tags.named == "Adobe RGB (1998)":
        return adobe_rgb()
    try:
        if tags.gamma is not None:
            return of_gamma(tags.gamma, tags.primaries)
        if tags.primaries is not None:
            matrix = srgb_from(tags.primaries)
            return SRGB if matrix is None else replace(SRGB, name="primaries of its own", matrix=matrix)
    except ValueError as error:
        notes.append(f"its colours are taken as sRGB: {error}")
    return SRGB


def _check_floats(pixels: npt.NDArray[Any], is_light: bool) -> None:
    low, high = float(pixels.min()), float(pixels.max())
    if np.isnan(low) or np.isnan(high) or (not is_light and np.isinf([low, high]).any()):
        raise ValueError("it holds values that are NaN or infinite")
    if not is_light and (low < 0 or high > 1):
        raise ValueError(
            f"its values reach from {low:g} to {high:g}, expected [0, 1]: scale them, "
            "or save linear light as EXR or PFM"
        )


def _unit(pixels: npt.NDArray[Any], bits: int) -> Values:
    values = pixels.astype(np.float64)
    return values if np.issubdtype(pixels.dtype, np.floating) else values / float(2**bits - 1)


def _from_cmyk(values: Values) -> Values:
    return (1 - values[..., :3]) * (1 - values[..., 3:4])


def _straight(colors: Values, alpha: Values) -> Values:
    """Divide colours by alpha, with which they were multiplied; black if alpha is 0."""
    return np.divide(colors, alpha, out=np.zeros_like(colors), where=alpha > 0).clip(0, 1)


def _developed_strip(samples: Samples, encoding: Encoding, exposure: float) -> tuple[Values, int]:
    """Return rows of sRGB values over white, and the number of clipped pixels."""
    values = _unit(samples.pixels, samples.bits)
    alpha: Values | None = None
    if samples.alpha != "none":
        values, alpha = values[..., :-1], values[..., -1:].clip(0, 1)
    if encoding.kind == "linear" and alpha is not None:
        return _light_over_white(values, alpha, samples, encoding, exposure)
    if alpha is not None and samples.alpha == "premultiplied":
        values = _straight(values, alpha)
    if samples.channels == "cmyk":
        values = _from_cmyk(values)
    clipped = 0
    if not encoding.is_srgb:
        light, clipped = to_srgb(values, encoding, exposure)
        values = srgb_encoded(light)
    return values if alpha is None else values * alpha + (1 - alpha), clipped


def _light_over_white(
    light: Values, alpha: Values, samples: Samples, encoding: Encoding, exposure: float
) -> tuple[Values, int]:
    """Composite linear light over white before encoding it, because light adds linearly."""
    brighter = replace(encoding, to_light=lambda x: x * 2.0**exposure)
    multiplied = light if samples.alpha == "premultiplied" else light * alpha
    white = (1 - alpha) * 2.0**-exposure  # white stays white at any exposure
    if encoding.matrix is not None and light.shape[-1] == 3:
        white = np.repeat(white, 3, axis=-1) @ np.linalg.inv(encoding.matrix).T
    developed, clipped = to_srgb(multiplied + white, brighter)
    return srgb_encoded(developed), clipped


def _by_strips(samples: Samples, encoding: Encoding, exposure: float) -> tuple[npt.NDArray[np.float32], int]:
    height, width = samples.pixels.shape[:2]
    rows = max(_STRIP_PIXELS // width, 1)
    channels = 1 if samples.channels == "gray" else 3
    result = np.empty((height, width, channels), np.float32)
    clipped = 0
    for top in range(0, height, rows):
        strip = replace(samples, pixels=samples.pixels[top : top + rows])
        result[top : top + rows], above = _developed_strip(strip, encoding, exposure)
        clipped += above
    return result, clipped


def _bytes_of(samples: Samples) -> npt.NDArray[np.uint8]:
    """Return the colours at 8 bits, without alpha."""
    colors = samples.pixels if samples.alpha == "none" else samples.pixels[..., :-1]
    if colors.dtype == np.uint8 and samples.bits == 8 and samples.alpha != "premultiplied":
        return colors
    values = _unit(samples.pixels, samples.bits)
    if samples.alpha == "premultiplied":
        values[..., :-1] = _straight(values[..., :-1], values[..., -1:])
    return (values[..., : colors.shape[-1]].clip(0, 1) * 255).round().astype(np.uint8)


def _through_table(samples: Samples, notes: list[str]) -> Samples:
    """Apply a profile of tables and return sRGB at 8 bits, or the samples unchanged if that fails."""
    assert samples.color.icc is not None
    depth = "" if samples.bits == 8 else f" at 8 bits of {samples.bits}"
    try:
        converted = managed(_bytes_of(samples), samples.color.icc, samples.channels)
    except ProfileError as error:
        notes.append(f"its colour profile is not used: {error}")
        return samples
    notes.append(f"{profile_name(samples.color.icc)} converted to sRGB by its table{depth}")
    if samples.alpha == "none":
        return replace(
            samples, pixels=converted, channels="gray" if converted.shape[-1] == 1 else "rgb", bits=8
        )
    alpha = (_unit(samples.pixels[..., -1:], samples.bits).clip(0, 1) * 255).round().astype(np.uint8)
    pixels = np.concatenate([converted, alpha], axis=-1)
    return replace(samples, pixels=pixels, channels="rgb", bits=8, alpha="straight")


def _about_light(encoding: Encoding, clipped: int, pixels: int, exposure: float) -> list[str]:
    notes = []
    if encoding.kind == "hdr":
        notes.append(f"{encoding.name} tone-mapped from 1000 to 203 cd/m2 for white (BT.2390)")
    elif encoding.kind == "linear":
        notes.append(f"{encoding.name} converted to sRGB")
    if encoding.kind != "display" and exposure:
        notes.append(f"exposure {exposure:+g} stops")
    if clipped:
        notes.append(f"{100 * clipped / pixels:.2g} % of the pixels are brighter than white and clipped")
    return notes


def develop(samples: Samples, exposure: float = 0.0) -> Developed:
    """Convert samples to sRGB: colours converted, transparency over white, upright.

    Args:
        samples: samples of a file.
        exposure: stops by which light is brightened; no effect on values encoded for a display.

    Raises:
        ValueError: if floats are NaN or out of range, or colour tags cannot be used.

    >>> deep = Samples(np.full((1, 2, 1), 65535, np.uint16), "gray", 16, "PNG")
    >>> develop(deep).pixels.tolist()
    [[65535, 65535]]
    """
    encoding, notes = _encoding_of(samples.color, samples.channels)
    notes = [*samples.notes, *notes]
    bits = samples.bits
    if encoding is None:
        samples, encoding = _through_table(samples, notes), SRGB
    if samples.is_float:
        _check_floats(samples.pixels, encoding.kind == "linear")
    if encoding.kind == "display" and not encoding.is_srgb:
        notes.append(f"{encoding.name} converted to sRGB")
    if samples.channels == "cmyk":
        notes.append("CMYK without a colour profile")
    if samples.alpha != "none":
        notes.append("transparency over white")
    if _stays(samples, encoding):
        pixels: npt.NDArray[Any] = samples.pixels
    else:
        with np.errstate(all="ignore"):  # from values that are clipped
            pixels, clipped = _by_strips(samples, encoding, exposure)
        notes += _about_light(encoding, clipped, pixels.shape[0] * pixels.shape[1], exposure)
    pixels = upright(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, samples.orientation)
    is_light = encoding.kind != "display"
    return Developed(np.ascontiguousarray(pixels), samples.format, bits, is_light, tuple(notes))


def _stays(samples: Samples, encoding: Encoding) -> bool:
    """Return True if the file's integers are sRGB already."""
    whole = (samples.pixels.dtype.name, samples.bits) in (("uint8", 8), ("uint16", 16))
    return whole and encoding.is_srgb and samples.alpha == "none" and samples.channels != "cmyk"
