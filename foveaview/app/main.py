"""Opens the window."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from foveaview.app.file_actions import remember
from foveaview.app.theme import Theme, apply_theme
from foveaview.app.window import MainWindow
from foveaview.files import replacing

__all__ = ["run_window"]


def _application(theme: Theme) -> QApplication:
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("foveaview")
    application.setDesktopFileName("foveaview")
    apply_theme(application, theme)
    if theme == "system":
        application.styleHints().colorSchemeChanged.connect(lambda _scheme: apply_theme(application, theme))
    return application


def _check_screen() -> None:
    named = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if sys.platform.startswith("linux") and not named:
        raise ValueError(
            "there is no screen here: set DISPLAY, or use --screenshot with QT_QPA_PLATFORM=offscreen"
        )


def _save_screenshot(window: MainWindow, path: Path) -> None:
    picture = window.grab()
    with replacing(path) as part:
        if not picture.save(str(part), "PNG"):
            raise OSError(f"{path}: the screenshot could not be written")


def run_window(
    images: Sequence[Path],
    candidate: Path | None = None,
    gaze: tuple[float, float] = (0.5, 0.5),
    theme: Theme = "system",
    screenshot: Path | None = None,
    after_s: float = 2.0,
    size: tuple[int, int] | None = None,
) -> int:
    """Open the window on images and run it until it is closed; the exit code.

    Raises:
        ValueError: where there is no screen.
        OSError: where the screenshot cannot be written.
    """
    _check_screen()
    application = _application(theme)
    window = MainWindow(QSettings("foveaview", "foveaview"))
    geometry = window.settings.value("geometry")
    if geometry is not None and size is None and screenshot is None:
        window.restoreGeometry(geometry)
    if size is not None:
        window.resize(*size)
    remember(window, [path for path in images if path.exists()])
    window.controller.open_targets(images, gaze, candidate)
    window.show()
    # What is loaded by now stays: a full collection that looks through it all takes 200 ms.
    gc.collect()
    gc.freeze()
    errors: list[OSError] = []

    def finish() -> None:
        assert screenshot is not None
        try:
            _save_screenshot(window, screenshot)
        except OSError as error:
            errors.append(error)
        window.close()

    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda _number, _frame: window.close())
    # Python looks for signals only when it runs, which it does not while Qt waits
    ticks = QTimer(window, interval=250)
    ticks.timeout.connect(lambda: None)
    ticks.start()
    if screenshot is not None:
        QTimer.singleShot(round(after_s * 1000), finish)
    code = application.exec()
    if errors:
        raise errors[0]
    return code
