"""Several recordings in one table: found by the labels of their rows, and by clocks that restart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from foveaview.gaze.recordings.tables.choice import Choice, NeedsChoice
from foveaview.gaze.recordings.tables.label_names import parts_columns, session_columns

__all__ = ["LabelledRows", "chosen_rows"]

Numbers = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Labelled = tuple[list[str], npt.NDArray[np.int32]]

_BACK_S, _BACK_STEPS = 1.0, 10.0
_UNSORTED = 0.1
_JOIN = " / "


@dataclass(frozen=True)
class LabelledRows:
    """Times and labels of the rows of a file.

    Attributes:
        path: path of the file.
        t: (n,) seconds of the rows, in the file's order; NaN for a row without a time.
        labels: by column, names and the (n,) indices into them, -1 for none.
    """

    path: Path
    t: Numbers
    labels: dict[str, Labelled]


@dataclass(frozen=True)
class _Section:
    """Rows of one recording."""

    name: str
    rows: Rows

    def choice(self, t: Numbers, prefix: str) -> Choice:
        known = t[self.rows][np.isfinite(t[self.rows])]
        span = float(known.max() - known.min()) if len(known) else 0.0
        return Choice(prefix + self.name, f"{len(self.rows)} rows, {span:.4g} s")


def chosen_rows(of: LabelledRows, wanted: str = "") -> Rows | None:
    """Select the rows of one recording of a file.

    Rows of two people or two sessions are two recordings. So are rows before and after a restart of the
    clock: sorting by time would interleave them.

    Args:
        of: times and labels of the rows.
        wanted: name or number of the recording; empty if there is only one.

    Returns:
        Indices of the rows in the file's order; None for all.

    Raises:
        NeedsChoice: if there are several and none is chosen.
        ValueError: if one is chosen but there is only one.
    """
    return _chosen(of, np.arange(len(of.t)), wanted, "")


def _chosen(of: LabelledRows, rows: Rows, wanted: str, prefix: str) -> Rows | None:
    sections = _sessions(of, rows) if not prefix else []
    sections = sections or _parts(of, rows)
    if not sections:
        return _only(of, rows, wanted, prefix)
    section = _found(sections, wanted)
    if section is None:
        other = f"no recording {prefix + wanted!r} but " if wanted else ""
        choices = [each.choice(of.t, prefix) for each in sections]
        raise NeedsChoice(of.path, "recording", choices, f"holds {other}{len(sections)} recordings")
    rest = wanted.removeprefix(section.name).removeprefix(_JOIN) if wanted.startswith(section.name) else ""
    if prefix:
        return section.rows
    within = _chosen(of, section.rows, rest, section.name + _JOIN)
    return section.rows if within is None else within


def _only(of: LabelledRows, rows: Rows, wanted: str, prefix: str) -> Rows | None:
    names = {name for column in session_columns([*of.labels]) for name in of.labels[column][0]}
    if wanted and (prefix or wanted not in names):
        what = f"{of.path.name} holds only one recording"
        raise ValueError(f"{what}, and it is not called {wanted!r}: leave the choice out")
    return None


def _found(sections: Sequence[_Section], wanted: str) -> _Section | None:
    """Find a section by its name, by the name before a part of it, or by its number."""
    if not wanted:
        return None
    for section in sections:
        if wanted == section.name or wanted.startswith(section.name + _JOIN):
            return section
    return sections[int(wanted) - 1] if wanted.isdecimal() and 0 < int(wanted) <= len(sections) else None


def _codes(of: LabelledRows, column: str, rows: Rows) -> npt.NDArray[np.int32]:
    """Return the label number of each row; a row without a label takes that of the row before."""
    codes = of.labels[column][1][rows]
    known = np.where(codes >= 0, np.arange(len(codes)), -1)
    last = np.maximum.accumulate(known)
    first = int(codes[codes >= 0][0]) if (codes >= 0).any() else -1
    return np.where(last >= 0, codes[last], first).astype(np.int32)


def _sessions(of: LabelledRows, rows: Rows) -> list[_Section]:
    """Split rows by the names of people and sessions; return none if all rows have the same."""
    many = [column for column in session_columns([*of.labels]) if len(of.labels[column][0]) > 1]
    if not many:
        return []
    many.sort(key=lambda column: -len(of.labels[column][0]))
    together = np.stack([_codes(of, column, rows) for column in many], axis=1)
    combined, first, within = np.unique(together, axis=0, return_index=True, return_inverse=True)
    used = 1 if len(combined) == len(of.labels[many[0]][0]) else len(many)  # the finest may be enough
    names = [
        _JOIN.join(of.labels[column][0][code] for column, code in zip(many[:used], key, strict=False))
        for key in combined.tolist()
    ]
    order = np.argsort(first).tolist()
    return [_Section(names[at], rows[within.reshape(-1) == at]) for at in order]


def _parts(of: LabelledRows, rows: Rows) -> list[_Section]:
    """Split rows where the clock restarts; return none if it does not."""
    known = rows[np.isfinite(of.t[rows])]
    steps = np.diff(of.t[known])
    if not (steps < 0).any() or _is_unsorted(steps):
        return []
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    far = max(_BACK_S, _BACK_STEPS * usual)
    column, cuts = _labelled_cuts(of, known, steps < -0.5 * usual, steps < -far)
    if not len(cuts):
        cuts = _restarts(of.t[known], steps, far)
    if not len(cuts):
        return []
    starts = np.searchsorted(rows, known[cuts + 1])
    pieces = np.split(rows, starts)
    return [_Section(name, piece) for name, piece in zip(_names(of, column, pieces), pieces, strict=True)]


def _is_unsorted(steps: Numbers) -> bool:
    return len(steps) > 20 and bool((steps < 0).mean() > _UNSORTED)


def _labelled_cuts(
    of: LabelledRows, known: Rows, back: npt.NDArray[np.bool_], far: npt.NDArray[np.bool_]
) -> tuple[str, Rows]:
    """Find a column with labels that change as the clock jumps back, and the rows at which they change."""
    for column in parts_columns([*of.labels]):
        changes = np.diff(_codes(of, column, known)) != 0
        again = changes & back
        if again.any() and 2 * again.sum() >= changes.sum() and not (far & ~changes).any():
            return column, np.flatnonzero(changes)
    return "", np.empty(0, np.intp)


def _restarts(t: Numbers, steps: Numbers, far: float) -> Rows:
    """Find the rows after which the clock jumps back and stays there for more than one row."""
    back = np.flatnonzero(steps < -far)
    stays = back + 2 < len(t)
    stays[stays] = t[back[stays] + 2] < t[back[stays]]
    return back[stays]


def _names(of: LabelledRows, column: str, pieces: Sequence[Rows]) -> list[str]:
    """Name the pieces by their labels, numbered if one repeats, or by numbers if there is no label."""
    if not column:
        return [str(count + 1) for count in range(len(pieces))]
    names, codes = of.labels[column]
    called = [next((names[code] for code in codes[piece] if code >= 0), "none") for piece in pieces]
    counts: dict[str, int] = {}
    found = []
    for name in called:
        counts[name] = counts.get(name, 0) + 1
        found.append(name if called.count(name) == 1 else f"{name} ({counts[name]})")
    return found
