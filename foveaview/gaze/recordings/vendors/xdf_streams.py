"""Find the stream of gaze in an XDF file, and show its channels as the columns of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from foveaview.gaze.lsl.channel_detection import gaze_channels
from foveaview.gaze.lsl.stream_info import StreamDescription, shortened
from foveaview.gaze.recordings.mapping import ColumnMapping
from foveaview.gaze.recordings.proposal import ColumnProposal, proposed
from foveaview.gaze.recordings.table import Table
from foveaview.gaze.recordings.table_layout import TableLayout
from foveaview.gaze.recordings.tables.choice import Choice, NeedsChoice
from foveaview.gaze.recordings.xdf_chunks import Chunks, Stream

__all__ = ["channel_proposal", "channel_table", "chosen_stream", "is_gaze", "is_markers"]

_GAZE = {"gaze", "eyetracker", "eyetracking", "eyegaze", "gazedata", "eye", "eyes", "et"}
_MARKERS = {"markers", "marker", "events", "event", "triggers", "trigger", "stringmarker"}
_OTHERS = {"eeg", "emg", "ecg", "ekg", "eog", "meg", "nirs", "fnirs", "ppg", "gsr", "eda", "audio", "video"}
_OTHERS |= {"mocap", "imu", "accelerometer", "gyroscope", "mouse", "keyboard", "mousebuttons", "control"}
_CLOCK = "time"
_SHOWN = 20

Numbers = npt.NDArray[np.float64]


def _plain(kind: str) -> str:
    return "".join(letter for letter in kind.lower() if letter.isalpha())


def is_gaze(description: StreamDescription) -> bool:
    """Return True if the type of a stream declares gaze.

    >>> is_gaze(StreamDescription("a", "Eye Tracker")), is_gaze(StreamDescription("a", "EEG"))
    (True, False)
    """
    return _plain(description.kind) in _GAZE


def is_markers(stream: Stream) -> bool:
    """Return True for a stream of markers or other texts without a rate."""
    description = stream.description
    return _plain(description.kind) in _MARKERS or not (description.numeric or description.rate_hz)


def _may_be_gaze(stream: Stream) -> bool:
    description = stream.description
    other = _plain(description.kind) in _OTHERS
    return description.numeric and description.count > 1 and not other and not is_markers(stream)


def _is_called(stream: Stream, wanted: str) -> bool:
    description = stream.description
    names = (str(stream.number), description.name, f"{description.name}@{description.hostname}")
    return wanted in names or (wanted != "" and wanted == description.source_id)


def _choice(stream: Stream) -> Choice:
    description = stream.description
    rate = f"{description.rate_hz:g} Hz" if description.rate_hz else "irregular"
    facts = [
        shortened(description.name),
        description.kind or "no type",
        f"{description.count} channels",
        rate,
    ]
    facts += [f"host {shortened(description.hostname)}"] if description.hostname else []
    facts += [f"source_id {shortened(description.source_id)}"] if description.source_id else []
    return Choice(str(stream.number), ", ".join(facts))


def _holds(offered: list[Stream], wanted: str, found: bool) -> str:
    count = f"{len(offered)} streams"
    if wanted:
        return f"holds {count} called {wanted!r}" if found else f"holds no stream {wanted!r} but {count}"
    return (
        f"holds {len(offered)} gaze streams"
        if found
        else f"holds no stream marked as gaze, but {len(offered)} others"
    )


def chosen_stream(path: Path, chunks: Chunks, wanted: str = "") -> tuple[Stream, list[str]]:
    """Find the stream of gaze of a file, with notes on how it was found.

    Args:
        path: path of the file.
        chunks: chunks of the file.
        wanted: number, name, source_id or name@host of the stream; empty for the only one of gaze.

    Raises:
        NeedsChoice: if not exactly one stream matches; it is a `ValueError`.
        ValueError: if no stream can be gaze.
    """
    streams, notes = chunks.streams, [chunks.note] if chunks.note else []
    if wanted:
        found = [stream for stream in streams if _is_called(stream, wanted)]
        exact = [stream for stream in found if str(stream.number) == wanted]
        found = exact if len(found) > 1 and exact else found
    else:
        found = [stream for stream in streams if is_gaze(stream.description)]
    if not found and not wanted:
        found = [one for one in streams if _may_be_gaze(one) and gaze_channels(one.description.channels)]
        notes += [
            f"the stream {one.title} was taken for gaze because of the names of its channels" for one in found
        ]
    if len(found) == 1:
        return found[0], notes
    offered = found or [stream for stream in streams if _may_be_gaze(stream)]
    if offered and streams:
        raise NeedsChoice(path, "stream", list(map(_choice, offered)), _holds(offered, wanted, bool(found)))
    listed = ", ".join(stream.title for stream in streams) or "none"
    broken = f" ({chunks.note})" if chunks.note else ""
    what = f"no stream {wanted!r}" if wanted else "no gaze stream"
    raise ValueError(f"{path.name} has {what}; its streams are {listed}{broken}")


# channels as the columns of a table


def _names(stream: Stream) -> list[str]:
    """Unique names of the channels; a channel without a label is numbered."""
    channels, names = stream.description.channels, [_CLOCK]
    for count in range(stream.description.count):
        label = (channels[count].label if count < len(channels) else "") or f"channel {count}"
        names.append(label if label not in names else f"{label} ({count})")
    return names


def _layout(path: Path, stream: Stream, times: Numbers, rows: Any) -> TableLayout:
    shown = [
        (repr(float(t)), *(repr(float(value)) for value in row))
        for t, row in zip(times[:_SHOWN], rows[:_SHOWN], strict=True)
    ]
    return TableLayout(path, tuple(_names(stream)), "\t", 1, rows=tuple(shown))


def channel_proposal(stream: Stream, times: Numbers, rows: Any) -> ColumnProposal:
    """Guess the meaning of the channels of a stream; the times are those of its samples."""
    found = proposed(_layout(Path(), stream, times, rows))
    known = dict(found.found) | {"time": _CLOCK, "time_unit": "s"}
    known.pop("delimiter")  # a stream has no delimiter
    missing = tuple(what for what in found.missing if what != "times")
    mapping = None if missing else ColumnMapping(**known)
    return ColumnProposal(found.columns, found.rows, mapping, missing, found.guessed, known, found.asks)


def channel_table(path: Path, stream: Stream, times: Numbers, rows: Any, mapping: ColumnMapping) -> Table:
    """Put the channels that a mapping names into a table.

    Raises:
        ValueError: if a channel does not exist.
    """
    form = _layout(path, stream, times, rows)
    columns = np.asarray(rows, np.float64).T
    found = {name: form.index(name) for name in mapping.columns}
    return Table.of(path, {name: columns[at - 1] if at else times for name, at in found.items()})
