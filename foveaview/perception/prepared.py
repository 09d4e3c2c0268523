"""Targets prepared for the metameric loss: their statistics, the loss of an image, and its heatmap."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from foveaview.perception.analysis.decomposition import Decomposer, Decomposition
from foveaview.perception.analysis.loss_breakdown import (
    Chosen,
    LossPart,
    part_names,
    parts_of,
    selection_mask,
)
from foveaview.perception.analysis.pooled_statistics import BandStatistics, PooledStatistics
from foveaview.perception.autograd import (
    ScalarWithGradient,
    constants,
    constants_of,
    is_differentiated,
    value_and_gradient,
    version_of,
)
from foveaview.perception.pooling.gaze_operators import GazeOperators
from foveaview.perception.precision import full_precision
from foveaview.perception.samples import Samples
from foveaview.perception.target_statistics import TargetStatistics

__all__ = ["PreparedBatch", "PreparedTarget", "prepared_at"]


class PreparedTarget:
    """A target at one gaze with its statistics computed, to compare many images with.

    Made by `MetamericLoss.prepare`. Images are (N, C, H, W) like the target, with its device and dtype. They
    are not checked here, so that an optimisation step never waits for the device.

    Attributes:
        analyser: decomposes images.
        target: the decomposed target.
        foveation: pooling operators and weights for the gaze, the settings and the size.
    """

    def __init__(self, analyser: Decomposer, target: Decomposition, foveation: GazeOperators) -> None:
        self.analyser, self.target, self.foveation = analyser, target, foveation
        self._statistics = TargetStatistics(target, foveation)

    @property
    def picture(self) -> Tensor:
        """(N, C, H', W'), the target padded and in the colour space of the comparison."""
        return self.target.picture

    @property
    def moments(self) -> list[tuple[Tensor, ...]]:
        """The pooled statistics of the highpass, and of the bands of each level."""
        return self._statistics.moments

    @property
    def statistics(self) -> list[Tensor]:
        """The statistics as maps; see `TargetStatistics.maps`."""
        return self._statistics.maps

    def loss(self, image: Tensor) -> Tensor:
        """The loss of (N, C, H, W) against the target: a 0-d tensor, differentiable any number of times.

        If the image needs a gradient, it is computed together with the value, which uses the least memory.
        """
        if not self._statistics.is_constant:
            return self.definition(image)
        return ScalarWithGradient(self.evaluate, self._definition_later())(image)

    def _definition_later(self) -> Callable[[Tensor], Tensor]:
        """The definition without a reference to the statistics: they are computed again if they are gone."""
        kept, analyser, picture, gaze = weakref.ref(self), self.analyser, self.picture, self.foveation.gaze

        def definition(image: Tensor) -> Tensor:
            with constants(), full_precision(image):
                prepared = kept() or prepared_at(gaze, analyser, analyser.of_picture(picture))
            return prepared.definition(image)

        return definition

    def definition(self, image: Tensor) -> Tensor:
        """The loss by torch's own operations: differentiable in every way, at several times the cost."""
        with full_precision(image):
            totals = self._statistics.plain_totals(self.analyser(image))
            return torch.stack(totals).sum() / len(image)

    def evaluate(self, image: Tensor, wants_gradient: bool) -> tuple[Tensor, Tensor | None]:
        """The loss and, if wanted, its gradient, as plain tensors."""
        with full_precision(image):
            return value_and_gradient(image, self._once) if wants_gradient else (self._once(image), None)

    def _once(self, image: Tensor) -> Tensor:
        totals = self._statistics.totals(self.analyser.picture(image), self.analyser.steerable)
        return torch.stack(totals).sum() / len(image)

    def parts(self) -> list[LossPart]:
        """The parts that sum to the loss, in the order of `dissect`."""
        return [part for group in self._part_names for part in group]

    @property
    def _part_names(self) -> list[list[LossPart]]:
        return part_names(self.foveation.settings, self.picture.shape[1])

    def dissect(self, image: Tensor) -> Tensor:
        """The value of each part, (P,), not negative. Their sum is the loss, with the same gradient."""
        with full_precision(image):
            return self.dissect_of(self.analyser(image))

    def dissect_of(self, own: Decomposition) -> Tensor:
        """The value of each part for an image that the decomposer has decomposed."""
        compared = self._statistics.compared(own)
        sums = [comparison.sums(maps).flatten() for comparison, maps, _ in compared]
        return torch.cat(sums) / len(own.picture)

    def heatmap(self, image: Tensor, parts: Chosen | None = None) -> Tensor:
        """Heatmap of the loss: (N, 1, H, W), not negative; its mean is the loss.

        Args:
            image: (N, C, H, W).
            parts: the parts to map, or a predicate that selects them: the mean is then the sum of their
                values. All parts if None.
        """
        with full_precision(image):
            return self.heatmap_of(self.analyser(image), parts)

    def _factors(self, parts: Chosen | None) -> Iterator[Tensor | None]:
        """Yield for each comparison 1 for chosen parts and 0 for the others, or None if all are chosen."""
        chosen = iter(selection_mask(self.parts(), (lambda _: True) if parts is None else parts))
        for group in self._part_names:
            own = [float(one) for one in itertools.islice(chosen, len(group))]
            yield None if all(own) else torch.tensor(own, dtype=self.picture.dtype)

    def heatmap_of(self, own: Decomposition, parts: Chosen | None = None) -> Tensor:
        """The heatmap of an image that the decomposer has decomposed."""
        height, width = self.foveation.size
        whole = own.picture.new_zeros(len(own.picture), 1, *self.foveation.padded)
        pairs = zip(self._statistics.compared(own), self._factors(parts), strict=True)
        for (comparison, compared, level), factors in pairs:
            if factors is not None and not bool(factors.any()):
                continue
            there = None if factors is None else factors.to(compared.device)
            term, share = comparison(compared, there), level.share
            # spread a pixel's contribution evenly over the image pixels that it covers
            density = term / share.clamp(min=torch.finfo(share.dtype).tiny)
            block = whole.shape[-1] // term.shape[-1]
            whole += density.repeat_interleave(block, -2).repeat_interleave(block, -1)
        return whole[..., :height, :width]

    def twin(self, image: Tensor) -> PooledStatistics:
        """The pooled statistics of the target and of (1, C, H, W), to look up at many points.

        Raises:
            ValueError: if there is more than one image.
        """
        with torch.no_grad(), full_precision(image):
            other = TargetStatistics(self.analyser(image), self.foveation)
        pair = (self._statistics.pooled, other.pooled)
        return PooledStatistics(self._part_names, pair, self.foveation.size)

    def at(self, image: Tensor, point: tuple[float, float]) -> list[BandStatistics]:
        """The pooled statistics of the target and of (1, C, H, W) at a point; use `twin` for many points."""
        return self.twin(image).at(point)


