"""All that follows from the gaze, the settings and the size of a picture, and from no pixel of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview.perception.geometry import level_of_detail, pooling_size_map
from foveaview.perception.grid import band_levels, check_levels, coverage, padded_size
from foveaview.perception.interruption import check_interruption
from foveaview.perception.pooling import PoolingOperator
from foveaview.settings import LossSettings

__all__ = ["Foveation", "check_gaze", "for_maps", "fovea_mask"]

T = TypeVar("T")

_FINEST = 1e-6  # levels of detail below this are single pixels


def check_gaze(gaze: tuple[float, float]) -> tuple[float, float]:
    """The gaze as two floats; `ValueError` where it is not two finite numbers.

    >>> check_gaze((0, 1))
    (0.0, 1.0)
    """
    try:
        x, y = (float(value) for value in gaze)
    except (TypeError, ValueError) as error:
        raise ValueError(f"gaze must be two numbers (x, y), got {gaze!r}") from error
    if not (abs(x) < float("inf") and abs(y) < float("inf")):
        raise ValueError(f"gaze must be finite, got {(x, y)}")
    return x, y


def fovea_mask(lod: Tensor, inside: Tensor) -> Tensor:
    """1 where the gaze resolves single pixels, falling to 0 where pooling is coarsest.

    Args:
        lod: (H, W) levels of detail.
        inside: (H, W) booleans, the picture's own pixels.

    >>> fovea_mask(torch.tensor([[0.0, 1.0, 2.0]]), torch.tensor([[True, True, True]]))
    tensor([[1.0000e+00, 9.7656e-04, 0.0000e+00]])
    """
    largest = torch.where(inside, lod, 0.0).max()
    if largest < _FINEST:
        return torch.ones_like(lod)
    return torch.where(lod < _FINEST, 1.0, (1 - lod / largest).clamp(min=0) ** 10)


def _radial_weight(
    size: tuple[int, int], grid: tuple[int, int], level: int, gaze: tuple[float, float], inside: Tensor
) -> Tensor:
    """1.1 - r^4, r the distance from the gaze over the largest one in the picture."""
    axes = []
    for length, count, centre in zip(size, grid, (gaze[1], gaze[0]), strict=True):
        extent = length / 2**level
        axes.append((torch.arange(count, dtype=torch.float64) / (extent - 1) - centre) * extent)
    distance = torch.hypot(axes[0][:, None], axes[1][None, :])
    return 1.1 - (distance / distance[inside].max()).clamp(max=1) ** 4


def for_maps(of_levels: list[T]) -> list[T]:
    """Of each level's, one for each of a pyramid's maps: the highpass belongs to the finest level.

    >>> for_maps(["finest", "next"])
    ['finest', 'finest', 'next']
    """
    return [of_levels[0], *of_levels]


@dataclass(frozen=True)
class Level:
    """One level's part.

    Attributes:
        rows, columns: (H,) and (W,), each pixel's share of the picture is their product.
        weight: (H, W), of the squared differences.
    """

    rows: Tensor
    columns: Tensor
    weight: Tensor

    @property
    def share(self) -> Tensor:
        """(H, W), each pixel's share of the picture; their sum is 1."""
        return self.rows[:, None] * self.columns


class Foveation:
    """Pooling operators and weights of a picture of `size` at `gaze`.

    Attributes:
        padded: (H, W) of the padded picture.
        pooling: the pooling operator of each level with bands, finest first.
        levels: share and weight of the statistics of each level with bands.
        residual: share and weight of the residual lowpass (of the pooled picture, with use_fullres_l0).
        fovea: (H, W) foveal mask on the padded picture, or None without the foveal term.

    >>> foveation = Foveation((48, 64), (0.5, 0.5), LossSettings(n_pyramid_levels=3), torch.float32)
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
            resolved = (lod > _FINEST).to(torch.float64) if settings.use_fullres_l0 else None
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

    def _level(self, level: int, factors: list[Tensor | None]) -> Level:
        check_interruption()
        grid = self._grid(level)
        weight = torch.ones(grid, dtype=torch.float64)
        if self.settings.use_radial_weight:
            factors = [*factors, _radial_weight(self.size, grid, level, self.gaze, self._inside(level))]
        for factor in factors:
            if factor is not None:
                weight = weight * factor**2
        rows, columns = (
            (axis / axis.sum()).to(self.device, self.dtype) for axis in coverage(self.size, grid, level)
        )
        return Level(rows, columns, weight.to(self.device, self.dtype))
