"""Latency of the image: a histogram of one stage, and a table of all stages."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHeaderView, QLabel, QPushButton, QVBoxLayout, QWidget

from foveaview.app.gaze.latency_plot import LatencyPlot
from foveaview.app.widgets.buttons import CheckBox
from foveaview.app.widgets.number_table import NumberTable
from foveaview.app.widgets.panel_layout import LineBelow, PanelLayout, Placeholder
from foveaview.gaze.latency import PERCENTILES, STAGES, Counts, LatencyLog, Stage

__all__ = ["LatencyPanel", "counts_line"]

_EVERY_MS = 250
_SMALL_FONT = 0.9
_TIPS: dict[Stage, str] = {
    "sample to taken": "From the eye to the window: its tracker, its transport, and the wait to be taken.",
    "taken to computed": "Waiting for the worker, and computing.",
    "computed to painted": "Waiting for the window, and drawing. The screen itself comes on top.",
    "sample to painted": "All of it.",
}
_COLUMNS = {"ms": "", **{f"p{percent}": "" for percent in PERCENTILES}}
_CHARACTERS = 38
_EMPTY = "Follow a gaze to see how late the picture is"


def counts_line(counts: Counts) -> str:
    """Format the number of painted images, and of gazes that were skipped.

    >>> counts_line(Counts(painted=1200, not_computed=300))
    '1,200 painted, 300 skipped'
    """
    odd = f", {counts.odd:,} odd" if counts.odd else ""
    return f"{counts.painted:,} painted, {counts.overtaken:,} skipped{odd}"


def _counts_tip(counts: Counts) -> str:
    text = (
        f"Overtaken by a newer gaze: {counts.not_computed:,} before they were computed with, "
        f"{counts.not_painted:,} before they were painted. The times are of the painted alone."
    )
    return f"{text} Odd: {counts.note}." if counts.note else text


class LatencyPanel(QWidget):
    """Shows a log, updated a few times a second while the panel is visible.

    Signals:
        saved: the user saves the log to a file.
        cleared: the user resets the log.
    """

    saved = Signal()
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._log: LatencyLog | None = None
        self._counts: Counts | None = None
        self.plot, self.stage_box, self.log_box = LatencyPlot(), QComboBox(), CheckBox("&Log axis")
        self.table, self.line = NumberTable(_COLUMNS, len(STAGES), font_scale=_SMALL_FONT), QLabel()
        self.save_button, self.reset_button = QPushButton("Save CSV..."), QPushButton("Reset")
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.refresh)
        self._make_table()
        self._pages = Placeholder(self.plot, _EMPTY)
        PanelLayout(self, self._pages, self._make_controls(), LineBelow(self.table, line=self.line))
        self._show(Counts())

    def _make_controls(self) -> QVBoxLayout:
        for stage in STAGES:
            self.stage_box.addItem(stage.capitalize(), stage)
            self.stage_box.setItemData(self.stage_box.count() - 1, _TIPS[stage], Qt.ItemDataRole.ToolTipRole)
        self.stage_box.setCurrentIndex(len(STAGES) - 1)
        self.stage_box.activated.connect(lambda _index: self._draw())
        self.log_box.setChecked(True)
        self.log_box.toggled.connect(self._set_log_axis)
        self.save_button.clicked.connect(self.saved)
        self.reset_button.clicked.connect(self.cleared)
        column = QVBoxLayout()
        for widget, name, tip in (
            (self.stage_box, "Stage", "The stage that the histogram is of."),
            (self.log_box, "Logarithmic milliseconds", "Show the milliseconds on a logarithmic axis."),
            (self.reset_button, "Reset latency", "Clear the measurements, and begin again."),
            (self.save_button, "Save latency", "Write every painted picture's times to a CSV file."),
        ):
            widget.setAccessibleName(name)
            widget.setToolTip(tip)
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
            column.addWidget(widget)
        column.addStretch(1)
        return column

    def _make_table(self) -> None:
        table, header = self.table, self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        for row, stage in enumerate(STAGES):
            for column in range(len(_COLUMNS)):
                table.cell(row, column).setToolTip(_TIPS[stage])
            table.cell(row, 0).setText(stage)
        table.setAccessibleName("Percentiles of the latency in milliseconds")
        table.setToolTip("Median, 95th and 99th percentile of each stage, in milliseconds")
        table.show_whole(_CHARACTERS)

    @property
    def empty(self) -> QLabel:
        """The text shown if the log is empty."""
        return self._pages.label

    def set_log(self, log: LatencyLog | None) -> None:
        """Look at a log, or at none."""
        self._log, self._counts = log, None
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Show what has come since the last look."""
        counts = Counts() if self._log is None else self._log.counts
        if counts != self._counts:
            self._counts = counts
            self._show(counts)

    def _show(self, counts: Counts) -> None:
        log, there = self._log, counts.painted > 0
        self._pages.set_there(there)
        self.save_button.setEnabled(there)
        self.reset_button.setEnabled(counts != Counts())
        self.line.setText(counts_line(counts))
        self.line.setToolTip(_counts_tip(counts))
        for row, stage in enumerate(STAGES):
            values = [math.nan] * len(PERCENTILES) if log is None else log.percentiles(stage)
            for column, value in enumerate(values, start=1):
                text = "" if math.isnan(value) else f"{value:.1f}" if value < 1e4 else f"{value:.0f}"
                self.table.cell(row, column).setText(text)
        self._draw()

    def _draw(self) -> None:
        if self._log is not None:
            self.plot.set_counts(*self._log.histogram(self.stage_box.currentData(), self.plot.edges_ms))

    def _set_log_axis(self, is_log: bool) -> None:
        self.plot.set_log(is_log)
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Look, now and then on."""
        super().showEvent(event)
        self.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Look no more."""
        super().hideEvent(event)
        self._timer.stop()
