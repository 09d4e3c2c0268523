"""A window that was closed is freed, with all that it held."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from foveaview.app.main_window import MainWindow
from tests.app.conftest import MakeFile, WindowDriver

PARTS = ("controller", "worker", "images", "sessions", "notifications", "docks", "menus", "window_layout")


def opened_and_closed(folder: Path, image: Path, qtbot: QtBot) -> list[weakref.ref[object]]:
    """References to a window and its parts, after a person has looked at an image in it."""
    settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    driver = WindowDriver(MainWindow(settings, folder / "recovery", autosave_s=None), qtbot)
    driver.window.show()
    driver.open(image)
    driver.hover(3, 4)
    target = driver.document.target
    window = driver.window
    held = [window, target, *window.features, *(getattr(window, name) for name in PARTS)]
    driver.close()
    del window
    return [weakref.ref(one) for one in held]


def test_window_closed_is_freed_with_its_parts(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, image_file: MakeFile
) -> None:
    image = image_file()
    for _ in range(3):
        references = opened_and_closed(tmp_path, image, qtbot)
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()
        assert [type(one()).__name__ for one in references if one() is not None] == []
