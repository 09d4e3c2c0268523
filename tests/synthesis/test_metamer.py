"""A metamer beyond the documentation: what a step does, what it keeps, and how a run ends."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from foveaview import Metamer, Outcome, Step
from foveaview.synthesis.engine import Engine
from tests.synthesis.models import begun, pool


def test_a_step_says_what_it_did(image: Tensor) -> None:
    metamer = begun(image)
    before = metamer.metamer.detach().clone()
    step = metamer.step()
    assert step.iteration == metamer.iteration == 1
    assert torch.equal(step.loss, metamer.losses[0])
    assert torch.equal(step.penalty, metamer.penalties[0])
    assert torch.equal(step.gradient_norm, metamer.gradient_norm[0])
    assert torch.equal(step.image_change, metamer.pixel_change_norm[0])
    assert torch.allclose(step.image_change, (metamer.metamer.detach() - before).norm())
    assert metamer.metamer.grad is not None
    assert torch.allclose(step.gradient_norm, metamer.metamer.grad.norm())


def test_a_step_waits_for_nothing(image: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "looking_waits", True)  # as on a device that computes on its own
    metamer = begun(image)
    looks: list[str] = []
    for name in ("item", "tolist", "__float__", "__bool__", "cpu", "numpy"):
        own = getattr(Tensor, name)

        def noted(*args: Any, own: Any = own, name: str = name) -> Any:
            looks.append(name)
            return own(*args)

        monkeypatch.setattr(Tensor, name, noted)
    metamer.step()
    # before its second step Adam looks at its count, which lives on the CPU
    looks.clear()
    counts = {"item", "__float__"}
    for _ in range(5):
        metamer.step()
    assert set(looks) <= counts
    looks.clear()
    assert len(metamer.history.column("losses")) == 6
    assert looks == ["tolist"]


def test_callbacks_see_every_step_and_can_stop(image: Tensor) -> None:
    metamer = begun(image)
    seen: list[int] = []

    def three(step: Step) -> bool:
        seen.append(step.iteration)
        return step.iteration < 3

    assert metamer.synthesize(100, on_step=three, progress_bar=False) is Outcome.STOPPED
    assert seen == [1, 2, 3]
    assert metamer.iteration == 3

    def note(step: Step) -> None:
        seen.append(step.iteration)

    assert metamer.synthesize(2, on_step=note, progress_bar=False) is Outcome.STEPS_DONE
    assert seen == [1, 2, 3, 4, 5]


def test_the_progress_bar_can_be_turned_off(image: Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    begun(image).synthesize(2, progress_bar=False)
    assert capsys.readouterr() == ("", "")
    begun(image).synthesize(2)
    out, err = capsys.readouterr()
    assert out == ""
    assert "2/2" in err


def test_looking_seldom_ends_later(image: Tensor) -> None:
    metamer = begun(image)
    assert metamer.run(100, lambda losses: len(losses) > 3, check_every=10) is Outcome.CONVERGED
    assert metamer.iteration == 10


def test_clamping(image: Tensor) -> None:
    metamer = Metamer(image * 0, pool(), clamp=(0.2, 0.8))
    metamer.setup(torch.full_like(image, 0.5))
    metamer.run(60)
    assert metamer.metamer.detach().min() == pytest.approx(0.2)


def test_the_image_given_is_not_the_image_kept(image: Tensor) -> None:
    metamer = begun(image)
    before = metamer.current_loss()
    image.zero_()
    metamer.refresh()
    assert metamer.current_loss() == before
    assert "shape" not in repr(metamer)


@pytest.mark.parametrize("shape", [(2, 1, 16, 16), (1, 5, 16, 24)])
def test_any_batch_and_number_of_channels(shape: tuple[int, ...]) -> None:
    image = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    metamer = begun(image)
    metamer.run(30)
    assert metamer.losses[-1] < metamer.losses[0] / 5
