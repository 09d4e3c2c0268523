"""What is said about the picture: the titles above the images and the line below them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from foveaview.app.core.state import AppState, Document, Phase
from foveaview.app.images.image_pane import ElidedLabel
from foveaview.app.shell.view_toolbar import LAYERS
from foveaview.gaze.visual_angle import Angles
from foveaview.inspection.readout import Readout, decimals, to_bytes, values_at
from foveaview.perception.analysis.loss_breakdown import described
from foveaview.settings.view import Layer, ViewSettings

__all__ = ["StatusLine", "layer_title", "readout_text", "target_title", "target_titles", "value_text"]


def target_title(document: Document, short: bool = False) -> str:
    """Name, size and gaze of the target; if short, without the size."""
    (x, y), (height, width) = document.gaze, document.size
    size = "" if short else f", {width} x {height} px"
    return f"{document.path.name}{size}, gaze {x:.3f} {y:.3f}"


def target_titles(document: Document) -> list[str]:
    """Titles of the target, the longest first: with how its file was read, without, and short."""
    titles = [target_title(document), target_title(document, short=True)]
    return [f"{titles[0]}, {document.label}", *titles] if document.label else titles


def _heatmap_name(document: Document) -> str:
    """Says what it is of, if that is not the whole metameric loss."""
    if document.heatmap_parts is not None:
        return f"Heatmap of {described(document.heatmap_parts)}"
    return "Heatmap" if document.heatmap_of == "metameric" else f"Heatmap of {document.heatmap_of}"


def _metamer_name(document: Document, short: bool) -> str:
    """Says which step's, where the user went back."""
    picture, status = document.picture, document.status
    iteration = document.scrub if picture is None else picture.iteration
    if status is None:
        return "Metamer"
    if iteration is None:
        return "Metamer" if picture is None or picture.step is None else f"Metamer, step {picture.step}"
    if short:
        return f"Iteration {iteration} of {status.iteration}"
    return f"Metamer at iteration {iteration} (of {status.iteration})"


def _quality(document: Document, short: bool) -> str:
    """In full is what one expects."""
    return "" if short and document.quality == "full" else f", {document.quality}"


def candidate_title(document: Document, changes: list[str], short: bool = False) -> str:
    """What the candidate is, how far it is from the target, and why it is stale, if it is."""
    if document.candidate == "file":
        name = f"Candidate: {document.file_name}"
    elif document.candidate == "ventral":
        name = "Ventral metamer" + _bank_name(document)
    else:
        name = _metamer_name(document, short)
    if document.picture is None:
        waiting = document.candidate != "metamer" or document.phase is Phase.RUNNING
        return f"{name}: " + ("computing" if waiting else "press Start")
    if changes:
        return f"{name}: stale, {', '.join(changes)}"
    title = name + _quality(document, short)
    loss = document.shown_loss
    if loss is None:
        return title
    name = "loss" if document.heatmap_of == "metameric" else document.heatmap_of
    if document.heatmap_parts is not None:
        name = f"loss of {described(document.heatmap_parts)}"
    return f"{title}, {name} {loss:.4g}"


def _bank_name(document: Document) -> str:
    """How far the gaze is from the one that a picture of the bank was made for."""
    picture = document.picture
    if picture is None or not picture.banked or picture.key is None:
        return ""
    angles = Angles.of(document.size, document.loss_settings)
    return f" of the bank, {float(angles.between(*picture.key.gaze, *document.gaze)):.1f}° off"


def layer_title(document: Document, view: ViewSettings, changes: list[str], short: bool = False) -> str:
    """What is compared with the target, as it is shown; where short, with less about it."""
    if view.layer == "target":
        return target_title(document, short)
    if view.layer == "candidate":
        return candidate_title(document, changes, short)
    name = _heatmap_name(document) if view.layer == "heatmap" else LAYERS[view.layer]
    if document.map is None or document.map.layer != view.layer:
        return f"{name}: computing" if document.picture is not None else f"{name}: no candidate yet"
    if changes:
        return f"{name}: stale, {', '.join(changes)}"
    if view.layer == "heatmap" and document.quality == "preview":
        return f"{name}{_quality(document, short)}"  # at another size the loss is another number
    values = document.map.values
    text = f"{name}{_quality(document, short)}, mean {float(values.mean()):.4g}"
    return text if short else f"{text}, largest {float(abs(values).max()):.4g}"


