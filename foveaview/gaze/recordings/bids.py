"""BIDS eye tracking: numbers without a header, and a JSON file beside them that describes them.

Source: Brain Imaging Data Structure 1.11, "Physiological recordings" (its extension proposal 20), and its
drafts. The drafts called the files *_eyetrack.tsv.gz, had both eyes in one file, and gave
SampleCoordinateUnits and EnvironmentCoordinates for all columns together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from foveaview.gaze.binocular import merged_eyes
from foveaview.gaze.origin import from_top_left
from foveaview.gaze.recording import Recording
from foveaview.gaze.recordings.bids_clock import Clock
from foveaview.gaze.recordings.bids_events import physio_events
from foveaview.gaze.recordings.bids_eyes import OneEye, merge_second_eye
from foveaview.gaze.recordings.bids_metadata import (
    described,
    names_of,
    number_of,
    object_of,
    said_of,
    sides_of,
    suffix_of,
    text_of,
)
from foveaview.gaze.recordings.table import Numbers, Table, read_table
from foveaview.gaze.recordings.table_layout import is_number, layout
from foveaview.gaze.recordings.tables.choice import Choice, NeedsChoice
from foveaview.gaze.recordings.timestamps import Columns, check_screen, chosen_columns, recorded
from foveaview.settings import ReadingSettings
from foveaview.settings.recording import CoordinateUnit, Origin

__all__ = ["is_bids", "read"]

_M_PER_UNIT = {"m": 1.0, "cm": 1e-2, "mm": 1e-3}
_PIXELS = ("pixel", "pixels", "px")
_SHARES = ("normalized", "normalised", "ratio", "screen", "proportion")
_DEGREES = ("deg", "degree", "degrees", "\u00b0", "dva", "visual angle", "degrees of visual angle")
_SUFFIXES = ("physio", "eyetrack")
_EVENTS = ("physioevents", "events")
_X = re.compile(r"(eye1_|eye2_|left_|right_|)(?:gaze_)?x(?:_coordinate)?")
_FARTHEST_M = 10.0  # of a screen; some files give centimetres, even the examples of BIDS
_IN_SCENE = "gaze in the view of a head-mounted camera: it cannot be used as gaze on a screen"
_CENTRED = "has its origin at the centre of the screen but does not say whether y counts upwards"
_CENTRES = (Choice("centre", "y counts upwards"), Choice("centre-y-down", "y counts downwards"))
_ORIGINS: dict[tuple[str, str], Origin] = {("top", "left"): "top-left", ("bottom", "left"): "bottom-left"}

_Value = TypeVar("_Value")


def is_bids(path: Path) -> bool:
    """Return True if the name is that of BIDS samples or of the events beside them."""
    return suffix_of(path) in (*_SUFFIXES, *_EVENTS) and path.name.lower().endswith((".tsv.gz", ".tsv"))


def _pairs(names: list[str], path: Path) -> list[tuple[str, str]]:
    """Return the columns of x and y, of both eyes together or else of each eye."""
    found: dict[str, tuple[str, str]] = {}
    for x in names:
        match = _X.fullmatch(x)
        y = re.sub(r"x(_coordinate)?$", r"y\1", x)
        if match and y in names:
            found.setdefault(match[1], (x, y))
    if not found:
        raise ValueError(
            f"{path.name}: no columns x_coordinate and y_coordinate: there are {', '.join(names)}"
        )
    return [found[""]] if "" in found else [found[eye] for eye in sorted(found)][:2]


def _unit_of(about: Mapping[str, Any], x: str) -> str:
    whole = text_of(about, "SampleCoordinateUnit") or text_of(about, "SampleCoordinateUnits")
    return (said_of(about, x, "Units") or whole).lower()


def _scaled(
    about: Mapping[str, Any], screen: Mapping[str, Any], x: str, reading: ReadingSettings
) -> tuple[CoordinateUnit, tuple[float, float], list[str]]:
    """Return the unit of x and y, their divisors, and notes on what was guessed."""
    unit = _unit_of(about, x)
    if reading.unit != "auto":
        return reading.unit, (1.0, 1.0), []
    if unit in _PIXELS or not unit:
        return "px", (1.0, 1.0), [] if unit else [f"{x} has no unit and was read as pixels"]
    if unit in _SHARES:
        return "screen", (1.0, 1.0), []
    if unit in _DEGREES:
        what = "degrees of visual angle need the experiment's own conversion to positions on the screen"
        raise ValueError(f"{x} is in {unit!r}: {what}: convert them to pixels")
    if unit not in _M_PER_UNIT:
        raise ValueError(f"{x} is in {unit!r}: only pixels, shares of the screen and lengths can be read")
    size = sides_of(screen, "ScreenSize")
    if size is None:
        raise ValueError(f"{x} is in {unit}, but ScreenSize is missing: add the screen's size in metres")
    if max(size) > _FARTHEST_M:
        raise ValueError(
            f"the ScreenSize is {size[0]:g} x {size[1]:g} m: it must be in metres to convert {x}"
        )
    return "screen", (size[0] / _M_PER_UNIT[unit], size[1] / _M_PER_UNIT[unit]), []


def _sides(about: Mapping[str, Any], screen: Mapping[str, Any]) -> tuple[str, str]:
    """Return the vertical and the horizontal side of the origin."""
    said = screen.get("ScreenOrigin", about.get("ScreenOrigin"))
    if said is None or said == "n/a":
        said = re.split(r"[-\s_]+", text_of(about, "EnvironmentCoordinates") or "top-left")
        said = said * 2 if len(said) == 1 else said
    if not isinstance(said, list) or len(said) != 2 or not all(isinstance(side, str) for side in said):
        raise ValueError(
            f"ScreenOrigin is {said!r:.60} in the JSON: it must be two words, such as top and left"
        )
    sides = [side.lower().replace("centre", "center") for side in said]
    return (sides[1], sides[0]) if sides[0] in ("left", "right") else (sides[0], sides[1])


def _from_top_left(
    path: Path,
    place: tuple[Numbers, Numbers],
    unit: CoordinateUnit,
    sides: tuple[str, str],
    size: tuple[float, float] | None,
    origin: Origin | None,
) -> tuple[Any, Numbers, Numbers]:
    """Return unit, x and y, counted from the top left."""
    if origin is None and sides == ("center", "center") and unit not in ("norm", "height"):
        raise NeedsChoice(path, "origin", _CENTRES, _CENTRED)
    if origin is None and sides[1] == "right":
        whole = size if unit == "px" else (1.0, 1.0)
        if whole is None:
            raise ValueError(
                "the origin is on the right, but ScreenResolution is missing: add the screen's size in pixels"
            )
        place, sides = (whole[0] - place[0], place[1]), (sides[0], "left")
    found = origin or ("centre" if sides == ("center", "center") else _ORIGINS.get(sides))
    if found is None:
        raise ValueError(
            f"the ScreenOrigin {' '.join(sides)} cannot be converted to top left: choose the origin"
        )
    return from_top_left(place, unit, found, size)


def _checked(about: Mapping[str, Any], path: Path) -> bool:
    """Return True for gaze in a scene, False for gaze on a screen; raises `ValueError` for anything else."""
    kind = str(about.get("PhysioType", "eyetrack" if suffix_of(path) == "eyetrack" else "generic")).lower()
    if kind != "eyetrack":
        raise ValueError(f'{path.name}: the PhysioType is {kind}, but gaze needs "eyetrack"')
    system = str(about.get("SampleCoordinateSystem", "gaze-on-screen")).lower()
    if system not in ("gaze-on-screen", "gaze-in-world"):
        raise ValueError(
            f"{path.name}: the SampleCoordinateSystem is {system}, which is not gaze on a screen"
        )
    return system == "gaze-in-world"


def _presented(path: Path, about: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the metadata of the screen, from the sidecar or else from that of the task's events."""
    screen = object_of(about, "StimulusPresentation")
    screen = screen or object_of(described(path, "events"), "StimulusPresentation")
    return {key: about[key] for key in about if key.startswith("Screen")} | dict(screen)


