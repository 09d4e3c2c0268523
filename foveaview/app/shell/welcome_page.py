"""The page shown if no image is open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from foveaview.files import resource

__all__ = ["SAMPLES", "WelcomePage"]

SAMPLES = ("astronaut.png", "coffee.png", "rocket.jpg", "macaque.jpg")


class WelcomePage(QWidget):
    """Says how to open an image, and offers the samples.

    Signals:
        chosen: path of a sample.
        reopened: the last session is wanted.
    """

    chosen = Signal(Path)
    reopened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        text = QLabel("Drop an image here, or open one (Ctrl+O)", alignment=Qt.AlignmentFlag.AlignCenter)
        font = text.font()
        font.setPointSizeF(font.pointSizeF() * 1.4)
        text.setFont(font)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(QLabel("Samples:"))
        for name in SAMPLES:
            button = QPushButton(Path(name).stem)
            button.clicked.connect(lambda _=False, name=name: self.chosen.emit(resource(f"samples/{name}")))
            row.addWidget(button)
        row.addStretch(1)
        self.reopen = QPushButton()
        self.reopen.setAccessibleName("Reopen last session")
        self.reopen.clicked.connect(self.reopened)
        self.set_last("")
        last = QHBoxLayout()
        last.addStretch(1)
        last.addWidget(self.reopen)
        last.addStretch(1)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(text)
        column.addLayout(row)
        column.addLayout(last)
        column.addStretch(1)

    def set_last(self, label: str) -> None:
        """Offer the last session, in the words of when it was and of what; nothing if there is none."""
        self.reopen.setText(f"Reopen last session ({label})" if len(label) < 80 else "Reopen last session")
        self.reopen.setToolTip(f"Restore the session of the last closed window: {label}")
        self.reopen.setVisible(bool(label))
