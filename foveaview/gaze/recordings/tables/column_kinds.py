"""Kinds of columns: the dtype that numpy's reader gives their cells, and the values to keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from foveaview.gaze.recordings.table_layout import MISSING
from foveaview.gaze.recordings.tables.clock_text import clock_seconds

__all__ = ["CellError", "Clocks", "Column", "Flags", "Labels", "Numbers", "Reals", "Texts", "Word", "Words"]

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.int8]
Codes = npt.NDArray[np.int32]
Cell = Callable[[int], str]
"""Returns the cell of a row of a part, as written."""

Word = Callable[[str], bool]
"""Returns True if a word means yes; raises `ValueError` for a word that the column does not know."""

_MOST_WORDS = 64
_MOST_LABELS = 10_000


class CellError(ValueError):
    """A cell is invalid.

    Attributes:
        row: row of the part.
    """

    def __init__(self, row: int, what: str) -> None:
        super().__init__(what)
        self.row = row


class Column(Protocol):
    """A column that is read in parts.

    Attributes:
        dtype: dtype for numpy's reader.
    """

    dtype: str

    def keep(self, values: npt.NDArray[np.void], start: int, cell: Cell) -> None:
        """Keep the values of a part; raises `CellError` for an invalid one.

        Args:
            values: (n,) values, as numpy read them.
            start: row of the table of the first value.
            cell: returns a cell as written.
        """


class Reals:
    """Numbers, NaN for an empty cell."""

    dtype = "f8"

    def __init__(self) -> None:
        self._parts: list[Numbers] = []

    def keep(self, values: npt.NDArray[np.void], start: int, cell: Cell) -> None:
        """Keep a part; see `Column`."""
        self._parts.append(values.copy())  # type: ignore[arg-type]  # copy: a view would keep all columns

    def whole(self) -> Numbers:
        """Return the (rows,) numbers of all parts, and free the parts."""
        parts, self._parts = self._parts, []
        return np.concatenate(parts or [np.empty(0)])


class Clocks:
    """Dates or times of day as seconds, NaN for an empty cell."""

    dtype = "U40"

    def __init__(self) -> None:
        self._parts: list[Numbers] = []

    def keep(self, values: npt.NDArray[np.void], start: int, cell: Cell) -> None:
        """Keep a part; see `Column`."""
        texts: npt.NDArray[np.str_] = np.array([_plain(text) for text in values.tolist()], str)
        known = [part[np.isfinite(part)] for part in self._parts[-1:]]
        before = float(known[0][-1]) if known and len(known[0]) else np.nan
        try:
            self._parts.append(clock_seconds(texts, before))
        except ValueError as error:
            wrong = (row for row, text in enumerate(texts.tolist()) if repr(text) in str(error))
            raise CellError(next(wrong, 0), str(error)) from None

    def whole(self) -> Numbers:
        """Return the (rows,) seconds of all parts."""
        return np.concatenate(self._parts or [np.empty(0)])


def _plain(text: str) -> str:
    text = text.strip()
    return "" if text.lower() in MISSING else text


class Words:
    """A few words as flags: 1 for yes, 0 for no, -1 for an empty cell."""

    dtype = "U12"

    def __init__(self, word: Word) -> None:
        self._word = word
        self._parts: list[Flags] = []

    def keep(self, values: npt.NDArray[np.void], start: int, cell: Cell) -> None:
        """Keep a part; each different word is parsed once; see `Column`."""
        flags, left = np.full(len(values), -1, np.int8), np.ones(len(values), bool)
        for _ in range(_MOST_WORDS):
            if not left.any():
                self._parts.append(flags)
                return
            row = int(left.argmax())
            same = values == values[row]
            flags[same] = self._flag(cell(row).strip(), row)
            left &= ~same
        raise CellError(0, f"more than {_MOST_WORDS} different words from here on")

    def _flag(self, word: str, row: int) -> int:
        if word.lower() in MISSING:
            return -1
        try:
            return int(self._word(word))
        except ValueError as error:
            raise CellError(row, str(error)) from None

    def whole(self) -> Flags:
        """Return the (rows,) flags of all parts."""
        return np.concatenate(self._parts or [np.empty(0, np.int8)])


class Labels:
    """Names that many rows share, as numbers; a column with over 10,000 names is dropped.

    Attributes:
        names: names by number.
    """

    dtype = "U64"

    def __init__(self) -> None:
        self.names: list[str] = []
        self._codes: dict[str, int] = {}
        self._parts: list[Codes] = []
        self._over = False

    def keep(self, values: npt.NDArray[np.void], start: int, cell: Cell) -> None:
        """Keep a part; see `Column`."""
        if self._over or not len(values):
            return
        starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
        heads = zip(values[starts].tolist(), starts.tolist(), strict=True)  # rows of one label are adjacent
        codes = np.array([self._code(word, cell, row) for word, row in heads], np.int32)
        self._over = len(self.names) > _MOST_LABELS
        lengths = np.diff(starts, append=len(values))
        self._parts = [] if self._over else [*self._parts, np.repeat(codes, lengths)]

    def _code(self, word: str, cell: Cell, row: int) -> int:
        """Return the number of a name, -1 for a missing one."""
        code = self._codes.get(word)
        if code is None:
            missing = word.strip().lower() in MISSING
            code = self._codes[word] = -1 if missing else len(self.names)
            self.names += [] if missing else [cell(row).strip()]
        return code

    def whole(self) -> Codes | None:
        """Return the (rows,) numbers, -1 for a missing name; None if there are too many names."""
        return None if self._over else np.concatenate(self._parts or [np.empty(0, np.int32)])


class Texts:
    """Text in a column of mostly empty cells.

    Attributes:
        found: row of the table and text of each cell that is not empty.
    """

    dtype = "U4"

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []

    def keep(self, values: npt.NDArray[np.void], start: int, cell: Cell) -> None:
        """Keep a part; see `Column`."""
        there = np.flatnonzero((values != "") & (values != "nan"))
        self.found += [(start + int(row), cell(int(row))) for row in there]
