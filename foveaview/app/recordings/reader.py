"""Reads recordings of gaze, and asks what their files leave open: the columns, or one of several."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from foveaview.app.core.background import LatestRequest
from foveaview.app.core.store import WorkerProtocol
from foveaview.app.recordings import requests as gaze_requests
from foveaview.app.recordings.mapping_dialog import ColumnMappingDialog
from foveaview.app.recordings.requests import ReadRecording, Several, Unmapped
from foveaview.app.recordings.session_record import RecordingRecord
from foveaview.app.widgets.choice_dialog import ChoiceDialog
from foveaview.gaze import Recording
from foveaview.gaze.recording_placement import placed
from foveaview.gaze.recordings import ColumnMapping, ColumnProposal
from foveaview.gaze.recordings.mapping import Delimiter
from foveaview.live import Failure
from foveaview.settings import ReadingSettings

__all__ = ["RecordingReader"]


class RecordingReader(QObject):
    """Reads recordings in the worker; a new request cancels the previous one.

    Args:
        worker: reads the files.
        window: parent of dialogs.

    Signals:
        busy: text about what is being read; empty for nothing.
        read: a `Recording` and its record, which now holds the file's hash.
        noticed: one line, for the messages.
        mapped: path and record of a file whose open questions the user has answered.
        failed: a `Failure`.
    """

    busy = Signal(str)
    read = Signal(object, object)
    noticed = Signal(str)
    mapped = Signal(object, object)
    failed = Signal(object)

    def __init__(self, worker: WorkerProtocol, window: QWidget) -> None:
        super().__init__(window)
        self._worker, self._window = worker, window
        self._reading = LatestRequest(worker)

    def open(self, path: Path, wanted: RecordingRecord) -> None:
        """Read a file as a record says."""
        self.busy.emit(f"reading {path.name}...")
        read = partial(gaze_requests.read_gaze, path, wanted.mapping, wanted.reading)
        self._reading.ask(read, partial(self._take, wanted))

    def cancel(self) -> None:
        """Read no further."""
        self._reading.cancel()
        self.busy.emit("")

    def close(self) -> None:
        """Cancel reading without a report."""
        self._reading.cancel()

    def _take(
        self, wanted: RecordingRecord, value: ReadRecording | Unmapped | Several | Failure | None
    ) -> None:
        self.busy.emit("")
        if isinstance(value, Failure):
            self.failed.emit(value)
        elif isinstance(value, Unmapped):
            self._ask_mapping(value, wanted)
        elif isinstance(value, Several):
            self._ask_choice(value, wanted)
        elif value is not None and value.recording.scene_camera:
            self._refuse(value.recording)
        elif value is not None:
            self._tell(value, wanted)

    def _tell(self, value: ReadRecording, wanted: RecordingRecord) -> None:
        hashes = {"sha256": value.sha256, "others_sha256": value.others_sha256}
        self.read.emit(value.recording, wanted.replace(**hashes))
        if _differ(wanted.sha256, value.sha256):
            self.noticed.emit(f"{Path(wanted.path).name} has changed since")
        if _differ(wanted.others_sha256, value.others_sha256):
            self.noticed.emit(f"the other eye beside {Path(wanted.path).name} has changed since, or is gone")

    def _refuse(self, recording: Recording) -> None:
        """Say why gaze of a camera on the head is not that of a screen."""
        try:
            placed(recording, "fit", (2, 2))
        except ValueError as error:
            self.failed.emit(Failure.of(error))

    # which one it is

    def _ask_choice(self, several: Several, wanted: RecordingRecord) -> None:
        path, setting = several.path, several.setting
        dialog = ChoiceDialog(path.name, several.what, setting.capitalize(), several.choices, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def take(value: str) -> None:
            self.mapped.emit(path, wanted.replace(reading=wanted.reading.replace(**{setting: value})))

        dialog.chosen.connect(take)
        dialog.open()

    # what the columns are

    def _ask_mapping(self, unmapped: Unmapped, wanted: RecordingRecord) -> None:
        path = unmapped.path
        dialog = ColumnMappingDialog(path.name, unmapped.proposal, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.previewed.connect(partial(self._preview, dialog, path, wanted.reading))
        dialog.delimited.connect(partial(self._propose, dialog, path))
        dialog.mapped.connect(lambda mapping: self.mapped.emit(path, wanted.replace(mapping=mapping)))
        dialog.open()
        dialog.preview()

    def _preview(
        self, dialog: ColumnMappingDialog, path: Path, reading: ReadingSettings, mapping: ColumnMapping
    ) -> None:
        def show(value: Recording | str | Failure) -> None:
            if isValid(dialog):  # it may be closed by now
                dialog.set_preview(value.message if isinstance(value, Failure) else value)

        self._worker.ask(gaze_requests.preview_mapping(path, mapping, reading), show)

    def _propose(self, dialog: ColumnMappingDialog, path: Path, delimiter: Delimiter) -> None:
        def show(value: ColumnProposal | Failure) -> None:
            if isinstance(value, Failure):
                self.failed.emit(value)
            elif isValid(dialog):
                dialog.set_proposal(value)

        self._worker.ask(gaze_requests.propose_mapping(path, delimiter), show)


def _differ(one: str | None, other: str | None) -> bool:
    """Return True if two hashes are known and not the same."""
    return one is not None and other is not None and one != other
