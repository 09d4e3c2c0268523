"""A line above the images for what went wrong and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

__all__ = ["Banner"]


_FAILURE, _NOTICE = QColor("#7a2e1d"), QColor("#1f4a73")


class Banner(QFrame):
    """A message above the images until it is dismissed or replaced; red for errors."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setAutoFillBackground(True)
        self.text = QLabel(wordWrap=True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._details, self._topic = "", ""
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 6, 6, 6)
        self._row.addWidget(self.text, 1)
        self.buttons: list[QPushButton] = []
        self._copy = QPushButton("Copy details")
        self._copy.setToolTip("Copy the details for a bug report")
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._details))
        close = QToolButton()
        close.setText("✕")
        close.setToolTip("Dismiss")
        close.setAccessibleName("Dismiss")
        close.clicked.connect(self.hide)
        self._row.addWidget(self._copy)
        self._row.addWidget(close)
        self.hide()

    def show_message(
        self,
        text: str,
        details: str = "",
        actions: Sequence[tuple[str, Callable[[], object]]] = (),
        topic: str = "",
    ) -> None:
        """Say something, and offer what can be done; an action or `dismiss` hides the banner."""
        for button in self.buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self.buttons = []
        for i, (label, act) in enumerate(actions):
            button = QPushButton(label)
            button.clicked.connect(self.hide)
            button.clicked.connect(act)
            self._row.insertWidget(1 + i, button)
            self.buttons.append(button)
        self.text.setText(text)
        self._details, self._topic = details, topic
        self._copy.setVisible(bool(details))
        self._set_ground(_FAILURE if details else _NOTICE)
        self.show()

    def _set_ground(self, color: QColor) -> None:
        """Set the background of the banner only: a style sheet would freeze the colours of its buttons."""
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Window, color)
        palette.setColor(QPalette.ColorRole.WindowText, QColor("white"))
        self.setPalette(palette)

    def dismiss(self, topic: str) -> None:
        """Take back what was said about a topic; another message stays."""
        if topic == self._topic:
            self.hide()
