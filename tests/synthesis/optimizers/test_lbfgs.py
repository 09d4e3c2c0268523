"""L-BFGS inside a box."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from foveaview import Metamer
from foveaview.synthesis.optimizers.lbfgs import ProjectedLBFGS

Function = Callable[[Tensor], Tensor]


def quadratic(seed: int, size: int = 12) -> tuple[Tensor, Tensor]:
    """A positive definite matrix and a vector, of condition up to some thousand."""
    generator = torch.Generator().manual_seed(seed)
    rotation = torch.linalg.qr(torch.randn(size, size, generator=generator, dtype=torch.float64))[0]
    scales = 10 ** (3 * torch.rand(size, generator=generator, dtype=torch.float64))
    return rotation @ torch.diag(scales) @ rotation.T, torch.randn(
        size, generator=generator, dtype=torch.float64
    ) * 50


def rosenbrock(x: Tensor) -> Tensor:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


class Run:
    """An optimizer, its tensor, and what its steps returned."""

    def __init__(self, function: Function, start: Tensor, **arguments: object) -> None:
        self.x = start.clone().requires_grad_()
        self.function, self.evaluations = function, 0
        self.optimizer = ProjectedLBFGS([self.x], **arguments)  # type: ignore[arg-type]
        self.losses: list[float] = []

    def closure(self) -> Tensor:
        self.evaluations += 1
        self.optimizer.zero_grad()
        loss = self.function(self.x)
        loss.backward()
        return loss

    def steps(self, count: int) -> Run:
        for _ in range(count):
            self.losses.append(float(self.optimizer.step(self.closure)))
        return self


@pytest.mark.slow
@given(st.integers(0, 10**6), st.floats(-1, 0.4), st.floats(0.5, 2))
def test_step_on_a_quadratic_in_a_box_reaches_its_minimum(seed: int, low: float, high: float) -> None:
    matrix, vector = quadratic(seed)
    run = Run(
        lambda x: 0.5 * x @ matrix @ x - vector @ x, torch.full((12,), 0.45).double(), bounds=(low, high)
    )
    run.steps(400)
    x, gradient = run.x.detach(), matrix @ run.x.detach() - vector
    assert bool(((x >= low) & (x <= high)).all())
    # no move inside the box lowers the function: the gradient vanishes, or points out of the box
    residual = torch.where(
        x <= low, gradient.clamp(max=0), torch.where(x >= high, gradient.clamp(min=0), gradient)
    )
    assert float(residual.abs().max()) < 1e-4 * float(vector.abs().max())


def test_step_on_rosenbrock_finds_the_minimum() -> None:
    run = Run(rosenbrock, torch.tensor([-1.2, 1.0, -0.5, 0.8], dtype=torch.float64)).steps(300)
    assert run.x.detach().tolist() == pytest.approx([1.0] * 4, abs=1e-6)


def test_step_calls_the_closure_once_and_the_loss_never_rises() -> None:
    run = Run(rosenbrock, torch.tensor([-1.2, 1.0]), bounds=(-2.0, 2.0)).steps(60)
    assert run.evaluations == 60
    assert run.losses == sorted(run.losses, reverse=True)


def test_step_returns_the_loss_of_the_tensor_before_it() -> None:
    run = Run(rosenbrock, torch.tensor([-1.2, 1.0]))
    for _ in range(30):
        before = float(rosenbrock(run.x.detach()))
        run.steps(1)
        assert run.losses[-1] == before


def test_rejected_trial_leaves_the_tensor_as_it_was() -> None:
    run = Run(rosenbrock, torch.tensor([-1.2, 1.0]))
    rejected = 0
    for _ in range(40):
        before = run.x.detach().clone()
        run.steps(1)
        if not run.optimizer.accepted:
            rejected += 1
            assert torch.equal(run.x.detach(), before)
    assert rejected > 0


def test_trial_that_is_not_finite_is_rejected() -> None:
    run = Run(lambda x: -x.log().sum() + x.sum(), torch.tensor([0.01, 5.0])).steps(40)
    assert all(map(math.isfinite, run.losses))
    assert run.x.detach().tolist() == pytest.approx([1.0, 1.0], abs=1e-3)


def test_start_outside_the_bounds_is_moved_inside() -> None:
    run = Run(lambda x: (x - 3).square().sum(), torch.tensor([-5.0, 9.0]), bounds=(0.0, 1.0)).steps(1)
    assert run.x.detach().tolist() == [0.0, 1.0]


def test_function_without_slope_keeps_the_tensor() -> None:
    run = Run(lambda x: 0 * x.sum(), torch.tensor([0.3, 0.4])).steps(5)
    assert run.x.detach().tolist() == pytest.approx([0.3, 0.4])


@pytest.mark.parametrize("stopped", [0, 1, 2, 13])
def test_state_dict_in_another_optimizer_continues_bit_for_bit(stopped: int) -> None:
    start = torch.tensor([-1.2, 1.0, 0.3])
    whole = Run(rosenbrock, start, bounds=(-2.0, 2.0)).steps(30)
    part = Run(rosenbrock, start, bounds=(-2.0, 2.0)).steps(stopped)
    again = Run(rosenbrock, part.x.detach(), bounds=(-2.0, 2.0))
    again.optimizer.load_state_dict(part.optimizer.state_dict())
    again.steps(30 - stopped)
    assert torch.equal(again.x, whole.x)
    assert part.losses + again.losses == whole.losses


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lr": 0.0}, r"lr must lie in \(0, 1\], got 0"),
        ({"history_size": 0}, "history_size must be 1 or more"),
        ({"bounds": (1.0, 1.0)}, "bounds must be"),
    ],
)
def test_wrong_argument_is_named(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Run(rosenbrock, torch.zeros(2), **arguments)


def test_two_tensors_are_refused() -> None:
    with pytest.raises(ValueError, match="one tensor"):
        ProjectedLBFGS([torch.zeros(2, requires_grad=True), torch.zeros(3, requires_grad=True)])


def test_metamer_saved_between_trials_continues_bit_for_bit(tmp_path: Path) -> None:
    image = torch.rand(1, 1, 24, 24, generator=torch.Generator().manual_seed(5))

    def begun() -> Metamer:
        return Metamer(image, torch.nn.AvgPool2d(4).eval())

    whole = begun()
    whole.setup(torch.full_like(image, 0.5), ProjectedLBFGS, {"lr": 1.0})
    whole.synthesize(4, stop_criterion=0, progress_bar=False)
    whole.save(tmp_path / "a.pt")
    again = begun()
    with pytest.warns(UserWarning, match="setup"):
        again.load(tmp_path / "a.pt")
    again.setup(optimizer=ProjectedLBFGS)
    for metamer in (whole, again):
        metamer.synthesize(6, stop_criterion=0, progress_bar=False)
    assert torch.equal(whole.metamer, again.metamer)
    assert whole.losses.tolist() == again.losses.tolist()
