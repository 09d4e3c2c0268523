"""Loss against bits per pixel, a curve for each file format."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QResizeEvent
from PySide6.QtWidgets import QWidget

from foveaview.app.widgets.plots import DecadeAxis, color_plot, set_up_plot
from foveaview.rate.codecs import FORMATS
from foveaview.rate.curve import RatePoint

__all__ = ["COLORS", "RatePlot"]

# from Okabe and Ito's palette, which holds for the colour-blind, on either theme
COLORS = {"JPEG": "#3d8fd9", "WebP": "#e69f00", "AVIF": "#009e73", "PNG": "#cc79a7"}
_SYMBOLS = {"JPEG": "o", "WebP": "t", "AVIF": "s", "PNG": "d"}
_DIMMED = 70
_SMALLEST_SHARE = 0.3
_NARROW_PX = 260


class _RateAxis(DecadeAxis):
    """A logarithmic axis that labels only decades if there is little room."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Logarithms to put ticks at."""
        ((spacing, values),) = super().tickValues(low, high, size)
        if size < _NARROW_PX:
            values = [value for value in values if abs(value - round(value)) < 1e-6]
        return [(spacing, values)]


class RatePlot(pg.PlotWidget):
    """Curves with a legend, and a line at the threshold; both axes are logarithmic.

    A loss of zero has no logarithm: it is drawn a little below the smallest other one.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        axes = {"left": DecadeAxis("left"), "bottom": _RateAxis("bottom")}
        super().__init__(parent, axisItems=axes)
        self.setMinimumWidth(150)
        self.setAccessibleName("Loss against bits per pixel")
        self.setToolTip("A curve for each file format; the dashed line is the threshold.")
        plot = set_up_plot(self, "loss", "bits per pixel")
        plot.setLogMode(x=True, y=True)
        self.legend = plot.addLegend(offset=(-6, 4), labelTextSize="8pt", verSpacing=-6, colCount=2)
        self.curves: dict[str, pg.PlotDataItem] = {
            kind.name: plot.plot([], [], name=kind.name, symbolSize=6) for kind in FORMATS
        }
        self.threshold = pg.InfiniteLine(angle=0, pos=0)
        plot.addItem(self.threshold)
        self.set_dimmed(False)
        self._show_range([], 1.0)

    def set_points(self, points: Sequence[RatePoint], threshold: float) -> None:
        """Show what was measured."""
        low = min((point.loss for point in points if point.loss > 0), default=1.0) * _SMALLEST_SHARE
        for name, curve in self.curves.items():
            own = [point for point in points if point.kind.name == name]
            curve.setData([point.bpp for point in own], [max(point.loss, low) for point in own])
        self.threshold.setPos(float(np.log10(threshold)))
        self._show_range(points, threshold)

    def _show_range(self, points: Sequence[RatePoint], threshold: float) -> None:
        positive = [point.loss for point in points if point.loss > 0]
        losses = [*positive, threshold] if positive else [threshold / 10, threshold * 10]
        rates = [point.bpp for point in points] or [0.1, 10.0]
        smallest = min(losses) * (_SMALLEST_SHARE if len(positive) < len(points) else 1)
        self.getPlotItem().setRange(
            xRange=(np.log10(min(rates)) - 0.1, np.log10(max(rates)) + 0.1),
            yRange=(np.log10(smallest) - 0.1, np.log10(max(losses)) + 0.2),
            padding=0,
        )

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show the legend if there is room; the table names the colours too."""
        super().resizeEvent(event)
        if hasattr(self, "legend"):  # pyqtgraph resizes it while it is made
            self.legend.setVisible(self.width() > _NARROW_PX)

    def set_dimmed(self, dimmed: bool) -> None:
        """Dim curves that are out of date."""
        for name, curve in self.curves.items():
            color = QColor(COLORS[name])
            color.setAlpha(_DIMMED if dimmed else 255)
            curve.setPen(pg.mkPen(color, width=1))
            curve.setSymbol(_SYMBOLS[name])
            curve.setSymbolPen(None)
            curve.setSymbolBrush(color)

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        foreground = color_plot(self, self.legend, palette)
        self.threshold.setPen(pg.mkPen(foreground, width=1, style=Qt.PenStyle.DashLine))
