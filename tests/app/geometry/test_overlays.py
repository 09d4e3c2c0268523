"""Rings and outlines over a picture, as they are painted."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from foveaview import LossSettings
from foveaview.app.geometry.overlays import RINGS_DEG, RegionItem, RingsItem
from foveaview.perception import geometry_at, pooling_region

SIZE, GAZE = (300, 400), (0.5, 0.5)
SETTINGS = LossSettings(real_image_width=0.4, real_viewing_distance=0.5)


class Shown:
    """A view with rings and an outline."""

    def __init__(self, qtbot: QtBot) -> None:
        self.view = pg.GraphicsView()
        self.view.setBackground((119, 119, 119))
        self.box = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False)
        self.view.setCentralItem(self.box)
        self.rings, self.region = RingsItem(), RegionItem()
        self.box.addItem(self.rings, ignoreBounds=True)
        self.box.addItem(self.region, ignoreBounds=True)
        self.view.resize(800, 600)
        qtbot.addWidget(self.view)
        self.view.show()
        self.look(QRectF(0, 0, 400, 300))

    def look(self, part: QRectF) -> None:
        self.box.setRange(part, padding=0)

    def pixels(self) -> npt.NDArray[np.uint8]:
        image = QImage(800, 600, QImage.Format.Format_Grayscale8)
        painter = QPainter(image)
        self.view.render(painter, QRectF(0, 0, 800, 600))
        painter.end()
        return np.asarray(image.constBits(), dtype=np.uint8).reshape(600, -1)[:, :800].copy()

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Row and column of the painted pixel at a pixel position of the picture."""
        place = self.box.mapViewToScene(QPointF(x + 0.5, y + 0.5))
        return round(place.y() - 0.5), round(place.x() - 0.5)


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot)


def around(pixels: npt.NDArray[np.uint8], place: tuple[int, int], reach: int = 3) -> npt.NDArray[np.uint8]:
    row, column = place
    return pixels[row - reach : row + reach + 1, column - reach : column + reach + 1]


@pytest.mark.parametrize("part", [QRectF(0, 0, 400, 300), QRectF(100, 75, 200, 150)])
def test_a_ring_is_painted_light_on_dark_where_its_angle_is(shown: Shown, part: QRectF) -> None:
    shown.rings.set_geometry(SIZE, GAZE, SETTINGS)
    shown.look(part)
    pixels = shown.pixels()
    for x in range(200, 400):
        angle = geometry_at(((x + 199.5 - 200) / 399, 0.5), SIZE, GAZE, SETTINGS)[0]
        if angle > 5:
            break
    low, high = (geometry_at((at / 399, 0.5), SIZE, GAZE, SETTINGS)[0] for at in (x - 1.5, x - 0.5))
    place = shown.at(x - 1.5 + (5 - low) / (high - low), 149.5)
    assert around(pixels, place, 1).max() > 200
    assert around(pixels, place).min() < 90


def test_labels_are_in_the_view_at_any_zoom(shown: Shown) -> None:
    shown.rings.set_geometry(SIZE, GAZE, SETTINGS)
    whole = QRectF(0, 0, 400, 300)
    assert [angle for angle, _ in shown.rings.label_places(whole)] == list(RINGS_DEG)
    inner = QRectF(180, 130, 40, 40)
    places = shown.rings.label_places(inner)
    assert [angle for angle, _ in places] == [2]
    assert all(inner.contains(place) for _, place in places)
    assert shown.rings.label_places(QRectF(0, 0, 5, 5)) == []


def test_a_label_is_as_large_at_any_zoom(shown: Shown) -> None:
    """By the dark pixels of its box; the innermost ring is in view whole, so its label is at its top."""
    shown.rings.set_geometry(SIZE, GAZE, SETTINGS)
    dark = []
    for part in (QRectF(0, 0, 400, 300), QRectF(150, 112.5, 100, 75)):
        shown.look(part)
        place = shown.rings.label_places(part)[0][1]
        label = around(shown.pixels(), shown.at(place.x() - 0.5, place.y() - 0.5), 14)
        dark.append((label < 60).sum())
    assert dark[0] > 150
    assert dark[1] == pytest.approx(dark[0], rel=0.3)


def test_the_same_geometry_again_costs_nothing(shown: Shown) -> None:
    shown.rings.set_geometry(SIZE, GAZE, SETTINGS)
    lines = shown.rings.lines
    shown.rings.set_geometry(SIZE, GAZE, SETTINGS.replace(alpha=0.3))
    assert shown.rings.lines is lines


def test_a_second_view_shares_the_lines(shown: Shown, qtbot: QtBot) -> None:
    other = Shown(qtbot)
    shown.rings.set_geometry(SIZE, GAZE, SETTINGS)
    other.rings.set_geometry(SIZE, GAZE, SETTINGS)
    assert other.rings.lines is shown.rings.lines


def test_a_move_of_the_gaze_takes_milliseconds(shown: Shown) -> None:
    """Two are the aim; shared machines are given more."""
    size, settings = (1080, 1920), SETTINGS.replace(real_image_width=0.5)
    shown.rings.set_geometry(size, (0.1, 0.1), settings)
    took = []
    for i in range(20):
        started = time.thread_time()
        shown.rings.set_geometry(size, (0.2 + 0.03 * i, 0.4), settings)
        took.append(time.thread_time() - started)
    assert sorted(took)[10] < 0.01


def test_an_outline_is_painted_around_its_point_and_taken_away(shown: Shown) -> None:
    empty = shown.pixels()
    assert not shown.region.isVisible()
    outline = pooling_region((0.9, 0.2), SIZE, GAZE, SETTINGS)
    shown.region.set_outline(outline)
    pixels = shown.pixels()
    assert around(pixels, shown.at(*outline[20])).min() < 90
    shown.region.set_outline(None)
    assert (shown.pixels() == empty).all()


def test_the_outline_of_a_point(shown: Shown) -> None:
    shown.region.set_geometry((0.9, 0.2), SIZE, GAZE, SETTINGS)
    assert shown.region.isVisible()
    rect = shown.region.boundingRect()
    assert rect.contains(QPointF(0.9 * 399 + 0.5, 0.2 * 299 + 0.5))
    assert rect.width() < 60
    shown.region.set_geometry(None, SIZE, GAZE, SETTINGS)
    assert not shown.region.isVisible()
