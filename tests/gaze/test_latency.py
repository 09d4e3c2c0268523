"""Tests of the latency log: its values, counts and files, against numpy."""

from __future__ import annotations

import csv
import math
import threading
import timeit
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze.latency import STAGES, Counts, GazeTimestamps, LatencyLog, Stage

Moments = tuple[float, float, float, float]
seconds = st.floats(-1e4, 1e4)
some_moments = st.lists(st.tuples(seconds, seconds, seconds, seconds), max_size=40)
PAIRS = dict(zip(STAGES, ((0, 1), (1, 2), (2, 3), (0, 3)), strict=True))


def filled(moments: list[Moments], capacity: int = 100) -> LatencyLog:
    log = LatencyLog(capacity)
    for one in moments:
        log.add(GazeTimestamps(*one))
    return log


def test_timestamps_are_set_stage_by_stage() -> None:
    taken = GazeTimestamps(1.0, 1.5)
    computed = taken.at_computed(2.0)
    assert computed == GazeTimestamps(1.0, 1.5, 2.0)
    assert computed.at_painted(3.0) == GazeTimestamps(1.0, 1.5, 2.0, 3.0)
    assert taken.computed is None


def differences(moments: list[Moments], stage: Stage) -> list[float]:
    first, second = PAIRS[stage]
    return [1000 * (one[second] - one[first]) for one in moments]


@given(some_moments, st.integers(1, 30), st.sampled_from(STAGES))
def test_latency_log_keeps_last_stamps_in_order(moments: list[Moments], capacity: int, stage: Stage) -> None:
    log = filled(moments, capacity)
    assert log.values_ms(stage).tolist() == differences(moments[-capacity:], stage)
    assert len(log) == min(len(moments), capacity)
    assert log.counts.painted == len(moments)


@given(some_moments.filter(len), st.sampled_from(STAGES), st.none() | st.integers(1, 50))
def test_latency_log_percentiles_equal_numpy(moments: list[Moments], stage: Stage, last: int | None) -> None:
    own = differences(moments if last is None else moments[-last:], stage)
    expected = np.percentile(own, [50, 95, 99])
    assert filled(moments).percentiles(stage, last) == pytest.approx(tuple(expected), rel=1e-12, abs=1e-9)


def test_latency_log_empty_has_nan_percentiles() -> None:
    assert all(math.isnan(one) for one in LatencyLog().percentiles("sample to painted"))
    assert LatencyLog().histogram("sample to painted", 5)[0].tolist() == [0] * 5


@given(some_moments.filter(len), st.sampled_from(STAGES), st.integers(1, 20))
def test_latency_log_histogram_equals_numpy(moments: list[Moments], stage: Stage, bins: int) -> None:
    counts, edges = filled(moments).histogram(stage, bins)
    expected, expected_edges = np.histogram(differences(moments, stage), bins)
    assert counts.tolist() == expected.tolist()
    assert edges.tolist() == expected_edges.tolist()


@pytest.mark.slow
@given(some_moments, st.sampled_from(STAGES))
def test_latency_log_histogram_with_edges_counts_all(moments: list[Moments], stage: Stage) -> None:
    edges = np.array([0.1, 1.0, 10.0, 100.0])
    counts, same = filled(moments).histogram(stage, edges)
    own = np.array(differences(moments, stage))
    assert counts.tolist() == [np.sum(own < 1), np.sum((own >= 1) & (own < 10)), np.sum(own >= 10)]
    assert same is edges or same.tolist() == edges.tolist()


@pytest.mark.slow
@given(some_moments)
def test_latency_log_stages_add_up_to_total(moments: list[Moments]) -> None:
    log = filled(moments)
    parts = [log.values_ms(stage) for stage in STAGES]
    assert np.allclose(parts[0] + parts[1] + parts[2], parts[3], rtol=1e-12, atol=1e-6)


