"""Asks what the columns of a table of gaze are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.recordings.mapping_form import GazePreview, MappingForm, Options, RowsTable
from foveaview.app.recordings.recording_info import RecordingInfo
from foveaview.app.widgets.inline_message import InlineMessage
from foveaview.gaze import Recording
from foveaview.gaze.origin import ORIGINS
from foveaview.gaze.recordings import ColumnMapping, ColumnProposal

__all__ = ["ColumnMappingDialog"]

_PREVIEW_MS = 150
_FEW_INSIDE = 0.5
_LABELS = {
    "time": "Time",
    "time_unit": "Unit of time",
    "rate_hz": "Rate, Hz",
    "x": "x",
    "y": "y",
    "second_x": "x, other eye",
    "second_y": "y, other eye",
    "unit": "x and y are",
    "origin": "0 is at",
    "zero_is_missing": "0, 0 is missing",
    "screen_width": "Screen width, px",
    "screen_height": "Screen height, px",
    "valid": "Validity",
    "valid_from": "Valid from",
    "delimiter": "Delimiter",
}
_GROUPS = (
    ("x", "y", "second_x", "second_y", "valid", "valid_from"),
    ("unit", "origin", "screen_width", "screen_height", "zero_is_missing"),
    ("time", "time_unit", "rate_hz", "delimiter"),
)
_UNITS = (
    ("share of screen", "screen"),
    ("screen pixels", "px"),
    ("share of image", "image"),
    ("-1 to 1 (norm)", "norm"),
    ("share of height", "height"),
)
_ORIGINS = tuple((text, origin) for origin, text in ORIGINS.items())
_TIME_UNITS = (
    ("seconds", "s"),
    ("milliseconds", "ms"),
    ("microseconds", "us"),
    ("nanoseconds", "ns"),
    ("date or time of day", "clock"),
)


def _options(columns: Sequence[str]) -> Options:
    own = [(name, name) for name in columns]
    maybe = [("none", ""), *own]
    return {
        "time": [("none: a rate", ""), *own],
        "time_unit": _TIME_UNITS,
        "x": [("choose", ""), *own],
        "y": [("choose", ""), *own],
        "second_x": maybe,
        "second_y": maybe,
        "unit": _UNITS,
        "origin": _ORIGINS,
        "valid": maybe,
    }


class ColumnMappingDialog(QDialog):
    """The first rows of a table, a form that maps its columns, and a preview of the gaze.

    The dialog can be accepted once the beginning of the file was read with the mapping.

    Args:
        name: of the file.
        proposal: the initial mapping.

    Attributes:
        form: maps the columns.

    Signals:
        previewed: a `ColumnMapping` whose preview is wanted; see `set_preview`.
        delimited: another delimiter, for which a proposal is wanted; see `set_proposal`.
        mapped: the `ColumnMapping` that the user has accepted.
    """

    previewed = Signal(object)
    delimited = Signal(str)
    mapped = Signal(object)

    def __init__(self, name: str, proposal: ColumnProposal, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Columns of {name}")
        self._mapping: ColumnMapping | None = None
        self._delimiter: Any = "auto"
        self._rest = QTimer(self, singleShot=True, interval=_PREVIEW_MS)
        self._rest.timeout.connect(self.preview)
        self.table, self.preview_plot = RowsTable(), GazePreview()
        self.remark, self.line = InlineMessage(), QLabel()
        self.line.setWordWrap(True)
        self.line.setAccessibleName("What was read")
        self.form = MappingForm(ColumnMapping, _options(proposal.columns), _LABELS, _GROUPS)
        self._lay_out()
        self.set_proposal(proposal)
        self.resize(820, 600)

    def _lay_out(self) -> None:
        buttons = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(buttons.Ok | buttons.Cancel)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        for kind in (buttons.Ok, buttons.Cancel):
            button = self.buttons.button(kind)
            button.setAccessibleName(button.text().replace("&", ""))
        self.buttons.button(buttons.Ok).setToolTip("Read the file so")
        self.buttons.button(buttons.Cancel).setToolTip("Do not open the file")
        below = QHBoxLayout()
        below.addWidget(self.preview_plot)
        said = QVBoxLayout()
        said.addWidget(self.line)
        said.addWidget(self.remark)
        said.addStretch(1)
        below.addLayout(said, 1)
        column = self._column = QVBoxLayout(self)
        column.addWidget(self.table, 1)
        column.addWidget(self.form)
        column.addLayout(below)
        column.addWidget(self.buttons)
        self.table.setMinimumHeight(110)
        self.preview_plot.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_proposal(self, proposal: ColumnProposal) -> None:
        """Begin again with other columns and a guess of what they are."""
        before = self.form
        form = self.form = MappingForm(ColumnMapping, _options(proposal.columns), _LABELS, _GROUPS)
        self._column.replaceWidget(before, form)
        if before.fields["delimiter"].widget.hasFocus():  # so that the keys go on
            form.fields["delimiter"].widget.setFocus()
        before.deleteLater()
        known = {} if proposal.mapping is None else proposal.mapping.model_dump()
        known = {"time": "", "valid_from": 0.5, "delimiter": self._delimiter, **known, **proposal.found}
        form.set_values(known)
        self._has_delimiter = "delimiter" in proposal.found
        form.changed.connect(self._change)
        self.table.set_rows(proposal.columns, proposal.rows)
        self._guessed = proposal.guessed
        self.preview()

    def _change(self) -> None:
        delimiter = self.form.fields["delimiter"].value
        if delimiter != self._delimiter:
            self._delimiter = delimiter
            self.delimited.emit(delimiter)
        else:
            self._guessed = ()
            self._set_ready(None)
            self._rest.start()

    def preview(self) -> None:
        """Request a preview with the mapping of the form; report an invalid mapping."""
        self._show_fields()
        try:
            mapping = self._chosen()
        except ValueError as error:
            self.set_preview(str(error))
            return
        self._mapping = mapping
        self.table.set_used(mapping.columns)
        self.previewed.emit(mapping)

    def _chosen(self) -> ColumnMapping:
        values = self.form.values()
        x, y = values["x"], values["y"]
        if not x or not y:
            raise ValueError("choose the columns of x and y")
        if x == y:
            raise ValueError(f"x and y are both {x}: choose two columns")
        return ColumnMapping(**values)

    def _show_fields(self) -> None:
        """Hide what does not count."""
        form = self.form
        values = {name: field.value for name, field in form.fields.items()}
        form.set_shown("time_unit", bool(values["time"]))
        form.set_shown("rate_hz", not values["time"])
        form.set_shown("valid_from", bool(values["valid"]))
        form.set_shown("delimiter", self._has_delimiter)
        for name in ("screen_width", "screen_height"):
            form.set_shown(name, values["unit"] != "image")

    def set_preview(self, found: Recording | str) -> None:
        """Show the beginning of the file, or why it is unreadable."""
        recording = found if isinstance(found, Recording) else None
        self.preview_plot.set_recording(recording)
        self.line.setText("" if recording is None else f"Its beginning: {RecordingInfo.of(recording).facts}")
        odd = [found] if isinstance(found, str) else list(found.notes)
        if recording is not None and recording.usable.any() and self.preview_plot.share_inside < _FEW_INSIDE:
            share = 100 * self.preview_plot.share_inside
            odd.append(f"only {share:.0f} % of the gaze is within the outline: is the unit right?")
        if recording is not None and self._guessed:
            odd.append(f"guessed: {', '.join(self._guessed)}")
        self.remark.setText("\n".join(odd))
        self.remark.setVisible(bool(odd))
        self._set_ready(recording)

    def _set_ready(self, recording: Recording | None) -> None:
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(recording is not None)

    def _accept(self) -> None:
        if self._mapping is not None:
            self.mapped.emit(self._mapping)
            self.accept()
