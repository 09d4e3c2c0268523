"""The loop of a run: steps, checks of the losses, restarts, and a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from foveaview.perception.plausibility import warn_user
from foveaview.synthesis.history import History
from foveaview.synthesis.progress import progress_bar
from foveaview.synthesis.run import Outcome, Step

__all__ = ["run_steps", "run_with_bar"]

_CHECK_EVERY_WHERE_LOOKING_WAITS = 10

Settled = Callable[[Sequence[float]], bool]
OnStep = Callable[[Step], bool | None]


class Steppable(Protocol):
    """The part of a `Metamer` that a loop needs; see there."""

    @property
    def iteration(self) -> int: ...
    @property
    def history(self) -> History: ...
    @property
    def looking_waits(self) -> bool: ...
    def step(self) -> Step: ...
    def check(self, settled: Settled | None = None, *, whole: bool = False) -> Outcome | None: ...
    def slow_down(self, factor: float) -> None: ...
    def progress_word(self) -> str: ...
    def run(
        self,
        steps: int,
        settled: Settled | None = None,
        on_step: OnStep | None = None,
        *,
        check_every: int | None = None,
        restarts: int = 0,
    ) -> Outcome: ...


def run_steps(
    synthesis: Steppable,
    steps: int,
    settled: Settled | None,
    on_step: OnStep | None,
    check_every: int | None,
    restarts: int,
) -> Outcome:
    """Take steps until all are done or the run ends early; see `Metamer.run`."""
    every = check_every or (_CHECK_EVERY_WHERE_LOOKING_WAITS if synthesis.looking_waits else 1)
    end = synthesis.iteration + steps
    while synthesis.iteration < end:
        step, outcome = synthesis.step(), None
        last = synthesis.iteration == end
        if last or synthesis.iteration % every == 0:
            outcome = synthesis.check(settled, whole=last)
        if outcome is Outcome.NOT_FINITE and restarts > 0:
            restarts -= 1
            synthesis.slow_down(0.5)
            continue
        stopped = on_step is not None and on_step(step) is False
        if outcome is None and stopped:
            outcome = synthesis.check(whole=True) or Outcome.STOPPED
        if outcome is not None:
            return outcome
    return Outcome.STEPS_DONE


def run_with_bar(
    synthesis: Steppable,
    max_iter: int,
    settled: Settled,
    on_step: OnStep | None,
    shown: bool,
    check_every: int | None,
    restarts: int,
) -> Outcome:
    """Run with a progress bar; see `Metamer.synthesize` for the error and the warning."""
    with progress_bar(max_iter, shown) as advance:

        def each(step: Step) -> bool | None:
            advance(synthesis.history.latest, synthesis.progress_word())
            return None if on_step is None else on_step(step)

        outcome = synthesis.run(max_iter, settled, each, check_every=check_every, restarts=restarts)
    if outcome is Outcome.NOT_FINITE:
        raise ValueError(
            f"Found a NaN in loss during optimization, or an infinity, after iteration {synthesis.iteration}"
            ": the metamer is the last whose loss was finite; lower the learning rate, or set restarts"
        )
    if outcome is Outcome.CONVERGED:
        warn_user("Loss has converged, synthesis stopped")
    return outcome
