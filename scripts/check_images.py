"""Compare what foveaview reads from files generated at random with what was written, and with ImageMagick.

A file fails if foveaview differs from what was written. If only ImageMagick differs, that is
counted apart: version 6 does not invert zero-is-white at 2, 4, 10, 12 and 14 bits, reads planes of gray with
alpha in tiles wrong, and takes Pillow's palettes in TIFF, whose values are multiplied by 256, for 16 bits.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from foveaview.files import load_image
from tests.io.writers import chunk, exif, packed_tiff, planar, png, tiff, turned

MOST_DIFFERENCE = 1e-6
MOST_DIFFERENCE_OF_OTHER = 2.5 / 65535
"""ImageMagick computes with 16 bits."""

Made = tuple[Path, str, Any]
"""A file, its kind, and its values (H, W, C) in [0, 1]: gray or RGB with or without alpha, or CMYK."""


def _tiff(random: np.random.Generator, folder: Path) -> Made:
    kind = random.choice(["uint8", "uint16", "uint32", "float32"])
    colors = (
        random.choice(["gray", "rgb", "cmyk"])
        if kind in ("uint8", "uint16")
        else random.choice(["gray", "rgb"])
    )
    has_alpha = colors != "cmyk" and kind != "uint32" and random.random() < 0.3
    channels = {"gray": 1, "rgb": 3, "cmyk": 4}[colors] + has_alpha
    size = tuple(random.integers(1, 60, 2))
    top = np.iinfo(kind).max if kind[0] == "u" else 1
    pixels = (random.random((*size, channels)) * top).astype(kind)
    orientation = int(random.integers(1, 9))
    stored = turned(pixels, orientation)
    in_planes = channels > 1 and random.random() < 0.3
    layout: dict[str, Any] = random.choice([{}, {"tile": (16, 16)}, {"rowsperstrip": 7}])
    compression = random.choice([None, "deflate"])
    if has_alpha:
        layout = {**layout, "extrasamples": ["unassalpha"]}
    if channels > 1:
        layout = {**layout, "planarconfig": "separate" if in_planes else "contig"}
    shown = planar(stored) if in_planes else stored[..., 0] if channels == 1 else stored
    photometric = {"gray": "minisblack", "rgb": "rgb", "cmyk": "separated"}[colors]
    path = tiff(
        folder / "a.tif", shown, orientation, photometric=photometric, compression=compression, **layout
    )
    values = pixels.astype(np.float64) / top
    if colors == "cmyk":
        values = (1 - values[..., :3]) * (1 - values[..., 3:])
    return path, f"TIFF {kind} {colors}{' alpha' * has_alpha}", values


def _packed(random: np.random.Generator, folder: Path) -> Made:
    bits = int(random.choice([1, 2, 4, 8, 10, 12, 14, 16]))
    photometric = int(random.integers(0, 2))
    rows = random.integers(0, 2**bits, random.integers(1, 40, 2)).tolist()
    values = np.array(rows)[..., None] / (2**bits - 1)
    path = packed_tiff(folder / "a.tif", rows, bits, photometric)
    return path, f"TIFF {bits} bits, {photometric=}", values if photometric else 1 - values


def _png(random: np.random.Generator, folder: Path) -> Made:
    kind, channels = random.choice(["uint8", "uint16"]), int(random.choice([1, 2, 3, 4]))
    pixels = (random.random((*random.integers(1, 60, 2), channels)) * np.iinfo(kind).max).astype(kind)
    orientation = int(random.integers(1, 9))
    stored = turned(pixels, orientation)
    stored = stored[..., 0] if channels == 1 else stored
    # ImageMagick 6 does not turn PNG by eXIf: it is compared with the upright file
    png(folder / "b.png", pixels[..., 0] if channels == 1 else pixels)
    path = png(folder / "a.png", stored, chunk(b"eXIf", exif(orientation)))
    return path, f"PNG {kind} {channels} channels", pixels / np.iinfo(kind).max


def _by_pillow(random: np.random.Generator, folder: Path) -> Made:
    name, mode = random.choice(["a.bmp", "a.tga", "a.pcx", "a.gif", "a.webp", "a.png", "a.tif"]), "RGB"
    if name in ("a.png", "a.tif"):
        mode = str(random.choice(["1", "L", "P"]))
    small = random.integers(0, 256, (*random.integers(4, 60, 2), 3)).astype(np.uint8)
    image = Image.fromarray(small)
    image = image.quantize(64) if mode == "P" or name == "a.gif" else image.convert(mode)
    image.save(folder / name, **({"lossless": True} if name == "a.webp" else {}))
    values = np.asarray(image.convert("RGB")) / 255
    return folder / name, f"{name[2:].upper()} {image.mode} by Pillow", values


def _pnm(random: np.random.Generator, folder: Path) -> Made:
    largest, channels = int(random.choice([1, 15, 255, 1023, 65535])), int(random.choice([1, 3]))
    height, width = random.integers(1, 50, 2)
    values = random.integers(0, largest + 1, (height, width, channels))
    head = f"P{6 if channels == 3 else 5}\n{width} {height}\n{largest}\n".encode()
    path = folder / ("a.ppm" if channels == 3 else "a.pgm")
    path.write_bytes(head + values.astype("u1" if largest < 256 else ">u2").tobytes())
    return path, f"PNM up to {largest}", values / largest


def _by_imagemagick(path: Path, shape: tuple[int, ...]) -> Any:
    """Read (H, W, 3) in [0, 1], over white, with ImageMagick."""
    command = ["/usr/bin/convert", f"{path}[0]", "-auto-orient", "-background", "white", "-alpha", "remove"]
    command += ["-colorspace", "sRGB", "-type", "TrueColor", "-depth", "16", "-endian", "LSB", "RGB:-"]
    done = subprocess.run(command, capture_output=True, check=False)
    values = np.frombuffer(done.stdout, "<u2")
    if values.size != shape[0] * shape[1] * 3:
        raise ValueError(f"ImageMagick gave {values.size} values: {done.stderr.decode()[:200]}")
    return values.reshape(*shape, 3) / 65535


def _over_white(values: Any) -> Any:
    if values.shape[-1] in (1, 3):
        return values
    return values[..., :-1] * values[..., -1:] + 1 - values[..., -1:]


def main(count: int) -> int:
    random = np.random.default_rng(0)
    compared: Counter[str] = Counter()
    failures, alone = [], Counter[str]()
    makers = [_tiff, _tiff, _packed, _png, _by_pillow, _pnm]
    for number in range(count):
        with tempfile.TemporaryDirectory() as name:
            path, what, values = makers[number % len(makers)](random, Path(name))
            ours = load_image(path)[0].permute(1, 2, 0).double().numpy()
            other = path.with_name("b.png") if path.with_name("b.png").exists() else path
            theirs = _by_imagemagick(other, ours.shape[:2])
        compared[what] += 1
        difference = float(np.abs(ours - _over_white(values)).max())
        if difference > MOST_DIFFERENCE:
            failures.append(f"{number}: {what}, {ours.shape}: {difference * 255:.3f} levels of 8 bits")
        if float(np.abs(ours - theirs).max()) > MOST_DIFFERENCE_OF_OTHER:
            alone[what] += 1
    for what, times in sorted(compared.items()):
        print(f"{times:4} {what}" + (f" ({alone[what]} are otherwise by ImageMagick)" if alone[what] else ""))
    print(f"{count} files: {len(failures)} differ from what was written, {alone.total()} from ImageMagick")
    print("\n".join(failures[:40]))
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
