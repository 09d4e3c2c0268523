"""PNG of 16 bits a channel, which Pillow writes only in gray; follows the W3C's PNG specification."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from foveaview.files import replacing
from foveaview.io.color_tags import PNG_SRGB

__all__ = ["save_deep_png"]

_SUB = 1  # the filter that keeps the differences from the pixel on the left


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _filtered(pixels: npt.NDArray[np.uint16]) -> bytes:
    """Every row with its filter before it, samples with the larger byte first."""
    rows = pixels.astype(">u2").view(np.uint8).reshape(pixels.shape[0], -1)
    left = 2 * pixels[0, 0].size
    filtered = np.concatenate([np.full((len(rows), 1), _SUB, np.uint8), rows], axis=1)
    filtered[:, 1 + left :] -= rows[:, :-left]
    return filtered.tobytes()


def save_deep_png(path: Path | str, pixels: npt.NDArray[np.uint16], texts: dict[str, str]) -> None:
    """Write (H, W) or (H, W, 3) as a PNG of 16 bits a channel, marked as sRGB.

    Args:
        path: the file.
        pixels: from 0 to 65535.
        texts: texts kept with the image, by keys of at most 79 Latin letters.

    Raises:
        OSError: if it cannot be written.
    """
    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, 0 if pixels.ndim == 2 else 2, 0, 0, 0)
    with replacing(Path(path)) as part, part.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(*PNG_SRGB))
        for key, text in texts.items():
            file.write(_chunk(b"iTXt", key.encode("latin-1") + bytes(5) + text.encode()))
        file.write(_chunk(b"IDAT", zlib.compress(_filtered(pixels))))
        file.write(_chunk(b"IEND", b""))
