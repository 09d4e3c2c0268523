"""Histograms of an image, by channel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from foveaview.perception.color import rgb_to_ycrcb

__all__ = ["BINS", "histograms"]

BINS = 256
"""Number of bins: one for each value of an 8-bit image."""

_CHUNK = 1 << 20


def _counts(values: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Count values in [0, 1] in equal bins; the last bin includes 1.

    Values that are not finite are ignored. The product with a power of two is exact, so no value falls into a
    neighbouring bin.
    """
    counts = np.zeros(BINS, np.int64)
    flat = values.reshape(-1)
    for start in range(0, flat.size, _CHUNK):  # avoids large copies of a large image
        part = flat[start : start + _CHUNK]
        scaled = (part[np.isfinite(part)] * np.float32(BINS)).clip(0, BINS - 1)
        counts += np.bincount(scaled.astype(np.int16), minlength=BINS)
    return counts


def histograms(values: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.int64]]:
    """Count the values of an image (C, H, W) in [0, 1], C 1 or 3.

    Returns:
        (256,) counts by "luma", "red", "green" and "blue"; only "luma" if there is one channel.

    >>> counts = histograms(np.array([[[0.0, 1.0, 1.0, 0.5]]], np.float32))
    >>> {int(i): int(counts["luma"][i]) for i in counts["luma"].nonzero()[0]}
    {0: 1, 128: 1, 255: 2}
    """
    if len(values) == 1:
        return {"luma": _counts(values[0])}
    luma = rgb_to_ycrcb(torch.from_numpy(values)[None])[0, 0].numpy()
    named = zip(("luma", "red", "green", "blue"), (luma, *values), strict=True)
    return {name: _counts(channel) for name, channel in named}
