"""Windows fit the screen that they are on."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from foveaview.app.shell.fitting import fit_to_screen
from tests.app.conftest import WindowDriver


def is_inside(window: QWidget) -> bool:
    return window.screen().availableGeometry().contains(window.frameGeometry())


@pytest.mark.parametrize("shown", [False, True])
@pytest.mark.parametrize("place", [(3000, 1900, 900, 700), (-50, -50, 9000, 9000), (-100, 40, 900, 5000)])
def test_a_window_that_is_too_large_or_outside_fits(
    place: tuple[int, int, int, int], shown: bool, qtbot: QtBot
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(*place)
    window.setVisible(shown)
    fit_to_screen(window)
    assert is_inside(window)


def test_a_window_that_fits_stays_as_it_is(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(200, 300, 640, 480)
    fit_to_screen(window)
    assert window.geometry() == QRect(200, 300, 640, 480)


def test_the_place_of_the_last_time_fits(driver: WindowDriver) -> None:
    window, there = driver.window, driver.window.screen().availableGeometry()
    window.setGeometry(there.x() + 40, there.y() + 40, there.width() + 500, there.height() + 300)
    window.window_layout.save()
    window.hide()
    window.resize(1000, 700)
    window.window_layout.show()
    assert is_inside(window)
