"""Wasserstein distortion: fidelity at the gaze, realism away from it.

Source: Qiu, Ballé, Theis, "Wasserstein Distortion: Unifying Fidelity and Realism", 2024: the squared
2-Wasserstein distance between normal distributions with the local means and standard deviations of the
features, local over a region of size sigma around every place. Here the region is the gaze's pooling region:
single pixels at the gaze, where the distortion is the squared error, and wide ones in the periphery.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from foveaview.objectives.feature_extractors import Trunk, load_trunk
from foveaview.objectives.map_upsampling import spread
from foveaview.objectives.metameric import picture_pooling
from foveaview.perception.autograd import ScalarWithGradient, constants_of, value_and_gradient
from foveaview.perception.moment_loss import BufferPool, MomentComparison, WeightedPooling
from foveaview.settings import LossSettings

__all__ = ["Wasserstein"]


def _whole(image: Tensor) -> Tensor:
    """In float32 at least: a variance is a small difference of large numbers."""
    return image if image.dtype == torch.float64 else image.float()


@dataclass(frozen=True, eq=False)
class _PreparedWasserstein:
    """One comparison of local moments for each layer; `trunk` None compares the pixels themselves."""

    comparisons: list[MomentComparison]
    trunk: Trunk | None
    size: tuple[int, int]

    def _maps(self, image: Tensor) -> list[Tensor]:
        return [_whole(image)] if self.trunk is None else self.trunk(image)

    def heatmap(self, image: Tensor) -> Tensor:
        """(N, 1, H, W), not negative; its mean is the distortion."""
        maps = self._maps(image)
        total = image.new_zeros(len(image), 1, *self.size)
        for comparison, own in zip(self.comparisons, maps, strict=True):
            # a term is a share of the whole: as a density, its mean is that of the layer
            density = comparison(own) * (own.shape[-2] * own.shape[-1])
            total = total + spread(density, self.size)
        return total

    def loss(self, image: Tensor) -> Tensor:
        """The distortion, a 0-d tensor, differentiable; its gradient is computed with it."""
        if not all(comparison.is_constant for comparison in self.comparisons):
            return self._definition(image)
        return ScalarWithGradient(self._evaluate, self._definition)(image)

    def _definition(self, image: Tensor) -> Tensor:
        pairs = zip(self.comparisons, self._maps(image), strict=True)
        return torch.stack([comparison(own).sum() for comparison, own in pairs]).sum() / len(image)

    def _evaluate(self, image: Tensor, wants_gradient: bool) -> tuple[Tensor, Tensor | None]:
        return value_and_gradient(image, self._once) if wants_gradient else (self._once(image), None)

    def _once(self, image: Tensor) -> Tensor:
        pairs = zip(self.comparisons, self._maps(image), strict=True)
        return torch.stack([comparison.total(own) for comparison, own in pairs]).sum() / len(image)


@dataclass(frozen=True)
class Wasserstein:
    """Wasserstein distortion with the gaze's pooling size for sigma, on pixels or on a network's features.

    Attributes:
        settings: geometry and pooling.
        trunk: a network by name, see `load_trunk`; None for pixels.
        weights: its weight file, None for where it is looked for.

    >>> target = torch.rand(1, 3, 32, 32)
    >>> float(Wasserstein().prepare(target, (0.5, 0.5)).loss(target))
    0.0
    """

    settings: LossSettings = LossSettings()
    trunk: str | None = None
    weights: Path | None = None

    def prepare(self, target: Tensor, gaze: tuple[float, float]) -> _PreparedWasserstein:
        """Compute the target's local moments."""
        size = (target.shape[-2], target.shape[-1])
        trunk = None
        if self.trunk is not None:
            trunk = load_trunk(self.trunk, self.weights).at(target)
            trunk.check(target)
        with constants_of(target):
            maps = [_whole(target)] if trunk is None else trunk(target)
            comparisons = []
            for own in maps:
                pool = picture_pooling(target, gaze, self.settings, (own.shape[-2], own.shape[-1]))
                weight = own.new_full(own.shape[-2:], 1 / own[0].numel() / len(maps))
                comparisons.append(MomentComparison(own, WeightedPooling(pool, weight), BufferPool()))
        return _PreparedWasserstein(comparisons, trunk, size)
