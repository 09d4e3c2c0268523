"""A search from target to metamer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from foveaview import LossSettings, MetamericLoss, MetamerSearch, Outcome, SynthesisSettings
from foveaview.settings import ObjectiveSettings
from foveaview.synthesis import resolve_device

SETTINGS = LossSettings(n_pyramid_levels=3)


def test_it_lowers_the_loss_that_the_library_gives(photograph: Tensor) -> None:
    search = MetamerSearch(photograph, (0.3, 0.4), SETTINGS, SynthesisSettings(steps=5, device="cpu"))
    assert search.run() is Outcome.STEPS_DONE
    value = MetamericLoss.from_settings(SETTINGS)(search.image, photograph, (0.3, 0.4))
    assert search.synthesis.current_loss() == pytest.approx(float(value))
    assert search.heatmap().mean().item() == pytest.approx(float(value), rel=1e-5)


def test_settings_reach_the_search(photograph: Tensor) -> None:
    settings = SynthesisSettings(steps=1000, stop_fraction=0.9, stop_window=5, device="cpu")
    search = MetamerSearch(photograph, (0.3, 0.4), SETTINGS, settings)
    assert search.run() is Outcome.CONVERGED
    assert search.synthesis.iteration == 10


def test_an_image_too_small_for_the_levels() -> None:
    with pytest.raises(ValueError, match="at most 4 fit"):
        MetamerSearch(torch.rand(1, 3, 20, 30), (0.5, 0.5), LossSettings(), SynthesisSettings())


def test_a_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="no cuda device here: choose auto or one of"):
        resolve_device("cuda")


def test_auto_prefers_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert resolve_device("auto") == torch.device("cpu")


def test_it_goes_on_towards_another_gaze_from_the_image_as_it_is(photograph: Tensor) -> None:
    search = MetamerSearch(photograph, (0.3, 0.4), SETTINGS, SynthesisSettings(steps=5, device="cpu"))
    search.synthesis.step()
    before = search.image.clone()
    search.retarget((0.8, 0.2), SETTINGS)
    assert torch.equal(search.image, before)
    expected = MetamericLoss.from_settings(SETTINGS)(before, photograph, (0.8, 0.2))
    assert float(search.synthesis.step().loss) == pytest.approx(float(expected))
    assert search.about()["gaze"] == [0.8, 0.2]


def test_half_precision_is_refused(photograph: Tensor) -> None:
    with pytest.raises(ValueError, match=r"float32 or float64.*float16"):
        MetamerSearch(photograph.half(), (0.3, 0.4), SETTINGS, SynthesisSettings())


def test_inference_mode_is_named(photograph: Tensor) -> None:
    with torch.inference_mode(), pytest.raises(ValueError, match="inference_mode"):
        MetamerSearch(photograph, (0.3, 0.4), SETTINGS, SynthesisSettings())


def test_a_gaze_for_each_sample_is_refused(photograph: Tensor) -> None:
    gazes: Any = torch.tensor([[0.3, 0.4], [0.5, 0.5]])
    with pytest.raises(ValueError, match="gaze must be two numbers"):
        MetamerSearch(photograph.repeat(2, 1, 1, 1), gazes, SETTINGS, SynthesisSettings())


def test_a_target_that_requires_a_gradient_is_a_target(photograph: Tensor) -> None:
    settings = SynthesisSettings(steps=3, device="cpu")
    search = MetamerSearch(photograph.clone().requires_grad_(), (0.3, 0.4), SETTINGS, settings)
    assert search.run() is Outcome.STEPS_DONE


EVERY = ObjectiveSettings(
    metameric=1,
    pixel=0.1,
    blur=0.1,
    ventral=0.1,
    perceptual=0.1,
    wasserstein=0.1,
    adversarial=0.2,
    range=0.01,
)


@pytest.mark.slow
def test_an_objective_of_every_term(photograph: Tensor) -> None:
    settings = SynthesisSettings(steps=6, device="cpu", stop_fraction=0)
    search = MetamerSearch(photograph, (0.3, 0.4), SETTINGS, settings, objective_settings=EVERY)
    search.run()
    assert list(search.term_values()) == [name for name in EVERY.weights if name != "adversarial"] + [
        "adversarial"
    ]
    assert all(len(values) == 7 for values in search.term_values().values())
    assert search.about()["objective_settings"] == EVERY.model_dump()


def test_a_weight_set_to_zero_takes_its_term_away(photograph: Tensor) -> None:
    settings = SynthesisSettings(steps=10, device="cpu")
    search = MetamerSearch(photograph, (0.3, 0.4), SETTINGS, settings, objective_settings=EVERY)
    search.step()
    metameric = search.objective.terms["metameric"]
    search.retarget(search.gaze, SETTINGS, EVERY.replace(perceptual=0))
    search.step()
    assert "perceptual" not in search.objective.terms
    assert search.objective.terms["metameric"] is metameric
    assert search.objective.state_dict()["learnt"]["adversarial"]["steps"] == 2
    first, second = search.terms.column("perceptual")
    assert first > 0
    assert second != second  # not a number: it was not computed


@pytest.mark.slow
def test_adversarial_synthesis_stays_finite() -> None:
    target = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    settings = SynthesisSettings(steps=500, device="cpu", stop_fraction=0)
    objective = ObjectiveSettings(adversarial=0.5, pixel=0.1)
    search = MetamerSearch(target, (0.5, 0.5), SETTINGS, settings, objective_settings=objective)
    assert search.run() is Outcome.STEPS_DONE
    losses = torch.tensor(search.terms.column("adversarial"))
    assert bool(torch.isfinite(losses).all())
    assert len(losses) == 500


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pixel", "blur", "ventral", "wasserstein"])
def test_raising_a_weight_lowers_its_term(photograph: Tensor, name: str) -> None:
    settings = SynthesisSettings(steps=40, device="cpu", stop_fraction=0)
    ends = []
    for weight in (0.0, 0.3, 3.0):
        # against a term that wants another picture
        others = {"ventral": 0.3} if name != "ventral" else {"pixel": 0.3}
        objective = ObjectiveSettings(**{"metameric": 0.1, **others, name: max(weight, 1e-9)})
        search = MetamerSearch(photograph, (0.3, 0.4), SETTINGS, settings, objective_settings=objective)
        search.run()
        ends.append(search.term_values()[name][-1])
    assert ends[0] > ends[1] > ends[2]


class _Breaking:
    """A term that is NaN from an evaluation on."""

    def __init__(self, last: int) -> None:
        self.left = last

    def prepare(self, _target: Tensor, _gaze: tuple[float, float]) -> _Breaking:
        return self

    def loss(self, image: Tensor) -> Tensor:
        self.left -= 1
        return image.mean() * (1.0 if self.left > 0 else float("nan"))

    def heatmap(self, image: Tensor) -> Tensor:
        return image.mean(dim=1, keepdim=True)


def test_terms_go_back_with_a_search_that_is_no_longer_finite(photograph: Tensor) -> None:
    objective = ObjectiveSettings(pixel=1)
    settings = SynthesisSettings(steps=40, device="cpu", stop_fraction=0, optimizer="adam")
    search = MetamerSearch(photograph, (0.3, 0.4), SETTINGS, settings, objective_settings=objective)
    search.objective.terms["pixel"] = _Breaking(14)
    assert search.run() is Outcome.NOT_FINITE
    assert len(search.terms) == search.synthesis.iteration
    assert search.objective.steps == search.synthesis.iteration


def _learnt(state: dict[str, Any]) -> dict[str, Any]:
    learnt: dict[str, Any] = state["objective"]["learnt"]["adversarial"]
    return learnt


def _moments(state: dict[str, Any]) -> dict[int, Any]:
    moments: dict[int, Any] = _learnt(state)["optimizer"]["state"]
    return moments


DAMAGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no discriminator": lambda state: state["objective"]["learnt"].clear(),
    "no objective": lambda state: state.pop("objective"),
    "moments of another shape": lambda state: _moments(state)[0].update(exp_avg=torch.zeros(3)),
    "no moments": lambda state: _moments(state)[0].pop("exp_avg"),
    "optimizer of nothing": lambda state: _moments(state).clear(),
    "negative step": lambda state: _moments(state)[0].update(step=torch.tensor(-5.0)),
    "not finite": lambda state: _learnt(state)["judge"]["layers.0.weight"].fill_(float("nan")),
    "negative steps": lambda state: _learnt(state).update(steps=-100),
    "steps ahead": lambda state: state["objective"].update(steps=10**9),
    "columns of two dimensions": lambda state: state["terms"].update(pixel=torch.zeros(4, 2)),
    "columns of unequal length": lambda state: state["terms"].update(pixel=torch.zeros(2)),
    "columns too long": lambda state: state.update(terms={name: torch.zeros(50) for name in state["terms"]}),
}


@pytest.mark.slow
@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_objective_is_refused(photograph: Tensor, how: str) -> None:
    objective = ObjectiveSettings(adversarial=0.5, pixel=1, metameric=0)
    settings = SynthesisSettings(steps=4, device="cpu", stop_fraction=0)
    search = MetamerSearch(photograph, (0.3, 0.4), SETTINGS, settings, objective_settings=objective)
    search.run()
    checkpoint = search.checkpoint()
    DAMAGES[how](checkpoint.state)
    with pytest.raises(ValueError, match="a damaged checkpoint"):
        MetamerSearch.resumed(checkpoint, photograph, settings)
