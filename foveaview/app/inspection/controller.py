"""The panels that show numbers read off the images, with what reads them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import QWidget

from foveaview.app import file_actions
from foveaview.app.inspection.histogram_panel import HistogramPanel
from foveaview.app.inspection.points_panel import PointsPanel
from foveaview.app.inspection.readers import HistogramReader, PointReader

if TYPE_CHECKING:
    from foveaview.app.main_window import MainWindow

__all__ = ["Readings"]


class Readings(QObject):
    """Points and histogram of a window.

    Args:
        window: whose controller, worker and images they are for.

    Attributes:
        panels: widgets to dock, by title.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.points, self.histogram = PointsPanel(), HistogramPanel()
        self.point_reader = PointReader(window.controller, self)
        self.histogram_reader = HistogramReader(window.controller, window.worker, self)
        self.panels: dict[str, QWidget] = {"Points": self.points, "Histogram": self.histogram}
        self._connect_points()
        self._connect_histogram()

    def _connect_points(self) -> None:
        controller, panel, reader = self._window.controller, self.points, self.point_reader
        controller.changed.connect(lambda state, _before: reader.follow(state))
        reader.changed.connect(panel.set_points)
        panel.chosen.connect(self._window.images.show_pixel)
        panel.looked.connect(controller.look_at)
        panel.unpinned.connect(controller.pin)
        panel.saved.connect(partial(file_actions.save_points, self._window))
        panel.copied.connect(self._copy)
        panel.cleared.connect(controller.clear_pins)

    def _connect_histogram(self) -> None:
        reader, panel = self.histogram_reader, self.histogram
        self._window.controller.changed.connect(lambda state, _before: reader.follow(state))
        panel.shown.connect(reader.set_visible)
        reader.changed.connect(panel.set_counted)
        reader.failed.connect(self._window.notices.show_failure)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.point_reader.text())
        self._window.notices.say("points copied")

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        self.histogram.plot.set_palette(palette)
