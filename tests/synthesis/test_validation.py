"""Images, models, losses and penalties that cannot serve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from foveaview import Metamer
from tests.synthesis.models import Gives, pool


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda image: image * float("nan"), ValueError, "model returns NaN"),
        (lambda image: torch.ones(3), ValueError, "model strips gradient"),
        (lambda image: image.detach(), ValueError, "model strips gradient"),
        (lambda image: [image], ValueError, "does not return a torch.Tensor object but a list"),
        (
            lambda image: image.detach().numpy(),
            ValueError,
            "return a torch.Tensor object but a ndarray",
        ),
        (lambda image: image.numpy() if image.requires_grad else image, ValueError, "model fails"),
        (lambda image: image.mean(), ValueError, "single number"),
        (lambda image: image.double(), TypeError, "model changes precision"),
        (lambda image: image.to("meta"), RuntimeError, "model changes device"),
    ],
)
def test_a_model_that_cannot_serve(
    image: Tensor, function: Callable[[Tensor], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as raised:
        Metamer(image, Gives(function).eval())
    assert "\n" not in str(raised.value)


def test_a_model_with_trainable_parameters(image: Tensor) -> None:
    with pytest.raises(ValueError, match=r"learnable parameters: call model\.requires_grad_\(False\)"):
        Metamer(image, nn.Conv2d(3, 2, 3).eval())


def test_a_model_of_another_dtype_or_device(image: Tensor) -> None:
    frozen = nn.Conv2d(3, 2, 3).requires_grad_(False).eval()
    with pytest.raises(TypeError, match=r"model is torch\.float64, the image torch\.float32"):
        Metamer(image, frozen.double())
    elsewhere = Gives(lambda image: image * elsewhere.get_buffer("weights"))
    elsewhere.register_buffer("weights", torch.ones(20, device="meta"))
    with pytest.raises(RuntimeError, match="model is on device meta, the image on cpu"):
        Metamer(image, elsewhere.eval())


def test_a_model_in_training_mode(image: Tensor) -> None:
    with pytest.warns(UserWarning, match="training mode"):
        Metamer(image, nn.AvgPool2d(4))


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (torch.zeros(1, 1, 8, 8, dtype=torch.uint8), TypeError, r"floating point, got torch\.uint8"),
        ("image", TypeError, "must be a tensor, got str"),
        (torch.zeros(1, 1, 0, 8), ValueError, "empty"),
        (torch.full((1, 1, 8, 8), float("nan")), ValueError, "NaN"),
        (
            torch.zeros(1, 1, 8, 8, dtype=torch.complex64),
            TypeError,
            "must be real, got .*: give",
        ),
    ],
)
def test_an_image_that_cannot_serve(bad: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Metamer(bad, pool())


def test_an_image_outside_the_range(image: Tensor) -> None:
    with pytest.warns(UserWarning, match=r"^input_tensor range is \(.*\): .* with image in \[0, 1\]"):
        Metamer(image * 2, pool())


def test_an_image_of_other_dimensions(image: Tensor) -> None:
    with pytest.warns(UserWarning, match="mostly been tested on 4d inputs"):
        Metamer(image[0], pool())


def not_scalar(representation: Tensor, target: Tensor) -> Tensor:
    return (representation - target).square()


@pytest.mark.parametrize("loss", [not_scalar, lambda representation, target: 0.0])
def test_a_loss_that_is_not_scalar(image: Tensor, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    with pytest.raises(ValueError, match="loss_function must return a scalar tensor"):
        Metamer(image, pool(), loss)


@pytest.mark.parametrize(
    ("penalty", "error", "message"),
    [
        (lambda: None, TypeError, "should be callable and accept a tensor"),
        (lambda image: 0.0, ValueError, "does not return a torch.Tensor"),
        (lambda image: image.square(), ValueError, "return a scalar"),
        (lambda image: torch.ones(()), ValueError, "strips gradient"),
        (lambda image: image.sum() * nn.Parameter(torch.ones(())), ValueError, "adds gradient"),
        (lambda image: image.double().sum(), TypeError, "should not change precision of the input"),
        (lambda image: image.sum().to("meta"), RuntimeError, "changes device"),
    ],
)
def test_a_penalty_that_cannot_serve(
    image: Tensor, penalty: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Metamer(image, pool(), penalty_function=penalty)


@pytest.mark.parametrize("weight", [-0.1, float("nan")])
def test_a_negative_weight(image: Tensor, weight: float) -> None:
    with pytest.raises(ValueError, match="penalty_lambda must be non-negative"):
        Metamer(image, pool(), penalty_lambda=weight)


def test_an_unknown_preset(image: Tensor) -> None:
    with pytest.raises(ValueError, match="choose one of adam, lbfgs"):
        Metamer(image, pool()).setup(optimizer="sgd")
