"""One loss shared by threads of Python and of Qt: each gets the values of its own images."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
import torch
from PySide6.QtCore import QThread
from torch import Tensor

from foveaview import MetamericLoss

Case = tuple[Tensor, Tensor, tuple[float, float]]

THREADS, QT_THREADS, CALLS = 4, 2, 1000
CASES = 6


class Caller(QThread):
    """Runs a function in a thread of Qt."""

    def __init__(self, function: Callable[[], None]) -> None:
        super().__init__()
        self._function = function

    def run(self) -> None:
        self._function()


def cases() -> list[Case]:
    """Images and targets of two sizes, each with a gaze of its own."""
    generator = torch.Generator().manual_seed(0)
    sizes = [(17, 20), (24, 17)] * (CASES // 2)
    return [
        (
            torch.rand(1, 1, *size, generator=generator),
            torch.rand(1, 1, *size, generator=generator),
            (0.1 * index, 0.5),
        )
        for index, size in enumerate(sizes)
    ]


def evaluated(loss: MetamericLoss, case: Case, gradient: bool = True) -> list[Tensor]:
    """The value, and the gradient if it is asked for."""
    image, target, gaze = case
    image = image.clone().requires_grad_(gradient)
    value = loss(image, target, gaze)
    return [value.detach(), *(torch.autograd.grad(value, image) if gradient else ())]


@pytest.mark.slow
def test_threads_and_qthreads_share_a_loss_without_a_wrong_value() -> None:
    loss = MetamericLoss(n_pyramid_levels=2)
    inputs = cases()
    expected = [evaluated(MetamericLoss(n_pyramid_levels=2), case) for case in inputs]
    ready = threading.Barrier(THREADS + QT_THREADS)
    done: list[int] = []
    wrong: list[str] = []

    def call(first: int) -> None:
        ready.wait(timeout=60)
        for turn in range(-(-CALLS // (THREADS + QT_THREADS))):
            index = (first + turn) % CASES
            try:
                own = evaluated(loss, inputs[index], gradient=turn % 4 == 0)
            except Exception as error:
                wrong.append(repr(error))
                return
            pairs = zip(own, expected[index], strict=False)
            if not all(torch.allclose(one, other, rtol=1e-6, atol=1e-9) for one, other in pairs):
                wrong.append(f"case {index}, turn {turn}")
            done.append(index)

    threads = [threading.Thread(target=call, args=(first,)) for first in range(THREADS)]
    callers = [Caller(partial(call, first)) for first in range(THREADS, THREADS + QT_THREADS)]
    for thread in threads:
        thread.start()
    for caller in callers:
        caller.start()
    for thread in threads:
        thread.join()
    assert all(caller.wait(60_000) for caller in callers)
    assert wrong == []
    assert len(done) >= CALLS
