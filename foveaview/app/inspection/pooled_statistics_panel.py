"""The pooled statistics of target and candidate under the pointer, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.widgets.number_table import NumberTable
from foveaview.perception.analysis.pooled_statistics import BandStatistics
from foveaview.perception.statistic import MEAN, STATISTICS

__all__ = ["PooledStatisticsPanel"]

_EMPTY = "Point at an image"
_COLUMNS = {
    "Band": "Level, 0 the finest, and the direction in which brightness changes: 0° is of upright edges.",
}
for _statistic in STATISTICS:
    _plain = "; of lowpass and pixels the value" if _statistic is MEAN else ""
    for _side, _whose in (("target", "target"), ("image", "candidate")):
        _COLUMNS[f"{_statistic.title} {_side}"] = (
            f"Pooled {_statistic.name} of the {_whose}'s band here{_plain}."
        )


def _title(band: BandStatistics) -> str:
    return band.band if band.band in ("highpass", "lowpass", "pixels") else f"{band.level}  {band.band}"


def _texts(band: BandStatistics) -> list[str]:
    """The cells of a row."""
    plain = {MEAN.name: "value"}
    names = [kind.name if kind.name in band.target else plain.get(kind.name, "") for kind in STATISTICS]
    numbers = [side.get(name) for name in names for side in (band.target, band.image)]
    return [_title(band), *("" if number is None else f"{number:z.4f}" for number in numbers)]


class PooledStatisticsPanel(QWidget):
    """A row for each band of one channel: pooled mean and standard deviation of the target and the image."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bands: tuple[BandStatistics, ...] = ()
        self.channel_box, self.line, self.table = (
            QComboBox(),
            QLabel(_EMPTY),
            NumberTable(_COLUMNS, spacing_px=2, tight=True),
        )
        self.channel_box.setAccessibleName("Channel")
        self.channel_box.setToolTip("Channel of the bands: Y is brightness, Cr and Cb are colour")
        self.channel_box.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
        self.channel_box.currentIndexChanged.connect(lambda _index: self._show())
        self.line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.line.setAccessibleName("Point of the statistics")
        self._make_table()
        row = QHBoxLayout()
        row.addWidget(self.channel_box)
        row.addWidget(self.line, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        self.set_statistics()

    def _make_table(self) -> None:
        table = self.table
        table.setAccessibleName("Pooled statistics of target and image")
        table.setToolTip("What the metameric loss compares at this place, in the image under the pointer")
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setMinimumSectionSize(table.fontMetrics().horizontalAdvance("-0.00000"))
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)

    def set_statistics(
        self,
        bands: Sequence[BandStatistics] = (),
        point: tuple[float, float] | None = None,
        changes: Sequence[str] = (),
    ) -> None:
        """Show the statistics pooled at a point.

        Args:
            bands: of all channels; empty if the pointer is on no image.
            point: (x, y) in image coordinates.
            changes: what changed since it was measured; it is shown as stale.
        """
        self._bands = tuple(bands)
        self._set_channels(list(dict.fromkeys(band.channel for band in bands)))
        where = "" if point is None else f"at {point[0]:.3f} {point[1]:.3f}"
        stale = f"stale: {', '.join(changes)}" if changes else ""
        self.line.setText(", ".join(filter(None, (where, stale))) if self._bands else _EMPTY)
        self.table.setEnabled(not changes)
        self._show()

    def _set_channels(self, names: list[str]) -> None:
        """Set the channels to choose from; the chosen one stays if it is among them."""
        shown = [self.channel_box.itemText(i) for i in range(self.channel_box.count())]
        if names and names != shown:
            chosen = self.channel_box.currentText()
            blocked = self.channel_box.blockSignals(True)
            self.channel_box.clear()
            self.channel_box.addItems(names)
            self.channel_box.setCurrentIndex(max(self.channel_box.findText(chosen), 0))
            self.channel_box.blockSignals(blocked)
        self.channel_box.setVisible(bool(names))

    def _show(self) -> None:
        channel = self.channel_box.currentText()
        rows = [_texts(band) for band in self._bands if band.channel == channel]
        self.table.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                self._set_cell(row, column, text)
        self.table.setVisible(bool(rows))

    def _set_cell(self, row: int, column: int, text: str) -> None:
        item = self.table.cell(row, column)
        if item.text() != text:
            item.setText(text)
