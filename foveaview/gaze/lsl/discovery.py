"""Repeated search for streams, in a separate thread."""

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
    """Result of one search of the network.

    Attributes:
        streams: the streams, sorted by name.
        problem: why the search failed, in words; empty if it succeeded.
    """

    streams: tuple[StreamDescription, ...] = ()
    problem: str = ""


class StreamWatch:
    """Continuous list of the gaze streams; reading it never blocks.

    Args:
        without: returns the uids to leave out, such as those of this program's own outlets.
        every_s: seconds from one search to the next.
        timeout_s: seconds to wait for answers in each search.
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
        """Return the result of the last search, None before the first has ended."""
        return self._newest

    def close(self) -> None:
        """Stop searching; returns at once, and the thread ends after its current search."""
        self._closing.set()

    def wait(self, timeout_s: float = 1.0) -> bool:
        """Wait for the thread to end after `close`; return True if it has."""
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
