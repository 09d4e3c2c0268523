"""Publishing of gaze and events from a separate thread, so that callers never wait for the network."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from foveaview.gaze.lsl.stream_outlets import EventOutlet, GazeOutlet
from foveaview.gaze.sample import Sample, now

__all__ = ["Publisher"]


class Publisher:
    """Publisher of two streams, one of gaze and one of events, until it is closed.

    Args:
        failed: called from another thread with the reason if nothing can be published.
        name: name of the gaze stream; the name of the event stream adds " events".

    Attributes:
        uids: uids of the streams; empty while they do not exist.
    """

    def __init__(
        self,
        failed: Callable[[str], object],
        name: str = "foveaview",
    ) -> None:
        self._failed, self._name = failed, name
        self._waiting: queue.SimpleQueue[Sample | tuple[str, float] | None] = queue.SimpleQueue()
        self.uids: tuple[str, ...] = ()
        self._thread = threading.Thread(target=self._run, name="publishes gaze", daemon=True)
        self._thread.start()

    def look(self, sample: Sample) -> None:
        """Publish a sample in image coordinates."""
        self._waiting.put(sample)

    def tell(self, text: str) -> None:
        """Publish an event at the current time."""
        self._waiting.put((text, now()))

    def close(self) -> None:
        """End the streams once the queue is published; returns at once."""
        self._waiting.put(None)

    def wait(self, timeout_s: float = 1.0) -> bool:
        """Wait for the streams to end after `close`; return True if they have."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            gaze, events = GazeOutlet(self._name), EventOutlet(f"{self._name} events")
        except (ImportError, OSError, RuntimeError) as error:
            self._failed(str(error))
            return
        self.uids = (gaze.uid, events.uid)
        try:
            while (one := self._waiting.get()) is not None:
                if isinstance(one, Sample):
                    gaze.push([one])
                else:
                    events.push(*one)
        finally:
            self.uids = ()
            for outlet in (gaze, events):  # close both before waiting
                outlet.close()
            for outlet in (gaze, events):
                outlet.wait()
