"""Layout of panels that show a plot or a table with controls and notes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QStackedWidget, QVBoxLayout, QWidget

__all__ = ["LineBelow", "PanelLayout", "Placeholder"]

_MARGINS_PX = (6, 4, 6, 4)


class PanelLayout(QHBoxLayout):
    """Gives the plot or table all the room between the controls before it and the notes after it.

    Args:
        panel: to lay out.
        shown: plot or table.
        before, after: layouts beside it; None for nothing.
    """

    def __init__(
        self, panel: QWidget, shown: QWidget, before: QLayout | None = None, after: QLayout | None = None
    ) -> None:
        super().__init__(panel)
        self.setContentsMargins(*_MARGINS_PX)
        if before is not None:
            self.addLayout(before)
        self.addWidget(shown, 1)
        if after is not None:
            self.addLayout(after)


class LineBelow(QVBoxLayout):
    """Widgets, and below them a text that has the rest of the height.

    Args:
        widgets: from the top down.
        line: the text.
    """

    def __init__(self, *widgets: QWidget, line: QLabel) -> None:
        super().__init__()
        for widget in widgets:
            self.addWidget(widget)
        self.addWidget(line, 1, Qt.AlignmentFlag.AlignTop)


class Placeholder(QStackedWidget):
    """A plot or a table, or a text in its place while there is nothing to show.

    Args:
        shown: plot or table.
        text: what to do to have something.

    Attributes:
        label: the text.
    """

    def __init__(self, shown: QWidget, text: str) -> None:
        super().__init__()
        self._shown, self.label = shown, QLabel(text)
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label.setWordWrap(True)
        self.addWidget(self.label)
        self.addWidget(shown)

    def set_there(self, there: bool) -> None:
        """Say whether there is something to show."""
        self.setCurrentWidget(self._shown if there else self.label)
