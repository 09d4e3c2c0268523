"""Asks which recording or stream of a file to read, or for the origin of its coordinates."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from foveaview.gaze.recordings import Choice

__all__ = ["ChoiceDialog"]


class ChoiceDialog(QDialog):
    """Dialog that lists choices, to pick one.

    Args:
        name: of the file.
        what: why a choice is needed, as a sentence about the file.
        title: of what is chosen, such as "Recording".
        choices: the choices.
        parent: the window.

    Signals:
        chosen: the value of the `Choice`.
    """

    chosen = Signal(str)

    def __init__(
        self, name: str, what: str, title: str, choices: Sequence[Choice], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{title} of {name}")
        self._choices = tuple(choices)
        self.line = QLabel(f"{name} {what}. Choose one to read:", wordWrap=True)
        self.line.setTextFormat(Qt.TextFormat.PlainText)
        self.table = QTableWidget(len(self._choices), 2)
        self._fill(title)
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        for kind, tip in ((kinds.Ok, "Read the choice"), (kinds.Cancel, "Do not open the file")):
            button = self.buttons.button(kind)
            button.setAccessibleName(button.text().replace("&", ""))
            button.setToolTip(tip)
        column = QVBoxLayout(self)
        column.addWidget(self.line)
        column.addWidget(self.table, 1)
        column.addWidget(self.buttons)
        self.table.setFocus()
        self.resize(560, 320)

    def _fill(self, title: str) -> None:
        table = self.table
        table.setAccessibleName(f"{title}s to choose from")
        table.setToolTip("A double click reads it")
        table.setHorizontalHeaderLabels([title, "About it"])
        table.verticalHeader().hide()
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setHighlightSections(False)
        for row, choice in enumerate(self._choices):
            for at, text in enumerate((choice.value, choice.facts)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                table.setItem(row, at, item)
        table.selectRow(0)
        table.cellDoubleClicked.connect(lambda row, _column: self._take(row))

    @property
    def current(self) -> str | None:
        """The value that is chosen now."""
        rows = self.table.selectionModel().selectedRows()
        return self._choices[rows[0].row()].value if rows else None

    def _accept(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        if rows:
            self._take(rows[0].row())

    def _take(self, row: int) -> None:
        self.accept()
        self.chosen.emit(self._choices[row].value)
