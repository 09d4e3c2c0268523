"""What an image takes as a file, as a panel of a window with what measures it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget

from foveaview.app.rate.measurement import RateMeter
from foveaview.app.rate.rate_panel import RatePanel

if TYPE_CHECKING:
    from foveaview.app.main_window import MainWindow

__all__ = ["Rating"]


class Rating(QObject):
    """Loss against bits of what a window shows.

    Args:
        window: whose controller and worker they are for.

    Attributes:
        panels: widgets to dock, by title.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.meter, self.panel = RateMeter(window.controller, window.worker, self), RatePanel()
        self.panels: dict[str, QWidget] = {"Rate": self.panel}
        meter, panel = self.meter, self.panel
        window.controller.changed.connect(lambda state, _before: meter.follow(state))
        meter.changed.connect(panel.set_state)
        meter.failed.connect(window.notices.show_failure)
        panel.measured.connect(meter.measure)
        panel.cancelled.connect(meter.cancel)
        panel.edited.connect(meter.set_setting)
        panel.chosen.connect(meter.set_image)

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        self.panel.plot.set_palette(palette)
