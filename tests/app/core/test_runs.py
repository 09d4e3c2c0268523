"""A search that starts, pauses, ends, fails and goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foveaview.app.core.controller import Controller
from foveaview.app.core.state import Phase
from foveaview.live import Failure, RunStatus
from foveaview.synthesis import Outcome
from tests.app.conftest import StillWorker, collect
from tests.app.core.states import document, frame, told


def test_start_pause_resume_stop_reset(controller: Controller, worker: StillWorker) -> None:
    controller.search.start()
    first = document(controller).run
    assert document(controller).phase is Phase.RUNNING
    assert worker.jobs[-1].running
    controller.search.pause()
    assert document(controller).phase is Phase.PAUSED
    assert not worker.jobs[-1].running
    controller.search.start()
    assert document(controller).run == first
    controller.search.stop()
    assert document(controller).phase is Phase.STOPPED
    assert worker.jobs[-1].keep == {first}
    controller.search.start()
    assert document(controller).run == first
    controller.search.restart()
    assert document(controller).run != first
    controller.search.reset()
    assert document(controller).run is None
    assert document(controller).candidate == "ventral"
    assert worker.jobs[-1].keep == frozenset()


def test_a_run_that_ends_is_done(controller: Controller, worker: StillWorker) -> None:
    seen = collect(controller.noticed)
    controller.search.start()
    run = document(controller).run
    assert run is not None
    status = RunStatus(run, 3, np.ones(3), 1.0, Outcome.CONVERGED)
    controller.search.receive(frame(controller, worker, run=status))
    assert document(controller).phase is Phase.DONE
    assert "converged" in seen[-1]


def test_a_run_that_is_no_longer_finite_says_what_to_do(controller: Controller, worker: StillWorker) -> None:
    seen = collect(controller.failed)
    controller.search.start()
    run = document(controller).run
    assert run is not None
    status = RunStatus(run, 3, np.ones(3), 1.0, Outcome.NOT_FINITE)
    controller.search.receive(frame(controller, worker, run=status))
    assert "lower the learning rate" in seen[0].message


def test_a_failure_pauses_the_run(controller: Controller, worker: StillWorker) -> None:
    controller.search.start()
    controller.search.receive(frame(controller, worker, failure=Failure("memory", "out", "")))
    assert document(controller).phase is Phase.PAUSED


def test_start_from_an_image_needs_one(controller: Controller) -> None:
    seen = collect(controller.rejected)
    controller.edits.set_synthesis("start", "image")
    controller.search.start()
    assert seen[0][0] == "start"
    assert document(controller).phase is Phase.IDLE


def test_a_checkpoint_that_cannot_be_loaded_leaves_the_run(
    controller: Controller, worker: StillWorker, tmp_path: Path
) -> None:
    controller.search.start()
    run, seen = document(controller).run, collect(controller.failed)
    (tmp_path / "bad.pt").write_bytes(b"bad")
    controller.documents.load_checkpoint(tmp_path / "bad.pt")
    assert document(controller).run == run
    assert document(controller).phase is Phase.RUNNING
    assert "bad.pt" in seen[0].message


def test_a_full_disk_is_said_once(started: Controller, worker: StillWorker) -> None:
    seen = collect(started.noticed)
    for iteration in (21, 22):
        started.search.receive(told(started, worker, iteration=iteration, history_problem="the disk is full"))
    assert seen == ["the disk is full"]


def test_the_room_for_the_history_reaches_the_worker(controller: Controller, worker: StillWorker) -> None:
    controller.edits.set_history(64)
    assert worker.jobs[-1].keeping.history_mb == 64


@pytest.mark.parametrize("outcome", [Outcome.STEPS_DONE, Outcome.CONVERGED, Outcome.NOT_FINITE])
def test_start_of_a_finished_run_continues_it_and_offers_a_restart(
    started: Controller, worker: StillWorker, outcome: Outcome
) -> None:
    run, seen = document(started).run, collect(started.search.continued)
    started.edits.set_synthesis("steps", 900)
    started.search.receive(told(started, worker, iteration=500, outcome=outcome))
    assert document(started).phase is Phase.DONE
    started.search.start()
    assert document(started).run == run
    assert document(started).phase is Phase.RUNNING
    assert document(started).settings.steps == 900
    assert seen == [500]


def test_start_of_a_run_without_steps_left_gives_as_many_as_a_new_one_takes(
    started: Controller, worker: StillWorker
) -> None:
    run = document(started).run
    started.search.receive(told(started, worker, iteration=150, outcome=Outcome.STEPS_DONE))
    started.search.start()
    assert document(started).run == run
    assert document(started).settings.steps == 300
    assert document(started).steps_left == 150


def test_restart_begins_a_run_of_its_own(started: Controller, worker: StillWorker) -> None:
    run = document(started).run
    started.search.receive(told(started, worker, iteration=150, outcome=Outcome.STEPS_DONE))
    started.search.restart()
    assert document(started).run != run
    assert document(started).status is None
    assert document(started).settings.steps is None


def test_a_change_of_how_long_it_runs_asks_nothing(started: Controller) -> None:
    seen: list[bool] = []
    started.edits.edited_in_run.connect(lambda: seen.append(True))
    started.edits.set_synthesis("steps", 900)
    started.edits.set_synthesis("stop_window", 20)
    assert seen == []
    started.edits.set_synthesis("learning_rate", 0.02)
    assert len(seen) == 1


def test_a_run_that_is_read_is_kept_by_the_job_that_waits(
    controller: Controller, worker: StillWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "ask", lambda *_: None)
    controller.documents.load_checkpoint(tmp_path / "run.pt")
    assert worker.jobs[-1].keep == controller.awaited
    _number, run = controller.documents.reserve()
    assert run in worker.jobs[-1].keep
