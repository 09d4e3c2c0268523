"""Values as colours: maps with one dark end, and one for differences with a sign."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foveaview.packaged import resource

__all__ = ["DIVERGING", "colorize", "colormap", "colormap_names"]

_SEQUENTIAL = ("cividis", "viridis", "magma", "inferno", "plasma", "gray")

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
        ValueError: where there is no colormap of that name.

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
        ValueError: where there is no such colormap, or a range that is given ends below its beginning.

    >>> colorize(torch.tensor([[[[0.0, 1.0]]]]))[0].tolist()
    [[0, 34, 78], [254, 232, 56]]
    >>> colorize(torch.tensor([[[[-2.0, 2.0]]]]), 2.0, DIVERGING, -2.0)[0].tolist()
    [[59, 76, 192], [180, 4, 38]]
    """
    if largest is not None and largest < smallest:
        raise ValueError(f"colours from {smallest:g} to {largest:g}: the range must not end below its start")
    field = values[0, 0].detach().cpu().to(torch.float64)
    finite = field[field.isfinite()]
    top = largest
    if top is None:
        top = float(finite.max()) if len(finite) else smallest
    extent = top - smallest
    shares = (field - smallest) / extent if extent > 0 else field - smallest
    index = (shares.nan_to_num(nan=0.0).clamp(0, 1) * 255).round()
    return colormap(name)[index.to(torch.uint8).numpy()]
