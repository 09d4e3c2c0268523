"""The metameric loss as users of odak make, call and change it; and one value for each image."""

from __future__ import annotations

import copy
import inspect
from typing import Any, assert_type

import pytest
import torch
from torch import Tensor

from foveaview import FovealStatistics, LossSettings, MetamericLoss

CPU = torch.device("cpu")
CHANGES: dict[str, Any] = {
    "alpha": 0.6,
    "real_image_width": 0.5,
    "real_viewing_distance": 0.3,
    "n_pyramid_levels": 2,
    "mode": "linear",
    "n_orientations": 4,
    "use_l2_foveal_loss": False,
    "fovea_weight": 3.0,
    "use_radial_weight": True,
    "filter_type": "full",
}


@pytest.fixture
def loss() -> MetamericLoss:
    return MetamericLoss(n_pyramid_levels=3)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_setting_set_later_counts(loss: MetamericLoss, photograph: Tensor, noise: Tensor, name: str) -> None:
    before = loss(noise, photograph, (0.3, 0.4))
    setattr(loss, name, CHANGES[name])
    fresh = MetamericLoss(**{"n_pyramid_levels": 3, name: CHANGES[name]})
    assert getattr(loss, name) == getattr(loss.settings, name) == CHANGES[name]
    assert loss(noise, photograph, (0.3, 0.4)) == fresh(noise, photograph, (0.3, 0.4)) != before


def test_settings_set_at_once_count(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    loss.settings = LossSettings(n_pyramid_levels=3, use_l2_foveal_loss=False, use_fullres_l0=True)
    fresh = MetamericLoss.from_settings(loss.settings)
    assert loss(noise, photograph) == fresh(noise, photograph)
    assert "use_fullres_l0=True" in repr(loss)


def test_settings_of_a_copy_are_its_own(loss: MetamericLoss) -> None:
    other = copy.deepcopy(loss)
    other.alpha = 0.9
    assert (loss.alpha, other.alpha, MetamericLoss.alpha) == (0.2, 0.9, 0.2)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("alpha", -1, "alpha: input should be greater than 0, got -1"),
        ("mode", "cubic", "mode"),
        ("use_fullres_l0", True, "set use_l2_foveal_loss=False"),
    ],
)
def test_setting_that_cannot_be_changes_nothing(
    loss: MetamericLoss, name: str, value: object, message: str
) -> None:
    before = loss.settings
    with pytest.raises(ValueError, match=message):
        setattr(loss, name, value)
    assert loss.settings == before


