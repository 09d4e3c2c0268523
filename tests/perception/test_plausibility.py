"""Valid input that is likely a mistake: one warning, with the remedy, at the user's line."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from foveaview import FovealStatistics, LossSettings, MetamericLoss, Objective, ventral_metamer
from foveaview.objectives import Metameric

SETTINGS = LossSettings(n_pyramid_levels=3)
PIXELS = (32.0, 20.0)


def with_loss(image: Tensor, target: Tensor, gaze: tuple[float, float]) -> None:
    MetamericLoss.from_settings(SETTINGS)(image, target, gaze)


def with_objective(image: Tensor, target: Tensor, gaze: tuple[float, float]) -> None:
    Objective({"metameric": (Metameric(SETTINGS), 1.0)})(image, target, gaze)


def with_ventral_metamer(image: Tensor, _target: Tensor, gaze: tuple[float, float]) -> None:
    ventral_metamer(image, gaze, SETTINGS)


def with_statistics(image: Tensor, _target: Tensor, gaze: tuple[float, float]) -> None:
    FovealStatistics(SETTINGS, gaze, (image.shape[-2], image.shape[-1]))(image)


Use = Callable[[Tensor, Tensor, tuple[float, float]], None]
USES: list[Use] = [with_loss, with_objective, with_ventral_metamer, with_statistics]


@pytest.mark.parametrize("use", USES)
def test_gaze_in_pixels_warns_once_with_the_remedy(use: Use, photograph: Tensor, noise: Tensor) -> None:
    with pytest.warns(UserWarning, match=r"gaze \(32, 20\) lies far .* divide pixels by .* width and height"):
        use(noise, photograph, PIXELS)
    use(noise, photograph, PIXELS)  # a second warning would be an error


@pytest.mark.parametrize("gaze", [(-1.5, 3.0), (4.0, 4.0), (-30.0, 20.0), (0.5, 40.0), (1e6, 1e6)])
def test_gaze_off_the_image_is_no_mistake(
    photograph: Tensor, noise: Tensor, gaze: tuple[float, float]
) -> None:
    with_loss(noise, photograph, gaze)


@pytest.mark.parametrize(
    ("changed", "remedy"),
    [
        (lambda image: 2 * image - 1, r"values from -.* if black is -1, use \(target \+ 1\) / 2"),
        (lambda image: 255 * image, r"values from .* to 2\d\d.*: if white is 255, use target / 255"),
    ],
)
def test_image_of_another_range_warns_once_with_the_remedy(
    changed: Callable[[Tensor], Tensor], remedy: str, photograph: Tensor, noise: Tensor
) -> None:
    image = noise.requires_grad_()  # an image that is optimised may be anything
    with pytest.warns(UserWarning, match=remedy):
        with_loss(image, changed(photograph), (0.5, 0.5))
    with_loss(image, changed(photograph), (0.5, 0.5))


def test_image_being_optimised_may_have_any_range(photograph: Tensor, noise: Tensor) -> None:
    with_loss((4 * noise - 2).requires_grad_(), photograph, (0.5, 0.5))


def test_image_that_overshoots_the_range_is_no_mistake(photograph: Tensor, noise: Tensor) -> None:
    with_loss(1.3 * noise - 0.15, photograph * 1.5, (0.5, 0.5))


def test_warning_is_at_the_users_line(photograph: Tensor, noise: Tensor) -> None:
    with warnings.catch_warnings(record=True) as noticed:
        warnings.simplefilter("always")
        with_loss(noise, photograph, PIXELS)
    assert [warning.filename for warning in noticed] == [__file__]


@pytest.mark.parametrize("gaze", ["centre", "12", None, 0.5, [], [0.5], {"x": 0.5, "y": 0.5, "z": 1}])
def test_what_is_no_gaze_is_refused_in_plain_words(gaze: object, photograph: Tensor, noise: Tensor) -> None:
    wrong: tuple[float, float] = gaze  # type: ignore[assignment]
    with pytest.raises(ValueError, match=r"two numbers \(x, y\), such as \(0\.5, 0\.5\) for the centre, got"):
        with_loss(noise, photograph, wrong)


def test_gaze_of_two_tensors_is_one_gaze(photograph: Tensor, noise: Tensor) -> None:
    loss = MetamericLoss.from_settings(SETTINGS)
    pair: list[Tensor] = [torch.tensor(0.3), torch.tensor(0.4)]
    own = loss(noise, photograph, pair)  # type: ignore[arg-type]
    assert own == loss(noise, photograph, (torch.tensor(0.3).item(), torch.tensor(0.4).item()))
