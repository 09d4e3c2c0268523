"""XDF recordings, which LabRecorder writes from streams of the Lab Streaming Layer; read with pyxdf."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from foveaview.gaze.lsl.mapping import Mapping, merged
from foveaview.gaze.lsl.proposal import propose
from foveaview.gaze.lsl.stream_info import StreamDescription
from foveaview.gaze.origin import from_top_left
from foveaview.gaze.recording import Event, Recording
from foveaview.gaze.recordings.csv import recorded_by
from foveaview.gaze.recordings.file_access import opened
from foveaview.gaze.recordings.mapping import ColumnMapping
from foveaview.gaze.recordings.proposal import ColumnProposal, NeedsMapping
from foveaview.gaze.recordings.tables.sections import LabelledRows, chosen_rows
from foveaview.gaze.recordings.timestamps import check_screen, check_span
from foveaview.gaze.recordings.vendors.xdf_streams import (
    channel_proposal,
    channel_table,
    chosen_stream,
    is_gaze,
    is_markers,
)
from foveaview.gaze.recordings.xdf_chunks import Stream, Until, chunks_in, streams_in
from foveaview.gaze.sample import Unit
from foveaview.perception.interruption import check_interruption
from foveaview.settings import ReadingSettings

__all__ = ["gaze_streams", "propose_channels", "read"]

Numbers = npt.NDArray[np.float64]


def _library() -> Any:
    try:
        import pyxdf
    except ImportError as error:
        raise ImportError("an XDF file needs pyxdf: pip install 'foveaview[lsl]'") from error
    return pyxdf


class _Heard(logging.Handler):
    """Collects the errors that a library logs."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def _quiet() -> Iterator[_Heard]:
    """Collect what pyxdf logs about damage that it skips, instead of showing it."""
    logger, heard = logging.getLogger("pyxdf"), _Heard()
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(heard)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield heard
    finally:
        logger.removeHandler(heard)
        logger.propagate = propagated


def _loaded(path: Path, end: int, numbers: Sequence[int], notes: list[str]) -> dict[int, dict[str, Any]]:
    """Load streams by number, with their recorded times on the clock of the recording computer."""
    load = _library().load_xdf
    try:
        with _quiet() as heard, Until(opened(path), end) as file:
            # not smoothed: over a gap, smoothing would move every time
            streams, _ = load(file, select_streams=list(numbers), dejitter_timestamps=False)
    except Exception as error:  # damage can make pyxdf raise anything
        raise ValueError(f"{path.name} is damaged: pyxdf cannot read it ({error!r:.100})") from error
    damage = [said for said in heard.said if "footer" not in said]
    if damage:
        raise ValueError(f"{path.name} is damaged: {damage[0]:.200}")
    notes += ["the end of a stream (its footer) is damaged"] if heard.said else []
    return {stream["info"]["stream_id"]: stream for stream in streams}


def _understood(path: Path, description: StreamDescription) -> tuple[Mapping | None, list[str]]:
    """Map the channels, with notes on guesses; return None if the user must map them."""
    proposal = propose(description)
    if proposal.verdict == "refused":
        raise ValueError(f"{path.name}: {proposal.reason}")
    if proposal.verdict == "ready" or proposal.mapping is None:
        return proposal.mapping, []
    return proposal.mapping, [
        f"the stream's header is incomplete, so its mapping was guessed: {proposal.reason}"
    ]


def _in_order(times: Numbers, notes: list[str]) -> npt.NDArray[np.intp]:
    """Return the indices of the samples with a time, sorted, one for each time."""
    finite = np.flatnonzero(np.isfinite(times))
    if len(finite) < len(times):
        notes.append(f"{len(times) - len(finite)} samples without a time were left out")
    back = int((np.diff(times[finite]) < 0).sum())
    if back:
        notes.append(f"the times go back {back} times; they were sorted")
    order = finite[np.argsort(times[finite], kind="stable")]
    again = np.diff(times[order], prepend=-np.inf) == 0
    if again.any():
        notes.append(f"{int(again.sum())} samples with the same time as another were left out")
    return order[~again]


def _events(stream: dict[str, Any]) -> Iterator[Event]:
    for t, row in zip(stream["time_stamps"], stream["time_series"], strict=True):
        if np.isfinite(t):
            yield Event(float(t), " ".join(str(value) for value in row))


def gaze_streams(path: Path | str) -> dict[int, StreamDescription]:
    """Return by number the streams of a file that declare gaze in their headers.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if the file is damaged or not an XDF file.
    """
    found = streams_in(Path(path))
    return {stream.number: stream.description for stream in found if is_gaze(stream.description)}


