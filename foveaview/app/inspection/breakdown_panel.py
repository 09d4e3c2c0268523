"""The parts of the metameric loss: a bar for each, and their curves over a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QSplitter,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.widgets.iteration_plot import IterationPlot
from foveaview.app.widgets.plots import color_of, color_plot
from foveaview.live import Dissections
from foveaview.perception.analysis.loss_breakdown import (
    Attribute,
    LossPart,
    Selection,
    described,
    grouped,
    summed,
)

__all__ = ["BreakdownPanel"]

_BY: dict[Attribute, str] = {
    "level": "by level",
    "band": "by orientation",
    "channel": "by channel",
    "statistic": "by statistic",
}
_TIPS: dict[Attribute, str] = {
    "level": "Level 0 is the finest; the last is the lowpass. Foveal pixels count to level 0.",
    "band": "The direction in which brightness changes: 0° answers to upright edges.",
    "channel": "Y is brightness; Cr and Cb are colour.",
    "statistic": "Pooled means and standard deviations; the lowpass and the foveal pixels are plain values.",
}
_WHOLE = "whole"
_EMPTY = "The metameric loss by part"
_SHARE_ROLE, _COLOR_ROLE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_BAR_ALPHA = 150


class _BarDelegate(QStyledItemDelegate):
    """A share as a bar with its number over it."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the ground, the bar and the text."""
        place: Any = option  # its attributes have no types
        style = place.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, place, painter, place.widget)
        share, color = index.data(_SHARE_ROLE), index.data(_COLOR_ROLE)
        bar = place.rect.adjusted(2, 2, -2, -2)
        if share is not None:
            painter.fillRect(
                QRect(bar.topLeft(), bar.size()).adjusted(0, 0, -round(bar.width() * (1 - share)), 0), color
            )
        selected = bool(place.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        painter.setPen(place.palette.color(role))
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(bar.adjusted(0, 0, -2, 0), flags, index.data())


class _PartTable(QTableWidget):
    """Name, value and share of each part, and of the whole; a row can be chosen."""

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.setItemDelegateForColumn(2, _BarDelegate(self))
        self.setAccessibleName("Parts of the metameric loss")
        self.horizontalHeader().hide()
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 2)
        for column in (0, 1):
            self.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setStretchLastSection(True)
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 26)

    def set_rows(self, values: dict[str, float]) -> None:
        """Show a row for each value, and the last for their sum."""
        whole = sum(values.values())
        self.setRowCount(len(values) + 1)
        for row, (name, value) in enumerate((*values.items(), (_WHOLE, whole))):
            share = value / whole if whole > 0 else 0.0
            self._set_row(row, name, value, share, None if row == len(values) else color_of(row))

    def _set_row(self, row: int, name: str, value: float, share: float, color: str | None) -> None:
        for column, text in enumerate((name, f"{value:.3e}", f"{100 * share:.1f} %")):
            item = self.item(row, column)
            if item is None:
                item = QTableWidgetItem()
                self.setItem(row, column, item)
            item.setText(text)
            font = self.font()
            font.setBold(color is None)
            item.setFont(font)
            if column:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._set_bar(row, share, color)

    def _set_bar(self, row: int, share: float, color: str | None) -> None:
        item = self.item(row, 2)
        assert item is not None
        painted = QColor() if color is None else QColor(color)
        painted.setAlpha(_BAR_ALPHA)
        item.setData(_COLOR_ROLE, painted)
        item.setData(_SHARE_ROLE, share if color is not None and np.isfinite(share) else None)


