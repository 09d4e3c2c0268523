"""L-BFGS inside a box, one evaluation of loss and gradient a step.

The direction is -H g, H the limited-memory inverse Hessian (Liu and Nocedal, 1989), restricted to the values
that are free to move: those that lie on a bound and that the gradient pushes outwards stay (the two-metric
projection of Bertsekas, 1982). A trial is the projection of x + t d onto the box. It is accepted if it meets
Armijo's condition along the projected path:

    f(trial) <= f(x) + 1e-4 g . (trial - x)

Otherwise t shrinks to the minimum of the parabola through both values, kept within [t / 10, t / 2].
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from foveaview.io.untrusted import one_line

__all__ = ["ProjectedLBFGS"]

_ENOUGH = 1e-4  # fraction of the decrease that the slope predicts
_SHRINK_MOST, _SHRINK_LEAST = 0.1, 0.5
_MOST_REJECTIONS = 8  # in a row, before the curvature that led there is forgotten
_SMALLEST_CURVATURE = 1e-10
_FIRST_CHANGE = 0.05  # largest mean change of a value in the first trial


def _dot(one: Tensor, other: Tensor) -> Tensor:
    return (one * other).sum()


class ProjectedLBFGS(Optimizer):
    """Minimise a smooth function of one tensor with L-BFGS, within bounds.

    Each `step` calls the closure once: at the tensor itself in the first step, then at a trial. An accepted
    trial becomes the tensor; after a rejected one the tensor stays as it is and the next trial lies nearer.
    The loss of the tensor therefore never rises. All that a step needs lies in `state_dict`.

    Args:
        params: one floating-point tensor, alone in a list.
        lr: factor of the first trial in each direction; 1 is Newton's.
        history_size: pairs of changes that the curvature is taken from. Each takes the memory of two
            tensors; on the metameric loss 5 converge about as fast as 20.
        bounds: lowest and highest value; None leaves the tensor free.

    Attributes:
        accepted: True if the last step moved the tensor to its trial, or had no trial.

    Raises:
        ValueError: for other than one tensor, or a setting out of range.

    Source: Liu and Nocedal, 1989; Bertsekas, 1982.

    >>> x = torch.tensor([3.0, -2.0]).requires_grad_()
    >>> optimizer = ProjectedLBFGS([x], bounds=(0.5, 4.0))
    >>> def closure() -> Tensor:
    ...     optimizer.zero_grad()
    ...     loss = (x - torch.tensor([1.0, -1.0])).square().sum()
    ...     loss.backward()
    ...     return loss
    >>> losses = [float(optimizer.step(closure)) for _ in range(10)]
    >>> x.detach(), losses == sorted(losses, reverse=True)
    (tensor([1.0000, 0.5000]), True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        history_size: int = 5,
        bounds: tuple[float, float] | None = None,
    ) -> None:
        if not 0 < lr <= 1:
            raise ValueError(f"lr must lie in (0, 1], got {lr}")
        if history_size < 1:
            raise ValueError(f"history_size must be 1 or more, got {history_size}")
        if bounds is not None and not bounds[0] < bounds[1]:
            raise ValueError(f"bounds must be (lowest, highest), got {bounds}")
        super().__init__(params, {"lr": lr, "history_size": history_size, "bounds": bounds})
        if len(self.param_groups) != 1 or len(self.param_groups[0]["params"]) != 1:
            raise ValueError("ProjectedLBFGS minimises a function of one tensor: pass one in a list")
        self.accepted = True

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor]) -> Tensor:  # type: ignore[override]
        """Evaluate once, and move the tensor if that lowers the loss.

        Args:
            closure: clears the gradient, evaluates the loss at the tensor, calls backward, returns the loss.

        Returns:
            The loss of the tensor before the step, 0-d.
        """
        group = self.param_groups[0]
        x: Tensor = group["params"][0]
        state = self.state[x]
        if "gradient" not in state:
            _project(x, group["bounds"])
            with torch.enable_grad():
                loss = closure().detach()
            self.accepted = True
            state |= {"loss": loss.clone(), "gradient": _gradient_of(x), "pairs": [], "rejected": 0}
            self._aim(x, state, group)
            return loss
        before: Tensor = state["loss"]
        origin = x.detach().clone()
        _project(x.add_(state["direction"], alpha=state["length"]), group["bounds"])
        with torch.enable_grad():
            loss = closure().detach()
        self._judge(x, origin, loss.clone(), state, group)
        return before.clone()

    def check_memory(self) -> None:
        """Check the settings and the memory that were loaded from a file.

        Raises:
            ValueError: if a part of them is missing, of a wrong kind, not of the tensor, or not finite.
        """
        group = self.param_groups[0]
        x: Tensor = group["params"][0]
        state = self.state[x]
        try:
            rate, size, bounds = group["lr"], group["history_size"], group["bounds"]
            limits = (0.0, 1.0) if bounds is None else tuple(bounds)
            if type(size) is not int or len(limits) != 2 or not all(map(_is_number, (rate, *limits))):
                raise TypeError(f"its settings are {rate!r:.40}, {size!r:.40} and {bounds!r:.40}")
            ProjectedLBFGS([x], rate, size, limits)
            # an empty memory is of a search that has evaluated nothing yet, or has forgotten it
            fits = isinstance(state, dict) and (not state or _fits(x, state))
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise ValueError(
                f"the memory of the line search is damaged ({one_line(str(error), 200)})"
            ) from error
        if not fits:
            raise ValueError("the memory of the line search is not of this image")

    def _judge(
        self, x: Tensor, origin: Tensor, loss: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Keep the trial that the tensor is at, or return to the origin of the trial."""
        move, gradient = x - origin, _gradient_of(x)
        change = gradient - state["gradient"]
        dots = (_dot(state["gradient"], move), _dot(move, change), _dot(change, change))
        # fetched together: each fetch waits for the device
        after, now, slope, curvature, squared = torch.stack([loss, state["loss"], *dots]).tolist()
        self.accepted = math.isfinite(after) and after <= now + _ENOUGH * slope
        if self.accepted:
            if curvature > _SMALLEST_CURVATURE * squared:
                pair = (move, change, 1 / curvature, curvature / squared)
                state["pairs"] = [*state["pairs"], pair][-group["history_size"] :]
            state |= {"loss": loss, "gradient": gradient, "rejected": 0}
            self._aim(x, state, group)
            return
        x.copy_(origin)
        state["rejected"] += 1
        if state["rejected"] % _MOST_REJECTIONS == 0:
            state["pairs"] = []
            self._aim(x, state, group)
            return
        excess = after - now - slope
        shrunk = -slope / (2 * excess) if math.isfinite(after) and excess > 0 else _SHRINK_MOST
        state["length"] *= min(max(shrunk, _SHRINK_MOST), _SHRINK_LEAST)

    def _aim(self, x: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Set the direction from here, and the length of the first trial along it."""
        gradient, pairs = state["gradient"], state["pairs"]
        free = _free(x, gradient, group["bounds"])
        direction = gradient * free
        if pairs:
            direction = _inverse_hessian_times(direction, pairs).mul_(free)
        else:
            direction = direction * _first_length(state["loss"], direction)
        state |= {"direction": direction.neg_(), "length": float(group["lr"])}


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def _fits(x: Tensor, state: dict[str, Any]) -> bool:
    """Return True if a loaded memory fits a tensor and is finite; raise if a part is missing."""
    loss, numbers = state["loss"], [state["length"]]
    tensors = [state["gradient"], state["direction"]]
    for move, change, inverse, scale in state["pairs"]:
        tensors += [move, change]
        numbers += [inverse, scale]
    if type(state["rejected"]) is not int or type(state["pairs"]) is not list:
        return False
    if not all(isinstance(one, Tensor) for one in (loss, *tensors)) or not all(map(_is_number, numbers)):
        return False
    alike = all(one.shape == x.shape and one.dtype == x.dtype for one in tensors)
    return alike and loss.shape == () and all(bool(torch.isfinite(one).all()) for one in (loss, *tensors))


def _gradient_of(x: Tensor) -> Tensor:
    return torch.zeros_like(x) if x.grad is None else x.grad.detach().clone()


def _project(x: Tensor, bounds: tuple[float, float] | None) -> None:
    """Move a tensor into the box, in place."""
    if bounds is not None:
        x.clamp_(*bounds)


def _free(x: Tensor, gradient: Tensor, bounds: tuple[float, float] | None) -> Tensor:
    """Return 1 for values that can follow the negative gradient, 0 for those held by a bound."""
    if bounds is None:
        return torch.ones_like(x)
    held = ((x <= bounds[0]) & (gradient > 0)) | ((x >= bounds[1]) & (gradient < 0))
    return (~held).to(x.dtype)


def _first_length(loss: Tensor, direction: Tensor) -> Tensor:
    """Length of the first trial: to the zero of the tangent, but without a large change of the values."""
    tiny = torch.finfo(direction.dtype).tiny
    to_zero = loss.abs() / _dot(direction, direction).clamp(min=tiny)
    largest = _FIRST_CHANGE / direction.abs().mean().clamp(min=tiny)
    return torch.minimum(to_zero, largest)


def _inverse_hessian_times(vector: Tensor, pairs: list[tuple[Tensor, Tensor, float, float]]) -> Tensor:
    """The two loops of L-BFGS; each pair is a move, the gradient's change, and 1 / their product.

    The last number of the newest pair scales the identity that the recursion starts from.
    """
    result, factors = vector.clone(), []
    for move, change, inverse, _ in reversed(pairs):
        factor = inverse * _dot(move, result)
        factors.append(factor)
        result.sub_(change * factor)
    result.mul_(pairs[-1][3])
    for (move, change, inverse, _), factor in zip(pairs, reversed(factors), strict=True):
        result.add_(move * (factor - inverse * _dot(change, result)))
    return result
