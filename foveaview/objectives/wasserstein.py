"""Wasserstein distortion: fidelity at the gaze, realism away from it.

Source: Qiu, Ballé, Theis, "Wasserstein Distortion: Unifying Fidelity and Realism", 2024. The distortion is
the squared 2-Wasserstein distance between normal distributions with the features' local means and standard
deviations, over a region of size sigma around every position. Here that region is the gaze's pooling region:
a single pixel at the gaze, so the distortion there is the squared error, and a wide region in the periphery.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from foveaview.objectives.feature_extractors import FeatureExtractor, load_trunk
from foveaview.objectives.map_upsampling import spread
from foveaview.objectives.metameric import picture_pooling
from foveaview.perception.autograd import ScalarWithGradient, constants_of, value_and_gradient
from foveaview.perception.moment_loss import BufferPool, MomentComparison, WeightedPooling
from foveaview.settings import LossSettings

__all__ = ["Wasserstein"]


def _whole(image: Tensor) -> Tensor:
    """Convert to float32 at least, because a variance is a small difference of large numbers."""
    return image if image.dtype == torch.float64 else image.float()


@dataclass(frozen=True, eq=False)
class _PreparedWasserstein:
    """A comparison of local moments for each layer; if `trunk` is None, the pixels are compared."""

    comparisons: list[MomentComparison]
    trunk: FeatureExtractor | None
    size: tuple[int, int]

    def _maps(self, image: Tensor) -> list[Tensor]:
        return [_whole(image)] if self.trunk is None else self.trunk(image)

    def heatmap(self, image: Tensor) -> Tensor:
        """Heatmap of the distortion: (N, 1, H, W), not negative; its mean is the distortion."""
        maps = self._maps(image)
        total = image.new_zeros(len(image), 1, *self.size)
        for comparison, own in zip(self.comparisons, maps, strict=True):
            # each value is a share of the total: scale it so that the mean is the layer's distortion
            density = comparison(own) * (own.shape[-2] * own.shape[-1])
            total = total + spread(density, self.size)
        return total

    def loss(self, image: Tensor) -> Tensor:
        """The distortion, a 0-d tensor, differentiable; the gradient is computed together with it."""
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
    """Wasserstein distortion of pixels or network features, with the gaze's pooling size as sigma.

    Attributes:
        settings: geometry and pooling.
        trunk: name of a network, see `load_trunk`; None for pixels.
        weights: the network's weight file; None for the default location.

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
