"""The loss of every step, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from foveaview.app.scrub_plot import ScrubPlot

__all__ = ["DecadeAxis", "LossCurve", "color_plot"]

_FEW_DECADES = 2.5
_SMALLEST = 1e-12  # zero has no logarithm
_LEGEND_ROWS = 4
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


def color_plot(plot: pg.PlotWidget, legend: pg.LegendItem, palette: QPalette) -> QColor:
    """Give a plot's ground, axes and legend the theme's colours; that of its text."""
    plot.setBackground(palette.color(QPalette.ColorRole.Base))
    foreground: QColor = palette.color(QPalette.ColorRole.Text)
    for side in ("left", "bottom"):
        axis = plot.getPlotItem().getAxis(side)
        axis.setPen(foreground)
        axis.setTextPen(foreground)
    legend.setLabelTextColor(foreground)
    for _, label in legend.items:  # those that are there keep their colour otherwise
        label.setText(label.text, color=foreground)
    return foreground


class LossCurve(ScrubPlot):
    """Loss against iteration; every iteration is held, and drawn as finely as the screen allows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"left": DecadeAxis("left")})
        self.setAccessibleName("Loss against iteration")
        self.setToolTip(
            "Click or drag: the metamer of that step, where its image was kept. "
            "Left, Right, Home, End: through the steps. Esc: the metamer as it is now."
        )
        self._range: tuple[float, float, float] | None = None
        plot = self.getPlotItem()
        plot.setLabel("left", "loss")
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
        # wider or antialiased lines are many times slower
        self.curve = plot.plot([], [], pen=pg.mkPen(width=1), antialias=False)
        self.curve.setDownsampling(auto=True, method="peak")
        self.curve.setClipToView(True)
        self.terms: dict[str, pg.PlotDataItem] = {}
        # a click on a sample hides or shows its curve
        self.legend = plot.addLegend(offset=(-8, 8), labelTextSize="8pt", verSpacing=-6)
        self.legend.hide()

    def set_losses(
        self,
        losses: npt.NDArray[np.floating] | None,
        terms: Mapping[str, npt.NDArray[np.floating]] | None = None,
    ) -> None:
        """Show the loss before every step, and each of its terms where it has several."""
        several = dict(terms) if terms is not None and len(terms) > 1 else {}
        self._set_terms(several)
        if losses is None or len(losses) == 0:
            self.curve.setData([], [])
            self._show_range(1, -4, 0)
            return
        shown = np.maximum(losses, _SMALLEST)
        self.curve.setData(np.arange(len(shown)), shown)
        finite = [values[np.isfinite(values) & (values > _SMALLEST)] for values in (shown, *several.values())]
        together = np.concatenate(finite)
        low, high = (np.log10(together.min()), np.log10(together.max())) if len(together) else (-4, 0)
        self._show_range(len(losses), np.floor(2 * low) / 2, np.ceil(2 * high + 0.2) / 2)

    def _set_terms(self, terms: Mapping[str, npt.NDArray[np.floating]]) -> None:
        if list(self.terms) != list(terms):
            self._make_terms(list(terms))
        for name, values in terms.items():
            # what is not positive has no logarithm: there the curve has a gap
            positive = np.where(values > 0, values, np.nan)
            self.terms[name].setData(np.arange(len(values)), positive, connect="finite")

    def _make_terms(self, names: list[str]) -> None:
        plot = self.getPlotItem()
        for curve in self.terms.values():
            plot.removeItem(curve)
        self.legend.clear()
        self.terms = {}
        for index, name in enumerate(names):
            pen = pg.mkPen(_COLORS[index % len(_COLORS)], width=1)
            curve = plot.plot([], [], pen=pen, antialias=False, name=name)
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
            self.terms[name] = curve
        if names:
            self.legend.addItem(self.curve, "total")
            # the dock is low: more rows would not be seen
            self.legend.setColumnCount(-(-(len(names) + 1) // _LEGEND_ROWS))
        self.legend.setVisible(bool(names))

    def _show_range(self, count: int, low: float, high: float) -> None:
        """Ranges that grow by jumps: the axes are drawn anew only then."""
        jump = 10 ** max(1, np.floor(np.log10(max(count, 1))))
        wanted = (float(np.ceil(count / jump) * jump), float(low), float(high))
        if wanted != self._range:
            self._range = wanted
            self.getPlotItem().setRange(xRange=(0, wanted[0]), yRange=wanted[1:], padding=0)

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        color_plot(self, self.legend, palette)
        self.set_line_palette(palette)
        self.curve.setPen(pg.mkPen(palette.color(QPalette.ColorRole.Link), width=1))
