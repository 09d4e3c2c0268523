"""Exports of Pupil Labs: gaze and surfaces of Pupil Player, and the exports of Neon and Invisible.

Sources, by Pupil Labs: "Pupil Player: Raw Data Exporter", "Surface Tracker", "Neon Player: Raw Data Exporter"
and "Pupil Cloud: Marker Mapper". The origin of Pupil Core's normalised coordinates is bottom left, that of
Neon's and Invisible's is top left. The first versions of Pupil Player called two columns of a surface
eye_timestamp and on_srf.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from foveaview.gaze.recording import Recording
from foveaview.gaze.recordings.table import Flags, Table, read_table
from foveaview.gaze.recordings.table_layout import TableLayout, layout
from foveaview.gaze.recordings.timestamps import Columns, chosen_columns, recorded
from foveaview.settings import ReadingSettings

__all__ = ["CONFIDENT", "is_pupil", "read", "truth"]

CONFIDENT = 0.6
"""Confidence from which Pupil Player considers a sample good."""

_WORLD = ("norm_pos_x", "norm_pos_y")
_SURFACE = ("x_norm", "y_norm")
_SCENE = ("gaze x [px]", "gaze y [px]")
_MAPPED = ("gaze position on surface x [normalized]", "gaze position on surface y [normalized]")
_REFERENCE = "gaze position in reference image x [px]"
_TRUE = ("true", "1", "1.0", "yes", "valid")
_FALSE = ("false", "0", "0.0", "no", "invalid")
_NS = "timestamp [ns]"
_IN_SCENE = (
    "gaze in the image of the scene camera, which moves with the head: "
    "it cannot be used as gaze on a screen; export a surface"
)


def truth(word: str) -> bool:
    """Parse a word for yes or no; raises `ValueError` for other words.

    >>> truth("True"), truth("0")
    (True, False)
    """
    if word.lower() not in _TRUE + _FALSE:
        raise ValueError(f"{word!r} is neither true nor false")
    return word.lower() in _TRUE


def is_pupil(form: TableLayout) -> bool:
    """Return True if the columns are those of one of the exports."""
    pairs = (_WORLD, _SURFACE, _SCENE, _MAPPED, (_REFERENCE,))
    return any(set(pair) <= set(form.names) for pair in pairs)


def _time_column(form: TableLayout) -> str:
    for name in ("gaze_timestamp", "timestamp", "eye_timestamp"):
        if name in form.names:
            return name
    return _NS if _NS in form.names else "gaze_timestamp"


def _core(form: TableLayout, wanted: str) -> Recording:
    """Read Pupil Core: normalised coordinates from the bottom left, with a confidence."""
    world = set(_WORLD) <= set(form.names)
    x, y = _WORLD if world else _SURFACE
    time = _time_column(form)
    on = [name for name in ("on_surf", "on_srf") if name in form.names]
    confidence = [name for name in ("confidence",) if name in form.names]
    table = read_table(form, [time, x, y, *confidence], dict.fromkeys(on, truth))
    valid = np.ones(table.rows, bool)
    for name in confidence:
        valid &= table[name] >= CONFIDENT
    notes = [f"samples with a confidence below {CONFIDENT} are invalid"] if confidence else []
    notes += [_outside(table.flags[name]) for name in on if (table.flags[name] == 0).any()]
    columns, said = chosen_columns(table, Columns(table[time], table[x], 1 - table[y], valid), wanted)
    notes += said
    surface = form.path.name.partition("on_surface_")[2].partition(".")[0]
    notes.append(_IN_SCENE if world else f"the surface {surface or 'tracked'} is taken as the screen")
    return recorded(table, columns, "screen", notes=notes, scene_camera=world)


def _outside(on: Flags) -> str:
    return f"{np.mean(on == 0):.0%} of the samples lie outside the surface"


def _valid(table: Table, form: TableLayout) -> npt.NDArray[np.bool_] | None:
    """Return (rows,), True if Neon was worn and the eye was not in a blink."""
    valid = np.ones(table.rows, bool)
    if "worn" in form.names:
        valid &= table.flags["worn"] == 1
    if "blink id" in form.names:
        valid &= np.isnan(table["blink id"])
    return valid


def _neon(form: TableLayout, wanted: str) -> Recording:
    """Read Neon or Invisible: nanoseconds of UTC, coordinates from the top left."""
    scene = set(_SCENE) <= set(form.names)
    x, y = _SCENE if scene else _MAPPED
    flag = "gaze detected on surface"
    words = {name: truth for name in ("worn", flag) if name in form.names}
    table = read_table(form, [_NS, x, y, *({"blink id"} & set(form.names))], words)
    notes = [_IN_SCENE if scene else "the surface is taken as the screen"]
    if not scene and flag in form.names and (table.flags[flag] == 0).any():
        notes.append(_outside(table.flags[flag]))
    columns = Columns(table[_NS] / 1e9, table[x], table[y], _valid(table, form))
    columns, said = chosen_columns(table, columns, wanted)
    notes += said
    return recorded(table, columns, "px" if scene else "screen", notes=notes, scene_camera=scene)


def read(path: Path, reading: ReadingSettings | None = None) -> Recording:
    """Read a recording exported by Pupil Player, Pupil Cloud or Neon Player.

    Gaze on a surface has the unit "screen": the surface is taken as the screen. Gaze in the scene camera is
    read too, marked by `Recording.scene_camera`.

    Raises:
        OSError: if the file cannot be read.
        NeedsChoice: if there are several recordings and none is chosen; it is a `ValueError`.
        ValueError: for other columns, for gaze in a reference image, and as `read_table` does.
    """
    form, wanted = layout(path), reading.recording if reading else ""
    if set(_WORLD) <= set(form.names) or set(_SURFACE) <= set(form.names):
        return _core(form, wanted)
    if set(_SCENE) <= set(form.names) or set(_MAPPED) <= set(form.names):
        return _neon(form, wanted)
    if _REFERENCE in form.names:
        raise ValueError(f"{path.name} is gaze in a reference image of unknown size: map it as CSV")
    raise ValueError(
        f"{path.name} is not an export of Pupil Labs: its columns are {', '.join(form.names[:12])}"
    )
