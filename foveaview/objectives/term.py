"""What every term of an objective offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from torch import Tensor

__all__ = ["BatchTerm", "PreparedTerm", "Term"]


class PreparedTerm(Protocol):
    """A term with all computed that depends on target and gaze alone."""

    def loss(self, image: Tensor, /) -> Tensor:
        """The term's value for (N, C, H, W) in [0, 1]: a 0-d tensor, differentiable."""

    def heatmap(self, image: Tensor, /) -> Tensor | None:
        """Where the value comes from, (N, 1, H, W), its mean the value; None if it has no place."""


class Term(Protocol):
    """Something that says how far an image is from a target, seen from a gaze."""

    def prepare(self, target: Tensor, gaze: tuple[float, float], /) -> PreparedTerm:
        """Do once what depends on the target and the gaze alone.

        Args:
            target: (N, C, H, W) in [0, 1]. If it is differentiated, so is the value with respect to it.
            gaze: (x, y) in image coordinates.
        """


@runtime_checkable
class BatchTerm(Protocol):
    """A term that prepares a batch whose samples have a gaze each, otherwise than sample by sample.

    Of any other term the value for such a batch is the mean of its values for the samples.
    """

    def prepare_each(self, target: Tensor, gazes: Sequence[tuple[float, float]], /) -> PreparedTerm:
        """As `Term.prepare`, with a gaze (x, y) for each of (N, C, H, W)."""
