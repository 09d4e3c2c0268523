"""Results of a step and of a run of a synthesis, and the test for a settled loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from torch import Tensor

__all__ = ["Outcome", "Step", "has_converged", "has_settled", "outcome_text"]


class Outcome(Enum):
    """Reason why a run ended.

    >>> import torch
    >>> from foveaview import Metamer
    >>> metamer = Metamer(torch.zeros(1, 1, 8, 8), torch.nn.AvgPool2d(2).eval())
    >>> metamer.synthesize(2, progress_bar=False) is Outcome.STEPS_DONE
    True
    """

    CONVERGED = "converged"
    STEPS_DONE = "all steps done"
    STOPPED = "stopped"
    NOT_FINITE = "the loss is no longer finite"


def outcome_text(outcome: Outcome, fraction: float, window: int) -> str:
    """Say why a run ended, and by what criterion if it converged.

    >>> outcome_text(Outcome.CONVERGED, 0.01, 50)
    'converged: the loss fell by less than 1 % over 50 steps'
    """
    if outcome is not Outcome.CONVERGED:
        return outcome.value
    return f"{outcome.value}: the loss fell by less than {100 * fraction:.3g} % over {window} steps"


@dataclass(frozen=True)
class Step:
    """One step. Its values are 0-d tensors on the metamer's device: reading them waits for the device.

    Attributes:
        iteration: steps done so far, this one included.
        loss: the objective before the step.
        penalty: the penalty before the step, not weighted.
        gradient_norm: the L2 norm of the gradient.
        image_change: the L2 norm of the metamer's change in the step.
        accepted: False if the step evaluated a trial that was rejected, so that the metamer stayed.

    >>> import torch
    >>> from foveaview import Metamer
    >>> metamer = Metamer(torch.zeros(1, 1, 8, 8), torch.nn.AvgPool2d(2).eval())
    >>> step = metamer.step()
    >>> step.iteration, bool(step.loss > metamer.current_loss())
    (1, True)
    """

    iteration: int
    loss: Tensor
    penalty: Tensor
    gradient_norm: Tensor
    image_change: Tensor
    accepted: bool = True


def has_converged(losses: Sequence[float] | Tensor, fraction: float, window: int, floor: float = 0.0) -> bool:
    """Return True if the loss fell by less than a fraction of itself over the last `window` steps.

    Args:
        losses: the newest last.
        fraction: 0 never stops.
        window: in steps.
        floor: a loss of this or less has converged at once: it is 0 within rounding.

    >>> has_converged([1.0, 0.999, 0.998], fraction=0.01, window=2)
    True
    >>> has_converged([1.0, 0.5, 0.25], fraction=0.01, window=2)
    False
    """
    if fraction <= 0 or len(losses) == 0:
        return False
    if float(losses[-1]) <= floor:
        return True
    if len(losses) <= window:
        return False
    before, now = float(losses[-1 - window]), float(losses[-1])
    return before - now < fraction * before


def has_settled(losses: Sequence[float], criterion: float, window: int) -> bool:
    """Return True if the loss differs by less than `criterion` from the first of the last `window` losses.

    >>> has_settled([1.0, 0.5, 0.4995], criterion=0.001, window=2)
    True
    """
    return len(losses) > window and abs(losses[-window] - losses[-1]) < criterion
