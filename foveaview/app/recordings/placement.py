"""Places the gaze of a recording on the shown image, and finds its fixations there."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from foveaview.app.context import AppContext
from foveaview.app.core.background import LatestRequest
from foveaview.app.core.state import AppState, Document
from foveaview.app.recordings import requests as gaze_requests
from foveaview.app.recordings.requests import PlacedRecording
from foveaview.app.recordings.session_record import RecordingRecord
from foveaview.gaze import Recording
from foveaview.gaze.fixation_list import FixationList
from foveaview.gaze.visual_angle import Angles
from foveaview.live import Failure

__all__ = ["RecordingOnImage"]

_REST_MS = 300
"""What changes while the user drags is computed with when it has rested for so long."""


def _geometry(document: Document | None) -> tuple[object, ...]:
    """Everything in a document that placement and fixations depend on."""
    if document is None:
        return ()
    loss = document.loss_settings
    return document.number, document.size, loss.real_image_width, loss.real_viewing_distance


class RecordingOnImage(QObject):
    """Places a recording and finds its fixations in the worker, again when image or geometry change.

    Args:
        context: whose image it is placed on.

    Attributes:
        placed: the recording on the image; None before it is placed.
        rests: its fixations, once they are found.

    Signals:
        changed: another `PlacedRecording`, and whether it is of the same recording as the one before.
        fixations_found: the fixations, as `FixationList`.
        problem: why placement failed; empty if it succeeded.
        failed: a `Failure` to find fixations.
    """

    changed = Signal(object, bool)
    fixations_found = Signal(object)
    problem = Signal(str)
    failed = Signal(object)

    def __init__(self, context: AppContext) -> None:
        super().__init__(context.parent)
        self._images, self._controller = context.images, context.controller
        self.placed: PlacedRecording | None = None
        self.rests = FixationList.none()
        self._recording: Recording | None = None
        self._record: RecordingRecord | None = None
        self._placing, self._finding = LatestRequest(context.worker), LatestRequest(context.worker)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._place)
        context.images.zoomed.connect(lambda _zoom: self._move_window())
        context.controller.watch(self._follow_state, "current", "loss_settings")

    def set_recording(self, recording: Recording, record: RecordingRecord) -> None:
        """Place a recording as a record says."""
        self._recording = recording
        self.place(record)

    def place(self, record: RecordingRecord) -> None:
        """Place the same recording as a record says."""
        self._record = record
        self._place()

    def find(self, record: RecordingRecord) -> None:
        """Find the fixations as a record says."""
        self._record = record
        self._find()

    def forget(self) -> None:
        """Have no recording."""
        self.close()
        self._recording = self._record = self.placed = None

    def close(self) -> None:
        """Cancel what is computed."""
        self._placing.cancel()
        self._finding.cancel()
        self._rest.stop()

    # placed

    def _place(self) -> None:
        """Place the recording on the shown image; report why if that fails."""
        record, recording, document = self._record, self._recording, self._controller.state.document
        if record is None or recording is None:
            return
        if document is None:
            self.problem.emit("open an image to look at with the recording")
            return
        places = self._images.placements()
        here = places[-1][1] if places else None
        make = partial(
            gaze_requests.place_recording, recording, record.placing, document.size, record.screen, here
        )
        self._placing.ask(make, self._take_placed)

    def _take_placed(self, value: PlacedRecording | Failure | None) -> None:
        if value is None:
            return
        if isinstance(value, Failure):
            self.problem.emit(value.message)
            return
        self.problem.emit("")
        same, self.placed, self.rests = self.placed is not None, value, FixationList.none()
        self.changed.emit(value, same)
        self._find()

    def _move_window(self) -> None:
        if self._record is not None and self._record.placing == "window":
            self._rest.start()

    def _follow_state(self, state: AppState, before: AppState) -> None:
        if _geometry(state.document) == _geometry(before.document):
            return
        same = state.document is not None and before.document is not None
        if same and _geometry(state.document)[:2] == _geometry(before.document)[:2]:
            self._find()
        else:
            self._rest.start()

    # fixations

    def _find(self) -> None:
        document, placed, record = self._controller.state.document, self.placed, self._record
        if document is None or placed is None or record is None:
            return
        angles = Angles.of(document.size, document.loss_settings)
        make = partial(gaze_requests.find_fixations, placed.recording, record.fixations, angles)
        self._finding.ask(make, self._take_rests)

    def _take_rests(self, value: FixationList | Failure | None) -> None:
        if value is None or self.placed is None:
            return
        if isinstance(value, Failure):
            self.failed.emit(value)
            return
        self.rests = value
        self.fixations_found.emit(value)
