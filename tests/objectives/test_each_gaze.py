"""Batches whose samples have a gaze each, and targets that are differentiated."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from foveaview import LossSettings
from foveaview.objectives.adversarial import Adversarial
from foveaview.objectives.metameric import Metameric, PooledBlur, Ventral
from foveaview.objectives.objective import Objective
from foveaview.objectives.perceptual import FeatureDistance
from foveaview.objectives.pixel import Pixel, Range
from foveaview.objectives.term import Term
from foveaview.objectives.wasserstein import Wasserstein

# torch's own first use of forward-mode differentiation
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

SETTINGS = LossSettings(n_pyramid_levels=3, real_image_width=1.0)
GAZES = [(0.1, 0.2), (0.8, 0.6)]
TERMS: list[Term] = [
    Metameric(SETTINGS),
    Pixel("L2", "fovea", SETTINGS),
    Pixel("L1"),
    PooledBlur(True, SETTINGS),
    Wasserstein(SETTINGS),
    Adversarial(settings=SETTINGS, adaptive=False),
]


def pair(samples: int = 2, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    image, target = (torch.rand(samples, 3, 32, 40, generator=generator, dtype=dtype) for _ in range(2))
    return image, target


@pytest.mark.parametrize("term", TERMS, ids=lambda term: type(term).__name__)
def test_term_with_a_gaze_each_is_the_mean_over_samples(term: Term) -> None:
    image, target = pair()
    objective = Objective({"term": (term, 1.0)})
    image.requires_grad_()
    total, _ = objective(image, target, torch.tensor(GAZES, dtype=torch.float64))
    (gradient,) = torch.autograd.grad(total, image)
    alone = [objective(image[i : i + 1], target[i : i + 1], gaze)[0] for i, gaze in enumerate(GAZES)]
    expected = torch.stack(alone).mean()
    torch.testing.assert_close(total, expected)
    torch.testing.assert_close(gradient, torch.autograd.grad(expected, image)[0])


def test_heatmaps_with_a_gaze_each_are_those_of_the_samples() -> None:
    image, target = pair()
    objective = Objective({"term": (PooledBlur(False, SETTINGS), 1.0)})
    maps = objective.prepare(target, torch.tensor(GAZES)).heatmap(image)
    alone = objective.prepare(target[1:], GAZES[1]).heatmap(image[1:])
    assert maps is not None
    assert alone is not None
    torch.testing.assert_close(maps[1:], alone)


def test_range_with_a_gaze_each_stays_a_sum() -> None:
    image = torch.full((2, 1, 16, 16), 1.5)
    total, _ = Objective({"range": (Range(), 1.0)})(image, image, torch.tensor(GAZES))
    assert float(total) == 2 * 256 * 0.25


def test_ventral_with_a_gaze_each_draws_noise_for_each() -> None:
    image, target = pair()
    same = target[:1].repeat(2, 1, 1, 1)
    term = Ventral(SETTINGS).prepare_each(same, GAZES)
    assert not torch.equal(term.target[0], term.target[1])
    torch.testing.assert_close(term.target[:1], Ventral(SETTINGS).prepare(same[:1], GAZES[0]).target)
    assert term.loss(image).isfinite()


def test_features_ignore_the_gazes() -> None:
    image, target = pair(dtype=torch.float32)
    objective = Objective({"term": (FeatureDistance(), 1.0)})
    assert objective(image, target, torch.tensor(GAZES))[0] == objective(image, target, (0.5, 0.5))[0]


@dataclass(frozen=True)
class Distance:
    """A user's term, which knows nothing of batches with a gaze each."""

    def prepare(self, target: Tensor, gaze: tuple[float, float]) -> Distance:
        assert len(target) == 1
        assert len(gaze) == 2
        return self

    def loss(self, image: Tensor) -> Tensor:
        return image.mean()

    def heatmap(self, _image: Tensor) -> None:
        return None


def test_term_of_a_user_is_prepared_for_each_sample() -> None:
    image, target = pair()
    objective = Objective({"term": (Distance(), 1.0)})
    prepared = objective.prepare(target, torch.tensor(GAZES))
    torch.testing.assert_close(prepared.loss(image), image.mean())
    assert prepared.heatmap(image) is None


@pytest.mark.parametrize("gazes", [torch.tensor([[0.1, 0.2]] * 3), (0.5,), "here"], ids=str)
def test_gazes_that_do_not_fit_are_refused(gazes: Tensor) -> None:
    image, target = pair()
    with pytest.raises(ValueError, match="gaze must be"):
        Objective({"pixel": (Pixel(), 1.0)})(image, target, gazes)


