"""Numbers read off the images in the window, with real clicks, keys and moves of the pointer."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton

from foveaview.app import reading_requests
from foveaview.app.controller import Controller
from foveaview.app.readers import HistogramReader
from foveaview.app.reading_requests import Counted
from foveaview.app.state import Phase
from foveaview.files import load_image
from foveaview.histogram import histograms
from foveaview.live import Done, Failure, Frame, Job, Picture, Request
from foveaview.readout import points_csv, values_at
from foveaview.view import Layer

from .conftest import StillWorker, WindowDriver

MakeFile = Callable[..., Path]


@pytest.fixture
def opened(driver: WindowDriver, image_file: MakeFile) -> WindowDriver:
    driver.open(image_file())
    return driver


@pytest.fixture
def points(opened: WindowDriver) -> WindowDriver:
    opened.show_dock("Points")
    opened.until(opened.window.readings.points.isVisible)
    return opened


def rows(driver: WindowDriver) -> list[list[str]]:
    """What the table says."""
    table = driver.window.readings.points.table
    items = [[table.item(row, column) for column in range(9)] for row in range(table.rowCount())]
    return [[item.text() if item is not None else "" for item in row] for row in items]


def pinned(driver: WindowDriver, *pixels: tuple[int, int]) -> None:
    for pixel in pixels:
        driver.alt_click(*pixel)
    driver.until(lambda: len(rows(driver)) == len(driver.document.pins))


def click_cell(driver: WindowDriver, row: int, double: bool = False) -> None:
    table = driver.window.readings.points.table
    item = table.item(row, 1)
    assert item is not None
    at = table.visualItemRect(item).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    if double:
        QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def press(button: QPushButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


# under the pointer


def shown_value(driver: WindowDriver, layer: Layer, pixel: tuple[int, int]) -> float:
    driver.controller.set_view(layer=layer)
    driver.until(lambda: driver.document.map is not None and driver.document.map.layer == layer)
    assert driver.document.map is not None
    return float(driver.document.map.values[pixel[1], pixel[0]])


@pytest.mark.parametrize(
    ("layer", "form"),
    [
        ("heatmap", "loss/px {:.3g}"),
        ("difference", "difference {:.4f}"),
        ("absolute", "|difference| {:.4f}"),
        ("pooling", "pooling size {:.1f} px"),
    ],
)
def test_the_map_under_the_pointer_is_read_with_its_unit(
    opened: WindowDriver, layer: Layer, form: str
) -> None:
    value = shown_value(opened, layer, (41, 13))
    opened.hover(41, 13, pane=1)
    assert opened.window.status.colors.text().endswith(form.format(value))
    assert opened.window.status.colors.toolTip() == opened.window.status.colors.text()


def test_target_and_candidate_are_read_in_decimals_and_bytes(opened: WindowDriver) -> None:
    opened.hover(7, 30)
    picture = opened.document.picture
    assert picture is not None
    for name, values, pixels in (
        ("target", opened.document.target[0].numpy(), opened.document.pixels),
        ("candidate", picture.values, picture.pixels),
    ):
        decimals = " ".join(f"{value:.3f}" for value in values[:, 30, 7])
        data = " ".join(str(value) for value in pixels[30, 7])
        assert f"{name} {decimals} ({data})" in opened.window.status.colors.text()


def test_a_gray_image_has_one_value(driver: WindowDriver, tmp_path: Path) -> None:
    pixels = np.tile(np.arange(64, dtype=np.uint8), (48, 1))
    Image.fromarray(pixels).save(tmp_path / "gray.png")
    driver.open(tmp_path / "gray.png")
    driver.hover(51, 20)
    assert "target 0.200 (51) " in driver.window.status.colors.text()


def test_a_preview_is_read_where_it_is_shown(opened: WindowDriver) -> None:
    opened.hover(63, 46)
    picture = opened.document.picture
    assert picture is not None
    small = Picture(picture.pixels[:12, :16], picture.key, np.full((3, 12, 16), 0.25, np.float32))
    small.values[:, 11, 15] = (0.5, 0.0, 1.0)
    job = opened.controller.full_job()
    assert job is not None
    opened.controller.take_frame(Frame(job.generation, job.document, "preview", picture=small))
    # the pointer rests: the line follows the picture
    assert "candidate 0.500 0.000 1.000 (128 0 255)" in opened.window.status.colors.text()


def test_the_line_gives_way_and_does_not_move(opened: WindowDriver) -> None:
    window = opened.window
    window.resize(1024, 700)
    shown_value(opened, "heatmap", (0, 0))
    opened.hover(5, 5)
    before = [label.geometry() for label in (window.status.geometry_line, window.status.colors)]
    opened.hover(60, 44)
    assert [label.geometry() for label in (window.status.geometry_line, window.status.colors)] == before
    assert window.width() == 1024
    assert window.status.device.geometry().right() <= window.width()
    assert window.status.device.width() >= window.status.device.sizeHint().width()


# points


def test_alt_click_pins_and_unpins(points: WindowDriver) -> None:
    panel, gaze = points.window.readings.points, points.document.gaze
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
    points.controller.set_view(overlay="none")
    pinned(points, (12, 34))
    points.controller.set_synthesis("stop_fraction", 0.0)
    points.controller.set_synthesis("steps", 100000)
    reads: list[Any] = []
    points.window.readings.point_reader.changed.connect(reads.append)
    points.controller.start()
    points.until(lambda: len({point.candidate for (point,) in reads}) > 3)
    points.until(lambda: len({point.loss for (point,) in reads}) > 2)  # though no heatmap is on screen
    reads.clear()
    QTest.qWait(500)
    assert len(reads) <= 6
    points.controller.stop()
    assert points.document.phase is Phase.STOPPED


def test_delete_takes_the_pin_of_the_row_away(points: WindowDriver) -> None:
    pinned(points, (10, 5), (40, 20), (50, 30))
    click_cell(points, 1)
    QTest.keyClick(points.window.readings.points.table, Qt.Key.Key_Delete)
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
    points.controller.set_gaze(gaze)
    QTest.keyClick(points.window.readings.points.table, Qt.Key.Key_Return)
    assert points.document.gaze == pytest.approx((2 / 63, 3 / 47))


def test_saved_points_are_exact(
    points: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned(points, (10, 5), (40, 20))
    path = tmp_path / "points.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    press(points.window.readings.points.save_button)
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
    points.until(points.window.banner.isVisible)
    assert str(path) in points.window.banner.text.text()


def test_copied_points_are_a_table(points: WindowDriver) -> None:
    pinned(points, (10, 5), (40, 20))
    press(points.window.readings.points.copy_button)
    pasted = list(csv.reader(io.StringIO(QGuiApplication.clipboard().text()), delimiter="\t"))
    expected = points_csv([values_at(points.document, pixel) for pixel in points.document.pins])
    assert pasted == list(csv.reader(io.StringIO(expected)))


def test_clear_takes_all_pins_away(points: WindowDriver) -> None:
    pinned(points, (10, 5), (40, 20))
    press(points.window.readings.points.clear_button)
    points.until(points.window.readings.points.empty.isVisible)
    assert not points.window.readings.points.save_button.isEnabled()


# histogram


def test_the_histogram_is_of_what_is_shown(opened: WindowDriver) -> None:
    panel = opened.window.readings.histogram
    opened.show_dock("Histogram")
    opened.until(lambda: panel.plot.candidate.getOriginalDataset()[0] is not None)
    assert opened.document.picture is not None
    for curve, values in (
        (panel.plot.target, opened.document.target[0].numpy()),
        (panel.plot.candidate, opened.document.picture.values),
    ):
        for index, name in enumerate(("luma", "red", "green", "blue")):
            panel.channel_box.setCurrentIndex(index)
            panel.channel_box.activated.emit(index)
            counts = curve.getOriginalDataset()[1]
            assert counts.tolist() == histograms(values)[name].tolist()
            if index:
                expected = np.histogram(values[index - 1], bins=256, range=(0, 1))[0]
                assert counts.tolist() == expected.tolist()


def test_log_counts_leave_empty_bins_at_the_foot(opened: WindowDriver) -> None:
    panel = opened.window.readings.histogram
    opened.show_dock("Histogram")
    opened.until(lambda: panel.plot.target.getOriginalDataset()[0] is not None)
    counts = panel.plot.target.getOriginalDataset()[1].copy()
    box = panel.log_box
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().center() - box.rect().center() / 2)
    assert panel.plot.is_log
    drawn = panel.plot.target.getData()[1]
    (low, high) = panel.plot.getPlotItem().viewRange()[1]
    assert drawn[counts == 0] == pytest.approx(low)
    assert drawn.max() == pytest.approx(np.log10(counts.max()))
    assert drawn.max() < high


def test_a_gray_image_has_luma_alone(driver: WindowDriver, tmp_path: Path) -> None:
    Image.fromarray(np.full((48, 64), 9, np.uint8)).save(tmp_path / "gray.png")
    driver.open(tmp_path / "gray.png")
    driver.show_dock("Histogram")
    panel = driver.window.readings.histogram
    driver.until(lambda: panel.plot.target.getOriginalDataset()[0] is not None)
    assert not panel.channel_box.isEnabled()
    assert panel.plot.target.getOriginalDataset()[1].nonzero()[0].tolist() == [9]


class SlowWorker(StillWorker):
    """Answers a request when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[Request, Done]] = []
        self.slow = False

    def ask(self, request: Request, done: Done, replaces: str | None = None) -> None:
        if self.slow:
            self.waiting.append((request, done))
        else:
            super().ask(request, done, replaces)

    def work(self) -> None:
        ((request, done),) = self.waiting
        self.waiting = []
        super().ask(request, done)


