"""Editors of what the channels of a stream are."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.widgets.buttons import CheckBox
from foveaview.app.widgets.grouped_forms import GroupedForms
from foveaview.gaze.lsl import Mapping, StreamDescription, names_eyes, shortened
from foveaview.gaze.origin import ORIGINS, needs_size

__all__ = ["ChannelForm"]

_EYE, _RIGHT_EYE = ("x", "y"), ("x_right", "y_right")
_UNITS = {
    "screen": "shares of the screen, 0 to 1",
    "px": "pixels of the screen",
    "image": "shares of the image, 0 to 1",
}
_PAIRS = {"scale": ("scale_x", "scale_y"), "offset": ("offset_x", "offset_y")}
_LARGEST, _DECIMALS = 1e6, 6
_COMBO_LETTERS = 14


class _Number(QDoubleSpinBox):
    """Shows no zeros at the end."""

    def __init__(self, step: float) -> None:
        super().__init__(minimum=-_LARGEST, maximum=_LARGEST, decimals=_DECIMALS, singleStep=step)
        self.setMinimumWidth(88)

    def textFromValue(self, value: float) -> str:
        """Format exactly, without trailing zeros."""
        return self.locale().toString(value, "g", 10)

    def sizeHint(self) -> Any:
        """Not as wide as the largest number."""
        hint = super().sizeHint()
        hint.setWidth(self.minimumWidth())
        return hint


class ChannelForm(QWidget):
    """A combo box for each channel that counts, and how its numbers are read.

    Attributes:
        touched: names of what the user set since a mapping was shown.

    Signals:
        edited: something is another.
    """

    edited = Signal()

    def __init__(self, stream: StreamDescription, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stream = stream
        self.editors: dict[str, Any] = {}
        self.touched: set[str] = set()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        forms = GroupedForms(column, spacing=3)
        for title, fill in (
            ("Channels", self._fill_channels),
            ("Confidence", self._fill_confidence),
            ("Coordinates", self._fill_coordinates),
        ):
            fill(forms.form(title))
        column.addStretch(1)

    # making

    def _fill_channels(self, form: QFormLayout) -> None:
        for name in (*_EYE, *_RIGHT_EYE):
            form.addRow(*self._labelled(name, self._combo(none=name in _RIGHT_EYE)))

    def _fill_confidence(self, form: QFormLayout) -> None:
        form.addRow(*self._labelled("confidence", self._combo(none=True)))
        form.addRow(*self._labelled("threshold", _Number(0.05)))

    def _fill_coordinates(self, form: QFormLayout) -> None:
        unit = QComboBox()
        for value, text in _UNITS.items():
            unit.addItem(text, value)
        form.addRow(*self._labelled("unit", unit))
        for title, names in _PAIRS.items():
            form.addRow(f"{title.capitalize()} of x, y", self._pair(names))
        origin = QComboBox()
        for value, text in ORIGINS.items():
            origin.addItem(text, value)
        form.addRow(*self._labelled("origin", origin))
        for name in ("width_px", "height_px"):
            form.addRow(*self._labelled(name, QSpinBox(minimum=1, maximum=100_000, suffix=" px")))
        form.addRow(self._labelled("zero_is_missing", CheckBox("&0, 0 means that the eye is not seen"))[1])

    def _pair(self, names: Iterable[str]) -> QHBoxLayout:
        row = QHBoxLayout()
        for name in names:
            row.addWidget(self._labelled(name, _Number(0.01))[1])
        return row

    def _combo(self, none: bool) -> QComboBox:
        box = QComboBox()
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(_COMBO_LETTERS)
        if none:
            box.addItem("none", None)
        for index in range(self._stream.count):
            box.addItem(channel_title(self._stream, index), index)
        return box

    def _labelled(self, name: str, widget: QWidget) -> tuple[QLabel, QWidget]:
        """An editor with its label, tip and name, connected."""
        field = Mapping.model_fields[name]
        label = QLabel(self.title(name))
        label.setBuddy(widget)
        widget.setObjectName(name)
        widget.setToolTip(str(field.description))
        label.setToolTip(widget.toolTip())
        widget.setAccessibleName(self.title(name))
        touched = partial(self._touch, name)
        if isinstance(widget, QComboBox):
            widget.activated.connect(touched)
        elif isinstance(widget, CheckBox):
            widget.toggled.connect(touched)
        elif isinstance(widget, QSpinBox | QDoubleSpinBox):
            widget.valueChanged.connect(touched)
        self.editors[name] = widget
        return label, widget

    def title(self, name: str) -> str:
        """Label of an editor; it names the right eye only if the stream says which eyes it has."""
        title = str(Mapping.model_fields[name].title)
        return title if names_eyes(self._stream.channels) else title.replace("right eye", "other eye")

    def _touch(self, name: str, _value: object) -> None:
        self.touched.add(name)
        self.edited.emit()

    # values

    def set_mapping(self, mapping: Mapping) -> None:
        """Show a mapping; channels that the stream does not have stay as they are."""
        for name, value in mapping:
            editor = self.editors[name]
            blocker = QSignalBlocker(editor)
            if isinstance(editor, QComboBox):
                editor.setCurrentIndex(max(editor.findData(value), 0))
            elif isinstance(editor, CheckBox):
                editor.setChecked(value)
            else:
                editor.setValue(value)
            blocker.unblock()
        self.touched.clear()
        self.edited.emit()

    def mapping(self) -> Mapping:
        """Return the mapping of the form.

        Raises:
            ValueError: if the channels do not form a gaze.
        """
        values = {name: _value(editor) for name, editor in self.editors.items()}
        return Mapping(**values)

    def show_what_counts(self) -> None:
        """Let only that be edited which makes a difference."""
        value = {name: _value(editor) for name, editor in self.editors.items()}
        self.editors["threshold"].setEnabled(value["confidence"] is not None)
        for name in ("width_px", "height_px"):
            self.editors[name].setEnabled(needs_size(value["unit"], value["origin"]))


def channel_title(stream: StreamDescription, index: int) -> str:
    """A channel's number and label.

    >>> channel_title(StreamDescription("tracker", "Gaze", count=2), 1)
    '1'
    """
    label = stream.channels[index].label if index < len(stream.channels) else ""
    return f"{index}  {shortened(label)}".strip()


def _value(editor: Any) -> Any:
    if isinstance(editor, QComboBox):
        return editor.currentData()
    return editor.isChecked() if isinstance(editor, CheckBox) else editor.value()
