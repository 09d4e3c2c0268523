"""An objective of several terms, each with its weight."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from foveaview.objectives.adversarial import Adversarial, PreparedAdversarial, adaptive_weight
from foveaview.objectives.each_gaze import prepare_at
from foveaview.objectives.term import PreparedTerm, Term
from foveaview.perception.autograd import (
    ScalarWithGradient,
    is_differentiated,
    value_and_gradient,
    version_of,
)
from foveaview.perception.precision import computing_dtype, full_precision
from foveaview.perception.validation import Gaze, gazes_for

__all__ = ["Objective", "PreparedObjective", "Ramp", "Weight"]

Weight = float | Callable[[int], float]


@dataclass(frozen=True)
class Ramp:
    """A weight that changes linearly from one value to another between two steps, and then stays.

    >>> [Ramp(1.0, 0.0, first=10, last=20)(step) for step in (0, 15, 99)]
    [1.0, 0.5, 0.0]
    """

    start: float
    end: float
    first: int
    last: int

    def __call__(self, step: int) -> float:
        """The weight at a step."""
        share = min(max((step - self.first) / max(self.last - self.first, 1), 0.0), 1.0)
        return self.start + (self.end - self.start) * share


def _checked(name: str, weight: float) -> float:
    if not (math.isfinite(weight) and weight >= 0):
        raise ValueError(f"the weight of {name} must be a number of 0 or more, got {weight!r}")
    return float(weight)


def _is_adaptive(term: PreparedTerm) -> bool:
    return isinstance(term, PreparedAdversarial) and term.term.adaptive


class _Evaluation:
    """Weighted terms at one image. An adaptive weight is computed once, and is a constant afterwards.

    Attributes:
        values: each term's value, without its weight, 0-d and detached.
    """

    def __init__(self, terms: Mapping[str, tuple[PreparedTerm, float]]) -> None:
        self._terms = terms
        self._factors: dict[str, Tensor] = {}
        self.values: dict[str, Tensor] = {}

    def evaluate(self, image: Tensor, wants_gradient: bool) -> tuple[Tensor, Tensor | None]:
        """The weighted sum, 0-d, and its gradient if wanted."""
        total = image.new_zeros(())
        # an adaptive weight depends on gradients, even if none is requested
        needs_gradient = wants_gradient or any(_is_adaptive(term) for term, _ in self._terms.values())
        gradient = torch.zeros_like(image) if needs_gradient else None
        with full_precision(image):
            for name, (term, weight) in self._terms.items():
                factor = torch.as_tensor(weight).to(image)
                if gradient is None:
                    value = term.loss(image)
                else:
                    value, own = value_and_gradient(image, term.loss)
                    # the ratio needs the gradient of at least one other term
                    if self.values and _is_adaptive(term):
                        factor = factor * adaptive_weight(gradient, own)
                    gradient = gradient.addcmul(own, factor)
                total = total + factor * value
                self.values[name], self._factors[name] = value.detach(), factor
        return total.to(image.dtype), gradient if wants_gradient else None

    def definition(self, image: Tensor) -> Tensor:
        """The same sum as a plain function of the image, and of the target if it is differentiated."""
        if not self._factors:
            self._find_factors(image)
        total = image.new_zeros(())
        with full_precision(image):
            for name, (term, _) in self._terms.items():
                value = term.loss(image)
                total = total + self._factors[name] * value
                self.values[name] = value.detach()
        return total.to(image.dtype)

    def _find_factors(self, image: Tensor) -> None:
        if any(_is_adaptive(term) for term, _ in self._terms.values()):
            self.evaluate(image, False)
        else:
            weights = {name: weight for name, (_, weight) in self._terms.items()}
            self._factors = {name: torch.as_tensor(weight).to(image) for name, weight in weights.items()}


class PreparedObjective:
    """An objective with everything computed that depends on target and gaze alone.

    Attributes:
        terms: the prepared terms by name.
        steps: number of calls of `step`.
        values: each term's value at the last evaluation, without its weight, 0-d and detached.
    """

    def __init__(self, terms: Mapping[str, tuple[PreparedTerm, Weight]], target: Tensor) -> None:
        self.terms = {name: term for name, (term, _) in terms.items()}
        self._target = target
        self._weights = {name: weight for name, (_, weight) in terms.items()}
        self.steps = 0
        self.values: dict[str, Tensor] = {}

    def _check(self, image: Tensor) -> None:
        target = self._target
        if image.is_floating_point() and computing_dtype(image) == computing_dtype(target):
            target = target.to(image.dtype) if image.dtype != target.dtype else target
        kinds = [(tuple(one.shape), one.dtype, str(one.device)) for one in (image, target)]
        if kinds[0] != kinds[1]:
            raise ValueError(
                "image must have the target's shape, dtype and device, got "
                + " and ".join(f"{shape} {dtype} on {device}" for shape, dtype, device in kinds)
            )

    def weight(self, name: str) -> float:
        """A term's weight at this step."""
        weight = self._weights[name]
        return _checked(name, weight(self.steps)) if callable(weight) else weight

    def _active(self) -> dict[str, float]:
        weights = {name: self.weight(name) for name in self.terms}
        # adversarial terms last: their weight may depend on the gradients of the others
        order = sorted(weights, key=lambda name: isinstance(self.terms[name], PreparedAdversarial))
        return {name: weights[name] for name in order if weights[name] > 0}

    def loss(self, image: Tensor) -> Tensor:
        """The weighted sum for (N, C, H, W) in [0, 1]: a 0-d tensor, differentiable any number of times.

        The gradient is computed together with the value. It treats an adaptive weight as a constant.
        """
        self._check(image)
        # under autocast the image may have half precision
        image = image.to(torch.promote_types(image.dtype, self._target.dtype))
        active = {name: (self.terms[name], weight) for name, weight in self._active().items()}
        evaluation = _Evaluation(active)
        if is_differentiated(self._target):
            total = evaluation.definition(image)
        else:
            total = ScalarWithGradient(evaluation.evaluate, evaluation.definition)(image)
        self.values = evaluation.values
        return total

    def __call__(self, image: Tensor, _target: Tensor | None = None) -> Tensor:
        """Call `loss`; the second argument is ignored, so that this can be the loss of a `Metamer`."""
        return self.loss(image)

    def heatmap(self, image: Tensor, name: str | None = None) -> Tensor | None:
        """Heatmap (N, 1, H, W) of one term, or the weighted sum of all terms' heatmaps.

        Returns:
            A map with the term's value as its mean; None if the term has no heatmap or is not prepared.
        """
        self._check(image)
        if name is not None:
            term = self.terms.get(name)
            return None if term is None else term.heatmap(image)
        maps = [(weight, self.terms[own].heatmap(image)) for own, weight in self._active().items()]
        there = [weight * own for weight, own in maps if own is not None]
        return torch.stack(there).sum(dim=0) if there else None

    def step(self, image: Tensor) -> None:
        """Train the terms that learn for one step on an image of the synthesis, and advance the schedules."""
        self._check(image)
        for name in self._active():
            term = self.terms[name]
            if isinstance(term, PreparedAdversarial):
                term.advance(image)
        self.steps += 1

    def state_dict(self) -> dict[str, Any]:
        """The state to continue from: the steps, and the states of the terms that learn."""
        learnt = {
            name: term.state_dict()
            for name, term in self.terms.items()
            if isinstance(term, PreparedAdversarial)
        }
        return {"steps": self.steps, "learnt": learnt}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a `state_dict`.

        Raises:
            ValueError, KeyError, TypeError, RuntimeError: if it is damaged.
        """
        learners = {name: one for name, one in self.terms.items() if isinstance(one, PreparedAdversarial)}
        if set(state["learnt"]) != set(learners) or int(state["steps"]) < 0:
            raise ValueError("what its terms have learnt is missing")
        self.steps = int(state["steps"])
        for name, term in learners.items():
            term.load_state_dict(state["learnt"][name])


@dataclass(frozen=True, eq=False)
class _Kept:
    """A term, and the target and gazes it was prepared for; an in-place edit changes the target's version."""

    term: Term
    target: Tensor
    version: int
    gazes: list[tuple[float, float]]
    prepared: PreparedTerm

    def serves(self, target: Tensor, version: int, gazes: list[tuple[float, float]]) -> bool:
        """Return True if preparing again would give the same; a differentiated target serves once only."""
        same = self.target is target and self.version == version >= 0 and self.gazes == gazes
        return same and not is_differentiated(target)


