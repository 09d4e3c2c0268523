"""Description of a stream, read from its header."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

__all__ = ["LONGEST", "Channel", "StreamDescription", "described", "shortened"]

LONGEST = 200
"""Maximum characters of a header text; longer ones are cut, as windows take seconds to lay them out."""

_SCREENS = ("screen", "display", "monitor", "resolution")
_SIDES = (("width", "height"), ("resolution_x", "resolution_y"), ("X", "Y"), ("x", "y"))


_SHOWN = 60
_MOST_DIGITS = 6
_MOST_CHANNELS = 10_000


def shortened(text: str) -> str:
    """Replace the middle of a text with an ellipsis if it is longer than 60 characters.

    >>> shortened("tracker"), len(shortened("a" * 200))
    ('tracker', 60)
    """
    if len(text) <= _SHOWN:
        return text
    return f"{text[: _SHOWN // 2]}…{text[1 - _SHOWN // 2 :]}"


@dataclass(frozen=True)
class Channel:
    """One channel, with the fields of the XDF Gaze Meta-Data specification.

    Attributes:
        label: name.
        kind: content, the specification's `type`, like "ScreenX".
        unit: like "pixels" or "normalized".
        eye: "left", "right" or "both".
        coordinates: the specification's `coordinate_system`.

    Source: https://github.com/sccn/xdf/wiki/Gaze-Meta-Data
    """

    label: str = ""
    kind: str = ""
    unit: str = ""
    eye: str = ""
    coordinates: str = ""


@dataclass(frozen=True)
class StreamDescription:
    """Description of one stream on the network.

    Attributes:
        name: name given by its program.
        kind: LSL's `type`, like "Gaze".
        source_id: stays the same when its program restarts; may be empty.
        hostname: computer that sends it.
        uid: identifier of this outlet; a restart gives a new one.
        rate_hz: nominal rate; 0 if it is irregular.
        count: number of channels.
        channels: the channels in order, as far as the header lists them.
        screen: width and height in pixels; None if the header does not give them.
        maker: manufacturer; empty if the header does not give it.
        numeric: True if it carries numbers, False if texts.
        problem: why its header is unreadable; empty if it is readable.

    >>> StreamDescription("EyeLink", "Gaze", hostname="lab-2").title
    'EyeLink on lab-2'
    """

    name: str
    kind: str
    source_id: str = ""
    hostname: str = ""
    uid: str = ""
    rate_hz: float = 0.0
    count: int = 0
    channels: tuple[Channel, ...] = ()
    screen: tuple[int, int] | None = None
    maker: str = ""
    numeric: bool = True
    problem: str = ""

    @property
    def title(self) -> str:
        """Name and host, each at most 60 characters."""
        name, hostname = shortened(self.name), shortened(self.hostname)
        return f"{name} on {hostname}" if hostname else name


def _children(element: Any) -> Iterator[Any]:
    child = element.first_child()
    while not child.empty():
        yield child
        child = child.next_sibling()


def _channel(element: Any) -> Channel:
    # the relay of Pupil Invisible writes "metatype" for the specification's "type"
    kind = element.child_value("type") or element.child_value("metatype")
    rest = (element.child_value(name)[:LONGEST] for name in ("unit", "eye", "coordinate_system"))
    return Channel(element.child_value("label")[:LONGEST], kind[:LONGEST], *rest)


def _size(element: Any) -> tuple[int, int] | None:
    for across, down in _SIDES:
        size = tuple(_pixels(element.child_value(side)) for side in (across, down))
        if min(size) > 0:
            return size[0], size[1]
    return None


def _pixels(text: str) -> int:
    """Parse a length in pixels of up to 6 digits, else 0: Python rejects numbers of thousands of digits."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else 0


def _screen(element: Any, depth: int = 4) -> tuple[int, int] | None:
    """Return the first screen size in a header; each program stores it elsewhere."""
    for child in _children(element):
        size = _size(child) if child.name().lower() in _SCREENS else None
        size = size or (_screen(child, depth - 1) if depth > 1 else None)
        if size is not None:
            return size
    return None


def described(info: Any) -> StreamDescription:
    """Describe a `pylsl.StreamInfo`; the channels are known only if it was read with its header."""
    header, count = info.desc(), info.channel_count()
    named = (child for child in _children(header.child("channels")) if child.name() == "channel")
    listed = [_channel(child) for child in islice(named, max(0, min(count, _MOST_CHANNELS)))]
    return StreamDescription(
        name=info.name()[:LONGEST],
        kind=info.type()[:LONGEST],
        source_id=info.source_id()[:LONGEST],
        hostname=info.hostname()[:LONGEST],
        uid=info.uid(),
        rate_hz=info.nominal_srate(),
        count=count,
        channels=tuple(listed),
        screen=_screen(header),
        maker=header.child("acquisition").child_value("manufacturer")[:LONGEST],
        numeric=info.channel_format() not in (0, 3),  # undefined and string, in liblsl's numbering
    )
