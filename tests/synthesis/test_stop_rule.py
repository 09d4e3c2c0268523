"""When a search says that it has converged."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from torch import Tensor

from foveaview import LossSettings, MetamerSearch, Outcome, SynthesisSettings
from foveaview.settings import ObjectiveSettings

LOSS = LossSettings(n_pyramid_levels=2, alpha=1.0)
# two terms that no image satisfies together, so that the loss stays above 0
TERMS = ObjectiveSettings(ventral=0.1)
WINDOW = 20
SETTINGS = SynthesisSettings(steps=10_000, stop_fraction=0.3, stop_window=WINDOW, device="cpu")


@pytest.fixture
def target() -> Tensor:
    return torch.rand(1, 1, 20, 24, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def search(target: Tensor) -> MetamerSearch:
    return MetamerSearch(target, (0.3, 0.4), LOSS, SETTINGS, objective_settings=TERMS)


def until_ended(search: MetamerSearch, most: int = 2000) -> Outcome | None:
    outcome = None
    for _ in range(most):
        search.step()
        outcome = search.check()
        if outcome is not None:
            break
    return outcome


CHANGES: dict[str, dict[str, Any]] = {
    "gaze": {"gaze": (0.9, 0.1)},
    "setting": {"loss": LOSS.replace(alpha=0.4)},
    "weight": {"objective": TERMS.replace(pixel=0.5)},
    "rule": {"settings": SETTINGS.replace(stop_fraction=0.4)},
    "optimizer": {"settings": SETTINGS.replace(optimizer="adam")},
}


def change(search: MetamerSearch, how: dict[str, Any]) -> None:
    search.retarget(
        how.get("gaze", search.gaze),
        how.get("loss", search.loss_settings),
        how.get("objective", search.objective_settings),
    )
    search.adopt(how.get("settings", search.settings))


@pytest.mark.slow
@pytest.mark.parametrize("what", CHANGES)
def test_check_after_a_change_waits_for_a_whole_window(search: MetamerSearch, what: str) -> None:
    assert until_ended(search) is Outcome.CONVERGED
    changed_at = search.synthesis.iteration
    change(search, CHANGES[what])
    assert until_ended(search) is Outcome.CONVERGED
    assert search.synthesis.iteration - changed_at > WINDOW


@pytest.mark.slow
def test_check_of_a_converged_search_that_goes_on_waits_for_a_whole_window(search: MetamerSearch) -> None:
    assert until_ended(search) is Outcome.CONVERGED
    converged_at = search.synthesis.iteration
    assert search.run() is Outcome.CONVERGED
    assert search.synthesis.iteration - converged_at > WINDOW


def test_more_steps_do_not_restart_the_rule(search: MetamerSearch) -> None:
    for _ in range(WINDOW + 10):
        search.step()
    before = search.checkpoint().state["changed_at"]
    search.adopt(SETTINGS.replace(steps=20_000))
    assert search.checkpoint().state["changed_at"] == before


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_random_history_never_converges_within_a_window_of_a_change(target: Tensor, seed: int) -> None:
    rng = random.Random(seed)
    search, changed_at, converged = (
        MetamerSearch(target, (0.3, 0.4), LOSS, SETTINGS, objective_settings=TERMS),
        0,
        0,
    )
    for _ in range(30):
        what = rng.choice([*CHANGES, "resume", "random gaze", "nothing", "nothing"])
        if what == "resume":
            search = MetamerSearch.resumed(search.checkpoint(), target, search.settings)
        elif what != "nothing":
            how = {"gaze": (rng.random(), rng.random())} if what == "random gaze" else CHANGES[what]
            before = search.checkpoint()
            change(search, how)
            after = (search.gaze, search.loss_settings, search.objective_settings, search.settings)
            if after != (
                before.gaze,
                before.loss_settings,
                before.objective_settings,
                before.synthesis_settings,
            ):
                changed_at = search.synthesis.iteration
        for _ in range(rng.randrange(1, 25)):
            search.step()
            if search.check() is Outcome.CONVERGED:
                assert search.synthesis.iteration - changed_at > WINDOW
                changed_at = search.synthesis.iteration
                converged += 1
    assert search.synthesis.iteration > 100


def test_text_of_a_converged_search_names_the_criterion(search: MetamerSearch) -> None:
    assert search.text_of(Outcome.CONVERGED) == "converged: the loss fell by less than 30 % over 20 steps"
    assert search.text_of(Outcome.STEPS_DONE) == "all steps done"
