"""The schedule of a coarse-to-fine synthesis: the order of the scales and the time that each took."""

from __future__ import annotations

from typing import Any

from foveaview.synthesis.checkpoints.checkpoint import is_column
from foveaview.synthesis.history import History

__all__ = ["Scale", "ScaleSchedule"]

Scale = str | int


class ScaleSchedule:
    """The scales of a model, coarsest first, then "all" at once.

    Args:
        scales: the scales of the model, coarsest first.
        together: True adds each scale to those before it; False takes each alone.

    Attributes:
        remaining: the scales still to be optimised, the present one first.
        finished: the scales that are done, in order.
        timing: the first and last iteration of each scale; empty if it has not begun.

    >>> schedule = ScaleSchedule(["coarse", "middle", "fine"], together=True)
    >>> schedule.advance(10)
    >>> schedule.present_scales, schedule.timing
    (['middle', 'coarse'], {'coarse': [0, 9], 'middle': [10], 'all': []})
    """

    def __init__(self, scales: list[Scale], together: bool) -> None:
        self._together = together
        # with all scales together, the finest one is added by "all"
        self.remaining: list[Scale] = [*(scales[:-1] if together else scales), "all"]
        self.finished: list[Scale] = []
        self.timing: dict[Scale, list[int]] = {scale: [] for scale in self.remaining}
        self.timing[self.present].append(0)

    @property
    def present(self) -> Scale:
        """The scale that the steps optimise now."""
        return self.remaining[0]

    @property
    def is_last(self) -> bool:
        """Return True if all scales are optimised at once."""
        return self.present == "all"

    @property
    def present_scales(self) -> list[Scale]:
        """The scales that limit the representation now, for a schedule that is not at its last."""
        return [self.present, *(self.finished if self._together else [])]

    def is_done(self, history: History, criterion: float | None, window: int) -> bool:
        """Return True if the present scale is done.

        Args:
            history: of the synthesis, with a column "scales_loss".
            criterion: the scale is done if its loss changes by less over the window; None for any change.
            window: in iterations; no scale takes fewer.
        """
        iteration, began = len(history), self.timing[self.present][0]
        if len(self.remaining) == 1 or iteration < window or iteration - began < window:
            return False
        if criterion is None:
            return True
        losses = history.column("scales_loss")
        return abs(losses[-1] - losses[-window]) < criterion

    def advance(self, iteration: int) -> None:
        """Go to the next scale at an iteration."""
        self.timing[self.present].append(iteration - 1)
        self.finished.append(self.remaining.pop(0))
        self.timing[self.present].append(iteration)

    def state_dict(self) -> dict[str, Any]:
        """Return the values that `load` takes."""
        return {
            "scales": list(self.remaining),
            "scales_timing": {scale: list(times) for scale, times in self.timing.items()},
            "scales_finished": list(self.finished),
        }

    def mismatch(self, state: dict[str, Any]) -> str:
        """Say why a state does not fit this schedule; return "" if it does."""
        finished, timing = state["scales_finished"], state["scales_timing"]
        count, iteration, every = len(finished), len(state["losses"]), [*self.finished, *self.remaining]
        if not state["scales"] or [*finished, *state["scales"]] != every or timing.keys() != set(every):
            return "its scales are not those of the model"
        if not is_column(state["scales_loss"]) or len(state["scales_loss"]) != iteration:
            return "its columns differ in length"
        for place, scale in enumerate(every):
            # a scale that is done has begun and ended, the present one has begun, the others have not
            times, expected = timing[scale], max(0, min(2, count + 1 - place))
            within = all(type(time) is int and 0 <= time <= iteration for time in times)
            if len(times) != expected or not within:
                return f"the times of scale {scale!s:.40} are {times!s:.40}"
        return ""

    def load(self, state: dict[str, Any]) -> None:
        """Restore a `state_dict`."""
        self.remaining = list(state["scales"])
        self.timing = {scale: list(times) for scale, times in state["scales_timing"].items()}
        self.finished = list(state["scales_finished"])
