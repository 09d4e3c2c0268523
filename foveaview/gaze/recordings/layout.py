"""How a delimited text holds a table: its columns, what stands between cells, and how it writes numbers."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foveaview.gaze.recordings.text import head

__all__ = ["MISSING", "SPACES", "Layout", "is_number", "layout", "number"]

MISSING = frozenset({"", "nan", "n/a", "na", "null", "none", "-", ".", "#n/a", "missing"})
"""Cells, in small letters, that say that there is no value."""

_DELIMITERS = ("\t", ";", ",")
_MOST_COLUMNS = 10_000
SPACES = " "
"""The delimiter that stands for any white space."""


def number(cell: str, decimal_comma: bool = False) -> float:
    """A cell's number, NaN where there is none; raises `ValueError` for what is no number.

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
    """Whether a cell holds a number or says that there is none."""
    try:
        number(cell, decimal_comma)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Layout:
    """How a text holds a table.

    Attributes:
        path: of the file.
        names: of its columns.
        delimiter: between two cells; a space stands for any white space.
        first_line: number of the line with the first row, from 1.
        decimal_comma: whether numbers are written 0,5.
        comments: what stands before the header behind a #.
        rows: cells of the first rows, for people to see.
    """

    path: Path
    names: tuple[str, ...]
    delimiter: str
    first_line: int
    decimal_comma: bool = False
    comments: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    def index(self, name: str) -> int:
        """Where a column is; raises `ValueError` where there is none of that name."""
        if name not in self.names:
            there = ", ".join(self.names[:20]) + (", ..." if len(self.names) > 20 else "")
            raise ValueError(f"{self.path.name}: no column {name!r}: there are {there}")
        return self.names.index(name)

    def cells(self, line: str) -> list[str]:
        """The cells of a line, without the white space around them."""
        if self.delimiter == SPACES:
            return line.split()
        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=self.delimiter), [])]
        except csv.Error as error:
            raise ValueError(f"{self.path.name}: {line[:30]!r}... is no line of a table ({error})") from error


def _delimiter(lines: Sequence[str]) -> str:
    """What stands most often, and equally often in each of some lines."""
    counts = {mark: [line.count(mark) for line in lines[:20]] for mark in _DELIMITERS}
    even = {mark: min(count) for mark, count in counts.items() if min(count) > 0}
    if even:
        return max(even, key=lambda mark: even[mark])
    if counts["\t"][0] or counts[";"][0] or counts[","][0]:
        return max(counts, key=lambda mark: counts[mark][0])
    return SPACES if all(len(line.split()) > 1 for line in lines[:20]) else ","


def _has_decimal_commas(rows: Sequence[Sequence[str]]) -> bool:
    cells = [cell for row in rows for cell in row]
    commas = any(re.fullmatch(r"[-+]?\d+,\d+", cell) for cell in cells)
    return commas and not any(re.fullmatch(r"[-+]?\d*\.\d+", cell) for cell in cells)


def _check_width(path: Path, columns: int) -> None:
    if columns > _MOST_COLUMNS:
        most = f"a table of gaze has at most {_MOST_COLUMNS}"
        raise ValueError(f"{path.name} has {columns} columns, and {most}: is it another kind of file?")


def layout(path: Path, names: Sequence[str] | None = None, delimiter: str | None = None) -> Layout:
    """How a file holds its table, by its first lines.

    Args:
        path: of the file.
        names: of the columns where it has no header; None reads them. Without a header and names, columns
            are called "column 1" and so on.
        delimiter: between two cells; None finds it.

    Raises:
        OSError: where the file cannot be read.
        ValueError: for what is empty, no text or no file, and for more than 10,000 columns.
    """
    lines = head(path)
    skipped = 0
    while skipped < len(lines) and (not lines[skipped].strip() or lines[skipped].startswith("#")):
        skipped += 1
    body = [line for line in lines[skipped:] if line.strip()]
    if not body:
        raise ValueError(f"{path.name} is empty" + (" but for comments" if any(lines) else ""))
    found = delimiter or _delimiter(body)
    _check_width(path, len(body[0].split()) if found == SPACES else body[0].count(found) + 1)
    bare = Layout(path, (), found, skipped + 1)
    header, rows = bare.cells(body[0]), [bare.cells(line) for line in body]
    commas = found != "," and _has_decimal_commas(rows)
    headless = names is not None or all(is_number(cell, commas) for cell in header)
    if names is None:
        names = [f"column {count + 1}" for count in range(len(header))] if headless else header
    shown = rows[:20] if headless else rows[1:20]
    comments = tuple(line.lstrip("# ").rstrip() for line in lines[:skipped] if line.startswith("#"))
    first = skipped + (1 if headless else 2)
    return Layout(path, tuple(names), found, first, commas, comments, tuple(map(tuple, shown)))
