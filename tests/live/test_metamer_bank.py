"""The bank of metamers on a grid of gazes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from foveaview.live import Picture
from foveaview.live.metamer_bank import BankEntry, MetamerBank, grid_of

GAZES = st.tuples(st.floats(0, 1), st.floats(0, 1))


def picture() -> BankEntry:
    return BankEntry(Picture(np.zeros((4, 4, 3), np.uint8), None, banked=True), torch.zeros(1, 1, 4, 4))


def full_bank() -> MetamerBank:
    bank = MetamerBank((48, 64), 8, 1e9)
    for gaze in bank.gazes:
        bank.put(gaze, picture())
    return bank


@given(st.integers(16, 4000), st.integers(16, 4000), st.integers(2, 40), st.floats(1e5, 1e10))
def test_the_pictures_fit_the_budget_unless_four_do_not(
    height: int, width: int, points: int, budget: float
) -> None:
    rows, columns = grid_of((height, width), points, budget)
    assert rows >= 2
    assert columns >= 2
    assert max(rows, columns) <= max(points, 2)
    if min(rows, columns) > 2:
        assert rows * columns * 3 * height * width <= budget


@given(GAZES)
def test_what_is_wanted_next_is_the_nearest_that_is_missing(gaze: tuple[float, float]) -> None:
    bank = MetamerBank((48, 64), 6, 1e9)
    order = []
    while (wanted := bank.wanted(gaze)) is not None:
        order.append(wanted)
        bank.put(wanted, picture())
    distances = [((x - gaze[0]) * 64) ** 2 + ((y - gaze[1]) * 48) ** 2 for x, y in order]
    assert bank.whole
    assert np.diff(distances).min() > -1e-9


@given(GAZES)
def test_a_full_bank_has_a_picture_for_every_gaze(gaze: tuple[float, float]) -> None:
    assert full_bank().nearest(gaze) is not None


def test_a_gaze_whose_neighbourhood_is_not_made_has_none() -> None:
    bank = MetamerBank((48, 64), 8, 1e9)
    bank.put(bank.gazes[0], picture())
    assert bank.nearest(bank.gazes[0]) is not None
    assert bank.nearest((0.9, 0.9)) is None


def test_between_two_gazes_the_last_stays() -> None:
    bank = full_bank()
    one, other = bank.gazes[0], bank.gazes[1]
    middle = (one[0] + other[0]) / 2
    shown = bank.nearest(one)
    assert bank.nearest((middle + 0.002, one[1])) is shown
    assert bank.nearest((middle + 0.03, one[1])) is not shown
    assert bank.nearest((middle - 0.002, one[1])) is not shown


def test_a_gaze_that_is_not_of_the_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="none of the"):
        full_bank().put((0.123, 0.5), picture())
