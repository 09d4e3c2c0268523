"""The scanpath as it is drawn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from foveaview.app.recordings.scanpath_item import NO_PATH, ScanpathItem, decimated
from foveaview.gaze import Recording
from foveaview.gaze.fixation_list import FixationList

SIZE = (100, 200)


@given(st.integers(0, 3000), st.integers(0, 9), st.floats(1, 500), st.integers(1, 400))
def test_no_more_points_are_left_than_wanted_and_in_their_order(
    n: int, seed: int, spread: float, most: int
) -> None:
    random = np.random.default_rng(seed)
    columns, rows = random.normal(0, spread, n), random.normal(0, spread, n)
    columns[random.random(n) < 0.1] = np.nan
    kept = decimated(columns, rows, most)
    assert len(kept) <= most
    assert (np.diff(kept) > 0).all()
    assert n == 0 or kept[0] == 0


def test_what_stays_in_a_pixel_is_one_point_and_a_break_stays_a_break() -> None:
    columns = np.array([0.1, 0.9, 4.0, np.nan, np.nan, 4.1, 4.2])
    assert decimated(columns, np.zeros(7)).tolist() == [0, 2, 3, 5]


class Shown:
    def __init__(self, qtbot: QtBot) -> None:
        self.view = pg.GraphicsView()
        self.view.setBackground("#777777")
        qtbot.addWidget(self.view)
        self.item = ScanpathItem()
        self.item.set_size(SIZE)
        self.view.addItem(self.item)
        self.item.show()
        self.view.resize(SIZE[1] + 20, SIZE[0] + 20)
        self.view.show()

    def pixels(self) -> npt.NDArray[np.uint8]:
        image = self.view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        shape = (image.height(), image.bytesPerLine() // 4, 4)
        found: npt.NDArray[np.uint8] = np.array(image.constBits()).reshape(shape)[..., :3]
        return found

    def drawn(self) -> npt.NDArray[np.bool_]:
        """Columns in which something is drawn."""
        found: npt.NDArray[np.bool_] = (self.pixels() != 0x77).any(axis=(0, 2))
        return found


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot)


def crossing() -> Recording:
    """From left to right in ten seconds."""
    t = np.arange(1001) / 100
    return Recording("eye", t, t / 10, np.full(1001, 0.5))


def test_only_the_last_seconds_are_drawn(shown: Shown) -> None:
    shown.item.set_path(crossing(), FixationList.none())
    shown.item.set_stretch(4.0, 6.0)
    columns = np.flatnonzero(shown.drawn())
    assert columns.min() == pytest.approx(0.4 * SIZE[1], abs=12)
    assert columns.max() == pytest.approx(0.6 * SIZE[1], abs=12)


def test_the_older_the_fainter(shown: Shown) -> None:
    shown.item.set_path(crossing(), FixationList.none())
    shown.item.set_stretch(0.0, 9.9)
    brightest = shown.pixels().max(axis=(0, 2)).astype(int)
    columns = np.flatnonzero(shown.drawn())
    old, new = columns[len(columns) // 10], columns[-len(columns) // 10]
    assert brightest[old] < brightest[new] - 40


def test_all_of_it_is_drawn_at_once_again(shown: Shown) -> None:
    shown.item.set_path(crossing(), FixationList.none())
    shown.item.set_stretch(0.0, 10.0)
    first = shown.pixels()
    assert np.array_equal(shown.pixels(), first)
    shown.item.set_path(NO_PATH, FixationList.none())
    assert not shown.drawn().any()


def test_a_blink_is_a_gap_in_the_line(shown: Shown) -> None:
    path = crossing()
    path.x[400:600] = np.nan
    shown.item.set_path(path, FixationList.none())
    shown.item.set_stretch(0.0, 10.0)
    inside = shown.drawn()[round(0.46 * SIZE[1]) : round(0.54 * SIZE[1])]
    assert not inside.any()


def rests(count: int) -> FixationList:
    start = np.arange(count, dtype=float)
    places = np.linspace(0.1, 0.9, count)
    return FixationList(start, start + 0.5, places, np.full(count, 0.5))


def test_fixations_of_the_stretch_are_numbered(shown: Shown) -> None:
    shown.item.set_path(crossing(), rests(10))
    shown.item.set_stretch(2.7, 5.2)
    assert list(shown.item.numbers()) == [4, 5, 6]
    assert shown.drawn().any()


def test_of_very_many_fixations_the_last_are_drawn(shown: Shown) -> None:
    shown.item.set_path(crossing(), rests(500))
    shown.item.set_stretch(0.0, 1000.0)
    assert shown.item.numbers() == range(301, 501)
    shown.pixels()


def test_gaze_far_outside_does_no_harm(shown: Shown) -> None:
    path = crossing()
    path.x[500:] = 1e12
    shown.item.set_path(path, FixationList.none())
    shown.item.set_stretch(0.0, 10.0)
    assert shown.drawn().any()


WHITE = 250


def at(x: float, y: float) -> FixationList:
    """The tenth fixation, in a corner or beyond."""
    return FixationList(np.array([0.0]), np.array([1.0]), np.array([x]), np.array([y]), before=9)


@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize(("x", "y"), [(-0.05, 0.5), (1.1, 0.5), (0.5, -0.1), (0.5, 1.2), (1.1, 1.2)])
def test_numbers_are_whole_at_the_edges(shown: Shown, x: float, y: float, goes_on: bool) -> None:
    def whites(rests: FixationList) -> int:
        shown.item.set_path(NO_PATH, rests, goes_on)
        shown.item.set_stretch(0.0, 1.0)
        return int((shown.pixels() > WHITE).all(axis=2).sum())

    inside = whites(at(0.4, 0.4))
    assert inside > 10
    assert whites(at(x, y)) == pytest.approx(inside, rel=0.35)


def test_a_fixation_out_of_sight_has_no_number(shown: Shown) -> None:
    shown.item.set_path(NO_PATH, at(2.0, 0.5))
    shown.item.set_stretch(0.0, 1.0)
    assert not shown.drawn().any()


def test_numbers_count_on_from_those_that_are_gone(shown: Shown) -> None:
    shown.item.set_path(NO_PATH, at(0.5, 0.5))
    shown.item.set_stretch(0.0, 1.0)
    assert list(shown.item.numbers()) == [10]


def test_the_line_of_a_gaze_that_goes_on_fades_although_all_of_it_is_shown(shown: Shown) -> None:
    shown.item.set_path(crossing(), FixationList.none(), goes_on=True)
    shown.item.set_stretch(0.0, 10.0)
    brightest = shown.pixels().max(axis=(0, 2)).astype(int)
    columns = np.flatnonzero(shown.drawn())
    assert brightest[columns[len(columns) // 10]] < brightest[columns[-len(columns) // 10]] - 40
