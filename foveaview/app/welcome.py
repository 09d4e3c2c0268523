"""What is shown while no image is open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from foveaview.files import resource

__all__ = ["SAMPLES", "Welcome"]

SAMPLES = ("astronaut.png", "coffee.png", "rocket.jpg", "macaque.jpg")


class Welcome(QWidget):
    """Says how to open an image, and offers the samples.

    Signals:
        chosen: path of a sample.
    """

    chosen = Signal(Path)

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
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(text)
        column.addLayout(row)
        column.addStretch(1)
