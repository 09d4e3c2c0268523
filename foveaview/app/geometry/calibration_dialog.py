"""Calibrate a screen: the width of a pixel with a card, the distance with the blind spot or a tape."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.geometry.calibration_canvas import BlindSpotCanvas, CardCanvas
from foveaview.app.widgets.buttons import RadioButton
from foveaview.display.calibration import CARD_WIDTH_M, Calibration, distance_from_blind_spot, pitch_from_card
from foveaview.display.uncertainty import Measurement

__all__ = ["CalibrationDialog"]

_TYPICAL_PITCH_M = 0.00025
_FEWEST_OFFSET_PX = 10
_SDS_95 = Measurement(0.0, 1.0).half_width


def _line(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button


class _CardPage(QWidget):
    """Matches of a card's width.

    Signals:
        changed: a match was added, or all were taken back.
    """

    changed = Signal()

    def __init__(self, pitch_m: float) -> None:
        super().__init__()
        self.matches: list[float] = []
        self.canvas, self.slider = CardCanvas(), QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Width of the card")
        self.slider.setToolTip("Width of the card in pixels of the screen")
        self.slider.setRange(60, self.canvas.largest())
        self.add_button = _button("&Add match", "Take this width as one match (Enter)")
        self.clear_button = _button("&Clear", "Take all matches back")
        self.line = QLabel("no match yet")
        told = QLabel(
            "Hold a bank card (85.60 mm wide) against the screen and make the card on the screen as wide. "
            "Add the match; repeat as often as you like.",
            wordWrap=True,
        )
        column = QVBoxLayout(self)
        column.addWidget(told)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.slider)
        column.addLayout(_line(self.add_button, self.clear_button, self.line))
        self.canvas.resized.connect(self.slider.setValue)
        self.canvas.limited.connect(self.slider.setMaximum)
        self.slider.valueChanged.connect(self.canvas.set_card)
        self.add_button.clicked.connect(self._add)
        self.clear_button.clicked.connect(self._clear)
        self.slider.setValue(round(CARD_WIDTH_M.value / pitch_m))

    def _add(self) -> None:
        self.matches.append(float(self.canvas.width_px))
        # another start, too small and too large in turn, so that matches do not repeat one another
        start = 0.9 if len(self.matches) % 2 else 1.1
        self.slider.setValue(round(start * self.matches[0]))
        self._tell()

    def _clear(self) -> None:
        self.matches = []
        self._tell()

    def pitch(self) -> Measurement | None:
        """Width of a device pixel in metres, once there is a match."""
        return pitch_from_card(self.matches) if self.matches else None

    def _tell(self) -> None:
        pitch, count = self.pitch(), len(self.matches)
        if pitch is None:
            self.line.setText("no match yet")
        else:
            mean = sum(self.matches) / count
            said = f"{count} match{'es' if count > 1 else ''}, mean {mean:.1f} px"
            self.line.setText(f"{said}: {pitch.text('mm', 1000)} a pixel (95 %)")
        self.changed.emit()


class _DistancePage(QWidget):
    """The distance, from the blind spot or typed.

    Signals:
        changed: there is another distance, or none any more.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.offsets: list[float] = []
        self._pitch: Measurement | None = None
        self.canvas = BlindSpotCanvas()
        self.measure_choice = RadioButton("&Measure with the blind spot")
        self.type_choice = RadioButton("&Type the distance:")
        self.left_choice, self.right_choice = RadioButton("&left eye open"), RadioButton("&right eye open")
        self.clear_button = _button("&Clear", "Take all responses back")
        self.line = QLabel()
        self.distance_box = self._box("Viewing distance", 60.0, 5000.0)
        self.spread_box = self._box("Uncertainty of the viewing distance (95 %)", 2.0, 1000.0)
        self._lay_out()
        self._connect()
        self.measure_choice.setChecked(True)
        self.right_choice.setChecked(True)

    def _box(self, name: str, value: float, largest: float) -> QDoubleSpinBox:
        box = QDoubleSpinBox(suffix=" cm", decimals=1, minimum=0.1, maximum=largest, value=value)
        box.setAccessibleName(name)
        box.setToolTip(name)
        return box

    def _lay_out(self) -> None:
        self._ways, self._eyes = QButtonGroup(self), QButtonGroup(self)
        for group, choices in (
            (self._ways, (self.measure_choice, self.type_choice)),
            (self._eyes, (self.left_choice, self.right_choice)),
        ):
            for choice in choices:
                group.addButton(choice)
                choice.setToolTip(choice.text().replace("&", ""))
        told = QLabel(
            "Close the other eye, look at the cross and keep your head still. Press Space: a dot moves "
            "outward. Press Space again the moment it vanishes; five times or more is best.",
            wordWrap=True,
        )
        column = QVBoxLayout(self)
        column.addLayout(_line(self.measure_choice, self.left_choice, self.right_choice, self.clear_button))
        column.addWidget(told)
        column.addWidget(self.canvas, 1)
        column.addLayout(_line(self.type_choice, self.distance_box, QLabel("±"), self.spread_box))
        column.addWidget(self.line)

    def _connect(self) -> None:
        self.canvas.vanished.connect(self._add)
        self.clear_button.clicked.connect(self._clear)
        self.left_choice.toggled.connect(lambda on: self.canvas.set_eye("left" if on else "right"))
        self.measure_choice.toggled.connect(self._choose)
        self.distance_box.valueChanged.connect(self._tell)
        self.spread_box.valueChanged.connect(self._tell)

    def _choose(self, measure: bool) -> None:
        self.canvas.stop()
        for widget in (self.canvas, self.left_choice, self.right_choice, self.clear_button):
            widget.setEnabled(measure)
        for box in (self.distance_box, self.spread_box):
            box.setEnabled(not measure)
        self._tell()

    def _add(self, offset_px: float) -> None:
        if offset_px >= _FEWEST_OFFSET_PX:
            self.offsets.append(offset_px)
        self._tell()

    def _clear(self) -> None:
        self.offsets = []
        self.canvas.stop()
        self._tell()

    def set_pitch(self, pitch: Measurement | None) -> None:
        """Take the width of a device pixel in metres."""
        self._pitch = pitch
        self._tell()

    def typed(self) -> Measurement | None:
        """The typed distance in metres, if the user chose to type it."""
        if self.measure_choice.isChecked():
            return None
        return Measurement(self.distance_box.value() / 100, self.spread_box.value() / 100 / _SDS_95)

    def _tell(self) -> None:
        typed, count = self.typed(), len(self.offsets)
        if typed is not None:
            self.line.setText(f"distance {typed.text('cm', 100)} (95 %)")
        elif not count or self._pitch is None:
            self.line.setText("no response yet")
        else:
            distance = distance_from_blind_spot(self.offsets, self._pitch)
            said = f"{count} response{'s' if count > 1 else ''}"
            self.line.setText(f"{said}: distance {distance.text('cm', 100)} (95 %)")
        self.changed.emit()


