"""The loss by part as a person sees it: rows that add up, a row that is chosen, curves over a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from foveaview import LossSettings
from foveaview.app.inspection.breakdown_panel import BreakdownPanel
from foveaview.app.widgets.plots import color_of
from foveaview.app.widgets.theme import Theme, apply_theme
from foveaview.perception import parts_of, summed

PARTS = tuple(parts_of(LossSettings(), 3))
VALUES = np.linspace(1e-6, 1e-4, len(PARTS), dtype=np.float32)


@pytest.fixture
def panel(qtbot: QtBot) -> BreakdownPanel:
    made = BreakdownPanel()
    qtbot.addWidget(made)
    made.resize(700, 170)
    made.show()
    made.set_dissection(PARTS, VALUES)
    return made


@pytest.fixture
def chosen(panel: BreakdownPanel) -> list[Any]:
    seen: list[Any] = []
    panel.part_chosen.connect(seen.append)
    return seen


def rows(panel: BreakdownPanel) -> list[list[str]]:
    table = panel.table
    items = [[table.item(row, column) for column in range(3)] for row in range(table.rowCount())]
    return [[item.text() for item in row if item is not None] for row in items]


def click(panel: BreakdownPanel, row: int) -> None:
    item = panel.table.item(row, 1)
    assert item is not None
    at = panel.table.visualItemRect(item).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def choose_by(panel: BreakdownPanel, index: int) -> None:
    panel.by_box.setFocus()
    panel.by_box.setCurrentIndex(0)
    for _ in range(index):
        QTest.keyClick(panel.by_box, Qt.Key.Key_Down)


@pytest.mark.parametrize("index", range(4))
def test_rows_add_up_to_the_whole(panel: BreakdownPanel, index: int) -> None:
    choose_by(panel, index)
    *parts, whole = rows(panel)
    assert [name for name, _, _ in parts] == list(summed(PARTS, VALUES.tolist(), panel.by))
    assert whole[0] == "whole"
    assert sum(float(value) for _, value, _ in parts) == pytest.approx(float(whole[1]), rel=2e-3)
    assert sum(float(share.rstrip(" %")) for _, _, share in parts) == pytest.approx(100, abs=0.5)
    assert float(whole[1]) == pytest.approx(float(VALUES.sum()), rel=1e-3)


def test_a_click_on_a_row_chooses_its_part_and_the_last_the_whole(
    panel: BreakdownPanel, chosen: list[Any]
) -> None:
    click(panel, 2)
    click(panel, len(rows(panel)) - 1)
    assert chosen == [frozenset({("level", "2")}), None]


def test_arrows_choose_too(panel: BreakdownPanel, chosen: list[Any]) -> None:
    choose_by(panel, 1)
    click(panel, 0)
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_Down)
    assert chosen == [frozenset({("band", "highpass")}), frozenset({("band", "0°")})]


def test_what_is_shown_elsewhere_is_marked_and_not_told(panel: BreakdownPanel, chosen: list[Any]) -> None:
    panel.set_chosen(frozenset({("level", "3")}))
    assert [index.row() for index in panel.table.selectionModel().selectedRows()] == [3]
    panel.set_chosen(frozenset({("channel", "Cr")}))
    assert panel.table.selectionModel().selectedRows() == []
    choose_by(panel, 2)
    assert [index.row() for index in panel.table.selectionModel().selectedRows()] == [1]
    panel.set_chosen(None)
    assert [index.row() for index in panel.table.selectionModel().selectedRows()] == [3]
    assert chosen == []


def test_new_values_keep_the_chosen_row(panel: BreakdownPanel, chosen: list[Any]) -> None:
    click(panel, 1)
    panel.set_dissection(PARTS, 2 * VALUES)
    assert [index.row() for index in panel.table.selectionModel().selectedRows()] == [1]
    assert len(chosen) == 1
    assert float(rows(panel)[-1][1]) == pytest.approx(2 * float(VALUES.sum()), rel=1e-3)


def test_what_is_stale_is_faded_and_says_why(panel: BreakdownPanel) -> None:
    panel.set_dissection(PARTS, VALUES, ["gaze"])
    assert panel.line.text() == "stale: gaze"
    assert not panel.table.isEnabled()
    panel.set_dissection(PARTS, VALUES)
    assert panel.line.text() == ""
    assert panel.table.isEnabled()


def test_nothing_to_show(panel: BreakdownPanel) -> None:
    panel.set_dissection()
    assert rows(panel) == []
    assert panel.line.text() == "The metameric loss by part"


@pytest.mark.parametrize("values", [np.zeros_like(VALUES), np.full_like(VALUES, np.nan)], ids=["zero", "nan"])
def test_a_loss_without_shares_is_shown(panel: BreakdownPanel, values: Any) -> None:
    panel.set_dissection(PARTS, values)
    panel.table.viewport().grab()
    assert rows(panel)[-1][0] == "whole"


def test_curves_are_the_sums_in_the_colours_of_the_rows(panel: BreakdownPanel) -> None:
    iterations = np.array([0, 4, 9])
    values = np.stack([VALUES, VALUES / 2, VALUES / 4])
    panel.set_history((iterations, values), PARTS)
    choose_by(panel, 2)
    assert list(panel.plot.terms) == ["Y", "Cr", "Cb"]
    for index, (name, curve) in enumerate(panel.plot.terms.items()):
        x, y = curve.getOriginalDataset()
        assert x.tolist() == [0, 4, 9]
        assert y[1] == pytest.approx(summed(PARTS, values[1].tolist(), "channel")[name], rel=1e-5)
        assert curve.opts["pen"].color().name() == color_of(index)
    panel.set_history(None)
    assert panel.plot.terms == {}


@pytest.mark.parametrize("width", [500, 1000])
def test_a_low_dock_shows_five_levels_and_the_whole(panel: BreakdownPanel, width: int) -> None:
    panel.resize(width, 170)
    QApplication.processEvents()
    assert panel.size().toTuple() == (width, 170)
    assert panel.table.verticalScrollBar().maximum() == 0
    assert len(rows(panel)) == 6
    assert panel.plot.width() >= 190


def test_both_themes_are_taken(panel: BreakdownPanel, qapp: QApplication) -> None:
    grounds: dict[Theme, str] = {"dark": "#1d1d1d", "light": "#ffffff"}
    for theme, ground in grounds.items():
        apply_theme(qapp, theme)
        panel.set_palette(qapp.palette())
        assert panel.plot.backgroundBrush().color().name() == ground


def test_all_that_can_be_used_has_a_name_and_a_tip(panel: BreakdownPanel) -> None:
    for widget in (panel.by_box, panel.table):
        assert widget.accessibleName()
        assert widget.toolTip()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
