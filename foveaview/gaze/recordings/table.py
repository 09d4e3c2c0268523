"""Reader of columns in delimited text: ten million rows in seconds, and errors that name line and column.

Each part of the file goes to numpy's reader as it is. If numpy refuses it, the part is tried again with its
empty cells filled, and then read cell by cell, which finds the invalid cell.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from foveaview.gaze.recordings.table_layout import MISSING, SPACES, TableLayout, number, ungrouped
from foveaview.gaze.recordings.tables.column_kinds import (
    CellError,
    Clocks,
    Column,
    Flags,
    Labels,
    Numbers,
    Reals,
    Texts,
    Word,
    Words,
)
from foveaview.gaze.recordings.tables.label_names import label_columns
from foveaview.gaze.recordings.tables.messages import message_pattern
from foveaview.gaze.recordings.text_reader import TextBlock, parts

__all__ = ["Flags", "Numbers", "Table", "Word", "read_table"]


@dataclass
class Table:
    """Columns read from a table.

    Attributes:
        layout: layout of the file.
        numbers: (rows,) numbers by column, NaN for an empty cell.
        flags: (rows,) flags by column: 1 for yes, 0 for no, -1 for an empty cell.
        texts: rows and texts of the cells that are not empty, by column.
        labels: distinct names and (rows,) indices into them by column, -1 for an empty cell.
        messages: cells of the rows that are messages instead of samples.
        notes: oddities of the table.
        rows: number of rows.
    """

    layout: TableLayout
    numbers: dict[str, Numbers] = field(default_factory=dict)
    flags: dict[str, Flags] = field(default_factory=dict)
    texts: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    labels: dict[str, tuple[list[str], npt.NDArray[np.int32]]] = field(default_factory=dict)
    messages: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: int = 0
    _starts: list[int] = field(default_factory=list)
    _lines: list[npt.NDArray[np.int64] | int] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        path: Path,
        numbers: Mapping[str, Numbers],
        labels: Mapping[str, tuple[list[str], npt.NDArray[np.int32]]] | None = None,
    ) -> Self:
        """Build a table from columns of one length without a text; line numbers are row numbers from 1."""
        count = len(next(iter(numbers.values())))
        table = cls(TableLayout(path, tuple(numbers), "\t", 1), dict(numbers), labels=dict(labels or {}))
        table.begin(range(1, count + 1))
        table.rows = count
        return table

    def __getitem__(self, name: str) -> Numbers:
        return self.numbers[name]

    def line(self, row: int) -> int:
        """Return the number of the line that holds a row."""
        part = bisect_right(self._starts, row) - 1
        lines, within = self._lines[part], row - self._starts[part]
        return lines + within if isinstance(lines, int) else int(lines[within])

    def begin(self, at: Sequence[int]) -> None:
        """Register the line numbers of the rows that come next."""
        self._starts.append(self.rows)
        self._lines.append(at.start if isinstance(at, range) else np.array(at, np.int64))


@dataclass
class _Rows:
    """Lines of a part, and their line numbers."""

    at: Sequence[int]
    lines: list[str]


class _Reader:
    """Reads parts of a file into a table."""

    def __init__(self, form: TableLayout, columns: Mapping[str, Column]) -> None:
        self._form, self._columns = form, dict(columns)
        self._names = [*columns]
        self._used = [form.index(name) for name in self._names]
        if len(set(self._used)) < len(self._used):
            raise ValueError(f"{form.path.name}: each column can be used only once: {', '.join(self._names)}")
        kinds = [(f"f{at}", column.dtype) for at, column in enumerate(columns.values())]
        self._dtype = np.dtype(kinds)
        self._mark = "\t" if form.delimiter == SPACES else form.delimiter
        self._message = message_pattern(form.delimiter)
        reals = [name for name, column in columns.items() if isinstance(column, Reals)]
        self._commas = form.has_decimal_commas(*reals)
        self._quick = [self._plain, self._filled, self._cleared]
        self._comments = 0
        self.table = Table(form)

    def add(self, part: TextBlock, last: bool) -> None:
        """Read a part."""
        rows = self._rows_of(part)
        if rows.lines:
            values = self._quickly(rows)
            if values is None:
                values, rows = self._slowly(rows, last and not part.text.endswith("\n"))
            self._keep(values, rows)

    def _rows_of(self, part: TextBlock) -> _Rows:
        """Return the lines that are samples, from the table's first row on; messages are kept aside."""
        before = max(self._form.first_line - part.line, 0)
        lines, first = part.text.removesuffix("\n").split("\n")[before:], part.line + before
        blank = self._mark * (len(self._form.names) - 1)
        if not {"", blank} & set(lines) and "MSG" not in part.text and "#" not in part.text:
            return _Rows(range(first, first + len(lines)), lines)
        kept = [(first + count, line) for count, line in enumerate(lines) if self._is_sample(line)]
        return _Rows([at for at, _ in kept], [line for _, line in kept])

    def _is_sample(self, line: str) -> bool:
        if not line.strip(self._mark) or line.startswith("#"):
            self._comments += line.startswith("#")
            return False
        if "MSG" in line and self._message.match(line):
            self.table.messages.append(self._form.cells(line))
            return False
        return True

    def _quickly(self, rows: _Rows) -> npt.NDArray[np.void] | None:
        """Read all rows at once; return None if any row is invalid."""
        lines = rows.lines
        if self._form.delimiter == SPACES:
            lines = ["\t".join(line.split()) for line in lines]
        text = "\n".join(lines)
        text = ungrouped(text, self._mark) if self._form.grouped else text
        quoted = '"' in text
        if not quoted and text.count(self._mark) != len(lines) * (len(self._form.names) - 1):
            return None
        for commas in (False, True) if self._commas is None else (self._commas,):
            values = self._tried(text.replace(",", ".") if commas else text, quoted, len(lines))
            if values is not None:
                self._learn(commas, values)
                return values
        return None

    def _tried(self, text: str, quoted: bool, count: int) -> npt.NDArray[np.void] | None:
        for tried, prepare in enumerate(self._quick):
            values = self._loaded(prepare(text).split("\n"), quoted)
            if values is not None and len(values) == count:
                del self._quick[:tried]  # the next part will need it too
                return values
        return None

    def _learn(self, commas: bool, values: npt.NDArray[np.void]) -> None:
        """Decide on decimal points or commas once some numbers have decimals."""
        if self._commas is None and not commas:
            reals = [values[f"f{at}"] for at, name in enumerate(self._names) if self._is_real(name)]
            whole = all((real[np.isfinite(real)] % 1 == 0).all() for real in reals)
            self._commas = None if whole else False
        elif self._commas is None:
            self._commas = True

    def _is_real(self, name: str) -> bool:
        return isinstance(self._columns[name], Reals)

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

    def _plain(self, text: str) -> str:
        return text

    def _filled(self, text: str) -> str:
        """Write "nan" into the empty cells."""
        mark = self._mark
        for _ in range(2):  # twice, because neighbours share a delimiter
            text = text.replace(f"{mark}{mark}", f"{mark}nan{mark}")
        text = text.replace(f"\n{mark}", f"\nnan{mark}").replace(f"{mark}\n", f"{mark}nan\n")
        return ("nan" if text.startswith(mark) else "") + text + ("nan" if text.endswith(mark) else "")

    def _cleared(self, text: str) -> str:
        """Write "nan" into all cells that mean a missing value."""
        mark = self._mark
        text = self._filled(text).replace("\n", f"{mark}\n{mark}")
        text = f"{mark}{text}{mark}"
        for word in ('""', *sorted(MISSING - {"", "nan"})):
            for form in 2 * (word, word.upper(), word.title()):
                text = text.replace(f"{mark}{form}{mark}", f"{mark}nan{mark}")
        return text[len(mark) : -len(mark)].replace(f"{mark}\n{mark}", "\n")

    def _slowly(self, rows: _Rows, cut: bool) -> tuple[npt.NDArray[np.void], _Rows]:
        """Read row by row; raises `ValueError` at the first invalid cell."""
        found: list[tuple[float | str, ...]] = []
        at_kept: list[int] = []
        lines_kept: list[str] = []
        last = rows.at[-1] if cut else 0
        for at, line in zip(rows.at, rows.lines, strict=True):
            cells = self._form.cells(line)
            if at == last and len(cells) < len(self._form.names):
                self.table.notes.append(f"line {at}, the last one, is incomplete and was left out")
            elif any(cells):
                self._check_count(cells, at)
                found.append(tuple(self._cell(cells, column, at) for column in range(len(self._names))))
                at_kept.append(at)
                lines_kept.append(line)
        return np.array(found, self._dtype), _Rows(at_kept, lines_kept)

    def _check_count(self, cells: list[str], at: int) -> None:
        wanted = len(self._form.names)
        if len(cells) < wanted or any(cells[wanted:]):
            name = self._form.path.name
            raise ValueError(f"{name}: line {at} has {len(cells)} cells, but the header has {wanted}")

    def _cell(self, cells: list[str], column: int, at: int) -> float | str:
        name, cell = self._names[column], cells[self._used[column]]
        if not self._is_real(name):
            return cell
        try:
            value = number(cell, decimal_comma=self._commas is not False)
        except ValueError:
            raise self._wrong(at, name, f"{cell!r} is not a number") from None
        if "," in cell:
            self._commas = True
        return value

    def _wrong(self, at: int, name: str, what: str) -> ValueError:
        return ValueError(f"{self._form.path.name}: line {at}, column {name}: {what}")

    def _keep(self, values: npt.NDArray[np.void], rows: _Rows) -> None:
        self.table.begin(rows.at)
        for count, (name, column) in enumerate(self._columns.items()):
            cell = partial(self._written, rows, self._used[count])
            try:
                column.keep(values[f"f{count}"], self.table.rows, cell)
            except CellError as error:
                raise self._wrong(rows.at[error.row], name, str(error)) from None
        self.table.rows += len(values)

    def _written(self, rows: _Rows, column: int, row: int) -> str:
        return self._form.cells(rows.lines[row])[column]

    def finished(self) -> Table:
        """Return the table of all parts."""
        table = self.table
        for name, column in self._columns.items():
            if isinstance(column, Words):
                table.flags[name] = column.whole()
            elif isinstance(column, Texts):
                table.texts[name] = column.found
            elif isinstance(column, Labels):
                codes = column.whole()
                table.labels |= {} if codes is None else {name: (column.names, codes)}
            elif isinstance(column, (Reals, Clocks)):
                table.numbers[name] = column.whole()
        table.notes += ["numbers are written with decimal commas"] if self._commas else []
        if self._comments:
            table.notes.append(f"{self._comments} lines that begin with # are comments and were left out")
        return table


