"""The panels that show numbers read off the images: points and histogram."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QGuiApplication, QPalette

from foveaview.app.context import AppContext, Feature, Panel
from foveaview.app.inspection import requests
from foveaview.app.inspection.histogram_panel import HistogramPanel
from foveaview.app.inspection.points_panel import PointsPanel
from foveaview.app.inspection.readers import POINTS_OF, HistogramReader, PointReader

__all__ = ["InspectionController"]


class InspectionController(Feature):
    """Reads points and histogram off the images.

    Args:
        context: what every feature is given.

    Attributes:
        points, histogram: the panels.
        point_reader, histogram_reader: read what the panels show.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.points, self.histogram = PointsPanel(), HistogramPanel()
        self.panels = (Panel("Points", self.points), Panel("Histogram", self.histogram))
        self.point_reader = PointReader(context.controller, self)
        self.histogram_reader = HistogramReader(context.controller, context.worker, self)
        self._add_actions()
        self._connect_points()
        self._connect_histogram()

    def _add_actions(self) -> None:
        add, edits = self.context.actions.add, self.context.controller.edits
        add("File", "save_points", "Save &points as CSV...", self.ask_save)
        add("Gaze", "pin_gaze", "P&in or unpin at the gaze", edits.pin_gaze, "P")
        add("Gaze", "clear_pins", "Clear &pins", edits.clear_pins)

    def _connect_points(self) -> None:
        context, panel, reader = self.context, self.points, self.point_reader
        context.controller.watch(reader.follow, *POINTS_OF, seen=(panel,))
        reader.changed.connect(panel.set_points)
        panel.chosen.connect(context.images.show_pixel)
        panel.looked.connect(context.controller.edits.look_at)
        panel.unpinned.connect(context.controller.edits.pin)
        panel.saved.connect(self.ask_save)
        panel.copied.connect(self._copy)
        panel.cleared.connect(context.controller.edits.clear_pins)

    def _connect_histogram(self) -> None:
        reader, panel = self.histogram_reader, self.histogram
        self.context.controller.watch(reader.follow, "current", "picture", seen=(panel,))
        panel.shown.connect(reader.set_visible)
        reader.changed.connect(panel.set_counted)
        reader.failed.connect(self.context.notify.failure)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.point_reader.text())
        self.context.notify.message("points copied")

    def ask_save(self) -> None:
        """Ask where to save the numbers at the pinned points, and save them."""
        self.context.save_file("Save points", "points.csv", "CSV (*.csv)", self.save)

    def save(self, path: Path) -> None:
        """Write the numbers at the pinned points as CSV, in the background."""
        request = requests.save_points(path, self.point_reader.points())
        self.context.controller.ask(request, self.context.notify.message)

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        self.histogram.plot.set_palette(palette)
