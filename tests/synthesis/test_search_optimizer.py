"""The optimizer of a search: which one it is, what a step means, and how it resumes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from foveaview import LossSettings, MetamerSearch, Outcome, SynthesisSettings
from foveaview.settings import ObjectiveSettings
from foveaview.synthesis import load_checkpoint, save_checkpoint
from foveaview.synthesis.checkpoints.checkpoint import write_raw
from foveaview.synthesis.optimizers.lbfgs import ProjectedLBFGS
from tests.synthesis.nested import equal

LOSS = LossSettings(n_pyramid_levels=3)
GAZE, OTHER = (0.3, 0.4), (0.8, 0.2)
ENDLESS = SynthesisSettings(steps=1000, stop_fraction=0, device="cpu")
TERMS = ObjectiveSettings(pixel=0.1)


def searching(target: Tensor, objective: ObjectiveSettings | None = None, **changes: Any) -> MetamerSearch:
    return MetamerSearch(target, GAZE, LOSS, ENDLESS.replace(**changes), objective_settings=objective)


def stepped(search: MetamerSearch, until: int, look_elsewhere_at: int = -1) -> MetamerSearch:
    while search.synthesis.iteration < until:
        if search.synthesis.iteration == look_elsewhere_at:
            search.retarget(OTHER, LOSS)
        search.step()
    return search


@pytest.mark.slow
@pytest.mark.parametrize("look_elsewhere_at", [-1, 20])
@pytest.mark.parametrize("stopped", [0, 1, 17, 50])
def test_resumed_search_equals_one_that_never_stopped(
    photograph: Tensor, tmp_path: Path, stopped: int, look_elsewhere_at: int
) -> None:
    whole = stepped(searching(photograph, TERMS), 70, look_elsewhere_at)
    part = stepped(searching(photograph, TERMS), stopped, look_elsewhere_at)
    save_checkpoint(tmp_path / "a.pt", part.checkpoint())
    checkpoint = load_checkpoint(tmp_path / "a.pt")
    again = MetamerSearch.resumed(checkpoint, photograph, checkpoint.synthesis_settings)
    stepped(again, 70, look_elsewhere_at)
    assert torch.equal(again.image, whole.image)
    assert equal(again.checkpoint().state, whole.checkpoint().state)
    assert again.synthesis.losses.tolist() == whole.synthesis.losses.tolist()


@pytest.mark.slow
def test_step_evaluates_the_objective_once(photograph: Tensor) -> None:
    search, calls = searching(photograph), 0
    lowered = search.objective.loss

    def counted(image: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return lowered(image)

    search.objective.loss = counted  # type: ignore[method-assign]
    stepped(search, 25)
    assert calls == 25
    assert len(search.synthesis.history) == 25


@pytest.mark.slow
def test_loss_of_the_default_never_rises_and_is_that_of_its_terms(photograph: Tensor) -> None:
    search = stepped(searching(photograph, TERMS), 40)
    losses = search.synthesis.history.column("losses")
    assert losses == sorted(losses, reverse=True)
    terms = zip(search.terms.column("metameric"), search.terms.column("pixel"), strict=True)
    assert losses == pytest.approx([metameric + 0.1 * pixel for metameric, pixel in terms], rel=1e-5)


def test_current_loss_of_the_default_is_known_without_an_evaluation(photograph: Tensor) -> None:
    search = stepped(searching(photograph), 12)
    known = search.synthesis.current_loss()
    assert known == float(search.objective.loss(search.image))
    assert search.current_values["metameric"] == pytest.approx(known)


@pytest.mark.slow
def test_default_converges_faster_than_adam_from_noise(photograph: Tensor) -> None:
    losses = {
        name: stepped(searching(photograph, optimizer=name, start="noise"), 60).synthesis.current_loss()
        for name in ("lbfgs", "adam")
    }
    assert losses["lbfgs"] < losses["adam"] / 10


def test_default_number_of_steps_follows_start_and_optimizer(photograph: Tensor) -> None:
    def total(objective: ObjectiveSettings | None = None, **settings: Any) -> int:
        return MetamerSearch(
            photograph, GAZE, LOSS, SynthesisSettings(device="cpu", **settings), objective_settings=objective
        ).total_steps

    assert total() == 150
    assert total(start="noise") == 200
    assert total(optimizer="adam") == 500
    assert total(ObjectiveSettings(adversarial=0.1)) == 500
    assert total(steps=7) == 7


def test_adversarial_term_takes_adam_while_it_has_a_weight(photograph: Tensor) -> None:
    search = stepped(searching(photograph), 3)
    assert isinstance(search.synthesis.optimizer, ProjectedLBFGS)
    search.retarget(GAZE, LOSS, ObjectiveSettings(adversarial=0.1))
    assert isinstance(search.synthesis.optimizer, torch.optim.Adam)
    assert search.resolved.optimizer == "adam"
    stepped(search, 6)
    search.retarget(GAZE, LOSS, ObjectiveSettings())
    assert isinstance(search.synthesis.optimizer, ProjectedLBFGS)
    stepped(search, 9)
    assert all(map(math.isfinite, search.synthesis.history.column("losses")))


def test_adopted_optimizer_continues_from_the_image(photograph: Tensor) -> None:
    search = stepped(searching(photograph), 5)
    before = search.image.clone()
    search.adopt(ENDLESS.replace(optimizer="adam", learning_rate=0.003))
    assert torch.equal(search.image, before)
    assert search.synthesis.learning_rate == 0.003
    search.adopt(ENDLESS.replace(optimizer="adam", learning_rate=0.001))
    assert search.synthesis.learning_rate == 0.001


def test_checkpoint_of_another_optimizer_than_its_settings_is_refused(photograph: Tensor) -> None:
    checkpoint = stepped(searching(photograph), 3).checkpoint()
    with pytest.raises(ValueError, match=r"its optimizer is .*ProjectedLBFGS, its settings say adam"):
        MetamerSearch.resumed(checkpoint, photograph, ENDLESS.replace(optimizer="adam"))


def test_checkpoint_of_version_2_continues_with_adam(photograph: Tensor, tmp_path: Path) -> None:
    search = stepped(searching(photograph, optimizer="adam"), 3)
    save_checkpoint(tmp_path / "a.pt", search.checkpoint())
    content = torch.load(tmp_path / "a.pt", weights_only=True)
    del content["synthesis_settings"]["optimizer"]
    for name in ("changed_at", "known_values", "lowered"):
        del content["state"][name]
    write_raw(tmp_path / "a.pt", {**content, "version": 2})
    checkpoint = load_checkpoint(tmp_path / "a.pt")
    again = MetamerSearch.resumed(checkpoint, photograph, checkpoint.synthesis_settings)
    assert torch.equal(stepped(again, 9).image, stepped(search, 9).image)


def test_measured_image_is_that_of_the_known_terms(photograph: Tensor) -> None:
    for name in ("lbfgs", "adam"):
        search = stepped(searching(photograph, optimizer=name), 7)
        image, step = search.measured_image
        values = [*search.terms.column("metameric"), search.current_values.get("metameric")]
        assert values[step] == pytest.approx(float(search.objective.loss(image)))


def test_search_from_the_target_itself_converges_at_once(photograph: Tensor) -> None:
    settings = ENDLESS.replace(start="image", stop_fraction=0.01)
    search = MetamerSearch(photograph, GAZE, LOSS, settings, photograph)
    assert search.run() is Outcome.CONVERGED
    assert search.synthesis.iteration == 10
    assert torch.equal(search.image, photograph)
