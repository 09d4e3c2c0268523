"""Going back through a run while it goes on."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from foveaview import LossSettings, SynthesisSettings
from foveaview.app.export import requests as export_requests
from foveaview.files import load_image, read_png_settings, to_uint8
from foveaview.live import Frame, Job, RunStatus
from foveaview.live.renderer import Renderer
from foveaview.settings import KeepSettings
from foveaview.synthesis import MetamerSearch

SETTINGS = LossSettings(n_pyramid_levels=3)


@pytest.fixture
def renderer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Renderer:
    monkeypatch.setattr("foveaview.live.run_histories._FREE_S", 1000.0)  # whatever it takes
    return Renderer(tmp_path / "history")


@pytest.fixture
def job(photograph: Tensor) -> Job:
    settings = SynthesisSettings(device="cpu", steps=6, stop_fraction=0, start="noise")
    return Job(
        1,
        0,
        photograph,
        (0.3, 0.4),
        SETTINGS,
        settings,
        candidate="metamer",
        run=1,
        running=True,
        keep=frozenset([1]),
    )


def run_through(renderer: Renderer, job: Job) -> list[Frame]:
    """Begin and step until the search ends, an image due at each step."""
    renderer.begin(job)
    frames: list[Frame] = []
    while not (frames and frames[-1].run is not None and frames[-1].run.outcome is not None):
        renderer._image_due = renderer._heatmap_due = 0.0
        frame = renderer.step(job)
        assert frame is not None
        frames.append(frame)
    return frames


def status(frame: Frame) -> RunStatus:
    assert frame.run is not None
    return frame.run


def images_of(job: Job) -> list[Any]:
    """The image after each number of steps, as the library makes it."""
    search = MetamerSearch(job.target, job.gaze, job.loss_settings, job.settings)
    images = [to_uint8(search.image)]
    for _ in range(search.total_steps):
        search.step()
        images.append(to_uint8(search.image))
    return images


@pytest.mark.slow
def test_a_short_run_is_stored_from_its_start_to_its_end(renderer: Renderer, job: Job) -> None:
    last = run_through(renderer, job)[-1]
    assert status(last).stored == tuple(range(7))
    assert status(last).stored_bytes > 0
    frames = dict(renderer.runs.trails.frames(1))
    assert all(np.array_equal(frames[i], image) for i, image in enumerate(images_of(job)))


@pytest.mark.slow
def test_an_earlier_image_is_shown_with_its_own_loss(renderer: Renderer, job: Job) -> None:
    live = run_through(renderer, job)[-1]
    frame = renderer.evaluate(replace(job, running=False, scrub=2))
    assert frame.picture is not None
    assert frame.picture.iteration == 2
    assert np.array_equal(frame.picture.pixels, images_of(job)[2])
    assert frame.loss is not None
    assert live.loss is not None
    assert frame.loss > live.loss
    assert frame.loss == pytest.approx(status(live).losses[2], rel=0.05)  # in bytes, not in floats


def test_a_preview_of_an_earlier_image_is_whole_and_the_run_goes_on(renderer: Renderer, job: Job) -> None:
    run_through(renderer, job)
    preview = replace(job, scrub=3, quality="preview")
    frame = renderer.evaluate(preview)
    assert frame.picture is not None
    assert frame.picture.pixels.shape == (48, 64, 3)
    assert renderer.runs.goes_on(preview)
    assert not renderer.runs.goes_on(replace(preview, scrub=None))
    assert not renderer.runs.goes_on(replace(preview, gaze=(0.9, 0.9)))


def test_a_running_search_does_not_show_itself_meanwhile(renderer: Renderer, job: Job) -> None:
    scrubbed = replace(job, scrub=0)
    renderer.begin(scrubbed)
    renderer.step(scrubbed)
    renderer._image_due = 0.0
    frame = renderer.step(scrubbed)
    assert frame is not None
    assert (frame.picture, frame.heatmap, frame.map, frame.loss) == (None, None, None, None)
    assert status(frame).iteration == 2


def test_a_pause_stores_the_last_image(renderer: Renderer, job: Job) -> None:
    renderer.begin(job)
    renderer._image_due = time.monotonic() + 1000  # no image is due
    renderer.step(job)
    assert status(renderer.evaluate(job)).stored == (0,)
    assert status(renderer.evaluate(replace(job, running=False))).stored == (0, 1)


def test_no_room_means_no_images(renderer: Renderer, job: Job, tmp_path: Path) -> None:
    none = replace(job, keeping=KeepSettings(history_mb=0))
    assert status(run_through(renderer, none)[-1]).stored == ()
    assert list((tmp_path / "history").glob("run-*/*/*")) == []
    with pytest.raises(ValueError, match="no images of this run"):
        renderer.runs.trails.frames(1)
    with pytest.raises(ValueError, match="no image of this run"):
        renderer.evaluate(replace(none, scrub=2))


def test_a_run_that_is_no_longer_wanted_leaves_nothing(renderer: Renderer, job: Job, tmp_path: Path) -> None:
    run_through(renderer, job)
    assert len(list((tmp_path / "history").glob("run-*/1/*"))) == 7
    renderer.runs.keep(frozenset())
    assert list((tmp_path / "history").glob("run-*/1/*")) == []


def test_an_image_is_stale_towards_the_gaze_it_was_not_made_for(renderer: Renderer, job: Job) -> None:
    renderer.begin(job)
    moved = replace(job, gaze=(0.9, 0.9))
    run_through(renderer, moved)
    frames = [renderer.evaluate(replace(moved, running=False, scrub=i)) for i in (0, 6)]
    gazes = [frame.picture.key.gaze for frame in frames if frame.picture and frame.picture.key]
    assert gazes == [(0.3, 0.4), (0.9, 0.9)]


def test_an_exported_earlier_image_says_which_it_is(renderer: Renderer, job: Job, tmp_path: Path) -> None:
    renderer.begin(job)
    run_through(renderer, replace(job, gaze=(0.9, 0.9)))
    scrubbed = replace(job, gaze=(0.9, 0.9), running=False, scrub=0)
    export_requests.export_candidate(scrubbed, tmp_path / "a.png")(renderer)
    about = read_png_settings(tmp_path / "a.png")
    assert (about["iteration"], about["gaze"]) == (0, [0.3, 0.4])
    search = MetamerSearch(job.target, job.gaze, SETTINGS, job.settings)
    assert np.array_equal(to_uint8(load_image(tmp_path / "a.png")), to_uint8(search.image))
    assert about["loss"] == renderer.runs.searches[1].synthesis.history.column("losses")[0]
    export_requests.export_heatmap(scrubbed, tmp_path / "heat.png")(renderer)
    assert read_png_settings(tmp_path / "heat.png")["iteration"] == 0


def test_parts_and_statistics_are_those_of_the_earlier_image(renderer: Renderer, job: Job) -> None:
    run_through(renderer, job)
    twins = []
    for scrub in (0, 4):
        scrubbed = replace(job, scrub=scrub)
        parts = renderer.decompose(scrubbed)
        assert parts.iteration == scrub
        assert parts.values.sum() == pytest.approx(renderer.evaluate(scrubbed).loss, rel=1e-4)
        twin, iteration = renderer.twin(scrubbed)
        assert iteration == scrub
        twins.append(twin)
    assert twins[0] is not twins[1]
    assert renderer.decompose(replace(job, running=False)).iteration == 6


def test_a_second_point_of_an_earlier_image_reads_it_no_more(
    renderer: Renderer, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_through(renderer, job)
    earlier = replace(job, running=False, scrub=2)
    twin, _ = renderer.twin(earlier)
    monkeypatch.setattr(renderer.runs.trails, "stored", None)
    assert renderer.twin(earlier) == (twin, 2)
