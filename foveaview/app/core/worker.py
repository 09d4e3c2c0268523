"""A QThread around the live loop, and its signals in the GUI's thread."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import torch
from PySide6.QtCore import QObject, QThread, Signal, Slot

from foveaview.live import Done, Frame, Idle, Job, LiveLoop, Request

__all__ = ["Worker", "limit_threads"]

_NICENESS = 5
"""A third of the weight of others: enough to let them in at once, and still a share beside other programs."""
_NICEST = 19  # there is no more on Linux


def limit_threads() -> None:
    """Leave one core to the GUI. Torch keeps this for each thread that starts a parallel part."""
    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))


def give_way() -> None:
    """Give other threads precedence: painting and receiving gaze take only a moment.

    On Linux this sets the thread's niceness, since Qt's priorities have no effect there.
    """
    if sys.platform.startswith("linux"):
        thread = threading.get_native_id()
        # more than the program itself, which may have been started with some: less needs privileges
        niceness = os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS
        os.setpriority(os.PRIO_PROCESS, thread, min(niceness, _NICEST))


class _LoopThread(QThread):
    def __init__(self, loop: LiveLoop, parent: QObject) -> None:
        super().__init__(parent)
        self._loop = loop

    def run(self) -> None:
        limit_threads()
        give_way()
        self._loop.run()


class Worker(QObject):
    """Computes in the background: jobs and requests in, `frame` and replies out, in the GUI's thread.

    Args:
        parent: owner.
        history: folder for the images of running searches; None to keep none.
    """

    frame = Signal(object)
    _announced = Signal()

    def __init__(self, parent: QObject | None = None, history: Path | None = None) -> None:
        super().__init__(parent)
        limit_threads()
        self._loop = LiveLoop(self._announced.emit, history)
        self._announced.connect(self._deliver)
        self._thread = _LoopThread(self._loop, self)
        self._thread.start(QThread.Priority.LowPriority)

    def submit(self, job: Job | Idle) -> None:
        """Have a job done; a newer one replaces it while it waits."""
        self._loop.submit(job)

    def ask(self, request: Request, done: Done, replaces: str | None = None) -> None:
        """Have something done between two steps; `done` gets its value, or a `Failure`, in this thread.

        Of requests of one name to replace the newest alone is done; see `LiveLoop.ask`.
        """
        self._loop.ask(request, done, replaces)

    @Slot()
    def _deliver(self) -> None:
        frame: Frame | None = self._loop.take_frame()
        if frame is not None:
            self.frame.emit(frame)
        for reply in self._loop.take_replies():
            reply.done(reply.value)

    def close(self, timeout_ms: int | None) -> bool:
        """Cancel the computation, answer the requests and end the thread; return True if it ended in time."""
        self._loop.close()
        return self._thread.wait() if timeout_ms is None else self._thread.wait(timeout_ms)
