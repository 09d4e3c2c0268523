"""Terms for batches with a gaze for each sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from foveaview.objectives.term import BatchTerm, PreparedTerm, Term
from foveaview.perception.autograd import constants_of, is_differentiated
from foveaview.perception.samples import Samples

__all__ = ["PreparedSamples", "prepare_at"]


@dataclass(frozen=True, eq=False)
class PreparedSamples:
    """A term prepared for each sample of a batch; its value is the mean of theirs.

    Attributes:
        samples: a prepared term for each sample (1, C, H, W).
    """

    samples: Samples[PreparedTerm]

    def loss(self, image: Tensor) -> Tensor:
        """The mean of the values of (N, C, H, W), 0-d."""
        pairs = zip(self.samples, image.split(1), strict=True)
        return torch.stack([sample.loss(one) for sample, one in pairs]).mean()

    def heatmap(self, image: Tensor) -> Tensor | None:
        """The samples' heatmaps, (N, 1, H, W); None if the term has none."""
        pairs = zip(self.samples, image.split(1), strict=True)
        maps = [sample.heatmap(one) for sample, one in pairs]
        there = [one for one in maps if one is not None]
        return torch.cat(there) if len(there) == len(maps) else None


def prepare_at(term: Term, target: Tensor, gazes: Sequence[tuple[float, float]]) -> PreparedTerm:
    """Prepare a term for a batch: once if the samples share a gaze, otherwise each sample at its own gaze.

    Args:
        term: if it is not a `BatchTerm`, it is prepared for each sample, and its value is the mean.
        target: (N, C, H, W).
        gazes: one for all samples, or N.
    """
    if len(gazes) == 1:
        return term.prepare(target, gazes[0])
    if isinstance(term, BatchTerm):
        return term.prepare_each(target, gazes)
    with constants_of(target):
        own = target if is_differentiated(target) else target.clone()  # protect it from in-place edits

    def sample(index: int) -> PreparedTerm:
        return term.prepare(own[index : index + 1], gazes[index])

    return PreparedSamples(Samples(sample, len(gazes), kept=not is_differentiated(target)))
