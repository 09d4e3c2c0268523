"""File size against loss at the gaze: curves, and a row for each format."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QFormLayout, QHeaderView, QLabel, QPushButton, QWidget

from foveaview.app.rate.measurement import RateState
from foveaview.app.rate.rate_plot import COLORS, RatePlot
from foveaview.app.widgets.number_table import NumberTable
from foveaview.app.widgets.panel_layout import LineBelow, PanelLayout
from foveaview.app.widgets.setting_editors import SettingsForm
from foveaview.rate.codecs import FORMATS, Format
from foveaview.rate.curve import RatePoint, first_under
from foveaview.settings import RateSettings

__all__ = ["RatePanel", "rate_line"]

_COLUMNS = {
    "Format": "PNG is lossless: its quality is the bits per channel that the colours are rounded to.",
    "Quality": "The lowest measured quality from which on the loss stays under the threshold.",
    "Bytes": "Of the whole file.",
    "bpp": "Bits per pixel of the whole file.",
    "Cost": "Mean squared error plus lambda times bits per pixel, as loss_function gives it.",
}
_CHARACTERS = 36
_SWATCH_PX = 9  # of its curve's colour: as text some would be too pale
_IMAGES = {"target": "Target", "candidate": "Candidate"}


def rate_line(state: RateState) -> str:
    """Progress of the measurement, or why it is out of date."""
    done = f"{len(state.points)} of {state.total}"
    if state.measuring:
        text = f"measuring, {done}" + (" (restarts)" if state.changes else "")
    elif state.subject is None:
        text = "press Measure" if state.can_measure else "open an image first"
    elif state.changes:
        text = f"stale: {', '.join(state.changes)}"
    else:
        text = f"{done} measured"
    return ". ".join((text, *state.notes))


class RatePanel(QWidget):
    """Editors and a button, the curves, and the smallest files under the threshold.

    Signals:
        measured, cancelled: the button was clicked.
        edited: name of a setting and the value wanted.
        chosen: the image to measure, "candidate" or "target".
    """

    measured = Signal()
    cancelled = Signal()
    edited = Signal(str, object)
    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: RateState | None = None
        self.plot, self.table, self.line = RatePlot(), NumberTable(_COLUMNS, len(FORMATS)), QLabel()
        self._make_table()
        self.line.setWordWrap(True)
        PanelLayout(self, self.plot, self._make_controls(), LineBelow(self.table, line=self.line))
        self.set_state(RateState())

    def _make_controls(self) -> QFormLayout:
        self.image_box, self.button = QComboBox(), QPushButton("&Measure")
        for value, text in _IMAGES.items():
            self.image_box.addItem(text, value)
        self.image_box.setToolTip("The image that is coded, and compared with the target at the gaze.")
        self.image_box.activated.connect(lambda index: self.chosen.emit(self.image_box.itemData(index)))
        self.button.setToolTip("Code the image in every format and quality, or stop that")
        self.button.clicked.connect(self._tell_button)
        for clicked in (self.image_box, self.button):
            clicked.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
        form = QFormLayout()
        form.setVerticalSpacing(3)
        form.addRow("Image", self.image_box)
        self.form = SettingsForm(RateSettings, "rate_", self)
        self.form.edited.connect(self.edited)
        self.editors = self.form.editors
        for name, editor in self.editors.items():
            editor.widget.setFixedWidth(84)
            form.addRow(self.form.labels[name], editor.widget)
        form.addRow(self.button)
        return form

    def _make_table(self) -> None:
        table, header = self.table, self.table.horizontalHeader()
        table.setIconSize(QSize(_SWATCH_PX, _SWATCH_PX))
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for column in (list(_COLUMNS).index(title) for title in ("Bytes", "Cost")):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        table.setAccessibleName("Smallest files under the threshold")
        table.setToolTip("A row for each format: its lowest quality with a loss under the threshold")
        table.show_whole(_CHARACTERS)

    def _tell_button(self) -> None:
        if self._shown is not None and self._shown.measuring:
            self.cancelled.emit()
        else:
            self.measured.emit()

    def set_state(self, state: RateState) -> None:
        """Show how far the measurement is and what it found."""
        before, self._shown = self._shown, state
        self.button.setText("&Cancel" if state.measuring else "&Measure")
        self.button.setEnabled(state.can_measure or state.measuring)
        self.image_box.setCurrentIndex(self.image_box.findData(state.image))
        self.line.setText(rate_line(state))
        self.table.setEnabled(not state.changes)
        if before is None or bool(before.changes) != bool(state.changes):
            self.plot.set_dimmed(bool(state.changes))
        if before is None or (before.points, before.settings) != (state.points, state.settings):
            self._show_points(state)

    def _show_points(self, state: RateState) -> None:
        self.form.set_settings(state.settings)
        self.plot.set_points(state.points, state.settings.threshold)
        under = first_under(state.points, state.settings.threshold)
        for row, kind in enumerate(FORMATS):
            self._show_row(row, kind, under.get(kind), kind in under, state.settings.lmbda)

    def _show_row(self, row: int, kind: Format, point: RatePoint | None, known: bool, lmbda: float) -> None:
        texts = [kind.name, "above" if known else "", "", "", ""]
        if point is not None:
            cost = f"{point.cost(lmbda):.2e}"
            texts = [kind.name, str(point.quality), f"{len(point.data):,}", f"{point.bpp:.3f}", cost]
        for column, text in enumerate(texts):
            self.table.cell(row, column).setText(text)
        self.table.cell(row, 0).setData(Qt.ItemDataRole.DecorationRole, QColor(COLORS[kind.name]))
