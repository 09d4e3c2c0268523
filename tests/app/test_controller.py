"""The rules of the state, without a thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from foveaview.app.controller import Controller
from foveaview.app.state import Document, Phase
from foveaview.live import Done, Failure, Frame, Key, Picture, Request, RunStatus
from foveaview.synthesis import Outcome

from .conftest import StillWorker

MakeFile = Callable[..., Path]


@pytest.fixture
def controller(qtbot: QtBot, worker: StillWorker, image_file: Callable[..., Path]) -> Controller:
    made = Controller(worker)
    made.open_targets([image_file()])
    return made


def document(controller: Controller) -> Document:
    shown = controller.state.document
    assert shown is not None
    return shown


def collect(signal: Any) -> list[Any]:
    seen: list[Any] = []
    signal.connect(lambda *values: seen.append(values if len(values) > 1 else values[0]))
    return seen


def frame(controller: Controller, worker: StillWorker, **values: Any) -> Frame:
    return Frame(worker.jobs[-1].generation, document(controller).number, "full", **values)


def picture(controller: Controller, **key: Any) -> Picture:
    made = Key(document(controller).gaze, document(controller).loss_settings, **key)
    return Picture(np.zeros((48, 64, 3), np.uint8), made, np.zeros((3, 48, 64), np.float32))


def test_an_opened_target_is_computed_in_full(controller: Controller, worker: StillWorker) -> None:
    assert document(controller).size == (48, 64)
    assert worker.jobs[-1].quality == "full"


def test_levels_are_set_to_what_fits(controller: Controller) -> None:
    assert document(controller).loss_settings.n_pyramid_levels == 5
    seen = collect(controller.noticed)
    worker_file = document(controller).path.with_name("small.png")
    from PIL import Image

    Image.new("RGB", (20, 20)).save(worker_file)
    controller.open_targets([worker_file])
    assert document(controller).loss_settings.n_pyramid_levels == 4
    assert "levels set to 4" in seen[0]


def test_a_target_too_small_for_any_level_is_not_opened(controller: Controller, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (300, 9)).save(tmp_path / "thin.png")
    seen = collect(controller.failed)
    controller.open_targets([tmp_path / "thin.png"])
    assert "16 px" in seen[0].message
    assert len(controller.state.documents) == 1


def test_a_gaze_is_previewed_at_once_and_computed_when_it_rests(
    controller: Controller, worker: StillWorker, qtbot: QtBot
) -> None:
    worker.jobs.clear()
    controller.set_gaze((0.2, 0.3))
    assert [job.quality for job in worker.jobs] == ["preview"]
    qtbot.waitUntil(lambda: len(worker.jobs) == 2)
    assert worker.jobs[1].quality == "full"
    assert worker.jobs[1].gaze == (0.2, 0.3)


def test_a_gaze_outside_is_the_edge(controller: Controller) -> None:
    controller.set_gaze((-0.5, 1.5))
    assert document(controller).gaze == (0.0, 1.0)


def test_an_unchanged_gaze_asks_for_nothing(controller: Controller, worker: StillWorker) -> None:
    worker.jobs.clear()
    controller.set_gaze(document(controller).gaze)
    assert worker.jobs == []


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("n_pyramid_levels", 6, "at most 5 fit"),
        ("use_fullres_l0", True, "use_l2_foveal_loss"),
        ("alpha", -1, "greater than 0"),
    ],
)
def test_a_setting_that_cannot_be_says_why_and_changes_nothing(
    controller: Controller, worker: StillWorker, name: str, value: object, why: str
) -> None:
    before = document(controller).loss_settings
    worker.jobs.clear()
    seen = collect(controller.rejected)
    controller.set_loss(name, value)
    assert seen[0][0] == name
    assert why in seen[0][1]
    assert document(controller).loss_settings == before
    assert worker.jobs == []


def test_a_result_of_other_settings_is_stale_and_says_what_changed(
    controller: Controller, worker: StillWorker
) -> None:
    controller.take_frame(frame(controller, worker, picture=picture(controller, seed=0)))
    assert document(controller).picture_changes == []
    controller.set_loss("alpha", 0.25)
    controller.set_gaze((0.1, 0.1))
    assert document(controller).picture_changes == ["gaze", "alpha 0.2 -> 0.25"]


def test_a_frame_for_what_is_no_longer_shown_is_dropped(controller: Controller, worker: StillWorker) -> None:
    late = frame(controller, worker, picture=picture(controller, seed=0))
    controller.start()
    controller.take_frame(late)
    assert document(controller).picture is None


def test_a_frame_of_another_document_is_dropped(
    controller: Controller, worker: StillWorker, image_file: Callable[..., Path]
) -> None:
    late = frame(controller, worker, picture=picture(controller, seed=0))
    controller.open_targets([image_file("other.png", seed=1)])
    controller.take_frame(late)
    assert all(d.picture is None for d in controller.state.documents)


def test_start_pause_resume_stop_reset(controller: Controller, worker: StillWorker) -> None:
    controller.start()
    first = document(controller).run
    assert document(controller).phase is Phase.RUNNING
    assert worker.jobs[-1].running
    controller.pause()
    assert document(controller).phase is Phase.PAUSED
    assert not worker.jobs[-1].running
    controller.start()
    assert document(controller).run == first
    controller.stop()
    assert document(controller).phase is Phase.STOPPED
    assert worker.jobs[-1].keep == {first}
    controller.start()
    assert document(controller).run != first
    controller.reset()
    assert document(controller).run is None
    assert document(controller).candidate == "ventral"
    assert worker.jobs[-1].keep == frozenset()


def test_a_run_that_ends_is_done(controller: Controller, worker: StillWorker) -> None:
    seen = collect(controller.noticed)
    controller.start()
    run = document(controller).run
    assert run is not None
    status = RunStatus(run, 3, np.ones(3), 1.0, Outcome.CONVERGED)
    controller.take_frame(frame(controller, worker, run=status))
    assert document(controller).phase is Phase.DONE
    assert "converged" in seen[-1]


def test_a_run_that_is_no_longer_finite_says_what_to_do(controller: Controller, worker: StillWorker) -> None:
    seen = collect(controller.failed)
    controller.start()
    run = document(controller).run
    assert run is not None
    status = RunStatus(run, 3, np.ones(3), 1.0, Outcome.NOT_FINITE)
    controller.take_frame(frame(controller, worker, run=status))
    assert "lower the learning rate" in seen[0].message


def test_a_failure_pauses_the_run(controller: Controller, worker: StillWorker) -> None:
    controller.start()
    controller.take_frame(frame(controller, worker, failure=Failure("memory", "out", "")))
    assert document(controller).phase is Phase.PAUSED


def test_each_target_keeps_its_gaze_settings_and_run(
    controller: Controller, worker: StillWorker, image_file: Callable[..., Path]
) -> None:
    first = document(controller).number
    controller.set_gaze((0.1, 0.2))
    controller.set_loss("alpha", 0.3)
    controller.start()
    run = document(controller).run
    controller.open_targets([image_file("other.png", seed=1)])
    controller.set_gaze((0.9, 0.9))
    controller.set_loss("alpha", 0.5)
    assert run in worker.jobs[-1].keep
    controller.select(first)
    assert document(controller).gaze == (0.1, 0.2)
    assert document(controller).loss_settings.alpha == 0.3
    assert document(controller).run == run
    assert document(controller).phase is Phase.PAUSED


def test_a_closed_target_drops_its_run(controller: Controller, worker: StillWorker) -> None:
    controller.start()
    controller.close_document(document(controller).number)
    assert controller.state.document is None
    assert controller.state.documents == ()


def test_start_from_an_image_needs_one(controller: Controller) -> None:
    seen = collect(controller.rejected)
    controller.set_synthesis("start", "image")
    controller.start()
    assert seen[0][0] == "start"
    assert document(controller).phase is Phase.IDLE


def test_a_candidate_of_another_size_is_resized_with_a_notice(
    controller: Controller, worker: StillWorker, image_file: Callable[..., Path]
) -> None:
    seen = collect(controller.noticed)
    controller.open_candidate(image_file("big.png", size=(90, 100)))
    assert worker.jobs[-1].candidate == "file"
    assert worker.jobs[-1].file is not None
    assert worker.jobs[-1].file.shape == (1, 3, 48, 64)
    assert "resized from 100 x 90" in seen[0]


def test_halving_opens_a_smaller_target(controller: Controller) -> None:
    controller.halve()
    assert document(controller).size == (24, 32)


def test_a_checkpoint_that_cannot_be_loaded_leaves_the_run(
    controller: Controller, worker: StillWorker, tmp_path: Path
) -> None:
    controller.start()
    run, seen = document(controller).run, collect(controller.failed)
    (tmp_path / "bad.pt").write_bytes(b"bad")
    controller.load_checkpoint(tmp_path / "bad.pt")
    assert document(controller).run == run
    assert document(controller).phase is Phase.RUNNING
    assert "bad.pt" in seen[0].message


def told(controller: Controller, worker: StillWorker, **values: Any) -> Frame:
    """What the worker tells of the run that goes on."""
    run = document(controller).run
    assert run is not None
    given = {"iteration": 20, "losses": np.ones(20), "outcome": None, "stored": (0, 8, 20), **values}
    return frame(controller, worker, run=RunStatus(run, steps_per_second=1.0, **given))


@pytest.fixture
def started(controller: Controller, worker: StillWorker) -> Controller:
    controller.start()
    controller.take_frame(told(controller, worker))
    return controller


def test_going_back_shows_the_nearest_stored_image_and_the_run_goes_on(
    started: Controller, worker: StillWorker, qtbot: QtBot
) -> None:
    worker.jobs.clear()
    started.scrub(11)
    assert document(started).scrub == 8
    assert document(started).phase is Phase.RUNNING
    assert [(job.quality, job.scrub, job.running) for job in worker.jobs] == [("preview", 8, True)]
    qtbot.waitUntil(lambda: len(worker.jobs) == 2)
    assert (worker.jobs[1].quality, worker.jobs[1].scrub) == ("full", 8)


def test_a_live_image_on_its_way_does_not_take_the_place_of_an_earlier_one(
    started: Controller, worker: StillWorker
) -> None:
    late = frame(started, worker, picture=picture(started))
    started.scrub(8)
    started.take_frame(late)
    assert document(started).picture is None
    wanted = frame(started, worker, picture=picture(started))
    started.scrub(0)  # a drag goes on: what was asked for on its way is shown all the same
    started.take_frame(wanted)
    assert document(started).picture is wanted.picture


def test_an_earlier_image_on_its_way_does_not_take_the_place_of_now(
    started: Controller, worker: StillWorker
) -> None:
    started.scrub(8)
    late = frame(started, worker, picture=picture(started))
    started.scrub(None)
    started.take_frame(late)
    assert document(started).picture is None
    assert worker.jobs[-1].scrub is None


@pytest.mark.parametrize(
    "leave",
    [
        lambda c: (c.pause(), c.start()),
        lambda c: c.stop(),
        lambda c: c.reset(),
        lambda c: c.restart(),
        lambda c: c.set_candidate("ventral"),
    ],
    ids=["resume", "stop", "reset", "restart", "candidate"],
)
def test_what_leaves_the_past(
    started: Controller, worker: StillWorker, leave: Callable[[Controller], object]
) -> None:
    started.scrub(8)
    leave(started)
    assert document(started).scrub is None
    assert worker.jobs[-1].scrub is None


def test_a_pause_stays_in_the_past(started: Controller, worker: StillWorker) -> None:
    started.scrub(8)
    started.pause()
    assert worker.jobs[-1].scrub == 8


def test_going_back_shows_the_metamer_whatever_was_shown(started: Controller, worker: StillWorker) -> None:
    started.set_candidate("ventral")
    started.scrub(0)
    assert (document(started).candidate, document(started).scrub) == ("metamer", 0)


def test_nothing_stored_is_nothing_to_go_back_to(controller: Controller, worker: StillWorker) -> None:
    worker.jobs.clear()
    controller.scrub(3)
    assert document(controller).scrub is None
    assert worker.jobs == []


def test_a_stored_image_that_fails_leads_back_to_now(started: Controller, worker: StillWorker) -> None:
    started.scrub(8)
    started.take_frame(frame(started, worker, failure=Failure("input", "cannot be read", "")))
    assert document(started).scrub is None
    assert worker.jobs[-1].scrub is None


def test_a_full_disk_is_said_once(started: Controller, worker: StillWorker) -> None:
    seen = collect(started.noticed)
    for iteration in (21, 22):
        started.take_frame(told(started, worker, iteration=iteration, history_problem="the disk is full"))
    assert seen == ["the disk is full"]


def test_the_room_for_the_history_reaches_the_worker(controller: Controller, worker: StillWorker) -> None:
    controller.set_history(64)
    assert worker.jobs[-1].keeping.history_mb == 64


@pytest.mark.parametrize(
    ("outcome", "steps", "same"),
    [
        (Outcome.STEPS_DONE, 900, True),
        (Outcome.STEPS_DONE, 500, False),
        (Outcome.CONVERGED, 900, False),
    ],
)
def test_a_finished_run_that_was_given_more_steps_goes_on(
    started: Controller, worker: StillWorker, outcome: Outcome, steps: int, same: bool
) -> None:
    run = document(started).run
    started.take_frame(told(started, worker, iteration=500, outcome=outcome))
    assert document(started).phase is Phase.DONE
    started.set_synthesis("steps", steps)
    started.start()
    assert (document(started).run == run) is same
    assert document(started).phase is Phase.RUNNING


def test_a_change_of_how_long_it_runs_asks_nothing(started: Controller) -> None:
    seen: list[bool] = []
    started.edited_in_run.connect(lambda: seen.append(True))
    started.set_synthesis("steps", 900)
    started.set_synthesis("stop_window", 20)
    assert seen == []
    started.set_synthesis("learning_rate", 0.02)
    assert len(seen) == 1


def test_a_start_image_comes_to_its_own_target(
    controller: Controller, worker: StillWorker, image_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller.open_targets([image_file("b.png", seed=1)])
    first, second = controller.state.documents
    controller.select(first.number)
    late: list[Callable[[], None]] = []

    def ask(request: Request, done: Done, _replaces: str | None = None) -> None:
        late.append(lambda: done(request(worker.renderer)))

    monkeypatch.setattr(worker, "ask", ask)
    controller.open_start(image_file("c.png", seed=2))
    controller.select(second.number)
    late[0]()
    first, second = controller.state.documents
    assert (first.settings.start, second.settings.start) == ("image", "noise")
    assert first.start is not None


def test_a_new_target_does_not_start_from_the_last_ones_image(
    controller: Controller, image_file: MakeFile
) -> None:
    controller.open_start(image_file("c.png", seed=2))
    controller.open_targets([image_file("b.png", seed=1)])
    assert [d.settings.start for d in controller.state.documents] == ["image", "noise"]


def test_a_pixel_outside_cannot_be_pinned(controller: Controller) -> None:
    controller.pin((64, 0))
    assert document(controller).pins == ()


def test_a_run_that_is_read_is_kept_by_the_job_that_waits(
    controller: Controller, worker: StillWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "ask", lambda *_: None)
    controller.load_checkpoint(tmp_path / "run.pt")
    assert worker.jobs[-1].keep == controller._awaited
    _number, run = controller.reserve()
    assert run in worker.jobs[-1].keep
