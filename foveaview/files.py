"""Images in, images and figures out."""

from __future__ import annotations

import csv
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile
from torch import Tensor

from foveaview.colors import colorize, colormap, colormap_names
from foveaview.deep_tiff import read_deep_tiff
from foveaview.packaged import resource
from foveaview.profiles import gray_to_srgb, to_srgb
from foveaview.writing import check_writable, replacing

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
