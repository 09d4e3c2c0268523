"""Windows that were larger elsewhere, made to fit the screen that they are on."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStyle, QWidget

__all__ = ["fit_to_screen"]


def _frame(window: QWidget) -> QRect:
    """The window's frame; for a window that was never shown, with an estimated title bar."""
    frame = window.frameGeometry()
    if frame == window.geometry() and not window.isVisible():
        bar = window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight, None, window)
        frame.setTop(frame.top() - bar)
    return frame


def fit_to_screen(window: QWidget) -> None:
    """Shrink a window to the available part of its screen, and move it there.

    Qt does not restore the size from a screen of another width, and keeps too large a height. One
    that fills its screen is left to the window manager.

    Args:
        window: a window of its own, shown or not.
    """
    if window.isFullScreen() or window.isMaximized():
        return
    screen = QGuiApplication.screenAt(window.geometry().center()) or window.screen()
    there = screen.availableGeometry()
    frame, inside = _frame(window), window.size()
    borders = frame.size() - inside
    window.resize(inside.boundedTo(there.size() - borders))
    size = window.size() + borders  # no smaller than it can be
    x = max(min(frame.x(), there.right() + 1 - size.width()), there.left())
    y = max(min(frame.y(), there.bottom() + 1 - size.height()), there.top())
    window.move(window.pos() + QPoint(x, y) - frame.topLeft())