def test_what_was_prepared_keeps_its_settings(loss: MetamericLoss, photograph: Tensor, noise: Tensor) -> None:
    prepared = loss.prepare(photograph)
    before = prepared.loss(noise)
    loss.alpha = 0.9
    assert prepared.loss(noise) == before != loss(noise, photograph)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), {"device": CPU, "alpha": 0.3}),
        ((), {"device": "cpu", "alpha": 0.3, "equi": False}),
        ((CPU,), {"alpha": 0.3}),
        (("cuda:0", 0.3), {}),
        ((CPU, 0.3, 0.2, 0.7, 5, "quadratic", 2, True, 20.0, False, False, False), {}),
        ((0.3,), {}),
    ],
)
def test_device_is_accepted_where_odak_has_it(arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    assert MetamericLoss(*arguments, **named).settings == LossSettings(alpha=0.3)


def test_to_a_device_returns_the_loss(photograph: Tensor) -> None:
    loss = MetamericLoss(CPU, n_pyramid_levels=3).to(CPU)
    assert float(loss(photograph, photograph)) == 0


@pytest.mark.parametrize(
    ("arguments", "named", "message"),
    [
        ((), {"equi": True}, "equi=True is not supported.*render the view"),
        ((CPU, 0.3, 0.2, 0.7, 5, "quadratic", 2, True, 20.0, False, False, True), {}, "equi=True"),
        (("linear",), {}, "device must be one that torch knows.*'linear'"),
        ((), {"device": 3.5}, r"device must be .* got 3\.5"),
        ((), {"reduction": "sum"}, "reduction must be one of mean, none, got 'sum'"),
    ],
)
def test_argument_that_cannot_be_is_refused_with_the_remedy(
    arguments: tuple[Any, ...], named: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as error:
        MetamericLoss(*arguments, **named)
    assert "\n" not in str(error.value)


def test_unknown_argument_is_named() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'loss_type'"):
        MetamericLoss(loss_type="L1")  # type: ignore[call-overload]


def test_signature_names_every_setting() -> None:
    names = list(inspect.signature(MetamericLoss).parameters)
    assert names == [*LossSettings.model_fields, "device", "equi", "reduction"]


def test_loss_map_is_the_heatmap_by_odaks_name(
    loss: MetamericLoss, photograph: Tensor, noise: Tensor
) -> None:
    assert loss.loss_map is None
    loss(noise, photograph, visualise_loss=True)
    assert loss.loss_map is not None
    assert loss.loss_map.shape == (1, 48, 64)
    assert torch.isclose(loss.loss_map.mean(), loss(noise, photograph))


def test_call_is_a_tensor_to_a_type_checker(loss: MetamericLoss, photograph: Tensor) -> None:
    assert_type(loss(photograph, photograph), Tensor)
    assert_type(FovealStatistics(loss.settings, (0.5, 0.5), (48, 64))(photograph), Tensor)
    assert_type(loss.alpha, float)
    assert_type(loss.n_pyramid_levels, int)


# one value for each image

GAZES: list[Any] = [(0.3, 0.4), [(0.3, 0.4), (0.8, 0.2), (0.5, 0.5)]]


@pytest.fixture
def batch(photograph: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    image = torch.cat([noise, photograph.flip(-1), photograph])
    return image, photograph.expand(3, -1, -1, -1).clone()


@pytest.mark.parametrize("gaze", GAZES)
def test_reduction_none_gives_the_loss_of_each_image(batch: tuple[Tensor, Tensor], gaze: Any) -> None:
    image, target = batch
    each = MetamericLoss(n_pyramid_levels=3, reduction="none")
    mean = MetamericLoss(n_pyramid_levels=3)
    values = each(image, target, gaze)
    assert values.shape == (3,)
    gazes = [gaze] * 3 if isinstance(gaze, tuple) else gaze
    alone = [mean(image[[i]], target[[i]], own) for i, own in enumerate(gazes)]
    assert torch.allclose(values, torch.stack(alone), rtol=1e-5)
    assert torch.allclose(values.mean(), mean(image, target, gaze), rtol=1e-5)
    assert values[2] == 0
    assert "reduction='none'" in repr(each)


@pytest.mark.slow
@pytest.mark.parametrize("gaze", GAZES)
def test_reduction_none_has_the_gradient_of_each_image(batch: tuple[Tensor, Tensor], gaze: Any) -> None:
    image, target = (one.double() for one in batch)
    each = MetamericLoss(n_pyramid_levels=3, reduction="none")
    mean = MetamericLoss(n_pyramid_levels=3)
    weights = torch.tensor([1.0, 2.0, 0.0], dtype=torch.float64)
    image.requires_grad_()
    target.requires_grad_()
    weighted = (weights * each(image, target, gaze)).sum()
    own = torch.autograd.grad(weighted, (image, target))
    expected = torch.autograd.grad(mean(image, target, gaze), (image, target))
    for one, other in zip(own, expected, strict=True):
        assert torch.allclose(one, other * 3 * weights[:, None, None, None], rtol=1e-6, atol=1e-12)


def test_reduction_none_keeps_the_dtype(batch: tuple[Tensor, Tensor]) -> None:
    image, target = (one.bfloat16() for one in batch)
    assert MetamericLoss(n_pyramid_levels=3, reduction="none")(image, target).dtype == torch.bfloat16


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_reduction_survives_a_copy(reduction: Any) -> None:
    assert copy.deepcopy(MetamericLoss(reduction=reduction)).reduction == reduction
