"""OpenImageIO: loaded when needed, with limits, and with numpy arrays and Python errors as results.

There is no wheel for some platforms (musl, Windows on Arm); `is_available` checks for it.
"""

from __future__ import annotations

import importlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from foveaview.io.samples import check_size

__all__ = [
    "attribute",
    "check_unsigned",
    "exact",
    "is_available",
    "library",
    "opened",
    "pick",
    "pixels_of",
    "profile_of",
    "with_ending",
]

_LIMITS = {
    "threads": 1,  # memory of more threads would count as this image's
    "exr_threads": 1,
    "try_all_readers": 0,  # only the reader for the kind
    "limits:channels": 64,
    "limits:imagesize_MB": 4096,
    "limits:resolution": 1 << 24,
}


@lru_cache(maxsize=1)
def library() -> Any:
    """Return OpenImageIO with its limits set; None if it is not installed."""
    try:
        found = importlib.import_module("OpenImageIO")
    except ImportError:
        return None
    for name, value in _LIMITS.items():
        found.attribute(name, value)
    return found


def is_available() -> bool:
    """Return True if OpenImageIO is installed."""
    return library() is not None


@contextmanager
def with_ending(path: Path, ending: str) -> Iterator[str]:
    """Yield a name of the file with the right ending, by which OpenImageIO chooses a reader."""
    with suppress(UnicodeEncodeError):
        str(path).encode()
        if path.suffix.lower() == ending:
            yield str(path)
            return
    with tempfile.TemporaryDirectory(prefix="foveaview-") as folder:
        link = Path(folder) / f"image{ending}"
        try:
            link.symlink_to(path.absolute())
        except OSError:  # Windows, without the right to make links
            shutil.copyfile(path, link)
        yield str(link)


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "damaged")


def opened(oiio: Any, name: str, raw: bool) -> Any:
    """Open a file with alpha unchanged; `raw` keeps CMYK and similar colours from becoming RGB."""
    config = oiio.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)
    if raw:
        config.attribute("oiio:RawColor", 1)
    source = oiio.ImageInput.open(name, config)
    if source is None:
        raise ValueError(_first_line(oiio.geterror()))
    return source


def attribute(spec: Any, name: str, default: Any = None) -> Any:
    """Return an attribute of an image, or the default."""
    value = spec.getattribute(name)
    return default if value is None else value


def pixels_of(source: Any, spec: Any) -> npt.NDArray[Any]:
    """Return (H, W, C) as stored in the file."""
    check_size(spec.width, spec.height, spec.nchannels * spec.format.basesize())
    pixels = source.read_image(source.current_subimage(), 0, 0, spec.nchannels, spec.format)
    if pixels is None:
        raise ValueError(_first_line(source.geterror()))
    return np.asarray(pixels).reshape(spec.height, spec.width, spec.nchannels)


def profile_of(spec: Any) -> bytes | None:
    """Return the embedded colour profile; None if there is none."""
    profile = attribute(spec, "ICCProfile")
    return None if profile is None else np.asarray(profile, np.uint8).tobytes()


def check_unsigned(spec: Any) -> None:
    """Refuse signed integers, because the value of black is unknown."""
    name = str(spec.format)
    if name in ("int8", "int16", "int", "int32", "int64"):
        name = "int32" if name == "int" else name
        raise ValueError(
            f"its samples are signed integers ({name}), whose black is not known: "
            "save it as unsigned integers or floats"
        )


def pick(pixels: npt.NDArray[Any], colors: int, alpha: int) -> npt.NDArray[Any]:
    """Select the first channels, followed by alpha if there is one."""
    if pixels.shape[-1] == colors + (alpha >= 0):
        return pixels
    wanted = [*range(colors), *([alpha] if alpha >= 0 else [])]
    return pixels[..., wanted]


def exact(pixels: npt.NDArray[Any], bits: int) -> npt.NDArray[Any]:
    """Restore the file's own integers of `bits`, which OpenImageIO scales up to whole bytes."""
    spare = pixels.dtype.itemsize * 8 - bits
    return pixels >> np.array(spare, pixels.dtype) if spare > 0 else pixels
