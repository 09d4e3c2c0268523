"""Instructions and choices before a validation."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.widgets.buttons import CheckBox
from foveaview.app.widgets.inline_message import InlineMessage
from foveaview.gaze import SourceStatus
from foveaview.gaze.validation.procedure import Area, Order, Plan

__all__ = ["StartPage"]

_TOLD = (
    "Nine targets come one after the other. Look at the middle of each until it goes, and hold your head "
    "still: what the source says then is compared with where the target was."
)
_NOTHING = "Nothing is followed yet: choose a source in the Gaze panel, or follow the pointer to try it out."
_ORDERS: dict[Order, str] = {"random": "at random", "reading": "row by row"}
_AREAS: dict[Area, str] = {"screen": "over the whole screen", "image": "over the image"}
_WIDEST_PX = 620


class StartPage(QWidget):
    """Explains the validation, and lets the user choose its settings.

    Signals:
        begun: the `Plan` that was chosen.
        pointer_wanted: the user wants to follow the pointer.
        left: the user cancels.
    """

    begun = Signal(object)
    pointer_wanted = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source_line, self.geometry_line, self.remark = QLabel(), QLabel(), InlineMessage()
        title, told = QLabel("Validate the gaze"), QLabel(_TOLD)
        font = title.font()
        font.setPointSizeF(1.6 * font.pointSizeF())
        title.setFont(font)
        for label in (told, self.source_line, self.geometry_line):
            label.setWordWrap(True)
        self.source_line.setAccessibleName("Source of the gaze")
        self.geometry_line.setAccessibleName("Geometry from which degrees are computed")
        content = QWidget()
        content.setMaximumWidth(_WIDEST_PX)
        content.setMinimumWidth(min(_WIDEST_PX, 480))
        column = QVBoxLayout(content)
        column.setSpacing(12)
        for widget in (title, told, self.source_line, self.remark, self.geometry_line):
            column.addWidget(widget)
        column.addLayout(self._make_form())
        column.addLayout(self._make_buttons())
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(content, 8)
        across.addStretch(1)
        whole = QVBoxLayout(self)
        whole.addStretch(1)
        whole.addLayout(across)
        whole.addStretch(2)
        self.set_plan(Plan())
        self.set_status(None)

    def _make_form(self) -> QFormLayout:
        form = QFormLayout()
        self.dwell_box = QDoubleSpinBox(minimum=0.6, maximum=10, singleStep=0.1, decimals=1, suffix=" s")
        self.order_box, self.area_box = QComboBox(), QComboBox()
        for order, text in _ORDERS.items():
            self.order_box.addItem(text, order)
        for area, text in _AREAS.items():
            self.area_box.addItem(text, area)
        self.confirm_box = CheckBox("Each stays until I press &Space")
        settle_s = Plan().settle_s
        for label, widget, tip in (
            ("&Time at each", self.dwell_box, f"The first {settle_s:g} s do not count: the eye gets there"),
            ("&Order", self.order_box, "At random the eye cannot go ahead"),
            (
                "T&argets",
                self.area_box,
                "Over the image for a source that knows of nothing beside it",
            ),
            ("", self.confirm_box, "Press Space to continue, at the earliest after the time per target"),
        ):
            widget.setToolTip(tip)
            form.addRow(label, widget)
        for box, name in (
            (self.dwell_box, "Time at each target"),
            (self.order_box, "Order of the targets"),
            (self.area_box, "Area of the targets"),
            (self.confirm_box, "Each target stays until Space is pressed"),
        ):
            box.setAccessibleName(name)
        return form

    def _make_buttons(self) -> QHBoxLayout:
        self.begin_button = _button("&Begin", "Show the first target")
        self.pointer_button = _button("&Follow the pointer", "Try it out: look with the pointer")
        self.leave_button = _button("&Leave", "Back to the window (Esc)")
        row = QHBoxLayout()
        for button in (self.begin_button, self.pointer_button, self.leave_button):
            row.addWidget(button)
        row.addStretch(1)
        self.begin_button.clicked.connect(self.begin)
        self.pointer_button.clicked.connect(self.pointer_wanted)
        self.leave_button.clicked.connect(self.left)
        return row

    def begin(self) -> None:
        """Begin, as chosen."""
        self.begun.emit(self.plan())

    def plan(self) -> Plan:
        """The chosen plan."""
        return Plan(
            dwell_s=self.dwell_box.value(),
            order=self.order_box.currentData(),
            area=self.area_box.currentData(),
            confirm=self.confirm_box.isChecked(),
        )

    def set_plan(self, plan: Plan) -> None:
        """Show a choice."""
        self.dwell_box.setValue(plan.dwell_s)
        self.order_box.setCurrentIndex(self.order_box.findData(plan.order))
        self.area_box.setCurrentIndex(self.area_box.findData(plan.area))
        self.confirm_box.setChecked(plan.confirm)

    def set_geometry_text(self, text: str) -> None:
        """Show the geometry from which degrees are computed."""
        self.geometry_line.setText(f"Degrees are those of {text}.")

    def set_status(self, status: SourceStatus | None) -> None:
        """Show how the source does; without one there is nothing to begin."""
        self.begin_button.setEnabled(status is not None)
        self.pointer_button.setVisible(status is None)
        if status is None:
            self.source_line.setText(_NOTHING)
            return
        note = f" ({status.note})" if status.note else ""
        usable = f"{100 * status.quality:.0f} % usable"
        self.source_line.setText(f"Follows {status.name}: {status.rate_hz:.0f} Hz, {usable}{note}.")

    def tell(self, text: str) -> None:
        """Say what went wrong; empty for nothing."""
        self.remark.setText(text)
        self.remark.setVisible(bool(text))


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleName(text.replace("&", ""))
    button.setAutoDefault(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
