"""Tests of searching for streams repeatedly, without blocking."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

import pytest

from foveaview.gaze import now
from foveaview.gaze.lsl import Listing, StreamWatch
from tests.gaze.lsl.outlets import Outlet

LONG_S = 20.0


@pytest.fixture
def watch() -> Iterator[StreamWatch]:
    watch = StreamWatch(every_s=0.3, timeout_s=0.3)
    yield watch
    watch.close()
    assert watch.wait(LONG_S)


def until(watch: StreamWatch, done: Callable[[Listing], bool]) -> Listing:
    end = now() + LONG_S
    while (listing := watch.take()) is None or not done(listing):
        assert now() < end, listing
        time.sleep(0.01)
    return listing


@pytest.mark.slow
def test_stream_watch_lists_streams_that_come_and_go(watch: StreamWatch) -> None:
    assert watch.take() is None
    assert until(watch, lambda _: True) == Listing()
    with Outlet("eye", ["x px", "y px"], [1.0, 2.0]):
        listing = until(watch, lambda listing: bool(listing.streams))
        (stream,) = listing.streams
        assert [channel.label for channel in stream.channels] == ["x", "y"]
        until(watch, lambda later: later is not listing and later == listing)
    until(watch, lambda listing: not listing.streams)


@pytest.mark.slow
def test_stream_watch_leaves_out_own_streams() -> None:
    with Outlet("mine", ["x", "y"], [1.0, 2.0]):
        watch = StreamWatch(every_s=0.3, timeout_s=0.3)
        (stream,) = until(watch, lambda listing: bool(listing.streams)).streams
        watch.close()
        other = StreamWatch(lambda: (stream.uid,), every_s=0.3, timeout_s=0.3)
        assert until(other, lambda _: True) == Listing()
        other.close()
        assert watch.wait(LONG_S)
        assert other.wait(LONG_S)


def test_stream_watch_without_pylsl_names_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pylsl", None)
    watch = StreamWatch()
    listing = until(watch, lambda _: True)
    watch.close()
    assert listing.problem == "the Lab Streaming Layer needs pylsl: pip install 'foveaview[lsl]'"
    assert watch.wait(LONG_S)