def _optional(
    of: Callable[[Mapping[str, Any], str], _Value | None],
    screen: Mapping[str, Any],
    key: str,
    notes: list[str],
) -> _Value | None:
    """Read an optional value; an invalid one is noted and left out."""
    try:
        return of(screen, key)
    except ValueError as error:
        notes.append(f"{error}: it was ignored")
        return None


def _with_screen(recording: Recording, screen: Mapping[str, Any]) -> Recording:
    notes: list[str] = []
    distance_m = _optional(number_of, screen, "ScreenDistance", notes)
    screen_m = _optional(sides_of, screen, "ScreenSize", notes)
    if distance_m is not None and not 0 < distance_m <= _FARTHEST_M:
        notes.append(f"a ScreenDistance of {distance_m:g} m was ignored: it must be in metres")
        distance_m = None
    if screen_m is not None and max(screen_m) > _FARTHEST_M:
        notes.append(f"a ScreenSize of {screen_m[0]:g} x {screen_m[1]:g} m was ignored: it must be in metres")
        screen_m = None
    size = _optional(sides_of, screen, "ScreenResolution", notes)
    return replace(
        recording,
        screen=check_screen(recording.name, size),
        screen_m=screen_m,
        distance_m=distance_m,
        notes=(*recording.notes, *notes),
    )


