"""Columns of numbers out of delimited text: ten million rows in seconds, errors that name line and column.

A part of the file goes through numpy's reader as it is; one that it refuses once more with its empty cells
filled; and one that it refuses again is read cell by cell, which finds the cell to complain about.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from foveaview.gaze.recordings.layout import MISSING, SPACES, Layout, number
from foveaview.gaze.recordings.text import Part, parts

__all__ = ["Flags", "Numbers", "Once", "Table", "Word", "read_table"]

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.int8]
Word = Callable[[str], bool]
"""Whether a word says yes; raises `ValueError` for a word that is none of the column's."""

_WORD = "U12"
_NAME = "U64"
_START = "U4"
_MOST_WORDS = 64


class Once:
    """Of a column that names the recording: refuses a second name, whose times would be mixed in."""

    def __init__(self) -> None:
        self._seen = ""

    def __call__(self, word: str) -> bool:
        """True for the first name; raises `ValueError` for another."""
        self._seen = self._seen or word
        if word != self._seen:
            raise ValueError(f"{word!r} after {self._seen!r}: put each recording in a file of its own")
        return True


@dataclass
class Table:
    """Columns that were read.

    Attributes:
        layout: of the file.
        numbers: name to (rows,) numbers, NaN where a cell was empty.
        flags: name to (rows,) 1 for a word that says yes, 0 for no, and -1 where a cell was empty.
        texts: name to row and text, of the cells that are not empty.
        notes: what was odd.
        rows: how many.
    """

    layout: Layout
    numbers: dict[str, Numbers] = field(default_factory=dict)
    flags: dict[str, Flags] = field(default_factory=dict)
    texts: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rows: int = 0
    _starts: list[int] = field(default_factory=list)
    _lines: list[npt.NDArray[np.int64] | int] = field(default_factory=list)

    def __getitem__(self, name: str) -> Numbers:
        return self.numbers[name]

    def line(self, row: int) -> int:
        """Number of the line that a row stands in."""
        part = bisect_right(self._starts, row) - 1
        lines, within = self._lines[part], row - self._starts[part]
        return lines + within if isinstance(lines, int) else int(lines[within])

    def begin(self, at: Sequence[int]) -> None:
        """Rows of these lines come next."""
        self._starts.append(self.rows)
        self._lines.append(at.start if isinstance(at, range) else np.array(at, np.int64))


@dataclass
class _Rows:
    """Lines of a part, and the numbers of these lines."""

    at: Sequence[int]
    lines: list[str]

    @classmethod
    def of(cls, part: Part, form: Layout) -> _Rows:
        """Those that are not empty, from the line of the table's first row on."""
        text = part.text.replace(",", ".") if form.decimal_comma else part.text
        before = max(form.first_line - part.line, 0)
        lines, first = text.removesuffix("\n").split("\n")[before:], part.line + before
        if "" not in lines:
            return cls(range(first, first + len(lines)), lines)
        there = [(first + count, line) for count, line in enumerate(lines) if line]
        return cls([at for at, _ in there], [line for _, line in there])


