"""The calling convention of odak's `MetamericLoss`: a device may come first, and `equi` last."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch

from foveaview.settings import LossSettings

__all__ = ["Device", "check_device", "device_may_come_first"]

Device = torch.device | str


def device_may_come_first(init: Callable[..., None]) -> Callable[..., None]:
    """Accept a device as the first argument too, and `equi` as the last positional one, as odak does."""

    @wraps(init)
    def accepting(self: object, *arguments: Any, **named: Any) -> None:
        if arguments and isinstance(arguments[0], (torch.device, str)):
            named["device"], *rest = arguments
            if len(rest) == len(LossSettings.model_fields):  # odak has no filter_type
                named["equi"] = rest.pop()
            arguments = tuple(rest)
        init(self, *arguments, **named)

    return accepting


def check_device(device: Device | None) -> None:
    """Raise `ValueError` if torch does not know the device."""
    try:
        torch.device("cpu" if device is None else device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"device must be one that torch knows, such as 'cpu', got {device!r}") from error
