"""Parts of a dialog that asks which numbers are gaze: a form made from settings, a table, and a preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import numpy as np
import pyqtgraph as pg
from pydantic.fields import FieldInfo
from PySide6.QtCore import QEvent, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from foveaview.app.widgets.buttons import CheckBox
from foveaview.gaze import Recording
from foveaview.settings import Settings

__all__ = ["GazePreview", "MappingForm", "Options", "RowsTable"]

Options = Mapping[str, Sequence[tuple[str, Any]]]
"""Of a setting's name, the values that can be chosen, each with what it is called."""

_MARGIN = 0.25
_FEWEST_LETTERS = 14


def _number_of(text: str, kind: Any) -> int | float | None:
    """Return the typed number; None for anything else."""
    whole = int in (get_args(kind) or (kind,))
    try:
        return int(text) if whole else float(text.replace(",", "."))
    except ValueError:
        return None


class _Field:
    """The editor of one value: a choice, a switch or a line for a number."""

    def __init__(self, field: FieldInfo, options: Sequence[tuple[str, Any]] | None) -> None:
        self._kind: Any = field.annotation
        choices = get_args(self._kind) if get_origin(self._kind) is Literal else None
        if options is None and choices is not None:
            options = [(str(choice), choice) for choice in choices]
        self._options = options
        self.widget = self._make()

    def _make(self) -> QComboBox | CheckBox | QLineEdit:
        if self._options is not None:
            box = QComboBox()
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(_FEWEST_LETTERS)
            for text, _ in self._options:
                box.addItem(text)
            return box
        return CheckBox() if self._kind is bool else QLineEdit()

    def listen(self, tell: Any) -> None:
        """Call `tell` when the user changes it."""
        if isinstance(self.widget, QComboBox):
            self.widget.activated.connect(lambda _index: tell())
        elif isinstance(self.widget, QLineEdit):
            self.widget.textEdited.connect(lambda _text: tell())
        else:
            self.widget.toggled.connect(lambda _on: tell())

    @property
    def value(self) -> Any:
        """The value."""
        if isinstance(self.widget, QComboBox):
            assert self._options is not None
            return self._options[self.widget.currentIndex()][1] if self._options else None
        if isinstance(self.widget, QLineEdit):
            return _number_of(self.widget.text().strip(), self._kind)
        return self.widget.isChecked()

    def set_value(self, value: Any) -> None:
        """Put a value in, without telling."""
        blocker = QSignalBlocker(self.widget)
        if isinstance(self.widget, QComboBox):
            values = [one for _, one in self._options or ()]
            self.widget.setCurrentIndex(values.index(value) if value in values else 0)
        elif isinstance(self.widget, QLineEdit):
            self.widget.setText("" if value is None else f"{value:g}")
        else:
            self.widget.setChecked(bool(value))
        blocker.unblock()