def test_latency_log_moments_out_of_order_are_noted() -> None:
    log = filled([(0.0, 0.1, 0.2, 0.3), (0.5, 0.4, 0.6, 0.7)])
    assert log.counts == Counts(painted=2, odd=1)
    assert log.values_ms("sample to taken").tolist() == pytest.approx([100, -100])
    assert "clock" in log.counts.note
    assert filled([(0.0, 0.1, 0.2, 0.3)]).counts.note == ""


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", range(4))
def test_latency_log_ignores_non_finite_moments(bad: float, place: int) -> None:
    moments = [0.0, 0.1, 0.2, 0.3]
    moments[place] = bad
    log = filled([(0.0, 0.01, 0.02, 0.03)])
    log.add(GazeTimestamps(*moments))
    assert log.counts == Counts(painted=2, odd=1)
    assert log.percentiles("sample to painted")[2] == pytest.approx(30)


@pytest.mark.parametrize(
    "stamp", [GazeTimestamps(0, 1), GazeTimestamps(0, 1, 2), GazeTimestamps(0, 1, None, 3)]
)
def test_latency_log_incomplete_stamp_is_refused(stamp: GazeTimestamps) -> None:
    log = LatencyLog()
    with pytest.raises(ValueError, match="must have been computed and painted"):
        log.add(stamp)
    assert log.counts == Counts()


def test_latency_log_without_capacity_is_refused() -> None:
    with pytest.raises(ValueError, match="got 0"):
        LatencyLog(0)


def test_latency_log_overtaken_are_counted_by_stage() -> None:
    log = LatencyLog()
    log.overtake(GazeTimestamps(0, 1))
    log.overtake(GazeTimestamps(0, 1, 2))
    log.overtake(GazeTimestamps(0, 1, 2))
    assert (log.counts.not_computed, log.counts.not_painted, log.counts.overtaken) == (1, 2, 3)
    assert len(log) == 0


def test_latency_log_reset_clears_counts_and_values() -> None:
    log = filled([(0.0, 0.2, 0.1, 0.3)])
    log.overtake(GazeTimestamps(0, 1))
    log.reset()
    assert log.counts == Counts()
    assert len(log.values_ms("sample to painted")) == 0


def test_latency_log_copy_is_independent() -> None:
    log = filled([(0.0, 0.1, 0.2, 0.3)])
    log.overtake(GazeTimestamps(0, 1))
    copy = log.copy()
    log.add(GazeTimestamps(1.0, 1.1, 1.2, 1.5))
    assert copy.counts == Counts(painted=1, not_computed=1)
    assert copy.values_ms("sample to painted").tolist() == pytest.approx([300])


def test_latency_log_counts_all_threads() -> None:
    log = LatencyLog(1000)

    def work() -> None:
        for i in range(1000):
            log.add(GazeTimestamps(i, i, i, i))
            log.overtake(GazeTimestamps(i, i))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.counts == Counts(painted=4000, not_computed=4000)


def test_latency_log_csv_has_all_columns_with_units(tmp_path: Path) -> None:
    log = LatencyLog()
    log.add(GazeTimestamps(100.0, 100.002, 100.012, 100.016))
    log.overtake(GazeTimestamps(100.01, 100.011))
    log.overtake(GazeTimestamps(100.01, 100.011, 100.02))
    log.add(GazeTimestamps(100.02, 100.021, 100.041, 100.05))
    log.write_csv(tmp_path / "latency.csv")
    with (tmp_path / "latency.csv").open(newline="") as file:
        first, second = list(csv.DictReader(file))
    assert list(first) == [
        "sample_s",
        "taken_s",
        "computed_s",
        "painted_s",
        "sample_to_taken_ms",
        "taken_to_computed_ms",
        "computed_to_painted_ms",
        "sample_to_painted_ms",
        "overtaken_before",
    ]
    read = [[float(value) for value in row.values()] for row in (first, second)]
    assert read[0] == pytest.approx([0, 0.002, 0.012, 0.016, 2, 10, 4, 16, 0], abs=1e-6)
    assert read[1] == pytest.approx([0.02, 0.021, 0.041, 0.05, 1, 20, 9, 30, 2], abs=1e-6)


def test_latency_log_empty_csv_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="follow a gaze"):
        LatencyLog().write_csv(tmp_path / "latency.csv")
    assert list(tmp_path.iterdir()) == []


def test_latency_log_add_takes_under_20_us() -> None:
    log, stamp = LatencyLog(), GazeTimestamps(0.0, 0.1, 0.2, 0.3)
    best_s = min(timeit.repeat(lambda: log.add(stamp), number=2000, repeat=5)) / 2000
    assert best_s < 20e-6  # about 2 us; the rest allows for a busy machine
