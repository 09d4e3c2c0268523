"""What every term of an objective offers."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

__all__ = ["PreparedTerm", "Term"]


class PreparedTerm(Protocol):
    """A term with all computed that depends on target and gaze alone."""

    def loss(self, image: Tensor, /) -> Tensor:
        """The term's value for (N, C, H, W) in [0, 1]: a 0-d tensor, differentiable."""

    def heatmap(self, image: Tensor, /) -> Tensor | None:
        """Where the value comes from, (N, 1, H, W), its mean the value; None where it has no place."""


class Term(Protocol):
    """Something that says how far an image is from a target, seen from a gaze."""

    def prepare(self, target: Tensor, gaze: tuple[float, float], /) -> PreparedTerm:
        """Do once what depends on the target, (N, C, H, W) in [0, 1], and the gaze (x, y) alone."""
