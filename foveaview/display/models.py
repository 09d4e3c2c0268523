"""Displays: their pixel size and viewing distance; reading and saving of presets."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from foveaview.io.atomic_write import replacing
from foveaview.io.shared_file import SharedFile
from foveaview.io.untrusted import read_json, reader_errors
from foveaview.io.versioned_json import read_versioned

__all__ = [
    "Display",
    "load_displays",
    "read_display_models",
    "save_displays",
    "settings_for",
    "shared_displays",
]

_VERSION = 1
_FORMAT = "foveaview displays"
_LARGEST_BYTES = 4_000_000
_INCH_M = 0.0254
_VIRTUAL_DISTANCE_M = 3.0  # the distance at which ColorVideoVDP puts the screen of a headset that states none
_LARGEST = 1e6


def _number(value: Any, name: str) -> float:
    """Return a positive number as a float; raises a `ValueError` that names the field."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name}: a number was expected, got {value!r}")
    if not 0 < value <= _LARGEST:
        raise ValueError(f"{name}: a number over 0, at most {_LARGEST:g}, was expected, got {value!r}")
    return float(value)


def _resolution(value: Any) -> tuple[int, int]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"resolution: width and height were expected, got {value!r}")
    width, height = (_number(part, "resolution") for part in value)
    if width != int(width) or height != int(height):
        raise ValueError(f"resolution: whole numbers were expected, got {value!r}")
    return int(width), int(height)


@dataclass(frozen=True)
class Display:
    """A screen and its viewing distance.

    Args:
        name: name given by the user.
        resolution: width and height in device pixels; pixels are square.
        width_m: width of the lit area in metres.
        viewing_distance_m: distance from the eye to the screen in metres.

    Raises:
        ValueError: if a value is not positive and finite, or the name is empty.

    >>> display = Display("desk", (2560, 1440), 0.597, 0.6)
    >>> round(display.pitch_m * 1000, 4), round(display.pixels_per_degree, 2)
    (0.2332, 44.9)
    """

    name: str
    resolution: tuple[int, int]
    width_m: float
    viewing_distance_m: float

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError("name: a display has a name")
        object.__setattr__(self, "resolution", _resolution(self.resolution))
        for name in ("width_m", "viewing_distance_m"):
            object.__setattr__(self, name, _number(getattr(self, name), name))

    @property
    def pitch_m(self) -> float:
        """Width of a device pixel in metres."""
        return self.width_m / self.resolution[0]

    @property
    def pixels_per_degree(self) -> float:
        """Device pixels per degree, opposite the eye."""
        return math.radians(1) * self.viewing_distance_m / self.pitch_m


def settings_for(display: Display, image_size: tuple[int, int], zoom: float = 1.0) -> dict[str, float]:
    """Return the changes to `LossSettings` for an image shown on a display.

    Args:
        display: display that shows the image.
        image_size: height and width of the image in pixels.
        zoom: device pixels per image pixel.

    >>> display = Display("desk", (2000, 1000), 0.5, 0.6)
    >>> settings_for(display, (400, 800), zoom=2)
    {'real_image_width': 0.4, 'real_viewing_distance': 0.6}
    """
    if not (math.isfinite(zoom) and zoom > 0):
        raise ValueError(f"the zoom is over 0, got {zoom}")
    return {
        "real_image_width": display.pitch_m * zoom * image_size[1],
        "real_viewing_distance": display.viewing_distance_m,
    }


def _first(entry: dict[str, Any], *units: tuple[str, float]) -> float | None:
    """Return the first of the given fields that an entry has, in metres; None if it has none."""
    for name, unit in units:
        if name in entry:
            return _number(entry[name], name) * unit
    return None


def _angle(entry: dict[str, Any], name: str) -> float:
    angle = _number(entry[name], name)
    if angle >= 180:
        raise ValueError(f"{name}: an angle under 180 degrees was expected, got {angle:g}")
    return math.radians(angle)


def _pitch(entry: dict[str, Any], resolution: tuple[int, int], distance: float) -> float:
    """Return the width of a pixel in metres; fields are tried in the order of ColorVideoVDP."""
    diagonal_px = math.hypot(*resolution)
    if "pixels_per_degree" in entry:
        density = _number(entry["pixels_per_degree"], "pixels_per_degree")
        return 2 * distance * math.tan(math.radians(0.5 / density))
    if "fov_diagonal" in entry:
        return 2 * distance * math.tan(_angle(entry, "fov_diagonal") / 2) / diagonal_px
    diagonal = _first(entry, ("diagonal_size_meters", 1), ("diagonal_size_inches", _INCH_M))
    if diagonal is None:
        raise ValueError("diagonal_size_inches: the size of the display is missing")
    return diagonal / diagonal_px


