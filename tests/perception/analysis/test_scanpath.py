"""The loss at thousands of gazes against the loss at one."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from foveaview import LossSettings, MetamericLoss
from foveaview.perception.analysis.scanpath import FEW, LARGEST_ERROR, ScanpathLoss
from foveaview.perception.interruption import Interrupted, interruptible
from foveaview.perception.pooling.threading import in_threads
from tests.perception.test_properties import cases

SETTINGS = LossSettings(n_pyramid_levels=3)


def pictures(
    size: tuple[int, int] = (32, 40), channels: int = 3, dtype: torch.dtype = torch.float32, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    target = torch.rand(1, channels, *size, generator=generator).to(dtype)
    return (target.roll(2, -1) * 0.7 + 0.1), target


def scattered(count: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("count", [1, 500])
def test_a_constant_scanpath_gives_exactly_the_loss(dtype: torch.dtype, count: int) -> None:
    image, target = pictures(dtype=dtype)
    gazes = torch.tensor([[0.3, 0.7]], dtype=torch.float64).expand(count, 2)
    values = ScanpathLoss(image, target, SETTINGS)(gazes)
    assert values.dtype == dtype
    assert set(values.tolist()) == {float(MetamericLoss(n_pyramid_levels=3)(image, target, (0.3, 0.7)))}


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(
    case=cases(),
    channels=st.sampled_from([1, 3]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    seed=st.integers(0, 99),
)
def test_many_gazes_give_the_loss_of_each(
    case: tuple[tuple[int, int], tuple[float, float], dict[str, Any]],
    channels: int,
    dtype: torch.dtype,
    seed: int,
) -> None:
    size, gaze, options = case
    image, target = pictures(size, channels, dtype, seed)
    gazes = torch.cat([torch.tensor([gaze], dtype=torch.float64), scattered(FEW + 5, seed) * 1.4 - 0.2])
    values = ScanpathLoss(image, target, LossSettings(**options))(gazes)
    loss = MetamericLoss(**options)
    for index in (0, 1, FEW // 2):
        exact = float(loss(image, target, gazes[index]))
        assert float(values[index]) == pytest.approx(exact, rel=2 * LARGEST_ERROR, abs=1e-12)


@pytest.mark.slow
def test_it_says_how_exact_the_table_is() -> None:
    losses = ScanpathLoss(*pictures((64, 64)), SETTINGS)
    of_many, of_few = losses.measure(scattered(200)), losses.measure(scattered(FEW))
    assert of_many.tabulated
    assert 0 < of_many.largest_error <= LARGEST_ERROR
    assert (of_few.tabulated, of_few.largest_error) == (False, 0.0)


@pytest.mark.slow
def test_regions_wider_than_the_picture_come_from_the_table_too() -> None:
    wide = SETTINGS.replace(mode="linear", alpha=1.0, real_image_width=5.0)
    measured = ScanpathLoss(*pictures(), wide).measure(scattered(100) * 1.4 - 0.2)
    assert measured.tabulated


@pytest.mark.slow
def test_the_same_gazes_again_give_the_same() -> None:
    losses, gazes = ScanpathLoss(*pictures(), SETTINGS), scattered(150)
    values = losses(torch.cat([gazes, gazes.flip(0)]))
    assert torch.equal(values[:150], values[150:].flip(0))


@pytest.mark.slow
def test_a_gaze_far_outside_the_picture() -> None:
    image, target = pictures()
    gazes = torch.cat([scattered(100), torch.tensor([[1e6, -3.0]], dtype=torch.float64)])
    value = ScanpathLoss(image, target, SETTINGS)(gazes)[-1]
    exact = MetamericLoss.from_settings(SETTINGS)(image, target, (1e6, -3.0))
    assert float(value) == pytest.approx(float(exact), rel=LARGEST_ERROR)


@pytest.mark.slow
def test_equal_pictures_have_no_loss_anywhere() -> None:
    image, _ = pictures()
    assert not ScanpathLoss(image, image.clone(), SETTINGS)(scattered(100)).any()


def test_no_gaze_gives_no_loss() -> None:
    assert ScanpathLoss(*pictures(), SETTINGS)(torch.empty(0, 2)).shape == (0,)


def test_progress_is_told_up_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    ScanpathLoss(*pictures(), SETTINGS).measure(scattered(90), lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (90, 90)


@pytest.mark.parametrize(
    ("gazes", "words"),
    [(torch.zeros(3), "shape"), (torch.tensor([[0.5, 0.5], [0.1, float("nan")]]), "at position 1")],
)
def test_what_is_no_gaze_is_refused(gazes: torch.Tensor, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ScanpathLoss(*pictures(), SETTINGS)(gazes)


def test_two_images_are_refused() -> None:
    image, target = (one.expand(2, -1, -1, -1) for one in pictures())
    with pytest.raises(ValueError, match="one image and one target, got 2"):
        ScanpathLoss(image, target, SETTINGS)


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 3, 300])
def test_it_can_be_given_up(after: int) -> None:
    asked = iter(range(10**9))
    losses = ScanpathLoss(*pictures(), SETTINGS)
    with interruptible(lambda: next(asked) >= after), pytest.raises(Interrupted):
        losses(scattered(400))
    assert len(losses(scattered(100))) == 100


def test_an_error_in_a_thread_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_threads(lambda x: 1 // x, [2, 1, 0, 1], count=2))


def test_threads_leave_torchs_number_of_them_alone() -> None:
    before = torch.get_num_threads()
    inside = set(in_threads(lambda _: torch.get_num_threads(), range(20), count=2))
    assert (torch.get_num_threads(), inside) == (before, {1})
