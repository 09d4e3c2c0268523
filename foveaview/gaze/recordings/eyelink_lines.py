"""Bulk reading of the lines of EyeLink's ASC files.

Source: "The ASC File Format" in the EyeLink 1000, II and Portable Duo user manuals. A sample is a line that
begins with a digit in column 0, between START and END. The calibration report between two blocks has lines
that begin with spaces and numbers. Files converted without events have no START; all their samples count.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from foveaview.gaze.recording import Event
from foveaview.perception.interruption import check_interruption

__all__ = ["AscLines"]

Numbers = npt.NDArray[np.float64]

_SAMPLES_AT_ONCE = 200_000
_HALF_MS_RATE_HZ = 2000
_MISSING = re.compile(r"\.(?=\s)(?<=\s\.)")
_SPACES = re.compile(r"[ \t]+")
_EYES = {"LEFT": "L", "RIGHT": "R"}
_MOVEMENTS = ("FIX", "SACC", "BLINK")
_CONVERT = "convert the EDF file again with edf2asc -sg, which writes gaze on the screen"


class _RefusedError(ValueError):
    """The file cannot be read; the message says why."""


@dataclass
class AscLines:
    """State of the reader after the lines added so far; lines must be added in order.

    Attributes:
        name: name of the file.
        bytewise: True if each character is one byte of the file (Latin-1), not decoded yet.
        eyes: "L", "R" or "LR", for the samples to come.
        stated: True if a line said what the samples are.
        rate_hz: sampling rate of the samples to come; 0 if unknown.
        screens: left, top, right and bottom in pixels, by the name of the message. The top is the larger
            number if y counts upwards.
        blocks: eyes, and (n, 1 + 2 * eyes) ms, x and y; missing gaze is NaN.
        events: events of the file.
        spans: first and last ms of the blinks of each eye.
        starts, ends: ms of the START and END lines.
        oddities: line of the first occurrence and number of occurrences of each oddity.
        waiting: lines of samples that are not parsed yet.
        runs: index in `waiting` and line number of the first line of each run.
        newest_ms: highest time so far.
        open: True while a block is open; None before the first START.
        kept: number of blocks closed by an END before the first START.

    >>> lines = AscLines("a.asc")
    >>> lines.add(["START 1000 RIGHT SAMPLES\\n", "1000 960.0 540.0 288.0 ...\\n"], 1)
    >>> lines.flush()
    >>> lines.blocks
    [('R', array([[1000.,  960.,  540.]]))]
    """

    name: str
    bytewise: bool = False
    eyes: str = ""
    stated: bool = False
    rate_hz: float = 0.0
    screens: dict[str, tuple[float, ...]] = field(default_factory=dict)
    blocks: list[tuple[str, Numbers]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    spans: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: {"L": [], "R": []})
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    oddities: dict[str, list[int]] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    runs: list[tuple[int, int]] = field(default_factory=list)
    newest_ms: float = -np.inf
    open: bool | None = None
    kept: int = 0

    def note(self, what: str, line: int, count: int = 1) -> None:
        """Count an oddity, and remember the line of its first occurrence."""
        self.oddities.setdefault(what, [line, 0])[1] += count

    def _refused(self, line: int, what: str) -> _RefusedError:
        return _RefusedError(f"{self.name}, line {line}: {what}")

    def add(self, lines: list[str], first: int) -> None:
        """Read lines; `first` is the number of the first one."""
        check_interruption()
        others = [index for index, line in enumerate(lines) if not line[:1].isdigit()]
        for before, here in pairwise([-1, *others, len(lines)]):
            if here - before > 1:
                self._wait(lines[before + 1 : here], first + before + 1)
            if here < len(lines):
                self._line(lines[here], first + here)
        if len(self.waiting) >= _SAMPLES_AT_ONCE:
            self.flush()

    def _wait(self, lines: list[str], first: int) -> None:
        """Queue lines of samples for `flush`, unless they are outside a block."""
        if self.open is False:
            self.note("samples outside START and END were left out", first, len(lines))
            return
        self.runs.append((len(self.waiting), first))
        self.waiting += lines

    def _line(self, line: str, number: int) -> None:
        """Read a line that is not a sample."""
        words = line.split()
        if not words or line[0] in "*#;/":
            return
        if line[0].isspace():
            if self.open is not False and words[0][0].isdigit() and self.rate_hz:
                self.note("lines that begin with spaces are not samples and were left out", number)
            return
        kind = words[0].upper()
        read = _KINDS.get(kind, _KINDS.get(kind[1:]) if kind[0] in "SE" else None)
        try:
            if read is not None:
                read(self, words, line, number)
        except _RefusedError:
            raise
        except (IndexError, ValueError):
            self.note(f"malformed lines that begin with {kind} were left out", number)

    def flush(self) -> None:
        """Parse the queued samples."""
        if not self.waiting:
            return
        self.eyes = self.eyes or _guessed_eyes(self.waiting[0])
        columns = [0, 1, 2] if len(self.eyes) == 1 else [0, 1, 2, 4, 5]
        rows = self._in_order(self._numbers(columns))
        if len(rows):
            self.blocks.append((self.eyes, rows))
        self.waiting, self.runs = [], []

    def _numbers(self, columns: list[int]) -> Numbers:
        lines = _MISSING.sub("nan", "".join(self.waiting).rstrip("\n") + "\n").split("\n")[:-1]
        try:
            return _table(lines, columns)
        except ValueError:
            index = next(index for index, line in enumerate(lines) if not _readable(line, columns))
            if index < len(lines) - 1 or self.waiting[index].endswith("\n"):
                eyes = "both eyes" if len(columns) > 3 else "one eye"
                what = (
                    f"a sample of {eyes} must have a time, x, y and pupil, got {lines[index].strip()[:80]!r}"
                )
                raise self._refused(self._number(index), what) from None
        self.note("the file ends in the middle of a sample, which was left out", self._number(index))
        return _table(lines[:-1], columns)

    def _number(self, index: int) -> int:
        """Return the line number of a queued sample."""
        start, line = self.runs[bisect_right([start for start, _ in self.runs], index) - 1]
        return line + index - start

    def _in_order(self, rows: Numbers) -> Numbers:
        """Keep the samples with increasing times.

        At 2000 Hz or an unknown rate, the second of two samples of one millisecond is moved by half a
        millisecond.
        """
        if not np.isfinite(rows[:, 0]).all():
            index = int(np.flatnonzero(~np.isfinite(rows[:, 0]))[0])
            raise self._refused(self._number(index), "a sample has no time")
        times = rows[:, 0]
        before = np.concatenate(([np.floor(self.newest_ms)], times[:-1]))
        if self.rate_hz in (0, _HALF_MS_RATE_HZ):
            times[(times == before) & (times == np.floor(times))] += 0.5
        highest = np.maximum.accumulate(np.concatenate(([self.newest_ms], times)))
        late = times <= highest[:-1]
        if late.any():
            line = self._number(int(np.flatnonzero(late)[0]))
            what = "samples no later than the previous one were left out"
            self.note(what, line, int(late.sum()))
        self.newest_ms = float(highest[-1])
        return rows[~late]

    # lines that are not samples

    def _message(self, words: Sequence[str], line: str, number: int) -> None:
        text = _SPACES.split(line.strip(" \t\r\n\0"), 2)[2:]
        self.events.append(_event(float(words[1]), self._decoded(text[0] if text else "", number)))
        name = words[2] if len(words) > 2 else ""
        if name in ("GAZE_COORDS", "DISPLAY_COORDS"):
            edges = tuple(float(word) for word in words[3:] if word != "=")
            if (
                len(edges) < 4
                or not np.isfinite(edges).all()
                or not (edges[0] < edges[2] and edges[1] != edges[3])
            ):
                raise ValueError
            if self.screens.setdefault(name, edges[:4]) != edges[:4]:
                self.note(f"{name} change within the file; the first ones were used", number)

    def _decoded(self, text: str, number: int) -> str:
        if not self.bytewise or text.isascii():
            return text
        try:
            return text.encode("latin-1").decode()
        except UnicodeDecodeError:
            self.note("messages are not in UTF-8 and were read as Latin-1", number)
            return text

    def _samples(self, words: Sequence[str], line: str, number: int) -> None:
        kind = words[1].upper()
        if kind != "GAZE":
            meant = {"HREF": "angles of the head's frame (HREF)", "PUPIL": "raw pupil positions (RAW)"}
            what = meant.get(kind, f"of kind {kind}")
            raise self._refused(number, f"the samples are {what}, not gaze on the screen: {_CONVERT}")
        self.flush()
        self.eyes = _eyes(words)
        self.stated = True
        if "RATE" in words:
            self.rate_hz = float(words[words.index("RATE") + 1])

    def _start(self, words: Sequence[str], line: str, number: int) -> None:
        if self.open is None:
            self._drop_before_first_start()
        self.open = True
        time = float(words[1])
        self.starts.append(time)
        self.events.append(_event(time, "START"))
        if not self.stated and _eyes(words):
            self.flush()
            self.eyes = _eyes(words)

    def _end(self, words: Sequence[str], line: str, number: int) -> None:
        time = float(words[1])
        self.ends.append(time)
        self.events.append(_event(time, "END"))
        if self.open is None:  # the file begins within a block or has no START
            self.flush()
            self.kept = len(self.blocks)
        else:
            self.open = False

    def _drop_before_first_start(self) -> None:
        """Drop lines that look like samples but precede the first START."""
        lines = len(self.waiting) + sum(len(rows) for _, rows in self.blocks[self.kept :])
        if lines:
            line = self.runs[0][1] if self.runs else 1
            self.note("lines before the first START are not samples and were left out", line, lines)
        self.waiting, self.runs = [], []
        del self.blocks[self.kept :]
        self.newest_ms = float(self.blocks[-1][1][-1, 0]) if self.blocks else -np.inf

    def _switch(self, words: Sequence[str], line: str, number: int) -> None:
        self.events.append(_event(float(words[1]), " ".join([words[0].upper(), *words[2:]])))

    def _movement(self, words: Sequence[str], line: str, number: int) -> None:
        kind, eye, start = words[0].upper(), words[1].upper(), float(words[2])
        if eye not in self.spans:
            raise ValueError
        if kind[0] == "S":
            self.events.append(_event(start, f"{kind} {eye}"))
            return
        end, duration = float(words[3]), float(words[4])
        self.events.append(_event(start, f"{kind} {eye}", duration))
        spans = self.spans[eye]
        if kind == "EBLINK":
            spans.append((start, end))
        elif kind == "ESACC" and spans and start <= spans[-1][0] and spans[-1][1] <= end:
            spans.append((start, end))  # the lid moved, not the eye: the manual calls the whole span invalid


_KINDS: Mapping[str, Callable[[AscLines, Sequence[str], str, int], None]] = {
    "MSG": AscLines._message,
    "SAMPLES": AscLines._samples,
    "START": AscLines._start,
    "END": AscLines._end,
    "INPUT": AscLines._switch,
    "BUTTON": AscLines._switch,
} | dict.fromkeys(_MOVEMENTS, AscLines._movement)


def _event(time_ms: float, text: str, duration_ms: float = 0.0) -> Event:
    if not (np.isfinite(time_ms) and np.isfinite(duration_ms)):
        raise ValueError
    return Event(time_ms / 1000, text, duration_ms / 1000)


def _table(lines: list[str], columns: list[int]) -> Numbers:
    if not lines:
        return np.empty((0, len(columns)))
    return np.loadtxt(lines, usecols=columns, comments=None, ndmin=2)


def _readable(line: str, columns: list[int]) -> bool:
    try:
        _table([line], columns)
    except ValueError:
        return False
    return True


def _eyes(words: Sequence[str]) -> str:
    return "".join(letter for word, letter in _EYES.items() if word in words)


def _guessed_eyes(line: str) -> str:
    """Guess the eyes from a line of samples: warnings have three characters for one eye, five for two.

    Without warnings, an even number of numbers means one eye; velocity and resolution do not change that.
    """
    words = line.split()
    warned = [word for word in words if len(word) in (3, 5) and not set(word) - set(".CRI")]
    numbers = [word for word in words if word == "." or set(word) - set(".CRI")]
    both = len(warned[0]) == 5 if warned else len(numbers) % 2 == 1
    return "LR" if both else "L"
