"""The pooled statistics of what is shown, kept for the next point."""

from __future__ import annotations

from dataclasses import replace

import pytest
from torch import Tensor

from foveaview import LossSettings, SynthesisSettings
from foveaview.live import Job
from foveaview.live.renderer import Renderer
from foveaview.perception import PooledStatistics, PreparedTarget

SETTINGS = LossSettings(n_pyramid_levels=3)


@pytest.fixture
def job(photograph: Tensor) -> Job:
    return Job(1, 0, photograph, (0.3, 0.4), SETTINGS, SynthesisSettings(device="cpu"))


@pytest.fixture
def filed(job: Job) -> Job:
    return replace(job, candidate="file", file=job.target.flip(-1))


def test_twins_are_measured_once_for_many_points(filed: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = Renderer()
    made: list[Tensor] = []
    make = PreparedTarget.twin

    def noted(prepared: PreparedTarget, image: Tensor) -> PooledStatistics:
        made.append(image)
        return make(prepared, image)

    monkeypatch.setattr(PreparedTarget, "twin", noted)
    twin, iteration = renderer.twin(filed)
    assert iteration is None
    for job in (replace(filed, generation=2), replace(filed, heatmap_of="pixel")):
        assert renderer.twin(job)[0] is twin
    assert len(made) == 1
    for job in (
        replace(filed, gaze=(0.6, 0.6)),
        replace(filed, loss_settings=LossSettings(n_pyramid_levels=2)),
        replace(filed, candidate="ventral"),
        replace(filed, file=filed.target),
    ):
        renderer.twin(job)
    assert len(made) == 5


class Clock:
    """Time that passes while statistics are measured, and when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        make = PreparedTarget.twin

        def slow(prepared: PreparedTarget, image: Tensor) -> PooledStatistics:
            self.now += 1
            return make(prepared, image)

        monkeypatch.setattr(PreparedTarget, "twin", slow)
        monkeypatch.setattr("foveaview.live.pooled_statistics_cache.time.monotonic", lambda: self.now)


def test_to_look_at_a_running_search_costs_it_little(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, renderer = Clock(monkeypatch), Renderer()
    wanted = replace(job, candidate="metamer", run=1, running=True)
    renderer.begin(wanted)
    twin, iteration = renderer.twin(wanted)
    assert iteration == 0
    renderer.step(wanted)
    clock.now = 24.9  # it took 1, and may take a 25th of the time
    assert renderer.twin(wanted) == (twin, 0)
    clock.now = 25.1
    assert renderer.twin(wanted)[1] == 1


def test_a_twin_of_a_search_follows_it_when_it_rests(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    renderer = Renderer()
    wanted = replace(job, candidate="metamer", run=1, running=True)
    renderer.begin(wanted)
    twin, _ = renderer.twin(wanted)
    renderer.step(wanted)
    rested, iteration = renderer.twin(replace(wanted, running=False))
    assert iteration == 1
    assert rested is not twin


def test_what_can_be_computed_again_is_freed(filed: Job) -> None:
    renderer = Renderer()
    twin, _ = renderer.twin(filed)
    renderer.forget()
    assert renderer.twin(filed)[0] is not twin
