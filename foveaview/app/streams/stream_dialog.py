"""The streams of gaze on the network, to choose one from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from foveaview.gaze.lsl import Listing, Mapping, StreamDescription, StreamWatch, propose, shortened

__all__ = ["NONE_FOUND", "StreamDialog"]

NONE_FOUND = (
    "No stream of gaze was found; the list looks again every second. Switch the Lab Streaming Layer on where"
    " the eye tracker runs: App-EyeLink or App-TobiiPro (github.com/labstreaminglayer), Pupil Capture with"
    " the gaze on a surface, or a program of your own with a stream of type Gaze.\n\nBoth computers have to"
    " be in one network, and no firewall between them may stop UDP port 16571 and the ports 16572 to 16604."
)
_LOOKING = "Looking for streams of gaze..."
_LOOK_MS = 100
_COLUMNS = {
    "Name": "As its program calls it",
    "Type": "What its program calls a stream of gaze",
    "Host": "Computer that it comes from",
    "Rate": "Samples a second, as the stream says",
    "Channels": "How many numbers a sample has",
    "Can be followed": "Whether its header says what its channels are",
}


class StreamDialog(QDialog):
    """A table of streams, updated every second, with details of the selected one.

    Args:
        watch: finds the streams; it is closed with the dialog.
        known: returns the mapping with which a stream was followed before, or None.
        last: the stream that was followed last, which is selected automatically.
        parent: the window.

    Signals:
        chosen: the `StreamDescription` to follow.
        mapping_wanted: the stream to map first.
    """

    chosen = Signal(object)
    mapping_wanted = Signal(object)

    def __init__(
        self,
        watch: StreamWatch,
        known: Callable[[StreamDescription], Mapping | None],
        last: StreamDescription | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Follow a stream")
        self._watch, self._known, self._last = watch, known, last
        self._listing: Listing | None = None
        self._streams: tuple[StreamDescription, ...] = ()
        self.table = QTableWidget(0, len(_COLUMNS))
        self._make_table()
        self.remark = QLabel(_LOOKING, wordWrap=True)
        self.remark.setTextFormat(Qt.TextFormat.PlainText)
        self.remark.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.remark.setMinimumHeight(6 * self.fontMetrics().lineSpacing())
        column = QVBoxLayout(self)
        column.addWidget(self.table, 1)
        column.addWidget(self.remark)
        column.addWidget(self._make_buttons())
        self.connect_button.setDefault(True)  # only a button that is in the dialog can be
        self.table.setFocus()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self.finished.connect(self._end)
        self.resize(760, 400)
        self._show_current()

    def _make_table(self) -> None:
        table = self.table
        table.setAccessibleName("Streams of gaze")
        table.setToolTip("A double click follows a stream")
        for column, (title, tip) in enumerate(_COLUMNS.items()):
            header = QTableWidgetItem(title)
            header.setToolTip(tip)
            table.setHorizontalHeaderItem(column, header)
        table.verticalHeader().hide()
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        header_view = table.horizontalHeader()
        header_view.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header_view.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header_view.setHighlightSections(False)
        table.itemSelectionChanged.connect(self._show_current)
        table.cellDoubleClicked.connect(lambda *_: self.connect_button.click())

    def _make_buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Cancel)
        self.connect_button = buttons.addButton("&Connect", QDialogButtonBox.ButtonRole.ActionRole)
        self.mapping_button = buttons.addButton("&Mapping...", QDialogButtonBox.ButtonRole.ActionRole)
        for button, tip in (
            (self.connect_button, "Let the gaze follow the chosen stream"),
            (self.mapping_button, "Choose what its channels are, and see what they give"),
            (buttons.button(kinds.Cancel), "Follow nothing else (Esc)"),
        ):
            button.setToolTip(tip)
            button.setAccessibleName(button.text().replace("&", "").removesuffix("..."))
        for button in (self.mapping_button, buttons.button(kinds.Cancel)):
            button.setAutoDefault(False)  # Return connects
        self.connect_button.clicked.connect(lambda: self._tell(self.chosen.emit))
        self.mapping_button.clicked.connect(lambda: self._tell(self.mapping_wanted.emit))
        buttons.rejected.connect(self.reject)
        return buttons

    # what there is

    def look(self) -> None:
        """Take what the last look at the network found."""
        listing = self._watch.take()
        if listing is None or listing is self._listing:
            return
        self._listing = listing
        if listing.streams != self._streams:
            self._set_streams(listing.streams)
        self._show_current()

    def _set_streams(self, streams: Sequence[StreamDescription]) -> None:
        """Fill the table; the selected stream stays selected, even after a restart of the stream."""
        before = self.current or self._last
        blocker = QSignalBlocker(self.table)
        self._streams = tuple(streams)
        self.table.clearSelection()
        self.table.setRowCount(len(streams))
        for row, stream in enumerate(streams):
            self._fill_row(row, stream)
        blocker.unblock()
        if streams:
            self.table.selectRow(_place_of(before, streams))

    def _fill_row(self, row: int, stream: StreamDescription) -> None:
        verdict = propose(stream).verdict
        rate = f"{stream.rate_hz:g} Hz" if stream.rate_hz else "irregular"
        state = {"ready": "yes", "ask": "asks for its channels", "refused": "no"}[verdict]
        if verdict != "refused" and self._known(stream) is not None:
            state = "yes, as before"
        texts = (stream.name, stream.kind, stream.hostname, rate, str(stream.count), state)
        for column, text in enumerate(texts):
            item = QTableWidgetItem(shortened(text))
            item.setToolTip(text)
            if verdict == "refused":
                item.setForeground(self.palette().color(QPalette.ColorRole.PlaceholderText))
            self.table.setItem(row, column, item)

    @property
    def current(self) -> StreamDescription | None:
        """The chosen stream."""
        rows = self.table.selectionModel().selectedRows()
        return self._streams[rows[0].row()] if rows and rows[0].row() < len(self._streams) else None

    def _show_current(self) -> None:
        stream = self.current
        self.remark.setText(self._text(stream))
        usable = stream is not None and propose(stream).verdict != "refused"
        self.connect_button.setEnabled(usable)
        self.mapping_button.setEnabled(usable)

    def _text(self, stream: StreamDescription | None) -> str:
        if self._listing is None:
            return _LOOKING
        if self._listing.problem:
            return f"The search for streams failed: {self._listing.problem}."
        if stream is None:
            return NONE_FOUND if not self._streams else "Choose a stream."
        if propose(stream).verdict != "refused" and self._known(stream) is not None:
            return f"{stream.title}: it was followed before, and its channels are known."
        return _sentence(stream)

    def _tell(self, emit: Callable[[StreamDescription], None]) -> None:
        if self.current is not None:
            emit(self.current)

    def _end(self) -> None:
        self._timer.stop()
        self._watch.close()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_timer"):
            self._set_streams(self._streams)


def _place_of(wanted: StreamDescription | None, streams: Sequence[StreamDescription]) -> int:
    """The row of a stream, or of the one that is called so; else the first that can be followed."""
    if wanted is not None:
        for alike in (_same, _same_name):
            for row, stream in enumerate(streams):
                if alike(wanted, stream):
                    return row
    usable = (row for row, stream in enumerate(streams) if propose(stream).verdict != "refused")
    return next(usable, 0)


def _same(a: StreamDescription, b: StreamDescription) -> bool:
    return (a.name, a.hostname, a.source_id) == (b.name, b.hostname, b.source_id)


def _same_name(a: StreamDescription, b: StreamDescription) -> bool:
    return a.name == b.name


def _sentence(stream: StreamDescription) -> str:
    proposal = propose(stream)
    reason = proposal.reason.removeprefix(f"{stream.title}: ")
    if proposal.verdict == "ready":
        return f"{stream.title} can be followed ({reason})."
    opening = "asks for its channels" if proposal.verdict == "ask" else "cannot be followed"
    return f"{stream.title} {opening}: {reason}."
