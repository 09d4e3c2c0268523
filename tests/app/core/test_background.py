"""What is asked of the worker anew gives up what was asked before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foveaview.app.core.background import CancelToken, LatestRequest
from foveaview.live import Request
from tests.app.conftest import LateWorker, StillWorker


def giving(value: object) -> Callable[[CancelToken], Request]:
    return lambda asked: asked(lambda: value)


def test_what_came_of_it_is_told() -> None:
    told: list[Any] = []
    LatestRequest(StillWorker()).ask(giving(3), told.append)
    assert told == [3]


def test_of_two_the_newer_is_done_and_told() -> None:
    worker, told = LateWorker(), list[Any]()
    newest = LatestRequest(worker)
    newest.ask(giving("old"), told.append)
    newest.ask(giving("new"), told.append)
    worker.work()
    assert told == ["new"]


def test_what_is_given_up_is_not_told_even_when_it_was_done() -> None:
    worker, told = LateWorker(), list[Any]()
    newest = LatestRequest(worker)
    newest.ask(lambda _asked: lambda _renderer: "done all the same", told.append)
    newest.cancel()
    worker.work()
    assert told == []
