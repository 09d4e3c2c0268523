"""Tests of following a stream of a second process on loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from foveaview.gaze import Sample, now
from foveaview.gaze.lsl import LslSource, Mapping, StreamDescription, list_streams, propose
from tests.gaze.lsl.outlets import Outlet
from tests.gaze.lsl.streamer import Streamer
from tests.patience import within

TRACKER = StreamDescription("tracker", "Gaze", source_id="tracker-1", count=3)
PIXELS = Mapping(unit="px")
LONG_S = 20.0  # for shared machines; alone, each wait takes less than 2 s


@contextmanager
def following(
    description: StreamDescription = TRACKER, mapping: Mapping | None = PIXELS
) -> Iterator[LslSource]:
    source = LslSource(description, mapping)
    try:
        yield source
    finally:
        source.close()
        assert source.wait(LONG_S)


def until(source: LslSource, done: Callable[[list[Sample]], bool]) -> list[Sample]:
    """Poll a source like the window until a condition holds, and return its samples."""
    taken: list[Sample] = []
    end = now() + LONG_S
    while not done(taken):
        assert now() < end, f"{source.status(now())}, {len(taken)} samples"
        time.sleep(0.005)
        taken += source.take(now())
    return taken


def some(taken: list[Sample]) -> bool:
    return len(taken) >= 30


def note(source: LslSource) -> str:
    return source.status(now()).note


@pytest.mark.slow
def test_lsl_source_listed_stream_is_mapped_and_followed() -> None:
    with Streamer():
        (description,) = list_streams(0.8)
        proposal = propose(description)
        assert proposal.verdict == "ready"
        with following(description, proposal.mapping) as source:
            taken = until(source, some)
            assert [(sample.y, sample.unit, sample.valid) for sample in taken[:2]] == [
                (500.0, "px", True)
            ] * 2
            assert all(a.t < b.t for a, b in pairwise(taken))
            assert 0 <= now() - taken[-1].t < 1
            assert source.transport().count >= 30
            assert source.status(now()).note == ""


@pytest.mark.slow
def test_lsl_source_at_2000_hz_loses_no_sample() -> None:
    with Streamer("--rate", "2000"), following(mapping=Mapping(x=2, y=1, unit="px")) as source:
        taken = until(source, lambda taken: len(taken) >= 2000)
        counts = [int(sample.x) for sample in taken]
        assert counts == list(range(counts[0], counts[0] + len(counts)))
        assert source.status(now()).lost == 0


@pytest.mark.slow
def test_lsl_source_killed_stream_is_followed_again() -> None:
    with following() as source:
        with Streamer():
            until(source, some)
        until(source, lambda _: "lost" in note(source))
        source.take(now())
        with Streamer():
            assert until(source, some)[0].x < 500  # it counts from 0 again
            assert note(source) == ""


@pytest.mark.slow
def test_lsl_source_new_source_id_is_matched_by_name() -> None:
    with following() as source:
        with Streamer():
            until(source, some)
        with Streamer("--source-id", "another"):
            until(source, lambda _: note(source) != "")
            until(source, lambda _: note(source) == "")


@pytest.mark.slow
def test_lsl_source_ignores_other_tracker_of_same_name() -> None:
    with Streamer("--source-id", "another"), Streamer() as tracker, following() as source:
        until(source, some)
        tracker.kill()
        until(source, lambda _: "lost" in note(source))
        time.sleep(1.0)  # two searches
        assert "lost" in note(source)
        with Streamer():
            until(source, lambda _: note(source) == "")


@pytest.mark.slow
@pytest.mark.parametrize("source_id", ["tracker-1", "another"])
def test_lsl_source_hanging_stream_is_followed_after_restart(source_id: str) -> None:
    with following() as source, Streamer() as hanging:
        until(source, some)
        hanging.freeze()
        with Streamer("--source-id", source_id):
            until(source, lambda _: source.status(now()).rate_hz == 0)
            assert len(until(source, some)) >= 30


@pytest.mark.slow
def test_lsl_source_other_channels_after_restart_are_refused() -> None:
    with following() as source:
        with Streamer():
            until(source, some)
        with Streamer("--channels", "5"):
            until(source, lambda _: "came back with 5 channels instead of the 3" in note(source))
            source.take(now())
            time.sleep(0.1)
            assert source.take(now()) == []
        with Streamer():
            until(source, some)


@pytest.mark.slow
def test_lsl_source_stream_of_nan_is_noted() -> None:
    with Streamer("--nan"), following() as source:
        taken = until(source, lambda _: "no usable sample for" in note(source))
        assert taken
        assert not any(sample.valid for sample in taken)
        assert source.status(now()).quality == 0


@pytest.mark.slow
def test_lsl_source_times_hours_off_use_arrival() -> None:
    with Streamer("--shift", "-7200"), following() as source:
        taken = until(source, some)
        assert 0 <= now() - taken[-1].t < 1
        assert note(source) == "its clock is 2.0 h behind; timed by arrival"
        assert source.transport().count == 0


@pytest.mark.slow
def test_lsl_source_clock_jumping_back_loses_no_sample() -> None:
    with Streamer("--back-after", "0.5"), following(mapping=Mapping(x=2, y=1, unit="px")) as source:
        taken = until(source, lambda _: "clock went back by" in note(source))
        taken += until(source, some)
        assert all(a.t < b.t and b.x == a.x + 1 for a, b in pairwise(taken))


@pytest.mark.slow
def test_lsl_source_without_mapping_shows_raw_channels() -> None:
    with Streamer(), following(mapping=None) as source:
        until(source, lambda _: source.latest_values() is not None)
        latest = source.latest_values()
        assert latest is not None
        assert (latest.values[1], latest.low[1], latest.high[1]) == (500.0, 500.0, 500.0)
        assert source.take(now()) == []
        source.remap(PIXELS)
        assert until(source, some)[-1].y == 500.0


def test_lsl_source_mapping_of_missing_channel_is_refused() -> None:
    with pytest.raises(ValueError, match="reads channel 7, but tracker has 3 channels, 0 to 2"):
        LslSource(TRACKER, Mapping(x=7))


@pytest.mark.slow
def test_lsl_source_close_ends_thread_soon() -> None:
    nowhere = StreamDescription("nowhere", "Gaze", count=2)
    with Streamer():
        sources = [LslSource(TRACKER, PIXELS), LslSource(nowhere, PIXELS)]
        until(sources[0], some)
        for source in sources:
            with within(2):  # 0.4 s if nothing else runs
                source.close()
                assert source.take(now()) == []
                assert source.wait(LONG_S)
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"gaze from tracker", "gaze from nowhere"}


@pytest.mark.slow
def test_lsl_source_measures_clock_of_other_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foveaview.gaze.lsl.stream_source.socket.gethostname", lambda: "elsewhere")
    with Streamer(), following() as source:
        until(
            source, lambda _: source.transport().count > 30
        )  # nothing is measured before the clock is known
        assert 0 <= source.transport().p50_ms < 1000
        assert note(source) == ""


@pytest.mark.slow
def test_lsl_source_missing_stream_is_searched_for() -> None:
    with following(StreamDescription("nowhere", "Gaze", count=2)) as source:
        assert note(source) == "looking for it"
        assert source.status(now()).age_s is None
        assert source.latest_values() is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "error", [UnicodeEncodeError("utf-8", "\ud800", 0, 1, "no letter"), TypeError("no text")]
)
def test_lsl_source_search_continues_after_error(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr("foveaview.gaze.lsl.stream_source.find", fail)
        source = LslSource(TRACKER, PIXELS)
        until(source, lambda _: note(source) == f"the search failed: {error}")
    until(source, lambda _: note(source) == "looking for it")
    source.close()
    assert source.wait(LONG_S)


@pytest.mark.slow
def test_lsl_source_stream_with_long_name_is_found() -> None:
    with Outlet("n" * 5000, ["x px", "y px"], [1.0, 2.0], "s" * 5000):
        (description,) = list_streams(0.8)
        assert len(description.name) == len(description.source_id) == 200
        with following(description, PIXELS) as source:
            until(source, some)
            assert len(source.name) <= 124
