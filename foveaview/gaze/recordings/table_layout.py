"""Layout of a table in delimited text: its columns, delimiter and number format."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from foveaview.gaze.recordings.text_reader import head

__all__ = ["MISSING", "SPACES", "TableLayout", "is_number", "layout", "number", "ungrouped"]

MISSING = frozenset({"", "nan", "n/a", "na", "null", "none", "-", ".", "#n/a", "missing"})
MISSING |= {"fail", "nopupil", "nopurkinje", "multipupil", "multipurkinje"}
"""Cells that mean a missing value, in lower case."""

_DELIMITERS = ("\t", ";", ",")
_MOST_COLUMNS = 10_000
SPACES = " "
"""Delimiter that stands for any white space."""

_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")
_DECIMAL_POINT = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?")
_VALUE = r"[-+.\w]*"
_GROUP = re.compile(rf'"?[(\[]({_VALUE}(?:,\s*{_VALUE}){{1,2}})[)\]]"?')
_AXES = "xyz"


def number(cell: str, decimal_comma: bool = False) -> float:
    """Parse a cell, NaN if it means a missing value; raises `ValueError` if it is not a number.

    >>> number("1,5", decimal_comma=True), number("n/a")
    (1.5, nan)
    """
    cell = cell.strip()
    if cell.lower() in MISSING:
        return float("nan")
    if "_" in cell or not cell.isascii():
        raise ValueError(cell)
    return float(cell.replace(",", ".") if decimal_comma else cell)


def is_number(cell: str, decimal_comma: bool = False) -> bool:
    """Return True if a cell holds a number or means a missing value."""
    try:
        number(cell, decimal_comma)
    except ValueError:
        return False
    return True


def ungrouped(text: str, delimiter: str) -> str:
    """Split groups of two or three numbers in brackets into cells of their own.

    >>> ungrouped('1,"(0.5, nan)",2', ",")
    '1,0.5,nan,2'
    """
    return _GROUP.sub(lambda group: delimiter.join(re.split(r",\s*", group[1])), text)


@dataclass(frozen=True)
class TableLayout:
    """Layout of a table in a text file.

    Attributes:
        path: path of the file.
        names: names of the columns.
        delimiter: delimiter between two cells; a space stands for any white space.
        first_line: line number of the first row, from 1.
        comments: lines before the header that begin with #, without it.
        rows: cells of the first rows.
        grouped: True if cells hold two or three numbers in brackets; each number has a column here.
    """

    path: Path
    names: tuple[str, ...]
    delimiter: str
    first_line: int
    comments: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    grouped: bool = False

    def index(self, name: str) -> int:
        """Return the position of a column; raises `ValueError` if there is no column of that name."""
        if name not in self.names:
            there = ", ".join(self.names[:20]) + (", ..." if len(self.names) > 20 else "")
            raise ValueError(f"{self.path.name}: no column {name!r}: it has {there}")
        return self.names.index(name)

    def cells(self, line: str) -> list[str]:
        """Split a line into cells, without the white space around them."""
        if self.delimiter == SPACES:
            return line.split()
        line = ungrouped(line, self.delimiter) if self.grouped else line
        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=self.delimiter), [])]
        except csv.Error as error:
            raise ValueError(
                f"{self.path.name}: {line[:30]!r}... is not a line of a table ({error})"
            ) from error

    def column(self, name: str) -> list[str]:
        """Return the cells of a column in the first rows."""
        at = self.index(name)
        return [row[at] for row in self.rows if at < len(row)]

    def has_decimal_commas(self, *names: str) -> bool | None:
        """Return True if numbers in the first rows of some columns are written 0,5; None if undecided.

        >>> form = TableLayout(Path("a"), ("t", "x"), ";", 2, rows=(("1.0", "0,5"),))
        >>> form.has_decimal_commas("x"), form.has_decimal_commas("t"), form.has_decimal_commas()
        (True, False, None)
        """
        if self.delimiter == ",":
            return False
        cells = [cell for name in names for cell in self.column(name)]
        if any(_DECIMAL_POINT.fullmatch(cell) for cell in cells):
            return False
        return True if any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells) else None

    def numbers(self, name: str) -> list[float]:
        """Return a column's numbers in the first rows; missing values are NaN, other cells are left out."""
        commas = bool(self.has_decimal_commas(name))
        return [number(cell, commas) for cell in self.column(name) if is_number(cell, commas)]


