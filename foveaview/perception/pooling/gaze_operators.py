"""Pooling operators and weights: they depend on gaze, settings and image size, but not on the pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview.perception.geometry import level_of_detail, pooling_size_map
from foveaview.perception.interruption import check_interruption
from foveaview.perception.plausibility import warn_of_gaze
from foveaview.perception.pooling.pooling import PoolingOperator
from foveaview.perception.pyramid.padding import band_levels, check_levels, coverage, padded_size
from foveaview.settings import LossSettings

__all__ = ["FINEST", "GazeOperators", "check_gaze", "fovea_mask", "per_map", "radial_weight"]

T = TypeVar("T")

FINEST = 1e-6
"""Below this level of detail, pooling is over single pixels."""


def check_gaze(gaze: tuple[float, float]) -> tuple[float, float]:
    """Return the gaze as two floats; raise `ValueError` if it is not two finite numbers.

    Warns once about a gaze that is likely in pixels.

    >>> check_gaze((0, 1))
    (0.0, 1.0)
    """
    try:
        if isinstance(gaze, str):  # a string of two digits would unpack to two numbers
            raise TypeError("a word")
        x, y = (float(value) for value in gaze)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"gaze must be two numbers (x, y), such as (0.5, 0.5) for the centre, got {gaze!r}"
        ) from error
    if not (abs(x) < float("inf") and abs(y) < float("inf")):
        raise ValueError(f"gaze must be finite, got {(x, y)}")
    warn_of_gaze(x, y)
    return x, y


def fovea_mask(lod: Tensor, inside: Tensor) -> Tensor:
    """Foveal mask: 1 at pixels that the gaze resolves singly, falling to 0 at the coarsest pooling.

    Args:
        lod: (..., H, W) levels of detail, for one gaze or for many.
        inside: (H, W) booleans, True for pixels inside the image.

    >>> fovea_mask(torch.tensor([[0.0, 1.0, 2.0]]), torch.tensor([[True, True, True]]))
    tensor([[1.0000e+00, 9.7656e-04, 0.0000e+00]])
    """
    largest = (lod * inside).amax(dim=(-2, -1), keepdim=True)
    unpooled = largest < FINEST  # the whole image
    nearness = (1 - lod / largest.masked_fill(unpooled, 1.0)).clamp_(min=0)
    squared = nearness.square()
    # the tenth power, several times faster this way
    falling = squared.square().square_().mul_(squared)
    return falling.masked_fill_(lod < torch.where(unpooled, math.inf, FINEST), 1.0)


def radial_weight(
    size: tuple[int, int],
    grid: tuple[int, int],
    level: int,
    gazes: Tensor,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    """Weight 1.1 - r^4, with r the distance from the gaze over the largest distance in the image.

    Args:
        size: (H, W) of the image.
        grid: (H, W) of the map at this level, which may reach beyond the image.
        level: level of the pyramid.
        gazes: (B, 2) float64, x and y in image coordinates.
        dtype: dtype of the result.

    Returns:
        (B, H, W) of the grid.

    >>> radial_weight((17, 17), (17, 17), 0, torch.tensor([[0.0, 0.0]], dtype=torch.float64))[0, 0, 0]
    tensor(1.1000, dtype=torch.float64)
    """
    axes, inside = [], []
    for length, count, centre in zip(size, grid, (gazes[:, 1:], gazes[:, :1]), strict=True):
        extent = length / 2**level
        positions = torch.arange(count, dtype=torch.float64, device=gazes.device) / (extent - 1)
        axes.append(((positions - centre) * extent).to(dtype))
        inside.append(math.ceil(extent))
    distance = torch.hypot(axes[0][:, :, None], axes[1][:, None, :])
    largest = distance[:, : inside[0], : inside[1]].amax(dim=(-2, -1), keepdim=True)
    return 1.1 - (distance / largest).clamp_(max=1) ** 4


def per_map(of_levels: list[T]) -> list[T]:
    """Expand one item per level to one per map of a pyramid: the highpass shares the finest level's.

    >>> per_map(["finest", "next"])
    ['finest', 'finest', 'next']
    """
    return [of_levels[0], *of_levels]


@dataclass(frozen=True)
class LevelWeights:
    """Pixel shares and weights of one level.

    Attributes:
        rows, columns: (H,) and (W,); their product is each pixel's share of the image.
        weight: (H, W), weight of the squared differences.
    """

    rows: Tensor
    columns: Tensor
    weight: Tensor

    @property
    def share(self) -> Tensor:
        """Each pixel's share of the image, (H, W); their sum is 1."""
        return self.rows[:, None] * self.columns


