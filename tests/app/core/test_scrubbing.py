"""Going back to the stored images of a search, and to now."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from foveaview.app.core.controller import Controller
from foveaview.app.core.state import Phase
from foveaview.live import Failure
from tests.app.conftest import StillWorker
from tests.app.core.states import document, frame, picture


def test_going_back_shows_the_nearest_stored_image_and_the_run_goes_on(
    started: Controller, worker: StillWorker, qtbot: QtBot
) -> None:
    worker.jobs.clear()
    started.edits.scrub(11)
    assert document(started).scrub == 8
    assert document(started).phase is Phase.RUNNING
    assert [(job.quality, job.scrub, job.running) for job in worker.jobs] == [("preview", 8, True)]
    qtbot.waitUntil(lambda: len(worker.jobs) == 2)
    assert (worker.jobs[1].quality, worker.jobs[1].scrub) == ("full", 8)


def test_a_live_image_on_its_way_does_not_take_the_place_of_an_earlier_one(
    started: Controller, worker: StillWorker
) -> None:
    late = frame(started, worker, picture=picture(started))
    started.edits.scrub(8)
    started.search.receive(late)
    assert document(started).picture is None
    wanted = frame(started, worker, picture=picture(started))
    started.edits.scrub(0)  # a drag goes on: what was asked for on its way is shown all the same
    started.search.receive(wanted)
    assert document(started).picture is wanted.picture


def test_an_earlier_image_on_its_way_does_not_take_the_place_of_now(
    started: Controller, worker: StillWorker
) -> None:
    started.edits.scrub(8)
    late = frame(started, worker, picture=picture(started))
    started.edits.scrub(None)
    started.search.receive(late)
    assert document(started).picture is None
    assert worker.jobs[-1].scrub is None


@pytest.mark.parametrize(
    "leave",
    [
        lambda c: (c.search.pause(), c.search.start()),
        lambda c: c.search.stop(),
        lambda c: c.search.reset(),
        lambda c: c.search.restart(),
        lambda c: c.edits.set_candidate("ventral"),
    ],
    ids=["resume", "stop", "reset", "restart", "candidate"],
)
def test_what_leaves_the_past(
    started: Controller, worker: StillWorker, leave: Callable[[Controller], object]
) -> None:
    started.edits.scrub(8)
    leave(started)
    assert document(started).scrub is None
    assert worker.jobs[-1].scrub is None


def test_a_pause_stays_in_the_past(started: Controller, worker: StillWorker) -> None:
    started.edits.scrub(8)
    started.search.pause()
    assert worker.jobs[-1].scrub == 8


def test_going_back_shows_the_metamer_whatever_was_shown(started: Controller, worker: StillWorker) -> None:
    started.edits.set_candidate("ventral")
    started.edits.scrub(0)
    assert (document(started).candidate, document(started).scrub) == ("metamer", 0)


def test_nothing_stored_is_nothing_to_go_back_to(controller: Controller, worker: StillWorker) -> None:
    worker.jobs.clear()
    controller.edits.scrub(3)
    assert document(controller).scrub is None
    assert worker.jobs == []


def test_a_stored_image_that_fails_leads_back_to_now(started: Controller, worker: StillWorker) -> None:
    started.edits.scrub(8)
    started.search.receive(frame(started, worker, failure=Failure("input", "cannot be read", "")))
    assert document(started).scrub is None
    assert worker.jobs[-1].scrub is None