def _named(name: str, make: Callable[..., Display], *entry: Any) -> Display:
    """Make a display from an entry; an error names the entry."""
    try:
        return make(*entry)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _model(key: str, entry: Any) -> Display:
    if not isinstance(entry, dict):
        raise ValueError(f"fields were expected, got {entry!r:.60}")
    if "resolution" not in entry:
        raise ValueError("resolution: it is missing")
    resolution = _resolution(entry["resolution"])
    distance = _first(entry, ("viewing_distance_meters", 1), ("viewing_distance_inches", _INCH_M))
    if distance is None:
        if "fov_diagonal" not in entry and "pixels_per_degree" not in entry:
            raise ValueError("viewing_distance_meters: the viewing distance is missing")
        distance = _VIRTUAL_DISTANCE_M
    return Display(key, resolution, _pitch(entry, resolution, distance) * resolution[0], distance)


def read_display_models(path: Path | str) -> list[Display]:
    """Read the display_models.json of FovVideoVDP or ColorVideoVDP.

    The key of an entry becomes the name of the display. Its size comes from the first present of
    `pixels_per_degree`, `fov_diagonal`, `diagonal_size_meters` and `diagonal_size_inches`, its distance from
    `viewing_distance_meters` or `viewing_distance_inches`. Fields about light are ignored. If an entry has an
    angle but no distance, the screen is assumed 3 m away: only the angles are those of the display.

    Raises:
        OSError: if the file is unreadable.
        ValueError: if it is not JSON, or if a field is missing or wrong; the error names entry and field.

    >>> import tempfile
    >>> text = '{"tv": {"resolution": [16, 9], "diagonal_size_inches": 30, "viewing_distance_meters": 1}}'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "models.json").write_text(text)
    ...     (tv,) = read_display_models(Path(folder) / "models.json")
    >>> tv.name, round(tv.width_m, 3)
    ('tv', 0.664)
    """
    path = Path(path)
    content = read_json(path, _LARGEST_BYTES, finite=False)  # fields about light may be anything
    with reader_errors(path):
        if not isinstance(content, dict):
            raise ValueError(f"display models by name were expected, got {type(content).__name__}")
        return [_named(f"display {key!r:.60}", _model, key, entry) for key, entry in content.items()]


def save_displays(path: Path | str, displays: Iterable[Display]) -> None:
    """Write presets as JSON; raises `OSError` if that fails."""
    content = {"format": _FORMAT, "version": _VERSION, "displays": [asdict(each) for each in displays]}
    with replacing(Path(path)) as part:
        part.write_text(json.dumps(content, indent=2), encoding="utf-8")


def shared_displays(path: Path) -> SharedFile[list[Display]]:
    """Return the file of the user's own displays, which several windows may change."""
    return SharedFile(path, "displays", load_displays, save_displays, [])


def _preset(entry: Any) -> Display:
    names = [field.name for field in fields(Display)]
    if not isinstance(entry, dict):
        raise ValueError(f"fields were expected, got {entry!r:.60}")
    for name in names:
        if name not in entry:
            raise ValueError(f"{name}: it is missing")
    return Display(**{name: entry[name] for name in names})


def load_displays(path: Path | str) -> list[Display]:
    """Read presets that `save_displays` wrote.

    Raises:
        OSError: if the file is unreadable.
        ValueError: if it is damaged or of another version; the error says which part.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_displays(Path(folder) / "presets.json", [Display("desk", (2560, 1440), 0.597, 0.6)])
    ...     load_displays(Path(folder) / "presets.json")
    [Display(name='desk', resolution=(2560, 1440), width_m=0.597, viewing_distance_m=0.6)]
    """
    path = Path(path)
    content = read_versioned(path, _FORMAT, _VERSION)
    with reader_errors(path, "damaged"):
        entries = content.get("displays")
        if not isinstance(entries, list):
            raise ValueError(f"displays: a list was expected, got {type(entries).__name__}")
        return [_named(f"display {i + 1}", _preset, entry) for i, entry in enumerate(entries)]
