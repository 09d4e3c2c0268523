"""The loss by part in the live loop: of what is shown, and over the course of a search."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from foveaview import LossSettings, MetamericLoss, SynthesisSettings
from foveaview.live import Frame, Job, Key, LossBreakdown
from foveaview.live.loss_breakdowns import BreakdownHistory
from foveaview.live.renderer import Renderer
from foveaview.perception import LossPart
from foveaview.settings.view import ViewSettings
from foveaview.synthesis import MetamerSearch

SETTINGS = LossSettings(n_pyramid_levels=3)
CPU = SynthesisSettings(device="cpu", steps=1000, stop_fraction=0)


@pytest.fixture
def job(photograph: Tensor) -> Job:
    return Job(1, 0, photograph, (0.3, 0.4), SETTINGS, CPU)


def running(job: Job, **changes: Any) -> Job:
    return replace(job, **{"candidate": "metamer", "run": 1, "running": True, **changes})


@pytest.fixture
def filed(job: Job) -> Job:
    return replace(job, candidate="file", file=job.target.flip(-1))


def whole_and_level(job: Job) -> tuple[Frame, Frame]:
    renderer = Renderer()
    level = replace(job, heatmap_parts=frozenset({("level", "1")}))
    return renderer.evaluate(job), renderer.evaluate(level)


def test_a_heatmap_of_some_parts_says_which_and_what_they_sum_to(filed: Job) -> None:
    whole, level = whole_and_level(filed)
    assert filed.file is not None
    values = MetamericLoss.from_settings(SETTINGS).dissect(filed.file, filed.target, filed.gaze)
    assert whole.loss == pytest.approx(sum(values.values()), rel=1e-5)
    assert level.loss == pytest.approx(sum(v for p, v in values.items() if p.level == 1), rel=1e-5)
    assert whole.heatmap is not None
    assert level.heatmap is not None
    assert whole.heatmap.key.changes_to(level.heatmap.key) == ["part whole -> level 1"]
    assert level.heatmap.key.changes_to(whole.heatmap.key) == ["part level 1 -> whole"]


def test_a_part_that_a_preview_does_not_have_is_no_error() -> None:
    target = torch.rand(1, 3, 40, 400)
    selection = frozenset({("level", "4")})
    job = Job(1, 0, target, (0.5, 0.5), LossSettings(n_pyramid_levels=5), CPU, heatmap_parts=selection)
    assert Renderer().evaluate(replace(job, quality="preview")).loss == 0
    assert Renderer().evaluate(job).loss is not None


def run_to_its_end(renderer: Renderer, job: Job) -> list[Frame]:
    """The frames that a loop would publish."""
    renderer.begin(job)
    frames = [renderer.evaluate(job)]
    while frames[-1].run is None or frames[-1].run.outcome is None:
        frame = renderer.step(job)
        if frame is not None:
            frames.append(frame)
    return frames


@pytest.mark.slow
def test_a_search_is_dissected_at_its_start_and_at_its_end(job: Job) -> None:
    settings = CPU.replace(steps=7)
    frames = run_to_its_end(Renderer(), running(job, settings=settings, view=ViewSettings(overlay="none")))
    run = frames[-1].run
    assert run is not None
    iterations, values = run.dissections
    assert (iterations[0], iterations[-1]) == (0, 7)
    assert values.shape == (len(iterations), len(run.parts))
    assert values.dtype == np.float32
    search = MetamerSearch(job.target, job.gaze, SETTINGS, settings)
    search.run()
    assert values[0].sum() == pytest.approx(run.losses[0], rel=1e-4)
    np.testing.assert_allclose(values[-1], search.prepared.dissect(search.image), rtol=1e-3, atol=1e-9)
    assert list(run.parts) == search.prepared.parts()


@pytest.mark.slow
def test_a_search_is_dissected_as_it_goes_and_seldom(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = count()
    monkeypatch.setattr("foveaview.live.renderer.time.monotonic", lambda: float(next(clock)))
    frames = run_to_its_end(Renderer(), running(job, settings=CPU.replace(steps=300)))
    run = frames[-1].run
    assert run is not None
    iterations, values = run.dissections
    assert 4 < len(iterations) < 60
    assert bool((np.diff(iterations) > 0).all())
    assert values[-1].sum() < values[0].sum()


def test_a_dropped_run_takes_its_dissections_along(job: Job) -> None:
    renderer = Renderer()
    renderer.begin(running(job))
    frame = renderer.evaluate(running(job))
    assert frame.run is not None
    assert len(frame.run.dissections[0]) == 1
    renderer.runs.keep(frozenset())
    renderer.begin(running(job, settings=CPU.replace(seed=1)))
    again = renderer.evaluate(running(job, settings=CPU.replace(seed=1)))
    assert again.run is not None
    assert len(again.run.dissections[0]) == 1
    assert not np.array_equal(again.run.dissections[1], frame.run.dissections[1])


def test_other_levels_begin_the_curves_by_part_anew(job: Job) -> None:
    renderer = Renderer()
    for levels in (3, 2):
        wanted = running(job, loss_settings=LossSettings(n_pyramid_levels=levels))
        renderer.begin(wanted)
        frame = renderer.evaluate(wanted)
    assert frame.run is not None
    assert frame.run.dissections[1].shape == (1, len(frame.run.parts))
    assert max(part.level for part in frame.run.parts) == 1


def test_rows_are_thinned_and_the_newest_stays() -> None:
    history, part = BreakdownHistory(), LossPart(0, "highpass", "Y", "mean")
    for i in range(1000):
        values = np.array([i], dtype=np.float32)
        history.add(1, LossBreakdown((part,), values, i, Key((0.5, 0.5), SETTINGS), 0, "metamer"))
    iterations, values = history.of(1)
    assert 200 <= len(iterations) <= 401
    assert (iterations[0], iterations[-1]) == (0, 999)
    assert np.array_equal(values[:, 0], iterations)


def test_a_search_that_went_back_drops_what_came_after() -> None:
    history, part = BreakdownHistory(), LossPart(0, "highpass", "Y", "mean")
    for i in (0, 5, 9, 5):
        row = LossBreakdown((part,), np.zeros(1, np.float32), i, Key((0.5, 0.5), SETTINGS), 0, "metamer")
        history.add(1, row)
    assert history.of(1)[0].tolist() == [0, 5]


def test_the_parts_of_a_search_follow_it_when_it_rests(job: Job) -> None:
    renderer = Renderer()
    wanted = running(job)
    renderer.begin(wanted)
    renderer.evaluate(wanted)
    renderer.step(wanted)
    renderer.step(wanted)
    assert renderer.decompose(replace(wanted, running=False)).iteration == 2
    elsewhere = replace(wanted, running=False, gaze=(0.9, 0.9))
    found = renderer.decompose(elsewhere)
    expected = MetamericLoss.from_settings(SETTINGS).dissect(
        renderer.runs.searches[1].image, job.target, (0.9, 0.9)
    )
    np.testing.assert_allclose(found.values, list(expected.values()), rtol=1e-4)
    assert found.key.gaze == (0.9, 0.9)
