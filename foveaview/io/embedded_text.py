"""Text that an image file carries, read without decoding the image."""

from __future__ import annotations

import struct
from pathlib import Path

from foveaview.io.decoders.png_chunks import SIGNATURE, read_png_texts
from foveaview.io.untrusted import open_file

__all__ = ["png_text", "tiff_description"]

_DESCRIPTION, _ASCII = 270, 2
_MOST_ENTRIES = 4096
_MOST_BYTES = 4 << 20


def tiff_description(path: Path) -> str:
    """Read the description of a TIFF's first image; empty if there is none, and for a BigTIFF.

    Raises:
        OSError: if the file cannot be opened.
        UnreadableError: if it is no regular file.
    """
    with open_file(path) as file:
        head = file.read(8)
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
        if order is None or len(head) < 8:
            return ""
        file.seek(struct.unpack(f"{order}I", head[4:])[0])
        count = file.read(2)
        if len(count) < 2:
            return ""
        (entries,) = struct.unpack(f"{order}H", count)
        directory = file.read(12 * min(entries, _MOST_ENTRIES))
        for i in range(0, len(directory) - 11, 12):
            tag, kind, size, offset = struct.unpack_from(f"{order}HHII", directory, i)
            if (tag, kind) == (_DESCRIPTION, _ASCII) and 4 < size <= _MOST_BYTES:
                file.seek(offset)
                return file.read(size).rstrip(b"\0").decode("utf-8", "replace")
    return ""


def png_text(path: Path, key: str) -> str:
    """Read the text of a PNG under a key; empty if there is none, and for another file.

    Raises:
        OSError: if the file cannot be opened.
        UnreadableError: if it is no regular file.
    """
    with open_file(path) as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return ""
        file.seek(0)
        return read_png_texts(file).get(key, "")
