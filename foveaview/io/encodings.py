"""Encodings of light: transfer curves, primaries, and tone mapping of high dynamic range to sRGB.

Sources: IEC 61966-2-1 (sRGB), ITU-T H.273 (code points), SMPTE ST 2084 and ITU-R BT.2100 (PQ, HLG),
ITU-R BT.2408 (203 cd/m2 for white), ITU-R BT.2390 (tone curve).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "LINEAR",
    "SRGB",
    "SRGB_PRIMARIES",
    "Encoding",
    "Values",
    "adobe_rgb",
    "of_cicp",
    "of_gamma",
    "srgb_decoded",
    "srgb_encoded",
    "srgb_from",
    "to_srgb",
]

Values = npt.NDArray[np.float64]
Curve = Callable[[Values], Values]

_D65 = (0.3127, 0.3290)
_C = (0.310, 0.316)
SRGB_PRIMARIES = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65)
"""x and y of red, green, blue and white."""

_P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
_PRIMARIES = {
    1: ("BT.709", SRGB_PRIMARIES),
    2: ("BT.709", SRGB_PRIMARIES),  # not specified
    4: ("BT.470 M", (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, *_C)),
    5: ("BT.470 BG", (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65)),
    6: ("SMPTE 170M", (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65)),
    7: ("SMPTE 240M", (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65)),
    8: ("film", (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, *_C)),
    9: ("BT.2020", (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65)),
    10: ("XYZ", (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3)),
    11: ("DCI-P3", (*_P3, 0.314, 0.351)),
    12: ("Display P3", (*_P3, *_D65)),
    22: ("EBU 3213", (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *_D65)),
}
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

_WHITE_CD = 203.0
_PEAK_CD = 1000.0
_PQ = (2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128)  # m1, m2, c1, c2, c3
_HLG = (0.17883277, 0.28466892, 0.55991073)  # a, b, c
_HLG_GAMMA = 1.2


def srgb_encoded(light: Values) -> Values:
    """Encode light in [0, 1] as sRGB."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def srgb_decoded(values: Values) -> Values:
    """Decode sRGB values in [0, 1] to light."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


@dataclass(frozen=True, eq=False)
class Encoding:
    """Relation of values in [0, 1] to light.

    Attributes:
        name: name for messages.
        to_light: values to light; white is 1.
        matrix: (3, 3), light of these primaries to that of sRGB; None if they are the same.
        kind: "display" ends at white, "linear" may exceed white and is clipped, "hdr" is tone-mapped.
        luminance: (3,) luminance of each primary; HLG only.
    """

    name: str
    to_light: Curve
    matrix: Values | None = None
    kind: Literal["display", "linear", "hdr"] = "display"
    luminance: Values | None = None

    @cached_property
    def is_srgb(self) -> bool:
        """Return True if values are already sRGB, to within half a level of 8 bits."""
        if self.kind != "display" or (
            self.matrix is not None and np.abs(self.matrix - np.eye(3)).max() > 2e-3
        ):
            return False
        values = np.repeat(np.linspace(0, 1, 256)[:, None], 3, axis=1)
        with np.errstate(all="ignore"):
            return bool(np.abs(srgb_encoded(self.to_light(values).clip(0, 1)) - values).max() < 0.5 / 255)


def _xyz_of_white(x: float, y: float) -> Values:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _to_xyz_d65(primaries: tuple[float, ...]) -> Values:
    """Return (3, 3), light of the primaries to XYZ, adapted to D65 by Bradford's transform."""
    x, y = np.array(primaries[0:6:2]), np.array(primaries[1:6:2])
    colors = np.stack([x, y, 1 - x - y])  # XYZ; imaginary primaries may have Y = 0
    white = _xyz_of_white(*primaries[6:])
    matrix = colors * np.linalg.solve(colors, white)
    cones = (_BRADFORD @ _xyz_of_white(*_D65)) / (_BRADFORD @ white)
    return np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ matrix


def srgb_from(primaries: tuple[float, ...]) -> Values | None:
    """Return (3, 3), light of these primaries to that of sRGB; None if they are the same.

    Raises:
        ValueError: if the primaries span no colours.

    >>> srgb_from(SRGB_PRIMARIES) is None
    True
    """
    if np.abs(np.array(primaries) - np.array(SRGB_PRIMARIES)).max() < 2e-3:
        return None
    try:
        with np.errstate(all="ignore"):
            solved = np.linalg.solve(_to_xyz_d65(SRGB_PRIMARIES), _to_xyz_d65(primaries))
        matrix: Values = np.asarray(solved, np.float64)
    except (np.linalg.LinAlgError, ZeroDivisionError):
        matrix = np.full((3, 3), np.nan)
    if not np.isfinite(matrix).all() or np.abs(matrix).max() > 100:
        raise ValueError("its primaries span no colours")
    return matrix


SRGB = Encoding("sRGB", srgb_decoded)
LINEAR = Encoding("linear light", lambda values: values, kind="linear")


def adobe_rgb() -> Encoding:
    """Return the encoding Adobe RGB (1998), for files that name it without a profile."""
    matrix = srgb_from((0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *_D65))
    return Encoding("Adobe RGB (1998)", lambda values: values ** (563 / 256), matrix)


