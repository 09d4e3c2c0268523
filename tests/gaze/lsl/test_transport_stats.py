"""What is kept of what arrived."""

from __future__ import annotations

import math

import numpy as np
import pytest

from foveaview.gaze.lsl import Transport
from foveaview.gaze.lsl.transport_stats import Arrivals


def test_there_is_nothing_before_anything_arrived() -> None:
    assert (Arrivals().latest(), Arrivals().transport()) == (None, Transport())


def test_the_range_of_the_last_two_seconds_leaves_nan_out() -> None:
    arrivals = Arrivals()
    arrivals.add(np.array([[100.0, math.nan]]), 0.0, None)
    arrivals.add(np.array([[1.0, math.nan], [math.nan, math.nan]]), 3.0, None)
    arrivals.add(np.array([[2.0, math.nan]]), 3.5, None)
    latest = arrivals.latest()
    assert latest is not None
    assert (latest.values[0], latest.low[0], latest.high[0]) == (2.0, 1.0, 2.0)
    assert all(math.isnan(each[1]) for each in (latest.values, latest.low, latest.high))


def test_delays_are_told_in_milliseconds_over_the_newest() -> None:
    arrivals = Arrivals()
    arrivals.add(np.zeros((1, 2)), 0.0, np.array([9.0]))
    arrivals.forget()
    arrivals.add(np.zeros((101, 2)), 0.0, np.arange(101) / 1e3)
    transport = arrivals.transport()
    assert (transport.p50_ms, transport.p95_ms, transport.p99_ms) == pytest.approx((50, 95, 99))
    assert transport.count == 101


def test_another_number_of_channels_begins_anew() -> None:
    arrivals = Arrivals()
    arrivals.add(np.zeros((1, 2)), 0.0, None)
    arrivals.add(np.ones((1, 3)), 0.1, None)
    latest = arrivals.latest()
    assert latest is not None
    assert latest.low == (1.0, 1.0, 1.0)
