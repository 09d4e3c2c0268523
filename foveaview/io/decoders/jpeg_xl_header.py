"""Size of a JPEG XL file, read without decoding it (ISO/IEC 18181-1, size and metadata headers)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from foveaview.io.decoders.boxes import boxes

__all__ = ["JpegXlHeader", "read_jpeg_xl_header"]

_MARK = b"\xff\x0a"
_HEAD_BYTES = 1 << 20
_WIDTHS = (9, 13, 18, 30)
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


@dataclass(frozen=True)
class JpegXlHeader:
    """Width and height in pixels, and True if there are several frames; None if that is unknown."""

    width: int
    height: int
    is_animated: bool | None


class _Bits:
    """Reader of the bits of some bytes, the lowest bit of each byte first."""

    def __init__(self, content: bytes) -> None:
        self._value, self._left = int.from_bytes(content, "little"), 8 * len(content)

    def take(self, count: int) -> int:
        if count > self._left:
            raise ValueError("a damaged JPEG XL file: its header is cut short")
        value = self._value & ((1 << count) - 1)
        self._value >>= count
        self._left -= count
        return value


def _side(bits: _Bits, small: int) -> int:
    return 8 * (1 + bits.take(5)) if small else 1 + bits.take(_WIDTHS[bits.take(2)])


def _codestream(content: bytes) -> bytes:
    if content.startswith(_MARK):
        return content
    for kind, start, end in boxes(content, 0, len(content)):
        if kind in (b"jxlc", b"jxlp"):
            return content[start + 4 * (kind == b"jxlp") : end]
    return b""


def _size(bits: _Bits) -> tuple[int, int]:
    """Return width and height."""
    small = bits.take(1)
    height = _side(bits, small)
    ratio = bits.take(3)
    if ratio:
        wide, high = _RATIOS[ratio - 1]
        return height * wide // high, height
    return _side(bits, small), height


def _is_animated(bits: _Bits) -> bool | None:
    all_default = bits.take(1)
    if all_default or not bits.take(1):
        return False
    bits.take(3)  # orientation
    if bits.take(1):
        _size(bits)  # intrinsic size
    if bits.take(1):  # a preview header of its own size follows
        return None
    return bool(bits.take(1))


def read_jpeg_xl_header(file: BinaryIO) -> JpegXlHeader:
    """Read the size, and check for animation.

    Args:
        file: file at its beginning.

    Raises:
        ValueError: if there is no codestream, or its header is cut short.
    """
    stream = _codestream(file.read(_HEAD_BYTES))
    if not stream.startswith(_MARK):
        raise ValueError("a damaged JPEG XL file: its codestream is missing")
    bits = _Bits(stream[2:40])
    width, height = _size(bits)
    return JpegXlHeader(width, height, _is_animated(bits))
