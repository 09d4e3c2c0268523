"""Tests of playing a recording: it gives each sample once, when it is due."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Recording, Sample
from foveaview.gaze.replay import Replay


def _recording(steps: list[float], start: float = 0.0) -> Recording:
    """Return samples separated by these steps; x is the number of the sample."""
    t = start + np.concatenate(([0.0], np.cumsum(steps)))
    return Recording("eye", t, np.arange(len(t), dtype=float), np.full(len(t), 0.5))


def _hundred_hz(seconds: float = 1.0, start: float = 0.0) -> Recording:
    return _recording([0.01] * round(100 * seconds), start)


def _numbers(samples: list[Sample]) -> list[int]:
    return [int(sample.x) for sample in samples]


def test_replay_before_play_gives_no_samples() -> None:
    replay = Replay(_hundred_hz())
    assert replay.take(5.0) == []
    assert not replay.playing


def test_replay_samples_have_their_due_times() -> None:
    replay = Replay(_hundred_hz(start=7.0), speed=2.0)
    replay.play(100.0)
    assert [sample.t for sample in replay.take(100.012)] == pytest.approx([100.0, 100.005, 100.01])


def test_replay_continues_after_pause() -> None:
    replay = Replay(_hundred_hz())
    replay.play(0.0)
    replay.pause(0.015)
    assert _numbers(replay.take(9.0)) == [0, 1]
    assert replay.position(9.0) == pytest.approx(0.015)
    replay.play(10.0)
    assert [sample.t for sample in replay.take(10.006)] == pytest.approx([10.005])


def test_replay_play_twice_changes_nothing() -> None:
    replay = Replay(_hundred_hz())
    replay.play(0.0)
    replay.play(0.5)
    assert replay.position(0.7) == pytest.approx(0.7)


def test_replay_set_speed_applies_from_then_on() -> None:
    replay = Replay(_hundred_hz())
    replay.play(0.0)
    replay.set_speed(10.0, 0.1)
    assert replay.position(0.15) == pytest.approx(0.6)
    assert replay.speed == 10.0


@pytest.mark.parametrize("speed", [0.0, 0.09, 10.1, -1.0, float("nan")])
def test_replay_speed_out_of_range_is_refused(speed: float) -> None:
    replay = Replay(_hundred_hz())
    with pytest.raises(ValueError, match=r"0\.1 to 10 times"):
        replay.set_speed(speed, 0.0)


def test_replay_seek_while_paused_shows_gaze() -> None:
    replay = Replay(_hundred_hz())
    replay.seek(0.255, 3.0)
    assert [(sample.t, sample.x) for sample in replay.take(3.1)] == [(3.0, 25.0)]
    assert replay.take(3.2) == []


def test_replay_seek_twice_shows_last() -> None:
    replay = Replay(_hundred_hz())
    replay.seek(0.2, 3.0)
    replay.seek(0.405, 3.0)
    assert _numbers(replay.take(3.1)) == [40]


def test_replay_after_seek_gives_samples_from_there() -> None:
    replay = Replay(_hundred_hz())
    replay.play(0.0)
    replay.seek(0.805, 0.1)
    assert _numbers(replay.take(0.128)) == [80, 81, 82, 83]


def test_replay_seek_into_gap_gives_invalid_sample() -> None:
    replay = Replay(_recording([0.01, 5.0, 0.01]))
    replay.seek(2.0, 1.0)
    assert [(sample.t, sample.valid) for sample in replay.take(1.0)] == [(1.0, False)]


def test_replay_slow_recording_has_no_gaps() -> None:
    replay = Replay(_recording([0.5] * 4))
    replay.seek(0.9, 1.0)
    assert _numbers(replay.take(1.0)) == [1]


@pytest.mark.parametrize(("place", "number"), [(-5.0, 0), (99.0, 100), (float("inf"), 100)])
def test_replay_seek_beyond_ends_is_clamped(place: float, number: int) -> None:
    replay = Replay(_hundred_hz())
    replay.seek(place, 1.0)
    assert _numbers(replay.take(1.0)) == [number]


def test_replay_seek_to_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="number of seconds"):
        Replay(_hundred_hz()).seek(float("nan"), 1.0)


def test_replay_at_end_stops_and_restarts() -> None:
    replay = Replay(_hundred_hz(0.1))
    replay.play(0.0)
    assert _numbers(replay.take(5.0)) == list(range(11))
    assert replay.at_end
    assert not replay.playing
    assert replay.position(5.0) == pytest.approx(0.1)
    replay.play(6.0)
    assert not replay.at_end
    assert _numbers(replay.take(6.015)) == [0, 1]


def test_replay_loop_restarts_after_one_step() -> None:
    replay = Replay(_hundred_hz(0.1), loop=True)
    replay.play(0.0)
    samples = replay.take(0.3301)
    assert _numbers(samples) == list(range(11)) * 3 + [0]
    assert [sample.t for sample in samples] == pytest.approx(np.arange(34) * 0.01)
    assert replay.playing


def test_replay_loop_of_one_sample_repeats_every_second() -> None:
    replay = Replay(_recording([]), loop=True)
    replay.play(0.0)
    assert [sample.t for sample in replay.take(2.5)] == [0.0, 1.0, 2.0]


def test_replay_keeps_invalid_samples() -> None:
    t = np.array([0.0, 0.1, 0.2])
    recording = Recording("eye", t, np.array([0.1, np.nan, 0.3]), t, np.array([True, True, False]))
    replay = Replay(recording)
    replay.play(0.0)
    assert [sample.valid for sample in replay.take(1.0)] == [True, False, False]


def test_replay_samples_have_unit_and_name_of_recording() -> None:
    recording = Recording("a.asc", np.zeros(1), np.ones(1), np.ones(1), unit="screen")
    replay = Replay(recording)
    replay.play(0.0)
    assert replay.take(0.0) == [Sample(0.0, 1.0, 1.0, True, "screen", "a.asc")]


def test_replay_status_has_rate_age_and_quality() -> None:
    t = np.arange(200) / 100
    replay = Replay(Recording("eye", t, np.where(np.arange(200) % 4, 0.5, np.nan), t))
    replay.play(0.0)
    replay.take(1.5)
    status = replay.status(1.505)
    assert (status.name, status.rate_hz, status.resting) == ("eye", pytest.approx(100, abs=1), False)
    assert status.age_s == pytest.approx(0.005, abs=1e-9)
    assert status.quality == pytest.approx(0.75, abs=0.02)


def test_replay_status_paused_is_resting() -> None:
    replay = Replay(_hundred_hz())
    assert replay.status(0.0).resting
    replay.play(0.0)
    replay.take(0.5)
    replay.pause(0.5)
    status = replay.status(60.0)
    assert (status.resting, status.note, status.lost, status.rate_hz) == (True, "paused", 0, 0.0)


def test_replay_after_close_gives_no_samples() -> None:
    replay = Replay(_hundred_hz())
    replay.play(0.0)
    replay.close()
    replay.play(0.5)
    replay.seek(0.5, 0.6)
    assert replay.take(1.0) == []


def test_replay_recording_without_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no samples"):
        Replay(Recording("empty", np.empty(0), np.empty(0), np.empty(0)))


def test_replay_take_of_fast_recording_takes_under_1_ms() -> None:
    replay = Replay(_recording([0.0005] * 100_000), speed=10.0)
    replay.play(0.0)
    taken = []
    for poll in range(1, 200):
        before = time.thread_time()
        samples = replay.take(poll * 0.004)
        replay.status(poll * 0.004)
        taken.append(time.thread_time() - before)
        assert len(samples) >= 79
    assert np.median(taken) < 0.001


class _Played:
    """Reference model of a replay, computed from the periods that were played."""

    def __init__(self, recording: Recording) -> None:
        self.t = recording.t
        self.pieces = [(0.0, float(self.t[0]), 0.0)]
        self.speed = 1.0

    def place(self, now: float) -> float:
        since, place, speed = next(piece for piece in reversed(self.pieces) if piece[0] <= now)
        return min(place + (now - since) * speed, float(self.t[-1]))

    def go(self, now: float, speed: float, place: float | None = None) -> None:
        self.pieces.append((now, self.place(now) if place is None else place, speed))

    def playing(self, now: float) -> bool:
        return self.pieces[-1][2] > 0 and self.place(now) < self.t[-1]


_MOVES = st.one_of(
    st.sampled_from(["take", "play", "pause"]).map(lambda name: (name, 0.0)),
    st.tuples(st.just("seek"), st.floats(-0.1, 1.1)),
    st.tuples(st.just("speed"), st.floats(0.1, 10.0)),
)


def _moved(replay: Replay, model: _Played, move: tuple[str, float], now: float) -> None:
    name, value = move
    if name == "play" and not model.playing(now):
        again = model.place(now) >= model.t[-1]
        model.go(now, model.speed, float(model.t[0]) if again else None)
        replay.play(now)
    elif name == "pause":
        model.go(now, 0.0)
        replay.pause(now)
    elif name == "speed":
        model.go(now, value if model.playing(now) else 0.0)
        model.speed = value
        replay.set_speed(value, now)
    elif name == "seek":
        place = float(model.t[0] + value * (model.t[-1] - model.t[0]))
        playing = model.playing(now)
        replay.seek(place, now)
        inside = min(max(place, float(model.t[0])), float(model.t[-1]))
        model.go(now, model.speed if playing else 0.0, inside)


@given(
    steps=st.lists(st.floats(0.002, 0.05), min_size=1, max_size=40),
    moves=st.lists(st.tuples(st.floats(0.001, 0.3), _MOVES), max_size=30),
)
def test_replay_gives_each_sample_once_when_due(
    steps: list[float], moves: list[tuple[float, tuple[str, float]]]
) -> None:
    recording = _recording(steps, start=3.0)
    replay, model = Replay(recording), _Played(recording)
    now = 10.0
    runs: list[list[Sample]] = [[]]
    model.pieces = [(now, 3.0, 0.0)]
    for wait, move in [*moves, (0.1, ("take", 0.0))]:
        now += wait
        if move[0] == "seek" or (move[0] == "play" and replay.position(now) >= recording.t[-1]):
            runs[-1] += replay.take(now)  # so that the seek skips none
            runs.append([])
        if move[0] == "take":
            runs[-1] += replay.take(now)
        _moved(replay, model, move, now)
        assert replay.position(now) == pytest.approx(model.place(now), abs=1e-9)
        assert replay.playing == model.playing(now) or replay.at_end
    runs[-1] += replay.take(now)
    every = [sample for run in runs for sample in run]
    assert all(before.t <= after.t for before, after in pairwise(every))
    for index, run in enumerate(runs):
        numbers = _numbers([sample for sample in run if sample.valid])
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else not index
        for sample in run[index > 0 :]:  # the first after a seek precedes the position
            assert model.place(sample.t) == pytest.approx(recording.t[int(sample.x)], abs=1e-6)
    reached = np.searchsorted(recording.t, replay.position(now) + 1e-9, side="right") - 1
    if runs[-1]:
        assert runs[-1][-1].x == reached
