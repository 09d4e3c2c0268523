"""The scanpath of whatever is followed, over the images of a window."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer

from foveaview.app.context import AppContext
from foveaview.app.core.state import AppState
from foveaview.app.gaze import GazeController
from foveaview.app.recordings.scanpath_item import NO_PATH, ScanpathItem
from foveaview.gaze import Recording, Sample, now
from foveaview.gaze.fixation_list import FixationList
from foveaview.gaze.online_fixations import OnlineFixations
from foveaview.gaze.sample_history import SampleHistory
from foveaview.gaze.visual_angle import Angles
from foveaview.settings import FixationSettings

__all__ = ["Scanpath"]

_EVERY_MS = 33
_LONGEST_LIVE_S = 60.0
_RESTS_EVERY_S = 0.1


class Scanpath(QObject):
    """Draws the scanpath of a recording up to its position, or of live samples.

    Fixations of live samples are updated here ten times a second, in about 0.2 ms: only new samples are read.

    Args:
        context: has the images to draw over.
        gaze: follows the samples.

    Attributes:
        history: recent samples.
    """

    def __init__(self, context: AppContext, gaze: GazeController) -> None:
        super().__init__(context.parent)
        self._controller = context.controller
        self.history = SampleHistory()
        self._recording: Recording | None = None
        self._rests = FixationList.none()
        self._place = 0.0
        self._found_with = FixationSettings(), Angles(1.0, 1.0)
        self._live, self._live_rests = OnlineFixations(*self._found_with), FixationList.none()
        self._looked = -math.inf
        self._stopped = False
        self.items = [ScanpathItem() for _ in context.images.panes]
        for pane, item in zip(context.images.panes, self.items, strict=True):
            pane.add(item)
        self._rest = QTimer(self, singleShot=True, interval=_EVERY_MS)
        self._rest.timeout.connect(self._show)
        context.controller.watch(self._follow, "current", "view", "loss_settings")
        gaze.followed.connect(self._follow_source)

    def add(self, samples: Sequence[Sample]) -> None:
        """Take samples in image coordinates as they are followed."""
        self.history.add(samples)
        self._stopped = False
        if self._recording is None and not self._rest.isActive():
            self._rest.start()

    def set_recording(self, recording: Recording | None, rests: FixationList | None = None) -> None:
        """Show a recording in image coordinates with its fixations, or None for what comes."""
        self._recording, self._rests = recording, rests or FixationList.none()
        for item in self.items:
            item.set_path(recording or NO_PATH, self._rests)
        self._show()

    def set_fixations(self, settings: FixationSettings) -> None:
        """Find the fixations of what comes so."""
        self._find_with(settings, self._found_with[1])
        self._show()

    def _find_with(self, settings: FixationSettings, angles: Angles) -> None:
        if (settings, angles) != self._found_with:
            self._found_with = settings, angles
            self._live.configure(settings, angles)
            self._looked = -math.inf

    def set_place(self, seconds: float) -> None:
        """Show a recording as far as a place of its clock."""
        self._place = seconds
        self._show()

    def _follow_source(self, source: object) -> None:
        """Hide the path of live gaze when following stops; `history` keeps it."""
        self._stopped = source is None
        self._show()

    def _follow(self, state: AppState, before: AppState) -> None:
        shown, was = state.document, before.document
        if shown is not None and (was is None or was.number != shown.number):
            for item in self.items:
                item.set_size(shown.size)
        self._show()

    def _show(self) -> None:
        state = self._controller.state
        is_there = self._recording is not None or not self._stopped
        shown = state.view.scanpath and state.document is not None and is_there
        if shown:
            self._show_stretch(state.view.scanpath_s)
        for item in self.items:
            item.setVisible(shown)

    def _show_stretch(self, seconds: float) -> None:
        recording = self._recording
        if recording is not None and seconds == 0:
            begin, end = float(recording.t[0]), float(recording.t[-1])
        elif recording is not None:
            begin, end = self._place - seconds, self._place
        else:
            end = self.history.newest or 0.0
            begin = end - (seconds or _LONGEST_LIVE_S)
            path, rests = self.history.recording("gaze", begin), self._rests_now()
            for item in self.items:
                item.set_path(path, rests, goes_on=True)
        for item in self.items:
            item.set_stretch(begin, end)

    def _rests_now(self) -> FixationList:
        """Fixations of the samples as they come, not older than a tenth of a second."""
        document, at = self._controller.state.document, now()
        if document is not None:
            self._find_with(self._found_with[0], Angles.of(document.size, document.loss_settings))
        if at >= self._looked + _RESTS_EVERY_S:
            self._looked = at
            self._live_rests = self._live.update(self.history)
        elif not self._rest.isActive():
            self._rest.start()  # samples may have come since, and be the last
        return self._live_rests
