"""Colormaps: values from dark to bright, and one diverging map for signed differences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foveaview.io.assets import resource
from foveaview.settings.view import Colormap

__all__ = ["DIVERGING", "Scale", "colorize", "colormap", "colormap_names"]

_SEQUENTIAL: tuple[str, ...] = get_args(Colormap)

DIVERGING = "coolwarm"
"""Colormap for signed values: blue below the middle of the range, light gray at it, red above."""


def colormap_names() -> tuple[str, ...]:
    """Return the names of the colormaps for values from 0 up, the default first; brightness always rises.

    >>> colormap_names()[0]
    'cividis'
    """
    return _SEQUENTIAL


@lru_cache(maxsize=8)
def colormap(name: str = "cividis") -> npt.NDArray[np.uint8]:
    """Return (256, 3) bytes of a colormap in `resources/colormaps`; the array is read-only.

    Raises:
        ValueError: if there is no colormap of that name.

    >>> colormap("gray")[128].tolist()
    [128, 128, 128]
    """
    names = (*_SEQUENTIAL, DIVERGING)
    if name not in names:
        raise ValueError(f"there is no colormap {name!r}: choose among {', '.join(names)}")
    table = np.loadtxt(resource(f"colormaps/{name}.csv"), delimiter=",", dtype=np.uint8)
    table.setflags(write=False)
    return table


def colorize(
    values: Tensor, largest: float | None = None, name: str = "cividis", smallest: float = 0.0
) -> npt.NDArray[np.uint8]:
    """Colour the first map of (N, 1, H, W) as (H, W, 3) bytes.

    Values outside the range get the colour of the nearest end; NaN gets that of the lower end.

    Args:
        values: any values.
        largest: value of the upper end of the colormap; the largest finite value if None.
        name: name of the colormap.
        smallest: value of the lower end; `-largest` for differences in the colormap `DIVERGING`.

    Raises:
        ValueError: if there is no such colormap, or if the range ends below its start.

    >>> colorize(torch.tensor([[[[0.0, 1.0]]]]))[0].tolist()
    [[0, 34, 78], [254, 232, 56]]
    >>> colorize(torch.tensor([[[[-2.0, 2.0]]]]), 2.0, DIVERGING, -2.0)[0].tolist()
    [[59, 76, 192], [180, 4, 38]]
    """
    _check_range(smallest, largest)
    field = values[0, 0].detach().cpu().to(torch.float64)
    extent = (_largest(field, smallest) if largest is None else largest) - smallest
    shares = (field - smallest) / extent if extent > 0 else field - smallest
    index = (shares.nan_to_num(nan=0.0).clamp(0, 1) * 255).round()
    return colormap(name)[index.to(torch.uint8).numpy()]


def _check_range(smallest: float, largest: float | None) -> None:
    if largest is not None and largest < smallest:
        raise ValueError(f"colours from {smallest:g} to {largest:g}: the range must not end below its start")


def _largest(field: Tensor, smallest: float) -> float:
    finite = field[field.isfinite()]
    return max(float(finite.max()), smallest) if len(finite) else smallest


@dataclass(frozen=True)
class Scale:
    """Colour scale of a map.

    Attributes:
        colormap: name of the colormap.
        smallest: value of the lower end.
        largest: value of the upper end; the largest value of the map if None.
        unit: unit of the values.

    >>> Scale("gray").of(torch.tensor([[[[1.0, 4.0]]]])).largest
    4.0
    """

    colormap: str = "cividis"
    smallest: float = 0.0
    largest: float | None = None
    unit: str = "loss per pixel"

    def of(self, values: Tensor) -> Scale:
        """Return this scale with both ends set, for a map (1, 1, H, W); raises as `colorize` does."""
        colormap(self.colormap)
        _check_range(self.smallest, self.largest)
        if self.largest is not None:
            return self
        return replace(self, largest=_largest(values[0, 0].detach().double(), self.smallest))

    def colorize(self, values: Tensor) -> npt.NDArray[np.uint8]:
        """Colour a map (1, 1, H, W) as (H, W, 3) bytes; see `colorize`."""
        return colorize(values, self.largest, self.colormap, self.smallest)

    def about(self) -> dict[str, Any]:
        """Return colormap, range and unit as plain values, to store with an image."""
        return {"colormap": self.colormap, "range": [self.smallest, self.largest], "unit": self.unit}
