"""Protocols for the terms of an objective."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from torch import Tensor

__all__ = ["BatchTerm", "PreparedTerm", "Term"]


class PreparedTerm(Protocol):
    """A term with everything computed that depends on target and gaze alone."""

    def loss(self, image: Tensor, /) -> Tensor:
        """The term's value for (N, C, H, W) in [0, 1]: a 0-d tensor, differentiable."""

    def heatmap(self, image: Tensor, /) -> Tensor | None:
        """Heatmap of the value, (N, 1, H, W), with the value as its mean; None if the term has none."""


class Term(Protocol):
    """A measure of how far an image is from a target, seen from a gaze."""

    def prepare(self, target: Tensor, gaze: tuple[float, float], /) -> PreparedTerm:
        """Compute once everything that depends on the target and the gaze alone.

        Args:
            target: (N, C, H, W) in [0, 1]. If it is differentiated, the value is differentiable by it too.
            gaze: (x, y) in image coordinates.
        """


@runtime_checkable
class BatchTerm(Protocol):
    """A term that prepares a batch with a gaze for each sample in its own way, not sample by sample.

    For such a batch, the value of any other term is the mean of its values for the samples.
    """

    def prepare_each(self, target: Tensor, gazes: Sequence[tuple[float, float]], /) -> PreparedTerm:
        """Prepare as in `Term.prepare`, with a gaze (x, y) for each of (N, C, H, W)."""
