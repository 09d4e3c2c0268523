"""Angles and sizes in the window: rings, pooling regions, the display, and whether the model holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtGui import QScreen, QWindow

from foveaview.app.context import AppContext, Feature, Panel
from foveaview.app.core.state import AppState, Document
from foveaview.app.geometry.geometry_panel import GeometryPanel
from foveaview.app.geometry.overlays import RegionItem, RingsItem
from foveaview.app.geometry.screen_display import screen_display
from foveaview.app.geometry.size_badge import SizeBadge
from foveaview.display.calibration import Calibration
from foveaview.display.models import Display, shared_displays
from foveaview.display.size_check import zoom_for
from foveaview.display.uncertainty import Measurement
from foveaview.io.shared_file import Held
from foveaview.io.untrusted import parse_json
from foveaview.live import Failure

__all__ = ["GeometryController"]


class GeometryController(Feature):
    """Shows the geometry of the image, and keeps the displays and calibrations of the user.

    Args:
        context: what every feature is given.
        presets: file of the user's own displays.

    Attributes:
        panel: widget to dock.
        badge: widget for the status bar.
    """

    def __init__(self, context: AppContext, presets: Path) -> None:
        super().__init__(context)
        self._controller, self._images = context.controller, context.images
        self._presets = shared_displays(presets)
        self.panel, self.badge = GeometryPanel(), SizeBadge()
        self.panels, self.status_widgets = (Panel("Geometry", self.panel, "right"),), (self.badge,)
        self._screen: QScreen | None = None
        self._handle: QWindow | None = None
        self._display: Display | None = None
        self._calibration: Calibration | None = None
        self.rings = [RingsItem() for _ in context.images.panes]
        self.regions = [RegionItem() for _ in context.images.panes]
        for pane, ring, region in zip(context.images.panes, self.rings, self.regions, strict=True):
            pane.add(ring)
            pane.add(region)
        self._pixel: tuple[int, int] | None = None
        self._connect()
        self._load_presets()
        self._show_zoom()

    def _connect(self) -> None:
        controller, panel = self._controller, self.panel
        controller.watch(self.follow, "current", "view", "gaze", "loss_settings")
        controller.watch(lambda _state, _last: self._show_badge(), "loss_settings")
        controller.watch(lambda _state, _last: self._show_zoom(), "current")
        controller.watch(lambda _s, _l: self._show_panel(), "loss_settings", "gaze", seen=(panel,))
        self._images.zoomed.connect(lambda _zoom: self._show_zoom())
        self._images.hovered.connect(self._hover)
        panel.applied.connect(self._apply)
        panel.calibrated.connect(self._calibrate)
        panel.preset_saved.connect(self._save_preset)
        panel.preset_removed.connect(self._remove_preset)
        panel.failed.connect(lambda text: self.context.notify.failure(Failure("input", text, text)))
        self.badge.zoom_wanted.connect(self._images.set_zoom)
        self.badge.width_wanted.connect(partial(controller.edits.set_loss, "real_image_width"))

    @property
    def _document(self) -> Document | None:
        return self._controller.state.document

    @property
    def _pitch(self) -> Measurement | float | None:
        """Width of a device pixel in metres, calibrated or as the screen reports it."""
        if self._calibration is not None:
            return self._calibration.pitch
        return None if self._display is None else self._display.pitch_m

    @property
    def calibration(self) -> Calibration | None:
        """The calibration of the window's screen; None if there is none."""
        return self._calibration

    @property
    def zoom_of_model(self) -> float | None:
        """Device pixels per image pixel that give the image its modelled width; None if unknown."""
        document, pitch = self._document, self._pitch
        if document is None or pitch is None:
            return None
        pitch_m = pitch.value if isinstance(pitch, Measurement) else pitch
        return zoom_for(document.loss_settings, document.size[1], pitch_m)

    # what changes

    def watch(self, handle: QWindow) -> None:
        """Follow the window to other screens, from when it is shown."""
        if handle is not self._handle:
            self._handle = handle
            handle.screenChanged.connect(self._show_zoom)

    def _apply(self, changes: dict[str, float]) -> None:
        """Apply a display as one undo step."""
        edits = self._controller.edits
        edits.end_undo_group()
        edits.edit("display", loss_settings=changes)
        edits.end_undo_group()

    def follow(self, state: AppState, _last: AppState) -> None:
        """Draw the geometry over the images."""
        document, view = state.document, state.view
        if document is None or self._pixel is None or not document.holds(self._pixel):
            self._pixel = None
        for ring in self.rings:
            ring.setVisible(view.rings and document is not None)
            if document is not None and view.rings:
                ring.set_geometry(document.size, document.gaze, document.loss_settings)
        self._show_region()

    def _hover(self, pixel: tuple[int, int] | None) -> None:
        self._pixel = pixel
        document = self._document
        if document is not None:
            self.panel.set_point(None if pixel is None else document.point_of(pixel))
        self._show_region()

    def _show_region(self) -> None:
        document, view = self._document, self._controller.state.view
        shown = view.twin and document is not None and self._pixel is not None
        for region in self.regions:
            if shown and document is not None and self._pixel is not None:
                point = document.point_of(self._pixel)
                region.set_geometry(point, document.size, document.gaze, document.loss_settings)
            else:
                region.set_outline(None)

    def _show_zoom(self) -> None:
        """Update panel and badge for the present zoom."""
        self._show_panel()
        self._show_badge()

    def _show_panel(self) -> None:
        self._look_at_screen()
        document, zoom = self._document, self._images.zoom
        if document is None or zoom <= 0:
            self.panel.set_unknown()
        else:
            self.panel.set_view(document.loss_settings, document.size, document.gaze, zoom)

    def _show_badge(self) -> None:
        self._look_at_screen()
        document, zoom, pitch = self._document, self._images.zoom, self._pitch
        if document is None or zoom <= 0 or pitch is None:
            self.badge.set_unknown()
        else:
            self.badge.set_view(document.loss_settings, document.size[1], zoom, pitch)

    def _look_at_screen(self) -> None:
        """Take the screen that the window is on, with what was calibrated of it."""
        screen = self.context.parent.screen()
        if screen is self._screen:
            return
        self._screen = screen
        document = self._document
        distance = document.loss_settings.real_viewing_distance if document is not None else 0.7
        self._display = screen_display(screen, distance)
        self.panel.set_screen(self._display)
        self._calibration = self._kept_calibration(screen)
        self.panel.set_calibration(self._calibration)

    # kept values

    def _kept_calibration(self, screen: QScreen) -> Calibration | None:
        text = self.context.preferences.calibration(_name(screen))
        if text is None:
            return None
        try:
            return Calibration.from_json(parse_json(text))
        except ValueError as error:
            self.context.notify.message(
                f"the calibration of this screen cannot be read ({error}): calibrate again"
            )
            return None

    def _calibrate(self, calibration: Calibration) -> None:
        self._calibration = calibration
        self.panel.set_calibration(calibration)
        if self._screen is not None:
            text = json.dumps(calibration.to_json())
            self.context.preferences.set_calibration(_name(self._screen), text)
        self._show_zoom()

    def _load_presets(self) -> None:
        self.context.worker.ask(lambda _renderer: self._presets.load(), self._take_presets)

    def _change_presets(self, change: Callable[[list[Display]], list[Display]]) -> None:
        self.context.worker.ask(lambda _renderer: self._presets.change(change), self._take_presets)

    def _save_preset(self, display: Display) -> None:
        self._change_presets(lambda own: [each for each in own if each.name != display.name] + [display])

    def _remove_preset(self, name: str) -> None:
        self._change_presets(lambda own: [each for each in own if each.name != name])

    def _take_presets(self, value: Held[list[Display]] | Failure) -> None:
        """Show what the file holds now, with what other windows have kept in it."""
        if isinstance(value, Failure):
            self.context.notify.failure(value)
            return
        self.panel.set_presets(value.value)
        if value.notice is not None:
            self.context.notify.banner(value.notice, value.notice)
            self.context.notify.message(value.notice)


def _name(screen: QScreen) -> str:
    return f"{screen.name()} {screen.serialNumber()}".strip()
