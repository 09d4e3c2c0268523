"""Has the worker do the newest of what is wanted, and nothing that is wanted no longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foveaview.app.core.documents import WorkerProtocol
from foveaview.app.recordings.requests import CancelToken
from foveaview.live import Request

__all__ = ["LatestRequest"]


class LatestRequest:
    """One thing at a time: what is asked anew gives up what was asked before.

    Args:
        worker: that does it.
    """

    def __init__(self, worker: WorkerProtocol) -> None:
        self._worker = worker
        self._asked: CancelToken | None = None

    def ask(self, make: Callable[[CancelToken], Request], done: Callable[[Any], None]) -> None:
        """Have a request done, and tell what came of it unless it was given up by then."""
        self.give_up()
        asked = self._asked = CancelToken()

        def take(value: object) -> None:
            if not asked.given_up:
                done(value)

        self._worker.ask(make(asked), take)

    def give_up(self) -> None:
        """Want nothing."""
        if self._asked is not None:
            self._asked.give_up()
            self._asked = None
