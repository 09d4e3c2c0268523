"""Histograms of the values in target and candidate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from foveaview.app.inspection.requests import Counted
from foveaview.app.widgets.buttons import CheckBox
from foveaview.app.widgets.panel_layout import LineBelow, PanelLayout
from foveaview.app.widgets.plots import EitherAxis, color_plot, set_up_plot
from foveaview.inspection.histogram import BINS

__all__ = ["CHANNELS", "HistogramPanel", "HistogramPlot"]

CHANNELS = {"luma": "Luma", "red": "Red", "green": "Green", "blue": "Blue"}
_LOWEST_COUNT = 0.5
"""Height at which zero is drawn on a logarithmic axis."""

_MARGIN = 0.02
"""Beside the first and the last bin, which show what was cut off."""

_HEADROOM = 0.25
"""Above the curves, for the legend."""

_Counts = npt.NDArray[np.int64]


class HistogramPlot(pg.PlotWidget):
    """Steps of the target, solid, and of the candidate, dashed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"left": EitherAxis("left")})
        self.setAccessibleName("Histogram of the values")
        self.setToolTip("Solid: target. Dashed: candidate.")
        self.setMinimumWidth(150)
        self._edges = np.linspace(0, 1, BINS + 1)
        self._counts: tuple[_Counts | None, _Counts | None] = (None, None)
        self.is_log = False
        plot = set_up_plot(self, "pixels", "value")
        plot.setMouseEnabled(False, False)
        self.legend = plot.addLegend(offset=(-8, 4), labelTextSize="8pt", verSpacing=-6, colCount=2)
        self.target = plot.plot([], [], name="target", antialias=False)
        self.candidate = plot.plot([], [], name="candidate", antialias=False)
        self._draw()

    def set_counts(self, target: _Counts | None, candidate: _Counts | None) -> None:
        """Show counts in equal bins from 0 to 1."""
        self._counts = (target, candidate)
        self._draw()

    def set_log(self, is_log: bool) -> None:
        """Show counts on a logarithmic axis, or on a linear one."""
        self.is_log = is_log
        self.getPlotItem().setLogMode(y=is_log)
        self._draw()

    def _draw(self) -> None:
        for curve, counts in zip((self.target, self.candidate), self._counts, strict=True):
            if counts is None:
                curve.setData([], [], stepMode=None)
            else:
                shown = np.maximum(counts, _LOWEST_COUNT) if self.is_log else counts
                curve.setData(self._edges, shown, stepMode="center")
        top = max((int(counts.max()) for counts in self._counts if counts is not None), default=1)
        low, high = (np.log10(_LOWEST_COUNT), np.log10(max(top, 1))) if self.is_log else (0, max(top, 1))
        y_range = (low, high + _HEADROOM * (high - low))
        self.getPlotItem().setRange(xRange=(-_MARGIN, 1 + _MARGIN), yRange=y_range, padding=0)

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        foreground = color_plot(self, self.legend, palette)
        self.target.setPen(pg.mkPen(foreground, width=1))
        link = palette.color(QPalette.ColorRole.Link)
        self.candidate.setPen(pg.mkPen(link, width=1, style=Qt.PenStyle.DashLine))


class HistogramPanel(QWidget):
    """The plot, and which channel it shows.

    Signals:
        shown: whether the user sees the panel.
    """

    shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counted: Counted | None = None
        self.plot, self.channel_box = HistogramPlot(), QComboBox()
        self.log_box, self.line = CheckBox("&Log counts"), QLabel()
        for name, text in CHANNELS.items():
            self.channel_box.addItem(text, name)
        self.channel_box.setToolTip("The channel that is counted; luma is 0.299 R + 0.587 G + 0.114 B.")
        self.channel_box.setAccessibleName("Channel")
        self.log_box.setToolTip("Show the counts on a logarithmic axis.")
        self.log_box.setAccessibleName("Logarithmic counts")
        self.line.setWordWrap(True)
        self.channel_box.activated.connect(lambda _index: self._show())
        self.log_box.toggled.connect(self.plot.set_log)
        choices = (self.channel_box, self.log_box)
        for widget in choices:
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
        PanelLayout(self, self.plot, before=LineBelow(*choices, line=self.line))
        self.set_counted(None)

    def set_counted(self, counted: Counted | None) -> None:
        """Show what was counted, or nothing."""
        self._counted = counted
        colored = counted is not None and len(counted.target) > 1
        self.channel_box.setEnabled(colored)
        if counted is not None and not colored:
            self.channel_box.setCurrentIndex(0)
        self._show()

    def _show(self) -> None:
        counted, name = self._counted, str(self.channel_box.currentData())
        target: Mapping[str, _Counts] = {} if counted is None else counted.target
        candidate: Mapping[str, _Counts] = {} if counted is None else counted.candidate
        self.plot.set_counts(target.get(name), candidate.get(name))
        self.line.setText("" if counted is None or counted.candidate else "no candidate yet")

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that it is seen."""
        super().showEvent(event)
        self.shown.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Tell that it is seen no more."""
        super().hideEvent(event)
        self.shown.emit(False)