def prepared_at(gaze: tuple[float, float], analyser: Decomposer, target: Decomposition) -> PreparedTarget:
    """Prepare a decomposed target at a gaze."""
    device = target.picture.device
    with constants():
        foveation = GazeOperators(analyser.size, gaze, analyser.settings, analyser.dtype, device)
    return PreparedTarget(analyser, target, foveation)


class PreparedBatch:
    """Targets that each have a gaze, behind the interface of `PreparedTarget`.

    Made by `MetamericLoss.prepare`. The first use prepares one sample after the other and keeps none. The
    second use keeps them.

    Args:
        analyser: decomposes images.
        target: (N, C, H, W).
        gazes: N of them.

    Attributes:
        samples: the prepared target of each sample.
    """

    def __init__(self, analyser: Decomposer, target: Tensor, gazes: Sequence[tuple[float, float]]) -> None:
        self._analyser, self._target, self._gazes = analyser, target, list(gazes)
        self._version = version_of(target)
        self.samples = Samples(self._prepare, len(gazes), kept=not is_differentiated(target))

    def is_of(self, analyser: Decomposer, target: Tensor, gazes: Sequence[tuple[float, float]]) -> bool:
        """Return True if this batch was made with the same decomposer, target values and gazes."""
        own = self._target
        alike = (own.dtype, own.device) == (target.dtype, target.device)
        return alike and (self._analyser, self._gazes) == (analyser, gazes) and torch.equal(own, target)

    def _prepare(self, index: int) -> PreparedTarget:
        if version_of(self._target) != self._version:
            raise RuntimeError("the target was edited in place after its loss was computed: edit a copy")
        with constants_of(self._target), full_precision(self._target):
            target = self._analyser(self._target[index : index + 1])
            return prepared_at(self._gazes[index], self._analyser, target)

    def loss(self, image: Tensor) -> Tensor:
        """The mean of the samples' losses, a 0-d tensor, differentiable any number of times."""
        if is_differentiated(self._target):
            return self._definition(image)
        return ScalarWithGradient(self._evaluate, self._definition)(image)

    def _definition(self, image: Tensor) -> Tensor:
        pairs = zip(self.samples, image.split(1), strict=True)
        return torch.stack([sample.definition(one) for sample, one in pairs]).mean()

    def _evaluate(self, image: Tensor, wants_gradient: bool) -> tuple[Tensor, Tensor | None]:
        # write each sample's gradient into its slice, and keep nothing else of the sample
        gradient = torch.empty_like(image) if wants_gradient else None
        values = []
        for index, sample in enumerate(self.samples):
            value, own = sample.evaluate(image[index : index + 1], wants_gradient)
            values.append(value)
            if gradient is not None and own is not None:
                torch.div(own, len(image), out=gradient[index : index + 1])
        return torch.stack(values).mean(), gradient

    def parts(self) -> list[LossPart]:
        """The parts that sum to the loss of each sample."""
        return parts_of(self._analyser.settings, self._target.shape[1])

    def dissect(self, image: Tensor) -> Tensor:
        """The mean of the samples' parts, (P,)."""
        pairs = zip(self.samples, image.split(1), strict=True)
        return torch.stack([sample.dissect(one) for sample, one in pairs]).mean(dim=0)

    def heatmap(self, image: Tensor, parts: Chosen | None = None) -> Tensor:
        """The samples' heatmaps, (N, 1, H, W), of the chosen parts; of all parts if None."""
        pairs = zip(self.samples, image.split(1), strict=True)
        return torch.cat([sample.heatmap(one, parts) for sample, one in pairs])
