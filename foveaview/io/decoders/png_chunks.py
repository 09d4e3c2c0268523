"""Colour, orientation and texts of a PNG, read from its chunks; damaged chunks count as missing."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from foveaview.io.decoders.exif import read_exif, xmp_orientation
from foveaview.io.samples import ColorTags

__all__ = ["SIGNATURE", "PngHeader", "read_png_header", "read_png_texts"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
"""First bytes of every PNG."""

_MOST_CHUNKS = 10_000
_MOST_PROFILE_BYTES = 16 << 20
_MOST_TEXT_BYTES = 4 << 20
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_WANTED = (b"IHDR", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"eXIf", *_TEXTS)
# texts that may hold the orientation: EXIF in hexadecimal by ImageMagick, and XMP
_EXIF_TEXTS = (b"Raw profile type exif", b"Raw profile type APP1")
_XMP_TEXT = b"XML:com.adobe.xmp"


@dataclass(frozen=True)
class PngHeader:
    """Header and metadata of a PNG.

    Attributes:
        width, height: size in pixels.
        bits: bits per sample.
        color_type: 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGB with alpha.
        color: colour tags of the file.
        orientation: 1 to 8.
    """

    width: int
    height: int
    bits: int
    color_type: int
    color: ColorTags
    orientation: int


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield the wanted chunks with a correct checksum."""
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return
        size, kind = struct.unpack(">I4s", head)
        if kind not in _WANTED or size > _MOST_PROFILE_BYTES:
            file.seek(size + 4, 1)
            continue
        content, check = file.read(size), file.read(4)
        if len(check) == 4 and zlib.crc32(kind + content) == struct.unpack(">I", check)[0]:
            yield kind, content


def _unpacked(packed: bytes, most_bytes: int) -> bytes | None:
    """Decompress zlib data; return None if it is damaged or too large."""
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(packed, most_bytes)
    except zlib.error:
        return None
    return content if unpacker.eof else None


def _profile(content: bytes) -> bytes | None:
    name, _, rest = content.partition(b"\0")
    return _unpacked(rest[1:], _MOST_PROFILE_BYTES) if name and rest[:1] == b"\0" else None


def _text(kind: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Return key and text of a text chunk; the text is empty if it is damaged."""
    key, _, rest = content.partition(b"\0")
    packed = False
    if kind == b"zTXt":
        packed, rest = True, rest[1:]
    elif kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    text = _unpacked(rest, _MOST_TEXT_BYTES) if packed else rest
    return key, text or b""


def _orientation_of_text(key: bytes, text: bytes) -> int:
    """Return the orientation in a text chunk; 1 if it has none."""
    if key == _XMP_TEXT:
        return xmp_orientation(text)
    if key not in _EXIF_TEXTS:
        return 1
    digits = b"".join(text.split()[2:])  # skip the name and the length
    try:
        return read_exif(bytes.fromhex(digits.decode("ascii"))).orientation
    except ValueError:
        return 1


def _cicp(content: bytes) -> tuple[int, int] | None:
    if len(content) != 4:
        return None
    primaries, transfer, matrix, full = content
    if matrix != 0 or full != 1:
        raise ValueError(
            "its cICP chunk tells of narrow-range or YCbCr values, which a PNG is not read with: "
            "save it in full range"
        )
    return primaries, transfer


def _tags(chunks: dict[bytes, bytes]) -> ColorTags:
    gamma = chunks.get(b"gAMA", b"")
    places = chunks.get(b"cHRM", b"")
    primaries = None
    if len(places) == 32:
        white_x, white_y, *rgb = (value / 100_000 for value in struct.unpack(">8I", places))
        primaries = (*rgb, white_x, white_y)
    return ColorTags(
        cicp=_cicp(chunks.get(b"cICP", b"")),
        icc=_profile(chunks[b"iCCP"]) if b"iCCP" in chunks else None,
        is_srgb=b"sRGB" in chunks,
        gamma=struct.unpack(">I", gamma)[0] / 100_000 if len(gamma) == 4 else None,
        primaries=primaries,
    )


def read_png_header(file: BinaryIO) -> PngHeader:
    """Read header and metadata.

    Args:
        file: file at its beginning.

    Raises:
        ValueError: if it is not a PNG, its header is missing or damaged, or its cICP chunk is unsupported.
    """
    if file.read(8) != SIGNATURE:
        raise ValueError("not a PNG")
    chunks: dict[bytes, bytes] = {}
    orientations = [1]
    for kind, content in _chunks(file):
        if kind in _TEXTS:
            orientations.append(_orientation_of_text(*_text(kind, content)))
        else:
            chunks.setdefault(kind, content)
    header = chunks.get(b"IHDR", b"")
    if len(header) != 13:
        raise ValueError("a damaged PNG: its header is missing")
    width, height, bits, color_type = struct.unpack(">IIBB", header[:10])
    orientations.insert(0, read_exif(chunks.get(b"eXIf")).orientation)
    orientation = next((one for one in orientations if one != 1), 1)
    return PngHeader(width, height, bits, color_type, _tags(chunks), orientation)


def read_png_texts(file: BinaryIO) -> dict[str, str]:
    """Read the texts of a PNG by key; damaged ones count as missing, and the first of a repeated key counts.

    Args:
        file: file at its beginning.

    Raises:
        ValueError: if it is not a PNG.
    """
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise ValueError("not a PNG")
    texts: dict[str, str] = {}
    for kind, content in _chunks(file):
        if kind in _TEXTS:
            key, text = _text(kind, content)
            encoding = "utf-8" if kind == b"iTXt" else "latin-1"
            texts.setdefault(key.decode("latin-1"), text.decode(encoding, "replace"))
    return texts
