"""Publishes gaze and events from a thread of its own, so that whoever looks never waits for a network."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from foveaview.gaze.lsl.stream_outlets import EventOutlet, GazeOutlet
from foveaview.gaze.sample import Sample, now

__all__ = ["Publisher"]


class Publisher:
    """Two streams, one of gaze and one of events, from now until it is closed.

    Args:
        failed: told why nothing can be published, from another thread.
        name: of the stream of gaze; that of events is called so, and " events".

    Attributes:
        uids: of the streams, once they are there.
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
        """Publish what happens just now."""
        self._waiting.put((text, now()))

    def close(self) -> None:
        """End the streams once all that waits is published; returns at once."""
        self._waiting.put(None)

    def wait(self, timeout_s: float = 1.0) -> bool:
        """Return True if they have ended after it was closed, given some time."""
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
            for outlet in (gaze, events):  # both at once
                outlet.close()
            for outlet in (gaze, events):
                outlet.wait()
