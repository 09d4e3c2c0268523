"""All keys, to look up and to change."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.core.actions import ActionRegistry, NamedAction

__all__ = ["MOUSE", "ShortcutsDialog"]

MOUSE = (
    ("Click or drag", "Look here"),
    ("Wheel", "Zoom at the pointer"),
    ("Middle drag", "Pan"),
    ("Ctrl+wheel", "Alpha"),
    ("Alt+click", "Pin a pixel, or unpin it"),
    ("Alt+middle drag", "Shift the second image"),
    ("Shift held", "See the target"),
    ("Click or drag on the loss", "The metamer of that step"),
    ("Presenting: P, C, +, -", "Photodiode patch: show, corner, size"),
)


class ShortcutsDialog(QDialog):
    """A table of commands with their keys; the chosen one's can be changed below it."""

    def __init__(self, actions: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys and mouse")
        self.resize(620, 560)
        self._actions = actions
        self.search = QLineEdit(placeholderText="Find a command", clearButtonEnabled=True)
        self.search.setAccessibleName("Find a command")
        self.search.setToolTip("Show only commands with this text")
        self.search.textChanged.connect(self._filter)
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName("Commands and their keys")
        self.table.setToolTip("Choose a command to change its keys below")
        self.table.setHorizontalHeaderLabels(["Menu", "Command", "Keys"])
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.currentCellChanged.connect(lambda *_: self._show_current())
        self._fill()
        self._make_editor()
        column = QVBoxLayout(self)
        column.addWidget(self.search)
        column.addWidget(self.table, 1)
        column.addLayout(self._row)
        column.addWidget(self.remark)
        column.addWidget(self._buttons)
        actions.rebound.connect(self._refresh)

    def _make_editor(self) -> None:
        self.editor = QKeySequenceEdit(maximumSequenceLength=1, clearButtonEnabled=True)
        self.editor.setAccessibleName("New keys of the chosen command")
        self.editor.setToolTip("Press the new keys")
        self.change = QPushButton("Change")
        self.change.setToolTip("Assign these keys to the chosen command; leave empty to remove its keys")
        self.change.clicked.connect(self._change)
        self.editor.keySequenceChanged.connect(self._warn)
        label = QLabel("New keys")
        label.setBuddy(self.editor)
        self._row = QHBoxLayout()
        for widget in (label, self.editor, self.change):
            self._row.addWidget(widget)
        self.remark = QLabel(wordWrap=True)
        kinds = QDialogButtonBox.StandardButton
        self._buttons = QDialogButtonBox(kinds.Close | kinds.RestoreDefaults)
        self._buttons.rejected.connect(self.reject)
        self._buttons.button(kinds.RestoreDefaults).clicked.connect(self._actions.reset)

    def _fill(self) -> None:
        for command in self._actions.named.values():
            self._add_row(command.group, command.text, self._shown_keys(command), command.name)
        for keys, text in MOUSE:
            self._add_row("Mouse", text, keys, "")
        self.table.resizeColumnToContents(0)
        self.table.setColumnWidth(2, 150)

    def _add_row(self, group: str, text: str, keys: str, name: str) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        for column, content in enumerate((group, text, keys)):
            item = QTableWidgetItem(content)
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.table.setItem(row, column, item)

    @staticmethod
    def _shown_keys(command: NamedAction) -> str:
        return command.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def _cell(self, row: int, column: int) -> QTableWidgetItem:
        item = self.table.item(row, column)
        assert item is not None
        return item

    def _current(self) -> NamedAction | None:
        row = self.table.currentRow()
        if row < 0:
            return None
        return self._actions.named.get(self._cell(row, 0).data(Qt.ItemDataRole.UserRole))

    def _show_current(self) -> None:
        command = self._current()
        self.editor.setEnabled(command is not None)
        self.change.setEnabled(command is not None)
        self.editor.setKeySequence(command.action.shortcut() if command is not None else QKeySequence())

    def _keys(self) -> str:
        return self.editor.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def _warn(self) -> None:
        holder = self._actions.holder_of(self._keys())
        taken = holder is not None and holder is not self._current()
        self.remark.setText(
            f"Already used by {holder.text!r}, which would lose them" if taken and holder else ""
        )

    def _change(self) -> None:
        command = self._current()
        if command is not None:
            self._actions.set_keys(command.name, self._keys())
            self.remark.setText("")

    def _refresh(self, name: str) -> None:
        for row in range(self.table.rowCount()):
            if self._cell(row, 0).data(Qt.ItemDataRole.UserRole) == name:
                self._cell(row, 2).setText(self._shown_keys(self._actions.named[name]))

    def _filter(self, text: str) -> None:
        wanted = text.casefold()
        for row in range(self.table.rowCount()):
            content = " ".join(self._cell(row, column).text() for column in range(3))
            self.table.setRowHidden(row, wanted not in content.casefold())
