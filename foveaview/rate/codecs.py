"""Images as encoded bytes: JPEG, WebP, AVIF and PNG at a given quality, by Pillow."""

from __future__ import annotations

import hashlib
import io
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, features
from torch import Tensor

from foveaview.files import to_uint8

__all__ = ["FORMATS", "Coder", "Format", "decode", "left_out", "pixels_of", "qualities", "usable_formats"]

Pixels = npt.NDArray[np.uint8]

_CACHE_BYTES = 64 << 20


@dataclass(frozen=True)
class Format:
    """A file format and the range of its quality.

    Attributes:
        name: Pillow's name, in the usual spelling.
        feature: the Pillow feature that it needs.
        ending: extension of its files.
        lowest, highest: range of the encoder's quality; for PNG, of the bits per channel.
        largest_side_px: longest image side that it can hold.
        options: encoder options besides the quality.
    """

    name: str
    feature: str
    ending: str
    lowest: int = 5
    highest: int = 95
    largest_side_px: int = 65_535
    options: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def is_lossless(self) -> bool:
        """Return True if the file is lossless and the quality is the number of bits kept per channel."""
        return self.name == "PNG"


FORMATS = (
    Format("JPEG", "jpg", "jpg", largest_side_px=65_500),
    Format("WebP", "webp", "webp", largest_side_px=16_383),
    # with more threads the bytes would depend on the machine
    Format("AVIF", "avif", "avif", options={"max_threads": 1}),
    Format("PNG", "zlib", "png", lowest=1, highest=8, largest_side_px=2**31 - 1),
)
"""PNG is lossless and has no quality. Instead the colours are first rounded to 1 to 8 bits per channel;
8 keeps the image as it is."""


def _why_not(kind: Format, size: tuple[int, int]) -> str:
    if kind.feature not in features.get_supported():
        return f"{kind.name} is left out: this Pillow was built without it"
    if max(size) > kind.largest_side_px:
        return f"{kind.name} is left out: it holds at most {kind.largest_side_px} px a side"
    return ""


def usable_formats(size: tuple[int, int]) -> list[Format]:
    """Return the formats that this Pillow can write for an image of (H, W) pixels."""
    return [kind for kind in FORMATS if not _why_not(kind, size)]


def left_out(size: tuple[int, int]) -> list[str]:
    """Return a line for each format that is left out, with the reason.

    >>> left_out((20, 30_000))
    ['WebP is left out: it holds at most 16383 px a side']
    """
    return [why for kind in FORMATS if (why := _why_not(kind, size))]


def qualities(kind: Format, count: int) -> list[int]:
    """Return evenly spaced qualities of a format, lowest first; fewer than `count` if it has fewer.

    >>> [qualities(kind, 8) for kind in (FORMATS[0], FORMATS[3])]
    [[5, 18, 31, 44, 56, 69, 82, 95], [1, 2, 3, 4, 5, 6, 7, 8]]
    """
    return sorted({round(value) for value in np.linspace(kind.lowest, kind.highest, count).tolist()})


def pixels_of(image: Tensor) -> Pixels:
    """Return the 8-bit pixels to code for (1, C, H, W) in [0, 1], C 1 or 3: (H, W) or (H, W, 3).

    Raises:
        ValueError: for any other shape or dtype, and for values that are NaN or infinite.
    """
    if image.dim() != 4 or image.shape[0] != 1 or image.shape[1] not in (1, 3) or image.numel() == 0:
        raise ValueError(
            f"the image to code must be one of 1 or 3 channels, (1, C, H, W), got shape {tuple(image.shape)}"
        )
    if not image.is_floating_point() or not bool(torch.isfinite(image).all()):
        raise ValueError("the image to code must be floating point in [0, 1], without NaN or infinite values")
    return to_uint8(image)


def _rounded_to_bits(pixels: Pixels, bits: int) -> Pixels:
    """Round colours to 2^bits evenly spaced levels from 0 to 255."""
    steps = 2**bits - 1
    levels = np.round(np.round(np.arange(256) * steps / 255) * 255 / steps).astype(np.uint8)
    return levels[pixels]


def _encoded(pixels: Pixels, kind: Format, quality: int) -> bytes:
    file = io.BytesIO()
    if kind.is_lossless:
        Image.fromarray(_rounded_to_bits(pixels, quality)).save(file, format=kind.name, **kind.options)
    else:
        Image.fromarray(pixels).save(file, format=kind.name, quality=quality, **kind.options)
    return file.getvalue()


def decode(data: bytes, channels: int) -> Tensor:
    """Decode a file's bytes to (1, C, H, W) float32 in [0, 1], with as many channels as were encoded.

    >>> pixels = np.full((16, 16), 51, dtype=np.uint8)
    >>> decode(Coder().encode(pixels, FORMATS[3], 8), 1)[0, 0, 0, 0]
    tensor(0.2000)
    """
    with Image.open(io.BytesIO(data)) as image:
        array = np.asarray(image.convert("L" if channels == 1 else "RGB"), dtype=np.float32)
    tensor = torch.from_numpy(array / np.float32(255))
    return tensor[None, None] if channels == 1 else tensor.permute(2, 0, 1)[None].contiguous()


class Coder:
    """Encodes pixels and keeps recent results, so that the same pixels are encoded once.

    Args:
        most_bytes: limit for the coded files to keep; the least recently used are dropped first.

    >>> coder = Coder()
    >>> pixels = np.zeros((16, 16, 3), dtype=np.uint8)
    >>> coder.encode(pixels, FORMATS[0], 50) is coder.encode(pixels, FORMATS[0], 50)
    True
    """

    def __init__(self, most_bytes: int = _CACHE_BYTES) -> None:
        self.most_bytes = most_bytes
        self.held_bytes = 0
        self._kept: OrderedDict[tuple[str, str, int], bytes] = OrderedDict()

    def encode(self, pixels: Pixels, kind: Format, quality: int) -> bytes:
        """Encode (H, W) or (H, W, 3) pixels as the bytes of a file of this format.

        Raises:
            ValueError: for a quality outside the format's range.
        """
        if not kind.lowest <= quality <= kind.highest:
            raise ValueError(f"{kind.name} takes {kind.lowest} to {kind.highest} as quality, got {quality}")
        digest = hashlib.sha256(repr(pixels.shape).encode())
        digest.update(pixels.tobytes())
        key = (digest.hexdigest(), kind.name, quality)
        if key not in self._kept:
            self._keep(key, _encoded(pixels, kind, quality))
        self._kept.move_to_end(key)
        return self._kept[key]

    def _keep(self, key: tuple[str, str, int], data: bytes) -> None:
        self._kept[key] = data
        self.held_bytes += len(data)
        while self.held_bytes > self.most_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self.held_bytes -= len(dropped)
