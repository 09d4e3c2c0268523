"""Panels behind one another, and wherever they are put."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QTabBar
from pytestqt.qtbot import QtBot

from foveaview.app.docks import Docks

from .conftest import WindowDriver


@pytest.fixture
def docks(qtbot: QtBot) -> Docks:
    window = QMainWindow()
    qtbot.addWidget(window)
    below = {title: QLabel(title) for title in ("Loss", "Rate", "Points")}
    made = Docks(
        window, {"Targets": QLabel()}, {"Settings": QLabel("Settings"), "Gaze": QLabel("Gaze")}, below
    )
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
    driver.show_dock("Parts")
    driver.until(lambda: in_front("Targets", "Settings", "Parts"))
    layout = window.saveState()
    docks["Twin"].setFloating(True)
    driver.until(lambda: in_front("Targets", "Settings", "Parts", "Twin"))
    docks["Targets"].toggleViewAction().trigger()
    driver.until(lambda: in_front("Settings", "Parts", "Twin"))
    window.commands["reset_layout"].trigger()
    driver.until(lambda: in_front("Targets", "Settings", "Loss"))
    window.restoreState(layout)
    driver.until(lambda: in_front("Targets", "Settings", "Parts"))
    sizes = [dock.size() for dock in window.docks.all[:2]], docks["Parts"].size()
    for title in ("Rate", "Points", "Histogram", "Twin", "Loss", "Parts"):
        driver.show_dock(title)
        QApplication.processEvents()
    assert ([dock.size() for dock in window.docks.all[:2]], docks["Parts"].size()) == sizes
