"""Pixel width and viewing distance with their uncertainty, measured with a card and the blind spot.

The card gives the width of a pixel. The blind spot, which lies at nearly the same angle in every eye, gives
the distance ("virtual chinrest": Li et al., Scientific Reports 10:904, 2020). This distance depends on the
width of a pixel, so the two must not be used as independent values: `Calibration` keeps the raw measurements
and propagates those.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from foveaview.display.uncertainty import Measurement, mean_of, propagate
from foveaview.perception.analysis.geometry_overlays import pixels_per_degree
from foveaview.perception.geometry import geometry_at
from foveaview.settings import LossSettings

__all__ = [
    "BLIND_SPOT_DEG",
    "BLIND_SPOT_SD_DEG",
    "CARD_HEIGHT_M",
    "CARD_WIDTH_M",
    "Calibration",
    "distance_from_blind_spot",
    "pitch_from_card",
    "pooling_size",
    "ppd",
]

CARD_WIDTH_M = Measurement(0.08560, 0.00025 / math.sqrt(12))
"""Width of an ISO/IEC 7810 ID-1 card: 85.60 mm, uniform from 85.47 to 85.72 mm."""

CARD_HEIGHT_M = 0.05398

BLIND_SPOT_DEG = 13.5
"""Angle at which a dot that moves outward vanishes, from Li et al. 2020."""

BLIND_SPOT_SD_DEG = 1.37
"""SD between people, from 11 449 visual fields: Wang et al., Scientific Reports 7:6143, 2017."""

# From 80 % to 20 % seen, the border takes up a quarter of a blind spot 5 to 7 degrees wide (Meermeier et al.
# 2022): 1.5 degrees, which are 1.68 standard deviations of a normal distribution
_BORDER_SD_DEG = 0.9
_CARD_SETTING_PX = 1.0
_FEWEST_PX = 10  # smaller values were not set with care
_LARGEST = 1e6
_VERSION = 1


def _is_number(value: Any) -> bool:
    """Return True if a value from a file is a number small enough to be squared."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


def _pixels(values: Sequence[float], what: str) -> tuple[float, ...]:
    for value in values:
        if not _is_number(value) or not value >= _FEWEST_PX:
            raise ValueError(
                f"{what}: numbers of pixels from {_FEWEST_PX} up were expected, got {value!r:.40}"
            )
    return tuple(float(value) for value in values)


def _card_px(widths_px: Sequence[float]) -> Measurement:
    return mean_of(_pixels(widths_px, "width of the card"), _CARD_SETTING_PX)


def _offset_px(offsets_px: Sequence[float]) -> Measurement:
    """Mean offset; the width of the border is the uncertainty of one response."""
    offsets = _pixels(offsets_px, "offset of the blind spot")
    relative = _BORDER_SD_DEG / BLIND_SPOT_DEG
    return mean_of(offsets, relative * sum(offsets) / max(len(offsets), 1))


def _pitch_of(card_px: float, card_m: float) -> float:
    return card_m / card_px


def _distance_of(offset_px: float, pitch: float, angle_deg: float) -> float:
    return offset_px * pitch / math.tan(math.radians(angle_deg))


def _angle(value: float, sd: float) -> Measurement:
    """Return the angle; within one sd it must lie between 0 and 90 degrees."""
    angle = Measurement(value, sd)
    if not (value - sd > 0 and value + sd < 90):
        raise ValueError(f"angle of the blind spot: {value} with sd {sd} is not between 0 and 90 degrees")
    return angle


def pitch_from_card(widths_px: Sequence[float], card_m: Measurement = CARD_WIDTH_M) -> Measurement:
    """Compute the width of a device pixel in metres from matches of a card's width.

    Args:
        widths_px: card widths in device pixels, one or more matches. One match is uncertain by 1 px; several
            are uncertain by the standard error of their mean.
        card_m: width of the card in metres, with its tolerance as sd.

    Raises:
        ValueError: if there is no match, or one is under 10 px.

    >>> pitch_from_card([342.4]).text("mm", 1000)
    '0.2500 ± 0.0015 mm'
    """
    return propagate(_pitch_of, [_card_px(widths_px), card_m])


