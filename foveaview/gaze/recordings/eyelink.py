"""EyeLink recordings: the ASC files that SR Research's edf2asc writes."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from foveaview.gaze.binocular import merged_eyes
from foveaview.gaze.recording import Recording
from foveaview.gaze.recordings.eyelink_lines import AscLines
from foveaview.gaze.recordings.file_access import opened
from foveaview.gaze.recordings.timestamps import check_screen, check_span
from foveaview.perception.interruption import check_interruption
from foveaview.settings import ReadingSettings

__all__ = ["read"]

Numbers = npt.NDArray[np.float64]

_CHUNK_CHARACTERS = 8 << 20
_LARGEST_GAZE_PX = 32_000  # the tracker writes -32768 or 1e8 for lost gaze


def _merged(eyes: str, rows: Numbers, blinks: dict[str, Numbers]) -> Numbers:
    """Return (3, n): seconds, and mean x and y of the open eyes."""
    places = rows[:, 1:].reshape(len(rows), len(eyes), 2).copy()
    places[np.abs(places).max(axis=2) > _LARGEST_GAZE_PX] = np.nan
    for column, eye in enumerate(eyes):
        shut = _within(rows[:, 0], blinks[eye])
        places[shut | np.isnan(places[:, column]).any(axis=1), column] = np.nan
    both = [(places[:, column, 0], places[:, column, 1]) for column in range(len(eyes))]
    x, y = merged_eyes(*both) if len(both) == 2 else both[0]
    return np.vstack((rows[:, 0] / 1000, x, y))


def _within(times: Numbers, spans: Numbers) -> npt.NDArray[np.bool_]:
    """Return (n,), True for increasing times in any of (m, 2) spans, ends included."""
    first = np.searchsorted(times, spans[:, 0], side="left")
    stop = np.searchsorted(times, spans[:, 1], side="right")
    edges = np.zeros(len(times) + 1, dtype=np.int64)
    np.add.at(edges, first, 1)
    np.add.at(edges, np.maximum(stop, first), -1)
    return np.cumsum(edges[:-1]) > 0


def _size(first: float, last: float) -> int:
    """Return the length of a side in pixels, rounded down to even: some files count one pixel too many."""
    size = round(abs(last - first)) + 1
    return size - size % 2


def _opened(path: Path) -> io.TextIOWrapper:
    with opened(path) as file:
        start = file.read(16)
    if start.startswith(b"SR_RESEARCH"):
        raise ValueError(f"{path.name} is an EDF file of EyeLink: convert it with edf2asc to an ASC file")
    file = opened(path)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return io.TextIOWrapper(file, encoding="utf-16", errors="replace")
    file.seek(3 if start.startswith(b"\xef\xbb\xbf") else 0)
    return io.TextIOWrapper(file, encoding="latin-1")  # any byte is a character; only messages are decoded


def _edges(reader: AscLines) -> tuple[float, ...] | None:
    """Return left, top, right and bottom of the screen from a message; None if no message has them."""
    return reader.screens.get("GAZE_COORDS", reader.screens.get("DISPLAY_COORDS"))


def _oddities(reader: AscLines) -> list[str]:
    return [f"{what} ({count}, first in line {line})" for what, (line, count) in reader.oddities.items()]


def _notes(reader: AscLines) -> tuple[str, ...]:
    notes = _oddities(reader)
    pauses = [start - end for end, start in zip(reader.ends, reader.starts[1:], strict=False)]
    if pauses:
        longest = max(pauses) / 1000
        notes.append(f"{len(reader.starts)} blocks, with pauses of up to {longest:.3g} s between them")
    if not reader.stated:
        notes.append("no SAMPLES line states the kind of positions; they were read as gaze in pixels")
    edges = _edges(reader)
    if edges is not None and edges[1] > edges[3]:
        notes.append(
            f"y counts upwards, from {edges[3]:g} to {edges[1]:g}: it was flipped to count downwards"
        )
    if not reader.screens:
        notes.append("no message states the size of the screen (GAZE_COORDS)")
    return tuple(notes)


def _recorded(reader: AscLines) -> Recording:
    blinks = {eye: np.reshape(np.array(spans, dtype=float), (-1, 2)) for eye, spans in reader.spans.items()}
    t, x, y = columns = np.empty((3, sum(len(rows) for _, rows in reader.blocks)))
    stop = columns.shape[1]
    while reader.blocks:  # each block is freed once it is merged
        check_interruption()
        eyes, rows = reader.blocks.pop()
        start = stop - len(rows)
        columns[:, start:stop] = _merged(eyes, rows, blinks)
        stop = start
    check_span(reader.name, t)
    edges = _edges(reader)
    screen = None
    if edges is not None:
        left, top, right, bottom = edges
        screen = check_screen(reader.name, (_size(left, right), _size(top, bottom)))
        x -= left
        np.subtract(top, y, out=y) if top > bottom else np.subtract(y, top, out=y)
    events = tuple(sorted(reader.events, key=lambda event: event.t))
    name, notes = reader.name, _notes(reader)
    return Recording(name, t, x, y, np.isfinite(x), "px", screen, events=events, notes=notes)


def _lines_in(file: io.TextIOWrapper, name: str) -> Iterator[list[str]]:
    """Yield chunks of lines; refuse a file without line breaks instead of reading all of it."""
    rest = ""
    while text := file.read(_CHUNK_CHARACTERS):
        check_interruption()
        lines = (rest + text).split("\n")
        rest = lines.pop()
        if len(rest) > _CHUNK_CHARACTERS:
            raise ValueError(
                f"{name}: a line of more than {_CHUNK_CHARACTERS} characters: it is not an ASC file"
            )
        yield [f"{line}\n" for line in lines]
    if rest:
        yield [rest]


def _lines_of(path: Path) -> AscLines:
    number = 1
    try:
        with _opened(path) as file:
            reader = AscLines(path.name, bytewise=file.encoding == "latin-1")
            for lines in _lines_in(file, path.name):
                reader.add(lines, number)
                number += len(lines)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        what = "the gzip file is truncated: copy the file again"
        raise ValueError(f"{path.name}, after line {number - 1}: {what}") from error
    return reader


def read(path: Path | str, reading: ReadingSettings | None = None) -> Recording:
    """Read an ASC file of one eye or both.

    Times are seconds of the tracker's clock, positions are pixels from the top left corner of the screen. If
    both eyes were seen, the position is their mean. An eye counts as lost during a blink and the saccade
    around it, for which the tracker mistakes the moving lid.

    Args:
        path: path of the file, which may be gzipped.
        reading: options; an ASC file supports none, and choosing a recording is an error.

    Raises:
        ValueError: if the file is an EDF file, has positions other than gaze, no samples, or an invalid line,
            whose number is given.
        OSError: if the file cannot be read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.asc")
    ...     _ = file.write_text('''MSG 1000 GAZE_COORDS 0 0 1919 1079
    ... SAMPLES GAZE LEFT RATE 500.00 TRACKING CR FILTER 2
    ... 1000 960.0 540.0 288.0 ...
    ... 1002 . . 0.0 .C.
    ... ''')
    ...     recording = read(file)
    >>> recording.t, recording.x, recording.screen
    (array([1. , 1.002]), array([960., nan]), (1920, 1080))
    """
    path = Path(path)
    if reading is not None and reading.recording:
        raise ValueError(f"{path.name} holds only one recording: leave the choice out")
    reader = _lines_of(path)
    reader.flush()
    if not reader.blocks:
        odd = "; ".join(_oddities(reader))
        what = f"holds no samples{odd and f' ({odd})'}: convert the EDF file with edf2asc without -e and -ns"
        raise ValueError(f"{path.name} {what}, or open another file")
    return _recorded(reader)
