"""The live loop: newest wins, nothing is lost, errors are values."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from foveaview import LossSettings, MetamericLoss, Outcome, ventral_metamer
from foveaview.files import to_uint8
from foveaview.live import Failure, Frame, Job, Key, Latest
from foveaview.live.renderer import Renderer
from foveaview.synthesis import MetamerSearch
from tests.live.harness import CPU, SETTINGS, Harness, iterations, running


def test_the_newest_value_waits() -> None:
    box = Latest[int]()
    assert box.put(1)
    assert not box.put(2)
    assert not box.put(3, merge=lambda waiting, new: waiting + new)
    assert box.take() == 5
    assert box.take() is None


def test_a_ventral_candidate_is_the_librarys(harness: Harness, job: Job, photograph: Tensor) -> None:
    harness.loop.submit(job)
    harness.finish()
    (frame,) = harness.frames
    metamer = ventral_metamer(photograph, job.gaze, SETTINGS, seed=0)
    assert frame.picture is not None
    assert np.array_equal(frame.picture.pixels, to_uint8(metamer))
    assert frame.picture.key == Key(job.gaze, SETTINGS, seed=0, ventral_color="coupled")
    expected = MetamericLoss.from_settings(SETTINGS)(metamer, photograph, job.gaze)
    assert frame.loss == pytest.approx(float(expected), rel=1e-5)


def test_a_heatmap_is_bright_where_the_images_differ(harness: Harness, job: Job) -> None:
    file = job.target.clone()
    file[..., 10:20, 40:50] = 1 - file[..., 10:20, 40:50]
    harness.loop.submit(replace(job, candidate="file", file=file))
    harness.finish()
    heatmap = harness.frames[0].heatmap
    assert heatmap is not None
    alpha = heatmap.pixels[..., 3].astype(float)
    assert alpha[12:18, 42:48].mean() > 5 * alpha[:, :20].mean()


def test_a_hundred_rapid_jobs_end_in_the_last_ones_result(harness: Harness, job: Job) -> None:
    for i in range(100):
        harness.loop.submit(replace(job, generation=i, gaze=(i / 99, 0.5)))
    harness.finish(99)
    assert len(harness.frames) <= 3
    assert harness.frames[-1].generation == 99
    assert harness.frames[-1].heatmap is not None
    assert harness.frames[-1].heatmap.key.gaze == (1.0, 0.5)


def test_a_preview_is_smaller(harness: Harness) -> None:
    target = torch.rand(1, 3, 300, 400)
    harness.loop.submit(Job(1, 0, target, (0.5, 0.5), LossSettings(), CPU, quality="preview"))
    harness.finish()
    picture = harness.frames[0].picture
    assert picture is not None
    assert picture.pixels.shape == (144, 192, 3)


@pytest.mark.slow
def test_steps_are_the_searchs_own(harness: Harness, job: Job) -> None:
    harness.loop.submit(running(job, settings=CPU.replace(steps=7)))
    harness.until(lambda: any(f.run is not None and f.run.outcome is not None for f in harness.frames))
    last = harness.frames[-1]
    search = MetamerSearch(job.target, job.gaze, SETTINGS, CPU.replace(steps=7))
    search.run()
    assert last.run is not None
    assert last.run.outcome is Outcome.STEPS_DONE
    assert last.run.losses.tolist() == search.synthesis.history.column("losses")
    assert last.picture is not None
    assert np.array_equal(last.picture.pixels, to_uint8(search.image))


@pytest.mark.slow
def test_a_pause_takes_at_most_one_more_step_and_resumes(harness: Harness, job: Job) -> None:
    harness.loop.submit(running(job))
    harness.until(lambda: iterations(harness) > 3)
    seen: list[int] = []
    harness.loop.submit(replace(running(job), running=False))
    harness.loop.ask(lambda renderer: renderer.runs.searches[1].synthesis.iteration, seen.append)
    harness.until(lambda: bool(seen))
    time.sleep(0.1)
    harness.loop.ask(lambda renderer: renderer.runs.searches[1].synthesis.iteration, seen.append)
    harness.until(lambda: len(seen) == 2)
    assert seen[1] - seen[0] <= 1
    harness.loop.submit(running(job))
    harness.until(lambda: iterations(harness) > seen[1])


@pytest.mark.slow
def test_losses_hold_every_step_however_few_frames_are_taken(harness: Harness, job: Job) -> None:
    harness.loop.submit(running(job, settings=CPU.replace(steps=60)))
    time.sleep(0.3)
    harness.until(lambda: iterations(harness) == 60)
    status = harness.frames[-1].run
    assert status is not None
    assert len(status.losses) == 60
    assert (np.diff(status.losses) < 0).mean() > 0.9


@pytest.mark.slow
def test_a_new_gaze_while_running_goes_on_from_the_image(harness: Harness, job: Job) -> None:
    harness.loop.submit(running(job))
    harness.until(lambda: iterations(harness) > 3)
    before = iterations(harness)
    harness.loop.submit(running(job, generation=2, gaze=(0.9, 0.1)))
    harness.until(lambda: iterations(harness) > before + 2)
    picture = harness.frames[-1].picture
    assert picture is not None
    assert picture.key is not None
    assert picture.key.gaze == (0.9, 0.1)


def test_another_run_starts_anew(harness: Harness, job: Job) -> None:
    harness.loop.submit(running(job, settings=CPU.replace(steps=5)))
    harness.until(lambda: iterations(harness) == 5)
    harness.frames.clear()
    anew = replace(running(job, settings=CPU.replace(steps=2)), run=2, keep=frozenset([2]))
    harness.loop.submit(anew)
    harness.until(lambda: iterations(harness) == 2)
    kept: list[Any] = []
    harness.loop.ask(lambda renderer: list(renderer.runs.searches), kept.append)
    harness.until(lambda: bool(kept))
    assert kept == [[2]]


def test_an_impossible_job_is_a_failure_and_the_loop_goes_on(harness: Harness, job: Job) -> None:
    harness.loop.submit(replace(job, loss_settings=LossSettings(n_pyramid_levels=9)))
    harness.until(lambda: bool(harness.frames))
    failure = harness.frames[0].failure
    assert failure is not None
    assert failure.kind == "input"
    assert "at most 5 fit" in failure.message
    harness.loop.submit(replace(job, generation=2))
    harness.until(lambda: harness.frames[-1].generation == 2)
    assert harness.frames[-1].failure is None


def test_running_out_of_memory_frees_and_says_so(
    harness: Harness, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    freed = threading.Event()
    monkeypatch.setattr(Renderer, "evaluate", exhausted)
    monkeypatch.setattr(Renderer, "forget", lambda _self: freed.set())
    harness.loop.submit(job)
    harness.until(lambda: bool(harness.frames))
    failure = harness.frames[0].failure
    assert failure is not None
    assert failure.kind == "memory"
    assert freed.is_set()


def test_closing_ends_a_running_search_within_a_step(harness: Harness, job: Job) -> None:
    harness.loop.submit(running(job))
    harness.until(lambda: iterations(harness) > 1)
    harness.close_in_time()


def test_a_frame_keeps_what_an_untaken_one_had_to_say(harness: Harness, job: Job) -> None:
    first = Frame(1, 0, "full", loss=0.5, failure=Failure("input", "wrong", ""))
    merged = Frame(2, 0, "full").after(first)
    assert (merged.loss, merged.failure, merged.generation) == (0.5, first.failure, 2)
    assert Frame(2, 1, "full").after(first).loss is None


def test_a_key_says_what_changed() -> None:
    now = Key((0.1, 0.2), LossSettings(), seed=0, start="noise")
    assert now.changes_to(now) == []
    assert now.changes_to(Key((0.1, 0.2), LossSettings(), seed=0, start="ventral")) == [
        "start noise -> ventral"
    ]


@pytest.mark.slow
def test_a_long_evaluation_is_given_up_for_a_newer_job(harness: Harness) -> None:
    target = torch.rand(1, 3, 1024, 1024)
    slow = Job(1, 0, target, (0.5, 0.5), LossSettings(n_orientations=6), CPU)
    harness.loop.submit(slow)
    time.sleep(0.2)
    harness.loop.submit(replace(slow, generation=2, target=target[..., :64, :64], loss_settings=SETTINGS))
    harness.until(lambda: bool(harness.frames))
    assert [frame.generation for frame in harness.frames] == [2]


@pytest.mark.slow
def test_closing_gives_up_a_long_evaluation(harness: Harness) -> None:
    target = torch.rand(1, 3, 3000, 3000)
    harness.loop.submit(Job(1, 0, target, (0.5, 0.5), LossSettings(n_orientations=6), CPU))
    time.sleep(0.5)
    harness.close_in_time()


def test_a_preview_leaves_the_picture_of_a_file_whole(harness: Harness) -> None:
    target = torch.rand(1, 3, 300, 400)
    job = Job(1, 0, target, (0.5, 0.5), LossSettings(), CPU, candidate="file", file=target.flip(-1))
    harness.loop.submit(replace(job, quality="preview"))
    harness.finish()
    assert harness.frames[0].picture is None
    assert harness.frames[0].heatmap is not None
