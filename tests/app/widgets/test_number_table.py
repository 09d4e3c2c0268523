"""Tables of numbers."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from foveaview.app.widgets.number_table import NumberTable

COLUMNS = {"name": "What it is.", "ms": "How long it takes."}


@pytest.mark.parametrize("named", [False, True])
def test_numbers_are_at_the_right_and_names_at_the_left(qtbot: QtBot, named: bool) -> None:
    table = NumberTable(COLUMNS, 1, named=named)
    qtbot.addWidget(table)
    left = [bool(table.cell(0, column).textAlignment() & Qt.AlignmentFlag.AlignLeft) for column in (0, 1)]
    assert left == [named, False]


def test_a_cell_is_made_once(qtbot: QtBot) -> None:
    table = NumberTable(COLUMNS, 1)
    qtbot.addWidget(table)
    table.cell(0, 1).setText("12")
    assert table.cell(0, 1).text() == "12"


def test_columns_say_what_they_mean(qtbot: QtBot) -> None:
    table = NumberTable(COLUMNS)
    qtbot.addWidget(table)
    across, tip = Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
    told = [table.model().headerData(column, across, tip) for column in (0, 1)]
    assert told == list(COLUMNS.values())


def test_one_that_is_shown_whole_needs_no_scrolling(qtbot: QtBot) -> None:
    table = NumberTable(COLUMNS, 7)
    qtbot.addWidget(table)
    table.show_whole(30)
    table.show()
    last = table.visualItemRect(table.cell(6, 0))
    assert table.viewport().rect().contains(last)
    assert table.viewport().height() - last.bottom() < last.height()


def test_tab_goes_on_to_the_next_widget(qtbot: QtBot) -> None:
    panel, table, after = QWidget(), NumberTable(COLUMNS, 3), QLineEdit()
    qtbot.addWidget(panel)
    column = QVBoxLayout(panel)
    column.addWidget(table)
    column.addWidget(after)
    panel.show()
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Tab)
    assert panel.focusWidget() is after
