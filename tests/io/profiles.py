"""Colour profiles (ICC) as bytes, small ones of version 4, and what the colour mathematics says of them."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

# relative to D50, as profiles hold them; SMPTE EG 432-1 and IEC 61966-2-1, adapted by Bradford's transform
DISPLAY_P3 = ((0.515102, 0.241182, -0.001049), (0.291965, 0.692236, 0.041882), (0.157153, 0.066582, 0.784378))
SRGB = ((0.436066, 0.222488, 0.013916), (0.385147, 0.716873, 0.097076), (0.143066, 0.060608, 0.714096))
WHITE = (0.964203, 1.0, 0.824905)
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def parametric(kind: int, *values: float) -> bytes:
    return b"para" + struct.pack(">IHH", 0, kind, 0) + fixed(*values)


def sampled(*entries: int) -> bytes:
    content = b"curv" + struct.pack(f">II{len(entries)}H", 0, len(entries), *entries)
    return content + bytes(-len(content) % 4)


def text(content: str) -> bytes:
    encoded = content.encode("utf-16-be")
    head = b"mluc" + struct.pack(">III2s2sII", 0, 1, 12, b"en", b"US", len(encoded), 28)
    return head + encoded + bytes(-len(encoded) % 4)


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": text("test"), b"cprt": text("none"), b"wtpt": b"XYZ " + bytes(4) + fixed(*WHITE), **tags}
    offset = 128 + 4 + 12 * len(tags)
    table, content = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        table += struct.pack(">4sII", name, offset + len(content), len(tag))
        content += tag
    size = offset + len(content)
    header = struct.pack(">I4sI4s4s4s", size, b"", 0x04300000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + fixed(*WHITE)
    return header.ljust(128, b"\0") + table + content


def rgb_profile(primaries: tuple[tuple[float, ...], ...] = DISPLAY_P3, curve: bytes | None = None) -> bytes:
    """Light by the curve of sRGB, or another, and these primaries."""
    curve = curve or parametric(3, *SRGB_CURVE)
    tags = {}
    for name, color in zip(b"rgb", primaries, strict=True):
        tags[bytes([name]) + b"XYZ"] = b"XYZ " + bytes(4) + fixed(*color)
        tags[bytes([name]) + b"TRC"] = curve
    return profile(b"RGB ", tags)


def gray_profile(curve: bytes) -> bytes:
    return profile(b"GRAY", {b"kTRC": curve})


def srgb_decoded(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def srgb_encoded(light: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def p3_as_srgb(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Display P3 in [0, 1], (..., 3), as sRGB, clipped."""
    xyz = srgb_decoded(values) @ np.array(DISPLAY_P3)
    return srgb_encoded(xyz @ np.linalg.inv(np.array(SRGB)))
