"""Looks for streams again and again, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass

from foveaview.gaze.lsl.stream_info import StreamDescription
from foveaview.gaze.lsl.stream_lookup import list_streams
from foveaview.gaze.sample import now

__all__ = ["Listing", "StreamWatch"]


@dataclass(frozen=True)
class Listing:
    """What one look at the network found.

    Attributes:
        streams: by name.
        problem: why nothing can be found, in words; empty if that is not so.
    """

    streams: tuple[StreamDescription, ...] = ()
    problem: str = ""


class StreamWatch:
    """Lists the streams of gaze from now on; whoever asks never waits.

    Args:
        without: says which uids to leave out, as of this program's own outlets.
        every_s: seconds from one look to the next.
        timeout_s: seconds to wait for answers each time.
    """

    def __init__(
        self, without: Callable[[], Collection[str]] = tuple, every_s: float = 1.0, timeout_s: float = 0.8
    ) -> None:
        self._without, self._every_s, self._timeout_s = without, every_s, timeout_s
        self._newest: Listing | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="looks for gaze", daemon=True)
        self._thread.start()

    def take(self) -> Listing | None:
        """What the last look found, None before the first is over."""
        return self._newest

    def close(self) -> None:
        """Look no more; returns at once, and the thread ends when its look is over."""
        self._closing.set()

    def wait(self, timeout_s: float = 1.0) -> bool:
        """Return True if the thread has ended after it was closed, given some time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._closing.is_set():
            began = now()
            self._newest = self._look()
            self._closing.wait(max(began + self._every_s - now(), 0.0))

    def _look(self) -> Listing:
        known = () if self._newest is None else self._newest.streams
        try:
            return Listing(tuple(list_streams(self._timeout_s, self._without(), known)))
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            return Listing(problem=str(error))