DIFFERENTIATED: list[Term] = [
    *TERMS[:5],
    Pixel("L2"),
    PooledBlur(False, SETTINGS),
    Ventral(SETTINGS),
    FeatureDistance(),
]


@pytest.mark.slow
@pytest.mark.parametrize("gaze", [GAZES[0], torch.tensor(GAZES)], ids=["one gaze", "a gaze each"])
@pytest.mark.parametrize("term", DIFFERENTIATED, ids=lambda term: type(term).__name__)
def test_objective_is_differentiated_by_image_and_target(term: Term, gaze: Tensor) -> None:
    inputs = tuple(tensor.requires_grad_() for tensor in pair())
    objective = Objective({"term": (term, 0.5)})

    def total(image: Tensor, target: Tensor) -> Tensor:
        return objective(image, target, gaze)[0]

    assert torch.autograd.gradcheck(total, inputs, fast_mode=True, atol=1e-4)
    total(*inputs).backward()
    total(*inputs).backward()  # what was differentiated is not used again
    assert all(tensor.grad is not None and bool(tensor.grad.any()) for tensor in inputs)


def test_objective_kept_without_a_gradient_is_not_served_with_one() -> None:
    image, target = pair()
    objective = Objective({"metameric": (Metameric(SETTINGS), 1.0), "pixel": (Pixel(), 1.0)})
    target.requires_grad_()
    with torch.no_grad():
        objective(image, target, GAZES[0])
    objective(image, target, GAZES[0])[0].backward()
    assert target.grad is not None


@pytest.mark.slow
@pytest.mark.parametrize("term", DIFFERENTIATED, ids=lambda term: type(term).__name__)
def test_gradient_of_the_objectives_gradient_is_right(term: Term) -> None:
    image, target = pair(samples=1)
    objective = Objective({"term": (term, 0.5), "pixel": (Pixel(), 0.1)})
    image.requires_grad_()
    assert torch.autograd.gradgradcheck(
        lambda x: objective(x, target, GAZES[0])[0], image, fast_mode=True, atol=1e-4
    )


def test_adaptive_weight_is_a_constant_of_every_gradient() -> None:
    image, target = pair(samples=1)
    terms: dict[str, tuple[Term, float]] = {"pixel": (Pixel(), 1.0), "judge": (Adversarial(), 0.5)}
    objective = Objective(terms)
    leaf = image.clone().requires_grad_()
    total, values = objective(leaf, target, GAZES[0])
    (first,) = torch.autograd.grad(total, leaf, retain_graph=True)
    (again,) = torch.autograd.grad(total, leaf, create_graph=True)
    torch.testing.assert_close(again.detach(), first)
    weight = (total.detach() - values["pixel"]) / values["judge"]

    def plain(x: Tensor) -> Tensor:
        prepared = objective.prepare(target, GAZES[0], like=objective).terms
        return prepared["pixel"].loss(x) + weight * prepared["judge"].loss(x)

    expected = torch.autograd.functional.hvp(plain, image, torch.ones_like(image))[1]
    (found,) = torch.autograd.grad(again.sum(), leaf)
    torch.testing.assert_close(found, expected)


@pytest.mark.slow
def test_func_transforms_agree_with_autograd() -> None:
    image, target = pair(samples=1)
    terms: dict[str, tuple[Term, float]] = {type(term).__name__: (term, 0.5) for term in DIFFERENTIATED}
    terms["judge"] = (Adversarial(), 0.1)
    objective = Objective(terms)
    along = torch.randn(image.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def total(x: Tensor) -> Tensor:
        return objective(x, target, GAZES[0])[0]

    inside = torch.func.grad(total)(image)  # the first call: what it makes must serve later
    leaf = image.clone().requires_grad_()
    (expected,) = torch.autograd.grad(total(leaf), leaf)
    torch.testing.assert_close(inside, expected)
    _, slope = torch.func.jvp(total, (image,), (along,))[:2]
    torch.testing.assert_close(slope, (expected * along).sum())


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_image_in_half_precision_is_compared_in_single(half: torch.dtype) -> None:
    image, target = pair(dtype=torch.float32)
    terms: dict[str, tuple[Term, float]] = {type(term).__name__: (term, 0.5) for term in TERMS[:5]}
    terms["judge"] = (Adversarial(adaptive=False), 0.5)
    with torch.autocast("cpu", torch.bfloat16):
        total, _ = Objective(terms)(image.to(half).requires_grad_(), target, GAZES[0])
        total.backward()
    expected, _ = Objective(terms)(image.to(half).float(), target, GAZES[0])
    assert total.dtype == torch.float32
    assert float(total.detach()) == pytest.approx(float(expected), rel=1e-5)
