"""Draws the state in the images, and passes the mouse on to the controller."""

from __future__ import annotations

from PySide6.QtCore import QTimer

from foveaview.app.context import AppContext, Feature, Panel
from foveaview.app.core.state import AppState, Document, Phase
from foveaview.app.images.target_list import TargetList
from foveaview.app.images.titles import layer_title, target_titles
from foveaview.io.colormaps import DIVERGING
from foveaview.live import MapImage
from foveaview.settings.view import MAP_LAYERS

__all__ = ["ImagesController"]

_STALE_AFTER_MS = 250
"""A result that is being computed again is not marked before this, or every change would flicker."""

_UNITS = {
    "heatmap": "loss per pixel",
    "difference": "difference",
    "absolute": "absolute difference",
    "pooling": "pooling size, px",
}


class ImagesController(Feature):
    """The images of the shown target, and the list of the open ones.

    Args:
        context: what every feature is given.

    Attributes:
        targets: the open targets.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._controller, self._images = context.controller, context.images
        self.targets = TargetList()
        self.panels = (Panel("Targets", self.targets, "left"),)
        self._stale_timer = QTimer(self, singleShot=True, interval=_STALE_AFTER_MS)
        self._stale_timer.timeout.connect(lambda: self._mark_stale(at_once=True))
        self._images.set_view(self._controller.state.view)
        self._controller.changed.connect(self._show)
        self._controller.watch(lambda state, _last: self.targets.set_state(state), "current", "phases")
        self._connect()

    def _connect(self) -> None:
        edits, images = self._controller.edits, self._images
        images.pointed.connect(lambda x, y: edits.set_gaze((x, y)))
        images.pinned.connect(edits.pin)
        images.divided.connect(lambda place: edits.set_view(divider=place))
        images.shifted.connect(edits.shift)
        images.turned.connect(edits.turn_alpha)
        self.targets.chosen.connect(self._controller.documents.select)
        self.targets.closed.connect(self._controller.documents.close)

    def _show(self, state: AppState, before: AppState) -> None:
        now, was = state.document, before.document
        if state.view != before.view:
            self._images.set_view(state.view)
        if now is not None:
            self._show_document(now, was if was is not None and was.number == now.number else None)
            self._show_scale(state)

    def _show_document(self, now: Document, was: Document | None) -> None:
        images = self._images
        if was is None:
            images.set_size(now.size)
            images.setFocus()
        images.set_gaze(now.gaze)
        images.set_pins(now.pins)
        self._show_images(now)
        images.target.title.set_line(*target_titles(now))
        self._mark_stale(at_once=False)

    def _show_images(self, now: Document) -> None:
        images, picture, shown = self._images, now.picture, now.map
        images.set_image("target", now.pixels)
        faded = picture is not None and picture.banked
        images.set_image("candidate", None if picture is None else picture.pixels, fade=faded)
        for layer in MAP_LAYERS:
            images.set_image(layer, shown.pixels if shown is not None and shown.layer == layer else None)
        images.set_heatmap(None if now.heatmap is None else now.heatmap.pixels)

    def _show_scale(self, state: AppState) -> None:
        """Explain the colours, if there are any."""
        view, document = state.view, state.document
        shown = None if document is None else document.map if view.is_map else document.heatmap
        bar = self._images.color_bar
        bar.setVisible(view.is_map or view.overlay != "none")
        locked = view.locked_top is not None
        if isinstance(shown, MapImage):
            colors = DIVERGING if shown.layer == "difference" else view.colormap
            bar.set_scale(_UNITS[shown.layer], shown.low, shown.high, colors, locked)
        elif shown is not None:
            bar.set_scale(_UNITS["heatmap"], 0.0, shown.top, view.colormap, locked)

    def _mark_stale(self, at_once: bool) -> None:
        state = self._controller.state
        document, view = state.document, state.view
        if document is None:
            return
        changes = document.shown_changes(view.layer)
        live = document.candidate != "metamer" or document.phase is Phase.RUNNING
        if changes and live and not at_once:
            self._stale_timer.start()
            changes = []
        elif not changes:
            self._stale_timer.stop()
        self._images.set_stale(bool(changes))
        texts = (layer_title(document, view, changes, short) for short in (False, True))
        self._images.candidate.title.set_line(*texts)
