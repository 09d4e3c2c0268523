"""Presents the image full screen, with a patch for a photodiode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Signal

from foveaview.app.context import AppContext, Feature
from foveaview.app.core.state import AppState
from foveaview.app.images.photodiode import Patch
from foveaview.app.images.presentation import Presentation, cut_off

__all__ = ["PresentationController"]

_CUT = "presented with its edges cut off"


class PresentationController(Feature):
    """Begins and ends presentations.

    Args:
        context: what every feature is given.
        zoom_of_model: device pixels per pixel at which the image is as wide as the model says; None if that
            is unknown.

    Attributes:
        screen: the presentation; None if there is none.

    Signals:
        presented: the `ImageView` that is presented, or None at the end.
    """

    presented = Signal(object)

    def __init__(self, context: AppContext, zoom_of_model: Callable[[], float | None]) -> None:
        super().__init__(context)
        self._zoom_of_model = zoom_of_model
        self.screen: Presentation | None = None
        context.actions.add("View", "present", "&Present full screen", self.present, "F11")
        tip = (
            "While presenting: a square that turns black or white with each gaze's picture, to measure light"
        )
        self._patch_action = context.actions.add(
            "View", "patch", "Phot&odiode patch", tip=tip, checkable=True
        )
        self._patch_action.setChecked(self.patch.on)
        self._patch_action.toggled.connect(lambda on: self.set_patch(replace(self.patch, on=on)))

    def _show(self, state: AppState, _before: AppState) -> None:
        if self.screen is not None:
            self.screen.set_state(state)

    @property
    def patch(self) -> Patch:
        """The patch for a photodiode, as last chosen."""
        return Patch.of_values(self.context.preferences.photodiode)

    def set_patch(self, patch: Patch) -> None:
        """Keep a patch for a photodiode, and show it if the image is presented."""
        self.context.preferences.photodiode = vars(patch)
        self._patch_action.setChecked(patch.on)
        if self.screen is not None:
            self.screen.set_patch(patch)

    def present(self) -> None:
        """Show the image alone on the whole screen, in the size of the model if that is known."""
        context, document = self.context, self.context.document
        if document is None or self.screen is not None:
            return
        screen = self.screen = Presentation(context.parent)
        screen.followed.connect(context.controller.edits.set_follow)
        screen.images.pointed.connect(lambda x, y: context.controller.edits.set_gaze((x, y)))
        screen.patched.connect(self.set_patch)
        screen.left.connect(self._end)
        screen.set_patch(self.patch)
        self.presented.emit(screen.images)
        zoom = self._zoom_of_model() or context.images.zoom
        place, ratio = context.parent.screen().geometry(), context.parent.screen().devicePixelRatio()
        cut = cut_off(document.size, zoom, (round(place.height() * ratio), round(place.width() * ratio)))
        if cut:
            context.notify.banner(f"Presented with its edges cut off: {cut}.", cut, topic=_CUT)
        else:
            context.notify.dismiss(_CUT)
        screen.setGeometry(place)  # for desktops without a window manager
        screen.showFullScreen()
        screen.set_state(context.controller.state, zoom)
        context.controller.changed.connect(self._show)

    def _end(self) -> None:
        if self.screen is not None:
            self.context.controller.changed.disconnect(self._show)
            self.screen.deleteLater()
            self.screen = None
            self.presented.emit(None)
            self.context.parent.activateWindow()

    def close(self) -> None:
        """End the presentation."""
        if self.screen is not None:
            self.screen.close()
