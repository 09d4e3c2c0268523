"""Checks that a file is of the same synthesis as the object that loads it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from foveaview.perception.plausibility import warn_user

__all__ = ["Check", "LoadWarning", "UnknownOptimizerError", "name_of"]


class LoadWarning(UserWarning):
    """Warning that a file was loaded although it differs from the object.

    >>> import tempfile, warnings
    >>> from foveaview import Metamer
    >>> image, model = torch.zeros(1, 1, 8, 8), torch.nn.AvgPool2d(2).eval()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Metamer(image, model).save(f"{folder}/metamer.pt")
    ...     with warnings.catch_warnings(record=True) as noticed:
    ...         warnings.simplefilter("always")
    ...         Metamer(image, model, penalty_lambda=1).load(f"{folder}/metamer.pt", raise_on_checks=False)
    >>> [warning.category.__name__ for warning in noticed], str(noticed[0].message)
    (['LoadWarning'], 'Saved and initialized penalty_lambda are different: 0.1 and 1.0')
    """


class UnknownOptimizerError(TypeError, ValueError):
    """Error for a file with an optimizer or a scheduler that must be passed to `setup`.

    plenoptic documents a `TypeError` and raises a `ValueError`: this is both.
    """


def name_of(function: Callable[..., Any]) -> str:
    """Return the name of a function or of an object's class, with its module.

    >>> name_of(torch.nn.Identity())
    'torch.nn.modules.linear.Identity'
    """
    own = function if hasattr(function, "__name__") else type(function)
    return f"{own.__module__}.{own.__name__}"


@dataclass(frozen=True)
class Check:
    """Comparison of a file with an object, which raises or warns if they differ.

    Parts of its messages are as in plenoptic, for users who match them.

    Attributes:
        strict: raise `ValueError`, else warn with `LoadWarning`.
        atol: absolute tolerance of tensors, as of `torch.allclose`.
        rtol: relative tolerance of tensors and numbers.
    """

    strict: bool = True
    atol: float = 1e-8
    rtol: float = 1e-5

    def differs(self, message: str) -> None:
        """Raise or warn."""
        if self.strict:
            raise ValueError(f"{message}; if you are sure that they match, load with raise_on_checks=False")
        warn_user(message, LoadWarning)

    def _different(self, what: str, kind: str, saved: Any, own: Any) -> None:
        self.differs(f"Saved and initialized {what} have different {kind}: {saved} and {own}")

    def tensors(self, what: str, saved: Tensor, own: Tensor) -> None:
        """Compare two tensors; `ValueError` at once if their dtypes differ."""
        saved, own = saved.detach().to(own.device), own.detach()
        if saved.shape != own.shape and not saved.numel() == own.numel() == 1:
            self._different(what, "shape", tuple(saved.shape), tuple(own.shape))
        elif saved.dtype != own.dtype:
            raise ValueError(
                f"Saved and initialized {what} have different dtype: {saved.dtype} and {own.dtype}; "
                "convert with .to() before load"
            )
        elif not torch.allclose(saved, own, rtol=self.rtol, atol=self.atol, equal_nan=True):
            far = float((saved - own).abs().max())
            self._different(what, f"values (by up to {far:.3g})", "saved", "initialized")

    def values(self, what: str, saved: Any, own: Any) -> None:
        """Compare two plain values."""
        if isinstance(saved, float) and isinstance(own, float):
            equal = math.isclose(saved, own, rel_tol=self.rtol, abs_tol=self.atol)
        else:
            equal = saved == own
        if not equal:
            self.differs(f"Saved and initialized {what} are different: {saved!r} and {own!r}")

    def names(self, what: str, saved: str, own: Callable[..., Any]) -> None:
        """Compare a function's name with the saved one, in any module."""
        ends = [name.rpartition(".")[2] for name in (saved, name_of(own))]
        if ends[0] != ends[1]:
            self._different(what, "names", *ends)

    def inputs(self, what: str, saved: Any, own: Any) -> None:
        """Compare the inputs by which a function is recognised."""
        if saved != own:
            self.differs(
                f"Initialized and saved objects use different inputs to check identity of {what}: "
                f"{own!r} and {saved!r}"
            )

    def attributes(self, saved: Collection[str], own: Collection[str]) -> None:
        """Compare the names of the attributes that a subclass or a user has added."""
        for owner, more, other in (
            ("Initialized", set(own) - set(saved), "saved"),
            ("Saved", set(saved) - set(own), "initialized"),
        ):
            if more:
                names = ", ".join(sorted(more))
                self.differs(
                    f"{owner} object has {len(more)} attribute(s) not present in the {other} object: {names}"
                )