@pytest.fixture
def slow() -> SlowWorker:
    return SlowWorker()


@pytest.fixture
def controller(slow: SlowWorker, image_file: MakeFile, qtbot: Any) -> Controller:
    made = Controller(slow)
    made.open_targets([image_file()])
    slow.slow = True
    return made


def show_picture(controller: Controller, level: float, size: tuple[int, int] = (48, 64)) -> Picture:
    job = controller.full_job()
    assert isinstance(job, Job)
    picture = Picture(np.zeros((*size, 3), np.uint8), None, np.full((3, *size), level, np.float32))
    controller.take_frame(Frame(job.generation, job.document, "full", picture=picture))
    return picture


def test_one_request_at_a_time_and_the_newest_wins(
    controller: Controller, slow: SlowWorker, qtbot: Any
) -> None:
    reader = HistogramReader(controller, slow)
    counted: list[Counted] = []
    reader.changed.connect(counted.append)
    controller.changed.connect(lambda state, _before: reader.follow(state))
    show_picture(controller, 0.1)
    assert slow.waiting == []  # nobody looks
    reader.set_visible(True)
    for level in (0.2, 0.3, 0.4):
        newest = show_picture(controller, level)
        assert len(slow.waiting) == 1
    slow.work()
    assert slow.waiting == []  # it rests
    qtbot.waitUntil(lambda: len(slow.waiting) == 1)
    slow.work()
    assert counted[-1].picture is newest
    assert counted[-1].target is counted[0].target  # not counted again
    QTest.qWait(300)
    assert slow.waiting == []
    reader.set_visible(False)
    show_picture(controller, 0.5)
    assert slow.waiting == []


