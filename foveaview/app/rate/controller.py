"""File size against loss: a panel, and the measurement behind it."""

from __future__ import annotations

from PySide6.QtGui import QPalette

from foveaview.app.context import AppContext, Feature, Panel
from foveaview.app.rate.measurement import RateMeter
from foveaview.app.rate.rate_panel import RatePanel

__all__ = ["RateController"]


class RateController(Feature):
    """Measures loss against file size for the shown images.

    Args:
        context: what every feature is given.

    Attributes:
        meter: measures.
        panel: shows curves and a table.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.meter = meter = RateMeter(context.controller, context.worker, self)
        self.panel = panel = RatePanel()
        self.panels = (Panel("Rate", panel),)
        context.controller.watch(lambda state, _last: meter.follow(state), "current")
        meter.changed.connect(panel.set_state)
        meter.failed.connect(context.notify.failure)
        panel.measured.connect(meter.measure)
        panel.cancelled.connect(meter.cancel)
        panel.edited.connect(meter.set_setting)
        panel.chosen.connect(meter.set_image)

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        self.panel.plot.set_palette(palette)

    def close(self) -> None:
        """Cancel the measurement."""
        self.meter.cancel()
