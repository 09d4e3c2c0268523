"""TIFF in colour with more than 8 bits a channel, of which Pillow reads 8 or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile

__all__ = ["read_deep_tiff"]

_READ = ("float16", "float32", "float64", "uint16")


def _readable(page: tifffile.TiffPage) -> bool:
    """Whether it is plain RGB in one piece: no profile, upright, no compression that needs more packages."""
    upright = page.tags.valueof("Orientation", 1) == 1 and "InterColorProfile" not in page.tags
    plain = page.photometric == tifffile.PHOTOMETRIC.RGB and page.compression in (1, 8, 32946)
    return upright and plain and page.samplesperpixel == 3 and str(page.dtype) in _READ


def read_deep_tiff(path: Path, check_size: Callable[[int, int], None]) -> npt.NDArray[np.float64] | None:
    """The first picture of a TIFF, None where it is another kind of file than this reads.

    Args:
        path: the file.
        check_size: called with width and height before it is unpacked, to raise `ValueError` for too many.

    Returns:
        (H, W, 3): 16 bits as [0, 1], floats as they are.

    Raises:
        ValueError: where it is damaged or too large.
    """
    try:
        with tifffile.TiffFile(path) as file:
            page = file.pages.first
            if not _readable(page):
                return None
            check_size(page.imagewidth, page.imagelength)
            values = page.asarray()
    except tifffile.TiffFileError:
        return None
    except ValueError:
        raise
    except Exception as error:  # what is damaged may raise anything
        raise ValueError(f"a damaged TIFF ({type(error).__name__}: {error})") from error
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE:
        values = np.moveaxis(values, 0, -1)
    return values.astype(np.float64) / (65535 if values.dtype == np.uint16 else 1)
