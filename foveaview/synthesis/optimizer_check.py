"""Check that an optimizer's restored memory belongs to the image it is to change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from foveaview.synthesis.lbfgs import ProjectedLBFGS

__all__ = ["check_optimizer"]

_PAIR = (Tensor, Tensor, float, float)


def check_optimizer(optimizer: Optimizer, image: Tensor) -> None:
    """Check an optimizer that was restored from a file.

    Raises:
        ValueError: if a learning rate is not positive, or a memory has another shape than the image, is not
            finite, or is missing.
        KeyError, TypeError: if a memory is not of its kind.
    """
    for group in optimizer.param_groups:
        if not (isinstance(group["lr"], float) and 0 < group["lr"] < float("inf")):
            raise ValueError(f"its learning rate is {group['lr']!r}")
    for state in optimizer.state.values():
        memories = _of_lbfgs(state) if isinstance(optimizer, ProjectedLBFGS) else _of_adam(state)
        for name, memory in memories:
            if memory.shape != image.shape or not bool(torch.isfinite(memory).all()):
                raise ValueError(f"its {name} is not of this image")


def _of_adam(state: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    if not float(state["step"]) >= 0:
        raise ValueError("its step is no number")
    for name in ("exp_avg", "exp_avg_sq"):
        yield name, state[name]


def _of_lbfgs(state: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    if not state:  # it forgot a function that had changed
        return
    numbers = [float(state["loss"]), state["length"], state["rejected"]]
    for pair in state["pairs"]:
        if not (len(pair) == len(_PAIR) and all(map(isinstance, pair, _PAIR))):
            raise ValueError("its pairs are not pairs")
        yield from (("pair", tensor) for tensor in pair[:2])
        numbers.extend(pair[2:])
    if not all(map(math.isfinite, numbers)):
        raise ValueError("its numbers are not finite")
    for name in ("gradient", "direction"):
        yield name, state[name]