def distance_from_blind_spot(
    offsets_px: Sequence[float],
    pitch: Measurement,
    angle_deg: float = BLIND_SPOT_DEG,
    angle_sd: float = BLIND_SPOT_SD_DEG,
) -> Measurement:
    """Compute the distance from the eye to the screen in metres from the offsets at which a dot vanished.

    Args:
        offsets_px: device pixels from the cross to the dot, one or more responses.
        pitch: width of a device pixel in metres.
        angle_deg: angle at which the dot vanishes.
        angle_sd: its sd between people; repetition does not reduce it.

    Raises:
        ValueError: if there is no offset, or one is under 10 px.

    >>> distance_from_blind_spot([576.0] * 5, Measurement(0.00025, 0.0000005)).text("cm", 100)
    '60 ± 13 cm'
    """
    return propagate(_distance_of, [_offset_px(offsets_px), pitch, _angle(angle_deg, angle_sd)])


def _ppd(pitch: float, distance: float) -> float:
    return math.radians(1) * distance / pitch


def ppd(pitch: Measurement, distance: Measurement) -> Measurement:
    """Compute device pixels per degree opposite the eye, from two independent measurements in one unit.

    If the distance was found with that pitch, use `Calibration.pixels_per_degree`.

    >>> ppd(Measurement(0.00025), Measurement(0.6, 0.01)).text()
    '41.9 ± 1.4'
    """
    return propagate(_ppd, [pitch, distance])


Gaze = tuple[float, float]


def _shown(settings: LossSettings, width_px: float, pitch: float, distance: float) -> LossSettings:
    return settings.replace(real_image_width=pitch * width_px, real_viewing_distance=distance)


def pooling_size(
    point: Gaze,
    size: tuple[int, int],
    gaze: Gaze,
    settings: LossSettings,
    *,
    pitch: Measurement,
    distance: Measurement,
    zoom: float = 1.0,
) -> Measurement:
    """Compute the pooling size in image pixels at a point, from two independent measurements.

    If the distance was found with that pitch, use `Calibration.pooling_size`.

    Args:
        point, gaze: x and y in image coordinates.
        size: height and width of the image in pixels.
        settings: alpha and mode; the geometry is not used.
        pitch: width of a device pixel.
        distance: distance from the eye to the screen, in the same unit.
        zoom: device pixels per image pixel.

    >>> about = {"pitch": Measurement(0.00025), "distance": Measurement(0.6, 0.01)}
    >>> pooling_size((1.0, 0.5), (800, 1200), (0.0, 0.5), LossSettings(), **about).text("px")
    '106.9 ± 3.5 px'
    """

    def pooling(pitch: float, distance: float) -> float:
        return geometry_at(point, size, gaze, _shown(settings, size[1] * zoom, pitch, distance))[1]

    return propagate(pooling, [pitch, distance])


