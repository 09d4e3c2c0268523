"""Small image files, byte by byte, so that each test knows what is in its file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from foveaview.files import load_image

Pixels = npt.NDArray[Any]

ORIENTATION = 274


def read(path: Path, **options: Any) -> npt.NDArray[np.float32]:
    """What `load_image` makes of a file, (H, W) or (H, W, C)."""
    values: npt.NDArray[np.float32] = load_image(path, **options)[0].permute(1, 2, 0).numpy()
    return values[..., 0] if values.shape[-1] == 1 else values


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(path: Path, pixels: Pixels, *chunks: bytes) -> Path:
    """A PNG of 8 or 16 bits, (H, W) or (H, W, C), with chunks between its header and its pixels."""
    bits = pixels.dtype.itemsize * 8
    color_type = {2: 0, 3: {2: 4, 3: 2, 4: 6}.get(pixels.shape[-1], 0)}[pixels.ndim]
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], bits, color_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(row.dtype.newbyteorder(">")).tobytes() for row in pixels)
    body = chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IDAT", zlib.compress(rows))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b""))
    return path


def exif(orientation: int, order: str = ">") -> bytes:
    """EXIF that says how an image is turned."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    entry = struct.pack(f"{order}HHIHH", ORIENTATION, 3, 1, orientation, 0)
    return mark + struct.pack(f"{order}IH", 8, 1) + entry + bytes(4)


def turned(pixels: Pixels, orientation: int) -> Pixels:
    """The stored pixels of an upright image, which a reader turns back as EXIF says."""
    inverse = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.swapaxes(0, 1),
        6: np.rot90(pixels, 1),
        7: pixels[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(pixels, -1),
    }
    return np.ascontiguousarray(inverse[orientation])


def tiff(path: Path, pixels: Pixels, orientation: int = 1, **options: Any) -> Path:
    """A TIFF by tifffile, with an orientation."""
    tags = [(ORIENTATION, 3, 1, orientation, True)] if orientation != 1 else []
    tifffile.imwrite(path, pixels, metadata=None, extratags=tags, **options)
    return path


def planar(pixels: Pixels) -> Pixels:
    """(H, W, C) as the planes that tifffile wants."""
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 0))


def packed_tiff(path: Path, rows: Sequence[Sequence[int]], bits: int, photometric: int = 1) -> Path:
    """A gray TIFF of any number of bits a sample, packed without gaps within a row."""
    width, height = len(rows[0]), len(rows)
    lines = []
    for row in rows:
        text = "".join(f"{value:0{bits}b}" for value in row)
        text += "0" * (-len(text) % 8)
        lines.append(int(text, 2).to_bytes(len(text) // 8, "big"))
    data = b"".join(lines)
    entries = [
        (256, 3, width),
        (257, 3, height),
        (258, 3, bits),
        (259, 3, 1),
        (262, 3, photometric),
        (273, 4, 8),
        (277, 3, 1),
        (278, 3, height),
        (279, 4, len(data)),
    ]
    body = b"MM\0*" + struct.pack(">I", 8 + len(data) + len(data) % 2) + data + bytes(len(data) % 2)
    body += struct.pack(">H", len(entries))
    for tag, kind, value in entries:
        body += struct.pack(">HHI", tag, kind, 1) + struct.pack(
            ">HH" if kind == 3 else ">I", *([value, 0] if kind == 3 else [value])
        )
    path.write_bytes(body + bytes(4))
    return path


def exr(
    path: Path, pixels: Pixels, kind: str = "float", names: Sequence[str] = ("R", "G", "B"), **attributes: Any
) -> Path:
    """An OpenEXR file by OpenImageIO; attributes with two underscores for a colon."""
    import OpenImageIO

    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    spec = OpenImageIO.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], kind)
    spec.channelnames = tuple(names)
    for name in ("x", "y", "full_x", "full_y", "full_width", "full_height"):
        if name in attributes:
            setattr(spec, name, attributes.pop(name))
    for name, value in attributes.items():
        if isinstance(value, tuple):
            spec.attribute(name, OpenImageIO.TypeDesc(f"float[{len(value)}]"), value)
        else:
            spec.attribute(name.replace("__", ":"), value)
    return written_by_oiio(path, spec, pixels.astype(np.float32))


def written_by_oiio(path: Path, spec: Any, pixels: Pixels) -> Path:
    import OpenImageIO

    output = OpenImageIO.ImageOutput.create(str(path))
    assert output is not None, OpenImageIO.geterror()
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(pixels), output.geterror()
    output.close()
    return path


def pfm(path: Path, pixels: npt.NDArray[np.float32], order: str = "<") -> Path:
    """A portable float map, its bottom row first."""
    mark = b"PF" if pixels.ndim == 3 else b"Pf"
    size = f"{pixels.shape[1]} {pixels.shape[0]}".encode()
    scale = b"-1.0" if order == "<" else b"1.0"
    content = pixels[::-1].astype(f"{order}f4").tobytes()
    path.write_bytes(mark + b"\n" + size + b"\n" + scale + b"\n" + content)
    return path
