"""Devices by name."""

from __future__ import annotations

import torch

__all__ = ["resolve_device"]


def resolve_device(name: str) -> torch.device:
    """Return the device of a name; "auto" takes a GPU if there is one.

    Raises:
        ValueError: if this machine has no such device.

    >>> resolve_device("cpu")
    device(type='cpu')
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(device for device, there in available.items() if there)
    if not available.get(name, False):
        there = ", ".join(device for device, is_there in available.items() if is_there)
        raise ValueError(f"there is no {name} device here: choose auto or one of {there}")
    return torch.device(name)