def of_gamma(gamma: float, primaries: tuple[float, ...] | None) -> Encoding:
    """Return the encoding of PNG's gAMA and cHRM; 0.45455 with the primaries of sRGB is sRGB itself.

    Raises:
        ValueError: if the values are impossible.

    >>> of_gamma(0.45455, None).is_srgb, of_gamma(1.0, None).name
    (True, 'gamma 1')
    """
    if not 0.01 <= gamma <= 100:
        raise ValueError(f"its gamma is {gamma:g}")
    matrix = None if primaries is None else srgb_from(primaries)
    if matrix is None and abs(gamma - 0.45455) < 0.0005:
        return SRGB
    name = f"gamma {1 / gamma:.3g}" + ("" if matrix is None else " and primaries of its own")
    return Encoding(name, lambda values: values ** (1 / gamma), matrix)


def _pq_to_light(values: Values) -> Values:
    m1, m2, c1, c2, c3 = _PQ
    root = values.clip(0, 1) ** (1 / m2)
    light: Values = ((root - c1).clip(0) / (c2 - c3 * root)) ** (1 / m1) * (10_000 / _WHITE_CD)
    return light


def _light_to_pq(light: Values) -> Values:
    m1, m2, c1, c2, c3 = _PQ
    power = (light * (_WHITE_CD / 10_000)).clip(0, 1) ** m1
    values: Values = ((c1 + c2 * power) / (1 + c3 * power)) ** m2
    return values


def _hlg_to_light(values: Values) -> Values:
    """Return light of the scene in [0, 1]; `to_srgb` converts it to that of the display."""
    a, b, c = _HLG
    return np.where(values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12)


def _curve_of_cicp(transfer: int) -> tuple[str, Curve] | None:
    curves: dict[int, tuple[str, Curve]] = {
        4: ("gamma 2.2", lambda values: values**2.2),
        5: ("gamma 2.8", lambda values: values**2.8),
        17: ("SMPTE 428", lambda values: values**2.6 * (52.37 / 48)),
    }
    # camera curves use that of the display, as in video players; 2 is not specified
    curves |= dict.fromkeys((1, 2, 6, 7, 11, 12, 13, 14, 15), ("", srgb_decoded))
    return curves.get(transfer)


def of_cicp(primaries: int, transfer: int) -> Encoding:
    """Return the encoding for the code points of ITU-T H.273.

    Raises:
        ValueError: if a code point is unknown.

    >>> of_cicp(1, 13).is_srgb, of_cicp(9, 16).name
    (True, 'BT.2020 PQ')
    """
    if primaries not in _PRIMARIES:
        raise ValueError(f"its primaries have the number {primaries}, which is not known")
    name, places = _PRIMARIES[primaries]
    matrix = srgb_from(places)
    if transfer == 16:
        return Encoding(f"{name} PQ", _pq_to_light, matrix, "hdr")
    if transfer == 18:
        return Encoding(f"{name} HLG", _hlg_to_light, matrix, "hdr", _to_xyz_d65(places)[1])
    if transfer == 8:
        return Encoding(f"linear light, {name}", LINEAR.to_light, matrix, "linear")
    curve = _curve_of_cicp(transfer)
    if curve is None:
        raise ValueError(f"its transfer curve has the number {transfer}, which is not known")
    return Encoding(" ".join(filter(None, (name, curve[0]))), curve[1], matrix)


def _displayed(scene: Values, luminance: Values) -> Values:
    """Convert HLG's scene light to that of a 1000 cd/m2 display, with white at 1."""
    bright = scene @ luminance if scene.shape[-1] == 3 else scene[..., 0]
    gain = np.maximum(bright, 1e-12) ** (_HLG_GAMMA - 1) * (_PEAK_CD / _WHITE_CD)
    return scene * gain[..., None]


def _tone_mapped(light: Values) -> Values:
    """Compress light of up to 1000 cd/m2 to at most 203: BT.2390's curve on the largest channel."""
    largest = light.max(axis=-1)
    peak = float(_light_to_pq(np.array(_PEAK_CD / _WHITE_CD)))
    white = float(_light_to_pq(np.array(1.0))) / peak
    knee = 1.5 * white - 0.5
    level = (_light_to_pq(largest) / peak).clip(0, 1)
    t = ((level - knee) / (1 - knee)).clip(0, 1)
    bent = (
        (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * white
    )
    mapped = _pq_to_light(np.where(level < knee, level, bent) * peak)
    return light * np.where(level < knee, 1.0, mapped / np.maximum(largest, 1e-12))[..., None]


def to_srgb(values: Values, encoding: Encoding, exposure: float = 0.0) -> tuple[Values, int]:
    """Convert values of an encoding to light relative to white in the primaries of sRGB, ready to encode.

    Args:
        values: (..., C) in [0, 1], or any values of "linear" light; C is 1 or 3.
        encoding: encoding of these values.
        exposure: stops by which "linear" and "hdr" light is brightened.

    Returns:
        Light in [0, 1], and the number of pixels that exceeded the range and are clipped to white.

    >>> to_srgb(np.array([[2.0]]), LINEAR)
    (array([[1.]]), 1)
    """
    light = encoding.to_light(values)
    if encoding.luminance is not None:
        light = _displayed(light, encoding.luminance)
    above = 0
    if encoding.kind != "display":
        light = light * 2.0**exposure
        limit = 1.0 if encoding.kind == "linear" else _PEAK_CD / _WHITE_CD
        above = int(np.count_nonzero(light.max(axis=-1) > limit * (1 + 1e-6)))
    if encoding.matrix is not None and light.shape[-1] == 3:
        light = light @ encoding.matrix.T
    if encoding.kind == "hdr":
        light = _tone_mapped(np.maximum(light, 0))
    return light.clip(0, 1), above
