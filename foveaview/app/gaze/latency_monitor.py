"""Measures how late images are after the gaze that they were made for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from foveaview.app.context import AppContext
from foveaview.app.gaze import requests
from foveaview.app.gaze.latency_panel import LatencyPanel
from foveaview.gaze import now
from foveaview.gaze.latency import GazeTimestamps, LatencyLog

__all__ = ["LatencyMonitor"]


class LatencyMonitor(QObject):
    """Logs when each image was painted, and which were skipped.

    Args:
        context: what every feature is given.
        parent: keeps it.

    Attributes:
        log: the latencies.
        panel: shows them.

    Signals:
        painted: an image was painted and logged.
    """

    painted = Signal()

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self.log, self.panel = LatencyLog(), LatencyPanel()
        self._noted: GazeTimestamps | None = None
        self._waiting: GazeTimestamps | None = None
        self.panel.set_log(self.log)
        self.panel.saved.connect(self.save)
        self.panel.cleared.connect(self.log.reset)

    def restart(self) -> None:
        """Forget everything: another source is followed."""
        self.log.reset()
        document = self._context.document
        self._noted = None if document is None else document.stamp  # made for the previous source
        self._waiting = None

    def expect(self, stamp: GazeTimestamps) -> None:
        """Wait for the image of a gaze; an image that is still awaited is skipped."""
        document = self._context.document
        if self._waiting is not None:
            shown = None if document is None else document.stamp
            same = shown is not None and shown.sample == self._waiting.sample
            self.log.overtake(shown if same and shown is not None else self._waiting)
        self._waiting = stamp

    def note_painted(self, seen: npt.NDArray[np.uint8] | None) -> None:
        """Log the first paint of an image that was made for a gaze.

        Args:
            seen: the bytes that were painted.
        """
        document = self._context.document
        stamp = None if document is None else document.stamp
        if document is None or stamp is None or stamp is self._noted:
            return
        if document.picture is None or seen is not document.picture.pixels:
            return
        self._noted = stamp
        if self._waiting is not None and self._waiting.sample <= stamp.sample:
            self._waiting = None
        self.log.add(stamp.at_painted(now()))
        self.painted.emit()

    def save(self) -> None:
        """Ask where to save the latencies, and save them as they are now."""
        context, log = self._context, self.log

        def write(path: Path) -> None:
            context.controller.ask(requests.save_latency(path, log), context.notify.message)

        context.save_file("Save latency", "latency.csv", "CSV (*.csv)", write)
