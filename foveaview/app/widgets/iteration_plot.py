"""Plots against the iteration, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from foveaview.app.widgets.plots import DecadeAxis, color_of, set_up_plot

__all__ = ["IterationPlot"]

_SMALLEST = 1e-12  # zero has no logarithm


class IterationPlot(pg.PlotWidget):
    """Curves against the iteration, on a logarithmic axis.

    Args:
        label: of the values; empty if there is little room.
    """

    def __init__(self, label: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"left": DecadeAxis("left")})
        self._range: tuple[float, float, float] | None = None
        set_up_plot(self, label, "iteration").setLogMode(y=True)
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
        """Show a curve for each name; the iterations are 0, 1, 2, ... if None."""
        if list(self.terms) != list(terms):
            self.make_terms(list(terms))
        for name, values in terms.items():
            # values that are not positive have no logarithm: the curve has a gap there
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
        """Ranges that grow by jumps: the axes are drawn again only then."""
        jump = 10 ** max(1, np.floor(np.log10(max(count, 1))))
        wanted = (float(np.ceil(count / jump) * jump), float(low), float(high))
        if wanted != self._range:
            self._range = wanted
            self.getPlotItem().setRange(xRange=(0, wanted[0]), yRange=wanted[1:], padding=0)
