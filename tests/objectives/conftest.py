"""Networks with random weights, in files with torchvision's names."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

# of torchvision's alexnet, vgg16 and squeezenet1_1: the layer, its outputs, inputs and size
_ALEX = [(0, 64, 3, 11), (3, 192, 64, 5), (6, 384, 192, 3), (8, 256, 384, 3), (10, 256, 256, 3)]
_VGG_LAYERS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
_VGG_WIDTHS = (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
_FIRES = {3: (64, 16, 64), 4: (128, 16, 64), 6: (128, 32, 128), 7: (256, 32, 128)}
_FIRES |= {9: (256, 48, 192), 10: (384, 48, 192), 11: (384, 64, 256), 12: (512, 64, 256)}


def _shapes(name: str) -> dict[str, tuple[int, int, int]]:
    if name == "alex":
        return {str(layer): (outputs, inputs, size) for layer, outputs, inputs, size in _ALEX}
    if name == "vgg":
        widths = zip(_VGG_LAYERS, _VGG_WIDTHS[1:], _VGG_WIDTHS[:-1], strict=True)
        return {str(layer): (outputs, inputs, 3) for layer, outputs, inputs in widths}
    shapes = {"0": (64, 3, 3)}
    for layer, (inputs, squeezed, expanded) in _FIRES.items():
        shapes[f"{layer}.squeeze"] = (squeezed, inputs, 1)
        shapes[f"{layer}.expand1x1"] = (expanded, squeezed, 1)
        shapes[f"{layer}.expand3x3"] = (expanded, squeezed, 3)
    return shapes


def random_state(name: str) -> dict[str, Tensor]:
    """A state dict as torchvision's, its variance kept from layer to layer."""
    generator = torch.Generator().manual_seed(0)
    state: dict[str, Tensor] = {}
    for layer, (outputs, inputs, size) in _shapes(name).items():
        scale = (2 / (inputs * size * size)) ** 0.5
        weight = torch.randn(outputs, inputs, size, size, generator=generator) * scale
        state[f"features.{layer}.weight"] = weight
        state[f"features.{layer}.bias"] = torch.randn(outputs, generator=generator) * 0.1
    return state


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of random weights of LPIPS's trunks, by name."""
    folder = tmp_path_factory.mktemp("weights")
    files = {name: folder / f"{name}.pth" for name in ("alex", "vgg", "squeeze")}
    for name, path in files.items():
        classifier = {"classifier.1.weight": torch.zeros(2, 2)}
        torch.save(random_state(name) | classifier, path)
    return files