class MappingForm(QWidget):
    """An editor for each field of a settings class that maps columns or channels.

    Args:
        kind: the settings; each field's title names it, and its description is its tooltip.
        options: choices of a field; a Literal or a boolean needs none, other fields are numbers,
            None if nothing is typed.
        labels: other names than the titles.
        groups: names of the fields in each column of the form; None for one column.

    Signals:
        changed: the user has changed a value.
    """

    changed = Signal()

    def __init__(
        self,
        kind: type[Settings],
        options: Options,
        labels: Mapping[str, str] | None = None,
        groups: Sequence[Sequence[str]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind, self._labels = kind, labels or {}
        self.fields: dict[str, _Field] = {}
        self._captions: dict[str, QLabel] = {}
        self._make(options, groups or [list(kind.model_fields)])

    def _make(self, options: Options, groups: Sequence[Sequence[str]]) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(18)
        for names in groups:
            form = QFormLayout()
            form.setVerticalSpacing(4)
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            for name in names:
                self._add(form, name, options.get(name))
            row.addLayout(form, 1)

    def _add(self, form: QFormLayout, name: str, options: Sequence[tuple[str, Any]] | None) -> None:
        info = self._kind.model_fields[name]
        made = _Field(info, options)
        text = self._labels.get(name) or info.title or name.replace("_", " ").capitalize()
        made.widget.setObjectName(f"mapping_{name}")
        made.widget.setToolTip(info.description or text)
        made.widget.setAccessibleName(text)
        made.listen(self.changed.emit)
        label = QLabel(text)
        label.setBuddy(made.widget)
        label.setToolTip(made.widget.toolTip())
        form.addRow(label, made.widget)
        self.fields[name], self._captions[name] = made, label

    def values(self) -> dict[str, Any]:
        """The values of the form; an empty field that has a default is left out."""
        found = {name: field.value for name, field in self.fields.items()}
        infos = self._kind.model_fields
        return {
            name: value
            for name, value in found.items()
            if value is not None or infos[name].is_required() or infos[name].default is None
        }

    def settings(self) -> Settings:
        """Return the settings of the form.

        Raises:
            ValueError: if a value is invalid.
        """
        return self._kind(**self.values())

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Put values in, without telling."""
        for name, value in values.items():
            self.fields[name].set_value(value)

    def set_shown(self, name: str, shown: bool) -> None:
        """Show a field, or hide what does not count."""
        self.fields[name].widget.setVisible(shown)
        self._captions[name].setVisible(shown)


class RowsTable(QTableWidget):
    """The first rows of a table, or the last of a stream, with marks on the columns that are used."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("First rows")
        self.setToolTip("The first rows; the columns that are used are bold")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 4)

    def set_rows(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show cells as they are written."""
        self.clear()
        self.setColumnCount(len(columns))
        self.setRowCount(len(rows))
        self.setHorizontalHeaderLabels(list(columns))
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells[: len(columns)]):
                self.setItem(row, column, QTableWidgetItem(cell))
        self.resizeColumnsToContents()

    def set_used(self, columns: Sequence[str]) -> None:
        """Mark the columns that are used."""
        for index in range(self.columnCount()):
            item = self.horizontalHeaderItem(index)
            if item is not None:
                font = item.font()
                font.setBold(item.text() in columns)
                item.setFont(font)
                item.setToolTip("used" if font.bold() else "not used")


class GazePreview(QWidget):
    """Gaze as it is mapped, about the outline of the screen or the image."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recording: Recording | None = None
        self._screen: tuple[int, int] | None = None
        self.setMinimumSize(180, 120)
        self.setAccessibleName("Preview of the gaze")
        self.setToolTip("The gaze as it is mapped, with the outline of the screen or the image")

    def sizeHint(self) -> QSize:
        """The shape of a screen."""
        return QSize(240, 150)

    def set_recording(self, recording: Recording | None, screen: tuple[int, int] | None = None) -> None:
        """Show a gaze, or None for none, with the size of the screen if that is known."""
        self._recording = recording
        self._screen = screen if recording is None or recording.screen is None else recording.screen
        self.update()

    @property
    def share_inside(self) -> float:
        """Share of the samples with gaze that lie within the outline; 0 if there are none."""
        recording = self._recording
        if recording is None or not recording.usable.any():
            return 0.0
        x, y = self._shares(recording)
        inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
        return float(inside.mean())

    def _extent(self, recording: Recording) -> tuple[float, float]:
        """Width and height of the screen in pixels; if unknown, the extent of the gaze."""
        if recording.unit != "px":
            return 1.0, 1.0
        if self._screen is not None:
            return float(self._screen[0]), float(self._screen[1])
        seen = recording.usable
        if not seen.any():
            return 1.0, 1.0
        return max(float(recording.x[seen].max()), 1.0), max(float(recording.y[seen].max()), 1.0)

    def _shares(self, recording: Recording) -> tuple[Any, Any]:
        seen, (width, height) = recording.usable, self._extent(recording)
        return recording.x[seen] / width, recording.y[seen] / height

    def _outline(self) -> QRectF:
        wide, high = self._screen or (16, 9)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        scale = min(box.width() / (wide * (1 + 2 * _MARGIN)), box.height() / (high * (1 + 2 * _MARGIN)))
        outline = QRectF(0, 0, wide * scale, high * scale)
        outline.moveCenter(box.center())
        return outline

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw outline and gaze."""
        painter, palette, outline = QPainter(self), self.palette(), self._outline()
        painter.fillRect(self.rect(), palette.color(QPalette.ColorRole.Base))
        painter.setPen(QPen(palette.color(QPalette.ColorRole.PlaceholderText), 1))
        painter.drawRect(outline)
        recording = self._recording
        if recording is None or not recording.usable.any():
            painter.drawText(outline, Qt.AlignmentFlag.AlignCenter, "no gaze")
            return
        x, y = self._shares(recording)
        columns = np.clip(outline.left() + x * outline.width(), -10, self.width() + 10)
        rows = np.clip(outline.top() + y * outline.height(), -10, self.height() + 10)
        faint = QColor(palette.color(QPalette.ColorRole.Link))
        faint.setAlpha(90)
        painter.setPen(QPen(faint, 0))
        painter.drawPath(pg.arrayToQPath(columns, rows))
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Link), 3))
        for column, row in zip(columns.tolist(), rows.tolist(), strict=True):
            painter.drawPoint(round(column), round(row))
