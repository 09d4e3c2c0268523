"""Values as colours: maps with one dark end, and one for differences with a sign."""

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
"""For values with a sign: blue below the middle of the range, light gray at it, red above."""


def colormap_names() -> tuple[str, ...]:
    """Names of the colormaps for values from 0 up, the default first; each gets brighter all the way.

    >>> colormap_names()[0]
    'cividis'
    """
    return _SEQUENTIAL


@lru_cache(maxsize=8)
def colormap(name: str = "cividis") -> npt.NDArray[np.uint8]:
    """(256, 3) bytes of a colormap in `resources/colormaps`, which may not be changed.

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
    """The first map of (N, 1, H, W) as (H, W, 3) bytes.

    What lies outside the range gets the colour of its end, and what is no number that of the lower end.

    Args:
        values: any values.
        largest: the value of the upper end of the colormap; the largest finite one where None.
        name: of the colormap.
        smallest: the value of its lower end; `-largest` for differences in the colormap `DIVERGING`.

    Raises:
        ValueError: if there is no such colormap, or a range that is given ends below its beginning.

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
    """What the colours of a map stand for.

    Attributes:
        colormap: its name.
        smallest: the value of the lower end.
        largest: the value of the upper end, that of the map where None.
        unit: of the values.

    >>> Scale("gray").of(torch.tensor([[[[1.0, 4.0]]]])).largest
    4.0
    """

    colormap: str = "cividis"
    smallest: float = 0.0
    largest: float | None = None
    unit: str = "loss per pixel"

    def of(self, values: Tensor) -> Scale:
        """This scale with both ends known, for a map (1, 1, H, W); raises `ValueError` as `colorize` does."""
        colormap(self.colormap)
        _check_range(self.smallest, self.largest)
        if self.largest is not None:
            return self
        return replace(self, largest=_largest(values[0, 0].detach().double(), self.smallest))

    def colorize(self, values: Tensor) -> npt.NDArray[np.uint8]:
        """A map (1, 1, H, W) as (H, W, 3) bytes; see `colorize`."""
        return colorize(values, self.largest, self.colormap, self.smallest)

    def about(self) -> dict[str, Any]:
        """Colormap, range and unit as plain values, to be kept with a picture."""
        return {"colormap": self.colormap, "range": [self.smallest, self.largest], "unit": self.unit}