def _gaze(
    table: Table, pairs: list[tuple[str, str]], by: tuple[float, float]
) -> tuple[tuple[Numbers, Numbers], list[str]]:
    eyes = [(table[x] / by[0], table[y] / by[1]) for x, y in pairs]
    if len(eyes) == 1:
        return eyes[0], []
    both = " and of ".join(x.partition("_")[0] for x, _ in pairs)
    return merged_eyes(eyes[0], eyes[1]), [f"of {both}: the mean if both were seen"]


def _read_one(path: Path, about: Mapping[str, Any], reading: ReadingSettings) -> OneEye:
    """Read the eye or the eyes of one file."""
    names, scene = names_of(about, path), _checked(about, path)
    pairs = _pairs(names, path)
    screen, clock = _presented(path, about), Clock(about, names, path)
    form = layout(path, names, "\t")
    if form.rows and not any(is_number(cell) for cell in form.rows[0]):
        form = replace(form, first_line=form.first_line + 1)  # a header, as plain .tsv files may have
    unit, by, guessed = _scaled(about, screen, pairs[0][0], reading)
    size = reading.screen
    sides = ("top", "left") if scene else _sides(about, screen)
    if size is None and not scene and unit in ("px", "height"):
        size = check_screen(path.name, _optional(sides_of, screen, "ScreenResolution", []))
    used = [name for pair in pairs for name in pair]
    table = read_table(form, [*used, *([clock.column] if clock.column else [])])
    place, both = _gaze(table, pairs, by)
    origin = None if reading.origin == "auto" else reading.origin
    counted, x, y = _from_top_left(path, place, unit, sides, size, origin)
    columns, said = chosen_columns(table, Columns(clock.seconds(table), x, y), reading.recording)
    events, odd = physio_events(path, clock)
    notes = [*both, *clock.notes, *guessed, *said, *odd, *([_IN_SCENE] if scene else [])]
    recording = recorded(table, columns, counted, events=events, notes=notes, scene_camera=scene)
    return OneEye(recording if scene else _with_screen(recording, screen), clock.start_s, clock.first_s)


def _named(path: Path, read: Callable[[], _Value]) -> _Value:
    """Call a function, and add the file's name to its errors."""
    try:
        return read()
    except ValueError as error:
        said = str(error)
        if ".json" in said or said.startswith(path.name):
            raise
        raise ValueError(f"{path.name}: {said}") from error


def read(path: Path, reading: ReadingSettings | None = None) -> Recording:
    """Read a BIDS recording of eye tracking, with the screen that its JSON files describe.

    Each eye is in a file of its own. If the other eye's file lies beside it, both are read and merged; if
    that file is broken, the error is noted and the first eye is read alone. Drafts of BIDS had both eyes in
    one file.

    JSON files are read up to the root of the dataset. Times start at StartTime.

    Args:
        path: path of the file.
        reading: the recording to read if the clock restarts, and facts that the JSON lacks.

    Raises:
        OSError: if a file cannot be read.
        ValueError: if the JSON is missing or incomplete, or the recording or its coordinates are of another
            kind.
    """
    how = reading or ReadingSettings()
    if suffix_of(path) in _EVENTS:
        stem = path.name.partition(".")[0].rpartition("_")[0]
        raise ValueError(f"{path.name} holds events, not samples: open {stem}_physio.tsv.gz beside it")
    about = _named(path, lambda: described(path))
    if not about:
        raise ValueError(f"{path.name}: no JSON beside it to describe its columns: put it in the same folder")

    def one(file: Path, said: Mapping[str, Any]) -> OneEye:
        return _named(file, lambda: _read_one(file, said, how))

    if len(_pairs(names_of(about, path), path)) > 1:
        return one(path, about).recording
    return merge_second_eye(path, about, one)
