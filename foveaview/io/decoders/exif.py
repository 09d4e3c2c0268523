"""Orientation and colour space from EXIF, read from bytes that may be damaged."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

__all__ = ["Exif", "read_exif", "xmp_orientation"]

_ORIENTATION, _EXIF_IFD, _INTEROP_IFD, _INTEROP_INDEX = 0x0112, 0x8769, 0xA005, 1
_COLOR_SPACE = 0xA001
_MOST_ENTRIES = 512
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)\s*([1-8])")


@dataclass(frozen=True)
class Exif:
    """EXIF tags that affect how pixels are read.

    Attributes:
        orientation: 1 to 8; 1 if missing, damaged or unknown.
        is_adobe_rgb: True if the camera marks the colours as Adobe RGB (DCF's "R03"), often without a
            profile.
    """

    orientation: int = 1
    is_adobe_rgb: bool = False


def _entries(content: bytes, order: str, offset: int) -> dict[int, tuple[int, bytes]]:
    """Return type and value field of each entry of a directory, as far as the bytes reach."""
    if not 0 < offset <= len(content) - 2:
        return {}
    (count,) = struct.unpack_from(f"{order}H", content, offset)
    entries = {}
    for i in range(min(count, _MOST_ENTRIES)):
        place = offset + 2 + 12 * i
        if place + 12 > len(content):
            break
        tag, kind = struct.unpack_from(f"{order}HH", content, place)
        entries[tag] = (kind, content[place + 8 : place + 12])
    return entries


def _number(entry: tuple[int, bytes] | None, order: str) -> int:
    """Return the value of a single short or long; 0 for other types."""
    if entry is None or entry[0] not in (3, 4):
        return 0
    return int(
        struct.unpack(f"{order}H" if entry[0] == 3 else f"{order}I", entry[1][: 2 * (entry[0] - 2)])[0]
    )


def read_exif(content: bytes | None) -> Exif:
    """Read EXIF, with or without the prefix used in JPEG; damaged tags count as missing.

    >>> read_exif(b"MM\\0*\\0\\0\\0\\x08\\0\\x01\\x01\\x12\\0\\x03\\0\\0\\0\\x01\\0\\x06\\0\\0").orientation
    6
    >>> read_exif(b"damaged")
    Exif(orientation=1, is_adobe_rgb=False)
    """
    content = (content or b"").removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    if order is None or len(content) < 8:
        return Exif()
    first = _entries(content, order, struct.unpack_from(f"{order}I", content, 4)[0])
    orientation = _number(first.get(_ORIENTATION), order)
    more = _entries(content, order, _number(first.get(_EXIF_IFD), order))
    interop = _entries(content, order, _number(more.get(_INTEROP_IFD), order))
    index = interop.get(_INTEROP_INDEX, (0, b""))[1]
    adobe = index[:3] == b"R03" and _number(more.get(_COLOR_SPACE), order) in (0, 2, 0xFFFF)
    return Exif(orientation if 1 <= orientation <= 8 else 1, adobe)


def xmp_orientation(xmp: bytes) -> int:
    """Return the orientation in XMP; 1 if it has none.

    >>> xmp_orientation(b'<rdf:Description tiff:Orientation="6"/>')
    6
    """
    found = _XMP_ORIENTATION.search(xmp)
    return int(found[1]) if found else 1