def _with_last(form: TableLayout) -> Iterator[tuple[TextBlock, bool]]:
    before: TextBlock | None = None
    for part in parts(form.path):
        if before is not None:
            yield before, False
        before = part
    if before is not None:
        yield before, True


def read_table(
    form: TableLayout,
    numbers: Sequence[str],
    words: Mapping[str, Word] | None = None,
    texts: Sequence[str] = (),
    clocks: Sequence[str] = (),
) -> Table:
    """Read some columns of a table, and those that say which recording a row belongs to.

    Args:
        form: layout of the file, from `layout`.
        numbers: columns of numbers.
        words: columns of a few different words, compared by their first 12 letters, and their parsers.
        texts: columns of text in which most cells are empty.
        clocks: columns of dates or times of day, which are read as seconds.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if a column is missing, or a cell is invalid, with its line and column.
        Interrupted: within `interruptible`, if interrupted.
    """
    columns: dict[str, Column] = {name: Reals() for name in dict.fromkeys(numbers) if name not in clocks}
    columns |= {name: Words(word) for name, word in (words or {}).items()}
    columns |= {name: Texts() for name in texts}
    columns |= {name: Clocks() for name in clocks}
    columns |= {name: Labels() for name in label_columns(form.names) if name not in columns}
    reader = _Reader(form, columns)
    latin = 0
    for part, last in _with_last(form):
        reader.add(part, last)
        latin = latin or (part.line if part.latin else 0)
    table = reader.finished()
    if latin:
        table.notes.insert(0, f"the text is not UTF-8 and was read as Latin-1, from line {latin} or later")
    if not table.rows:
        raise ValueError(f"{form.path.name} has no rows below its header")
    return table
