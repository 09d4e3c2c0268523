"""Which streams of gaze there are, and where one is again that was lost."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from foveaview.gaze.lsl.description import StreamDescription, described
from foveaview.gaze.lsl.library import library

__all__ = ["KINDS", "find", "list_streams"]

KINDS = ("Gaze", "gaze", "Eyetracker", "EyeTracker", "eyetracker")
"""What programs call a stream of gaze: the specification's name, and App-TobiiPro's."""

_HEADER_TIMEOUT_S = 0.5
_MORE_THAN_THERE_ARE = 1024


def _quoted(text: str) -> str:
    """A literal of XPath 1.0, which has no way to escape a quotation mark."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    return "concat('" + "', \"'\", '".join(text.split("'")) + "')"


def _with_header(pylsl: Any, info: Any) -> StreamDescription:
    try:
        return described(pylsl.StreamInlet(info, max_buflen=1, recover=False).info(_HEADER_TIMEOUT_S))
    except RuntimeError:  # gone meanwhile, or too slow: pylsl's errors are RuntimeErrors
        return described(info)


def list_streams(timeout_s: float = 1.0, without: Collection[str] = ()) -> list[StreamDescription]:
    """Streams of gaze on the network, by name; takes the whole time, so not for a GUI's thread.

    Args:
        timeout_s: seconds to wait for answers; 0.5 or more on a network.
        without: uids to leave out, as of this program's own outlets.

    Raises:
        ImportError: where pylsl or liblsl is not there.
    """
    pylsl = library()
    wanted = " or ".join(f"type={_quoted(kind)}" for kind in KINDS)
    found = pylsl.resolve_bypred(wanted, _MORE_THAN_THERE_ARE, timeout_s)
    listed = [_with_header(pylsl, info) for info in found if info.uid() not in without]
    return sorted(listed, key=lambda each: (each.name, each.hostname, each.source_id))


def find(pylsl: Any, wanted: StreamDescription, timeout_s: float) -> Any:
    """The stream, or the one that took its place, as a `pylsl.StreamInfo`; None where it is not there.

    The same source_id is the same stream. Without one there, a single stream of the same name, type and
    computer is: some programs make a new source_id at each start.
    """
    place = f"name={_quoted(wanted.name)} and type={_quoted(wanted.kind)}"
    place += f" and hostname={_quoted(wanted.hostname)}" if wanted.hostname else ""
    same = f"source_id={_quoted(wanted.source_id)} or " if wanted.source_id else ""
    found = pylsl.resolve_bypred(f"{same}({place})", 1, timeout_s)
    certain = [info for info in found if wanted.source_id and info.source_id() == wanted.source_id]
    if certain:
        return certain[0]
    return found[0] if len(found) == 1 else None
