"""Axes, grid and theme colours of all plots in the window."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPalette

__all__ = ["DecadeAxis", "EitherAxis", "color_of", "color_plot", "set_up_plot"]

_FEW_DECADES = 2.5
_LEGEND_ALPHA = 160  # curves are seen behind it, and do not cross its text out
_COLORS = ("#d9603b", "#3f9b4f", "#8a63c9", "#c9a227", "#3aa6a6", "#c2528b", "#7a7a7a", "#9c6b3f")


class DecadeAxis(pg.AxisItem):
    """A logarithmic axis with a line at each decade, and at 2 and 5 if there are few decades."""

    def tickValues(self, low: float, high: float, _size: float) -> list[tuple[float, list[float]]]:
        """Logarithms to put ticks at."""
        decades = np.arange(np.floor(low), np.ceil(high) + 1)
        parts = (0.0, np.log10(2), np.log10(5)) if high - low < _FEW_DECADES else (0.0,)
        values = sorted(float(decade + part) for decade in decades for part in parts)
        return [(1.0, [value for value in values if low <= value <= high])]

    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        """The values themselves."""
        return [f"{float(f'{10**value:.1g}'):g}" for value in values]  # 10, not 1e+01


class EitherAxis(DecadeAxis):
    """An axis with decades if it is logarithmic, and round numbers if not."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Positions of the ticks."""
        if self.logMode:
            return super().tickValues(low, high, size)
        return pg.AxisItem.tickValues(self, low, high, size)[:1]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Labels of the ticks."""
        if self.logMode:
            return super().tickStrings(values, scale, spacing)
        return [f"{value:,.15g}" for value in values]


def color_of(index: int) -> str:
    """The colour of the curve of that number, which holds on either theme; they come again after eight."""
    return _COLORS[index % len(_COLORS)]


def color_plot(plot: pg.PlotWidget, legend: pg.LegendItem | None, palette: QPalette) -> QColor:
    """Give a plot's ground, axes and legend the theme's colours; that of its text."""
    plot.setBackground(palette.color(QPalette.ColorRole.Base))
    foreground: QColor = palette.color(QPalette.ColorRole.Text)
    for side in ("left", "bottom"):
        axis = plot.getPlotItem().getAxis(side)
        axis.setPen(foreground)
        axis.setTextPen(foreground)
    if legend is None:
        return foreground
    legend.setLabelTextColor(foreground)
    ground = palette.color(QPalette.ColorRole.Base)
    ground.setAlpha(_LEGEND_ALPHA)
    legend.setBrush(pg.mkBrush(ground))
    for _, label in legend.items:  # those that are there keep their colour otherwise
        label.setText(label.text, color=foreground)
    return foreground


def set_up_plot(plot: pg.PlotWidget, left: str, bottom: str) -> pg.PlotItem:
    """Give a plot its labels (none if empty) and a grid; its range is set only by code."""
    item = plot.getPlotItem()
    for side, label in (("left", left), ("bottom", bottom)):
        if label:
            item.setLabel(side, label)
        # a line at every small tick would cost more than the curve
        item.getAxis(side).setStyle(maxTickLevel=0)
        item.getAxis(side).enableAutoSIPrefix(False)
    item.showGrid(x=True, y=True, alpha=0.25)
    item.setMenuEnabled(False)
    item.hideButtons()
    item.disableAutoRange()
    return item
