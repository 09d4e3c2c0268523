"""Tests of the drawn columns of a recording against all of its samples."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Recording
from foveaview.gaze import plot_decimation as module
from foveaview.gaze.plot_decimation import Overview, Trace

Numbers = npt.NDArray[np.float64]


def trace(n: int, seed: int = 0, missing: float = 0.1) -> Recording:
    random = np.random.default_rng(seed)
    x, y = random.random(n), random.random(n)
    gone = random.random(n) < missing
    x[gone] = y[gone] = np.nan
    return Recording("eye", np.arange(n) / 100, x, y)


def extremes(drawn: Trace) -> dict[int, tuple[float, float]]:
    """Return the lowest and highest value of each column with samples."""
    column = drawn.places.astype(int)
    seen = np.isfinite(drawn.values)
    return {
        one: (
            float(drawn.values[seen & (column == one)].min()),
            float(drawn.values[seen & (column == one)].max()),
        )
        for one in sorted(set(column[seen].tolist()))
    }


@pytest.mark.slow
@given(st.integers(2100, 6000), st.integers(1, 60), st.integers(0, 5))
def test_overview_column_spans_its_lowest_to_highest_sample(n: int, width: int, seed: int) -> None:
    recording = trace(n, seed)
    end = n / 100
    found = extremes(Overview(recording).columns(0.0, end, width).x)
    edges = np.searchsorted(recording.t, np.linspace(0.0, end, width + 1))
    for column, (a, b) in enumerate(pairwise(edges.tolist())):
        part = recording.x[a:b]
        assert found[column] == (np.nanmin(part), np.nanmax(part))


def test_overview_of_many_samples_keeps_outliers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_SINGLE", 1000)
    recording = trace(50_000, missing=0.0)
    recording.x[31_234] = 7.0
    recording.x[: 256 * 20] = recording.y[: 256 * 20] = np.nan
    columns = Overview(recording).columns(0.0, 500.0, 50)
    found = extremes(columns.x)
    assert found[31] == (pytest.approx(0.0, abs=0.02), 7.0)
    assert columns.missing[:5].tolist() == [1.0] * 5
    assert columns.missing[6:].max() == 0.0


def test_overview_few_samples_are_drawn_with_gaps() -> None:
    t = np.array([0.0, 0.01, 0.02, 1.0, 1.01])
    columns = Overview(Recording("eye", t, t, t)).columns(0.0, 2.0, 200)
    assert columns.x.places.tolist() == pytest.approx([0, 1, 2, np.nan, 100, 101], nan_ok=True)
    assert columns.x.values.tolist() == pytest.approx([0, 0.01, 0.02, np.nan, 1, 1.01], nan_ok=True)


def test_overview_missing_counts_gaps_and_blinks_only() -> None:
    t = np.concatenate([np.arange(0, 1, 0.01), np.arange(2, 3, 0.01)]) + 0.005
    x = np.where((t > 2.3) & (t < 2.5), np.nan, 0.5)
    missing = Overview(Recording("eye", t, x, x)).columns(-1.0, 4.0, 50).missing
    assert missing.round(2).tolist() == [0.0] * 20 + [1.0] * 10 + [0.0] * 3 + [1.0] * 2 + [0.0] * 15


@pytest.mark.parametrize("values", [[], [1.0]])
def test_overview_of_no_or_one_sample_is_drawn(values: list[float]) -> None:
    t = np.array(values)
    columns = Overview(Recording("eye", t, t, t)).columns(0.0, 2.0, 10)
    assert len(columns.x.places) == len(values)
    assert columns.missing.max() == 0.0


def test_overview_empty_time_span_is_refused() -> None:
    with pytest.raises(ValueError, match="a time span above 0 and 1 px or more"):
        Overview(trace(10)).columns(1.0, 1.0, 10)
