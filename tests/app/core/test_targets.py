"""Each target has its own image, gaze, settings and run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from foveaview.app.core.controller import Controller
from foveaview.app.core.state import Phase
from foveaview.live import Done, Request
from tests.app.conftest import MakeFile, StillWorker, collect
from tests.app.core.states import document


def test_levels_are_set_to_what_fits(controller: Controller) -> None:
    assert document(controller).loss_settings.n_pyramid_levels == 5
    seen = collect(controller.noticed)
    worker_file = document(controller).path.with_name("small.png")
    from PIL import Image

    Image.new("RGB", (20, 20)).save(worker_file)
    controller.documents.open_targets([worker_file])
    assert document(controller).loss_settings.n_pyramid_levels == 4
    assert "levels set to 4" in seen[0]


def test_a_target_too_small_for_any_level_is_not_opened(controller: Controller, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (300, 9)).save(tmp_path / "thin.png")
    seen = collect(controller.failed)
    controller.documents.open_targets([tmp_path / "thin.png"])
    assert "16 px" in seen[0].message
    assert len(controller.state.documents) == 1


def test_halving_opens_a_smaller_target(controller: Controller) -> None:
    controller.documents.halve()
    assert document(controller).size == (24, 32)


def test_each_target_keeps_its_gaze_settings_and_run(
    controller: Controller, worker: StillWorker, image_file: Callable[..., Path]
) -> None:
    first = document(controller).number
    controller.edits.set_gaze((0.1, 0.2))
    controller.edits.set_loss("alpha", 0.3)
    controller.search.start()
    run = document(controller).run
    controller.documents.open_targets([image_file("other.png", seed=1)])
    controller.edits.set_gaze((0.9, 0.9))
    controller.edits.set_loss("alpha", 0.5)
    assert run in worker.jobs[-1].keep
    controller.documents.select(first)
    assert document(controller).gaze == (0.1, 0.2)
    assert document(controller).loss_settings.alpha == 0.3
    assert document(controller).run == run
    assert document(controller).phase is Phase.PAUSED


def test_a_closed_target_drops_its_run(controller: Controller, worker: StillWorker) -> None:
    controller.search.start()
    controller.documents.close(document(controller).number)
    assert controller.state.document is None
    assert controller.state.documents == ()


def test_a_candidate_of_another_size_is_resized_with_a_notice(
    controller: Controller, worker: StillWorker, image_file: Callable[..., Path]
) -> None:
    seen = collect(controller.noticed)
    controller.documents.open_candidate(image_file("big.png", size=(90, 100)))
    assert worker.jobs[-1].candidate == "file"
    assert worker.jobs[-1].file is not None
    assert worker.jobs[-1].file.shape == (1, 3, 48, 64)
    assert "resized from 100 x 90" in seen[0]


def test_a_start_image_comes_to_its_own_target(
    controller: Controller, worker: StillWorker, image_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller.documents.open_targets([image_file("b.png", seed=1)])
    first, second = controller.state.documents
    controller.documents.select(first.number)
    late: list[Callable[[], None]] = []

    def ask(request: Request, done: Done, _replaces: str | None = None) -> None:
        late.append(lambda: done(request(worker.renderer)))

    monkeypatch.setattr(worker, "ask", ask)
    controller.documents.open_start(image_file("c.png", seed=2))
    controller.documents.select(second.number)
    late[0]()
    first, second = controller.state.documents
    assert (first.settings.start, second.settings.start) == ("image", "ventral")
    assert first.start is not None


def test_a_new_target_does_not_start_from_the_last_ones_image(
    controller: Controller, image_file: MakeFile
) -> None:
    controller.documents.open_start(image_file("c.png", seed=2))
    controller.documents.open_targets([image_file("b.png", seed=1)])
    assert [d.settings.start for d in controller.state.documents] == ["image", "ventral"]


def test_a_pixel_outside_cannot_be_pinned(controller: Controller) -> None:
    controller.edits.pin((64, 0))
    assert document(controller).pins == ()
