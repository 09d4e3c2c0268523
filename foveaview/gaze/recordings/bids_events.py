"""Events of a BIDS recording, from the file beside its samples.

Source: Brain Imaging Data Structure 1.11, "Physiological recordings", "Physiology events". OnsetSource names
the column of the samples that onsets refer to; if it is "n/a", onsets count rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from foveaview.gaze.recording import Event
from foveaview.gaze.recordings.bids_clock import S_PER_UNIT, TIMES, Clock
from foveaview.gaze.recordings.bids_metadata import described, names_of, said_of
from foveaview.gaze.recordings.table import Numbers, Table, read_table
from foveaview.gaze.recordings.table_layout import MISSING, layout

__all__ = ["physio_events"]

_TEXTS = ("trial_type", "message", "value", "blink")
_CLOSED = ("1", "1.0", "true", "True")
_FAR_S = 86_400.0  # events a day from the samples are broken or of another clock
_MOST_AT_ONCE = 10  # simultaneous events


def physio_events(path: Path, clock: Clock) -> tuple[list[Event], list[str]]:
    """Return the events of the file beside the samples, and a note if that file is broken.

    Args:
        path: path of the samples.
        clock: clock of the samples, after it has read their times.
    """
    stem = path.name.partition(".")[0].rpartition("_")[0]
    there = [path.with_name(f"{stem}_physioevents.tsv{packed}") for packed in (".gz", "")]
    for file in there:
        if file.is_file():
            try:
                return _read_events(file, clock)
            except (OSError, ValueError, ArithmeticError, RecursionError) as error:
                return [], [f"no events: {error}"]
    return [], []


def _read_events(file: Path, clock: Clock) -> tuple[list[Event], list[str]]:
    about = described(file)
    names = names_of(about, file)
    texts = [name for name in _TEXTS if name in names]
    long = [name for name in ("duration",) if name in names]
    table = read_table(layout(file, names, "\t"), ["onset", *long], texts=texts)
    source = str(about.get("OnsetSource", ""))
    duration, notes = _durations(about, table[long[0]] if long else np.zeros(table.rows), source, clock)
    said = _said(table, texts)
    rows = np.flatnonzero(np.isfinite(table["onset"])).tolist()
    events = [
        Event(
            clock.onset(float(table["onset"][row]), source),
            ": ".join(said.get(row, ["event"])),
            float(duration[row]),
        )
        for row in rows
    ]
    can_be = _can_be(events, clock)
    odd = [row for row, fine in zip(rows, can_be, strict=True) if not fine]
    notes += [_left_out(len(odd), table.line(odd[0]))] if odd else []
    return list(compress(events, can_be)), notes


def _can_be(events: list[Event], clock: Clock) -> list[bool]:
    """Return True for each event that has a duration of 0 s or more and begins and ends near the samples."""
    begin, duration = np.array([(event.t, event.duration) for event in events]).reshape(-1, 2).T
    near = [clock.away_s(t) <= _FAR_S for t in (begin, begin + duration)]
    return [bool(fine) for fine in (duration >= 0) & near[0] & near[1]]


def _left_out(count: int, line: int) -> str:
    events = "1 event is" if count == 1 else f"{count} events are"
    return f"{events} left out, the first in line {line}: shorter than 0 s, or over a day from the samples"


def _said(table: Table, texts: list[str]) -> dict[int, list[str]]:
    """Return the words of each row, among them "blink" if the eye was closed."""
    said: dict[int, list[str]] = {}
    for name in texts:
        for row, text in table.texts[name]:
            if text.lower() in MISSING:
                continue
            if name != "blink":
                said.setdefault(row, []).append(text)
            elif text in _CLOSED:
                said.setdefault(row, []).append(name)
    return said


def _durations(
    about: Mapping[str, Any], duration: Numbers, source: str, clock: Clock
) -> tuple[Numbers, list[str]]:
    """Return the durations in seconds, and a note if their unit was guessed.

    BIDS wants seconds, but its own example has milliseconds beside timestamps in milliseconds. Durations are
    therefore read in the unit of the timestamps if they are too long for the recording as seconds.
    """
    duration = np.nan_to_num(duration)
    unit = said_of(about, "duration", "Units").lower()
    if unit in S_PER_UNIT:
        return duration * S_PER_UNIT[unit], []
    stamped = source in TIMES and clock.scale not in (None, 1.0)
    if stamped and clock.scale and duration.sum() > _MOST_AT_ONCE * clock.span_s:
        return duration * clock.scale, ["durations of events are in the unit of the timestamps"]
    return duration, []
