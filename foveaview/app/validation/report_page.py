"""The result of a validation in words, as a map and in numbers, to keep or discard."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStyle,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.validation.sample_map import ValidationMap
from foveaview.app.widgets.inline_message import InlineMessage
from foveaview.gaze.validation.accuracy import PointResult, ValidationResult
from foveaview.gaze.validation.assessment import Assessment, name_of
from foveaview.gaze.validation.record import ValidationRecord

__all__ = ["COLUMNS", "ReportPage"]

COLUMNS = {
    "Target": "Position of the target.",
    "off °": "Accuracy: the mean angle between the target and the samples.",
    "right °": "How far right of the target their mean lies.",
    "down °": "How far below the target their mean lies.",
    "RMS °": "Precision: root mean square of the angles from sample to sample.",
    "SD °": "Precision: root mean square of the angles from the samples to their mean.",
    "usable": "Share of the samples in which the eye was seen, and how many came.",
}
_ICON_PX = 32
_LOWEST_PX = 380
_ROW = 1.7  # of a line's height
_MISSING = "-"
_Icon = QStyle.StandardPixmap
_ICONS = {
    "good": _Icon.SP_DialogApplyButton,
    "fair": _Icon.SP_MessageBoxWarning,
    "poor": _Icon.SP_MessageBoxCritical,
    "unknown": _Icon.SP_MessageBoxWarning,
}


def _number(value: float | None, sign: str = "") -> str:
    return _MISSING if value is None else f"{value:{sign}z.2f}"


def _texts(
    name: str, result: PointResult | ValidationResult, offset: tuple[float, float] | None
) -> list[str]:
    """The texts of a row, in the order of the columns."""
    right, down = offset or (None, None)
    return [
        name,
        _number(result.accuracy_deg),
        _number(right, "+"),
        _number(down, "+"),
        _number(result.precision_rms_deg),
        _number(result.precision_sd_deg),
        f"{100 * result.share_usable:.0f} % of {result.n}" if result.n else "no sample",
    ]


class ReportPage(QWidget):
    """Verdict, map and table of a validation.

    Signals:
        kept: the user keeps the result.
        discarded: the user discards it.
        again: the user repeats the validation.
        saved: the user saves it to a file.
    """

    kept = Signal()
    discarded = Signal()
    again = Signal()
    saved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.map, self.table = ValidationMap(), QTableWidget(0, len(COLUMNS))
        self.summary, self.verdict_line, self.geometry_line = QLabel(), QLabel(), QLabel()
        self._icon, self.remark = QLabel(), InlineMessage()
        self._make_table()
        font = self.summary.font()
        font.setPointSizeF(1.3 * font.pointSizeF())
        self.summary.setFont(font)
        for label, name in (
            (self.summary, "Result"),
            (self.verdict_line, "Whether it is good enough"),
            (self.geometry_line, "Geometry from which degrees are computed"),
        ):
            label.setWordWrap(True)
            label.setAccessibleName(name)
        words = QVBoxLayout()
        for label in (self.summary, self.verdict_line, self.geometry_line):
            words.addWidget(label)
        above = QHBoxLayout()
        above.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        above.addLayout(words, 1)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self.map, 1)
        middle.addWidget(self.table, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(14)
        column.addLayout(above)
        column.addLayout(middle, 1)
        column.addWidget(self.remark)
        column.addLayout(self._make_buttons())

    def _make_table(self) -> None:
        table = self.table
        table.setAccessibleName("Numbers of each target")
        table.setToolTip("Accuracy and precision at each target, in degrees")
        for column, (title, tip) in enumerate(COLUMNS.items()):
            header = QTableWidgetItem(title)
            header.setToolTip(tip)
            table.setHorizontalHeaderItem(column, header)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(round(_ROW * table.fontMetrics().height()))
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setHighlightSections(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.keep_button = self._button("&Keep", "Keep it with the session", self.kept)
        self.again_button = self._button("&Again", "Look at the targets once more", self.again)
        self.save_button = self._button("&Save...", "Write it to a file, JSON or CSV", self.saved)
        self.discard_button = self._button("&Discard", "Back to the window without it (Esc)", self.discarded)
        for button in (self.keep_button, self.again_button, self.save_button, self.discard_button):
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _button(self, text: str, tip: str, clicked: SignalInstance) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleName(text.replace("&", "").removesuffix("..."))
        button.setAutoDefault(True)
        button.clicked.connect(clicked)
        return button

    def set_result(self, validated: ValidationRecord, verdict: Assessment) -> None:
        """Show a result; the map is set separately."""
        result = validated.result
        icon = self.style().standardIcon(_ICONS[verdict.level])
        self._icon.setPixmap(icon.pixmap(_ICON_PX, _ICON_PX))
        self.summary.setText(f"{result.text[0].upper()}{result.text[1:]}.")
        self.verdict_line.setText(verdict.text)
        self.geometry_line.setText(f"Degrees are those of {validated.geometry}. Source: {validated.source}.")
        count = len(result.points)
        rows = [
            _texts(name_of(i, count), point, validated.offsets_deg[i])
            for i, point in enumerate(result.points)
        ]
        self._fill([*rows, _texts("all", result, validated.shift_deg)])
        self.tell("")

    def _fill(self, rows: list[list[str]]) -> None:
        table = self.table
        table.setRowCount(len(rows))
        for i, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if i == len(rows) - 1:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                table.setItem(i, column, item)
        table.resizeColumnsToContents()
        header = table.horizontalHeader()
        wide = sum(header.sectionSize(column) for column in range(table.columnCount()))
        high = header.height() + sum(table.rowHeight(row) for row in range(len(rows)))
        frame = 2 * table.frameWidth()
        table.setFixedWidth(wide + frame + table.verticalScrollBar().sizeHint().width())
        table.setMaximumHeight(high + frame)
        table.setMinimumHeight(min(high + frame, _LOWEST_PX))

    def tell(self, text: str) -> None:
        """Say what was done, or went wrong; empty for nothing."""
        self.remark.setText(text)
        self.remark.setVisible(bool(text))
