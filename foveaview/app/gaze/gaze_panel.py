"""The gaze source, its quality, and the settings of gaze."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.widgets.grouped_forms import GroupedForms
from foveaview.app.widgets.inline_message import InlineMessage
from foveaview.app.widgets.setting_editors import SettingsForm
from foveaview.gaze import SourceStatus
from foveaview.settings import GazeSettings

__all__ = ["GazePanel", "age_text"]

_REMARK_LINES = 2
_NOTHING = "nothing: click, or choose one below"


def age_text(age_s: float | None) -> str:
    """Format an age.

    >>> age_text(0.0123), age_text(75.0), age_text(None)
    ('12 ms', '75 s', '-')
    """
    if age_s is None:
        return "-"
    return f"{age_s * 1000:.0f} ms" if age_s < 1 else f"{age_s:.0f} s"


class GazePanel(QScrollArea):
    """Buttons to choose the source of the gaze, its state, and an editor for every setting.

    Signals:
        edited: name of a setting and the value wanted.
    """

    edited = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setAccessibleName("Gaze")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(6, 6, 6, 6)
        self._buttons = QGridLayout()  # above what grows and shrinks, so that they stay under the pointer
        self._column.addLayout(self._buttons)
        self._make_lines()
        self.form = SettingsForm(GazeSettings, parent=self)
        self.form.edited.connect(self.edited)
        self.editors, self._forms = self.form.editors, GroupedForms(self._column)
        for name, editor in self.editors.items():
            self._forms.form(self.form.group(name)).addRow(self.form.labels[name], editor.widget)
        self._column.addStretch(1)
        self.setWidget(content)
        self.set_settings(GazeSettings())
        self.set_status(None, "")
        self.set_bank(0, 0)

    def _make_lines(self) -> None:
        self._lines = QFormLayout()
        self._lines.setVerticalSpacing(2)
        self.source_line = self.add_line("Follows", "Source of the gaze")
        self.rate_line = self.add_line("Rate", "Samples of the last second, and the age of the newest")
        self.quality_line = self.add_line(
            "Quality", "Share of the last second's samples in which the eye was seen"
        )
        self.bank_line = self.add_line(
            "Precomputed", "Metamers computed in advance, one for each gaze of a grid"
        )
        self.remark = InlineMessage()
        self.remark.setObjectName("gaze_remark")
        # it comes and goes with every dropout: what lies below must not jump under the pointer
        self.remark.setMinimumHeight(_REMARK_LINES * self.remark.fontMetrics().lineSpacing())
        policy = self.remark.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.remark.setSizePolicy(policy)
        self._column.addLayout(self._lines)
        self._column.addWidget(self.remark)

    def add_line(self, text: str, tip: str) -> QLabel:
        """Add a line to the state, with what it is about before it."""
        label = QLabel(wordWrap=True)
        label.setToolTip(tip)
        label.setAccessibleName(text)
        self._lines.addRow(text, label)
        return label

    def add_button(self, text: str, tip: str, act: Callable[[], object]) -> QPushButton:
        """Add a button above the state, two in a row."""
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleName(text.replace("&", "").removesuffix("..."))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: act())
        count = self._buttons.count()
        self._buttons.addWidget(button, count // 2, count % 2)
        return button

    def set_settings(self, settings: GazeSettings) -> None:
        """Show settings."""
        self.form.set_settings(settings)

    def set_bank(self, made: int, of: int) -> None:
        """Show how many metamers of how many are made in advance."""
        self.bank_line.setText(f"{made} of {of} made" if of else "not in use")

    def set_status(self, status: SourceStatus | None, frozen: str) -> None:
        """Show how the source does, None if there is none, and why the gaze stands still."""
        self.source_line.setText(_NOTHING if status is None else status.name)
        if status is None:
            self.rate_line.setText("-")
            self.quality_line.setText("-")
        else:
            lost = f", {status.lost} lost" if status.lost else ""
            self.rate_line.setText(f"{status.rate_hz:.0f} Hz, {age_text(status.age_s)} old{lost}")
            self.quality_line.setText(f"{100 * status.quality:.0f} %")
        if status is not None and status.resting:
            self.rate_line.setText("at rest")
            self.quality_line.setText("-")
        resting = status is not None and status.resting
        odd = [frozen if resting else f"frozen: {frozen}"] if frozen else []
        if status is not None and status.note and status.note not in odd:
            odd.append(status.note)
        self.remark.setText("; ".join(odd))
        self.remark.setVisible(bool(odd))
