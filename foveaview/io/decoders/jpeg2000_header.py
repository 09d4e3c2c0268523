"""Size and colours of a JPEG 2000 file, read without decoding it (ISO/IEC 15444-1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO, Literal

from foveaview.io.decoders.boxes import boxes

__all__ = ["Jpeg2000Header", "read_jpeg2000_header"]

_START = b"\xff\x4f\xff\x51"
_HEAD_BYTES = 1 << 20

Color = Literal["rgb", "gray", "ycc", "icc", "unknown", "other"]

_ENUMERATED: dict[int, Color] = {16: "rgb", 17: "gray", 18: "ycc"}


@dataclass(frozen=True)
class Jpeg2000Header:
    """Header of a codestream and of the boxes around it.

    Attributes:
        width, height: size in pixels.
        components: number of components.
        bits: bits of the first component.
        is_signed: True if samples are signed.
        color: "icc" for a profile, "unknown" for a codestream without boxes.
    """

    width: int
    height: int
    components: int
    bits: int
    is_signed: bool
    color: Color


def _color(content: bytes) -> Color:
    for kind, start, end in boxes(content, 0, len(content)):
        if kind == b"jp2h":
            for inner, at, stop in boxes(content, start, end):
                if inner == b"colr" and stop - at >= 7 and content[at] == 1:
                    return _ENUMERATED.get(struct.unpack_from(">I", content, at + 3)[0], "other")
                if inner == b"colr" and stop - at >= 3 and content[at] in (2, 3):
                    return "icc"
    return "unknown"


def read_jpeg2000_header(file: BinaryIO) -> Jpeg2000Header:
    """Read the header of a JP2 file or a bare codestream.

    Args:
        file: file at its beginning.

    Raises:
        ValueError: if there is no codestream.
    """
    content = file.read(_HEAD_BYTES)
    at = content.find(_START)
    if at < 0 or at + 43 > len(content):
        raise ValueError("a damaged JPEG 2000 file: its codestream is missing")
    right, bottom, left, top = struct.unpack_from(">4I", content, at + 8)
    (components,) = struct.unpack_from(">H", content, at + 40)
    depth = content[at + 42]
    color = "unknown" if at == 0 else _color(content)
    return Jpeg2000Header(right - left, bottom - top, components, (depth & 0x7F) + 1, depth > 0x7F, color)
