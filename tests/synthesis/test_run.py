"""The steps of a search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest
import torch
from torch import Tensor

from foveaview.perception import MetamericLoss
from foveaview.synthesis import Metamer, Outcome, Step, has_converged


def descent(objective: Callable[[Tensor], Tensor], start: Tensor, learning_rate: float = 0.01) -> Metamer:
    """Adam on the objective of an image kept in [0, 1]."""
    metamer = Metamer(
        start,
        torch.nn.Identity().eval(),
        lambda image, _target: objective(image),
        penalty_lambda=0,
        clamp=(0, 1),
    )
    metamer.setup(start, torch.optim.Adam, {"lr": learning_rate})
    return metamer


def towards(value: float) -> Metamer:
    return descent(lambda image: (image - value).square().mean(), torch.ones(1, 1, 4, 4))


def relative(fraction: float, window: int) -> Callable[[Sequence[float]], bool]:
    return partial(has_converged, fraction=fraction, window=window)


def test_a_step_lowers_the_loss_and_reports_it() -> None:
    synthesis = towards(0.25)
    steps = [synthesis.step() for _ in range(3)]
    assert [step.iteration for step in steps] == [1, 2, 3]
    assert torch.equal(synthesis.losses[:-1], torch.stack([step.loss for step in steps]))
    assert synthesis.losses[2] < synthesis.losses[0]
    assert synthesis.current_loss() < float(synthesis.losses[2])
    assert steps[0].gradient_norm.item() == pytest.approx(2 * 0.75 / 4)


def test_the_start_is_not_changed() -> None:
    start = torch.ones(1, 1, 4, 4)
    descent(lambda image: image.sum(), start).step()
    assert (start == 1).all()


def test_the_image_stays_in_range() -> None:
    synthesis = towards(-3.0)
    synthesis.run(150)
    assert synthesis.metamer.detach().min() == 0


def test_run_counts_steps_in_all() -> None:
    synthesis = towards(0.25)
    assert synthesis.run(7) is Outcome.STEPS_DONE
    assert synthesis.run(0) is Outcome.STEPS_DONE
    assert synthesis.iteration == 7


def test_it_stops_when_asked_between_steps() -> None:
    synthesis = towards(0.25)
    seen: list[Step] = []

    def three(step: Step) -> bool:
        seen.append(step)
        return len(seen) < 3

    assert synthesis.run(100, on_step=three) is Outcome.STOPPED
    assert synthesis.iteration == 3


def test_it_converges_when_the_loss_no_longer_falls() -> None:
    synthesis = towards(2.0)  # out of reach: the loss stays at one
    assert synthesis.run(1000, relative(0.01, 20)) is Outcome.CONVERGED
    assert synthesis.iteration < 50


@pytest.mark.parametrize(
    ("losses", "fraction", "expected"),
    [
        ([1.0, 1.0, 0.98], 0.01, False),
        ([1.0, 1.0, 0.995], 0.01, True),
        ([1.0, 1.0, 1.5], 0.01, True),
        ([1.0, 0.999], 0.01, False),
        ([1.0, 1.0, 1.0], 0.0, False),
    ],
)
def test_convergence_is_relative_and_over_the_window(
    losses: list[float], fraction: float, expected: bool
) -> None:
    assert has_converged(torch.tensor(losses), fraction, window=2) is expected


def test_a_loss_that_is_not_finite_ends_the_run_with_the_last_finite_image() -> None:
    calls = 0

    def breaks(image: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return image.mean() * (float("nan") if calls > 13 else 1.0)

    synthesis = descent(breaks, torch.ones(1, 1, 4, 4))
    assert synthesis.run(100) is Outcome.NOT_FINITE
    assert torch.isfinite(synthesis.metamer.detach()).all()
    assert synthesis.metamer.detach().mean() < 1


def test_a_restored_search_goes_on_bit_for_bit(photograph: Tensor, noise: Tensor) -> None:
    prepared = MetamericLoss(n_pyramid_levels=3).prepare(photograph, (0.3, 0.4))
    whole = descent(prepared.loss, noise)
    whole.run(8)
    first = descent(prepared.loss, noise)
    first.run(3)
    second = descent(prepared.loss, noise)
    second.restore(first.state())
    first.run(5)  # a state is a copy
    second.run(5)
    assert torch.equal(second.metamer, whole.metamer)
    assert torch.equal(second.losses, whole.losses)
    assert torch.equal(first.metamer, whole.metamer)


def test_a_state_of_another_shape_is_refused() -> None:
    synthesis = towards(0.25)
    other = descent(lambda image: image.sum(), torch.ones(1, 1, 4, 5))
    with pytest.raises(ValueError, match=r"\(1, 1, 4, 5\)"):
        synthesis.restore(other.state())


@pytest.mark.slow
def test_a_metamer_in_two_hundred_steps(astronaut: Tensor) -> None:
    prepared = MetamericLoss().prepare(astronaut, (0.3, 0.4))
    noise = torch.rand(astronaut.shape, generator=torch.Generator().manual_seed(0))
    synthesis = descent(prepared.loss, noise, learning_rate=0.01)
    assert synthesis.run(200) is Outcome.STEPS_DONE
    in_bytes = (synthesis.metamer.detach() * 255).round() / 255
    assert float(prepared.loss(in_bytes)) * 400 < float(synthesis.losses[0])
