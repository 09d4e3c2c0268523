"""XDF recordings, as LabRecorder makes them of streams of the Lab Streaming Layer; read by pyxdf."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from foveaview.gaze.lsl.description import StreamDescription
from foveaview.gaze.lsl.mapping import Mapping, merged
from foveaview.gaze.lsl.proposal import propose
from foveaview.gaze.lsl.streams import KINDS
from foveaview.gaze.recording import Event, Recording
from foveaview.gaze.recordings.opening import opened
from foveaview.gaze.recordings.times import check_screen, check_span
from foveaview.gaze.recordings.xdf_chunks import Stream, streams_in
from foveaview.perception.interruption import check_interruption

__all__ = ["gaze_streams", "read"]

Numbers = npt.NDArray[np.float64]

_MARKERS = ("markers", "marker", "events", "event", "triggers", "trigger")


def _library() -> Any:
    try:
        import pyxdf
    except ImportError as error:
        raise ImportError("an XDF file needs pyxdf: pip install 'foveaview[lsl]'") from error
    return pyxdf


class _Heard(logging.Handler):
    """Keeps what a library says to itself."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def _quiet() -> Iterator[_Heard]:
    """pyxdf logs what it finds damaged and goes on without it: what it says is kept, and shown to nobody."""
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


def _loaded(path: Path, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Streams by their numbers; their times as they were recorded, on the recording computer's clock."""
    load = _library().load_xdf
    try:
        with _quiet() as heard:
            # the times are not smoothed: over a gap that would move each of them
            streams, _ = load(opened(path), select_streams=list(numbers), dejitter_timestamps=False)
    except Exception as error:  # pyxdf raises whatever the damage leads to
        raise ValueError(f"{path.name} is damaged: pyxdf cannot read it ({error!r:.100})") from error
    if heard.said:
        raise ValueError(f"{path.name} is damaged: {heard.said[0]:.200}")
    return {stream["info"]["stream_id"]: stream for stream in streams}


def _title(stream: Stream) -> str:
    description = stream.description
    return f"{description.name!r} ({description.kind or 'no type'}, number {stream.number})"


def _chosen(name: str, streams: list[Stream], wanted: str | None) -> Stream:
    if wanted is None:
        found = [stream for stream in streams if stream.description.kind in KINDS]
    else:
        found = [stream for stream in streams if wanted in (stream.description.name, str(stream.number))]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(_title(stream) for stream in found or streams) or "none at all"
    if found:
        raise ValueError(f"{name} has several streams to choose from: {listed}; name one, or give its number")
    what = "no stream of gaze" if wanted is None else f"no stream {wanted!r}"
    raise ValueError(f"{name} has {what}; its streams are {listed}")


def _understood(description: StreamDescription, mapping: Mapping | None) -> tuple[Mapping, list[str]]:
    """What the channels are, and what is odd about that."""
    if mapping is not None:
        return mapping, []
    proposal = propose(description)
    if proposal.verdict == "refused" or proposal.mapping is None:
        raise ValueError(proposal.reason)
    if proposal.verdict == "ready":
        return proposal.mapping, []
    return proposal.mapping, [f"the stream does not say all and was guessed at: {proposal.reason}"]


def _in_order(times: Numbers, notes: list[str]) -> npt.NDArray[np.intp]:
    """Indices of the samples with a time, each time once, in their order."""
    finite = np.flatnonzero(np.isfinite(times))
    if len(finite) < len(times):
        notes.append(f"{len(times) - len(finite)} samples without a time were left out")
    back = int((np.diff(times[finite]) < 0).sum())
    if back:
        notes.append(f"the times go back {back} times; they were sorted")
    order = finite[np.argsort(times[finite], kind="stable")]
    again = np.diff(times[order], prepend=-np.inf) == 0
    if again.any():
        notes.append(f"{int(again.sum())} samples with the time of another were left out")
    return order[~again]


def _is_markers(stream: Stream) -> bool:
    description = stream.description
    return description.kind.lower() in _MARKERS or not (description.numeric or description.rate_hz)


def _events(stream: dict[str, Any]) -> Iterator[Event]:
    for t, row in zip(stream["time_stamps"], stream["time_series"], strict=True):
        if np.isfinite(t):
            yield Event(float(t), " ".join(str(value) for value in row))


def gaze_streams(path: Path | str) -> dict[int, StreamDescription]:
    """The streams of a file that say that they are gaze, by their numbers in it.

    Raises:
        OSError: where the file cannot be read.
        ValueError: where it is no XDF file or is damaged.
    """
    found = streams_in(Path(path))
    return {stream.number: stream.description for stream in found if stream.description.kind in KINDS}


def read(path: Path | str, stream: str | None = None, mapping: Mapping | None = None) -> Recording:
    """Read a stream of gaze, and all streams of markers as events.

    The channels are understood as those of a live stream are. Times are those of the recording computer.

    Args:
        path: of the file, which may be gzipped.
        stream: name or number of the stream; None for the only one of gaze.
        mapping: what its channels are; None for what its header makes of them.

    Raises:
        ImportError: without pyxdf.
        OSError: where the file cannot be read.
        ValueError: for a damaged file, where there is not one such stream, for gaze that is not on a screen.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.xdf")
    ...     _ = file.write_bytes(b"XDF:")
    ...     read(file)
    Traceback (most recent call last):
    ...
    ValueError: a.xdf has no stream of gaze; its streams are none at all
    """
    path = Path(path)
    _library()
    streams = streams_in(path)
    chosen = _chosen(path.name, streams, stream)
    markers = [each.number for each in streams if _is_markers(each) and each is not chosen]
    try:
        mapping, notes = _understood(chosen.description, mapping)
        loaded = _loaded(path, [chosen.number, *markers])
        check_interruption()
        series = loaded[chosen.number]
        x, y, valid = merged(mapping, series["time_series"])
    except ValueError as error:
        said = str(error)
        raise ValueError(said if said.startswith(path.name) else f"{path.name}: {said}") from error
    order = _in_order(series["time_stamps"], notes)
    if not len(order):
        raise ValueError(f"{path.name}: the stream {_title(chosen)} holds no samples")
    check_span(path.name, series["time_stamps"][order])
    screen = check_screen(path.name, chosen.description.screen)
    events = sorted((e for number in markers for e in _events(loaded[number])), key=lambda event: event.t)
    return Recording(
        path.name,
        series["time_stamps"][order],
        x[order],
        y[order],
        valid[order],
        mapping.unit,
        screen,
        events=tuple(events),
        notes=tuple(notes),
    )
