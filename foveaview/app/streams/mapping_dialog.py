"""Asks what the channels of a stream are, while its numbers are seen."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.streams.channel_form import ChannelForm
from foveaview.app.streams.gaze_plot import GazePlot
from foveaview.app.widgets.inline_message import InlineMessage
from foveaview.gaze import now
from foveaview.gaze.lsl import (
    LatestValues,
    LslSource,
    Mapping,
    StreamDescription,
    StreamProposal,
    judge,
    on_screen,
    shortened,
)

__all__ = ["StreamMappingDialog"]

_LOOK_MS = 100
_COLUMNS = {
    "": "Number of the channel",
    "Channel": "As the stream calls it",
    "Unit": "As the stream says",
    "Now": "The newest number",
    "Least": "Of the last 2 s",
    "Most": "Of the last 2 s",
}


def _number(value: float) -> str:
    return "NaN" if math.isnan(value) else f"{value:.5g}"


class StreamMappingDialog(QDialog):
    """A form for the mapping beside the live channels, and the gaze that results.

    Args:
        stream: the stream to map.
        known: the mapping used before, as initial value; None if there is none.
        proposal: the mapping read from the header, and what the header leaves open.
        screen: width and height in pixels of the screen that is looked at.
        parent: the window.

    Attributes:
        source: receives the stream.
    """

    def __init__(
        self,
        stream: StreamDescription,
        known: Mapping | None,
        proposal: StreamProposal,
        screen: tuple[int, int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Channels of {shortened(stream.name)}")
        self._stream, self._proposal, self._screen = stream, proposal, screen
        self._asks = proposal.asks if known is None else ()
        self.source = LslSource(stream, None)
        self.form, self.plot, self.table = ChannelForm(stream), GazePlot(), QTableWidget(0, len(_COLUMNS))
        self.told = QLabel(wordWrap=True)
        self.told.setVisible(bool(self._asks))
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.remark = InlineMessage()
        self.remark.setTextFormat(Qt.TextFormat.PlainText)
        self._make_table()
        self._lay_out()
        self.form.edited.connect(self.look)
        self.form.set_mapping(known or proposal.mapping or Mapping())
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self.finished.connect(self._end)
        self.resize(880, 600)

    def _lay_out(self) -> None:
        seen = QVBoxLayout()
        seen.addWidget(self.plot, 3)
        seen.addWidget(self.table, 2)
        middle = QHBoxLayout()
        middle.addWidget(self.form)
        middle.addLayout(seen, 1)
        column = QVBoxLayout(self)
        column.addWidget(self.told)
        column.addLayout(middle, 1)
        policy = self.remark.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the rest is not to jump while the user looks
        self.remark.setSizePolicy(policy)
        self.remark.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        column.addWidget(self.remark)
        column.addWidget(self._make_buttons())
        self.follow_button.setDefault(True)  # only a button that is in the dialog can be

    def _make_table(self) -> None:
        table, stream = self.table, self._stream
        table.setAccessibleName("Channels as they come")
        table.setToolTip("What the stream gives, ten times a second")
        for column, (title, tip) in enumerate(_COLUMNS.items()):
            header = QTableWidgetItem(title)
            header.setToolTip(tip)
            table.setHorizontalHeaderItem(column, header)
        table.setRowCount(stream.count)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 4)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        for row in range(stream.count):
            self._make_row(row)
        header_view = table.horizontalHeader()
        for column, letters in enumerate((3, 0, 10, 9, 9, 9)):
            table.setColumnWidth(column, table.fontMetrics().horizontalAdvance("0" * letters) + 10)
        header_view.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header_view.setHighlightSections(False)

    def _make_row(self, row: int) -> None:
        known = self._stream.channels[row] if row < len(self._stream.channels) else None
        texts = (str(row), known.label if known else "", known.unit if known else "", "-", "-", "-")
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            if column in (1, 2):
                item.setToolTip(text)
            else:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(row, column, item)

    def _make_buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Cancel)
        self.follow_button = buttons.addButton("&Follow", QDialogButtonBox.ButtonRole.AcceptRole)
        self.reset_button = buttons.addButton("&Reset", QDialogButtonBox.ButtonRole.ResetRole)
        self.cancel_button = buttons.button(kinds.Cancel)
        for button, tip in (
            (self.follow_button, "Follow the stream by this mapping, and keep it for the next time"),
            (self.reset_button, "Back to what the stream's header says"),
            (self.cancel_button, "Follow nothing else (Esc)"),
        ):
            button.setToolTip(tip)
            button.setAccessibleName(button.text().replace("&", ""))
        for button in (self.reset_button, self.cancel_button):
            button.setAutoDefault(False)  # Return follows
        self.reset_button.clicked.connect(lambda: self.form.set_mapping(self._proposal.mapping or Mapping()))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def mapping(self) -> Mapping:
        """Return the mapping of the form; raises `ValueError` if it is invalid."""
        return self.form.mapping()

    def look(self) -> None:
        """Show the numbers as they are now, and what they are as mapped."""
        self.form.show_what_counts()
        self.told.setText(self._open())
        latest = self.source.latest_values()
        if latest is not None:
            self._show_values(latest)
        problem, wrong = "", ""
        try:
            wrong = self._show_gaze(self.mapping())
        except ValueError as error:
            problem = str(error)
        self.follow_button.setEnabled(not problem)
        self._say(problem or self.source.status(now()).note or wrong)

    def _open(self) -> str:
        """The questions that the header leaves open."""
        left = [self.form.title(name) for name in self._asks if name not in self.form.touched]
        title = self._stream.title
        if len(left) == len(self._asks):
            return f"{title}: {self._proposal.reason}."
        if left:
            return f"{title}: still to be chosen: {', '.join(left)}."
        return f"{title}: all that it does not say is chosen. Look at the gaze, then follow it."

    def _show_values(self, latest: LatestValues) -> None:
        columns = (latest.values, latest.low, latest.high)
        for column, values in enumerate(columns, start=3):
            for row, value in enumerate(values[: self.table.rowCount()]):
                item = self.table.item(row, column)
                assert item is not None
                item.setText(_number(value))

    def _show_gaze(self, mapping: Mapping) -> str:
        """Draw the gaze as mapped; what speaks against it."""
        image = mapping.unit == "image"
        across, down = self._screen
        self.plot.set_screen("image" if image else f"screen, {across} x {down} px", across / down)
        rows = self.source.recent_values()
        if not len(rows) or rows.shape[1] < mapping.channels:
            return ""
        self.plot.set_gaze(*on_screen(mapping, rows, self._screen))
        return judge(mapping, rows, self._screen)

    def _say(self, text: str) -> None:
        text = text[:1].upper() + text[1:] + ("." if text else "")
        if self.remark.text() != text:
            self.remark.setText(text)
            self.remark.setVisible(bool(text))

    def _end(self) -> None:
        self._timer.stop()
        self.source.close()
