"""The metameric loss as a term, and related terms.

Source of the related terms: the perception losses of odak (`BlurLoss`, `MetamerMSELoss`) after Walton et al.,
"Beyond Blur", 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview.perception.autograd import constants, constants_of
from foveaview.perception.geometry import level_of_detail, pooling_size_map
from foveaview.perception.metameric import MetamericLoss
from foveaview.perception.pooling.pooling import PoolingOperator
from foveaview.perception.precision import computing_dtype
from foveaview.perception.prepared import PreparedTarget
from foveaview.perception.target_cache import Prepared
from foveaview.perception.ventral import VentralColor, ventral_from
from foveaview.settings import LossSettings

__all__ = ["Metameric", "PooledBlur", "Ventral", "picture_pooling"]


@dataclass(frozen=True)
class Metameric:
    """The metameric loss with these settings; see `MetamericLoss`.

    >>> target = torch.rand(1, 3, 64, 64)
    >>> float(Metameric(LossSettings(n_pyramid_levels=3)).prepare(target, (0.5, 0.5)).loss(target))
    0.0
    """

    settings: LossSettings = LossSettings()
    _module: list[MetamericLoss] = field(default_factory=list, compare=False, repr=False)

    def prepare(self, target: Tensor, gaze: tuple[float, float]) -> PreparedTarget:
        """Compute the target's statistics; at another gaze the target is not decomposed again."""
        prepared = self._loss.prepare(target, gaze)
        assert isinstance(prepared, PreparedTarget)
        return prepared

    def prepare_each(self, target: Tensor, gazes: Sequence[tuple[float, float]]) -> Prepared:
        """Compute the targets' statistics, with a gaze for each sample."""
        return self._loss.prepare(target, torch.tensor(gazes, dtype=torch.float64))

    @property
    def _loss(self) -> MetamericLoss:
        if not self._module:
            self._module.append(MetamericLoss.from_settings(self.settings))
        return self._module[0]


def picture_pooling(
    target: Tensor,
    gaze: tuple[float, float],
    settings: LossSettings,
    grid: tuple[int, int] | None = None,
) -> PoolingOperator:
    """The pooling at a gaze, for images of the target's size or maps on a coarser (H, W) grid over it."""
    size = (target.shape[-2], target.shape[-1])
    with constants():
        sizes = pooling_size_map(size, gaze, settings)
        if grid is not None and grid != size:
            sizes = F.adaptive_avg_pool2d(sizes[None, None], grid)[0, 0] * (grid[1] / size[1])
        return PoolingOperator(level_of_detail(sizes), computing_dtype(target), target.device)


@dataclass(frozen=True, eq=False)
class _PreparedMean:
    """Mean squared difference from a fixed image, after pooling if `pool` is given."""

    target: Tensor
    pool: PoolingOperator | None

    def heatmap(self, image: Tensor) -> Tensor:
        own = image if self.pool is None else self.pool(image)
        return (own - self.target).square().mean(dim=1, keepdim=True)

    def loss(self, image: Tensor) -> Tensor:
        return self.heatmap(image).mean()


@dataclass(frozen=True)
class PooledBlur:
    """Mean squared difference from the target blurred by the gaze's pooling.

    Attributes:
        both: blur the image too, so that detail that the blur removes costs nothing.
        settings: geometry and pooling.

    >>> flat = torch.full((1, 1, 32, 32), 0.5)
    >>> float(PooledBlur().prepare(flat, (0.5, 0.5)).loss(flat)) < 1e-12
    True
    """

    both: bool = False
    settings: LossSettings = LossSettings()

    def prepare(self, target: Tensor, gaze: tuple[float, float]) -> _PreparedMean:
        """Blur the target."""
        pool = picture_pooling(target, gaze, self.settings)
        with constants_of(target):
            return _PreparedMean(pool(target), pool if self.both else None)


@dataclass(frozen=True)
class Ventral:
    """Mean squared difference from one ventral metamer of the target.

    Attributes:
        settings: settings of the ventral metamer.
        seed: seed of its noise.
        color: channel coupling of its noise; see `ventral_metamer`.

    >>> term = Ventral(LossSettings(n_pyramid_levels=3)).prepare(torch.rand(1, 1, 64, 64), (0.5, 0.5))
    >>> float(term.loss(term.target))
    0.0
    """

    settings: LossSettings = LossSettings()
    seed: int = 0
    color: VentralColor = "coupled"

    def prepare(self, target: Tensor, gaze: tuple[float, float]) -> _PreparedMean:
        """Make the metamer."""
        return self._from(target, Metameric(self.settings).prepare(target, gaze))

    def prepare_each(self, target: Tensor, gazes: Sequence[tuple[float, float]]) -> _PreparedMean:
        """Make the metamers, each with its own noise."""
        return self._from(target, Metameric(self.settings).prepare_each(target, gazes))

    def _from(self, target: Tensor, prepared: Prepared) -> _PreparedMean:
        with constants_of(target):
            return _PreparedMean(ventral_from(prepared, self.seed, self.color).to(target.dtype), None)
