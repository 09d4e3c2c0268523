"""The pinned points: position and values, a row for each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QPushButton, QWidget

from foveaview.app.core.state import MOST_PINS
from foveaview.app.widgets.number_table import NumberTable
from foveaview.app.widgets.panel_layout import LineBelow, PanelLayout, Placeholder
from foveaview.inspection.readout import Readout, decimals, to_bytes

__all__ = ["COLUMNS", "PointsPanel"]

COLUMNS = {
    "": "Number of the point, as it is marked on the images.",
    "x": "Column in pixels, from 0 at the left.",
    "y": "Row in pixels, from 0 at the top.",
    "ecc. °": "Eccentricity: degrees from the gaze.",
    "pool. px": "Size of the pooling region in pixels.",
    "target": "Channels of the target, 0 to 1.",
    "candidate": "Channels of the candidate, 0 to 1.",
    "diff.": "Candidate less target: the mean of the channels, as the difference map shows it.",
    "loss/px": "Loss per pixel: the heatmap's value.",
}
_SMALL_FONT = 0.9
"""Of the usual size, so that all columns fit a window of 1024 pixels."""

_DELETE = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_LOOK = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def _texts(number: int, point: Readout) -> list[str]:
    """The texts of a row, in the order of the columns."""
    return [
        str(number),
        *map(str, point.pixel),
        f"{point.eccentricity_deg:.2f}",
        f"{point.pooling_px:.1f}",
        decimals(point.target),
        decimals(point.candidate or ()),
        "" if point.difference is None else f"{sum(point.difference) / len(point.difference):+z.4f}",
        "" if point.loss is None else f"{point.loss:.3g}",
    ]


def _tip(point: Readout) -> str:
    """The bytes, and whether the numbers are of what is set now."""
    pairs = (("target", point.target), ("candidate", point.candidate))
    colors = [f"{name} {' '.join(map(str, to_bytes(color)))}" for name, color in pairs if color is not None]
    return f"In bytes: {', '.join(colors)}. The numbers are {point.state}, the heatmap of {point.term}."


class _Table(NumberTable):
    """Rows that keys take away and look at.

    Signals:
        deleted, looked: number of the row.
    """

    deleted = Signal(int)
    looked = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes the row's pin away, Enter looks at it; Tab continues to the buttons."""
        row = self.currentRow()
        if row >= 0 and event.key() in _DELETE:
            self.deleted.emit(row)
        elif row >= 0 and event.key() in _LOOK:
            self.looked.emit(row)
        else:
            super().keyPressEvent(event)


class PointsPanel(QWidget):
    """A table with a row for each point, and buttons for all of them.

    Signals:
        chosen: the pixel (column, row) of a row that was clicked.
        looked: that of a row that was double-clicked, or on which Enter was pressed.
        unpinned: that of a row to unpin.
        saved, copied, cleared: a button was clicked.
    """

    chosen = Signal(object)
    looked = Signal(object)
    unpinned = Signal(object)
    saved = Signal()
    copied = Signal()
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[Readout, ...] = ()
        self.table = _Table(COLUMNS, spacing_px=1, font_scale=_SMALL_FONT, named=False)
        self._make_table()
        self.line = QLabel()
        self.line.setWordWrap(True)
        self._pages = Placeholder(self.table, f"Alt+click a pixel to pin it (at most {MOST_PINS})")
        PanelLayout(self, self._pages, after=self._make_buttons())
        self.set_points(())

    def _make_table(self) -> None:
        table = self.table
        table.setAccessibleName("Pinned points")
        table.setToolTip("A click shows a point, a double click looks at it, Delete unpins it")
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setMinimumSectionSize(16)
        table.horizontalHeader().setHighlightSections(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setMinimumWidth(160)
        for signal, told in (
            (table.cellClicked, self.chosen),
            (table.cellDoubleClicked, self.looked),
            (table.looked, self.looked),
            (table.deleted, self.unpinned),
        ):
            signal.connect(lambda row, *_, told=told: told.emit(self._points[row].pixel))

    def _make_buttons(self) -> LineBelow:
        self.save_button, self.copy_button = QPushButton("Save CSV..."), QPushButton("Copy")
        self.clear_button = QPushButton("Clear")
        buttons = (self.save_button, self.copy_button, self.clear_button)
        for button, told, tip in (
            (self.save_button, self.saved, "Write the points to a CSV file, with all their digits."),
            (self.copy_button, self.copied, "Copy the points as a table, to paste into a spreadsheet."),
            (self.clear_button, self.cleared, "Take all pins away."),
        ):
            button.setToolTip(tip)
            button.setAccessibleName(f"{button.text().removesuffix('...')} points")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
            button.clicked.connect(told)
        self.line.setFixedWidth(self.save_button.sizeHint().width())
        return LineBelow(*buttons, line=self.line)

    @property
    def empty(self) -> QLabel:
        """The text shown if there is no point."""
        return self._pages.label

    def set_points(self, points: Sequence[Readout]) -> None:
        """Show points, in the order of their numbers."""
        self._points = tuple(points)
        self._pages.set_there(bool(points))
        for button in (self.save_button, self.copy_button, self.clear_button):
            button.setEnabled(bool(points))
        state = points[0].state if points else "full"
        self.line.setText("" if state == "full" else state.split(":")[0])
        self.line.setToolTip(state)
        self.table.setRowCount(len(points))
        for row, point in enumerate(points):
            self._show_row(row, point)

    def _show_row(self, row: int, point: Readout) -> None:
        tip = _tip(point)
        for column, text in enumerate(_texts(row + 1, point)):
            item = self.table.cell(row, column)
            item.setText(text)
            item.setToolTip(tip)