def _made(term: Term, own: _Kept | None, target: Tensor, gazes: list[tuple[float, float]]) -> _Kept:
    """Return the kept prepared term if it still serves, otherwise prepare it with the kept state."""
    version = version_of(target)
    if own is not None and own.term == term:
        term = own.term
        if own.serves(target, version, gazes):
            return own
    elif own is not None and isinstance(term, Adversarial) and isinstance(own.term, Adversarial):
        term.take_over(own.term)
    # a version of -1 never matches, so the term is prepared again
    version = -1 if is_differentiated(target) else version
    return _Kept(term, target, version, gazes, prepare_at(term, target, gazes))


class Objective:
    """Weighted terms over (image, target, gaze): total = sum of weight * term.

    Args:
        terms: terms by name, each with a weight, or a function from the step to a weight. A term of weight 0
            costs nothing.

    Raises:
        ValueError: for a weight that is negative or not finite.

    >>> from foveaview.objectives.pixel import Pixel
    >>> objective = Objective({"pixel": (Pixel("L1"), 2.0), "square": (Pixel("L2"), 0.0)})
    >>> total, values = objective(torch.ones(1, 1, 4, 4), torch.zeros(1, 1, 4, 4))
    >>> total, values
    (tensor(2.), {'pixel': tensor(1.)})
    """

    def __init__(self, terms: Mapping[str, tuple[Term, Weight]]) -> None:
        self.terms = {
            name: (term, weight if callable(weight) else _checked(name, weight))
            for name, (term, weight) in terms.items()
        }
        self._prepared: dict[str, _Kept] = {}

    def prepare(
        self, target: Tensor, gaze: Gaze = (0.5, 0.5), like: Objective | None = None
    ) -> PreparedObjective:
        """Compute once everything that depends on target and gaze alone; skip terms of constant weight 0.

        Args:
            target: (N, C, H, W) in [0, 1].
            gaze: (x, y) in image coordinates, or one for each sample as (N, 2).
            like: an objective to take prepared terms from, if they are the same.
        """
        gazes = gazes_for(gaze, len(target))
        kept = {} if like is None else like._prepared
        prepared: dict[str, tuple[PreparedTerm, Weight]] = {}
        # keep what adversarial terms have learnt, even while their weight is 0
        self._prepared = {name: own for name, own in kept.items() if isinstance(own.term, Adversarial)}
        for name, (term, weight) in self.terms.items():
            if not callable(weight) and weight == 0:
                continue
            made = _made(term, kept.get(name), target, gazes)
            self._prepared[name] = made
            prepared[name] = (made.prepared, weight)
        return PreparedObjective(prepared, target)

    def __call__(
        self, image: Tensor, target: Tensor, gaze: Gaze = (0.5, 0.5)
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute the total, 0-d and differentiable, and each term's value without its weight.

        Args:
            image, target: (N, C, H, W) in [0, 1]; the total can be differentiated by both.
            gaze: (x, y) in image coordinates, or one for each sample as (N, 2).
        """
        prepared = self.prepare(target, gaze, like=self)
        total = prepared.loss(image)
        return total, prepared.values
