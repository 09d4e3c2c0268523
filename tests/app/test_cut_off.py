"""Every text of the window is to be read whole at the smallest size; `cut_off` finds those that are not."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)
from pytestqt.qtbot import QtBot

from foveaview.app.widgets.elided_label import ElidedLabel
from tests.app.conftest import MakeFile, WindowDriver
from tests.app.cut_off import cut_off

LONG = "a text that needs a lot of room"


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(600, 200)
    widget.show()
    return widget


def made(kind: type[QWidget]) -> QWidget:
    if kind is QComboBox:
        box = QComboBox()
        box.addItem(LONG)
        return box
    if kind is QDoubleSpinBox:
        return QDoubleSpinBox(maximum=1e9, value=123456789)
    assert issubclass(kind, QLabel | QPushButton | QCheckBox)
    return kind(LONG)


@pytest.mark.parametrize("kind", [QLabel, QPushButton, QCheckBox, QComboBox, QDoubleSpinBox])
def test_what_is_too_narrow_is_found(parent: QWidget, kind: type[QWidget]) -> None:
    widget = made(kind)
    widget.setParent(parent)
    widget.resize(widget.sizeHint())
    widget.show()
    assert cut_off(parent) == []
    widget.resize(40, widget.height())
    assert len(cut_off(parent)) == 1


def test_what_leaves_its_parent_is_found(parent: QWidget) -> None:
    label = QLabel("text", parent)
    label.resize(label.sizeHint())
    label.show()
    assert cut_off(parent) == []
    label.move(parent.width() - 5, 0)
    assert cut_off(parent) == ["QLabel: 'text'"]


def test_wrapped_lines_need_height(parent: QWidget) -> None:
    label = QLabel(LONG, parent, wordWrap=True)
    label.resize(80, label.heightForWidth(80))
    label.show()
    assert cut_off(parent) == []
    label.resize(80, 10)
    assert cut_off(parent)


def test_an_elided_line_needs_its_tip(parent: QWidget) -> None:
    label = ElidedLabel()
    label.setParent(parent)
    label.set_line(LONG)
    label.resize(60, 20)
    label.show()
    assert cut_off(parent) == []
    label.setToolTip("")
    assert cut_off(parent)


def test_a_cell_needs_room_or_a_tip(parent: QWidget) -> None:
    table = QTableWidget(1, 1, parent)
    item = QTableWidgetItem(LONG)
    table.setItem(0, 0, item)
    table.setHorizontalHeaderLabels(["a"])
    table.resize(400, 100)
    table.setColumnWidth(0, 300)
    table.show()
    assert cut_off(parent) == []
    table.setColumnWidth(0, 30)
    assert cut_off(parent) == [f"QTableWidget: {LONG!r}"]
    item.setToolTip(LONG)
    assert cut_off(parent) == []


def test_nothing_of_the_window_is_cut_off_where_it_is_smallest(
    driver: WindowDriver, image_file: MakeFile
) -> None:
    assert cut_off(driver.window) == []
    driver.open(image_file("an image of a long name.png"))
    driver.window.resize(1024, 700)
    for panel in (
        "Rate",
        "Points",
        "Histogram",
        "Loss breakdown",
        "Pooled statistics",
        "Geometry",
        "Loss",
        "Settings",
    ):
        driver.show_dock(panel)
        QApplication.processEvents()
        assert cut_off(driver.window) == []