class _Reader:
    """Reads parts of a file into a table."""

    def __init__(
        self, form: Layout, numbers: Sequence[str], words: Mapping[str, Word], texts: Sequence[str]
    ) -> None:
        self._form, self._words, self._texts = form, words, texts
        self._names = [*dict.fromkeys(numbers), *words, *texts]
        self._used = [form.index(name) for name in self._names]
        if len(set(self._used)) < len(self._used):
            raise ValueError(f"{form.path.name}: each column can be one thing only: {', '.join(self._names)}")
        kinds = {name: _NAME if isinstance(word, Once) else _WORD for name, word in words.items()}
        kinds |= dict.fromkeys(texts, _START)
        self._dtype = np.dtype([(f"f{at}", kinds.get(name, "f8")) for at, name in enumerate(self._names)])
        self._mark = "\t" if form.delimiter == SPACES else form.delimiter
        self._numbers: dict[str, list[Numbers]] = {name: [] for name in self._names if name not in kinds}
        self._flags: dict[str, list[Flags]] = {name: [] for name in words}
        self._quick: list[Callable[[str], str]] = [str, self._filled, self._cleared]
        self.table = Table(form, texts={name: [] for name in texts})

    def add(self, part: Part, last: bool) -> None:
        """Read a part."""
        rows = _Rows.of(part, self._form)
        if rows.lines:
            values = self._quickly(rows)
            if values is None:
                values, rows = self._slowly(rows, last and not part.text.endswith("\n"))
            self._keep(values, rows)

    def _quickly(self, rows: _Rows) -> npt.NDArray[np.void] | None:
        """All rows at once, or None where something is wrong with one."""
        lines = rows.lines
        if self._form.delimiter == SPACES:
            lines = ["\t".join(line.split()) for line in lines]
        text = "\n".join(lines)
        quoted = '"' in text
        if not quoted and text.count(self._mark) != len(lines) * (len(self._form.names) - 1):
            return None
        for tried, prepare in enumerate(self._quick):
            values = self._loaded(prepare(text).split("\n"), quoted)
            if values is not None and len(values) == len(lines):
                del self._quick[:tried]  # what one part needs, the next will need
                return values
        return None

    def _loaded(self, lines: list[str], quoted: bool) -> npt.NDArray[np.void] | None:
        try:
            return np.loadtxt(
                lines,
                dtype=self._dtype,
                delimiter=self._mark,
                usecols=self._used,
                comments=None,
                quotechar='"' if quoted else None,
                ndmin=1,
            )
        except ValueError:
            return None

    def _filled(self, text: str) -> str:
        """The same with "nan" in the empty cells."""
        mark = self._mark
        for _ in range(2):  # twice, for neighbours share a delimiter
            text = text.replace(f"{mark}{mark}", f"{mark}nan{mark}")
        text = text.replace(f"\n{mark}", f"\nnan{mark}").replace(f"{mark}\n", f"{mark}nan\n")
        return ("nan" if text.startswith(mark) else "") + text + ("nan" if text.endswith(mark) else "")

    def _cleared(self, text: str) -> str:
        """The same with "nan" in all cells that say that there is no value."""
        mark = self._mark
        text = self._filled(text).replace("\n", f"{mark}\n{mark}")
        text = f"{mark}{text}{mark}"
        for word in ('""', *sorted(MISSING - {"", "nan"})):
            for form in 2 * (word, word.upper(), word.title()):
                text = text.replace(f"{mark}{form}{mark}", f"{mark}nan{mark}")
        return text[len(mark) : -len(mark)].replace(f"{mark}\n{mark}", "\n")

    def _slowly(self, rows: _Rows, cut: bool) -> tuple[npt.NDArray[np.void], _Rows]:
        """Row by row; raises `ValueError` at the first cell that is wrong."""
        found, kept = [], _Rows([], [])
        last = rows.at[-1] if cut else 0
        at_kept: list[int] = []
        for at, line in zip(rows.at, rows.lines, strict=True):
            cells = self._form.cells(line)
            if at == last and len(cells) < len(self._form.names):
                self.table.notes.append(f"line {at}, the last, is cut off and left out")
            elif any(cells):
                self._check_count(cells, at)
                found.append(tuple(self._cell(cells, column, at) for column in range(len(self._names))))
                at_kept.append(at)
                kept.lines.append(line)
        return np.array(found, self._dtype), _Rows(at_kept, kept.lines)

    def _check_count(self, cells: list[str], at: int) -> None:
        wanted = len(self._form.names)
        if len(cells) < wanted or any(cells[wanted:]):
            name = self._form.path.name
            raise ValueError(f"{name}: line {at} has {len(cells)} cells where the header has {wanted}")

    def _cell(self, cells: list[str], column: int, at: int) -> float | str:
        name, cell = self._names[column], cells[self._used[column]]
        if name not in self._numbers:
            return cell
        try:
            return number(cell)
        except ValueError:
            raise self._wrong(at, name, f"{cell!r} is no number") from None

    def _wrong(self, at: int, name: str, what: str) -> ValueError:
        return ValueError(f"{self._form.path.name}: line {at}, column {name}: {what}")

    def _keep(self, values: npt.NDArray[np.void], rows: _Rows) -> None:
        self.table.begin(rows.at)
        for count, name in enumerate(self._names):
            column = values[f"f{count}"]
            if name in self._numbers:
                self._numbers[name].append(column.copy())  # of the column alone, not of the whole row
            elif name in self._words:
                self._flags[name].append(self._understood(name, column))
            else:
                self.table.texts[name] += self._said(name, column, rows)
        self.table.rows += len(values)

    def _understood(self, name: str, column: npt.NDArray[np.str_]) -> Flags:
        """What the words of a column say, each different word asked for once."""
        flags, left = np.full(len(column), -1, np.int8), np.ones(len(column), bool)
        for _ in range(_MOST_WORDS):
            if not left.any():
                return flags
            row = int(left.argmax())
            word = str(column[row])
            same = column == word
            flags[same] = self._flag(name, word.strip(), self.table.rows + row)
            left &= ~same
        at = self.table.line(self.table.rows)
        raise self._wrong(at, name, f"more than {_MOST_WORDS} different words from here on")

    def _flag(self, name: str, word: str, row: int) -> int:
        if word.lower() in MISSING:
            return -1
        try:
            return int(self._words[name](word))
        except ValueError as error:
            raise self._wrong(self.table.line(row), name, str(error)) from None

    def _said(self, name: str, column: npt.NDArray[np.str_], rows: _Rows) -> list[tuple[int, str]]:
        """The texts of the cells that are not empty, of which the column has no more than the beginning."""
        there = np.flatnonzero((column != "") & (column != "nan"))
        at = self._form.index(name)
        return [(self.table.rows + int(row), self._form.cells(rows.lines[row])[at]) for row in there]

    def finished(self) -> Table:
        """The table of all parts."""
        for name in list(self._numbers):
            self.table.numbers[name] = np.concatenate(self._numbers.pop(name) or [np.empty(0)])
        for name in list(self._flags):
            self.table.flags[name] = np.concatenate(self._flags.pop(name) or [np.empty(0, np.int8)])
        return self.table


def _with_last(form: Layout) -> Iterator[tuple[Part, bool]]:
    before: Part | None = None
    for part in parts(form.path):
        if before is not None:
            yield before, False
        before = part
    if before is not None:
        yield before, True


def read_table(
    form: Layout,
    numbers: Sequence[str],
    words: Mapping[str, Word] | None = None,
    texts: Sequence[str] = (),
) -> Table:
    """Read some columns of a table.

    Args:
        form: as `layout` gave it.
        numbers: columns of numbers.
        words: columns of a few different words, of which the first 12 letters count, and what they say.
        texts: columns of text, of which most cells are empty.

    Raises:
        OSError: where the file cannot be read.
        ValueError: for a column that is not there, and with line and column for a cell that is wrong.
        Interrupted: where it was asked to.
    """
    reader = _Reader(form, numbers, words or {}, texts)
    latin = 0
    for part, last in _with_last(form):
        reader.add(part, last)
        latin = latin or (part.line if part.latin else 0)
    table = reader.finished()
    if latin:
        table.notes.append(f"the text is no UTF-8 and was read as Latin-1, from line {latin} on or later")
    if form.decimal_comma:
        table.notes.append("numbers are written with decimal commas")
    if not table.rows:
        raise ValueError(f"{form.path.name} holds no rows below its header")
    return table