class CalibrationDialog(QDialog):
    """Two pages, card and distance.

    Signals:
        calibrated: a `Calibration`, when the user is done.
    """

    calibrated = Signal(object)

    def __init__(self, pitch_m: float | None = None, parent: QWidget | None = None) -> None:
        """Start with the pixel width in metres that the screen reports, if it does."""
        super().__init__(parent)
        self.setWindowTitle("Calibrate the screen")
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.card_page, self.distance_page = _CardPage(pitch_m or _TYPICAL_PITCH_M), _DistancePage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.card_page)
        self.pages.addWidget(self.distance_page)
        self.back_button = _button("&Back", "To the card")
        self.next_button = _button("&Next", "To the distance")
        self.done_button = _button("&Done", "Take this calibration")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        for button in (self.back_button, self.next_button, self.done_button):
            self.buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        column = QVBoxLayout(self)
        column.addWidget(self.pages, 1)
        column.addWidget(self.buttons)
        self.back_button.clicked.connect(lambda: self._turn_to(0))
        self.next_button.clicked.connect(lambda: self._turn_to(1))
        self.done_button.clicked.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.card_page.changed.connect(self._follow)
        self.distance_page.changed.connect(self._allow)
        self.resize(900, 600)
        self._turn_to(0)

    def calibration(self) -> Calibration | None:
        """The calibration, once enough was measured."""
        matches, offsets = self.card_page.matches, self.distance_page.offsets
        typed = self.distance_page.typed()
        try:
            return Calibration(tuple(matches), () if typed is not None else tuple(offsets), typed)
        except ValueError:
            return None

    def accept(self) -> None:
        """Tell the calibration, and close; nothing if there is none yet."""
        calibration = self.calibration()
        if calibration is not None:
            super().accept()
            self.calibrated.emit(calibration)

    def done(self, result: int) -> None:
        """Close, and let nothing go on."""
        self.distance_page.canvas.stop()
        super().done(result)

    def _turn_to(self, page: int) -> None:
        self.pages.setCurrentIndex(page)
        self._allow()  # first: a button that is switched off passes the focus on
        (self.card_page.canvas, self.distance_page.canvas)[page].setFocus()
        (self.card_page.add_button, self.done_button)[page].setDefault(True)

    def _follow(self) -> None:
        self.distance_page.set_pitch(self.card_page.pitch())

    def _allow(self) -> None:
        first = self.pages.currentIndex() == 0
        self.back_button.setEnabled(not first)
        self.next_button.setEnabled(first and bool(self.card_page.matches))
        self.done_button.setEnabled(not first and self.calibration() is not None)
