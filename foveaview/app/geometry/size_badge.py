"""A badge that says whether the picture is as large on the screen as the model takes it to be."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QStyle, QToolButton, QWidget

from foveaview.display.size_check import Validity, check_validity, zoom_for
from foveaview.display.uncertainty import Measurement
from foveaview.settings import LossSettings

__all__ = ["SizeBadge"]

_Icon = QStyle.StandardPixmap
# text and ground of one lightness contrast in either theme; the icon and the words say it without colour
_LOOKS = {
    True: ("#0b3d1f", "#bfe8cb", _Icon.SP_DialogApplyButton),
    False: ("#4a2d00", "#ffd591", _Icon.SP_MessageBoxWarning),
}
_UNKNOWN = "Valid here?"


class SizeBadge(QToolButton):
    """Shows if the image has its modelled width, with a menu of remedies.

    Signals:
        zoom_wanted: device pixels per image pixel that give the modelled width.
        width_wanted: the shown width in metres, for the model.
    """

    zoom_wanted = Signal(float)
    width_wanted = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.validity: Validity | None = None
        self._zoom = 1.0
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
        menu = QMenu(self)
        self.zoom_action = QAction("Set the zoom right", menu)
        self.zoom_action.triggered.connect(lambda: self.zoom_wanted.emit(self._zoom))
        self.model_action = QAction("Set the model right", menu)
        self.model_action.triggered.connect(self._want_width)
        menu.addActions([self.zoom_action, self.model_action])
        menu.setToolTipsVisible(True)
        self.setMenu(menu)
        self.set_unknown()

    def set_unknown(self) -> None:
        """Show that the width is unknown: no image, or a screen of unknown size."""
        self.validity = None
        self.setStyleSheet("")
        self.setIcon(self.style().standardIcon(_Icon.SP_MessageBoxQuestion))
        self._say(_UNKNOWN, "Whether the picture is as wide as modelled: calibrate the screen to know.")
        self.zoom_action.setEnabled(False)
        self.model_action.setEnabled(False)

    def set_view(
        self, settings: LossSettings, width_px: int, zoom: float, pitch: Measurement | float
    ) -> None:
        """Take the model, the image's width, device pixels to its pixel, and their width in metres.

        Raises:
            ValueError: if a number is not over 0.
        """
        validity = check_validity(settings, width_px, zoom, pitch)
        pitch_m = pitch.value if isinstance(pitch, Measurement) else pitch
        self._zoom = zoom_for(settings, width_px, pitch_m)
        if self.validity is None or validity.valid != self.validity.valid:
            self._look(validity.valid)
        self.validity = validity
        low, high = (1000 * end for end in validity.shown.interval)
        self._say(validity.text, f"{validity.text}; shown {low:.4g} to {high:.4g} mm (95 %).")
        for action in (self.zoom_action, self.model_action):
            action.setEnabled(abs(validity.ratio - 1) > 1e-6)
        self.zoom_action.setToolTip(f"Show {self._zoom:.3g} pixels of the screen for one of the image")
        self.model_action.setToolTip(f"Let the model take a width of {1000 * validity.shown.value:.4g} mm")

    def _look(self, valid: bool) -> None:
        color, ground, icon = _LOOKS[valid]
        self.setStyleSheet(f"QToolButton {{ color: {color}; background: {ground}; border-radius: 3px; }}")
        self.setIcon(self.style().standardIcon(icon))

    def _say(self, text: str, tip: str) -> None:
        self.setText(text)
        self.setToolTip(tip)
        self.setAccessibleName(f"Size on the screen: {text}")

    def _want_width(self) -> None:
        if self.validity is not None:
            self.width_wanted.emit(self.validity.shown.value)