class GazeOperators:
    """Pooling operators and weights of an image of `size` at `gaze`.

    Attributes:
        padded: (H, W) of the padded image.
        pooling: the pooling operator of each level with bands, finest first.
        levels: share and weight of the statistics of each level with bands.
        residual: share and weight of the residual lowpass (of the pooled image, with use_fullres_l0).
        fovea: (H, W) foveal mask on the padded image, or None without the foveal term.

    >>> foveation = GazeOperators((48, 64), (0.5, 0.5), LossSettings(n_pyramid_levels=3), torch.float32)
    >>> foveation.padded, len(foveation.pooling)
    ((48, 64), 2)
    """

    def __init__(
        self,
        size: tuple[int, int],
        gaze: tuple[float, float],
        settings: LossSettings,
        dtype: torch.dtype,
        device: torch.device | None = None,
    ) -> None:
        check_levels(size, settings.n_pyramid_levels)
        self.size, self.gaze, self.settings = size, check_gaze(gaze), settings
        self.dtype, self.device = dtype, device or torch.device("cpu")
        self.padded = padded_size(size, settings.n_pyramid_levels)
        n_levels = band_levels(settings.n_pyramid_levels)
        lods = [self._lod(level) for level in range(n_levels)]
        self.pooling = [PoolingOperator(lod, dtype, self.device) for lod in lods]

        self.fovea: Tensor | None = None
        periphery: Tensor | None = None
        if settings.use_l2_foveal_loss:
            mask = fovea_mask(lods[0], self._inside(0))
            self.fovea = mask.to(self.device, dtype)
            periphery = 1 - mask
        self.levels = []
        for level, lod in enumerate(lods):
            resolved = (lod > FINEST).to(torch.float64) if settings.use_fullres_l0 else None
            self.levels.append(self._level(level, [periphery, resolved]))
            periphery = None if periphery is None else F.avg_pool2d(periphery[None], 2)[0]
        self.residual = self._level(0 if settings.use_fullres_l0 else n_levels, [periphery])

    def _grid(self, level: int) -> tuple[int, int]:
        return (self.padded[0] >> level, self.padded[1] >> level)

    def _lod(self, level: int) -> Tensor:
        grid = self._grid(level)
        return level_of_detail(pooling_size_map(self.size, self.gaze, self.settings, grid=grid, level=level))

    def _inside(self, level: int) -> Tensor:
        rows, columns = coverage(self.size, self._grid(level), level)
        return (rows > 0)[:, None] & (columns > 0)

    def _level(self, level: int, factors: list[Tensor | None]) -> LevelWeights:
        check_interruption()
        grid = self._grid(level)
        weight = torch.ones(grid, dtype=torch.float64)
        if self.settings.use_radial_weight:
            gazes = torch.tensor([self.gaze], dtype=torch.float64)
            factors = [*factors, radial_weight(self.size, grid, level, gazes)[0]]
        for factor in factors:
            if factor is not None:
                weight = weight * factor**2
        rows, columns = (
            (axis / axis.sum()).to(self.device, self.dtype) for axis in coverage(self.size, grid, level)
        )
        return LevelWeights(rows, columns, weight.to(self.device, self.dtype))
