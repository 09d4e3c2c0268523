"""Plots against the iteration, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

__all__ = ["DecadeAxis", "IterationPlot", "color_of", "color_plot"]

_FEW_DECADES = 2.5
_SMALLEST = 1e-12  # zero has no logarithm
_LEGEND_ALPHA = 160  # curves are seen behind it, and do not cross its text out
_COLORS = ("#d9603b", "#3f9b4f", "#8a63c9", "#c9a227", "#3aa6a6", "#c2528b", "#7a7a7a", "#9c6b3f")


class DecadeAxis(pg.AxisItem):
    """A logarithmic axis with a line at each decade, and at its 2 and 5 where there are few."""

    def tickValues(self, low: float, high: float, _size: float) -> list[tuple[float, list[float]]]:
        """Logarithms to put ticks at."""
        decades = np.arange(np.floor(low), np.ceil(high) + 1)
        parts = (0.0, np.log10(2), np.log10(5)) if high - low < _FEW_DECADES else (0.0,)
        values = sorted(float(decade + part) for decade in decades for part in parts)
        return [(1.0, [value for value in values if low <= value <= high])]

    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        """The values themselves."""
        return [f"{float(f'{10**value:.1g}'):g}" for value in values]  # 10, not 1e+01


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


class IterationPlot(pg.PlotWidget):
    """Curves against the iteration, on a logarithmic axis.

    Args:
        label: of the values; none where there is little room.
    """

    def __init__(self, label: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"left": DecadeAxis("left")})
        self._range: tuple[float, float, float] | None = None
        plot = self.getPlotItem()
        if label:
            plot.setLabel("left", label)
        plot.setLabel("bottom", "iteration")
        plot.setLogMode(y=True)
        plot.showGrid(x=True, y=True, alpha=0.25)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.disableAutoRange()
        for side in ("left", "bottom"):
            # a line at every small tick would cost more than the curve
            plot.getAxis(side).setStyle(maxTickLevel=0)
            plot.getAxis(side).enableAutoSIPrefix(False)
        self.terms: dict[str, pg.PlotDataItem] = {}

    def add_curve(self, color: str | None = None, name: str | None = None) -> pg.PlotDataItem:
        """An empty curve, drawn as finely as the screen allows."""
        # wider or antialiased lines are many times slower
        pen = pg.mkPen(width=1) if color is None else pg.mkPen(color, width=1)
        curve = self.getPlotItem().plot([], [], pen=pen, antialias=False, name=name)
        curve.setDownsampling(auto=True, method="peak")
        curve.setClipToView(True)
        return curve

    def set_terms(
        self, terms: Mapping[str, npt.NDArray[np.floating]], iterations: npt.NDArray[np.integer] | None = None
    ) -> None:
        """Show a curve for each name; the iterations are 0, 1, 2 and so on where None."""
        if list(self.terms) != list(terms):
            self.make_terms(list(terms))
        for name, values in terms.items():
            # what is not positive has no logarithm: there the curve has a gap
            positive = np.where(values > 0, values, np.nan)
            places = np.arange(len(values)) if iterations is None else iterations
            self.terms[name].setData(places, positive, connect="finite")

    def make_terms(self, names: list[str]) -> None:
        """Empty curves in the colours that their names have."""
        for curve in self.terms.values():
            self.getPlotItem().removeItem(curve)
        self.terms = {name: self.add_curve(color_of(index), name) for index, name in enumerate(names)}

    def show_values(self, count: int, values: Sequence[npt.NDArray[np.floating]]) -> None:
        """Show iterations 0 to `count`, and all values that have a logarithm."""
        finite = [own[np.isfinite(own) & (own > _SMALLEST)] for own in values]
        together = np.concatenate(finite) if finite else np.zeros(0)
        low, high = (np.log10(together.min()), np.log10(together.max())) if len(together) else (-4, 0)
        self.show_range(count, np.floor(2 * low) / 2, np.ceil(2 * high + 0.2) / 2)

    def show_range(self, count: int, low: float, high: float) -> None:
        """Ranges that grow by jumps: the axes are drawn anew only then."""
        jump = 10 ** max(1, np.floor(np.log10(max(count, 1))))
        wanted = (float(np.ceil(count / jump) * jump), float(low), float(high))
        if wanted != self._range:
            self._range = wanted
            self.getPlotItem().setRange(xRange=(0, wanted[0]), yRange=wanted[1:], padding=0)
