"""Opens the window."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from foveaview.app.main_window import MainWindow
from foveaview.app.shell.preload import load_ahead
from foveaview.app.shell.screenshot import Screenshot
from foveaview.app.widgets.theme import Theme, apply_theme
from foveaview.interrupts import deferred_signals
from foveaview.sessions.model import AUTOSAVE_S, SUFFIX

__all__ = ["run_window"]

_AHEAD_MS = 1000
"""From the window on screen; by then the first picture is there."""

_LOOK_MS = 250
"""Between two looks whether a signal came."""


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
        raise ValueError("no screen found: set DISPLAY, or use --screenshot with QT_QPA_PLATFORM=offscreen")


def _check_alone(paths: Sequence[Path]) -> None:
    if len(paths) > 1 and any(path.suffix == SUFFIX for path in paths):
        raise ValueError("a session must be opened alone: leave out the other files")


def _close_where(window: MainWindow, asked: Callable[[], bool]) -> None:
    """Close a window soon after `asked()` becomes true, once the loop runs, which would miss it before.

    Python looks for signals only when it runs, which it does not while Qt waits: hence a timer.
    """

    def look() -> None:
        if asked():
            window.close()

    ticks = QTimer(window, interval=_LOOK_MS)
    ticks.timeout.connect(look)
    ticks.start()


def run_window(
    images: Sequence[Path],
    candidate: Path | None = None,
    gaze: tuple[float, float] = (0.5, 0.5),
    theme: Theme = "system",
    screenshot: Path | None = None,
    after_s: float = 2.0,
    size: tuple[int, int] | None = None,
    autosave_s: float = AUTOSAVE_S,
) -> int:
    """Open the window on images or a session, run it until it is closed, and return the exit code.

    Raises:
        ValueError: if there is no screen, for a session among other files, or where not all was open for
            the screenshot.
        OSError: if the screenshot cannot be written.
    """
    _check_alone(images)
    _check_screen()
    application = _application(theme)
    settings = QSettings("foveaview", "foveaview")
    with deferred_signals() as asked:  # from here on a worker runs, which ends with the window
        window = MainWindow(settings, autosave_s=autosave_s if screenshot is None else None)
        picture = None
        if screenshot is not None:
            n_targets = sum(path.suffix != SUFFIX for path in images)
            picture = Screenshot(window.context, screenshot, after_s, n_targets, candidate is not None)
        window.begin(list(images), candidate, gaze)
        if size is None and screenshot is None:
            window.window_layout.show()
        else:
            if size is not None:
                window.resize(*size)
            window.show()
        # Everything loaded so far stays: a full collection of it takes 200 ms.
        gc.collect()
        gc.freeze()
        _close_where(window, asked)
        if screenshot is None:
            QTimer.singleShot(_AHEAD_MS, window, load_ahead)
        code = application.exec()
    if picture is not None and picture.error is not None:
        raise picture.error
    return code
