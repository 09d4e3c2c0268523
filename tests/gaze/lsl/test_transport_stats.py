"""Tests of the statistics of received samples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from foveaview.gaze.lsl import Transport
from foveaview.gaze.lsl.transport_stats import Arrivals


def test_arrivals_before_first_sample_are_empty() -> None:
    assert (Arrivals().latest(), Arrivals().transport()) == (None, Transport())


def test_arrivals_range_of_two_seconds_ignores_nan() -> None:
    arrivals = Arrivals()
    arrivals.add(np.array([[100.0, math.nan]]), 0.0, None)
    arrivals.add(np.array([[1.0, math.nan], [math.nan, math.nan]]), 3.0, None)
    arrivals.add(np.array([[2.0, math.nan]]), 3.5, None)
    latest = arrivals.latest()
    assert latest is not None
    assert (latest.values[0], latest.low[0], latest.high[0]) == (2.0, 1.0, 2.0)
    assert all(math.isnan(each[1]) for each in (latest.values, latest.low, latest.high))


def test_arrivals_delays_are_in_ms_of_newest_samples() -> None:
    arrivals = Arrivals()
    arrivals.add(np.zeros((1, 2)), 0.0, np.array([9.0]))
    arrivals.forget()
    arrivals.add(np.zeros((101, 2)), 0.0, np.arange(101) / 1e3)
    transport = arrivals.transport()
    assert (transport.p50_ms, transport.p95_ms, transport.p99_ms) == pytest.approx((50, 95, 99))
    assert transport.count == 101


def test_arrivals_other_channel_count_starts_again() -> None:
    arrivals = Arrivals()
    arrivals.add(np.zeros((1, 2)), 0.0, None)
    arrivals.add(np.ones((1, 3)), 0.1, None)
    latest = arrivals.latest()
    assert latest is not None
    assert latest.low == (1.0, 1.0, 1.0)
