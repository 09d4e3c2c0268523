"""Panels with the parts of the loss, and with the statistics pooled under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QPalette

from foveaview.app.context import AppContext, Feature, Panel
from foveaview.app.core import image_requests as requests
from foveaview.app.core.image_requests import PooledStatisticsAt
from foveaview.app.core.state import AppState, Document, Phase
from foveaview.app.inspection.breakdown_panel import BreakdownPanel
from foveaview.app.inspection.pooled_statistics_panel import PooledStatisticsPanel
from foveaview.live import Key, LossBreakdown

__all__ = ["BreakdownController"]


class BreakdownController(Feature):
    """Parts of the loss and pooled statistics of a window, measured while their panels are visible.

    Args:
        context: what every feature is given.

    Attributes:
        dissection, twin: the panels.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._controller = context.controller
        self.dissection, self.twin = BreakdownPanel(), PooledStatisticsPanel()
        self.panels = (Panel("Loss breakdown", self.dissection), Panel("Pooled statistics", self.twin))
        self._dissected: LossBreakdown | None = None
        self._twin_at: PooledStatisticsAt | None = None
        self._asked: tuple[object, ...] | None = None
        self._pixel: tuple[int, int] | None = None
        self._pointed: int | None = None
        shown = (
            "current",
            "candidate",
            "picture",
            "quality",
            "scrub",
            "gaze",
            "loss_settings",
            "heatmap_parts",
        )
        seen = (self.dissection, self.twin)
        context.controller.watch(self.follow, *shown, "status", "phase", seen=seen)
        context.images.hovered.connect(self._hover)
        self.dissection.part_chosen.connect(context.controller.edits.set_heatmap_parts)
        for panel in self.panels:
            panel.widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Measure what has come into view."""
        if event.type() is QEvent.Type.Show:
            self._asked = None
            self.follow(self._controller.state)
        return super().eventFilter(watched, event)

    def follow(self, state: AppState, _last: AppState | None = None) -> None:
        """Show the parts of the shown candidate, and request them if they are unknown."""
        document = state.document
        if document is None or document.number != self._pointed:
            self._pixel, self._pointed = None, None if document is None else document.number
        if self.dissection.isVisible():
            self._show_history(document)
            self._show_dissection(document)
        if self.twin.isVisible():
            self._show_twin(document)
        self._ask(document)

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        self.dissection.set_palette(palette)

    # the loss by part

    def _show_history(self, document: Document | None) -> None:
        status = None if document is None else document.status
        self.dissection.set_history(
            None if status is None else status.dissections, () if status is None else status.parts
        )
        self.dissection.set_chosen(None if document is None else document.heatmap_parts)

    def _show_dissection(self, document: Document | None) -> None:
        status = None if document is None else document.status
        live = document is not None and document.phase is Phase.RUNNING and document.candidate == "metamer"
        if live and status is not None and len(status.dissections[0]):
            self.dissection.set_dissection(status.parts, status.dissections[1][-1])
            return
        shown = self._dissected
        if document is None or shown is None or (shown.document, shown.candidate) != _shown(document):
            self.dissection.set_dissection()
        else:
            changes = shown.key.changes_to(Key(document.gaze, document.loss_settings))
            self.dissection.set_dissection(shown.parts, shown.values, changes)

    def _take_dissection(self, dissected: LossBreakdown | None) -> None:
        self._dissected = dissected
        self._show_dissection(self._controller.state.document)

    def _ask(self, document: Document | None) -> None:
        """Measure what is on screen, once for each image in full quality."""
        if document is None or document.picture is None or document.quality != "full":
            return
        asked = (id(document.picture), document.gaze, document.loss_settings, document.scrub)
        running = document.phase is Phase.RUNNING and document.candidate == "metamer"
        if asked == self._asked or running or document.picture_changes:
            return
        self._asked = asked
        job = self._controller.full_job()
        if job is not None and self.dissection.isVisible():
            self._controller.ask(requests.dissect(job), self._take_dissection, "dissect")
        self._ask_twin()

    # statistics under the pointer

    def _hover(self, pixel: tuple[int, int] | None) -> None:
        if pixel is not None:
            self._pixel = pixel
            self._ask_twin()

    def _ask_twin(self) -> None:
        document, job = self._controller.state.document, self._controller.full_job()
        if document is not None and job is not None and self._pixel is not None and self.twin.isVisible():
            point = document.point_of(self._pixel)
            self._controller.ask(requests.pooled_statistics_at(job, point), self._take_twin, "twin")

    def _take_twin(self, pooled_statistics_at: PooledStatisticsAt | None) -> None:
        self._twin_at = pooled_statistics_at
        self._show_twin(self._controller.state.document)

    def _show_twin(self, document: Document | None) -> None:
        shown = self._twin_at
        if document is None or shown is None or (shown.document, shown.candidate) != _shown(document):
            self.twin.set_statistics()
        else:
            changes = shown.key.changes_to(Key(document.gaze, document.loss_settings))
            self.twin.set_statistics(shown.bands, shown.point, changes)


def _shown(document: Document) -> tuple[int, str]:
    return document.number, document.candidate
