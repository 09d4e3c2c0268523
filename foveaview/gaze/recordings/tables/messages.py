"""Messages among the samples of a table, in rows of their own, as written for SMI and EyeTribe trackers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from foveaview.gaze.recording import Event
from foveaview.gaze.recordings.table_layout import TableLayout, is_number, number

__all__ = ["message_event", "message_pattern"]

_MARK = "MSG"
_PREFIX = re.compile(r"^#?\s*Message:\s*")


def message_pattern(delimiter: str) -> re.Pattern[str]:
    r"""Match lines that have MSG as their first or second cell.

    >>> [bool(message_pattern("\t").match(line)) for line in ("MSG\t1\ta", "12\tMSG\t1", "12\t1\tMSG")]
    [True, True, False]
    """
    mark = re.escape(delimiter) if delimiter.strip() else r"\s"
    other = rf"[^{mark}\n]*" if delimiter.strip() or delimiter == "\t" else r"\S*"
    return re.compile(rf"(?:{other}{mark}+)?{_MARK}(?:{mark}|$)")


def message_event(form: TableLayout, cells: Sequence[str], time: str, scale: float) -> Event | None:
    """Convert a message row to an event; return None if it has no time.

    If the first cell is MSG, the other cells are one column later than in the rows of samples.

    Args:
        form: layout of the table.
        cells: cells of the row.
        time: column of the times.
        scale: seconds per unit of a time.
    """
    at = form.index(time) + (cells[0] == _MARK)
    if at >= len(cells) or not is_number(cells[at], form.delimiter != ","):
        return None
    t = number(cells[at], form.delimiter != ",") * scale
    rest = [cell for cell in cells[at + 1 :] if cell]
    while len(rest) > 1 and (rest[0] == _MARK or is_number(rest[0])):
        rest = rest[1:]
    text = _PREFIX.sub("", " ".join(rest))
    return Event(t, text or "message") if t == t else None  # NaN is not a time
