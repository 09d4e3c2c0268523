"""Requests to the worker: count the values of images, and save those at points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
from torch import Tensor

from foveaview.inspection.histogram import histograms
from foveaview.inspection.readout import Readout
from foveaview.inspection.readout import save_points as write_points
from foveaview.live import Picture
from foveaview.live.renderer import Renderer

__all__ = ["Counted", "count_values", "save_points"]

_Counts = dict[str, npt.NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Counted:
    """Counts of each value in a target and its candidate.

    Attributes:
        of: the target.
        target: counts by channel.
        picture: the candidate, None if there is none.
        candidate: its counts by channel.
        spent_s: duration of the counting.
    """

    of: Tensor
    target: _Counts
    picture: Picture | None = None
    candidate: _Counts = field(default_factory=dict)
    spent_s: float = 0.0


def count_values(
    target: Tensor, picture: Picture | None, before: Counted | None = None
) -> Callable[[Renderer], Counted]:
    """Count the values of a target and a candidate; those of the same target are not counted again."""

    def request(_renderer: Renderer) -> Counted:
        began = perf_counter()
        same = before is not None and before.of is target
        counts = before.target if before is not None and same else histograms(target[0].numpy())
        candidate = {} if picture is None else histograms(picture.values)
        return Counted(target, counts, picture, candidate, perf_counter() - began)

    return request


def save_points(path: Path, points: Sequence[Readout]) -> Callable[[Renderer], str]:
    """Write the numbers of pinned points as CSV."""

    def request(_renderer: Renderer) -> str:
        write_points(path, points)
        return f"{path.name}: written"

    return request
