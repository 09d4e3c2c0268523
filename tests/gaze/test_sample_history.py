"""Tests of the history of recent samples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveaview.gaze import Sample
from foveaview.gaze.sample_history import SampleHistory


def test_history_recording_returns_added_samples() -> None:
    history = SampleHistory()
    history.add([Sample(i / 100, i / 20_000, 0.25) for i in range(10_000)])
    recording = history.recording("eye")
    assert len(history) == len(recording) == 10_000
    assert recording.t.tolist() == [i / 100 for i in range(10_000)]
    assert recording.x[7_777] == 7_777 / 20_000
    assert history.newest == 99.99


def test_history_recording_since_leaves_out_older_samples() -> None:
    history = SampleHistory()
    history.add([Sample(i / 100, 0.5, 0.5) for i in range(10_000)])
    assert history.recording("eye", since=99.975).t.tolist() == [99.98, 99.99]
    assert history.recording("eye", since=20.0).t[0] == 20.0
    assert len(history.recording("eye", since=1000.0)) == 0


@given(
    n=st.integers(0, 13_000),
    since=st.floats(0, 130) | st.just(-np.inf),
    most=st.integers(1, 5000) | st.none(),
)
@settings(max_examples=20)
def test_history_recording_over_most_takes_every_nth(n: int, since: float, most: int | None) -> None:
    history = SampleHistory()
    history.add([Sample(i / 100, i / 20_000, 0.25) for i in range(n)])
    whole, some = history.recording("eye", since), history.recording("eye", since, most)
    step = 1 if most is None else max(1, math.ceil(len(whole) / most))
    assert some.t.tolist() == whole.t[::step].tolist()
    assert some.x.tolist() == whole.x[::step].tolist()


def test_history_missing_is_nan_and_older_sample_is_dropped() -> None:
    history = SampleHistory()
    history.add([Sample(1.0, 0.5, 0.5), Sample(0.5, 0.1, 0.1), Sample(2.0, 0.5, 0.5, valid=False)])
    recording = history.recording("eye")
    assert recording.t.tolist() == [1.0, 2.0]
    assert np.isnan(recording.x).tolist() == [False, True]


def test_history_drops_samples_older_than_limit() -> None:
    history = SampleHistory(seconds=100.0)
    for start in range(0, 100_000, 1000):
        history.add([Sample(start / 10 + i / 10, 0.5, 0.5) for i in range(1000)])
    assert 1000 <= len(history) <= 1000 + 2 * 4096
    assert history.recording("eye").t[-1] == history.newest


@pytest.mark.slow
def test_history_over_capacity_drops_oldest() -> None:
    history = SampleHistory(most=10_000)
    history.add([Sample(i / 1000, 0.5, 0.5) for i in range(30_000)])
    assert len(history) <= 10_000
    history.clear()
    assert len(history) == 0
    assert history.newest is None
    assert len(history.recording("eye")) == 0