def test_a_preview_is_not_counted(controller: Controller, slow: SlowWorker, qtbot: Any) -> None:
    reader = HistogramReader(controller, slow)
    controller.changed.connect(lambda state, _before: reader.follow(state))
    counted: list[Counted] = []
    reader.changed.connect(counted.append)
    whole = show_picture(controller, 0.1)
    reader.set_visible(True)
    slow.work()
    show_picture(controller, 0.9, (24, 32))
    QTest.qWait(300)
    assert slow.waiting == []
    assert [one.picture for one in counted] == [whole]


def test_a_failure_is_told_and_not_repeated(
    controller: Controller, slow: SlowWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(reading_requests, "histograms", fail)
    reader = HistogramReader(controller, slow)
    failures: list[Failure] = []
    reader.failed.connect(failures.append)
    reader.set_visible(True)
    slow.work()
    reader.follow(controller.state)
    assert [failure.kind for failure in failures] == ["memory"]
    assert slow.waiting == []


def test_the_pins_of_another_target_are_its_own(points: WindowDriver, image_file: MakeFile) -> None:
    pinned(points, (10, 5))
    points.open(image_file("other.png", seed=1))
    points.until(points.window.readings.points.empty.isVisible)
    points.window.targets.setCurrentRow(0)
    points.until(lambda: len(rows(points)) == 1)
    first = replace(points.document)
    expected = load_image(first.path)[0, :, 5, 10]
    assert [float(value) for value in rows(points)[0][5].split()] == pytest.approx(expected, abs=5e-4)
