"""Requests to the worker that can be cancelled, and the latest of several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from foveaview.app.core.store import WorkerProtocol
from foveaview.live import Request
from foveaview.live.renderer import Renderer
from foveaview.perception.interruption import Interrupted, check_interruption, interruptible

__all__ = ["CancelToken", "LatestRequest"]

_Value = TypeVar("_Value")


class CancelToken:
    """Cancels one request that the worker computes.

    Attributes:
        cancelled: True once the request was cancelled.
    """

    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        """Cancel the request: it ends soon, and its result is None."""
        self.cancelled = True

    def __call__(self, compute: Callable[[], _Value]) -> Callable[[Renderer], _Value | None]:
        """Return a request that ends early if it is cancelled, or if the window closes."""

        def request(renderer: Renderer) -> _Value | None:
            try:
                with interruptible(lambda: self.cancelled or renderer.closing):
                    check_interruption()
                    return compute()
            except Interrupted:
                return None

        return request


class LatestRequest:
    """Runs only the latest request; a new one cancels the previous one.

    Args:
        worker: computes the requests.
    """

    def __init__(self, worker: WorkerProtocol) -> None:
        self._worker = worker
        self._asked: CancelToken | None = None

    def ask(self, make: Callable[[CancelToken], Request], done: Callable[[Any], None]) -> None:
        """Submit a request, and call `done` with its result unless it was cancelled."""
        self.cancel()
        asked = self._asked = CancelToken()

        def take(value: object) -> None:
            if not asked.cancelled:
                done(value)

        self._worker.ask(make(asked), take)

    def cancel(self) -> None:
        """Cancel the request that is running."""
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None
