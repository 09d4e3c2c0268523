"""The geometry: displays to choose from, and what a degree is in pixels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QInputDialog,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.geometry.calibration_dialog import CalibrationDialog
from foveaview.display.calibration import Calibration
from foveaview.display.models import Display, read_display_models, settings_for
from foveaview.display.uncertainty import Measurement
from foveaview.perception import geometry_at, pixels_per_degree
from foveaview.settings import LossSettings

__all__ = ["GeometryPanel"]

_SAME_WITHIN = 1e-3  # a spin box rounds what a calibration gave
_NOWHERE = "-"
_NO_SIZE = (1, 1)

Point = tuple[float, float]


class GeometryPanel(QWidget):
    """Chooses the display, and shows pixels per degree and pooling sizes with their 95 % interval.

    Signals:
        applied: the changes to `LossSettings` for the chosen display.
        calibrated: a `Calibration` that the user has made.
        preset_saved: a `Display` to save; it replaces one of the same name.
        preset_removed: name of a display to delete.
        failed: why a file is unreadable.
    """

    applied = Signal(dict)
    calibrated = Signal(object)
    preset_saved = Signal(object)
    preset_removed = Signal(str)
    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._screen: Display | None = None
        self._calibration: Calibration | None = None
        self._own: list[Display] = []
        self._read: list[Display] = []
        self._settings, self._size, self._zoom = LossSettings(), _NO_SIZE, 1.0
        self._gaze: Point = (0.5, 0.5)
        self._point: Point | None = None
        self.dialog: CalibrationDialog | None = None
        self.name_dialog: QInputDialog | None = None
        self.file_dialog: QFileDialog | None = None
        self._make_choice()
        self._make_lines()
        self._fill()

    def _make_choice(self) -> None:
        self.combo = QComboBox()
        self.combo.setAccessibleName("Display")
        self.combo.setToolTip("The display that the picture is meant for")
        self.combo.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
        self.combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.combo.currentIndexChanged.connect(self._allow)
        self.apply_button = self._button("A&pply", "Take this display's pixels and distance", self._apply)
        self.calibrate_button = self._button(
            "Cali&brate…", "Measure this screen and the distance to it", self.calibrate
        )
        self.save_button = self._button("&Save preset…", "Keep this display under a name", self._ask_name)
        self.import_button = self._button(
            "&Import…", "Read a display_models.json of FovVideoVDP or ColorVideoVDP", self._ask_file
        )
        self.remove_button = self._button("Remove", "Forget this preset of your own", self._remove)
        grid = QGridLayout()
        grid.addWidget(self.combo, 0, 0, 1, 3)
        row = (self.apply_button, self.calibrate_button, self.import_button)
        for column, button in enumerate((*row, self.save_button, self.remove_button)):
            grid.addWidget(button, 1 + column // 3, column % 3)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(6, 6, 6, 6)
        self._column.addLayout(grid)

    def _button(self, text: str, tip: str, act: object) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(act)
        return button

    def _make_lines(self) -> None:
        self.centre_line, self.cursor_line, self.pooling_line = QLabel(), QLabel(), QLabel()
        for label in (self.centre_line, self.cursor_line, self.pooling_line):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setToolTip("With the 95 % interval if the model has the calibrated values")
            self._column.addWidget(label)
        self._column.addStretch(1)

    # choices

    def set_screen(self, screen: Display | None) -> None:
        """Set the display that the screen reports, or None if that is invalid."""
        self._screen = screen
        self._fill()

    def set_calibration(self, calibration: Calibration | None) -> None:
        """Take what was measured of this screen."""
        self._calibration = calibration
        self._fill()
        self._tell()

    def set_presets(self, presets: list[Display]) -> None:
        """Take the user's own displays."""
        self._own = list(presets)
        self._fill()

    def import_models(self, path: Path) -> None:
        """Read displays of other programs, to choose from; tells if that fails."""
        try:
            self._read = read_display_models(path)
        except (OSError, ValueError) as error:
            self.failed.emit(str(error))
            return
        self._fill()
        if self._read:
            self._choose(self._read[0])

    def chosen(self) -> Display | None:
        """The display that is chosen."""
        display = self.combo.currentData()
        return display if isinstance(display, Display) else None

    def _measured(self) -> Display | None:
        if self._calibration is None:
            return None
        pitch, distance = self._calibration.pitch.value, self._calibration.distance.value
        resolution = self._screen.resolution if self._screen is not None else (1920, 1080)
        return Display("this screen, calibrated", resolution, pitch * resolution[0], distance)

    def _fill(self) -> None:
        before = self.chosen()
        known = [display for display in (self._measured(), self._screen) if display is not None]
        blocker = QSignalBlocker(self.combo)
        self.combo.clear()
        for display in (*known, *self._own, *self._read):
            self.combo.addItem(display.name, display)
            wide, far = 1000 * display.pitch_m, 100 * display.viewing_distance_m
            tip = f"{display.pixels_per_degree:.1f} px/deg: {wide:.4f} mm a pixel, seen from {far:.0f} cm"
            self.combo.setItemData(self.combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        blocker.unblock()
        if before is not None:
            self._choose(before)
        self._allow()

    def _choose(self, display: Display) -> None:
        """Itself, or one of its name: a calibration made again has other values."""
        listed = [self.combo.itemData(i) for i in range(self.combo.count())]
        same = [i for i, other in enumerate(listed) if other == display]
        same += [i for i, other in enumerate(listed) if other.name == display.name]
        self.combo.setCurrentIndex(same[0] if same else 0)

    def _allow(self) -> None:
        display = self.chosen()
        self.apply_button.setEnabled(display is not None and self._size != _NO_SIZE)
        self.save_button.setEnabled(display is not None)
        self.remove_button.setEnabled(display in self._own)

    # what the buttons do

    def _apply(self) -> None:
        display = self.chosen()
        if display is not None:
            self.applied.emit(settings_for(display, self._size, self._zoom))

    def calibrate(self) -> None:
        """Open the dialog that measures this screen."""
        self.dialog = CalibrationDialog(self._screen.pitch_m if self._screen is not None else None, self)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.calibrated.connect(self._take)
        self.dialog.open()

    def _take(self, calibration: Calibration) -> None:
        self.set_calibration(calibration)
        self.combo.setCurrentIndex(0)
        self.calibrated.emit(calibration)

    def _ask_name(self) -> None:
        display = self.chosen()
        if display is None:
            return
        self.name_dialog = QInputDialog(self)
        self.name_dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.name_dialog.setWindowTitle("Save preset")
        self.name_dialog.setLabelText("Name of the preset:")
        self.name_dialog.setTextValue(display.name)
        self.name_dialog.textValueSelected.connect(lambda name: self._save(display, name.strip()))
        self.name_dialog.open()

    def _save(self, display: Display, name: str) -> None:
        """One of the same name is replaced."""
        if not name:
            self.failed.emit("a preset has a name: give it one")
            return
        preset = replace(display, name=name)
        self._own = [other for other in self._own if other.name != name] + [preset]
        self._fill()
        self._choose(preset)
        self.preset_saved.emit(preset)

    def _remove(self) -> None:
        chosen = self.chosen()
        if chosen is None:
            return
        self._own = [other for other in self._own if other != chosen]
        self._fill()
        self.preset_removed.emit(chosen.name)

    def _ask_file(self) -> None:
        self.file_dialog = QFileDialog(self, "Import display models", "", "Display models (*.json)")
        self.file_dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.file_dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self.file_dialog.fileSelected.connect(lambda name: self.import_models(Path(name)))
        self.file_dialog.open()

    # texts

    def set_view(self, settings: LossSettings, size: tuple[int, int], gaze: Point, zoom: float) -> None:
        """Take the model, the image's size (H, W), the gaze, and device pixels to a pixel of the image."""
        self._settings, self._size, self._gaze, self._zoom = settings, size, gaze, zoom
        self._allow()
        self._tell()

    def set_unknown(self) -> None:
        """Say nothing: there is no image, or it is not on a screen."""
        self._size, self._point = _NO_SIZE, None
        self._allow()
        self._tell()

    def set_point(self, point: Point | None) -> None:
        """Take the point under the pointer in image coordinates, or None."""
        self._point = point
        self._tell_point()

    def _trusted(self) -> Calibration | None:
        """The calibration, if the model's geometry equals it at this zoom; else None."""
        if self._calibration is None:
            return None
        found = self._calibration.settings_for(self._size, self._zoom)
        same = (
            abs(getattr(self._settings, name) / value - 1) < _SAME_WITHIN for name, value in found.items()
        )
        return self._calibration if all(same) else None

    def _density(self, point: Point) -> str:
        calibration = self._trusted()
        if calibration is not None:
            return _said(calibration.pixels_per_degree(point, self._size, self._zoom))
        return _said(Measurement(pixels_per_degree(point, self._size, self._settings)))

    def _tell(self) -> None:
        density = _NOWHERE if self._size == _NO_SIZE else self._density((0.5, 0.5))
        self.centre_line.setText(f"ppd at centre {density}")
        self._tell_point()

    def _tell_point(self) -> None:
        point = self._point
        if point is None:
            self.cursor_line.setText(f"ppd at cursor {_NOWHERE}")
            self.pooling_line.setText(f"pooling at cursor {_NOWHERE}")
            return
        self.cursor_line.setText(f"ppd at cursor {self._density(point)}")
        calibration, size, gaze = self._trusted(), self._size, self._gaze
        if calibration is not None:
            pooled = calibration.pooling_size(point, size, gaze, self._settings, self._zoom)
        else:
            pooled = Measurement(geometry_at(point, size, gaze, self._settings)[1])
        self.pooling_line.setText(f"pooling at cursor {_said(pooled, 'px')}")


def _said(measured: Measurement, unit: str = "") -> str:
    """Format a value with its interval, or the modelled value alone."""
    if measured.sd == 0:
        return f"{measured.text(unit)} (modelled)"
    return f"{measured.text(unit)} (95 %)"
