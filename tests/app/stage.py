"""A window that scenes are played in and pictures are taken of."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, QSettings, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QDockWidget, QWidget

from foveaview.app.core.state import Document, Phase
from foveaview.app.main_window import MainWindow
from foveaview.app.widgets.theme import Theme, apply_theme
from foveaview.files import resource
from tests.app.cut_off import cut_off

__all__ = ["Appearance", "Stage", "wait"]

LONGEST_WAIT_S = 60
GAZE = (0.42, 0.25)


@dataclass(frozen=True)
class Appearance:
    """A size of the window and a theme."""

    size: tuple[int, int]
    theme: Theme

    def __str__(self) -> str:
        return f"{self.size[0]}x{self.size[1]}-{self.theme}"


def wait(milliseconds: int) -> None:
    """Let the window work; QTest.qWait holds Python's lock, so that the worker would stand still."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


class Stage:
    """Drives one window after the other.

    Args:
        application: whose theme is changed.
        folder: for what windows keep.
        looks: that pictures are taken in.

    Attributes:
        save: what is done with each picture.
        wrong: what was cut off.
    """

    def __init__(self, application: QApplication, folder: Path, looks: Sequence[Appearance]) -> None:
        self._application, self.folder, self.looks = application, folder, looks
        self.save: Callable[[QPixmap, Appearance], object] = lambda _picture, _look: None
        self.wrong: list[str] = []
        self._numbers = count()
        self._window: MainWindow | None = None

    # windows

    @property
    def window(self) -> MainWindow:
        """The one that is shown."""
        assert self._window is not None
        return self._window

    @property
    def document(self) -> Document:
        """The target that is shown."""
        document = self.window.controller.state.document
        assert document is not None
        return document

    def begin(self, recovery: Path | None = None) -> None:
        """Show a new window, of which nothing is known but what is in `recovery`."""
        own = self.folder / str(next(self._numbers))
        own.mkdir()
        look = self.looks[0]
        apply_theme(self._application, look.theme)
        settings = QSettings(str(own / "settings.ini"), QSettings.Format.IniFormat)
        self._window = MainWindow(settings, recovery or own / "runs", None if recovery is None else 60)
        self._window.resize(*look.size)
        self._window.show()
        self._application.processEvents()

    def end(self) -> None:
        """Close the window."""
        self.window.close()
        self.window.deleteLater()
        self._window = None
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    # waiting

    def until(self, reached: Callable[[], bool]) -> None:
        """Let the window work until something is so."""
        ends = time.monotonic() + LONGEST_WAIT_S
        while not reached():
            if time.monotonic() > ends:
                raise TimeoutError(f"the window did not come so far in {LONGEST_WAIT_S} s")
            wait(10)

    def settle(self) -> None:
        """Wait until what is shown is in full and up to date."""

        def settled() -> bool:
            document, layer = self.document, self.window.controller.state.view.layer
            whole = document.picture is not None and document.quality == "full"
            shown = layer in ("target", "candidate") or (
                document.map is not None and document.map.layer == layer
            )
            return whole and shown and not document.shown_changes(layer) and not document.heatmap_changes

        self.until(settled)

    # what a person does

    def open(self, *names: str, gaze: tuple[float, float] = GAZE) -> None:
        """Open samples; the last is shown."""
        names = names or ("astronaut.png",)
        self.window.controller.documents.open_targets([resource(f"samples/{name}") for name in names], gaze)
        self.until(lambda: len(self.window.controller.state.documents) == len(names))
        self.settle()

    def view(self, **changes: Any) -> None:
        """Change how the images are shown."""
        self.window.controller.edits.set_view(**changes)
        self.settle()

    def run(self, iterations: int, steps: int = 1000) -> None:
        """Search from a ventral metamer, and come as far as that."""
        controller = self.window.controller
        controller.edits.set_synthesis("start", "ventral")
        controller.edits.set_synthesis("steps", steps)
        controller.search.start()
        self.until(lambda: self.document.status is not None and self.document.status.iteration >= iterations)

    def pause(self) -> None:
        """Pause the search, with its image in full."""
        self.window.controller.search.pause()
        self.until(lambda: self.document.phase is Phase.PAUSED)
        self.settle()

    def panel(self, title: str) -> None:
        """Bring a panel to the front."""
        dock = next(dock for dock in self.window.docks.all if dock.windowTitle() == title)
        assert isinstance(dock, QDockWidget)
        dock.raise_()
        self.until(dock.widget().isVisible)

    def hover(self, column: int, row: int, pane: int = 0) -> None:
        """Let the pointer rest on a pixel, or its neighbour where the picture is shown smaller than it is."""
        shown = self.window.images.panes[pane]

        def rests() -> bool:  # the images may still become larger or smaller
            for step in (1, 0):
                place = QPointF(column + step + 0.5, row + 0.5)
                self._move(shown.view.viewport(), shown.view.mapFromScene(shown.box.mapViewToScene(place)))
            return self.window.status.position.text().startswith("x")

        self.until(rests)

    @staticmethod
    def _move(widget: QWidget, at: QPoint) -> None:
        """QTest's own moves need a real cursor."""
        none = Qt.MouseButton.NoButton
        place, held = QPointF(widget.mapToGlobal(at)), Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(
            widget, QMouseEvent(QEvent.Type.MouseMove, QPointF(at), place, none, none, held)
        )
        wait(15)

    # pictures

    def take(self, over: QDialog | None = None, instead: QWidget | None = None) -> None:
        """Take a picture in every look: of the window, with a dialog over it, or of another window."""
        for look in self.looks:
            apply_theme(self._application, look.theme)
            shown = instead or self.window
            shown.resize(*look.size)
            wait(60)
            picture = shown.grab()
            if over is not None:
                _lay_over(picture, over.grab())
            self._look_for_cut_off(over or shown, look)
            self.save(picture, look)

    def _look_for_cut_off(self, window: QWidget, look: Appearance) -> None:
        if isinstance(window, QDialog) and (window.width() > look.size[0] or window.height() > look.size[1]):
            self.wrong.append(f"{look}: {window.windowTitle()} is larger than the window")
        self.wrong += [f"{look}: {line}" for line in cut_off(window)]


def _lay_over(picture: QPixmap, dialog: QPixmap) -> None:
    """A dialog in the middle, with a frame as a desktop draws one."""
    painter = QPainter(picture)
    painter.fillRect(picture.rect(), Qt.GlobalColor.transparent)
    left, top = (picture.width() - dialog.width()) // 2, (picture.height() - dialog.height()) // 2
    painter.fillRect(left - 1, top - 1, dialog.width() + 2, dialog.height() + 2, Qt.GlobalColor.black)
    painter.drawPixmap(left, top, dialog)
    painter.end()