class BreakdownPanel(QWidget):
    """The metameric loss by level, orientation, channel or statistic, and the curves of the parts.

    Signals:
        part_chosen: the `Selection` of a row that was chosen, None for the whole.
    """

    part_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[LossPart, ...] = ()
        self._values: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self._history: tuple[Dissections, tuple[LossPart, ...]] | None = None
        self._chosen: Selection | None = None
        self.by_box, self.line = QComboBox(), QLabel(_EMPTY)
        self.table, self.plot = _PartTable(), IterationPlot()
        self._make_controls()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        row = QHBoxLayout()
        row.addWidget(self.by_box)
        row.addWidget(self.line, 1)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(self.plot)
        splitter.setSizes([300, 300])
        splitter.setChildrenCollapsible(False)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(6, 4, 6, 4)
        whole.addWidget(splitter)
        self.set_palette(self.palette())
        self._show()

    def _make_controls(self) -> None:
        for by, text in _BY.items():
            self.by_box.addItem(text, by)
            self.by_box.setItemData(self.by_box.count() - 1, _TIPS[by], Qt.ItemDataRole.ToolTipRole)
        self.by_box.setAccessibleName("Parts by")
        self.by_box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.by_box.currentIndexChanged.connect(lambda _index: self._show())
        self.line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.line.setAccessibleName("State of the parts")
        self.table.itemSelectionChanged.connect(self._tell_chosen)
        self.plot.setMinimumWidth(190)
        self.plot.setAccessibleName("Loss by part over the iterations")
        self.plot.setToolTip("Parts of the metameric loss over the run, in the colours of their bars")

    @property
    def by(self) -> Attribute:
        """The grouping of the parts."""
        by: Attribute = self.by_box.currentData()
        return by

    def set_dissection(
        self,
        parts: Sequence[LossPart] = (),
        values: npt.NDArray[np.float32] | None = None,
        changes: Sequence[str] = (),
    ) -> None:
        """Show the loss of an image by part.

        Args:
            parts: names; empty if there is nothing to show.
            values: (P,), one for each.
            changes: what changed since they were measured; they are shown as stale.
        """
        self._parts = tuple(parts)
        self._values = np.zeros(0, np.float32) if values is None else values
        self.line.setText(f"stale: {', '.join(changes)}" if changes else "" if self._parts else _EMPTY)
        self.line.setToolTip(self.line.text())
        self.table.setEnabled(not changes)
        self._show_table()

    def set_history(self, history: Dissections | None, parts: Sequence[LossPart] = ()) -> None:
        """Show the parts over a run: iterations (n,) and values (n, P) of these parts; None shows nothing."""
        self._history = None if history is None or not parts else (history, tuple(parts))
        self._show_plot()

    def set_chosen(self, selection: Selection | None) -> None:
        """Mark the row that the heatmap is of; None for the whole loss."""
        self._chosen = selection
        self._mark_chosen()

    def _show(self) -> None:
        self.by_box.setToolTip(f"What the parts are summed by. {_TIPS[self.by]}")
        self._show_table()
        self._show_plot()

    def _show_table(self) -> None:
        blocked = self.table.blockSignals(True)
        if self._parts:
            self.table.set_rows(summed(self._parts, self._values.tolist(), self.by))
        else:
            self.table.setRowCount(0)
        self.table.blockSignals(blocked)
        self.table.setToolTip(f"Choose a part to see its heatmap alone. {_TIPS[self.by]}")
        self._mark_chosen()

    def _show_plot(self) -> None:
        if self._history is None:
            self.plot.set_terms({})
            self.plot.show_range(1, -4, 0)
            return
        (iterations, values), parts = self._history
        curves = {name: values[:, own].sum(axis=1) for name, own in grouped(parts, self.by).items()}
        self.plot.set_terms(curves, iterations)
        self.plot.show_values(int(iterations[-1]) if len(iterations) else 1, list(curves.values()))

    def _row_of(self, selection: Selection | None) -> int | None:
        """None if it is none of the rows that are shown."""
        names = list(grouped(self._parts, self.by))
        if selection is None:
            return len(names) if names else None
        rows = [row for row, name in enumerate(names) if selection == {(self.by, name)}]
        return rows[0] if rows else None

    def _mark_chosen(self) -> None:
        row = self._row_of(self._chosen)
        blocked = self.table.blockSignals(True)
        if row is None:
            self.table.clearSelection()
        elif not self.table.selectionModel().isRowSelected(row):
            self.table.selectRow(row)
        self.table.blockSignals(blocked)
        self.table.setAccessibleDescription(f"Heatmap of: {described(self._chosen)}")

    def _tell_chosen(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        if not rows:
            return
        names = list(grouped(self._parts, self.by))
        row = rows[0].row()
        self._chosen = None if row == len(names) else frozenset({(self.by, names[row])})
        self.part_chosen.emit(self._chosen)

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        color_plot(self.plot, None, palette)
