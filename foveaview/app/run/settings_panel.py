"""The settings panel, built from the settings' own definitions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo
from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.widgets.buttons import CheckBox
from foveaview.app.widgets.grouped_forms import GroupedForms
from foveaview.app.widgets.inline_message import InlineMessage
from foveaview.settings import (
    LossSettings,
    ObjectiveSettings,
    Settings,
    SynthesisSettings,
    field_extra,
    weight_names,
)

__all__ = ["SettingsPanel", "setting_editor"]

_LARGEST = 2**31 - 1
_BRACKETS = ("[", "]")
_DECIMALS = 9
_OPEN_END = 1e6  # of a spin box, where a setting has no limit


_Tell = Callable[[Any], None]


class _Editor:
    """One setting's widget: `set_value` puts a value in without telling, `changed` tells."""

    def __init__(
        self,
        widget: QWidget,
        set_value: Callable[[Any], None],
        listen: Callable[[Callable[[Any], None]], Any],
    ) -> None:
        self.widget, self._set_value, self.listen = widget, set_value, listen

    def set_value(self, value: Any) -> None:
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


def _choice(options: tuple[Any, ...]) -> _Editor:
    box = QComboBox()
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
    for option in options:
        box.addItem(str(option), option)

    def listen(tell: _Tell) -> None:
        box.activated.connect(lambda index: tell(box.itemData(index)))

    return _Editor(box, lambda value: box.setCurrentIndex(options.index(value)), listen)


def _switch() -> _Editor:
    box = CheckBox()
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return _Editor(box, box.setChecked, lambda tell: box.toggled.connect(tell))


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


def _number_editor(box: QSpinBox | QDoubleSpinBox) -> _Editor:
    box.installEventFilter(_LettersPass(box))
    return _Editor(box, box.setValue, lambda tell: box.valueChanged.connect(tell))


def _whole(field: FieldInfo) -> _Editor:
    low, high, _ = _limits(field)
    box = QSpinBox()
    box.setRange(int(low), int(min(high, _LARGEST)))
    box.setSingleStep(int(float(field_extra(field, "step"))))
    return _number_editor(box)


def _whole_or_automatic(field: FieldInfo) -> _Editor:
    """One below the lowest number stands for None."""
    editor = _whole(field)
    box = editor.widget
    assert isinstance(box, QSpinBox)
    none = box.minimum() - 1
    box.setMinimum(none)
    box.setSpecialValueText("automatic")

    def listen(tell: _Tell) -> None:
        box.valueChanged.connect(lambda value: tell(None if value == none else value))

    return _Editor(box, lambda value: box.setValue(none if value is None else value), listen)


class _ShortSpinBox(QDoubleSpinBox):
    """Shows no zeros at the end."""

    def textFromValue(self, value: float) -> str:
        text = super().textFromValue(value)
        point = self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(point) if point in text else text


def _real(field: FieldInfo) -> _Editor:
    low, high, shut = _limits(field)
    box = _ShortSpinBox()
    box.setDecimals(_DECIMALS)
    box.setRange(low + 10.0**-_DECIMALS if shut else low, high if math.isfinite(high) else _OPEN_END)
    box.setSingleStep(float(field_extra(field, "step")))
    return _number_editor(box)


def _text() -> _Editor:
    line = QLineEdit()

    def listen(tell: _Tell) -> None:
        line.editingFinished.connect(lambda: tell(line.text().strip()))

    return _Editor(line, line.setText, listen)


def setting_editor(field: FieldInfo) -> _Editor:
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


class SettingsPanel(QScrollArea):
    """An editor for every setting, in groups.

    Signals:
        edited: name of the settings' class, name of the setting, and the value wanted.
    """

    edited = Signal(str, str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setAccessibleName("Settings")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(6, 6, 6, 6)
        self._forms = GroupedForms(self._column)
        self.editors: dict[str, _Editor] = {}
        self._remarks: dict[str, InlineMessage] = {}
        self._labels: dict[str, QLabel] = {}
        for group in (LossSettings, SynthesisSettings, ObjectiveSettings):
            self._add_group(group)
        self._column.addStretch(1)
        self.setWidget(content)
        self.set_settings(LossSettings(), SynthesisSettings(), ObjectiveSettings())

    def _add_group(self, group: type[Settings]) -> None:
        for name, field in group.model_fields.items():
            editor = setting_editor(field)
            editor.widget.setObjectName(name)
            editor.widget.setToolTip(f"{field.description} Default: {field.default}.")
            editor.listen(self._teller(group.__name__, name))
            remark = InlineMessage()
            remark.setObjectName(f"{name}_remark")
            label = QLabel(field_extra(field, "label"))
            label.setToolTip(editor.widget.toolTip())
            label.setBuddy(editor.widget)
            form = self._forms.form(field_extra(field, "group"))
            form.addRow(label, editor.widget)
            form.addRow(remark)
            self.editors[name], self._remarks[name] = editor, remark
            self._labels[name] = label

    def _teller(self, group: str, name: str) -> Callable[[Any], None]:
        def tell(value: Any) -> None:
            self.set_remark(name, "")
            self.edited.emit(group, name, value)

        return tell

    def set_remark(self, name: str, text: str) -> bool:
        """Say below a setting why its value was not taken, or nothing; whether there is such a setting."""
        if name not in self._remarks:
            return False
        self._remarks[name].setText(text)
        self._remarks[name].setVisible(bool(text))
        if text:
            self.ensureWidgetVisible(self._remarks[name])
        return True

    def set_settings(self, *groups: Settings) -> None:
        """Show settings, and keep apart what excludes each other."""
        values = {name: value for group in groups for name, value in group}
        for name, value in values.items():
            self.editors[name].set_value(value)
        foveal, fullres = values["use_l2_foveal_loss"], values["use_fullres_l0"]
        self._allow("use_l2_foveal_loss", not fullres, "Excluded by the full-resolution lowpass.")
        self._allow("use_fullres_l0", not foveal, "Excluded by the foveal L2: switch that off first.")
        self._allow("fovea_weight", foveal, "Of no effect without the foveal L2.")
        self._allow("noise_sd", values["start"] == "target+noise", "Used by the start target+noise.")
        learns = values["adversarial"] > 0
        self._allow("learning_rate", learns or values["optimizer"] == "adam", "Used by Adam.")
        self._allow("optimizer", not learns, "An adversarial term takes Adam.")
        for name in values:
            if name.startswith("adversarial_"):
                self._allow(name, learns, "Used where the adversarial term has a weight.")

    def label_of(self, name: str) -> QLabel:
        """The label of a setting."""
        return self._labels[name]

    def set_term_values(self, values: Mapping[str, float]) -> None:
        """Show the value of each term beside its weight; of those not named, none."""
        for name in weight_names():
            label = field_extra(ObjectiveSettings.model_fields[name], "label")
            self._labels[name].setText(f"{label}  {values[name]:.3g}" if name in values else label)

    def _allow(self, name: str, allowed: bool, why_not: str) -> None:
        widget = self.editors[name].widget
        widget.setEnabled(allowed)
        tip = widget.toolTip().split("\n")[0]
        widget.setToolTip(tip if allowed else f"{tip}\n{why_not}")
