"""Many terms, one objective."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from foveaview import LossSettings, MetamericLoss
from foveaview.objectives.adversarial import Adversarial, PreparedAdversarial, adaptive_weight
from foveaview.objectives.build import build_objective, build_term
from foveaview.objectives.metameric import Metameric, PooledBlur, Ventral
from foveaview.objectives.objective import Objective, Ramp
from foveaview.objectives.pixel import Pixel, Range
from foveaview.objectives.term import Term
from foveaview.perception.ventral import ventral_metamer
from foveaview.settings import ObjectiveSettings
from foveaview.synthesis import Metamer

GAZE = (0.3, 0.4)
SETTINGS = LossSettings(n_pyramid_levels=3)


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    image, target = (torch.rand(1, 3, 48, 64, generator=generator, dtype=torch.float64) for _ in range(2))
    return image, target


def test_the_total_is_the_weighted_sum_and_its_gradient(pair: tuple[Tensor, Tensor]) -> None:
    image, target = pair
    image.requires_grad_()
    objective = Objective({"pixel": (Pixel("L1"), 2.0), "metameric": (Metameric(SETTINGS), 0.5)})
    total, values = objective(image, target, GAZE)
    (gradient,) = torch.autograd.grad(total, image)
    pixel = (image - target).abs().mean()
    metameric = MetamericLoss.from_settings(SETTINGS)(image, target, GAZE)
    torch.testing.assert_close(values, {"pixel": pixel.detach(), "metameric": metameric.detach()})
    expected = 2 * pixel + 0.5 * metameric
    torch.testing.assert_close(total, expected)
    torch.testing.assert_close(gradient, torch.autograd.grad(expected, image)[0])


@dataclass(frozen=True)
class Counting:
    """A term that notes every evaluation."""

    calls: list[int] = field(default_factory=list)

    def prepare(self, _target: Tensor, _gaze: tuple[float, float]) -> Counting:
        return self

    def loss(self, image: Tensor) -> Tensor:
        self.calls.append(1)
        return image.mean()

    def heatmap(self, image: Tensor) -> Tensor:
        return image.mean(dim=1, keepdim=True)


def test_a_term_of_weight_zero_is_not_computed(pair: tuple[Tensor, Tensor]) -> None:
    counting = Counting()
    schedule = Ramp(1.0, 0.0, first=0, last=1)
    prepared = Objective({"pixel": (Pixel(), 1.0), "counted": (counting, schedule)}).prepare(pair[1], GAZE)
    prepared.loss(pair[0])
    prepared.step(pair[0])
    prepared.loss(pair[0])
    assert len(counting.calls) == 1
    assert list(prepared.values) == ["pixel"]


def test_a_schedule_is_followed(pair: tuple[Tensor, Tensor]) -> None:
    prepared = Objective({"pixel": (Pixel(), Ramp(0.0, 1.0, first=0, last=4))}).prepare(pair[1], GAZE)
    whole = (pair[0] - pair[1]).square().mean()
    for share in (0.0, 0.25, 0.5, 0.75, 1.0, 1.0):
        torch.testing.assert_close(prepared.loss(pair[0]), share * whole)
        prepared.step(pair[0])


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_cannot_be(weight: float) -> None:
    with pytest.raises(ValueError, match="weight of pixel must be a number of 0 or more"):
        Objective({"pixel": (Pixel(), weight)})
    with pytest.raises(ValueError, match="pixel"):
        ObjectiveSettings(pixel=weight)
    prepared = Objective({"pixel": (Pixel(), lambda step: weight)}).prepare(torch.zeros(1, 1, 8, 8))
    with pytest.raises(ValueError, match="weight of pixel"):
        prepared.loss(torch.zeros(1, 1, 8, 8))


def test_an_unknown_term() -> None:
    with pytest.raises(ValueError, match="no term 'sharpness': choose among metameric, pixel"):
        build_term("sharpness", ObjectiveSettings(), LossSettings())
    with pytest.raises(ValueError, match="every weight is 0"):
        build_objective(ObjectiveSettings(metameric=0), LossSettings())


def test_what_stays_is_not_prepared_again(pair: tuple[Tensor, Tensor]) -> None:
    first = Objective({"pixel": (Pixel(), 1.0), "blur": (PooledBlur(settings=SETTINGS), 1.0)})
    second = Objective({"pixel": (Pixel(), 3.0), "blur": (PooledBlur(True, SETTINGS), 1.0)})
    before, after = first.prepare(pair[1], GAZE), second.prepare(pair[1], GAZE, like=first)
    assert after.terms["pixel"] is before.terms["pixel"]
    assert after.terms["blur"] is not before.terms["blur"]


def test_it_is_the_loss_of_a_metamer(pair: tuple[Tensor, Tensor]) -> None:
    target = pair[1].float()
    prepared = Objective({"metameric": (Metameric(SETTINGS), 1.0), "range": (Range(), 0.1)}).prepare(target)
    metamer = Metamer(target, torch.nn.Identity().eval(), prepared, penalty_lambda=0)
    metamer.setup(generator=torch.Generator().manual_seed(0))
    metamer.synthesize(10, stop_criterion=0, progress_bar=False)
    assert metamer.losses[-1] < metamer.losses[0]


TERMS: list[Term] = [
    Pixel("L1"),
    Pixel("L2", "fovea", SETTINGS),
    Pixel("L1", "periphery", SETTINGS),
    Metameric(SETTINGS),
    PooledBlur(settings=SETTINGS),
    PooledBlur(True, SETTINGS),
    Ventral(SETTINGS, seed=1),
    Range(),
]


@pytest.mark.parametrize("term", TERMS, ids=repr)
def test_the_mean_of_a_map_is_the_value(term: Term, pair: tuple[Tensor, Tensor]) -> None:
    image = 1.4 * pair[0] - 0.2
    prepared = term.prepare(pair[1], GAZE)
    heatmap = prepared.heatmap(image)
    assert heatmap is not None
    assert heatmap.shape == (1, 1, 48, 64)
    torch.testing.assert_close(heatmap.mean(), prepared.loss(image), rtol=1e-5, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("term", TERMS, ids=repr)
def test_gradients_are_right(term: Term) -> None:
    generator = torch.Generator().manual_seed(1)
    image, target = (torch.rand(1, 1, 16, 16, generator=generator, dtype=torch.float64) for _ in range(2))
    prepared = term.prepare(target, GAZE)
    assert torch.autograd.gradcheck(prepared.loss, (1.4 * image - 0.2).requires_grad_())


def test_fovea_and_periphery_are_the_whole(pair: tuple[Tensor, Tensor]) -> None:
    parts = [Pixel("L2", region, SETTINGS).prepare(pair[1], GAZE) for region in ("fovea", "periphery")]
    whole = Pixel("L2").prepare(pair[1], GAZE)
    torch.testing.assert_close(sum(part.loss(pair[0]) for part in parts), whole.loss(pair[0]))


def test_blurring_both_forgives_what_pooling_loses(pair: tuple[Tensor, Tensor]) -> None:
    image = ventral_metamer(pair[1], GAZE, SETTINGS)
    once = PooledBlur(False, SETTINGS).prepare(pair[1], GAZE).loss(image)
    both = PooledBlur(True, SETTINGS).prepare(pair[1], GAZE).loss(image)
    assert both < once


def test_the_ventral_term_is_zero_at_its_metamer(pair: tuple[Tensor, Tensor]) -> None:
    prepared = Ventral(SETTINGS, seed=3).prepare(pair[1], GAZE)
    assert float(prepared.loss(ventral_metamer(pair[1], GAZE, SETTINGS, seed=3))) == 0


def test_the_adaptive_weight_is_vqgans() -> None:
    generator = torch.Generator().manual_seed(2)
    image, target = (torch.rand(1, 3, 32, 32, generator=generator) for _ in range(2))
    image.requires_grad_()
    adversarial = Adversarial(factor=0.7)
    objective = Objective({"adversarial": (adversarial, 0.5), "pixel": (Pixel("L1"), 2.0)})
    prepared = objective.prepare(target, GAZE)
    total = prepared.loss(image)
    (gradient,) = torch.autograd.grad(total, image)

    others = 2 * (image - target).abs().mean()
    own = prepared.terms["adversarial"].loss(image)
    (of_others,) = torch.autograd.grad(others, image)
    (of_own,) = torch.autograd.grad(own, image)
    weight = 0.5 * (of_others.norm() / (of_own.norm() + 1e-4)).clamp(0, 1e4)
    torch.testing.assert_close(total, others + weight * own)
    torch.testing.assert_close(gradient, of_others + weight * of_own)
    assert float(adaptive_weight(torch.ones(2), torch.zeros(2))) == 1e4
    with torch.no_grad():
        torch.testing.assert_close(prepared.loss(image), total)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hinge", "vanilla"])
def test_the_discriminator_learns_to_tell_them_apart(kind: str) -> None:
    generator = torch.Generator().manual_seed(3)
    target = torch.rand(1, 1, 32, 32, generator=generator).round()
    image = torch.full_like(target, 0.5)
    prepared = Adversarial(kind="hinge" if kind == "hinge" else "vanilla").prepare(target, GAZE)
    for _ in range(60):
        prepared.advance(image)
    assert float(prepared.loss(image)) > float(prepared.loss(target)) + 0.5


def test_before_its_start_it_neither_counts_nor_learns() -> None:
    target = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(4))
    prepared = Adversarial(start=2).prepare(target, GAZE)
    assert isinstance(prepared, PreparedAdversarial)
    image = torch.zeros_like(target)
    before = {name: value.clone() for name, value in prepared.state_dict()["judge"].items()}
    values = []
    for _ in range(3):
        values.append(float(prepared.loss(image)))
        prepared.advance(image)
    assert values[:2] == [0.0, 0.0]
    assert values[2] != 0
    after = prepared.state_dict()["judge"]
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_evaluation_is_pure() -> None:
    target = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(5))
    prepared = build_objective(
        ObjectiveSettings(adversarial=0.3, pixel=1, metameric=0), LossSettings()
    ).prepare(target, GAZE)
    image = torch.rand_like(target).requires_grad_()
    values = [prepared.loss(image) for _ in range(3)]
    assert float(values[0].detach()) == float(values[1].detach()) == float(values[2].detach())


def test_the_discriminator_goes_on_at_another_gaze() -> None:
    target = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(6))
    first = Objective({"adversarial": (Adversarial(), 1.0)})
    here = first.prepare(target, GAZE)
    here.step(torch.zeros_like(target))
    second = Objective({"adversarial": (Adversarial(), 2.0)})
    there = second.prepare(target, (0.9, 0.9), like=first)
    assert there.state_dict()["learnt"]["adversarial"]["steps"] == 1


def test_too_small_an_image_for_the_discriminator() -> None:
    with pytest.raises(ValueError, match="12 x 40 px is too small for the discriminator"):
        Adversarial().prepare(torch.zeros(1, 1, 40, 12), GAZE)


def test_what_was_learnt_is_kept_while_it_weighs_nothing() -> None:
    target = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(7))
    both = Objective({"pixel": (Pixel(), 1.0), "adversarial": (Adversarial(), 1.0)})
    both.prepare(target, GAZE).step(torch.zeros_like(target))
    one = Objective({"pixel": (Pixel(), 1.0)})
    one.prepare(target, GAZE, like=both)
    again = Objective({"adversarial": (Adversarial(factor=0.5, learning_rate=0.1), 1.0)})
    learnt = again.prepare(target, GAZE, like=one).state_dict()["learnt"]["adversarial"]
    assert learnt["steps"] == 1
    assert learnt["optimizer"]["param_groups"][0]["lr"] == 0.1


def test_alone_the_adversarial_term_is_not_weighed_by_nothing() -> None:
    target = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(8))
    prepared = Objective({"adversarial": (Adversarial(), 1.0)}).prepare(target, GAZE)
    image = torch.zeros_like(target).requires_grad_()
    (gradient,) = torch.autograd.grad(prepared.loss(image), image)
    assert bool(gradient.any())


def test_an_image_that_is_not_finite_teaches_nothing() -> None:
    target = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(9))
    prepared = Adversarial().prepare(target, GAZE)
    prepared.advance(torch.full_like(target, float("nan")))
    judge = prepared.state_dict()["judge"]
    assert all(bool(torch.isfinite(value).all()) for value in judge.values())


@pytest.mark.parametrize("shape", [(1, 3, 32, 32), (2, 3, 48, 64), (1, 1, 48, 64)])
def test_an_image_of_another_shape(shape: tuple[int, ...], pair: tuple[Tensor, Tensor]) -> None:
    prepared = Objective({"pixel": (Pixel(), 1.0)}).prepare(pair[1], GAZE)
    for use in (prepared.loss, prepared.heatmap, prepared.step):
        with pytest.raises(ValueError, match="image must have the target's shape"):
            use(torch.zeros(*shape, dtype=torch.float64))


def test_an_edit_of_the_target_in_place_is_noticed(pair: tuple[Tensor, Tensor]) -> None:
    image, target = pair
    objective = Objective({"metameric": (Metameric(SETTINGS), 1.0)})
    assert float(objective(image, target, GAZE)[0]) > 0
    target.copy_(image)
    assert float(objective(image, target, GAZE)[0]) == 0


def test_a_gaze_that_cannot_be(pair: tuple[Tensor, Tensor]) -> None:
    with pytest.raises(ValueError, match="gaze must be finite"):
        Objective({"pixel": (Pixel(), 1.0)}).prepare(pair[1], (float("nan"), 0.5))


def test_it_can_be_evaluated_in_inference_mode(pair: tuple[Tensor, Tensor]) -> None:
    image, target = (one.float() for one in pair)
    objective = Objective({"pixel": (Pixel(), 1.0), "adversarial": (Adversarial(), 1.0)})
    with torch.inference_mode():
        inside = objective.prepare(target, GAZE)
        inside.step(image)
        value = inside.loss(image)
    outside = objective.prepare(target, GAZE, like=objective)
    torch.testing.assert_close(outside.loss(image), value.clone())
    outside.step(image)


def test_a_metamer_takes_its_steps(pair: tuple[Tensor, Tensor]) -> None:
    target = pair[1].float()
    objective = Objective({"pixel": (Pixel(), Ramp(1.0, 0.0, 0, 5)), "adversarial": (Adversarial(), 1.0)})
    prepared = objective.prepare(target)
    metamer = Metamer(target, torch.nn.Identity().eval(), prepared, penalty_lambda=0)
    metamer.synthesize(4, stop_criterion=0, progress_bar=False)
    assert prepared.steps == 4
    assert prepared.state_dict()["learnt"]["adversarial"]["steps"] == 4
