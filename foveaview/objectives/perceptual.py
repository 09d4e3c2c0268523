"""Perceptual terms: distances between the features that a network extracts from two images.

Source: Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from foveaview.objectives.feature_extractors import FeatureExtractor, load_trunk
from foveaview.objectives.map_upsampling import spread
from foveaview.objectives.networks import LPIPS_NETWORKS
from foveaview.objectives.weights import lpips_file, read_tensors
from foveaview.perception.autograd import constants, constants_of
from foveaview.perception.precision import full_precision

__all__ = ["FeatureDistance", "Lpips", "PreparedFeatures"]

# This is added under the root, not to the norm as in the authors' program, so that the gradient is finite if
# all features are zero. If the norm is over 0.003, the two differ by less than a hundred-thousandth.
_EPSILON = 1e-10


def _unit(features: Tensor) -> Tensor:
    """Scale (N, C, H, W) to length 1 over the channels; 0 if all channels are 0."""
    return features * (features.square().sum(dim=1, keepdim=True) + _EPSILON).rsqrt()


class PreparedFeatures:
    """A target with its features computed, to compare many images with. Made by the terms' `prepare`.

    Attributes:
        trunk: the trunk on the target's device, in float64 if the target is, else in float32.
        weights: channel weights of each feature map, (1, C, 1, 1).
        features: the target's features, of unit length.
    """

    def __init__(self, trunk: FeatureExtractor, weights: Sequence[Tensor], target: Tensor) -> None:
        trunk.check(target)
        if not bool(target.isfinite().all()):
            bad = int((~target.isfinite()).sum())
            raise ValueError(f"target has {bad} values that are NaN or infinite: replace them first")
        self.trunk = trunk.at(target)
        self._shape, self._device = target.shape, target.device
        with constants_of(target), full_precision(target):
            self.features = [_unit(maps) for maps in self.trunk(target)]
        with constants():
            self.weights = [
                weight.to(maps, copy=True).view(1, -1, 1, 1)
                for weight, maps in zip(weights, self.features, strict=True)
            ]

    def _maps(self, image: Tensor) -> list[Tensor]:
        """The distance from the target at each position, (N, 1, H', W') for each feature map."""
        if image.shape != self._shape or image.device != self._device:
            raise ValueError(
                f"image must have the target's shape {tuple(self._shape)} on {self._device}, "
                f"got {tuple(image.shape)} on {image.device}"
            )
        with full_precision(image):
            pairs = zip(self.trunk(image), self.features, self.weights, strict=True)
            return [((_unit(own) - one).square() * w).sum(dim=1, keepdim=True) for own, one, w in pairs]

    def loss(self, image: Tensor) -> Tensor:
        """The distance of (N, C, H, W) from the target, averaged over the images: a 0-d tensor."""
        return torch.stack([maps.mean() for maps in self._maps(image)]).sum()

    def heatmap(self, image: Tensor) -> Tensor:
        """Heatmap of the distance: (N, 1, H, W), not negative; its mean is the loss."""
        height, width = image.shape[-2:]
        parts = [spread(maps, (height, width)) for maps in self._maps(image)]
        return torch.cat(parts, dim=1).sum(dim=1, keepdim=True)


def _linear_weights(trunk: FeatureExtractor) -> list[Tensor]:
    path = lpips_file(trunk.name)
    found = read_tensors(path)
    names = [f"lin{i}.model.1.weight" for i in range(len(trunk.channels))]
    counts = tuple(found[name].numel() for name in names if name in found)
    if counts != trunk.channels:
        raise ValueError(f"{path}: not LPIPS's weights of trunk {trunk.name!r}: install torchmetrics again")
    return [found[name] for name in names]


class _Features:
    """Term on the features of a trunk, with a weight for each channel of each feature map."""

    def __init__(self, trunk: FeatureExtractor, weights: Sequence[Tensor]) -> None:
        self.trunk, self._weights = trunk, weights

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.trunk is self.trunk

    def __hash__(self) -> int:
        return hash((type(self), id(self.trunk)))

    def prepare(self, target: Tensor, gaze: tuple[float, float] = (0.5, 0.5)) -> PreparedFeatures:
        """Compute the features of a target, (N, 1 or 3, H, W) in [0, 1]; the gaze is ignored.

        Raises:
            ValueError: for another shape or dtype, or an image that is too small or not finite.
        """
        return PreparedFeatures(self.trunk, self._weights, target)

    def prepare_each(self, target: Tensor, _gazes: Sequence[tuple[float, float]]) -> PreparedFeatures:
        """Compute the features of a target; the gazes are ignored."""
        return self.prepare(target)


class Lpips(_Features):
    """The learned perceptual image patch similarity, LPIPS 0.1: 0 for equal images.

    This is the squared difference of the unit features at each position of each feature map, with the
    published channel weights, averaged over positions and summed over feature maps.

    Args:
        trunk: "alex", "vgg" or "squeeze".
        weights: file of the trunk's weights; None for torchvision's cache, see `load_trunk`.

    Raises:
        ImportError: if torchmetrics is missing, which provides the linear weights.
        OSError: if there are no weights; the message says how to get them.
        ValueError: for another trunk or a wrong file.

    >>> Lpips("efficientnet-lite0")
    Traceback (most recent call last):
    ...
    ValueError: LPIPS has trunks alex, vgg, squeeze, got 'efficientnet-lite0': FeatureDistance takes any
    """

    def __init__(self, trunk: str = "alex", weights: Path | str | None = None) -> None:
        if trunk not in LPIPS_NETWORKS:
            names = ", ".join(LPIPS_NETWORKS)
            raise ValueError(f"LPIPS has trunks {names}, got {trunk!r}: FeatureDistance takes any")
        found = load_trunk(trunk, weights)
        super().__init__(found, _linear_weights(found))


class FeatureDistance(_Features):
    """The squared distance between the unit features of two images: 0 for equal images, at most 4.

    At each position of each feature map this is 2 minus twice the cosine between the features. It is averaged
    over positions and then over feature maps, so that trunks with few and many maps can be compared.

    Args:
        trunk: any name that `load_trunk` takes.
        weights: file of the trunk's weights; None for the package's or torchvision's cache.

    Raises:
        ImportError: if the packages of the extra are not installed.
        OSError: if there are no weights; the message says how to get them.
        ValueError: for another trunk or a wrong file.

    >>> target = torch.rand(1, 3, 64, 48, generator=torch.Generator().manual_seed(0))
    >>> prepared = FeatureDistance().prepare(target, (0.5, 0.5))
    >>> float(prepared.loss(target))
    0.0
    >>> bool(torch.isclose(prepared.heatmap(target.flip(-1)).mean(), prepared.loss(target.flip(-1))))
    True
    """

    def __init__(self, trunk: str = "efficientnet-lite0", weights: Path | str | None = None) -> None:
        found = load_trunk(trunk, weights)
        count = len(found.channels)
        super().__init__(found, [torch.full((channels,), 1 / count) for channels in found.channels])
