"""The loss of every step, on a logarithmic axis."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

__all__ = ["LossCurve"]

_SMALLEST = 1e-12  # zero has no logarithm


class LossCurve(pg.PlotWidget):
    """Loss against iteration; every iteration is held, and drawn as finely as the screen allows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        plot = self.getPlotItem()
        plot.setLabel("left", "loss")
        plot.setLabel("bottom", "iteration")
        plot.setLogMode(y=True)
        plot.showGrid(x=True, y=True, alpha=0.25)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        # wider or antialiased lines are many times slower
        self.curve = plot.plot([], [], pen=pg.mkPen(width=1), antialias=False)
        self.curve.setDownsampling(auto=True, method="peak")
        self.curve.setClipToView(True)

    def set_losses(self, losses: npt.NDArray[np.floating] | None) -> None:
        """Show the loss before every step."""
        if losses is None or len(losses) == 0:
            self.curve.setData([], [])
        else:
            self.curve.setData(np.arange(len(losses)), np.maximum(losses, _SMALLEST))

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        self.setBackground(palette.color(QPalette.ColorRole.Base))
        foreground: QColor = palette.color(QPalette.ColorRole.Text)
        for side in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(foreground)
            axis.setTextPen(foreground)
        self.curve.setPen(pg.mkPen(palette.color(QPalette.ColorRole.Link), width=1))