def _delimiter(lines: Sequence[str]) -> str:
    """Guess the delimiter: the most frequent one that occurs in every line, else the likeliest."""
    counts = {mark: [line.count(mark) for line in lines[:20]] for mark in _DELIMITERS}
    even = {mark: min(count) for mark, count in counts.items() if min(count) > 0}
    if even:
        return max(even, key=lambda mark: even[mark])
    if any(count[0] for count in counts.values()):
        return max(counts, key=lambda mark: counts[mark][0])
    words = {len(line.split()) for line in lines[:20]}
    if len(words) == 1 and max(words) > 1:
        return SPACES
    often = max(counts, key=lambda mark: sum(counts[mark]))
    return often if any(counts[often]) else SPACES if min(words) > 1 else ","


def _check_width(path: Path, columns: int) -> None:
    if columns > _MOST_COLUMNS:
        most = f"a gaze table has at most {_MOST_COLUMNS}"
        raise ValueError(f"{path.name} has {columns} columns, but {most}: is it another kind of file?")


def _preamble(widths: Sequence[int]) -> int:
    """Count the lines before the header: those with less than half as many cells as most lines have."""
    usual = max(Counter(widths).items(), key=lambda counted: (counted[1], counted[0]))[0]
    return next((at for at, width in enumerate(widths) if 2 * width > usual), 0)


def _are_grouped(rows: Sequence[Sequence[str]]) -> bool:
    """Return True if some columns hold numbers in brackets, and hold them in every cell."""
    shares = [
        [bool(_GROUP.fullmatch(cell)) for cell in column if cell.lower() not in MISSING]
        for column in zip(*rows, strict=False)
    ]
    return any(map(any, shares)) and all(all(share) for share in shares if any(share))


def _with_groups(names: Sequence[str], bare: TableLayout, line: str) -> list[str]:
    """Name the columns of a row in which some cells hold two or three numbers in brackets."""
    found: list[str] = []
    for name, cell in zip(names, bare.cells(line), strict=False):
        group = _GROUP.fullmatch(cell)
        axes = _AXES[: group[1].count(",") + 1] if group else ""
        found += [f"{name}_{axis}" for axis in axes] or [name]
    return found


def _names(header: list[str], rows: list[list[str]], headless: bool) -> list[str]:
    if headless:
        return [f"column {count + 1}" for count in range(len(header))]
    numbered = bool(rows) and all(len(row) == len(header) + 1 and row[-1] for row in rows)
    return ["row", *header] if numbered else header  # R writes row names without a header


def layout(path: Path, names: Sequence[str] | None = None, delimiter: str | None = None) -> TableLayout:
    """Find the layout of a table from the first lines of its file.

    Args:
        path: path of the file.
        names: names of the columns if the file has no header; None reads the header. Without a header and
            names, columns are called "column 1" and so on.
        delimiter: delimiter between two cells; None detects it.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if the file is empty, not text or not a file, or has more than 10,000 columns.
    """
    lines = head(path)
    skipped = 0
    while skipped < len(lines) and (not lines[skipped].strip() or lines[skipped].startswith("#")):
        skipped += 1
    numbered = enumerate(lines[skipped:], skipped + 1)
    body = [(at, line) for at, line in numbered if line.strip() and not line.startswith("#")]
    if not body:
        raise ValueError(f"{path.name} is empty" + (" except for comments" if any(lines) else ""))
    found = delimiter or _delimiter([line for _, line in body])
    _check_width(path, len(body[0][1].split()) if found == SPACES else body[0][1].count(found) + 1)
    bare = TableLayout(path, (), found, 1)
    if names is None:
        body = body[_preamble([len(bare.cells(line)) for _, line in body]) :]
    comments = tuple(line.lstrip("# ").rstrip() for line in lines[:skipped] if line.startswith("#"))
    return _laid_out(bare, body, names, comments)


def _laid_out(
    bare: TableLayout, body: list[tuple[int, str]], names: Sequence[str] | None, comments: tuple[str, ...]
) -> TableLayout:
    """Build the layout from numbered lines; the first one may be the header."""
    path, found = bare.path, bare.delimiter
    header = bare.cells(body[0][1])
    headless = names is not None or all(is_number(cell, found != ",") for cell in header)
    data = body if headless else body[1:]
    rows = [bare.cells(line) for _, line in data]
    grouped = names is None and _are_grouped(rows)
    made = list(names or _names(header, rows, headless))
    if grouped:
        made = next(
            (_with_groups(made, bare, line) for _, line in data if len(bare.cells(line)) == len(made)), made
        )
    first = data[0][0] if data else body[-1][0] + 1
    form = TableLayout(path, tuple(made), found, first, comments, tuple(map(tuple, rows)), grouped)
    return form if not grouped else replace(form, rows=tuple(tuple(form.cells(line)) for _, line in data))
