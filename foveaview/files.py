"""Images in, images and figures out. Every file is written beside its place and moved over it."""

from __future__ import annotations

import csv
import json
import os
import platform
import re
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
import torch
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile
from torch import Tensor

from foveaview.colors import colorize, colormap, colormap_names
from foveaview.deep_tiff import read_deep_tiff
from foveaview.packaged import resource
from foveaview.profiles import gray_to_srgb, to_srgb

__all__ = [
    "SETTINGS_KEY",
    "check_same_size",
    "check_writable",
    "colorize",
    "colormap",
    "colormap_names",
    "load_image",
    "read_png_settings",
    "replacing",
    "resource",
    "save_losses",
    "save_png",
    "to_uint8",
]

SETTINGS_KEY = "foveaview"
"""Of the text in a PNG that holds its settings."""

_LARGEST_PIXELS = 100_000_000
_TIFF = (".tif", ".tiff")


def _prefix(path: Path) -> str:
    """Of the parts of `path` that processes of this machine write; their number follows."""
    return f".{path.name}.{zlib.crc32(platform.node().encode()):08x}-"


def _part_beside(path: Path) -> Path:
    if not path.name or path.is_dir():
        raise IsADirectoryError(21, "Is a directory", str(path))
    if path.exists() and not path.is_file():  # a device, which would be gone
        raise OSError(22, "Not a regular file", str(path))
    prefix = f"{_prefix(path)}{os.getpid()}."
    try:
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=".part", dir=path.parent)
    except OSError as error:  # in the words of the path that was asked for
        raise type(error)(error.errno, error.strerror, str(path)) from error
    os.close(handle)
    return Path(name)


def _remove_leftovers(path: Path) -> None:
    """What processes that ended midway left of earlier saves to `path`."""
    pattern = re.compile(re.escape(_prefix(path)) + r"(\d{1,9})\.[a-z0-9_]+\.part")
    with suppress(OSError):  # it is in nobody's way
        for part in path.parent.iterdir():
            found = pattern.fullmatch(part.name)
            if found is not None and not psutil.pid_exists(int(found[1])):
                part.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise `OSError` where `replacing` could not begin; what is at `path` stays as it is.

    >>> check_writable(Path("no such folder") / "a.txt")
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no such folder...a.txt'
    """
    _part_beside(path).unlink()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; moved over `path` at the end, removed on an error.

    What a process that was killed left of an earlier save to `path` is removed too.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "a.txt") as part:
    ...         _ = part.write_text("whole")
    ...     (Path(folder) / "a.txt").read_text()
    'whole'
    """
    part = _part_beside(path)
    _remove_leftovers(path)
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)  # mkstemp makes it private
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _over_white(image: Image.Image) -> Image.Image:
    rgba = image.convert("RGBA")
    white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    gray = image.mode in ("LA", "La")
    return Image.alpha_composite(white, rgba).convert("L" if gray else "RGB")


