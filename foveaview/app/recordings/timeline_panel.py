"""A recording of gaze to play, pause and go through, and how it is placed on the image."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.recordings.recording_info import RecordingInfo
from foveaview.app.recordings.time_labels import clock_text
from foveaview.app.recordings.timeline_view import TimelineView
from foveaview.app.widgets.elided_label import ElidedLabel
from foveaview.app.widgets.setting_editors import SettingsForm
from foveaview.gaze.fixation_list import FixationList
from foveaview.gaze.plot_decimation import Overview
from foveaview.gaze.recording_placement import PLACINGS, Placing
from foveaview.settings import FixationSettings, ReplaySettings, Settings

__all__ = ["TimelinePanel", "screen_of"]

_SHORT: dict[Placing, str] = {
    "fit": "fitted",
    "pixels": "1:1",
    "stretch": "stretched",
    "window": "as here",
}
_BRIEF_S = 1.0  # a recording that is shorter is as long as hundredths say
_NOTHING = "Open a recording of gaze, or drop one on the window"
_EDITOR_WIDTHS = {"speed": 66, "dispersion_deg": 66, "velocity_deg_s": 78, "duration_ms": 80}


def screen_of(text: str) -> tuple[int, int] | None:
    """Parse the width and height of a screen; None if the text is invalid.

    >>> screen_of("1920 x 1080"), screen_of("1920")
    ((1920, 1080), None)
    """
    both = re.fullmatch(r"\s*(\d{1,6})\s*[xX\u00d7*, ]\s*(\d{1,6})\s*", text)
    size = (int(both[1]), int(both[2])) if both else (0, 0)
    return size if min(size) > 0 else None


class TimelinePanel(QWidget):
    """Buttons, the gaze over time, and the settings of replay, placement and fixations.

    Signals:
        opened, closed, cancelled: the user wants to open or close a recording, or cancel reading.
        toggled: play or pause.
        sought: seconds of the recording's clock to go to.
        stepped: by how many samples.
        placing_chosen: placement of the image on its screen.
        screen_edited: width and height of the screen, None for unknown.
        edited: class of the settings, name of a setting and its new value.
        path_edited: seconds of the scanpath, 0 for all.
    """

    opened = Signal()
    closed = Signal()
    cancelled = Signal()
    toggled = Signal()
    sought = Signal(float)
    stepped = Signal(int)
    placing_chosen = Signal(str)
    screen_edited = Signal(object)
    edited = Signal(object, str, object)
    path_edited = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Timeline")
        self._info: RecordingInfo | None = None
        self._busy = ""
        self._problem = ""
        self._start = 0.0
        self._replay, self._fixations = self._form(ReplaySettings), self._form(FixationSettings)
        self.editors = {**self._replay.editors, **self._fixations.editors}
        self.axis = TimelineView()
        self.axis.sought.connect(self.sought)
        self.axis.stepped.connect(self.stepped)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 3, 6, 3)
        column.setSpacing(3)
        column.addLayout(self._make_controls())
        column.addWidget(self.axis, 1)
        below = QHBoxLayout()
        self._image_choices = self._make_image_choices()
        self._make_path_box()
        below.addWidget(self._image_choices)
        below.addWidget(self._make_fixation_choices())
        below.addStretch(1)
        below.addWidget(self.path_box)
        column.addLayout(below)
        self.set_replay(ReplaySettings())
        self.set_fixations(FixationSettings())
        self.set_placing("fit", None, on_screen=True, asks_screen=False)
        self.set_path_s(2.0)
        self.set_info(None)

    # its widgets

    def _button(self, text: str, tip: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleName(text.replace("&", "").replace("...", ""))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
        button.clicked.connect(lambda _checked=False: act())
        button.setFixedWidth(button.fontMetrics().horizontalAdvance("Cancel") + 22)
        return button

    def _form(self, model: type[Settings]) -> SettingsForm:
        form = SettingsForm(model, "timeline_", self)
        form.edited.connect(partial(self.edited.emit, model))
        for name, editor in form.editors.items():
            if name in _EDITOR_WIDTHS:
                editor.widget.setFixedWidth(_EDITOR_WIDTHS[name])
        return form

    def _make_controls(self) -> QHBoxLayout:
        self.open_button = self._button("&Open...", "Open a recording of gaze", self.opened.emit)
        self.play_button = self._button("Pla&y", "Play or pause (Space)", self.toggled.emit)
        self.close_button = self._button("Close", "Close the recording", self._tell_close)
        self.line, self.place_label = ElidedLabel(), QLabel()
        self.line.setAccessibleName("Recording")
        self.place_label.setAccessibleName("Place in the recording")
        self.place_label.setToolTip("Position of the replay, and length of the recording")
        loop, speed = (self.editors[name].widget for name in ("loop", "speed"))
        assert hasattr(loop, "setText")
        loop.setText("Loop")
        row = QHBoxLayout()
        row.setSpacing(5)
        for widget in (self.open_button, self.play_button, loop, speed):
            row.addWidget(widget)
        row.addWidget(self.place_label)
        row.addWidget(self.line, 1)
        row.addWidget(self.close_button)
        return row

    def _row(self, *widgets: QWidget) -> QWidget:
        choices = QWidget()
        row = QHBoxLayout(choices)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        for widget in widgets:
            row.addWidget(widget)
        return choices

    def _make_image_choices(self) -> QWidget:
        self.placing_box, self.screen_edit, self.path_box = QComboBox(), QLineEdit(), QDoubleSpinBox()
        for placing, text in _SHORT.items():
            self.placing_box.addItem(text, placing)
            self.placing_box.setItemData(
                self.placing_box.count() - 1, PLACINGS[placing], Qt.ItemDataRole.ToolTipRole
            )
        self.placing_box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.placing_box.setAccessibleName("Image on its screen")
        self.placing_box.activated.connect(
            lambda index: self.placing_chosen.emit(self.placing_box.itemData(index))
        )
        self._make_screen_edit()
        image = QLabel("Image")
        image.setBuddy(self.placing_box)
        return self._row(image, self.placing_box, self.screen_edit)

    def _make_fixation_choices(self) -> QWidget:
        methods = self.editors["method"].widget
        assert isinstance(methods, QComboBox)
        methods.setItemText(0, "no fixations")
        parameters = ("dispersion_deg", "velocity_deg_s", "duration_ms")
        return self._row(methods, *(self.editors[name].widget for name in parameters))

    def _make_screen_edit(self) -> None:
        self.screen_edit.setPlaceholderText("screen size")
        self.screen_edit.setFixedWidth(86)
        self.screen_edit.setAccessibleName("Size of the screen")
        self.screen_edit.setToolTip("Of the screen that was looked at, in pixels: 1920x1080")
        self.screen_edit.editingFinished.connect(self._tell_screen)

    def _make_path_box(self) -> None:
        box = self.path_box
        box.setRange(0, 3600)
        box.setDecimals(1)
        box.setSingleStep(0.5)
        box.setPrefix("path ")
        box.setSuffix(" s")
        box.setSpecialValueText("whole path")
        box.setKeyboardTracking(False)
        box.setFixedWidth(96)
        box.setAccessibleName("Length of the scanpath")
        box.setToolTip("Seconds of the scanpath over the images; 0 for all of it. View > Scanpath shows it.")
        box.valueChanged.connect(self.path_edited)

    # to the user

    def set_info(self, info: RecordingInfo | None) -> None:
        """Show the facts of a recording; None for none."""
        self._info = info
        self._problem = ""
        self._start = 0.0
        self.axis.set_recording(None)  # of another there is nothing to show before it is placed
        self.place_label.clear()
        self._show()

    def set_overview(self, overview: Overview, same: bool = False) -> None:
        """Draw a recording; `same` if it is the previous one, placed differently."""
        if same:
            self.axis.set_traces(overview)
        else:
            self._start = float(overview.recording.t[0])
            self.axis.set_recording(overview)
        self._show_place()

    def set_rests(self, rests: FixationList) -> None:
        """Draw fixations."""
        self.axis.set_rests(rests)

    def set_place(self, seconds: float) -> None:
        """Put the line at a place, in seconds of the recording's clock."""
        self.axis.set_place(seconds)
        self._show_place()

    def set_playing(self, playing: bool) -> None:
        """Say whether it plays."""
        self.play_button.setText("Pa&use" if playing else "Pla&y")
        self.play_button.setAccessibleName("Pause" if playing else "Play")

    def set_busy(self, what: str) -> None:
        """Show what can be cancelled; empty for nothing."""
        self._busy = what
        self._show()

    def set_problem(self, text: str) -> None:
        """Say why the recording is not followed; empty if it is."""
        self._problem = text
        self._show()

    def set_replay(self, settings: ReplaySettings) -> None:
        """Show speed and loop."""
        self._replay.set_settings(settings)

    def set_fixations(self, settings: FixationSettings) -> None:
        """Show how fixations are found, and what counts for that."""
        self._fixations.set_settings(settings)
        self.editors["dispersion_deg"].widget.setVisible(settings.method == "I-DT")
        self.editors["velocity_deg_s"].widget.setVisible(settings.method == "I-VT")
        self.editors["duration_ms"].widget.setVisible(settings.method != "none")

    def set_placing(
        self, placing: Placing, screen: tuple[int, int] | None, on_screen: bool, asks_screen: bool
    ) -> None:
        """Show how the image lay on its screen.

        Args:
            placing: how.
            screen: what was said of its size.
            on_screen: whether the recording is of a screen, so that it has to be placed.
            asks_screen: whether the user has to say how large that was.
        """
        self.placing_box.setCurrentIndex(self.placing_box.findData(placing))
        self.placing_box.setEnabled(on_screen)
        why = "How the image lay on the screen that was looked at: " + PLACINGS[placing].lower()
        self.placing_box.setToolTip(why if on_screen else "The recording is in coordinates of the image")
        self.screen_edit.setVisible(asks_screen)
        if not self.screen_edit.hasFocus():
            self.screen_edit.setText("" if screen is None else f"{screen[0]}x{screen[1]}")

    def set_path_s(self, seconds: float) -> None:
        """Show how long the scanpath is."""
        blocker = QSignalBlocker(self.path_box)
        self.path_box.setValue(seconds)
        blocker.unblock()

    def _show(self) -> None:
        info = self._info
        there = info is not None
        for widget in (self.play_button, self.place_label, self._image_choices):
            widget.setVisible(there)
        for name in ("loop", "speed"):
            self.editors[name].widget.setVisible(there)
        self.play_button.setEnabled(not self._problem)
        self.close_button.setVisible(there or bool(self._busy))
        self.close_button.setText("Cancel" if self._busy else "Close")
        self.close_button.setAccessibleName("Cancel reading" if self._busy else "Close the recording")
        self.close_button.setToolTip("Read no further" if self._busy else "Close the recording")
        self.axis.set_message(self._problem if there else _NOTHING)
        self.line.set_line(*self._lines())
        if info is not None and not self._busy:
            said = (self.line.text(), self._problem, info.name, info.facts, *info.notes)
            self.line.setToolTip("\n".join(line for line in said if line))

    def _lines(self) -> list[str]:
        """The text of the line, followed by shorter versions for less room."""
        info = self._info
        if self._busy:
            return [self._busy]
        if info is None:
            return [""]
        if self._problem:
            return [f"{info.name}: {self._problem}", info.name]
        notes = [f"{info.name}: {info.facts}. {'; '.join(info.notes)}"] if info.notes else []
        count = f" ({len(info.notes)} notes)" if info.notes else ""
        return [*notes, f"{info.name}: {info.facts}{count}", f"{info.name}{count}"]

    def _show_place(self) -> None:
        place, info = self.axis.place - self._start, self._info
        if info is not None:
            whole = clock_text(info.duration, 0 if info.duration >= _BRIEF_S else 2)
            self.place_label.setText(f"{clock_text(place, 2)} / {whole}")

    # what the user does

    def _tell_close(self) -> None:
        (self.cancelled if self._busy else self.closed).emit()

    def _tell_screen(self) -> None:
        text = self.screen_edit.text()
        size = screen_of(text)
        if text.strip() and size is None:
            self.set_problem(f"the size of a screen is width x height, such as 1920x1080, not {text!r}")
        else:
            self.screen_edited.emit(size)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space plays or pauses; what moves the place counts wherever in the panel the keys go."""
        if self._info is not None and event.key() == Qt.Key.Key_Space:
            self.toggled.emit()
        elif self._info is None or not self.axis.move_by(event):
            super().keyPressEvent(event)