def _placed(
    mapping: Mapping, rows: npt.ArrayLike, reading: ReadingSettings, screen: tuple[int, int] | None
) -> tuple[Unit, Numbers, Numbers]:
    """Return unit, x and y; the reading takes precedence over the header."""
    if reading.unit == "auto" and reading.origin == "auto":
        x, y, _ = merged(mapping, rows)
        return mapping.unit, x, y
    unit = mapping.unit if reading.unit == "auto" else reading.unit
    origin = mapping.origin if reading.origin == "auto" else reading.origin
    counted: Unit = "screen" if unit in ("norm", "height") else unit  # type: ignore[assignment]
    x, y, _ = merged(mapping.replace(unit=counted, origin="top-left"), rows)
    return from_top_left((x, y), unit, origin, reading.screen or screen)


def _by_header(
    path: Path,
    mapping: Mapping,
    series: dict[str, Any],
    screen: tuple[int, int] | None,
    reading: ReadingSettings,
) -> Recording:
    """Build a recording from a stream with known channels, and note oddities of its times."""
    times, notes = series["time_stamps"], list[str]()
    rows = chosen_rows(LabelledRows(path, times, {}), reading.recording)
    if rows is not None:
        notes.append(f"of several recordings, this is {reading.recording}")
    unit, x, y = _placed(mapping, series["time_series"], reading, screen)
    kept = np.arange(len(times)) if rows is None else rows
    order = kept[_in_order(times[kept], notes)]
    check_span(path.name, times[order])
    return Recording(
        path.name, times[order], x[order], y[order], np.isfinite(x[order]), unit, notes=tuple(notes)
    )


def _recorded(
    path: Path,
    stream: Stream,
    series: dict[str, Any],
    how: Mapping | ColumnMapping,
    reading: ReadingSettings,
) -> Recording:
    screen = check_screen(path.name, stream.description.screen)
    if isinstance(how, ColumnMapping):
        table = channel_table(path, stream, series["time_stamps"], series["time_series"], how)
        recording = recorded_by(table, how, reading)
        return replace(recording, screen=recording.screen or screen)
    return replace(_by_header(path, how, series, screen, reading), screen=screen)


def propose_channels(path: Path, reading: ReadingSettings | None = None) -> ColumnProposal:
    """Guess the meaning of a stream's channels by their names and first rows, ignoring its header.

    Raises:
        ImportError: if pyxdf is not installed.
        OSError: if the file cannot be read.
        ValueError: as `read` does, for the file and the choice of the stream.
    """
    _library()
    chunks = chunks_in(path)
    chosen, _ = chosen_stream(path, chunks, reading.stream if reading else "")
    series = _loaded(path, chunks.end, [chosen.number], [])[chosen.number]
    return channel_proposal(chosen, series["time_stamps"], series["time_series"])


def read(
    path: Path | str,
    reading: ReadingSettings | None = None,
    mapping: Mapping | ColumnMapping | None = None,
) -> Recording:
    """Read a stream of gaze, and all streams of markers as events.

    Channels are interpreted as those of a live stream. Times are those of the recording computer. If the file
    breaks off, its intact part is read, with a note.

    Args:
        path: path of the file, which may be gzipped.
        reading: stream and recording to read, and facts that the header lacks.
        mapping: meaning of the channels; None to use the header.

    Raises:
        ImportError: if pyxdf is not installed.
        OSError: if the file cannot be read.
        NeedsChoice: if there are several streams or recordings and none is chosen; it is a `ValueError`.
        NeedsMapping: if the header does not say which channels are x and y; it is a `ValueError`.
        ValueError: if the file is damaged, or its gaze is not on a screen.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.xdf")
    ...     _ = file.write_bytes(b"XDF:")
    ...     read(file)
    Traceback (most recent call last):
    ...
    ValueError: a.xdf has no gaze stream; its streams are none
    """
    path, reading = Path(path), reading or ReadingSettings()
    _library()
    chunks = chunks_in(path)
    chosen, notes = chosen_stream(path, chunks, reading.stream)
    how: Mapping | ColumnMapping | None = mapping
    if how is None:
        how, said = _understood(path, chosen.description)
        notes += said
    markers = [each.number for each in chunks.streams if is_markers(each) and each is not chosen]
    loaded = _loaded(path, chunks.end, [chosen.number, *markers], notes)
    check_interruption()
    series = loaded[chosen.number]
    if not len(series["time_stamps"]):
        broken = f" ({chunks.note})" if chunks.note else ""
        raise ValueError(f"{path.name}: the stream {chosen.title} holds no samples{broken}")
    if how is None:
        raise NeedsMapping(path, channel_proposal(chosen, series["time_stamps"], series["time_series"]))
    try:
        recording = _recorded(path, chosen, series, how, reading)
    except ValueError as error:
        said_by = str(error).startswith(path.name)
        if said_by:
            raise
        raise ValueError(f"{path.name}: {error}") from error
    events = sorted((e for number in markers for e in _events(loaded[number])), key=lambda event: event.t)
    return replace(recording, events=tuple(events), notes=(*notes, *recording.notes))
