"""What is said about the picture: the titles above the images and the line below them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from foveaview.app.state import AppState, Document, Phase
from foveaview.app.view_bar import LAYERS
from foveaview.perception import geometry_at
from foveaview.view import ViewSettings

__all__ = ["StatusLine", "layer_title", "target_title"]


def target_title(document: Document) -> str:
    """Name and size of the target, and the gaze."""
    (x, y), (height, width) = document.gaze, document.size
    return f"{document.path.name}, {width} x {height} px, gaze {x:.3f} {y:.3f}"


def _metamer_name(document: Document) -> str:
    """Says which step's, where a person went back."""
    picture, status = document.picture, document.status
    iteration = document.scrub if picture is None else picture.iteration
    if iteration is None or status is None:
        return "Metamer"
    return f"Metamer at iteration {iteration} (of {status.iteration})"


def candidate_title(document: Document, changes: list[str]) -> str:
    """What the candidate is, how far it is from the target, and why it is stale, if it is."""
    if document.candidate == "file":
        name = f"Candidate: {document.file_name}"
    elif document.candidate == "ventral":
        name = "Ventral metamer"
    else:
        name = _metamer_name(document)
    if document.picture is None:
        waiting = document.candidate != "metamer" or document.phase is Phase.RUNNING
        return f"{name}: " + ("computing" if waiting else "press Start")
    if changes:
        return f"{name}: stale, {', '.join(changes)}"
    parts = [name, document.quality]
    if document.loss is not None:
        about = "about " if document.quality == "preview" else ""
        name = "loss" if document.heatmap_of == "metameric" else document.heatmap_of
        parts.append(f"{name} {about}{document.loss:.4g}")
    return ", ".join(parts)


def layer_title(document: Document, view: ViewSettings, changes: list[str]) -> str:
    """What is compared with the target, as it is shown."""
    if view.layer == "target":
        return target_title(document)
    if view.layer == "candidate":
        return candidate_title(document, changes)
    name = LAYERS[view.layer]
    if document.map is None or document.map.layer != view.layer:
        return f"{name}: computing" if document.picture is not None else f"{name}: no candidate yet"
    if changes:
        return f"{name}: stale, {', '.join(changes)}"
    values = document.map.values
    text = f"{name}, {document.quality}, mean {float(values.mean()):.4g}"
    return f"{text}, largest {float(abs(values).max()):.4g}"


def _color(pixels: npt.NDArray[np.uint8], pixel: tuple[int, int], size: tuple[int, int]) -> str:
    """The bytes under a pixel of the whole picture; a preview has fewer."""
    row, column = pixel[1] * pixels.shape[0] // size[0], pixel[0] * pixels.shape[1] // size[1]
    return " ".join(str(value) for value in np.atleast_1d(pixels[row, column]))


class StatusLine(QStatusBar):
    """Position, eccentricity, pooling size and colour under the pointer; state and device."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.position, self.geometry_line, self.colors = QLabel(), QLabel(), QLabel()
        self.state, self.device = QLabel(), QLabel()
        for label in (self.position, self.geometry_line, self.colors):
            self.addWidget(label)
        for label in (self.state, self.device):
            self.addPermanentWidget(label)
        self.position.setText("point at an image")

    def set_pixel(self, document: Document, pixel: tuple[int, int] | None) -> None:
        """Describe a pixel (column, row), or nothing."""
        if pixel is None:
            self.position.setText("point at an image")
            self.geometry_line.setText("")
            self.colors.setText("")
            return
        height, width = document.size
        point = (pixel[0] / (width - 1), pixel[1] / (height - 1))
        eccentricity, pooling = geometry_at(point, document.size, document.gaze, document.loss_settings)
        self.position.setText(f"x {pixel[0]}  y {pixel[1]}")
        self.geometry_line.setText(f"{eccentricity:.2f}° from gaze  pooling {pooling:.1f} px")
        text = f"RGB {_color(document.pixels, pixel, document.size)}"
        if document.picture is not None:
            text += f" | {_color(document.picture.pixels, pixel, document.size)}"
        self.colors.setText(text)

    def set_state(self, state: AppState) -> None:
        """Say what the search does and where."""
        document = state.document
        self.state.setText("no image" if document is None else document.phase.value)
        self.device.setText(state.device)
