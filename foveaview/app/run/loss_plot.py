"""The loss of every step, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget

from foveaview.app.widgets.plots import color_plot
from foveaview.app.widgets.scrub_plot import ScrubPlot

__all__ = ["LossPlot"]

_SMALLEST = 1e-12  # zero has no logarithm
_LEGEND_ROWS = 4


class LossPlot(ScrubPlot):
    """Loss against iteration; every iteration is held."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("loss", parent)
        self.setAccessibleName("Loss against iteration")
        self.setToolTip(
            "Click or drag: the metamer of that step, if its image was stored. "
            "Left, Right, Home, End: through the steps. Esc: the metamer as it is now."
        )
        self.curve = self.add_curve()
        # a click on a sample hides or shows its curve
        self.legend = self.getPlotItem().addLegend(offset=(-8, 8), labelTextSize="8pt", verSpacing=-6)
        self.legend.hide()

    def set_losses(
        self,
        losses: npt.NDArray[np.floating] | None,
        terms: Mapping[str, npt.NDArray[np.floating]] | None = None,
    ) -> None:
        """Show the loss before every step, and each of its terms if there are several."""
        several = dict(terms) if terms is not None and len(terms) > 1 else {}
        self.set_terms(several)
        if losses is None or len(losses) == 0:
            self.curve.setData([], [])
            self.show_range(1, -4, 0)
            return
        shown = np.maximum(losses, _SMALLEST)
        self.curve.setData(np.arange(len(shown)), shown)
        self.show_values(len(losses), [shown, *several.values()])

    def make_terms(self, names: list[str]) -> None:
        """Empty curves, and a legend of them and of the whole."""
        self.legend.clear()
        super().make_terms(names)
        if names:
            self.legend.addItem(self.curve, "total")
            # the dock is low: more rows would not be seen
            self.legend.setColumnCount(-(-(len(names) + 1) // _LEGEND_ROWS))
        self.legend.setVisible(bool(names))

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        color_plot(self, self.legend, palette)
        self.set_line_palette(palette)
        self.curve.setPen(pg.mkPen(palette.color(QPalette.ColorRole.Link), width=1))
