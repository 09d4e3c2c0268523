"""Brings the state on screen: images, panels, toolbar and titles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from foveaview.app.core.state import AppState, Document, Phase
from foveaview.app.shell.status_bar import layer_title, target_titles
from foveaview.io.colormaps import DIVERGING
from foveaview.live import MapImage
from foveaview.settings.view import MAP_LAYERS

if TYPE_CHECKING:
    from foveaview.app.main_window import MainWindow

__all__ = ["Showing"]

_CURVE_EVERY_MS = 200
_STALE_AFTER_MS = 250
"""A result that is being computed again is not marked before this, or every change would flicker."""

_UNITS = {
    "heatmap": "loss per pixel",
    "difference": "difference",
    "absolute": "absolute difference",
    "pooling": "pooling size, px",
}


class Showing(QObject):
    """Applies to a window's widgets what differs between two states.

    Args:
        window: whose widgets they are.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._stale_timer = QTimer(self, singleShot=True, interval=_STALE_AFTER_MS)
        self._stale_timer.timeout.connect(lambda: self._mark_stale(at_once=True))
        # not at once, so that curve and image are not painted in one go
        self._curve_timer = QTimer(self, singleShot=True, interval=_CURVE_EVERY_MS)
        self._curve_timer.timeout.connect(self._draw_curve)
        window.controller.changed.connect(self.apply)

    def apply(self, state: AppState, before: AppState, everything: bool = False) -> None:
        """Bring on screen what differs between two states."""
        now, was = state.document, before.document
        if everything or state.documents != before.documents or state.current != before.current:
            self._window.targets.set_state(state)
            self._window.show_page(now is not None)
            self._window.run_panel.set_document(now)
            self._window.view_bar.set_state(state)
        if everything or state.keeping != before.keeping:
            self._window.run_panel.set_keeping(state.keeping)
        if everything or state.view != before.view:
            self._apply_view(state)
        if now is not None:
            other = everything or was is None or was.number != now.number
            self._apply_document(now, None if other else was)
            self._show_scale(state)
        if self._window.presentation is not None:
            self._window.presentation.set_state(state)
        self._window.commands["follow"].setChecked(state.follow)
        self._window.panel.setEnabled(now is not None)
        self._window.commands["expose"].setEnabled(now is not None and now.is_light)
        self._window.status.set_state(state)

    def _apply_view(self, state: AppState) -> None:
        view = state.view
        self._window.images.set_view(view)
        self._window.view_bar.set_state(state)
        for (name, value), action in self._window.menus.choices.items():
            action.setChecked(getattr(view, name) == value)
        self._window.commands["lock_range"].setChecked(view.locked_top is not None)

    def _show_scale(self, state: AppState) -> None:
        """Say what the colours stand for, where there are some."""
        view, document = state.view, state.document
        shown = None if document is None else document.map if view.is_map else document.heatmap
        bar = self._window.images.color_bar
        bar.setVisible(view.is_map or view.overlay != "none")
        locked = view.locked_top is not None
        if isinstance(shown, MapImage):
            colors = DIVERGING if shown.layer == "difference" else view.colormap
            bar.set_scale(_UNITS[shown.layer], shown.low, shown.high, colors, locked)
        elif shown is not None:
            bar.set_scale(_UNITS["heatmap"], 0.0, shown.top, view.colormap, locked)

    def _apply_document(self, now: Document, was: Document | None) -> None:
        images = self._window.images
        if was is None:
            images.set_size(now.size)
            images.setFocus()
            self._window.setWindowTitle(f"{now.path.name} - foveaview")
            self._window.setWindowFilePath(str(now.path))
        images.set_gaze(now.gaze)
        images.set_pins(now.pins)
        shown = None if was is None else (was.loss_settings, was.settings, was.objective)
        if shown != (now.loss_settings, now.settings, now.objective):
            self._window.panel.set_settings(now.loss_settings, now.settings, now.objective)
            self._window.presetting.show()
        self._show_images(now)
        if was is None or was.status is not now.status or was.phase is not now.phase:
            if was is None or now.phase is not Phase.RUNNING:
                self._draw_curve()
            elif not self._curve_timer.isActive():
                self._curve_timer.start()
        if was is None or was.stored is not now.stored:
            self._window.curve.set_stored(now.stored)
        if was is None or was.scrub != now.scrub:
            self._window.curve.set_scrub(now.scrub)
        images.target.title.set_line(*target_titles(now))
        self._mark_stale(at_once=False)

    def _show_images(self, now: Document) -> None:
        images, picture, shown = self._window.images, now.picture, now.map
        images.set_image("target", now.pixels)
        faded = picture is not None and picture.banked
        images.set_image("candidate", None if picture is None else picture.pixels, fade=faded)
        for layer in MAP_LAYERS:
            images.set_image(layer, shown.pixels if shown is not None and shown.layer == layer else None)
        images.set_heatmap(None if now.heatmap is None else now.heatmap.pixels)

    def _draw_curve(self) -> None:
        document = self._window.controller.state.document
        status = document.status if document is not None else None
        self._window.curve.set_losses(
            status.losses if status is not None else None, status.terms if status is not None else {}
        )
        self._window.panel.set_term_values(
            {name: float(values[-1]) for name, values in status.terms.items() if len(values)}
            if status is not None
            else {}
        )

    def _mark_stale(self, at_once: bool) -> None:
        document = self._window.controller.state.document
        if document is None:
            return
        changes = document.shown_changes(self._window.controller.state.view.layer)
        live = document.candidate != "metamer" or document.phase is Phase.RUNNING
        if changes and live and not at_once:
            self._stale_timer.start()
            changes = []
        elif not changes:
            self._stale_timer.stop()
        self._window.images.set_stale(bool(changes))
        view = self._window.controller.state.view
        texts = (layer_title(document, view, changes, short) for short in (False, True))
        self._window.images.candidate.title.set_line(*texts)
