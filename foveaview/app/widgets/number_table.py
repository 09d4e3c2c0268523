"""Tables of numbers, to read."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem

__all__ = ["NumberTable"]


class NumberTable(QTableWidget):
    """Rows as low as their text, with numbers right-aligned; Tab moves to the next widget.

    Args:
        columns: titles, with their explanations as tooltips.
        rows: number of rows.
        spacing_px: between two rows.
        font_scale: size of the text relative to the usual one.
        named: True if the first column holds names, aligned left.
        tight: True to make rows lower than the style would.
    """

    def __init__(
        self,
        columns: Mapping[str, str],
        rows: int = 0,
        spacing_px: int = 3,
        font_scale: float = 1.0,
        named: bool = True,
        tight: bool = False,
    ) -> None:
        super().__init__(rows, len(columns))
        self._named = named
        if font_scale != 1.0:
            font = self.font()
            font.setPointSizeF(font_scale * font.pointSizeF())
            for widget in (self, self.horizontalHeader()):
                widget.setFont(font)
        for column, (title, tip) in enumerate(columns.items()):
            header = QTableWidgetItem(title)
            header.setToolTip(tip)
            self.setHorizontalHeaderItem(column, header)
        self.verticalHeader().hide()
        if tight:
            self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + spacing_px)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)

    def show_whole(self, characters: int) -> None:
        """Give it just the room of its rows, so many characters wide; nothing in it is selected."""
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("0") * characters)
        rows = self.rowCount() * self.verticalHeader().defaultSectionSize()
        header = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(header + rows + 2 * self.frameWidth())

    def cell(self, row: int, column: int) -> QTableWidgetItem:
        """The item there, made if there is none yet."""
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            left = self._named and column == 0
            across = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
            item.setTextAlignment(across | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(row, column, item)
        return item
