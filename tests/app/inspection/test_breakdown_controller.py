"""The loss by part and the pooled statistics in the window, with real clicks, keys and moves."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableWidget

from foveaview import MetamericLoss
from foveaview.app.core.state import Phase
from foveaview.files import load_image
from foveaview.live import Done, Request
from foveaview.perception import BandStatistics, PreparedTarget
from tests.app.conftest import MakeFile, WindowDriver, on_every_screen

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def parts(opened: WindowDriver) -> WindowDriver:
    """With the panel in front, and its rows there."""
    opened.show_dock("Loss breakdown")
    opened.until(lambda: opened.window.breakdown.dissection.table.rowCount() > 0)
    return opened


@pytest.fixture
def twin(opened: WindowDriver) -> WindowDriver:
    opened.show_dock("Pooled statistics")
    opened.until(opened.window.breakdown.twin.isVisible)
    return opened


def texts(table: QTableWidget) -> list[list[str]]:
    items = [
        [table.item(row, column) for column in range(table.columnCount())] for row in range(table.rowCount())
    ]
    return [["" if item is None else item.text() for item in row] for row in items]


def rows(driver: WindowDriver) -> list[list[str]]:
    return texts(driver.window.breakdown.dissection.table)


def whole(driver: WindowDriver) -> float:
    name, value, _share = rows(driver)[-1]
    assert name == "whole"
    return float(value)


def click_row(driver: WindowDriver, row: int) -> None:
    table = driver.window.breakdown.dissection.table
    item = table.item(row, 0)
    assert item is not None
    QTest.mouseClick(table.viewport(), LEFT, pos=table.visualItemRect(item).center())


def title(driver: WindowDriver) -> str:
    return driver.window.images.candidate.title.text()


def loss_in(text: str) -> float:
    return float(text.rsplit(" ", 1)[1])


def run(driver: WindowDriver, steps: int) -> None:
    driver.controller.edits.set_synthesis("steps", steps)
    driver.controller.edits.set_synthesis("stop_fraction", 0.0)
    QTest.mouseClick(driver.window.run.run_panel.start_button, LEFT)


# the loss by part


@on_every_screen
def test_rows_sum_to_the_loss_in_the_title_and_a_click_shows_one_part(parts: WindowDriver) -> None:
    *single, _whole = rows(parts)
    assert whole(parts) == pytest.approx(loss_in(title(parts)), rel=1e-3)
    assert sum(float(value) for _name, value, _share in single) == pytest.approx(whole(parts), rel=2e-3)
    before = parts.document.heatmap
    click_row(parts, 1)
    parts.until(lambda: parts.document.heatmap is not before and not parts.document.heatmap_changes)
    assert "loss of level 1 " in title(parts)
    assert loss_in(title(parts)) == pytest.approx(float(single[1][1]), rel=1e-3)
    assert parts.document.heatmap is not None
    assert before is not None
    assert (parts.document.heatmap.pixels != before.pixels).any()
    parts.controller.edits.set_view(layer="heatmap")
    parts.until(lambda: title(parts).startswith("Heatmap of level 1, "))
    parts.controller.edits.set_view(layer="candidate")
    click_row(parts, len(single))
    parts.until(lambda: "loss of" not in title(parts) and not parts.document.heatmap_changes)
    assert loss_in(title(parts)) == pytest.approx(whole(parts), rel=1e-3)


def test_parts_are_of_the_gaze_and_of_the_candidate(parts: WindowDriver, image_file: MakeFile) -> None:
    first = whole(parts)
    parts.click(3, 3)
    parts.settle()
    parts.until(lambda: whole(parts) != first)
    assert whole(parts) == pytest.approx(loss_in(title(parts)), rel=1e-3)
    parts.controller.documents.open_candidate(image_file("other.png", seed=5))
    parts.until(lambda: parts.document.candidate == "file" and bool(rows(parts)))
    parts.settle()
    parts.until(lambda: bool(rows(parts)) and whole(parts) == pytest.approx(loss_in(title(parts)), rel=1e-3))


def test_curves_of_the_parts_fill_during_a_run_and_stay(parts: WindowDriver) -> None:
    plot = parts.window.breakdown.dissection.plot
    assert plot.terms == {}
    run(parts, 60)
    parts.until(
        lambda: bool(plot.terms) and all(len(c.getOriginalDataset()[0]) > 1 for c in plot.terms.values())
    )
    parts.until(lambda: parts.document.phase is Phase.DONE)
    parts.settle()
    parts.until(lambda: [name for name, _value, _share in rows(parts)[:-1]] == list(plot.terms))
    parts.until(lambda: whole(parts) == pytest.approx(loss_in(title(parts)), rel=1e-3))
    QTest.mouseClick(parts.window.run.run_panel.reset_button, LEFT)
    parts.until(lambda: plot.terms == {})


def test_nothing_is_measured_behind_another_tab(
    opened: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    ask = opened.window.worker.ask

    def listen(request: Request, done: Done, replaces: str | None = None) -> None:
        asked.append(replaces)
        ask(request, done, replaces)

    monkeypatch.setattr(opened.window.worker, "ask", listen)
    opened.hover(20, 20)
    opened.click(10, 10)
    opened.settle()
    assert asked == []
    opened.show_dock("Loss breakdown")
    opened.until(lambda: "dissect" in asked)
    assert "twin" not in asked


# the pooled statistics


def twin_texts(driver: WindowDriver) -> list[list[str]]:
    return texts(driver.window.breakdown.twin.table)


def says(driver: WindowDriver, line: str) -> bool:
    return driver.window.breakdown.twin.line.text() == line


def expected_bands(driver: WindowDriver, point: tuple[float, float]) -> list[BandStatistics]:
    """By the library alone."""
    document = driver.document
    assert document.picture is not None
    image = load_image(document.path)
    loss = MetamericLoss(**document.loss_settings.model_dump())
    prepared = loss.prepare(image, document.gaze)
    assert isinstance(prepared, PreparedTarget)
    values = document.picture.values
    return [band for band in prepared.at(image.new_tensor(values)[None], point) if band.channel == "Y"]


@on_every_screen
def test_the_panel_says_what_is_pooled_at_the_pointer(twin: WindowDriver) -> None:
    twin.click(50, 40)
    twin.settle()
    assert twin.window.breakdown.twin.line.text() == "Point at an image"
    for pane, pixel in ((0, (9, 30)), (1, (44, 7))):
        twin.hover(*pixel, pane)
        point = (pixel[0] / 63, pixel[1] / 47)
        line = f"at {point[0]:.3f} {point[1]:.3f}"
        twin.until(partial(says, twin, line))
        bands = expected_bands(twin, point)
        assert len(twin_texts(twin)) == len(bands)
        for shown, band in zip(twin_texts(twin), bands, strict=True):
            numbers = (band.target_mean, band.image_mean, band.target_deviation, band.image_deviation)
            for text, number in zip(shown[1:], numbers, strict=True):
                assert text == "" if number is None else float(text) == pytest.approx(number, abs=1e-4)


def test_the_numbers_follow_the_settings_and_go_with_the_image(
    twin: WindowDriver, image_file: MakeFile
) -> None:
    twin.hover(9, 30)
    twin.until(lambda: bool(twin_texts(twin)))
    rows_before = len(twin_texts(twin))
    levels = twin.window.run.settings_panel.editors["n_pyramid_levels"].widget
    levels.setFocus()
    QTest.keyClick(levels, Qt.Key.Key_Down)
    twin.until(lambda: len(twin_texts(twin)) == rows_before - 2)  # two orientations
    twin.open(image_file("other.png", size=(40, 40), seed=1))
    assert twin.window.breakdown.twin.line.text() == "Point at an image"
    twin.qtbot.wait(100)
    assert twin_texts(twin) == []
