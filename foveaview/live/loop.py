"""The loop that a worker thread runs: between two steps it takes the newest job and answers requests."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from foveaview.gaze.sample import now
from foveaview.live.failure import Failure
from foveaview.live.frames import Frame
from foveaview.live.jobs import Idle, Job
from foveaview.live.mailbox import Latest
from foveaview.live.renderer import Renderer
from foveaview.perception.interruption import Interrupted, check_interruption, interruptible

__all__ = ["Done", "LiveLoop", "Reply", "Request", "cancel_on_close"]

Request = Callable[[Renderer], Any]
"""What is done between two steps, in the loop's thread, with the renderer; returns the answer."""

Done = Callable[[Any], None]
"""Takes the answer to a request, or the `Failure` that came of it."""


def cancel_on_close(request: Request) -> Request:
    """Make a request that is cancelled, and never answered, when the loop ends; for requests that only read.

    >>> renderer = Renderer()
    >>> cancel_on_close(lambda _renderer: "read")(renderer)
    'read'
    """

    def cancelled(renderer: Renderer) -> Any:
        with interruptible(lambda: renderer.closing):
            check_interruption()
            return request(renderer)

    return cancelled


@dataclass(frozen=True, eq=False)
class Reply:
    """The answer to a request: its value or why there is none, for `done`."""

    done: Done
    value: Any


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A waiting request, with the name under which a newer one replaces it."""

    ask: Request
    done: Done
    name: str | None


class LiveLoop:
    """Computes jobs and requests; created in one thread, run in another.

    Args:
        notify: called in the loop's thread when a new frame or reply is ready.
        history: folder for the images of running searches; None to keep none.

    >>> loop = LiveLoop(lambda: None)
    >>> loop.ask(lambda renderer: len(renderer.runs.searches), print)
    >>> worker = threading.Thread(target=loop.run)
    >>> worker.start(); loop.close(); worker.join()
    >>> reply, = loop.take_replies(); reply.done(reply.value)
    0
    """

    def __init__(self, notify: Callable[[], None], history: Path | None = None) -> None:
        self._notify = notify
        self._changed = threading.Condition()
        self._job: Job | Idle | None = None
        self._requests: deque[_Waiting] = deque()
        self._replies: deque[Reply] = deque()
        self._frames: Latest[Frame] = Latest()
        self._closed = False
        self._renderer = Renderer(history)

    def submit(self, job: Job | Idle) -> None:
        """Replace the job that waits, if any; `Idle` ends the work on the one before too."""
        with self._changed:
            self._job = job
            self._changed.notify()

    def ask(self, request: Request, done: Done, replaces: str | None = None) -> None:
        """Run a request between two steps; every request is answered, in order.

        A request of `cancel_on_close` is dropped when the loop ends, or cancelled if it is running.
        A request with a name replaces a waiting one of that name, whose `done` is then never called. It gives
        way to jobs, and is dropped when the loop ends.

        Args:
            request: called in the loop's thread with the renderer.
            done: the receiver of the reply calls it with the value, or with a `Failure`.
            replaces: name of the request.
        """
        with self._changed:
            self._put(_Waiting(request, done, replaces))
            self._changed.notify()

    def _put(self, request: _Waiting) -> None:
        """Into the place of the one that it replaces, so that neither of two busy askers waits longer."""
        place = self._place_of(request.name)
        if place is None:
            self._requests.append(request)
        else:
            self._requests[place] = request

    def _place_of(self, name: str | None) -> int | None:
        names = [request.name for request in self._requests]
        return names.index(name) if name is not None and name in names else None

    def close(self) -> None:
        """End the loop after the step it is in and the requests that wait."""
        with self._changed:
            self._closed = self._renderer.closing = True
            self._changed.notify()

    def take_frame(self) -> Frame | None:
        """The newest frame, once."""
        return self._frames.take()

    def take_replies(self) -> list[Reply]:
        """The replies since the last call."""
        replies = []
        while self._replies:
            replies.append(self._replies.popleft())
        return replies

    def _publish(self, frame: Frame) -> None:
        if self._frames.put(frame, lambda waiting, new: new.after(waiting)):
            self._notify()

    def _answer_waiting(self, count: int) -> None:
        """Answer the requests that wait longest."""
        for _ in range(count):
            with self._changed:
                request = self._requests.popleft()
            if self._answer(request):
                continue
            with self._changed:
                if self._place_of(request.name) is None:  # or a newer one waits already
                    self._requests.append(request)

    def _gives_way(self, request: _Waiting) -> bool:
        return request.name is not None and (self._closed or self._job is not None)

    def _answer(self, request: _Waiting) -> bool:
        """Return True if a request was answered, and did not give way."""
        if self._gives_way(request):
            return False
        try:
            with interruptible(partial(self._gives_way, request)):
                value = request.ask(self._renderer)
        except Interrupted:
            return False
        except Exception as error:
            value = Failure.of(error)
        self._replies.append(Reply(request.done, value))
        self._notify()
        return True

    def _handle(self, job: Job) -> bool:
        """Evaluate a job; return True if its search takes steps."""
        self._renderer.runs.keep(job.keep)
        stepping = self._renderer.runs.goes_on(job)
        if stepping and job.quality == "full":
            self._renderer.begin(job)
        self._publish(_stamped(job, self._renderer.evaluate(job)))
        return stepping

    def _given_up(self, job: Job) -> bool:
        """Return True if the work on a job is of no more use; a preview is worth ending all the same."""
        return self._closed or (job.quality == "full" and self._job is not None)

    def _attempt(self, work: Callable[[Job], bool], job: Job) -> bool:
        """Work on a job; an error becomes a frame, what it held is freed, and the search rests."""
        try:
            with interruptible(partial(self._given_up, job)):
                return work(job)
        except Interrupted:
            return job.running and job.quality == "full"
        except Exception as error:
            failure = Failure.of(error)
        if failure.kind == "memory":
            self._renderer.forget()
        self._publish(Frame(job.generation, job.document, job.quality, failure=failure))
        return False

    def _step(self, job: Job) -> bool:
        frame = self._renderer.step(job)
        if frame is not None:
            self._publish(frame)
        return frame is None or frame.run is None or frame.run.outcome is None

    def run(self) -> None:
        """Work until closed."""
        self._renderer.runs.trails.tidy()
        job: Job | None = None
        stepping = False
        while True:
            with self._changed:
                while not (self._closed or self._job or self._requests or stepping):
                    self._changed.wait()
                closed = self._closed  # looked at together with the requests, so that none is left behind
                waiting = len(self._requests)
            self._answer_waiting(waiting)
            if closed:
                self._renderer.runs.trails.close()
                return
            with self._changed:
                newest, self._job = self._job, None
            if isinstance(newest, Idle):
                self._renderer.runs.keep(newest.keep)
                self._renderer.forget()
                job, stepping = None, False
            elif newest is not None:
                job = newest
                stepping = self._attempt(self._handle, job)
            elif stepping and job is not None:
                stepping = self._attempt(self._step, job)


def _stamped(job: Job, frame: Frame) -> Frame:
    """Add the time of computation to a frame, if the gaze follows a source."""
    return frame if job.stamp is None else replace(frame, stamp=job.stamp.at_computed(now()))
