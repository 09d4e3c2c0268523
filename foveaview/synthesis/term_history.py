"""Values of the terms of an objective, over the steps of a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from foveaview.synthesis.history import History
from foveaview.synthesis.optimizers.solver import plain
from foveaview.synthesis.run import Step

__all__ = ["TermHistory"]


class TermHistory(History):
    """One row a step: the value of each term before it, NaN for terms that were not computed.

    Attributes:
        known: the values of the current image, if a line search has measured them.

    >>> TermHistory(("metameric", "pixel")).known is None
    True
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names)
        self.known: dict[str, Tensor] | None = None

    def note(self, step: Step, evaluated: Mapping[str, Tensor], tries: bool) -> None:
        """Add the row of a step.

        Args:
            step: the step.
            evaluated: the values at the evaluated point.
            tries: True if the optimizer evaluates at trials, which the image may not keep.
        """
        missing = step.loss.new_full((), float("nan"))
        for _ in range(len(self), step.iteration - 1):  # steps that were not recorded
            self.append(*[missing] * len(self.names))
        before = self.known or evaluated
        self.append(*(before.get(name, missing) for name in self.names))
        if tries and step.accepted:
            self.known = dict(evaluated)

    def state_dict(self) -> dict[str, Any]:
        """Return all that `load` needs, as tensors and plain values."""
        return {"terms": self.state(), "known_values": plain(self.known)}

    def load(self, state: Mapping[str, Any], iteration: int, like: Tensor) -> None:
        """Restore a `state_dict`.

        Args:
            state: the values, and others.
            iteration: steps of the search.
            like: a tensor on the device of the search.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: if it is damaged.
        """
        columns = [state["terms"][name] for name in self.names]
        if any(column.dim() != 1 or len(column) > iteration for column in columns):
            raise ValueError("its terms are not of this search")
        if len({len(column) for column in columns}) > 1:
            raise ValueError("its terms are not of this search")
        self.restore(state["terms"])
        known = state.get("known_values")
        self.known = None if known is None else {name: value.to(like.device) for name, value in known.items()}
