"""The status bar: values under the pointer, phase of the search, and device."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from foveaview.app.core.state import AppState
from foveaview.app.images import LAYERS
from foveaview.app.widgets.elided_label import ElidedLabel
from foveaview.inspection.readout import Readout, decimals, to_bytes, values_at
from foveaview.settings.view import Layer, ViewSettings

__all__ = ["StatusBar", "readout_text", "value_text"]


def value_text(color: tuple[float, ...]) -> str:
    """Channels in decimals and in bytes.

    >>> value_text((0.5, 0.25, 0.1))
    '0.500 0.250 0.100 (128 64 26)'
    """
    return f"{decimals(color)} ({' '.join(map(str, to_bytes(color)))})"


def _rounded(color: tuple[float, ...]) -> str:
    """Format channels for little room."""
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
    """A label as wide as its widest text, so that its neighbours do not move."""

    def __init__(self, widest: str, tip: str) -> None:
        super().__init__()
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(widest))
        self.setToolTip(tip)


class StatusBar(QStatusBar):
    """Position, eccentricity, pooling size and values under the pointer; state and device."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixel: tuple[int, int] | None = None
        self._state = AppState()
        self.position = _SteadyLabel("x 8888  y 8888", "Column and row of the pixel under the pointer.")
        self.geometry_line = _SteadyLabel(
            "88.88° from gaze  pool. 888.8 px", "Eccentricity, and size of the pooling region."
        )
        self.colors = ElidedLabel()  # shortened in a narrow window; its tooltip holds the whole text
        self.state, self.device = QLabel(), QLabel()
        self.state.setToolTip("Phase of the search.")
        self.device.setToolTip("The device that computes.")
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
        """Show phase and device, and the values under the pointer."""
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
