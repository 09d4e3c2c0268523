"""What a change asks of the worker, and which of its frames are taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from foveaview.app.core.controller import Controller
from tests.app.conftest import StillWorker, collect
from tests.app.core.states import document, frame, picture


def test_an_opened_target_is_computed_in_full(controller: Controller, worker: StillWorker) -> None:
    assert document(controller).size == (48, 64)
    assert worker.jobs[-1].quality == "full"


def test_a_gaze_is_previewed_at_once_and_computed_when_it_rests(
    controller: Controller, worker: StillWorker, qtbot: QtBot
) -> None:
    worker.jobs.clear()
    controller.edits.set_gaze((0.2, 0.3))
    assert [job.quality for job in worker.jobs] == ["preview"]
    qtbot.waitUntil(lambda: len(worker.jobs) == 2)
    assert worker.jobs[1].quality == "full"
    assert worker.jobs[1].gaze == (0.2, 0.3)


def test_a_gaze_outside_is_the_edge(controller: Controller) -> None:
    controller.edits.set_gaze((-0.5, 1.5))
    assert document(controller).gaze == (0.0, 1.0)


def test_an_unchanged_gaze_asks_for_nothing(controller: Controller, worker: StillWorker) -> None:
    worker.jobs.clear()
    controller.edits.set_gaze(document(controller).gaze)
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
    controller.edits.set_loss(name, value)
    assert seen[0][0] == name
    assert why in seen[0][1]
    assert document(controller).loss_settings == before
    assert worker.jobs == []


def test_a_result_of_other_settings_is_stale_and_says_what_changed(
    controller: Controller, worker: StillWorker
) -> None:
    controller.search.receive(frame(controller, worker, picture=picture(controller, seed=0)))
    assert document(controller).picture_changes == []
    controller.edits.set_loss("alpha", 0.25)
    controller.edits.set_gaze((0.1, 0.1))
    assert document(controller).picture_changes == ["gaze", "alpha 0.2 -> 0.25"]


def test_a_frame_for_what_is_no_longer_shown_is_dropped(controller: Controller, worker: StillWorker) -> None:
    late = frame(controller, worker, picture=picture(controller, seed=0))
    controller.search.start()
    controller.search.receive(late)
    assert document(controller).picture is None


def test_a_frame_of_another_document_is_dropped(
    controller: Controller, worker: StillWorker, image_file: Callable[..., Path]
) -> None:
    late = frame(controller, worker, picture=picture(controller, seed=0))
    controller.documents.open_targets([image_file("other.png", seed=1)])
    controller.search.receive(late)
    assert all(d.picture is None for d in controller.state.documents)
