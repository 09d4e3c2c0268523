"""The settings panel: an editor for every setting of the loss, the search and the objective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from foveaview.app.widgets.grouped_forms import GroupedForms
from foveaview.app.widgets.inline_message import InlineMessage
from foveaview.app.widgets.setting_editors import SettingEditor, SettingsForm
from foveaview.settings import (
    LossSettings,
    ObjectiveSettings,
    Settings,
    SynthesisSettings,
    field_extra,
    weight_names,
)

__all__ = ["SettingsPanel"]


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
        self.editors: dict[str, SettingEditor] = {}
        self._remarks: dict[str, InlineMessage] = {}
        self._labels: dict[str, QLabel] = {}
        for model in (LossSettings, SynthesisSettings, ObjectiveSettings):
            self._add_form(SettingsForm(model, parent=self))
        self._column.addStretch(1)
        self.setWidget(content)
        self.set_settings(LossSettings(), SynthesisSettings(), ObjectiveSettings())

    def _add_form(self, form: SettingsForm) -> None:
        def edited(name: str, value: Any) -> None:
            self.set_remark(name, "")
            self.edited.emit(form.model.__name__, name, value)

        form.edited.connect(edited)
        for name, editor in form.editors.items():
            remark = self._remarks[name] = InlineMessage()
            remark.setObjectName(f"{name}_remark")
            rows = self._forms.form(form.group(name))
            rows.addRow(form.labels[name], editor.widget)
            rows.addRow(remark)
        self.editors |= form.editors
        self._labels |= form.labels

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
        self._allow("use_l2_foveal_loss", not fullres, "Not available with the full-resolution lowpass.")
        self._allow("use_fullres_l0", not foveal, "Not available with the foveal L2: switch that off first.")
        self._allow("fovea_weight", foveal, "Has no effect without the foveal L2.")
        self._allow("noise_sd", values["start"] == "target+noise", "Used only by the start target+noise.")
        learns = values["adversarial"] > 0
        self._allow("learning_rate", learns or values["optimizer"] == "adam", "Used only by Adam.")
        self._allow("optimizer", not learns, "An adversarial term requires Adam.")
        for name in values:
            if name.startswith("adversarial_"):
                self._allow(name, learns, "Used if the adversarial term has a weight.")

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
