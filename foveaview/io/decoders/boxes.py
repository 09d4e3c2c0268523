"""Properties of an AVIF file's main image, from its boxes (ISO/IEC 23008-12, 14496-12)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from fractions import Fraction

__all__ = ["AvifHeader", "boxes", "read_avif_header"]

_MOST_BOXES = 4096


@dataclass(frozen=True)
class AvifHeader:
    """Properties of the main image.

    Attributes:
        width, height: size in pixels; 0 if unknown.
        bits: bits per sample; 0 if unknown.
        cicp: primaries and transfer by ITU-T H.273.
        has_profile: True if there is also an ICC profile, which takes precedence.
        crop: left, top, width and height of the clean aperture.
    """

    width: int = 0
    height: int = 0
    bits: int = 0
    cicp: tuple[int, int] | None = None
    has_profile: bool = False
    crop: tuple[int, int, int, int] | None = None


def boxes(content: bytes, start: int, end: int) -> list[tuple[bytes, int, int]]:
    """Return kind, start and end of the content of each box; a truncated box ends with the bytes.

    >>> boxes(b"\\0\\0\\0\\x0cfreeabcd", 0, 12)
    [(b'free', 8, 12)]
    """
    found: list[tuple[bytes, int, int]] = []
    while start + 8 <= end and len(found) < _MOST_BOXES:
        size, kind = struct.unpack_from(">I4s", content, start)
        head = 8
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack_from(">Q", content, start + 8)
            head = 16
        stop = end if size == 0 else min(start + size, end)
        if stop < start + head:
            break
        found.append((kind, start + head, stop))
        start = stop
    return found


def _first(content: bytes, kind: bytes, start: int, end: int) -> tuple[int, int] | None:
    return next(((a, b) for name, a, b in boxes(content, start, end) if name == kind), None)


def _main_item(content: bytes, start: int, end: int) -> int | None:
    place = _first(content, b"pitm", start, end)
    if place is None:
        return None
    wide = content[place[0]] > 0
    return int(struct.unpack_from(">I" if wide else ">H", content, place[0] + 4)[0])


def _associated(content: bytes, start: int, end: int, item: int) -> list[int]:
    """Return the numbers, from 1, of an item's properties."""
    version, wide = content[start], content[start + 3] & 1
    (count,) = struct.unpack_from(">I", content, start + 4)
    at = start + 8
    for _ in range(min(count, _MOST_BOXES)):
        form = ">I" if version else ">H"
        (number,) = struct.unpack_from(form, content, at)
        at += struct.calcsize(form)
        size = 2 if wide else 1
        entries = content[at + 1 : min(at + 1 + size * content[at], end)]
        at += 1 + size * content[at]
        if number == item:
            if wide:
                return [entry & 0x7FFF for (entry,) in struct.iter_unpack(">H", entries)]
            return [entry & 0x7F for entry in entries]
    return []


def _crop(fields: tuple[int, ...], width: int, height: int) -> tuple[int, int, int, int] | None:
    """Return the clean aperture in whole pixels; None if it is impossible."""
    if 0 in fields[1::2]:
        return None
    wide, high, right, down = (Fraction(fields[i], fields[i + 1]) for i in (0, 2, 4, 6))
    left = right + Fraction(width - 1, 2) - (wide - 1) / 2
    top = down + Fraction(height - 1, 2) - (high - 1) / 2
    inside = (
        wide > 0 and high > 0 and left >= 0 and top >= 0 and left + wide <= width and top + high <= height
    )
    if not inside or any(value.denominator != 1 for value in (left, top, wide, high)):
        return None
    return int(left), int(top), int(wide), int(high)


def _with_property(header: AvifHeader, kind: bytes, content: bytes) -> AvifHeader:
    if kind == b"ispe" and len(content) >= 12:
        width, height = struct.unpack_from(">II", content, 4)
        return replace(header, width=width, height=height)
    if kind == b"pixi" and len(content) >= 6:
        return replace(header, bits=content[5])
    if kind == b"colr" and content[:4] == b"nclx" and len(content) >= 11:
        return replace(header, cicp=struct.unpack_from(">HH", content, 4))
    if kind == b"colr" and content[:4] in (b"prof", b"rICC"):
        return replace(header, has_profile=True)
    if kind == b"clap" and len(content) >= 32:
        values = struct.unpack_from(">IIIIiIiI", content)
        return replace(header, crop=_crop(values, header.width, header.height))
    return header


def read_avif_header(content: bytes) -> AvifHeader:
    """Read the properties of the main image; missing or damaged ones count as unknown.

    >>> read_avif_header(b"damaged")
    AvifHeader(width=0, height=0, bits=0, cicp=None, has_profile=False, crop=None)
    """
    try:
        return _read(content)
    except (struct.error, IndexError):
        return AvifHeader()


def _read(content: bytes) -> AvifHeader:
    meta = _first(content, b"meta", 0, len(content))
    if meta is None:
        return AvifHeader()
    start, end = meta[0] + 4, meta[1]
    item, properties = _main_item(content, start, end), _first(content, b"iprp", start, end)
    container = None if properties is None else _first(content, b"ipco", *properties)
    if item is None or properties is None or container is None:
        return AvifHeader()
    all_of_them = boxes(content, *container)
    numbers = [
        number
        for kind, a, b in boxes(content, *properties)
        if kind == b"ipma"
        for number in _associated(content, a, b, item)
    ]
    own = [all_of_them[number - 1] for number in numbers if 0 < number <= len(all_of_them)]
    header = AvifHeader()
    for kind, a, b in sorted(own, key=lambda box: box[0] == b"clap"):  # "clap" last: it needs the size
        header = _with_property(header, kind, content[a:b])
    return header