@dataclass(frozen=True)
class Calibration:
    """Raw measurements of one screen and one seat.

    Args:
        card_px: card widths in device pixels, at least one match.
        offsets_px: device pixels from the cross to the point at which a dot vanished.
        distance_m: distance in metres measured otherwise, given in place of `offsets_px`.
        angle_deg: angle of the blind spot, with its sd between people.
        card_m: width of the card in metres, with its tolerance.

    Raises:
        ValueError: if a value is missing or invalid.

    >>> calibration = Calibration(card_px=(342.0, 343.0), offsets_px=(570.0, 580.0, 578.0))
    >>> calibration.pitch.text("mm", 1000)
    '0.24993 ± 0.00097 mm'
    >>> Calibration((342.0,), distance_m=Measurement(0.6, 0.01)).pixels_per_degree().text()
    '41.8 ± 1.4'
    """

    card_px: tuple[float, ...]
    offsets_px: tuple[float, ...] = ()
    distance_m: Measurement | None = None
    angle_deg: Measurement = Measurement(BLIND_SPOT_DEG, BLIND_SPOT_SD_DEG)
    card_m: Measurement = CARD_WIDTH_M

    def __post_init__(self) -> None:
        object.__setattr__(self, "card_px", _pixels(self.card_px, "width of the card"))
        object.__setattr__(self, "offsets_px", _pixels(self.offsets_px, "offset of the blind spot"))
        if not self.card_px:
            raise ValueError("the card was not matched yet: match it at least once")
        if bool(self.offsets_px) == (self.distance_m is not None):
            raise ValueError("a calibration has a distance or offsets of the blind spot: give one of them")
        if self.distance_m is not None and not self.distance_m.value > self.distance_m.sd:
            raise ValueError(f"a distance is larger than its uncertainty, got {self.distance_m} m")
        _angle(self.angle_deg.value, self.angle_deg.sd)

    def propagate(self, function: Callable[[float, float], float]) -> Measurement:
        """Propagate through a function of the pixel width and the distance, both in metres."""
        card = [_card_px(self.card_px), self.card_m]
        if self.distance_m is not None:
            return propagate(lambda px, m, far: function(_pitch_of(px, m), far), [*card, self.distance_m])

        def from_offset(card_px: float, card_m: float, offset_px: float, angle_deg: float) -> float:
            pitch = _pitch_of(card_px, card_m)
            return function(pitch, _distance_of(offset_px, pitch, angle_deg))

        return propagate(from_offset, [*card, _offset_px(self.offsets_px), self.angle_deg])

    @property
    def pitch(self) -> Measurement:
        """Width of a device pixel in metres."""
        return self.propagate(lambda pitch, _distance: pitch)

    @property
    def distance(self) -> Measurement:
        """Distance from the eye to the screen in metres."""
        return self.propagate(lambda _pitch, distance: distance)

    def pixels_per_degree(
        self,
        point: Gaze = (0.5, 0.5),
        size: tuple[int, int] = (1, 1),
        zoom: float = 1.0,
    ) -> Measurement:
        """Compute image pixels per degree at a point: see `perception.pixels_per_degree`.

        Args:
            point: x and y in image coordinates; (0.5, 0.5) is opposite the eye.
            size: height and width of the image in pixels; without effect at (0.5, 0.5).
            zoom: device pixels per image pixel.
        """
        settings = LossSettings()

        def density(pitch: float, distance: float) -> float:
            return pixels_per_degree(point, size, _shown(settings, size[1] * zoom, pitch, distance))

        return self.propagate(density)

    def pooling_size(
        self, point: Gaze, size: tuple[int, int], gaze: Gaze, settings: LossSettings, zoom: float = 1.0
    ) -> Measurement:
        """Compute the pooling size in image pixels at a point; for the arguments see `pooling_size`."""

        def pooling(pitch: float, distance: float) -> float:
            return geometry_at(point, size, gaze, _shown(settings, size[1] * zoom, pitch, distance))[1]

        return self.propagate(pooling)

    def settings_for(self, size: tuple[int, int], zoom: float = 1.0) -> dict[str, float]:
        """Return the changes to `LossSettings` for an image of size (H, W) at a zoom."""
        width = self.pitch.value * size[1] * zoom
        return {"real_image_width": width, "real_viewing_distance": self.distance.value}

    def to_json(self) -> dict[str, Any]:
        """Return plain values, for JSON.

        >>> made = Calibration((342.0,), (576.0,))
        >>> Calibration.from_json(made.to_json()) == made
        True
        """
        far = self.distance_m
        return {
            "version": _VERSION,
            "card_px": list(self.card_px),
            "offsets_px": list(self.offsets_px),
            "distance_m": None if far is None else [far.value, far.sd],
            "angle_deg": [self.angle_deg.value, self.angle_deg.sd],
            "card_m": [self.card_m.value, self.card_m.sd],
        }

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """Read the output of `to_json`; raises `ValueError` if it is damaged or of another version."""
        if not isinstance(content, Mapping):
            raise ValueError(f"calibration: fields were expected, got {type(content).__name__}")
        if content.get("version") != _VERSION:
            version = content.get("version")
            raise ValueError(f"calibration: version {version!r} was found, expected {_VERSION}")
        far = content.get("distance_m")
        return cls(
            card_px=_listed(content, "card_px"),
            offsets_px=_listed(content, "offsets_px"),
            distance_m=None if far is None else _pair(content, "distance_m"),
            angle_deg=_pair(content, "angle_deg"),
            card_m=_pair(content, "card_m"),
        )


def _listed(content: Mapping[str, Any], name: str) -> tuple[float, ...]:
    values = content.get(name)
    if not isinstance(values, list | tuple):
        raise ValueError(f"calibration: {name}: a list was expected, got {values!r:.60}")
    return tuple(values)


def _pair(content: Mapping[str, Any], name: str) -> Measurement:
    values = _listed(content, name)
    if len(values) != 2 or not all(map(_is_number, values)):
        raise ValueError(f"calibration: {name}: a value and its sd were expected, got {values!r:.60}")
    return Measurement(*(float(value) for value in values))
