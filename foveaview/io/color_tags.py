"""sRGB tags of files: the PNG chunk, and reproducible profiles (ICC 4.3)."""

from __future__ import annotations

import struct

__all__ = ["PNG_SRGB", "srgb_profile"]

PNG_SRGB = (b"sRGB", b"\0")
"""Type and content of the chunk: sRGB with perceptual rendering intent."""

_D50 = (0.9642, 1.0, 0.8249)
# of sRGB relative to D50, and the transform used to adapt them (IEC 61966-2-1, Bradford)
_COLORANTS = {
    b"rXYZ": (0.436066, 0.222488, 0.013916),
    b"gXYZ": (0.385147, 0.716873, 0.097076),
    b"bXYZ": (0.143066, 0.060608, 0.714096),
}
_ADAPTATION = (1.047882, 0.022919, -0.050201, 0.029587, 0.990479, -0.017059, -0.009232, 0.015076, 0.751678)
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _text(content: str) -> bytes:
    encoded = content.encode("utf-16-be")
    return b"mluc" + struct.pack(">III2s2sII", 0, 1, 12, b"en", b"US", len(encoded), 28) + encoded


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*values)


def _assembled(space: bytes, tags: list[tuple[bytes, bytes]]) -> bytes:
    """Assemble header, table and tags; tags of the same content share it."""
    start = 128 + 4 + 12 * len(tags)
    table, content, places = struct.pack(">I", len(tags)), b"", {}
    for name, tag in tags:
        if tag not in places:
            places[tag] = start + len(content)
            content += tag + bytes(-len(tag) % 4)
        table += struct.pack(">4sII", name, places[tag], len(tag))
    header = struct.pack(">I4sI4s4s4s", start + len(content), b"", 0x04300000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _fixed(*_D50)
    return header.ljust(128, b"\0") + table + content


def srgb_profile(channels: int) -> bytes:
    """Build a profile of sRGB for 3 channels, or of its curve for 1.

    >>> len(srgb_profile(3)), len(srgb_profile(1))
    (496, 400)
    """
    curve = b"para" + struct.pack(">IHH", 0, 3, 0) + _fixed(*_CURVE)
    name = "sRGB" if channels == 3 else "Gray, sRGB curve"
    tags = [(b"desc", _text(name)), (b"cprt", _text("No copyright")), (b"wtpt", _xyz(*_D50))]
    tags.append((b"chad", b"sf32" + bytes(4) + _fixed(*_ADAPTATION)))
    if channels == 1:
        return _assembled(b"GRAY", [*tags, (b"kTRC", curve)])
    colors = [(name, _xyz(*place)) for name, place in _COLORANTS.items()]
    return _assembled(b"RGB ", [*tags, *colors, *((name, curve) for name in (b"rTRC", b"gTRC", b"bTRC"))])
