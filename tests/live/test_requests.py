"""What is asked of the live loop between two steps: answered in turn, replaced, or given up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from foveaview.live import Failure, Job
from foveaview.live.loop import cancel_on_close
from foveaview.live.renderer import Renderer
from foveaview.perception.interruption import check_interruption
from tests.live.harness import Harness, iterations, running


def test_every_request_is_answered_in_turn(harness: Harness) -> None:
    seen: list[Any] = []
    for i in range(20):
        harness.loop.ask(partial(lambda number, _renderer: number, i), seen.append)
    harness.until(lambda: len(seen) == 20)
    assert seen == list(range(20))


def test_a_request_that_fails_is_answered_with_the_failure(harness: Harness) -> None:
    seen: list[Any] = []

    def fails(_renderer: Renderer) -> None:
        raise FileNotFoundError(2, "No such file or directory", "a.png")

    harness.loop.ask(fails, seen.append)
    harness.until(lambda: bool(seen))
    assert isinstance(seen[0], Failure)
    assert seen[0].message == "a.png: no such file or directory"


def test_requests_that_wait_are_answered_before_the_loop_ends(harness: Harness, job: Job) -> None:
    seen: list[Any] = []
    harness.loop.submit(running(job))
    harness.until(lambda: iterations(harness) > 1)
    harness.loop.ask(lambda renderer: renderer.runs.searches[1].synthesis.iteration, seen.append)
    harness.close_in_time()
    harness.take()
    assert seen
    assert seen[0] > 1


class Held:
    """A request that keeps the loop busy until it is let go, so that what is asked meanwhile waits."""

    def __init__(self, harness: Harness) -> None:
        self.begun, self.free = threading.Event(), threading.Event()
        harness.loop.ask(self._wait, lambda _none: None)
        assert self.begun.wait(60)

    def _wait(self, _renderer: Renderer) -> None:
        self.begun.set()
        assert self.free.wait(60)


def say(word: str) -> Callable[[Renderer], str]:
    return lambda _renderer: word


def test_of_requests_of_one_name_the_newest_alone_is_done_in_the_firsts_place(harness: Harness) -> None:
    seen: list[Any] = []
    held = Held(harness)
    for i in range(50):
        harness.loop.ask(say(f"point {i}"), seen.append, replaces="point")
        if i == 0:
            harness.loop.ask(say("save"), seen.append)
            harness.loop.ask(say("parts"), seen.append, replaces="parts")
    held.free.set()
    harness.until(lambda: len(seen) >= 3)
    assert seen == ["point 49", "save", "parts"]


def test_requests_without_a_name_replace_nothing(harness: Harness) -> None:
    seen: list[Any] = []
    held = Held(harness)
    for word in ("a", "b"):
        harness.loop.ask(say(word), seen.append)
    held.free.set()
    harness.until(lambda: len(seen) == 2)
    assert seen == ["a", "b"]


def test_a_request_with_a_name_gives_way_to_a_job_and_is_done_after_it(harness: Harness, job: Job) -> None:
    seen: list[Any] = []
    begun = threading.Event()
    calls: list[int] = []

    def until_asked_to_stop(_renderer: Renderer) -> str:
        calls.append(len(calls))
        if len(calls) == 1:
            begun.set()
            limit = time.monotonic() + 60
            while time.monotonic() < limit:
                check_interruption()
        return "done"

    harness.loop.ask(until_asked_to_stop, seen.append, replaces="parts")
    assert begun.wait(60)
    harness.loop.submit(job)
    harness.until(lambda: bool(seen))
    assert len(calls) == 2
    assert [frame.generation for frame in harness.frames] == [1]


def test_closing_gives_up_a_request_with_a_name(harness: Harness) -> None:
    begun = threading.Event()

    def endless(_renderer: Renderer) -> None:
        begun.set()
        while True:
            check_interruption()

    harness.loop.ask(endless, lambda _none: None, replaces="parts")
    assert begun.wait(60)
    harness.close_in_time()
    harness.take()


def test_closing_gives_up_what_is_only_read(harness: Harness) -> None:
    begun = threading.Event()
    seen: list[Any] = []

    def endless(_renderer: Renderer) -> None:
        begun.set()
        while True:
            check_interruption()

    harness.loop.ask(cancel_on_close(endless), seen.append)
    assert begun.wait(60)
    harness.loop.ask(cancel_on_close(say("read")), seen.append)
    harness.loop.ask(say("written"), seen.append)
    harness.close_in_time()
    harness.take()
    assert seen == ["written"]
