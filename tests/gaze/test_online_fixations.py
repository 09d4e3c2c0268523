"""Tests of online fixations against those of the whole recording."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foveaview.gaze import Recording, Sample
from foveaview.gaze.fixation_list import FixationList, find_rests
from foveaview.gaze.online_fixations import OnlineFixations
from foveaview.gaze.sample_history import SampleHistory
from foveaview.gaze.visual_angle import Angles
from foveaview.settings import FixationSettings

ANGLES = Angles(ratio=0.5, aspect=1.0)


def looked(seed: int, seconds: float = 6.0, rate_hz: float = 120.0) -> Recording:
    """Return fixations of up to half a second with noise, saccades of a few samples, and blinks."""
    random = np.random.default_rng(seed)
    n = int(seconds * rate_hz)
    x, y = np.empty(n), np.empty(n)
    at, place = 0, np.array([0.5, 0.5])
    while at < n:
        target = random.uniform(0.1, 0.9, 2)
        for share in np.linspace(0, 1, int(random.integers(2, 6)))[1:]:
            if at < n:
                x[at], y[at] = place + share * (target - place)
                at += 1
        place, stop = target, min(n, at + int(random.integers(2, 60)))
        x[at:stop], y[at:stop] = place[:, None] + random.normal(0, 0.001, (2, stop - at))
        at = stop
    for begin in random.integers(0, n, 3):
        x[begin : begin + int(random.integers(1, 40))] = np.nan
    return Recording("eye", np.arange(n) / rate_hz, x, y)


def uneven(seed: int) -> Recording:
    """Return short fixations with much noise, uneven steps, missing samples and gaps."""
    random = np.random.default_rng(seed)
    n = int(random.integers(50, 300))
    step = random.choice([1 / 60, 1 / 120, 1 / 500])
    t = np.cumsum(random.choice([step, 1.01 * step, 8 * step, 0.3], n, p=[0.6, 0.375, 0.02, 0.005]))
    places = np.repeat(random.random((n // 12 + 1, 2)), 12, axis=0)[:n] + random.normal(0, 0.003, (n, 2))
    places[random.random(n) < 0.03] = np.nan
    return Recording("eye", t, places[:, 0], places[:, 1])


def uneven_cuts(seed: int, n: int) -> list[int]:
    """Return cuts after 1 to 29 samples each."""
    return np.cumsum(np.random.default_rng(seed).integers(1, 30, n)).clip(max=n).tolist()


def fed(live: OnlineFixations, history: SampleHistory, recording: Recording, cuts: list[int]) -> FixationList:
    """Feed all samples, with an update at each cut, and return the fixations."""
    rests = FixationList.none()
    for begin, end in zip([0, *cuts], [*cuts, len(recording)], strict=True):
        history.add([recording.sample(i, float(recording.t[i])) for i in range(begin, end)])
        rests = live.update(history)
    return rests


def check_same(found: FixationList, expected: FixationList) -> None:
    for name in ("start", "end", "x", "y"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=1e-9)


@pytest.mark.slow
@given(
    seed=st.integers(0, 10_000),
    cuts=st.lists(st.integers(1, 719), max_size=40, unique=True).map(sorted),
    method=st.sampled_from(["I-DT", "I-VT"]),
    duration_ms=st.sampled_from([50, 100, 250]),
)
def test_live_rests_at_any_updates_equal_offline(
    seed: int, cuts: list[int], method: Literal["I-DT", "I-VT"], duration_ms: int
) -> None:
    settings = FixationSettings(method=method, duration_ms=duration_ms)
    recording = looked(seed)
    found = fed(OnlineFixations(settings, ANGLES), SampleHistory(), recording, cuts)
    check_same(found, find_rests(recording, settings, ANGLES))


@pytest.mark.slow
@settings(max_examples=50)
@given(seed=st.integers(0, 10_000), method=st.sampled_from(["I-DT", "I-VT"]), updates=st.integers(0, 3))
@example(seed=89, method="I-VT", updates=0)
def test_live_rests_with_noise_and_gaps_equal_offline(
    seed: int, method: Literal["I-DT", "I-VT"], updates: int
) -> None:
    wanted, recording = FixationSettings(method=method), uneven(seed)
    found = fed(
        OnlineFixations(wanted, ANGLES), SampleHistory(), recording, uneven_cuts(updates, len(recording))
    )
    check_same(found, find_rests(recording, wanted, ANGLES))


def test_live_rests_continuing_fixation_grows() -> None:
    live, history = OnlineFixations(FixationSettings(), ANGLES), SampleHistory()
    ends = []
    for i in range(100):
        history.add([Sample(i / 100, 0.5, 0.5)])
        rests = live.update(history)
        ends.append(rests.end.tolist())
    assert ends[5] == []
    assert (ends[20], ends[99]) == ([0.2], [0.99])


@pytest.mark.parametrize("every", [1, 7, 50])
def test_live_rests_during_pursuit_equal_offline(every: int) -> None:
    t = np.arange(600) / 100
    recording = Recording("eye", t, 0.1 + t / 10, np.full(600, 0.5))
    found = fed(
        OnlineFixations(FixationSettings(), ANGLES),
        SampleHistory(),
        recording,
        list(range(every, 600, every)),
    )
    expected = find_rests(recording, FixationSettings(), ANGLES)
    assert len(expected) > 3
    check_same(found, expected)


def test_live_rests_before_long_loss_are_kept() -> None:
    live, history = OnlineFixations(FixationSettings(), ANGLES), SampleHistory()
    history.add([Sample(i / 100, 0.2, 0.5) for i in range(100)])
    live.update(history)
    for second in range(1, 121):
        history.add([Sample.missing(second + i / 10) for i in range(10)])
        live.update(history)
    history.add([Sample(121 + i / 100, 0.8, 0.5) for i in range(100)])
    assert live.update(history).start.tolist() == [0.0, 121.0]


def test_live_rests_over_limit_drop_oldest_and_keep_numbers() -> None:
    settings, history = FixationSettings(duration_ms=20), SampleHistory()
    live = OnlineFixations(settings, ANGLES)
    for i in range(5 * 510):
        history.add([Sample(i / 100, 0.2 if i // 5 % 2 else 0.8, 0.5)])
        rests = live.update(history) if i % 100 == 99 else FixationList.none()
    rests = live.update(history)
    assert (rests.before + len(rests), len(rests)) == (510, 501)
    assert rests.description_at(float(rests.start[-1])).startswith("fixation 510:")


@pytest.mark.slow
def test_live_rests_rest_of_minutes_is_one_fixation() -> None:
    live, history, looks = OnlineFixations(FixationSettings(), ANGLES), SampleHistory(), []
    for second in range(300):
        history.add([Sample(second + i / 250, 0.5, 0.5) for i in range(250)])
        looks.append(live.update(history))
    assert [len(rests) for rests in looks] == [1] * 300
    assert looks[-1].before == 0
    assert looks[-1].end[0] - looks[-1].start[0] == pytest.approx(60, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["I-DT", "I-VT"])
def test_live_rests_at_high_rate_keep_starts(
    method: Literal["I-DT", "I-VT"],
) -> None:
    t = np.arange(15_000) / 1000
    x = np.interp(t, [1, 1.03, 9, 9.03], [0.2, 0.4, 0.4, 0.6])
    x += np.random.default_rng(0).normal(0, 1e-5, len(t))
    recording = Recording("eye", t, x, np.full(15_000, 0.5))
    settings = FixationSettings(method=method)
    found = fed(OnlineFixations(settings, ANGLES), SampleHistory(), recording, list(range(100, 15_000, 100)))
    expected = find_rests(recording, settings, ANGLES)
    assert len(found) == len(expected) == 3
    np.testing.assert_allclose(found.start, expected.start, atol=0.01)


def test_live_rests_changed_settings_apply_to_last_minute() -> None:
    live, history = OnlineFixations(FixationSettings(), ANGLES), SampleHistory()
    recording = looked(1)
    fed(live, history, recording, [100, 300])
    settings = FixationSettings(method="I-VT", duration_ms=60)
    live.configure(settings, ANGLES)
    check_same(live.update(history), find_rests(recording, settings, ANGLES))


def test_live_rests_without_method_or_samples_are_empty() -> None:
    history = SampleHistory()
    assert len(OnlineFixations(FixationSettings(), ANGLES).update(history)) == 0
    history.add([Sample.missing(i / 100) for i in range(100)])
    assert len(OnlineFixations(FixationSettings(), ANGLES).update(history)) == 0
    history.add([Sample(2 + i / 100, 0.5, 0.5) for i in range(100)])
    assert len(OnlineFixations(FixationSettings(method="none"), ANGLES).update(history)) == 0
