"""A person who does anything at all: random clicks, drags, keys, commands, values, files and drops."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeySequence, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QInputDialog,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QToolButton,
    QWidget,
)

from foveaview.app.main_window import MainWindow
from foveaview.gaze import Recording
from foveaview.gaze.recordings import write_recording

__all__ = ["RandomPerson", "python_threads"]

_MOST_DOCUMENTS = 4
_NEVER = {"quit"}
_BUTTONS = (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton)
_HELD = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


def _make_files(folder: Path) -> list[Path]:
    """Images of several sizes and kinds, and what is none."""
    generator = np.random.default_rng(0)
    files = []
    for i, size in enumerate(((48, 64), (64, 48), (70, 70), (33, 90), (8, 8))):
        pixels = generator.integers(0, 256, (size[0] // 4, size[1] // 4, 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((size[1], size[0]), Image.Resampling.BILINEAR)
        path = folder / f"image {i}.png"
        (image.convert("L") if i == 2 else image).save(path)
        files.append(path)
    for name, content in (("text.png", b"no image"), ("empty.png", b""), ("damaged.pt", b"PK\x03\x04")):
        (folder / name).write_bytes(content)
        files.append(folder / name)
    t = np.arange(600) / 120
    gaze = Recording("gaze", t, 0.5 + 0.6 * np.sin(t), np.where(t % 2 < 0.2, np.nan, 0.5))
    write_recording(folder / "gaze.csv", gaze)
    (folder / "columns.csv").write_text("when,across,down\n0,5,6\n1,7,8\n2,9,9\n")
    (folder / "damaged.asc").write_bytes(b"SAMPLES GAZE\n1 x y\n")
    files += [folder / name for name in ("gaze.csv", "columns.csv", "damaged.asc")]
    (folder / "damaged.foveaview").write_text('{"format": "foveaview session"')
    return [*files, folder / "damaged.foveaview", folder / "missing.png"]


def _opens_menu(button: QAbstractButton) -> bool:
    """A menu would wait for a person."""
    return isinstance(button, QToolButton | QPushButton) and button.menu() is not None


def python_threads() -> set[threading.Thread]:
    """The threads that Python began. Those of Qt that it was asked for stay in its list after their end."""
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


class RandomPerson:
    """Drives a window by a seed.

    Args:
        window: to be driven.
        folder: for the files that are opened and written.
        seed: of what is done.
    """

    def __init__(self, window: MainWindow, folder: Path, seed: int) -> None:
        self.window, self.folder = window, folder
        self.random = random.Random(seed)
        self.files = _make_files(folder)
        self.done: list[str] = []
        self._kinds: list[tuple[int, Callable[[], None]]] = [
            (6, self._click),
            (4, self._drag),
            (3, self._wheel),
            (6, self._key),
            (6, self._command),
            (5, self._value),
            (3, self._button),
            (1, self._open),
            (1, self._drop),
            (2, self._dialog),
            (1, self._resize),
        ]

    def replace_dialogs(self, set_attribute: Callable[[Any, str, Any], None]) -> None:
        """Answer the system's dialogs, which would wait for a person."""

        def one(*_: Any, **__: Any) -> tuple[str, str]:
            return self._any_name(), ""

        def several(*_: Any, **__: Any) -> tuple[list[str], str]:
            return [self._any_name()], ""

        def written(*_: Any, **__: Any) -> tuple[str, str]:
            name = self.random.choice(("out.png", "out.pt", "out.csv", "out.foveaview", "no/folder/out.png"))
            return str(self.folder / name), ""

        def chosen(dialog: QFileDialog, *_: Any) -> None:
            dialog.fileSelected.emit(self._any_name())
            dialog.reject()

        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        set_attribute(QFileDialog, "getOpenFileName", staticmethod(one))
        set_attribute(QFileDialog, "getOpenFileNames", staticmethod(several))
        set_attribute(QFileDialog, "getSaveFileName", staticmethod(written))
        set_attribute(QFileDialog, "getExistingDirectory", staticmethod(lambda *_, **__: str(self.folder)))
        name = staticmethod(lambda *_, **__: (self.random.choice("abc"), True))
        set_attribute(QInputDialog, "getText", name)
        set_attribute(QFileDialog, "open", chosen)
        set_attribute(QMessageBox, "question", staticmethod(lambda *_, **__: self.random.choice((yes, no))))

    def act(self) -> None:
        """Do something."""
        weights, kinds = zip(*self._kinds, strict=True)
        (kind,) = self.random.choices(kinds, weights)
        self.done.append(kind.__name__.strip("_"))
        kind()
        documents = self.window.controller.state.documents
        if len(documents) > _MOST_DOCUMENTS:
            self.window.controller.documents.close(documents[0].number)

    def _any_name(self) -> str:
        return str(self.random.choice(self.files))

    def _target(self) -> QWidget:
        """Some visible widget of some visible window."""
        windows = [w for w in QApplication.topLevelWidgets() if w.isVisible()]
        window = self.random.choice(windows) if windows else self.window
        found = [w for w in window.findChildren(QWidget) if w.isVisible() and w.isEnabled()]
        views = [pane.view.viewport() for pane in self.window.images.panes if pane.view.isVisible()]
        choices = views if views and self.random.random() < 0.6 else found
        return self.random.choice(choices) if choices else self.window

    def _place(self, widget: QWidget) -> QPoint:
        return QPoint(
            self.random.randrange(max(widget.width(), 1)), self.random.randrange(max(widget.height(), 1))
        )

    def _safe(self, widget: QWidget) -> bool:
        """Not what closes the window or opens a menu, which would wait."""
        return not isinstance(widget, QAbstractButton | QComboBox) and widget is not self.window.menuBar()

    def _click(self) -> None:
        widget = self._target()
        if self._safe(widget):
            button = _BUTTONS[0] if self.random.random() < 0.8 else _BUTTONS[1]
            QTest.mouseClick(widget, button, self.random.choice(_HELD), self._place(widget))

    def _drag(self) -> None:
        widget = self._target()
        if not self._safe(widget):
            return
        button, held = self.random.choice(_BUTTONS[:2]), self.random.choice(_HELD)
        QTest.mousePress(widget, button, held, self._place(widget))
        for _ in range(self.random.randint(1, 5)):
            at = self._place(widget)
            place, none = QPointF(widget.mapToGlobal(at)), Qt.MouseButton.NoButton
            event = QMouseEvent(QEvent.Type.MouseMove, QPointF(at), place, none, button, held)
            QApplication.sendEvent(widget, event)
        QTest.mouseRelease(widget, button, held, self._place(widget))

    def _wheel(self) -> None:
        widget = self._target()
        at = QPointF(self._place(widget))
        turn = QPoint(0, self.random.choice((-240, -120, 120, 240)))
        place = QPointF(widget.mapToGlobal(at.toPoint()))
        none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        held = self.random.choice(_HELD)
        QApplication.sendEvent(widget, QWheelEvent(at, place, QPoint(), turn, none, held, phase, False))

    def _key(self) -> None:
        commands = self.window.commands.named.values()
        keys = [c.action.shortcut() for c in commands if c.name not in _NEVER and c.keys]
        key = self.random.choice(
            [*keys, *(QKeySequence(k) for k in ("Tab", "Shift+Tab", "Home", "End", "Delete", "7", "x"))]
        )
        at = QApplication.focusWidget() or self.window.images
        QTest.keySequence(at, key)

    def _command(self) -> None:
        names = [name for name in self.window.commands.named if name not in _NEVER]
        self.window.commands[self.random.choice(names)].trigger()

    def _value(self) -> None:
        """A value in some editor of the window, sensible or not."""
        kinds = (QAbstractSpinBox, QComboBox, QLineEdit)
        found = [w for kind in kinds for w in self.window.findChildren(kind) if w.isVisible()]
        if not found:
            return
        widget = self.random.choice(found)
        if isinstance(widget, QComboBox):
            index = self.random.randrange(max(widget.count(), 1))
            widget.setCurrentIndex(index)
            widget.activated.emit(index)
        elif isinstance(widget, QAbstractSpinBox):
            widget.setFocus()
            widget.stepBy(self.random.choice((-5, -1, 1, 5)))
        elif isinstance(widget, QLineEdit) and not widget.isReadOnly():
            widget.setFocus()
            QTest.keyClicks(widget, self.random.choice(("0.3", "-1", "nan", "x", "")))
            QTest.keyClick(widget, Qt.Key.Key_Return)

    def _button(self) -> None:
        """Some button of the panels or the banner; not those of dialogs that would wait."""
        found = [b for b in self.window.findChildren(QAbstractButton) if b.isVisible() and b.isEnabled()]
        found = [b for b in found if not b.objectName().startswith("qt_") and not _opens_menu(b)]
        if found:
            self.random.choice(found).click()

    def _open(self) -> None:
        self.window.controller.documents.open_targets([Path(self._any_name())])

    def _drop(self) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(self._any_name())])
        actions, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
        event = QDropEvent(QPointF(50, 50), actions, data, Qt.MouseButton.LeftButton, none)
        self.window.dropEvent(event)

    def _dialog(self) -> None:
        """Close what was opened: dialogs and the presentation."""
        for dialog in self.window.findChildren(QDialog):
            if dialog.isVisible():
                dialog.accept() if self.random.random() < 0.5 else dialog.reject()
        if self.window.presentation.screen is not None:
            self.window.presentation.screen.close()
        self.window.validation.close()

    def _resize(self) -> None:
        self.window.resize(self.random.randint(1024, 1440), self.random.randint(700, 900))
