"""How late the picture is, as a person sees it: numbers, bins, and no work while nobody looks."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from foveaview.app.gaze.latency_panel import LatencyPanel
from foveaview.app.widgets.theme import Theme, apply_theme
from foveaview.gaze.latency import STAGES, GazeTimestamps, LatencyLog
from tests.app.conftest import WindowDriver
from tests.app.cut_off import cut_off

STEPS_S = (0.002, 0.020, 0.008)


class CountingLog(LatencyLog):
    """Counts how often it is read."""

    reads = 0

    def values_ms(self, *arguments: Any) -> Any:
        self.reads += 1
        return super().values_ms(*arguments)


def add(log: LatencyLog, times: int = 1, factor: float = 1.0) -> None:
    moments = np.cumsum([0, *STEPS_S]) * factor
    for _ in range(times):
        log.add(GazeTimestamps(*moments.tolist()))


@pytest.fixture
def log() -> CountingLog:
    made = CountingLog()
    add(made, 20)
    add(made, 2, 4.0)
    made.overtake(GazeTimestamps(0, 1))
    return made


@pytest.fixture
def panel(qtbot: QtBot) -> LatencyPanel:
    made = LatencyPanel()
    qtbot.addWidget(made)
    made.resize(619, 148)
    made.show()
    qtbot.waitExposed(made)
    return made


def cells(panel: LatencyPanel) -> list[list[str]]:
    items = [[panel.table.item(row, column) for column in range(4)] for row in range(len(STAGES))]
    return [[item.text() for item in row if item is not None] for row in items]


def bins(panel: LatencyPanel) -> tuple[Any, Any]:
    edges, counts = panel.plot.steps.getOriginalDataset()
    return edges, counts


def test_an_empty_panel_says_what_to_do(panel: LatencyPanel) -> None:
    assert panel.empty.isVisible()
    assert "Follow a gaze" in panel.empty.text()
    assert not panel.save_button.isEnabled()
    assert not panel.reset_button.isEnabled()
    panel.set_log(LatencyLog())
    assert panel.empty.isVisible()


def test_the_table_holds_the_percentiles(panel: LatencyPanel, log: CountingLog) -> None:
    panel.set_log(log)
    for stage, row in zip(STAGES, cells(panel), strict=True):
        assert row == [stage, *(f"{value:.1f}" for value in log.percentiles(stage))]
    assert cells(panel)[3][:2] == ["sample to painted", "30.0"]
    assert panel.line.text() == "22 painted, 1 skipped"


@pytest.mark.parametrize("is_log", [True, False])
@pytest.mark.parametrize("index", range(4))
def test_the_bins_hold_every_picture_of_the_stage(
    panel: LatencyPanel, log: CountingLog, index: int, is_log: bool
) -> None:
    panel.set_log(log)
    panel.stage_box.setFocus()
    for _ in range(len(STAGES) - 1 - index):
        QTest.keyClick(panel.stage_box, Qt.Key.Key_Up)
    if not is_log:
        panel.log_box.click()
    edges, counts = bins(panel)
    assert counts.sum() == 22
    expected = 1000 * [*STEPS_S, sum(STEPS_S)][index]
    place = int(np.argmax(counts))
    assert edges[place] <= expected * 1.0001
    assert expected <= edges[place + 1] * 1.0001
    assert counts[place] >= 20


@pytest.mark.parametrize("is_log", [True, False])
def test_the_line_is_at_50_ms_and_in_sight(panel: LatencyPanel, log: CountingLog, is_log: bool) -> None:
    panel.set_log(log)
    if not is_log:
        panel.log_box.click()
    assert panel.plot.limit.value() == pytest.approx(np.log10(50) if is_log else 50)
    low, high = panel.plot.getPlotItem().viewRange()[0]
    assert low < panel.plot.limit.value() < high


def test_what_is_beyond_the_bins_is_shown_in_the_last(panel: LatencyPanel) -> None:
    log = LatencyLog()
    log.add(GazeTimestamps(0, 0, 0, 3600))
    log.add(GazeTimestamps(0, 0, 0, -1))
    panel.set_log(log)
    assert bins(panel)[1][[0, -1]].tolist() == [1, 1]
    assert "1 odd" in panel.line.text()
    assert "clock" in panel.line.toolTip()


def test_it_is_looked_at_four_times_a_second_and_only_after_changes(
    panel: LatencyPanel, log: CountingLog, qtbot: QtBot
) -> None:
    panel.set_log(log)
    shown = log.reads
    qtbot.wait(400)
    assert log.reads == shown
    began = time.perf_counter()
    for _ in range(30):
        add(log)
        qtbot.wait(15)
    looks = (log.reads - shown) / (len(STAGES) + 1)
    assert 1 <= looks <= 4 * (time.perf_counter() - began) + 1
    qtbot.waitUntil(lambda: panel.line.text() == "52 painted, 1 skipped")


def test_a_hidden_panel_does_nothing_and_catches_up(
    panel: LatencyPanel, log: CountingLog, qtbot: QtBot
) -> None:
    panel.hide()
    panel.set_log(log)
    add(log)
    qtbot.wait(400)
    assert log.reads == 0
    panel.show()
    assert panel.line.text() == "23 painted, 1 skipped"


def test_reset_empties_it(panel: LatencyPanel, log: CountingLog, qtbot: QtBot) -> None:
    panel.set_log(log)
    panel.cleared.connect(log.reset)
    QTest.mouseClick(panel.reset_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(panel.empty.isVisible)
    assert cells(panel)[3][1:] == ["", "", ""]


def test_save_asks_to_be_saved(panel: LatencyPanel, log: CountingLog, qtbot: QtBot) -> None:
    panel.set_log(log)
    with qtbot.waitSignal(panel.saved, timeout=1000):
        QTest.mouseClick(panel.save_button, Qt.MouseButton.LeftButton)


def test_no_log_is_like_an_empty_one(panel: LatencyPanel, log: CountingLog) -> None:
    panel.set_log(log)
    panel.set_log(None)
    assert panel.empty.isVisible()
    assert not panel.save_button.isEnabled()
    panel.log_box.click()
    panel.stage_box.activated.emit(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_in_a_low_dock(
    qapp: QApplication, panel: LatencyPanel, log: CountingLog, theme: Theme
) -> None:
    apply_theme(qapp, theme)
    panel.plot.set_palette(panel.palette())
    add(log, 9999)
    panel.set_log(log)
    QApplication.processEvents()
    assert cut_off(panel) == []
    foreground = panel.plot.limit.pen.color().lightness()
    assert abs(foreground - panel.plot.backgroundBrush().color().lightness()) > 120
    apply_theme(qapp, "light")


def test_it_is_saved_as_it_was_when_asked(
    driver: WindowDriver, log: CountingLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "late.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "CSV (*.csv)"))
    monkeypatch.setattr(driver.window.gaze.latency, "log", log)
    driver.window.gaze.latency.save()
    log.reset()
    driver.until(path.exists)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 22
    assert float(rows[-1]["sample_to_painted_ms"]) == pytest.approx(120)
    driver.until(lambda: "late.csv: written" in driver.window.notifications.messages.toPlainText())


def test_an_empty_log_is_refused_with_the_reason(
    driver: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "late.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "CSV (*.csv)"))
    driver.window.gaze.latency.save()
    driver.until(driver.window.notifications.banner_widget.isVisible)
    assert not path.exists()
