"""Refuse files without samples, and name the file beside them that holds the samples."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from foveaview.gaze.recordings.table_layout import TableLayout
from foveaview.gaze.recordings.tables.column_names import words_of

__all__ = ["check_samples"]

_NEON_EVENTS = ("fixation id", "saccade id", "blink id")
_STARTS, _ENDS = {"start", "onset", "begin"}, {"end", "offset", "duration", "dur", "stop"}


def _pupil_core(path: Path, names: set[str]) -> str:
    """Explain why an export of Pupil Player holds no samples; empty if it may."""
    if not {"norm_pos_x", "norm_pos_y"} <= names:
        return ""
    if "start_timestamp" in names or "start_frame_index" in names:
        surface = path.name.partition("fixations_on_surface_")[2]
        other = f"gaze_positions_on_surface_{surface}" if surface else "gaze_positions.csv"
        return f"holds fixations, not samples: open {other} of the same export"
    if names & {"diameter", "eye_id", "pupil_timestamp", "ellipse_center_x"}:
        return "holds pupils in the eye cameras' images, not gaze: open gaze_positions.csv beside it"
    return ""


def _neon(path: Path, names: set[str]) -> str:
    """Explain why an export of Neon or Invisible holds no samples; empty if it may."""
    stamped = {"timestamp [ns]", "start timestamp [ns]"} & names
    if not stamped or any(name.startswith("gaze ") for name in names):
        return ""
    kind = next((name[: -len(" id")] for name in sorted(names) if name in _NEON_EVENTS), "")
    what = f"holds {kind}s" if kind else "holds no gaze"
    return f"{what}, not samples of gaze: open gaze.csv of the same export"


def _data_viewer(path: Path, names: set[str]) -> str:
    if any(name.startswith(("CURRENT_FIX_", "CURRENT_SAC_", "IA_")) for name in names):
        what = "is a report of fixations, saccades or areas, not of samples"
        return f"{what}: export a Sample Report with Data Viewer"
    return ""


def _gazepoint(path: Path, names: set[str]) -> str:
    if "FPOGX" in names and path.name.lower().endswith("_fixations.csv"):
        other = re.sub("_fixations.csv$", "_all_gaze.csv", path.name, flags=re.IGNORECASE)
        return f"holds fixations, not samples: open {other} of the same export"
    return ""


def _smi(path: Path, names: set[str]) -> str:
    if {"Time", "Type", "Trial"} <= names and any(" Raw X" in name for name in names):
        what = "holds pupils in the camera's image (Raw), not gaze on the screen"
        return f"{what}: export the point of regard (POR) with the IDF Converter"
    return ""


def _jspsych(path: Path, names: set[str]) -> str:
    if "webgazer_data" in names:
        what = "holds gaze as JSON in a column (webgazer_data)"
        return f"{what}: save the experiment's data as JSON, with jsPsych.data.get().json(), and open that"
    return ""


def _fixations(path: Path, names: set[str]) -> str:
    words = [{*words_of(name)} for name in names]
    if any(word & _STARTS for word in words) and any(word & _ENDS for word in words):
        return "holds fixations or events with a start and an end, not samples: open the file of the samples"
    return ""


_CERTAIN: tuple[Callable[[Path, set[str]], str], ...] = (
    _pupil_core,
    _neon,
    _data_viewer,
    _gazepoint,
    _smi,
    _jspsych,
)


def check_samples(form: TableLayout, likely: bool = False) -> None:
    """Refuse a table that holds no samples of gaze.

    Args:
        form: layout of the table.
        likely: True to refuse also a table with columns of a start and an end.

    Raises:
        ValueError: with the file to open instead.

    >>> columns = ("norm_pos_x", "norm_pos_y", "start_timestamp")
    >>> check_samples(TableLayout(Path("fixations.csv"), columns, ",", 2))
    Traceback (most recent call last):
    ...
    ValueError: fixations.csv holds fixations, not samples: open gaze_positions.csv of the same export
    """
    for kind in (*_CERTAIN, _fixations) if likely else _CERTAIN:
        wrong = kind(form.path, {*form.names})
        if wrong:
            raise ValueError(f"{form.path.name} {wrong}")
