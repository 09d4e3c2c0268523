"""The pooled statistics at a place as a person sees them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from torch import Tensor

from foveaview import MetamericLoss
from foveaview.app.inspection.pooled_statistics_panel import PooledStatisticsPanel
from foveaview.perception import BandStatistics, PreparedTarget


@pytest.fixture
def bands(photograph: Tensor) -> list[BandStatistics]:
    prepared = MetamericLoss(n_pyramid_levels=4).prepare(photograph, (0.2, 0.3))
    assert isinstance(prepared, PreparedTarget)
    return prepared.at(photograph.flip(-1), (0.9, 0.8))


@pytest.fixture
def panel(qtbot: QtBot) -> PooledStatisticsPanel:
    made = PooledStatisticsPanel()
    qtbot.addWidget(made)
    made.resize(600, 170)
    made.show()
    return made


def cells(panel: PooledStatisticsPanel, row: int) -> list[str]:
    items = [panel.table.item(row, column) for column in range(5)]
    return [item.text() for item in items if item is not None]


def test_at_first_it_says_what_to_do(panel: PooledStatisticsPanel) -> None:
    assert panel.line.text() == "Point at an image"
    assert not panel.table.isVisible()
    assert not panel.channel_box.isVisible()


def test_a_row_is_a_band_of_the_channel(panel: PooledStatisticsPanel, bands: list[BandStatistics]) -> None:
    panel.set_statistics(bands, (0.9, 0.8))
    luma = [band for band in bands if band.channel == "Y"]
    assert panel.table.rowCount() == len(luma) == 9
    assert panel.line.text() == "at 0.900 0.800"
    assert [cells(panel, row)[0] for row in (0, 1, 2, 3, 7, 8)] == [
        "highpass",
        "0  0°",
        "0  90°",
        "1  0°",
        "lowpass",
        "pixels",
    ]
    for row, band in enumerate(luma[:7]):
        numbers = [float(text) for text in cells(panel, row)[1:]]
        expected = [band.target_mean, band.image_mean, band.target_deviation, band.image_deviation]
        assert numbers == pytest.approx(expected, abs=1e-4)
    assert cells(panel, 7)[3:] == ["", ""]


def test_another_channel_by_key_stays_for_the_next_place(
    panel: PooledStatisticsPanel, bands: list[BandStatistics]
) -> None:
    panel.set_statistics(bands, (0.9, 0.8))
    panel.channel_box.setFocus()
    QTest.keyClick(panel.channel_box, Qt.Key.Key_Down)
    shown = [band for band in bands if band.channel == "Cr"]
    assert float(cells(panel, 7)[1]) == pytest.approx(shown[7].target_mean, abs=1e-4)
    panel.set_statistics(bands, (0.1, 0.1))
    assert panel.channel_box.currentText() == "Cr"
    panel.set_statistics()
    assert panel.line.text() == "Point at an image"
    panel.set_statistics(bands, (0.1, 0.1))
    assert panel.channel_box.currentText() == "Cr"


def test_a_gray_picture_has_one_channel(panel: PooledStatisticsPanel, bands: list[BandStatistics]) -> None:
    panel.set_statistics(bands, (0.5, 0.5))
    target, image = ({"mean": 0.5, "standard deviation": 0.1}, {"mean": 0.25, "standard deviation": 0.2})
    panel.set_statistics([BandStatistics(0, "highpass", "gray", target, image)], (0.5, 0.5))
    assert panel.channel_box.currentText() == "gray"
    assert cells(panel, 0) == ["highpass", "0.5000", "0.2500", "0.1000", "0.2000"]


def test_what_is_stale_is_faded_and_says_why(
    panel: PooledStatisticsPanel, bands: list[BandStatistics]
) -> None:
    panel.set_statistics(bands, (0.5, 0.5), ["gaze"])
    assert panel.line.text() == "at 0.500 0.500, stale: gaze"
    assert not panel.table.isEnabled()


@pytest.mark.parametrize("width", [500, 1000])
def test_a_low_dock_cuts_no_number(
    panel: PooledStatisticsPanel, bands: list[BandStatistics], width: int
) -> None:
    panel.resize(width, 170)
    panel.set_statistics(bands, (0.5, 0.5))
    QApplication.processEvents()
    assert panel.size().toTuple() == (width, 170)
    assert panel.table.horizontalScrollBar().maximum() == 0
    needed = panel.fontMetrics().horizontalAdvance("-0.0000")
    assert min(panel.table.columnWidth(column) for column in range(5)) > needed


def test_all_that_can_be_used_has_a_name_and_a_tip(panel: PooledStatisticsPanel) -> None:
    for widget in (panel.channel_box, panel.table):
        assert widget.accessibleName()
        assert widget.toolTip()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
