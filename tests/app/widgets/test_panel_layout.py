"""Panels with a plot or a table, and what stands beside and in place of it."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from foveaview.app.widgets.panel_layout import LineBelow, PanelLayout, Placeholder


def test_what_is_looked_at_takes_the_room_between_what_stands_beside_it(qtbot: QtBot) -> None:
    panel, shown = QWidget(), QLabel("plot")
    qtbot.addWidget(panel)
    before, after = QLabel("before"), QLabel("after")
    PanelLayout(panel, shown, LineBelow(before, line=QLabel()), LineBelow(after, line=QLabel()))
    panel.resize(600, 200)
    panel.show()
    assert before.geometry().right() < shown.x()
    assert shown.geometry().right() < after.x()
    assert shown.width() > before.width() + after.width()


def test_a_text_stands_in_its_place_until_there_is_something(qtbot: QtBot) -> None:
    shown = QLabel("plot")
    pages = Placeholder(shown, "Open one")
    qtbot.addWidget(pages)
    pages.show()
    assert pages.label.isVisible()
    assert pages.label.text() == "Open one"
    pages.set_there(True)
    assert shown.isVisible()
    assert not pages.label.isVisible()
    pages.set_there(False)
    assert pages.label.isVisible()
