"""Arrangement, layers and overlays of the images: toolbar and View menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QAction, QActionGroup

from foveaview.app.context import AppContext, Feature
from foveaview.app.core.state import AppState
from foveaview.app.images import LAYERS
from foveaview.app.shell.view_toolbar import ARRANGEMENTS, OVERLAYS, ViewToolbar
from foveaview.io.colormaps import colormap_names
from foveaview.live import Candidate
from foveaview.settings.view import ViewSettings

__all__ = ["ViewController"]

_ARRANGEMENT_KEYS = {"single": "D", "side": "S", "wipe": "W", "blink": "B"}
_LAYER_KEYS = {
    "target": "1",
    "candidate": "2",
    "heatmap": "3",
    "difference": "4",
    "pooling": "5",
    "absolute": "6",
}


class ViewController(Feature):
    """Shows and changes the view.

    Args:
        context: what every feature is given.
        open_candidate: asks for an image to compare with the target.

    Attributes:
        toolbar: widget for the window.
    """

    def __init__(self, context: AppContext, open_candidate: Callable[[], object]) -> None:
        super().__init__(context)
        self._edits, self._open_candidate = context.controller.edits, open_candidate
        self.toolbar = ViewToolbar()
        self._choices: dict[tuple[str, object], QAction] = {}
        colormaps = {name: name.capitalize() for name in colormap_names()}
        self._add_choices("arrangement", ARRANGEMENTS, _ARRANGEMENT_KEYS)
        self._add_choices("layer", LAYERS, _LAYER_KEYS)
        self._add_choices("overlay", {name: f"Heatmap {text}" for name, text in OVERLAYS.items()}, {})
        self._add_choices("colormap", colormaps, {})
        self._add_switch("rings", "&Rings of eccentricity", "R")
        self._add_switch("scanpath", "Sca&npath", "N")
        self._add_switch("twin", "Pooling re&gion at the pointer", "T")
        add, images = context.actions.add, context.images
        self._lock = add("View", "lock_range", "&Lock the colour range", None, "L", checkable=True)
        self._lock.triggered.connect(self._edits.lock_range)
        add("View", "fit", "&Fit", images.fit, "F")
        add("View", "one_to_one", "&1:1", partial(images.set_zoom, 1.0), "Ctrl+0")
        add("View", "zoom_in", "Zoom &in", partial(images.step_zoom, 1 / 1.25), "Ctrl++")
        add("View", "zoom_out", "Zoom &out", partial(images.step_zoom, 1.25), "Ctrl+-")
        reset = partial(self._edits.set_view, offset=(0.0, 0.0))
        add("View", "reset_offset", "Reset the offset of the second image", reset)
        self._connect()
        self.toolbar.set_state(context.controller.state)
        self._show_view(context.controller.state.view)

    def _add_choices(self, name: str, choices: dict[str, str], keys: dict[str, str]) -> None:
        group = QActionGroup(self)
        for value, text in choices.items():
            act = partial(self._edits.set_view, **{name: value})
            action = self.context.actions.add(
                "View",
                f"{name}_{value}",
                text,
                act,
                keys.get(value, ""),
                checkable=True,
                on_images=name == "layer",
            )
            group.addAction(action)
            self._choices[name, value] = action

    def _add_switch(self, name: str, text: str, keys: str) -> None:
        self._choices[name, True] = self.context.actions.add(
            "View", name, text, None, keys, toggle=lambda on: self._edits.set_view(**{name: on})
        )

    def _connect(self) -> None:
        self.toolbar.view_changed.connect(lambda name, value: self._edits.set_view(**{name: value}))
        self.toolbar.candidate_chosen.connect(self._choose_candidate)
        self.toolbar.term_chosen.connect(self._edits.set_heatmap_of)
        names = ("view", "current", "candidate", "heatmap_of")
        self.context.controller.watch(self._show, *names)

    def _choose_candidate(self, kind: Candidate) -> None:
        document = self.context.document
        if kind == "file" and document is not None and document.file is None:
            self._open_candidate()
        else:
            self._edits.set_candidate(kind)
        self.toolbar.set_state(self.context.controller.state)

    def _show(self, state: AppState, last: AppState) -> None:
        self.toolbar.set_state(state)
        if state.view is not last.view:
            self._show_view(state.view)

    def _show_view(self, view: ViewSettings) -> None:
        for (name, value), action in self._choices.items():
            action.setChecked(getattr(view, name) == value)
        self._lock.setChecked(view.locked_top is not None)
