"""The search for a metamer: gradient steps on an objective, kept inside [0, 1]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import torch
from torch import Tensor

__all__ = ["Outcome", "Step", "Synthesis", "has_converged"]


class Outcome(Enum):
    """How a run ended."""

    CONVERGED = "converged"
    STEPS_DONE = "all steps done"
    STOPPED = "stopped"
    NOT_FINITE = "the loss is no longer finite"


@dataclass(frozen=True)
class Step:
    """One gradient step.

    Attributes:
        iteration: steps done so far, this one included.
        loss: 0-d tensor, the objective before the step, on the image's device.
        gradient_norm: 0-d tensor, the L2 norm of the gradient.
    """

    iteration: int
    loss: Tensor
    gradient_norm: Tensor


def has_converged(losses: Tensor, fraction: float, window: int) -> bool:
    """Whether the loss fell by less than a fraction of itself over the last `window` steps.

    >>> has_converged(torch.tensor([1.0, 0.999, 0.998]), fraction=0.01, window=2)
    True
    >>> has_converged(torch.tensor([1.0, 0.5, 0.25]), fraction=0.01, window=2)
    False
    """
    if fraction <= 0 or len(losses) <= window:
        return False
    before, now = float(losses[-1 - window]), float(losses[-1])
    return before - now < fraction * before


class Synthesis:
    """Adam on the pixels of an image, clamped to [0, 1] after each step.

    The image stays on its device, and no step waits for the device: losses are fetched when they are
    looked at.

    Args:
        objective: takes the image, returns a 0-d tensor to be made small.
        start: (N, C, H, W), where the search starts; not changed.
        learning_rate: step size of Adam.

    >>> synthesis = Synthesis(lambda image: (image - 0.25).square().mean(), torch.ones(1, 1, 4, 4), 0.1)
    >>> step = synthesis.step()
    >>> step.iteration, float(step.loss), len(synthesis.losses)
    (1, 0.5625, 1)
    """

    CHECK_EVERY = 10
    """Steps between two looks at the losses in `run`: each look waits for the device."""

    def __init__(
        self, objective: Callable[[Tensor], Tensor], start: Tensor, learning_rate: float = 0.01
    ) -> None:
        self.objective = objective
        self._image = start.detach().clone().requires_grad_()
        self.optimizer = torch.optim.Adam([self._image], lr=learning_rate)
        self._fetched = torch.empty(0, dtype=start.dtype)
        self._pending: list[Tensor] = []
        self._last_finite = self._image.detach().clone()

    @property
    def image(self) -> Tensor:
        """The image as it is now, (N, C, H, W) in [0, 1], sharing memory with the search."""
        return self._image.detach()

    @property
    def learning_rate(self) -> float:
        """Step size of Adam; may be changed between steps."""
        return float(self.optimizer.param_groups[0]["lr"])

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self.optimizer.param_groups[0]["lr"] = value

    @property
    def iteration(self) -> int:
        """Steps done so far."""
        return len(self._fetched) + len(self._pending)

    @property
    def losses(self) -> Tensor:
        """The objective before each step, on the CPU; looking waits for the device."""
        if self._pending:
            self._fetched = torch.cat([self._fetched, torch.stack(self._pending).cpu()])
            self._pending.clear()
        return self._fetched

    def step(self) -> Step:
        """Take one step."""
        self.optimizer.zero_grad()
        loss = self.objective(self._image)
        loss.backward()
        gradient = self._image.grad
        assert gradient is not None
        self.optimizer.step()
        with torch.no_grad():
            self._image.clamp_(0, 1)
        loss = loss.detach()
        self._pending.append(loss)
        return Step(self.iteration, loss, gradient.norm())

    def current_loss(self) -> float:
        """The objective of the image as it is now; looking waits for the device."""
        with torch.no_grad():
            return float(self.objective(self.image))

    def check(self, fraction: float, window: int) -> Outcome | None:
        """Look at the losses: an outcome where the search should end, else None.

        Where a loss is not finite, the image goes back to where it was at the last check.
        """
        recent = self.losses[-window - 1 :]
        if not bool(torch.isfinite(recent).all() and torch.isfinite(self.image).all()):
            with torch.no_grad():
                self._image.copy_(self._last_finite)
            return Outcome.NOT_FINITE
        self._last_finite.copy_(self.image)
        return Outcome.CONVERGED if has_converged(recent, fraction, window) else None

    def run(
        self,
        steps: int,
        *,
        stop_fraction: float = 0.01,
        stop_window: int = 50,
        on_step: Callable[[Step], bool] | None = None,
    ) -> Outcome:
        """Step until `steps` are done in all, or the loss no longer falls.

        Args:
            steps: steps in all, those already done included.
            stop_fraction: converged when the loss falls by less than this fraction over the window;
                0 never stops.
            stop_window: steps over which the fall is taken.
            on_step: called after each step; returning False stops.

        Returns:
            How the run ended.

        >>> far = Synthesis(lambda image: (image - 0.25).square().mean(), torch.ones(1, 1, 4, 4), 0.1)
        >>> far.run(20), far.iteration
        (<Outcome.STEPS_DONE: 'all steps done'>, 20)
        """
        while self.iteration < steps:
            step = self.step()
            if self.iteration % self.CHECK_EVERY == 0:
                outcome = self.check(stop_fraction, stop_window)
                if outcome is not None:
                    return outcome
            if on_step is not None and not on_step(step):
                return Outcome.STOPPED
        return self.check(0, stop_window) or Outcome.STEPS_DONE

    def state(self) -> dict[str, Any]:
        """All that `restore` needs to go on as if never stopped: tensors and plain values, on the CPU."""
        optimizer = self.optimizer.state_dict()
        moments = {
            index: {name: value.detach().cpu().clone() for name, value in state.items()}
            for index, state in optimizer["state"].items()
        }
        return {
            "image": self.image.cpu().clone(),
            "losses": self.losses.clone(),
            "optimizer": {**optimizer, "state": moments},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a `state`; `ValueError` where it is of an image of another shape or dtype."""
        image = state["image"]
        if image.shape != self._image.shape or image.dtype != self._image.dtype:
            raise ValueError(
                f"the saved image is {tuple(image.shape)} {image.dtype}, "
                f"expected {tuple(self._image.shape)} {self._image.dtype}"
            )
        with torch.no_grad():
            self._image.copy_(image)
            self._last_finite.copy_(image)
        self.optimizer.load_state_dict(state["optimizer"])
        self._fetched, self._pending = state["losses"].clone(), []
