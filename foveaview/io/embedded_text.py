"""Text embedded in an image file, read without decoding the image."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from foveaview.io.decoders.png_chunks import SIGNATURE, read_png_texts
from foveaview.io.untrusted import open_file

__all__ = ["SETTINGS_KEY", "parsed_settings", "png_text", "read_png_settings", "tiff_description"]

SETTINGS_KEY = "foveaview"
"""Keyword of the PNG text that holds the settings."""

_DESCRIPTION, _ASCII = 270, 2
_MOST_ENTRIES = 4096
_MOST_BYTES = 4 << 20


def tiff_description(path: Path) -> str:
    """Read the description of a TIFF's first image; empty if there is none or for a BigTIFF.

    Raises:
        OSError: if the file cannot be opened.
        UnreadableError: if it is not a regular file.
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
    """Read the text of a PNG under a key; empty if there is none or the file is not a PNG.

    Raises:
        OSError: if the file cannot be opened.
        UnreadableError: if it is not a regular file.
    """
    with open_file(path) as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return ""
        file.seek(0)
        return read_png_texts(file).get(key, "")


def read_png_settings(path: Path | str) -> dict[str, Any]:
    """Return the settings that an exported PNG carries; empty if there are none.

    Raises:
        OSError: if it cannot be opened.
        ValueError: if they are damaged.
    """
    return parsed_settings(png_text(Path(path), SETTINGS_KEY) or "{}")


def parsed_settings(text: str) -> dict[str, Any]:
    """Parse the settings that an image carries; empty if they are not a JSON object.

    Raises:
        ValueError: if they are not JSON, or nested too deeply.
    """
    try:
        content = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return content if isinstance(content, dict) else {}
