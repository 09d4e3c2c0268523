"""A histogram of milliseconds, with a line at those that are too many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget

from foveaview.app.widgets.plots import EitherAxis, color_plot, set_up_plot

__all__ = ["LIMIT_MS", "LatencyPlot"]

LIMIT_MS = 50
"""What a picture that follows the eye should stay under."""

_LOG_EDGES_MS = np.geomspace(0.1, 1e4, 101)
_LINEAR_EDGES_MS = np.linspace(0, 400, 101)
_LINEAR_TOP_MS = 100
"""Of the axis at the least."""

_NARROW_PX = 260
_FILL_ALPHA = 70
_HEADROOM = 1.15
_Numbers = npt.NDArray[np.float64]


class _MillisecondAxis(EitherAxis):
    """A logarithmic axis that labels only decades if there is little room."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Positions of the ticks."""
        ticks = super().tickValues(low, high, size)
        if not self.logMode or size >= _NARROW_PX:
            return ticks
        return [(spacing, [value for value in values if value == round(value)]) for spacing, values in ticks]


class LatencyPlot(pg.PlotWidget):
    """Steps over bins of milliseconds; the outermost hold all that lies beyond them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"bottom": _MillisecondAxis("bottom")})
        self.setMinimumWidth(120)
        self.setAccessibleName("Histogram of the latency")
        self.setToolTip(
            f"How many pictures took how long; the dashed line is at {LIMIT_MS} ms. "
            "The first and the last bin hold all that lies beyond them."
        )
        self.is_log = True
        plot = set_up_plot(self, "pictures", "ms")
        plot.setMouseEnabled(False, False)
        self.steps = plot.plot([], [], antialias=False, fillLevel=0)
        self.limit = pg.InfiniteLine(
            angle=90, label=f"{LIMIT_MS} ms", labelOpts={"position": 0.9, "anchors": [(0, 0.5), (1, 0.5)]}
        )
        plot.addItem(self.limit)
        self.set_log(True)

    @property
    def edges_ms(self) -> _Numbers:
        """(n + 1,) edges of the bins."""
        return _LOG_EDGES_MS if self.is_log else _LINEAR_EDGES_MS

    def set_log(self, is_log: bool) -> None:
        """Show milliseconds on a logarithmic axis, or on a linear one; counts of its bins are to come."""
        self.is_log = is_log
        self.steps.setData([], [], stepMode=None)
        self.getPlotItem().setLogMode(x=is_log)
        self.limit.setPos(np.log10(LIMIT_MS) if is_log else LIMIT_MS)
        self._show_range(np.zeros(len(self.edges_ms) - 1, dtype=np.int64))

    def set_counts(self, counts: npt.NDArray[np.int64], edges_ms: _Numbers) -> None:
        """Show (n,) counts of the bins between (n + 1,) edges."""
        self.steps.setData(edges_ms, counts, stepMode="center")
        self._show_range(counts)

    def _show_range(self, counts: npt.NDArray[np.int64]) -> None:
        """All bins that hold something, and the line."""
        edges, held = self.edges_ms, np.flatnonzero(counts)
        first, last = (held[0], held[-1]) if len(held) else (len(counts), 0)
        if self.is_log:
            low, high = min(edges[first], LIMIT_MS / 10), max(edges[last + 1], LIMIT_MS * 2)
            x_range = (np.floor(np.log10(low)), np.log10(high) + 0.05)
        else:
            x_range = (0, max(edges[last + 1], _LINEAR_TOP_MS))
        top = max(int(counts.max()), 1) * _HEADROOM
        self.getPlotItem().setRange(xRange=x_range, yRange=(0, top), padding=0)

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        foreground = color_plot(self, None, palette)
        self.limit.setPen(pg.mkPen(foreground, width=1, style=Qt.PenStyle.DashLine))
        color = palette.color(QPalette.ColorRole.Link)
        self.steps.setPen(pg.mkPen(color, width=1))
        color.setAlpha(_FILL_ALPHA)
        self.steps.setBrush(pg.mkBrush(color))
