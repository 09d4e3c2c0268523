"""Editors for settings, built from the settings' own definitions."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo
from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QLineEdit, QSpinBox, QWidget

from foveaview.app.widgets.buttons import CheckBox
from foveaview.settings import Settings, field_extra

__all__ = ["SettingEditor", "SettingsForm", "setting_editor"]

_LARGEST = 2**31 - 1
_BRACKETS = ("[", "]")
_DECIMALS = 9
_OPEN_END = 1e6  # of a spin box, if a setting has no limit


_Tell = Callable[[Any], None]


class SettingEditor:
    """The widget of one setting.

    Args:
        widget: shows the value.
        set_value: puts a value into the widget.
        listen: connects a function that gets each value that the user chooses.
    """

    def __init__(
        self,
        widget: QWidget,
        set_value: Callable[[Any], None],
        listen: Callable[[Callable[[Any], None]], Any],
    ) -> None:
        self.widget, self._set_value, self.listen = widget, set_value, listen

    def set_value(self, value: Any) -> None:
        """Show a value, without telling."""
        blocker = QSignalBlocker(self.widget)
        self._set_value(value)
        blocker.unblock()


def _limits(field: FieldInfo) -> tuple[float, float, bool]:
    """Lowest and highest value, and whether the lowest is shut out."""
    low, high, shut = 0.0, float("inf"), False
    for limit in field.metadata:
        if isinstance(limit, Ge):
            low = float(str(limit.ge))
        elif isinstance(limit, Gt):
            low, shut = float(str(limit.gt)), True
        elif isinstance(limit, Le):
            high = float(str(limit.le))
        elif isinstance(limit, Lt):
            high = float(str(limit.lt))
    return low, high, shut


def _choice(options: tuple[Any, ...]) -> SettingEditor:
    box = QComboBox()
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
    for option in options:
        box.addItem(str(option), option)

    def listen(tell: _Tell) -> None:
        box.activated.connect(lambda index: tell(box.itemData(index)))

    return SettingEditor(box, lambda value: box.setCurrentIndex(options.index(value)), listen)


def _switch() -> SettingEditor:
    box = CheckBox()
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return SettingEditor(box, box.setChecked, lambda tell: box.toggled.connect(tell))


class _LettersPass(QObject):
    """A number is written without letters and brackets: they stay keys of the window while one is edited."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        passes = (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and (event.text().isalpha() or event.text() in _BRACKETS)
        )
        if passes:
            event.ignore()
        return passes


def _number_editor(box: QSpinBox | QDoubleSpinBox) -> SettingEditor:
    box.installEventFilter(_LettersPass(box))
    return SettingEditor(box, box.setValue, lambda tell: box.valueChanged.connect(tell))


def _whole(field: FieldInfo) -> SettingEditor:
    low, high, _ = _limits(field)
    box = QSpinBox()
    box.setRange(int(low), int(min(high, _LARGEST)))
    box.setSingleStep(int(float(field_extra(field, "step"))))
    return _number_editor(box)


def _whole_or_automatic(field: FieldInfo) -> SettingEditor:
    """One below the lowest number stands for None."""
    editor = _whole(field)
    box = editor.widget
    assert isinstance(box, QSpinBox)
    none = box.minimum() - 1
    box.setMinimum(none)
    box.setSpecialValueText("automatic")

    def listen(tell: _Tell) -> None:
        box.valueChanged.connect(lambda value: tell(None if value == none else value))

    return SettingEditor(box, lambda value: box.setValue(none if value is None else value), listen)


class _ShortSpinBox(QDoubleSpinBox):
    """Shows no zeros at the end."""

    def textFromValue(self, value: float) -> str:
        text = super().textFromValue(value)
        point = self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(point) if point in text else text


def _real(field: FieldInfo) -> SettingEditor:
    low, high, shut = _limits(field)
    box = _ShortSpinBox()
    box.setDecimals(_DECIMALS)
    box.setRange(low + 10.0**-_DECIMALS if shut else low, high if math.isfinite(high) else _OPEN_END)
    box.setSingleStep(float(field_extra(field, "step")))
    return _number_editor(box)


def _text() -> SettingEditor:
    line = QLineEdit()

    def listen(tell: _Tell) -> None:
        line.editingFinished.connect(lambda: tell(line.text().strip()))

    return SettingEditor(line, line.setText, listen)


def setting_editor(field: FieldInfo) -> SettingEditor:
    """The widget that edits one setting."""
    kind: Any = field.annotation
    if get_origin(kind) is Literal:
        return _choice(get_args(kind))
    if kind is bool:
        return _switch()
    if kind is str:
        return _text()
    makers = {int: _whole, int | None: _whole_or_automatic}
    editor = makers.get(kind, _real)(field)
    assert isinstance(editor.widget, QSpinBox | QDoubleSpinBox)
    unit = field_extra(field, "unit")
    editor.widget.setSuffix(f" {unit}" if unit else "")
    # a value counts when it is whole, not at each digit typed
    editor.widget.setKeyboardTracking(False)
    return editor


class SettingsForm(QObject):
    """Editors and labels for the settings of a class, to be laid out by a panel.

    Args:
        model: the class.
        prefix: of the widgets' object names.
        parent: keeps it.

    Attributes:
        model: the class.
        editors: by name of the setting.
        labels: by name of the setting.

    Signals:
        edited: name of a setting, and the value wanted.
    """

    edited = Signal(str, object)

    def __init__(self, model: type[Settings], prefix: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.editors: dict[str, SettingEditor] = {}
        self.labels: dict[str, QLabel] = {}
        for name, field in model.model_fields.items():
            editor, label = setting_editor(field), QLabel(field_extra(field, "label"))
            editor.widget.setObjectName(prefix + name)
            editor.widget.setToolTip(f"{field.description} Default: {field.default}.")
            editor.widget.setAccessibleName(label.text())
            label.setToolTip(editor.widget.toolTip())
            label.setBuddy(editor.widget)
            editor.listen(partial(self.edited.emit, name))
            self.editors[name], self.labels[name] = editor, label

    def group(self, name: str) -> str:
        """Title of the group that a setting belongs to."""
        return field_extra(self.model.model_fields[name], "group")

    def set_settings(self, settings: Settings) -> None:
        """Show settings, without telling."""
        for name, value in settings:
            self.editors[name].set_value(value)
