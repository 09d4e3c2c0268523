"""Tests of when targets are shown, and which samples count for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Sample
from foveaview.gaze.validation.procedure import GRACE_S, Plan, Procedure

PLAN = Plan(dwell_s=1.0, settle_s=0.4, order="reading")


def samples(start: float, end: float, rate_hz: float = 100.0) -> list[Sample]:
    count = round((end - start) * rate_hz)
    return [Sample(start + i / rate_hz, 0.5, 0.5) for i in range(count)]


def times(course: Procedure, visit: int) -> list[float]:
    return [round(sample.t, 6) for sample in course.visits[visit].samples]


def test_procedure_ignores_samples_before_settling() -> None:
    course = Procedure(1, PLAN, 10.0)
    course.add(samples(9.0, 11.0))
    assert course.advance(11.0)
    assert times(course, 0) == pytest.approx([10.4 + 0.01 * i for i in range(60)])


def test_procedure_target_stays_for_dwell_time() -> None:
    course = Procedure(2, PLAN, 0.0)
    assert not course.advance(0.999)
    assert course.target == 0
    assert course.advance(1.0)
    assert (course.target, course.since) == (1, 1.0)


def test_procedure_late_samples_count_for_their_target() -> None:
    course = Procedure(2, PLAN, 0.0)
    course.advance(1.0)
    course.add(samples(0.5, 1.2))
    course.advance(2.0)
    assert (len(course.visits[0].samples), len(course.visits[1].samples)) == (50, 0)


def test_procedure_waits_for_late_samples_of_last_target() -> None:
    course = Procedure(1, PLAN, 0.0)
    course.advance(1.0)
    assert course.target is None
    assert not course.is_over(1.0 + GRACE_S / 2)
    course.add(samples(0.9, 1.0))
    assert course.is_over(1.0 + GRACE_S)
    assert len(course.visits[0].samples) == 10


def test_procedure_target_stays_until_confirmed() -> None:
    course = Procedure(2, PLAN.replace(confirm=True), 0.0)
    course.add(samples(0.0, 7.0))
    assert not course.advance(5.0)
    course.confirm()
    assert course.advance(7.0)
    assert times(course, 0)[0] == pytest.approx(6.4)
    assert not course.advance(20.0)


def test_procedure_early_confirmation_keeps_dwell_time() -> None:
    course = Procedure(1, PLAN.replace(confirm=True), 0.0)
    course.confirm()
    assert not course.advance(0.5)
    assert course.advance(1.0)


def test_procedure_waiting_keeps_few_samples() -> None:
    course = Procedure(1, PLAN.replace(confirm=True), 0.0)
    for second in range(600):
        course.add(samples(second, second + 1.0))
    assert len(course._recent) < 300


@given(st.integers(0, 10_000), st.integers(1, 20))
def test_plan_random_order_is_a_reproducible_permutation(seed: int, count: int) -> None:
    order = Plan(seed=seed).sequence(count)
    assert sorted(order) == list(range(count))
    assert order == Plan(seed=seed).sequence(count)


def test_plan_random_orders_differ_by_seed() -> None:
    assert len({tuple(Plan(seed=seed).sequence(9)) for seed in range(20)}) > 15


def test_plan_dwell_not_over_settle_time_is_refused() -> None:
    with pytest.raises(ValueError, match=r"dwell_s is 0\.5 s, but the first 0\.5 s do not count"):
        Plan(dwell_s=0.5)