def _checked(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Values that were floats in the file, which may be anything."""
    if not np.isfinite(values).all():
        raise ValueError("it holds values that are NaN or infinite")
    if values.size and (values.min() < 0 or values.max() > 1):
        raise ValueError(f"its values reach from {values.min():g} to {values.max():g}: expected [0, 1]")
    return values


def _deep_array(image: Image.Image) -> npt.NDArray[np.float32]:
    """Grayscale of 16 bits, or of floats that must lie in [0, 1]."""
    values = _checked(np.asarray(image, dtype=np.float64) / (1 if image.mode == "F" else 65535))
    return gray_to_srgb(values, image.info.get("icc_profile")).astype(np.float32)


def _unit_array(image: Image.Image) -> npt.NDArray[np.float32]:
    """(H, W) or (H, W, 3) in [0, 1]."""
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        return _deep_array(image)
    image = to_srgb(image)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = _over_white(image)
    if image.mode == "1":
        image = image.convert("L")
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def _check_size(width: int, height: int) -> None:
    if width * height > _LARGEST_PIXELS:
        limit = f"{_LARGEST_PIXELS // 1_000_000} million pixels"
        raise ValueError(f"it has {width} x {height} px, over the limit of {limit}")


def _loses_precision(image: Image.Image) -> bool:
    """Whether Pillow would give 8 bits of 16."""
    return isinstance(image, TiffImageFile) and image.mode == "RGB" and 16 in image.tag_v2.get(258, ())


def _by_pillow(path: Path) -> npt.NDArray[np.float32]:
    with Image.open(path) as image:
        _check_size(image.width, image.height)
        if _loses_precision(image):
            deep = read_deep_tiff(path, _check_size)
            if deep is not None:
                return deep.astype(np.float32)
        image.seek(0)  # of an animation, the first frame
        image.load()
        return _unit_array(ImageOps.exif_transpose(image))


def _decoded(path: Path) -> npt.NDArray[np.float32]:
    with warnings.catch_warnings():
        # the size is checked in our own words
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
        try:
            return _by_pillow(path)
        except UnidentifiedImageError:
            deep = read_deep_tiff(path, _check_size) if path.suffix.lower() in _TIFF else None
            if deep is None:
                raise
            return _checked(deep).astype(np.float32)


def load_image(path: Path | str) -> Tensor:
    """Read an image file.

    Grayscale stays one channel; transparency is laid over white; CMYK and palettes become RGB. 16 bits keep
    their precision in gray and in TIFF, from which floats are read too. An embedded colour profile is
    converted to sRGB, unless it is damaged. EXIF orientation is applied. Of an animation the first frame.

    Returns:
        (1, C, H, W) float32 in [0, 1], C 1 or 3.

    Raises:
        OSError: where the file cannot be read.
        ValueError: where it is no image, damaged, or over 100 million pixels.

    >>> load_image(resource("samples/coffee.png")).shape
    torch.Size([1, 3, 400, 600])
    """
    path = Path(path)
    if path.is_file() and path.stat().st_size == 0:
        raise ValueError(f"{path}: the file is empty")
    try:
        array = _decoded(path)
    except Image.DecompressionBombError as error:
        raise ValueError(f"{path}: it has over {_LARGEST_PIXELS // 1_000_000} million pixels") from error
    except UnidentifiedImageError as error:
        raise ValueError(f"{path}: not an image that can be read") from error
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except (OSError, SyntaxError, EOFError, ValueError, MemoryError) as error:
        raise ValueError(f"{path}: {str(error) or 'damaged'}") from error
    if array.size == 0:
        raise ValueError(f"{path}: the image has no pixels")
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor[None, None] if tensor.dim() == 2 else tensor.permute(2, 0, 1)[None].contiguous()


def to_uint8(image: Tensor) -> npt.NDArray[np.uint8]:
    """The first image of (N, C, H, W) in [0, 1] as (H, W) or (H, W, 3) bytes.

    >>> to_uint8(torch.full((1, 1, 1, 2), 0.5))
    array([[128, 128]], dtype=uint8)
    """
    values = (image[0].detach().clamp(0, 1) * 255).round().to(torch.uint8)
    pixels: npt.NDArray[np.uint8] = values.permute(1, 2, 0).cpu().numpy()
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels


def save_png(path: Path | str, pixels: npt.NDArray[np.uint8], settings: dict[str, Any]) -> None:
    """Write bytes as a PNG that carries its settings; raises `OSError` where that fails."""
    information = PngImagePlugin.PngInfo()
    information.add_itxt(SETTINGS_KEY, json.dumps(settings))
    with replacing(Path(path)) as part:
        Image.fromarray(pixels).save(part, format="PNG", pnginfo=information)


def read_png_settings(path: Path | str) -> dict[str, Any]:
    """The settings that an exported PNG carries; empty where there are none."""
    with Image.open(path) as image:
        text = image.info.get(SETTINGS_KEY, "{}")
    content = json.loads(text)
    return content if isinstance(content, dict) else {}


def check_same_size(image: Tensor, target: Tensor, path: Path, target_path: Path) -> None:
    """Raise `ValueError` where two images that were read are not of one size."""
    (h, w), (th, tw) = image.shape[-2:], target.shape[-2:]
    if (h, w) != (th, tw):
        raise ValueError(f"{path} is {w} x {h} px, {target_path} {tw} x {th} px: they must have one size")


def save_losses(path: Path | str, losses: list[float], terms: dict[str, list[float]] | None = None) -> None:
    """Write iteration, loss and terms as CSV, exact to the last bit; raises `OSError` where that fails."""
    terms = terms or {}
    with replacing(Path(path)) as part, part.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["iteration", "loss", *terms])
        columns = zip(losses, *terms.values(), strict=True)
        writer.writerows((i, *map(repr, row)) for i, row in enumerate(columns))
