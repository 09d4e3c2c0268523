"""Panels behind one another, and wherever they are put."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMainWindow, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from foveaview.app.context import Panel
from foveaview.app.shell.docks import Docks
from tests.app.conftest import WindowDriver


@pytest.fixture
def docks(qtbot: QtBot) -> Docks:
    window = QMainWindow()
    qtbot.addWidget(window)
    panels = [Panel(title, QLabel(title)) for title in ("Loss", "Rate", "Points")]
    panels += [Panel(title, QLabel(title), "right") for title in ("Settings", "Gaze")]
    made = Docks(window, [*panels, Panel("Targets", QLabel(), "left")])
    window.show()
    qtbot.waitExposed(window)
    QApplication.processEvents()
    return made


def in_front(docks: Docks) -> list[str]:
    return [dock.windowTitle() for dock in docks.all if dock.widget().isVisible()]


def test_the_first_of_each_side_is_in_front(docks: Docks) -> None:
    assert in_front(docks) == ["Targets", "Settings", "Loss"]


def test_one_that_is_wanted_comes_to_the_front(docks: Docks) -> None:
    docks.show("Points")
    docks.show("Gaze")
    QApplication.processEvents()
    assert in_front(docks) == ["Targets", "Points", "Gaze"]


def test_one_that_was_closed_comes_back(docks: Docks) -> None:
    docks.all[0].hide()
    assert "Targets" not in in_front(docks)
    docks.show("Targets")
    assert "Targets" in in_front(docks)


def test_their_tabs_have_a_name(docks: Docks) -> None:
    window = docks.all[0].window()
    bars = window.findChildren(QTabBar)
    assert {bar.accessibleName() for bar in bars} == {"Panels"}


def test_a_panel_shows_what_is_in_it_wherever_it_is_put(
    driver: WindowDriver, image_file: Callable[..., Path]
) -> None:
    driver.open(image_file())
    window = driver.window
    docks = {dock.windowTitle(): dock for dock in window.docks.all}

    def in_front(*titles: str) -> bool:
        shown = {title for title, dock in docks.items() if dock.widget().isVisible()}
        return shown == set(titles)

    driver.until(lambda: in_front("Targets", "Settings", "Loss"))
    driver.show_dock("Loss breakdown")
    driver.until(lambda: in_front("Targets", "Settings", "Loss breakdown"))
    layout = window.saveState()
    docks["Pooled statistics"].setFloating(True)
    driver.until(lambda: in_front("Targets", "Settings", "Loss breakdown", "Pooled statistics"))
    docks["Targets"].toggleViewAction().trigger()
    driver.until(lambda: in_front("Settings", "Loss breakdown", "Pooled statistics"))
    window.commands["reset_layout"].trigger()
    driver.until(lambda: in_front("Targets", "Settings", "Loss"))
    window.restoreState(layout)
    driver.until(lambda: in_front("Targets", "Settings", "Loss breakdown"))
    sizes = [dock.size() for dock in window.docks.all[:2]], docks["Loss breakdown"].size()
    for title in ("Rate", "Points", "Histogram", "Pooled statistics", "Loss", "Loss breakdown"):
        driver.show_dock(title)
        QApplication.processEvents()
    assert ([dock.size() for dock in window.docks.all[:2]], docks["Loss breakdown"].size()) == sizes


def mnemonics(widget: QWidget) -> list[str]:
    """Letters that a panel listens to, with Alt."""
    labels = [label.text() for label in widget.findChildren(QLabel) if label.buddy() is not None]
    texts = [button.text() for button in widget.findChildren(QAbstractButton)] + labels
    found = (QKeySequence.mnemonic(text) for text in texts)
    return [key.toString() for key in found if not key.isEmpty()]


def test_no_letter_of_a_menu_or_of_another_side_is_used_by_a_panel(driver: WindowDriver) -> None:
    window, sides = driver.window, dict[Qt.DockWidgetArea, set[str]]()
    titles = [QKeySequence.mnemonic(action.text()).toString() for action in window.menuBar().actions()]
    for dock in window.docks.all:
        found = mnemonics(dock.widget())
        assert sorted(found) == sorted(set(found)), dock.windowTitle()
        sides.setdefault(window.dockWidgetArea(dock), set()).update(found)
    groups = [set(titles), *sides.values()]
    assert sum(map(len, groups)) == len(set.union(*groups)), groups
