"""Points that a person pins, and their numbers."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton

from foveaview.app.core.state import Phase
from foveaview.files import load_image
from foveaview.inspection.readout import points_csv, values_at
from tests.app.conftest import MakeFile, WindowDriver


@pytest.fixture
def points(opened: WindowDriver) -> WindowDriver:
    opened.show_dock("Points")
    opened.until(opened.window.inspection.points.isVisible)
    return opened


def rows(driver: WindowDriver) -> list[list[str]]:
    """What the table says."""
    table = driver.window.inspection.points.table
    items = [[table.item(row, column) for column in range(9)] for row in range(table.rowCount())]
    return [[item.text() if item is not None else "" for item in row] for row in items]


def pinned(driver: WindowDriver, *pixels: tuple[int, int]) -> None:
    for pixel in pixels:
        driver.alt_click(*pixel)
    driver.until(lambda: len(rows(driver)) == len(driver.document.pins))


def click_cell(driver: WindowDriver, row: int, double: bool = False) -> None:
    table = driver.window.inspection.points.table
    item = table.item(row, 1)
    assert item is not None
    at = table.visualItemRect(item).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    if double:
        QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def press(button: QPushButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_alt_click_pins_and_unpins(points: WindowDriver) -> None:
    panel, gaze = points.window.inspection.points, points.document.gaze
    assert panel.empty.isVisible()
    pinned(points, (10, 5), (40, 20))
    assert points.document.pins == ((10, 5), (40, 20))
    assert [row[:3] for row in rows(points)] == [["1", "10", "5"], ["2", "40", "20"]]
    assert not panel.empty.isVisible()
    points.alt_click(10, 5, pane=1)
    points.until(lambda: [row[:3] for row in rows(points)] == [["1", "40", "20"]])
    assert points.document.gaze == gaze


def test_the_oldest_gives_way_to_a_ninth(points: WindowDriver) -> None:
    pinned(points, *((5 * i, 3 * i) for i in range(9)))
    assert [row[:3] for row in rows(points)] == [[str(i), str(5 * i), str(3 * i)] for i in range(1, 9)]


def test_the_key_pins_the_gaze(points: WindowDriver) -> None:
    points.click(33, 22)
    points.window.images.setFocus()
    QTest.keyClick(points.window, Qt.Key.Key_P)
    assert points.document.pins == ((33, 22),)
    QTest.keyClick(points.window, Qt.Key.Key_P)
    assert points.document.pins == ()


def test_a_row_says_what_the_arrays_hold(points: WindowDriver) -> None:
    pinned(points, (12, 34))
    document = points.document
    assert document.picture is not None
    assert document.heatmap is not None
    target, candidate = document.target[0, :, 34, 12].numpy(), document.picture.values[:, 34, 12]
    (row,) = rows(points)
    assert [float(value) for value in row[5].split()] == pytest.approx(target, abs=5e-4)
    assert [float(value) for value in row[6].split()] == pytest.approx(candidate, abs=5e-4)
    assert float(row[7]) == pytest.approx((candidate - target).mean(), abs=5e-5)
    assert float(row[8]) == pytest.approx(document.heatmap.values[34, 12], rel=5e-3)
    readout = values_at(document, (12, 34))
    assert row[3:5] == [f"{readout.eccentricity_deg:.2f}", f"{readout.pooling_px:.1f}"]


def test_rows_follow_a_run_and_are_read_at_most_ten_times_a_second(points: WindowDriver) -> None:
    points.controller.edits.set_view(overlay="none")
    pinned(points, (12, 34))
    points.controller.edits.set_synthesis("stop_fraction", 0.0)
    points.controller.edits.set_synthesis("steps", 100000)
    reads: list[Any] = []
    points.window.inspection.point_reader.changed.connect(reads.append)
    points.controller.search.start()
    points.until(lambda: len({point.candidate for (point,) in reads}) > 3)
    points.until(lambda: len({point.loss for (point,) in reads}) > 2)  # though no heatmap is on screen
    reads.clear()
    QTest.qWait(500)
    assert len(reads) <= 6
    points.controller.search.stop()
    assert points.document.phase is Phase.STOPPED


def test_delete_takes_the_pin_of_the_row_away(points: WindowDriver) -> None:
    pinned(points, (10, 5), (40, 20), (50, 30))
    click_cell(points, 1)
    QTest.keyClick(points.window.inspection.points.table, Qt.Key.Key_Delete)
    assert points.document.pins == ((10, 5), (50, 30))


def test_a_row_comes_into_sight_and_a_double_click_looks_at_it(points: WindowDriver) -> None:
    pinned(points, (2, 3), (60, 44))
    images = points.window.images
    images.set_zoom(40)
    zoom, gaze = images.zoom, points.document.gaze
    assert not images.target.box.viewRect().contains(60.5, 44.5)
    click_cell(points, 1)
    assert images.target.box.viewRect().contains(60.5, 44.5)
    assert images.zoom == pytest.approx(zoom)
    assert points.document.gaze == gaze
    click_cell(points, 0, double=True)
    assert points.document.gaze == pytest.approx((2 / 63, 3 / 47))
    points.controller.edits.set_gaze(gaze)
    QTest.keyClick(points.window.inspection.points.table, Qt.Key.Key_Return)
    assert points.document.gaze == pytest.approx((2 / 63, 3 / 47))


def test_saved_points_are_exact(
    points: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned(points, (10, 5), (40, 20))
    path = tmp_path / "points.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    press(points.window.inspection.points.save_button)
    points.until(path.exists)
    with path.open(newline="") as file:
        saved = list(csv.DictReader(file))
    for row, pixel in zip(saved, points.document.pins, strict=True):
        readout = values_at(points.document, pixel)
        assert readout.candidate is not None
        assert float(row["target_green"]) == readout.target[1]
        assert float(row["candidate_blue"]) == readout.candidate[2]
        assert float(row["loss_per_pixel"]) == readout.loss


def test_a_place_that_cannot_be_written_is_named(
    points: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned(points, (10, 5))
    path = tmp_path / "nowhere" / "points.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    points.window.commands["save_points"].trigger()
    points.until(points.window.notifications.banner_widget.isVisible)
    assert str(path) in points.window.notifications.banner_widget.text.text()


def test_copied_points_are_a_table(points: WindowDriver) -> None:
    pinned(points, (10, 5), (40, 20))
    press(points.window.inspection.points.copy_button)
    pasted = list(csv.reader(io.StringIO(QGuiApplication.clipboard().text()), delimiter="\t"))
    expected = points_csv([values_at(points.document, pixel) for pixel in points.document.pins])
    assert pasted == list(csv.reader(io.StringIO(expected)))


def test_clear_takes_all_pins_away(points: WindowDriver) -> None:
    pinned(points, (10, 5), (40, 20))
    press(points.window.inspection.points.clear_button)
    points.until(points.window.inspection.points.empty.isVisible)
    assert not points.window.inspection.points.save_button.isEnabled()


def test_the_pins_of_another_target_are_its_own(points: WindowDriver, image_file: MakeFile) -> None:
    pinned(points, (10, 5))
    points.open(image_file("other.png", seed=1))
    points.until(points.window.inspection.points.empty.isVisible)
    points.window.image_controller.targets.setCurrentRow(0)
    points.until(lambda: len(rows(points)) == 1)
    first = replace(points.document)
    expected = load_image(first.path)[0, :, 5, 10]
    assert [float(value) for value in rows(points)[0][5].split()] == pytest.approx(expected, abs=5e-4)
