"""Search for gaze streams, and for a stream that was lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from foveaview.gaze.lsl.liblsl import library
from foveaview.gaze.lsl.stream_info import LONGEST, StreamDescription, described
from foveaview.io.untrusted import one_line

__all__ = ["KINDS", "find", "list_streams"]

KINDS = ("Gaze", "gaze", "Eyetracker", "EyeTracker", "eyetracker")
"""Types that programs give a gaze stream: the specification's, and App-TobiiPro's."""

_HEADER_TIMEOUT_S = 0.5
_SAME_S, _ALIKE_S, _PATIENT_S = 0.25, 0.15, 0.8
_MORE_THAN_THERE_ARE = 1024


def _quoted(text: str) -> str:
    """Return an XPath 1.0 literal; XPath 1.0 cannot escape quotation marks."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    return "concat('" + "', \"'\", '".join(text.split("'")) + "')"


def _says(field: str, text: str) -> str:
    """Return a predicate for a field that equals a text, or starts with it if the text may have been cut."""
    if len(text) < LONGEST:
        return f"{field}={_quoted(text)}"
    return f"starts-with({field}, {_quoted(text)})"


def _with_header(pylsl: Any, info: Any) -> StreamDescription:
    try:
        return described(pylsl.StreamInlet(info, max_buflen=1, recover=False).info(_HEADER_TIMEOUT_S))
    except RuntimeError:  # the stream is gone or too slow: pylsl's errors are RuntimeErrors
        return described(info)


def _row(pylsl: Any, info: Any) -> StreamDescription:
    """Describe a stream for the list; an unreadable header must not hide the other streams."""
    try:
        return _with_header(pylsl, info)
    except Exception as error:  # a header from the network may contain anything
        problem = one_line(f"its header is unreadable ({error})", LONGEST)
        name, kind, source_id, hostname, uid = (
            _said(field) for field in (info.name, info.type, info.source_id, info.hostname, info.uid)
        )
        return StreamDescription(name, kind, source_id, hostname, uid, problem=problem)


def _said(field: Callable[[], str]) -> str:
    try:
        return one_line(field(), LONGEST)
    except Exception:  # this may be the unreadable field
        return "?"


def list_streams(
    timeout_s: float = 1.0, without: Collection[str] = (), known: Iterable[StreamDescription] = ()
) -> list[StreamDescription]:
    """List the gaze streams on the network, by name; takes the whole timeout, so not for a GUI thread.

    Args:
        timeout_s: seconds to wait for answers. At 0.5 liblsl begins to ask KnownPeers one by one: a search
            that ends right then continues for another 5 s, and a shorter one does not reach them.
        without: uids to leave out, such as those of this program's own outlets.
        known: streams found before; the headers of those with channels are not read again.

    Raises:
        ImportError: if pylsl or liblsl is missing.
    """
    pylsl = library()
    wanted = " or ".join(f"type={_quoted(kind)}" for kind in KINDS)
    found = pylsl.resolve_bypred(wanted, _MORE_THAN_THERE_ARE, timeout_s)
    read = {each.uid: each for each in known if each.channels}
    others = [info for info in found if info.uid() not in without]
    listed = [read.get(info.uid()) or _row(pylsl, info) for info in others]
    return sorted(listed, key=lambda each: (each.name, each.hostname, each.source_id))


def find(
    pylsl: Any, wanted: StreamDescription, lost_at: float | None = None, *, patient: bool = False
) -> Any:
    """Find a stream, or the one that replaced it, as a `pylsl.StreamInfo`; None if there is none.

    The same source_id means the same stream. If there is none, a stream of the same name, type and computer
    replaces it, since some programs make a new source_id at each start. It must be the only one that started
    after the loss: an older one is another tracker of the same make. Takes up to 0.4 s, or 0.95 s if patient.

    Args:
        pylsl: the library.
        wanted: the stream to find.
        lost_at: time of the loss on the clock of its computer; None if it was not lost.
        patient: if True, wait until liblsl has also asked the KnownPeers, which it does after 0.5 s.
    """
    same_s = _PATIENT_S if patient else _SAME_S
    alike_s = _ALIKE_S if wanted.source_id or not patient else _PATIENT_S
    kind = _says("type", wanted.kind)
    if wanted.source_id:
        same = pylsl.resolve_bypred(f"{_says('source_id', wanted.source_id)} and {kind}", 1, same_s)
        if same:
            here = (info for info in same if info.hostname()[:LONGEST] == wanted.hostname)
            return next(here, same[0])
    place = f"{_says('name', wanted.name)} and {kind}"
    place += f" and {_says('hostname', wanted.hostname)}" if wanted.hostname else ""
    found = pylsl.resolve_bypred(place, _MORE_THAN_THERE_ARE, alike_s)
    alike = [info for info in found if lost_at is None or info.created_at() > lost_at]
    return alike[0] if len(alike) == 1 else None
