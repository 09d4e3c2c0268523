"""The buttons of a search, and how far it is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.core.state import Document, Phase
from foveaview.app.widgets.inline_message import InlineMessage
from foveaview.app.widgets.setting_editors import setting_editor
from foveaview.settings import KeepSettings
from foveaview.synthesis.devices import resolve_device
from foveaview.synthesis.memory import shortage
from foveaview.synthesis.run import Outcome, outcome_text

__all__ = ["RunPanel", "progress_line"]


def _time_left(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def progress_line(document: Document) -> str:
    """Iteration, iterations a second and time left, or how the search ended."""
    status = document.status
    if status is None:
        return document.phase.value
    text = f"{document.phase.value}, iteration {status.iteration} of {document.total_steps}"
    if document.phase is Phase.DONE and status.outcome is not None:
        return _ended_line(document, status.outcome, status.iteration)
    if document.phase is Phase.RUNNING and status.steps_per_second > 0:
        left = document.steps_left / status.steps_per_second
        text += f"\n{status.steps_per_second:.1f} it/s, {_time_left(left)} left"
    return text


def _ended_line(document: Document, outcome: Outcome, iteration: int) -> str:
    """The outcome of the search, with the stop criterion on a second line if it converged."""
    settings = document.settings
    text = outcome_text(outcome, settings.stop_fraction, settings.stop_window)
    first, _, second = text.partition(": ")
    return f"{first}, iteration {iteration}" + (f"\n{second}" if second else "")


def _start_text(phase: Phase | None, goes_on: bool) -> str:
    if not goes_on:
        return "&Start"
    return "Re&sume" if phase is Phase.PAUSED else "Continue"


def _history_line(document: Document | None) -> str:
    """Disk space of the run's images."""
    status = document.status if document is not None else None
    if status is None or not status.stored:
        return "history, up to"
    return f"history: {len(status.stored)} images, {status.stored_bytes / 1e6:.0f} of"


def _shortage(document: Document) -> str:
    """Why a search would not fit into memory, and what size would; empty if it fits."""
    try:
        device = resolve_device(document.settings.device)
    except ValueError:  # said elsewhere
        return ""
    return shortage(
        document.size,
        document.target.shape[1],
        document.loss_settings,
        device,
        document.objective,
        document.search_settings.optimizer,
    )


class RunPanel(QGroupBox):
    """Start, pause, stop and reset.

    Signals:
        started, paused, stopped, reset: the button that was clicked.
        history_edited: the MB that the images of a run may take.
    """

    started = Signal()
    paused = Signal()
    stopped = Signal()
    reset = Signal()
    history_edited = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Synthesis", parent)
        self.start_button, self.pause_button = QPushButton("&Start"), QPushButton("&Pause")
        self.stop_button, self.reset_button = QPushButton("S&top"), QPushButton("Reset")
        buttons = (
            (self.start_button, self.started, "Search for a metamer at this gaze (Space)"),
            (self.pause_button, self.paused, "Pause; Start continues (Space)"),
            (self.stop_button, self.stopped, "End the search and keep its image (Esc)"),
            (self.reset_button, self.reset, "Discard the search and its image"),
        )
        grid = QGridLayout()
        for i, (button, signal, tip) in enumerate(buttons):
            button.setToolTip(tip)
            button.clicked.connect(signal)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the images
            grid.addWidget(button, i // 2, i % 2)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(10)
        self.line = QLabel("ready")
        self.line.setMinimumHeight(2 * self.fontMetrics().height() + 4)
        self.remark = InlineMessage()
        self._asked: tuple[object, ...] | None = None
        column = QVBoxLayout(self)
        column.addLayout(grid)
        column.addWidget(self._bar)
        column.addWidget(self.line)
        column.addLayout(self._make_history())
        column.addWidget(self.remark)

    def _make_history(self) -> QHBoxLayout:
        field = KeepSettings.model_fields["history_mb"]
        self.history_line = QLabel("history, up to")
        self.history = setting_editor(field)
        self.history.widget.setToolTip(f"{field.description} Default: {field.default} MB.")
        self.history.widget.setAccessibleName("Disk space for the history of a run")
        self.history.listen(self.history_edited.emit)
        row = QHBoxLayout()
        row.addWidget(self.history_line, 1)
        row.addWidget(self.history.widget)
        return row

    def set_keeping(self, settings: KeepSettings) -> None:
        """Show how much the images of a run may take."""
        self.history.set_value(settings.history_mb)

    def set_document(self, document: Document | None) -> None:
        """Show how far a document's search is, and what can be done with it."""
        phase = document.phase if document is not None else None
        self.start_button.setEnabled(document is not None and phase is not Phase.RUNNING)
        goes_on = document is not None and document.can_go_on
        self.start_button.setText(_start_text(phase, goes_on))
        # one of the settings is called Start too
        self.start_button.setAccessibleName("Continue the synthesis" if goes_on else "Start the synthesis")
        self.history_line.setText(_history_line(document))
        self.pause_button.setEnabled(phase is Phase.RUNNING)
        self.stop_button.setEnabled(phase in (Phase.RUNNING, Phase.PAUSED))
        self.reset_button.setEnabled(document is not None and document.run is not None)
        status = document.status if document is not None else None
        self._bar.setMaximum(max(document.total_steps if document is not None else 1, 1))
        self._bar.setValue(min(status.iteration, self._bar.maximum()) if status is not None else 0)
        self.line.setText(progress_line(document) if document is not None else "open an image first")
        if phase is not Phase.RUNNING:  # what a search holds already would count as taken
            self._remark_shortage(document)

    def _remark_shortage(self, document: Document | None) -> None:
        """Check the memory again if a relevant setting has changed, but not at every move of the gaze."""
        asked = None
        if document is not None:
            settings = (
                document.loss_settings,
                document.objective,
                document.settings.device,
                document.settings.optimizer,
            )
            asked = (document.number, document.phase, settings)
        if asked != self._asked:
            self._asked = asked
            self._set_remark(_shortage(document) if document is not None else "")

    def _set_remark(self, text: str) -> None:
        self.remark.setText(text)
        self.remark.setVisible(bool(text))
