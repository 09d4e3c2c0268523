"""The toolbar: arrangement, layer, candidate, and term of the heatmap."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QToolBar, QWidget

from foveaview.app.core.state import AppState
from foveaview.app.images import LAYERS
from foveaview.settings import ObjectiveSettings, field_extra, weight_names

__all__ = ["ARRANGEMENTS", "CANDIDATES", "OVERLAYS", "ViewToolbar"]

ARRANGEMENTS = {"single": "Single", "side": "Side by side", "wipe": "Wipe", "blink": "Blink"}
CANDIDATES = {"ventral": "Instant metamer", "metamer": "Optimised metamer", "file": "Image file"}
OVERLAYS = {"candidate": "on candidate", "target": "on target", "both": "on both", "none": "off"}


def _mapped_terms() -> dict[str, str]:
    """The terms that have a heatmap, with their labels."""
    fields = ObjectiveSettings.model_fields
    return {name: field_extra(fields[name], "label") for name in weight_names() if name != "adversarial"}


class ViewToolbar(QToolBar):
    """Choices of the view.

    Signals:
        view_changed: name of a setting of the view, and the value wanted.
        candidate_chosen: kind of the candidate.
        term_chosen: the term of the heatmap.
    """

    view_changed = Signal(str, object)
    candidate_chosen = Signal(str)
    term_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("View", parent)
        self.setObjectName("View")
        self.setMovable(False)
        self.arrangement_box = self._box("", "Arrangement", ARRANGEMENTS, "Arrangement of the images")
        self.layer_box = self._box("", "Shown", LAYERS, "The layer to show with the target")
        self.candidate_box = self._box(
            "Candidate", "Candidate", CANDIDATES, "The image to compare with the target"
        )
        self.term_box = self._box("Heatmap", "Heatmap of", _mapped_terms(), "The term of the heatmap")
        self.overlay_box = self._box("", "Heatmap overlay", OVERLAYS, "Image that the heatmap is laid over")
        self.arrangement_box.activated.connect(self._tell_view("arrangement", self.arrangement_box))
        self.layer_box.activated.connect(self._tell_view("layer", self.layer_box))
        self.overlay_box.activated.connect(self._tell_view("overlay", self.overlay_box))
        self.candidate_box.activated.connect(
            lambda index: self.candidate_chosen.emit(self.candidate_box.itemData(index))
        )
        self.term_box.activated.connect(lambda index: self.term_chosen.emit(self.term_box.itemData(index)))

    def _box(self, label: str, name: str, choices: Mapping[str, str], tip: str) -> QComboBox:
        box = QComboBox()
        for value, text in choices.items():
            box.addItem(text, value)
        box.setToolTip(tip)
        box.setAccessibleName(name)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
        if label:
            title = QLabel(f"  {label} ")
            title.setBuddy(box)
            self.addWidget(title)
        self.addWidget(box)
        return box

    def _tell_view(self, name: str, box: QComboBox) -> Callable[[int], None]:
        return lambda index: self.view_changed.emit(name, box.itemData(index))

    def set_state(self, state: AppState) -> None:
        """Show the choices of a state."""
        view, document = state.view, state.document
        for box, value in (
            (self.arrangement_box, view.arrangement),
            (self.layer_box, view.layer),
            (self.overlay_box, view.overlay),
        ):
            box.setCurrentIndex(box.findData(value))
        if document is not None:
            self.candidate_box.setCurrentIndex(self.candidate_box.findData(document.candidate))
            self.term_box.setCurrentIndex(self.term_box.findData(document.heatmap_of))
