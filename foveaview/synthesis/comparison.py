"""Whether a checkpoint is of the same synthesis as the object that loads it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

__all__ = ["Check", "LoadWarning", "name_of"]


class LoadWarning(UserWarning):
    """A checkpoint differs from the object that loads it, and was loaded all the same."""


def name_of(function: Callable[..., Any]) -> str:
    """A function's name, or that of an object's class, with its module.

    >>> name_of(torch.nn.Identity())
    'torch.nn.modules.linear.Identity'
    """
    own = function if hasattr(function, "__name__") else type(function)
    return f"{own.__module__}.{own.__name__}"


@dataclass(frozen=True)
class Check:
    """How closely things must agree, and what happens where they do not.

    Attributes:
        strict: raise `ValueError`, else warn with `LoadWarning`.
        atol: absolute tolerance of tensors, as of `torch.allclose`.
        rtol: relative tolerance of tensors.
    """

    strict: bool = True
    atol: float = 1e-8
    rtol: float = 1e-5

    def differs(self, what: str, difference: str, saved: Any, own: Any) -> None:
        """Say that something differs."""
        message = f"Saved and initialized {what} have different {difference}: {saved} and {own}"
        if self.strict:
            raise ValueError(
                f"{message}; where you are sure that they are the same, load with raise_on_checks=False"
            )
        warnings.warn(message, LoadWarning, stacklevel=5)

    def tensors(self, what: str, saved: Tensor, own: Tensor) -> None:
        """Compare two tensors; `ValueError` at once where their dtypes differ."""
        saved, own = saved.detach().to(own.device), own.detach()
        if saved.shape != own.shape and not saved.numel() == own.numel() == 1:
            self.differs(what, "shape", tuple(saved.shape), tuple(own.shape))
        elif saved.dtype != own.dtype:
            raise ValueError(
                f"Saved and initialized {what} have different dtype: {saved.dtype} and {own.dtype}; "
                "convert with .to() before load"
            )
        elif not torch.allclose(saved, own, rtol=self.rtol, atol=self.atol, equal_nan=True):
            far = float((saved - own).abs().max())
            self.differs(what, f"values (by up to {far:.3g})", "saved", "initialized")

    def values(self, what: str, saved: Any, own: Any) -> None:
        """Compare two plain values."""
        if saved != own:
            self.differs(what, "values", repr(saved), repr(own))

    def functions(self, what: str, saved: dict[str, Any], own: Callable[..., Any], value: Tensor) -> None:
        """Compare a function's name and value with those that were saved."""
        self.tensors(f"{what} output", saved["value"], value)
        names = [name.rpartition(".")[2] for name in (saved["name"], name_of(own))]
        if names[0] != names[1]:
            self.differs(what, "names", *names)
