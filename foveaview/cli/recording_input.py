"""Read the recording of a command; guess the columns and show the guess, or ask for options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from foveaview.gaze.recording import Recording
from foveaview.gaze.recordings import (
    ColumnMapping,
    ColumnProposal,
    NeedsChoice,
    NeedsMapping,
    proposal_of,
    read_recording,
)
from foveaview.gaze.screen_placement import screen_size
from foveaview.settings import ReadingSettings

__all__ = ["columns_of", "read_gaze"]

_REMEDY = (
    "columns such as t, time, timestamp_ms and x, y, gaze_x, gaze_y, left_x, left_y are recognised; "
    "name others with --column x=NAME --column y=NAME --column time=NAME (or rate_hz=NUMBER), "
    "or open it once in the window, map its columns and export it (Gaze, Export gaze as CSV)"
)
_CHOICES = {
    "unit": "--unit image, screen or px (or PsychoPy's norm or height)",
    "origin": "--origin top-left, bottom-left, centre (y upwards) or centre-y-down",
}


def columns_of(given: list[str] | None) -> dict[str, str]:
    """Parse fields of a `ColumnMapping` given as "field=value"; raise `ValueError` for others.

    >>> columns_of(["time=n", "x=x_left_pix"])
    {'time': 'n', 'x': 'x_left_pix'}
    """
    found: dict[str, str] = {}
    for text in given or []:
        name, sign, value = text.partition("=")
        if not sign or name not in ColumnMapping.model_fields:
            fields = ", ".join(ColumnMapping.model_fields)
            raise ValueError(f"--column {text}: give FIELD=VALUE, the field one of {fields}")
        found[name] = value
    return found


def _said(reading: ReadingSettings) -> dict[str, Any]:
    """Fields of a mapping that the options give."""
    said: dict[str, Any] = {}
    for name in ("unit", "origin"):
        if getattr(reading, name) != "auto":
            said[name] = getattr(reading, name)
    if reading.screen is not None:
        said |= {"screen_width": reading.screen[0], "screen_height": reading.screen[1]}
    return said


def _mapping(path: Path, proposal: ColumnProposal, given: Mapping[str, Any]) -> ColumnMapping:
    """Map the columns by names and numbers, and by the given options, which take precedence.

    Raises:
        ValueError: if something is missing or must be chosen.
    """
    values = {**proposal.found, **given}
    if given.get("rate_hz") and "time" not in given:
        values["time"] = ""
    if not {"x", "y"} <= {*values} or not (values.get("time") or values.get("rate_hz")):
        raise ValueError(f"{NeedsMapping(path, proposal)}: {_REMEDY}")
    asked = [name for name in proposal.asks if name not in given]
    if asked:
        names = ", ".join(f"{name} = {values[name]}" for name in ("time", "x", "y") if values.get(name))
        guess = "; ".join([names, *proposal.guessed])
        needs = " and ".join(_CHOICES[name] for name in asked)
        raise ValueError(
            f"{path.name} does not say its {' and '.join(asked)}: give {needs} (guessed: {guess})"
        )
    return ColumnMapping(**values)


def read_gaze(
    path: Path, reading: ReadingSettings | None = None, columns: Mapping[str, str] | None = None
) -> Recording:
    """Read a recording of a known kind, or a table with column names that say enough.

    The first note of a table shows what was guessed.

    Args:
        path: of the file.
        reading: the recording to read, and facts missing in the file.
        columns: fields of a `ColumnMapping`, for a table of an unknown kind.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is not a recording, or lacks something that is needed.
    """
    reading = reading or ReadingSettings()
    try:
        recording = _read(path, reading, dict(columns or {}))
    except NeedsChoice as question:
        raise ValueError(f"{question}, with --{question.setting} NAME") from question
    return recording if reading.screen is None else replace(recording, screen=screen_size(*reading.screen))


def _read(path: Path, reading: ReadingSettings, columns: dict[str, str]) -> Recording:
    if not columns:
        try:
            return read_recording(path, reading=reading)
        except NeedsMapping as question:
            proposal = question.proposal
    else:
        proposal = proposal_of(path, reading)
    mapping = _mapping(path, proposal, {**columns, **_said(reading)})
    chosen = reading.replace(unit="auto", origin="auto", screen=None)
    recording = read_recording(path, mapping, chosen)
    return replace(recording, notes=(f"read as: {mapping.sentence}", *recording.notes))