def value_text(color: tuple[float, ...]) -> str:
    """Channels in decimals and in bytes.

    >>> value_text((0.5, 0.25, 0.1))
    '0.500 0.250 0.100 (128 64 26)'
    """
    return f"{decimals(color)} ({' '.join(map(str, to_bytes(color)))})"


def _rounded(color: tuple[float, ...]) -> str:
    """Channels where there is little room."""
    return " ".join(f"{value:.2f}" for value in color)


def readout_text(
    point: Readout, view: ViewSettings, text: Callable[[tuple[float, ...]], str] = value_text
) -> str:
    """The values of every image on screen under a pixel, with their units; colours as `text` puts them."""
    parts = [f"target {text(point.target)}"]
    if point.candidate is not None:
        parts.append(f"candidate {text(point.candidate)}")
    if point.map is not None and point.map[0] == view.layer:
        parts.append(_map_text(*point.map, point.term))
    elif point.loss is not None and not view.is_map and view.overlay != "none":
        parts.append(_map_text("heatmap", point.loss, point.term))
    return "   ".join(parts)


def _map_text(layer: Layer, value: float, term: str) -> str:
    if layer == "heatmap":
        return f"{'loss' if term == 'metameric' else term}/px {value:.3g}"
    if layer == "pooling":
        return f"pooling size {value:.1f} px"
    return f"{LAYERS[layer].lower()} {value:.4f}"


class _SteadyLabel(QLabel):
    """As wide as the widest text that is to be expected, so that its neighbours stay where they are."""

    def __init__(self, widest: str, tip: str) -> None:
        super().__init__()
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(widest))
        self.setToolTip(tip)


class StatusLine(QStatusBar):
    """Position, eccentricity, pooling size and values under the pointer; state and device."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixel: tuple[int, int] | None = None
        self._state = AppState()
        self.position = _SteadyLabel("x 8888  y 8888", "Column and row of the pixel under the pointer.")
        self.geometry_line = _SteadyLabel(
            "88.88° from gaze  pool. 888.8 px", "Eccentricity, and size of the pooling region."
        )
        self.colors = ElidedLabel()  # gives way where the window is narrow; its tip holds the whole
        self.state, self.device = QLabel(), QLabel()
        self.state.setToolTip("What the search does.")
        self.device.setToolTip("Where it is computed.")
        for label in (self.position, self.geometry_line):
            self.addWidget(label)
        self.addWidget(self.colors, 1)
        for permanent in (self.state, self.device):
            self.addPermanentWidget(permanent)
        self._show_pixel()

    def set_pixel(self, pixel: tuple[int, int] | None) -> None:
        """Describe a pixel (column, row) of the shown target, or nothing."""
        self._pixel = pixel
        self._show_pixel()

    def set_state(self, state: AppState) -> None:
        """Say what the search does and where, and what is under the pointer now."""
        before, document = self._state.document, state.document
        if (before and before.number) != (document and document.number):
            self._pixel = None
        self._state = state
        self.state.setText("no image" if document is None else document.phase.value)
        self.device.setText(state.device)
        self._show_pixel()

    def _show_pixel(self) -> None:
        document = self._state.document
        if document is None or self._pixel is None:
            self.position.setText("point at an image")
            self.geometry_line.setText("")
            self.colors.set_line("")
            return
        point = values_at(document, self._pixel)
        self.position.setText("x {}  y {}".format(*point.pixel))
        self.geometry_line.setText(
            f"{point.eccentricity_deg:.2f}° from gaze  pool. {point.pooling_px:.1f} px"
        )
        view = self._state.view
        shorter = [readout_text(point, view, text) for text in (decimals, _rounded)]
        unnamed = shorter[-1].removeprefix("target ").replace("   candidate ", " | ")
        self.colors.set_line(readout_text(point, view), *shorter, unnamed)
