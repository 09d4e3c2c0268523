"""The loop that a worker thread runs: between two steps it takes the newest job and answers requests."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from foveaview.live.mailbox import Latest
from foveaview.live.messages import Failure, Frame, Job
from foveaview.live.renderer import Renderer
from foveaview.perception.interruption import Interrupted, interruptible

__all__ = ["LiveLoop", "Reply"]


@dataclass(frozen=True, eq=False)
class Reply:
    """The answer to a request: its value or why there is none, for `done`."""

    done: Callable[[Any], None]
    value: Any


class LiveLoop:
    """Jobs and requests in, frames and replies out; made in one thread, run in another.

    Args:
        notify: called in the loop's thread when a frame or a reply waits that was not announced yet.
        history: folder for the images of the searches as they go; where None, they are not kept.

    >>> loop = LiveLoop(lambda: None)
    >>> loop.ask(lambda renderer: len(renderer.searches), print)
    >>> worker = threading.Thread(target=loop.run)
    >>> worker.start(); loop.close(); worker.join()
    >>> reply, = loop.take_replies(); reply.done(reply.value)
    0
    """

    def __init__(self, notify: Callable[[], None], history: Path | None = None) -> None:
        self._notify = notify
        self._changed = threading.Condition()
        self._job: Job | None = None
        self._requests: deque[tuple[Callable[[Renderer], Any], Callable[[Any], None]]] = deque()
        self._replies: deque[Reply] = deque()
        self._frames: Latest[Frame] = Latest()
        self._closed = False
        self._renderer = Renderer(history)

    def submit(self, job: Job) -> None:
        """Replace the job that waits, if any."""
        with self._changed:
            self._job = job
            self._changed.notify()

    def ask(self, request: Callable[[Renderer], Any], done: Callable[[Any], None]) -> None:
        """Have something done between two steps; every request is answered, in turn.

        Args:
            request: called in the loop's thread with the renderer.
            done: for whoever takes the reply, to be called with the value, or with a `Failure`.
        """
        with self._changed:
            self._requests.append((request, done))
            self._changed.notify()

    def close(self) -> None:
        """End the loop after the step it is in and the requests that wait."""
        with self._changed:
            self._closed = True
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

    def _answer(self, request: Callable[[Renderer], Any], done: Callable[[Any], None]) -> None:
        try:
            value = request(self._renderer)
        except Exception as error:
            value = Failure.of(error)
        self._replies.append(Reply(done, value))
        self._notify()

    def _handle(self, job: Job) -> bool:
        """Evaluate a job; whether its search is to be stepped."""
        self._renderer.keep(job.keep)
        stepping = self._renderer.goes_on(job)
        if stepping and job.quality == "full":
            self._renderer.begin(job)
        self._publish(self._renderer.evaluate(job))
        return stepping

    def _given_up(self, job: Job) -> bool:
        """Whether the work on a job is of no more use; a preview is worth ending all the same."""
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
        self._renderer.trails.tidy()
        job: Job | None = None
        stepping = False
        while True:
            with self._changed:
                while not (self._closed or self._job or self._requests or stepping):
                    self._changed.wait()
                closed = self._closed  # looked at together with the requests, so that none is left behind
                newest, self._job = self._job, None
                requests = list(self._requests)
                self._requests.clear()
            for request, done in requests:
                self._answer(request, done)
            if closed:
                self._renderer.trails.close()
                return
            if newest is not None:
                job = newest
                stepping = self._attempt(self._handle, job)
            elif stepping and job is not None:
                stepping = self._attempt(self._step, job)
