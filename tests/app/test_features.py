"""Features on their own: no window, no thread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from foveaview.app.context import AppContext
from foveaview.app.export.controller import ExportController
from foveaview.app.gaze.controller import GazeController
from foveaview.app.images.actions import ImageActions
from foveaview.app.images.controller import ImagesController
from foveaview.app.inspection.controller import InspectionController
from foveaview.app.rate.controller import RateController
from foveaview.app.run.controller import RunController
from foveaview.app.run.presets import PresetController
from foveaview.app.sessions.actions import SessionActions
from foveaview.app.shell.file_opener import FileOpener
from foveaview.app.shell.view_controller import ViewController
from foveaview.files import load_image, read_png_settings
from tests.app.conftest import MakeFile, StillWorker
from tests.app.fake_context import FakeNotify, fake_context

Made = tuple[AppContext, FakeNotify]


@pytest.fixture
def made(qtbot: QtBot, tmp_path: Path, worker: StillWorker) -> Iterator[Made]:
    context, notify = fake_context(tmp_path, worker)
    yield context, notify
    context.parent.deleteLater()
    context.images.deleteLater()


@pytest.fixture
def opened(made: Made, image_file: MakeFile) -> Made:
    """With an image."""
    made[0].controller.documents.open_targets([image_file()])
    return made


def test_export_controller_writes_candidate_and_reports(opened: Made, tmp_path: Path) -> None:
    context, notify = opened
    ExportController(context).export_candidate(tmp_path / "a.png")
    assert notify.messages == ["a.png: written"]
    assert read_png_settings(tmp_path / "a.png")["content"] == "ventral metamer"


def test_export_controller_without_image_writes_nothing(made: Made, tmp_path: Path) -> None:
    ExportController(made[0]).export_heatmap(tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_file_opener_opens_each_kind_by_its_name(
    opened: Made, image_file: MakeFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, notify = opened
    recordings: list[Path] = []
    sessions: list[Path] = []
    monkeypatch.setattr(context.sessions, "open", sessions.append)
    opener = FileOpener(context, recordings.append)
    opener.open([tmp_path / "eye.asc", tmp_path / "missing.pt", image_file("other.png")])
    assert recordings == [tmp_path / "eye.asc"]
    assert len(notify.failures) == 1
    assert "missing.pt" in notify.failures[0]
    assert len(context.controller.state.documents) == 2
    opener.open([tmp_path / "a.foveaview", image_file("third.png")])
    assert sessions == [tmp_path / "a.foveaview"]
    assert len(context.controller.state.documents) == 2


def test_file_opener_remembers_files_that_exist(made: Made, image_file: MakeFile, tmp_path: Path) -> None:
    path = image_file()
    FileOpener(made[0], lambda _path: None).open([path, tmp_path / "eye.asc"])
    assert made[0].preferences.recent == [str(path.resolve())]


def test_images_controller_shows_pixels_of_opened_target(made: Made, image_file: MakeFile) -> None:
    context, _notify = made
    images = ImagesController(context)
    context.controller.documents.open_targets([image_file()])
    assert images.targets.count() == 1
    assert context.images.target.title.text().startswith("image.png")


def test_images_controller_click_moves_gaze(opened: Made) -> None:
    context, _notify = opened
    ImagesController(context)
    context.images.pointed.emit(0.25, 0.75)
    assert context.document is not None
    assert context.document.gaze == (0.25, 0.75)


def test_image_actions_copy_citation_reports_line(opened: Made) -> None:
    context, notify = opened
    ImageActions(context, lambda _paths: None)
    context.actions["copy_citation"].trigger()
    assert notify.messages[0].startswith("copied: ")
    assert "gaze" in notify.messages[0]


def test_inspection_controller_saves_points(opened: Made, tmp_path: Path) -> None:
    context, notify = opened
    inspection = InspectionController(context)
    context.controller.edits.pin((3, 4))
    inspection.save(tmp_path / "points.csv")
    assert notify.messages == ["points.csv: written"]
    assert len((tmp_path / "points.csv").read_text().splitlines()) == 2


def test_rate_controller_measures_every_planned_point(opened: Made) -> None:
    rate = RateController(opened[0])
    rate.meter.set_setting("n_qualities", 2)
    rate.meter.measure()
    assert not rate.meter.state.measuring
    assert len(rate.meter.state.points) == rate.meter.state.total > 0


def test_run_controller_offers_restart_after_edit_in_run(opened: Made, tmp_path: Path) -> None:
    context, notify = opened
    presets = PresetController(context, tmp_path / "presets.json")
    RunController(context, presets, lambda: None)
    context.actions["run"].trigger()
    context.controller.edits.set_loss("alpha", 0.3)
    assert "Restart" in notify.offered
    first = context.document
    notify.offered["Restart"]()
    assert first is not None
    assert context.document is not None
    assert context.document.run != first.run


def test_run_controller_shows_rejected_value_below_setting(opened: Made, tmp_path: Path) -> None:
    context, notify = opened
    run = RunController(context, PresetController(context, tmp_path / "presets.json"), lambda: None)
    context.controller.edits.set_loss("alpha", -1.0)
    assert not notify.banners
    assert "alpha" not in {name for name, remark in run.settings_panel._remarks.items() if not remark.text()}


def test_run_controller_start_from_image_asks_for_one(opened: Made, tmp_path: Path) -> None:
    asked: list[str] = []
    context, _notify = opened
    presets = PresetController(context, tmp_path / "presets.json")
    run = RunController(context, presets, lambda: asked.append("start"))
    run.settings_panel.edited.emit("SynthesisSettings", "start", "image")
    assert asked == ["start"]


def test_session_actions_save_session_asks_for_path_once(
    opened: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, notify = opened
    asked: list[str] = []

    def answer(_parent: object, title: str, *_rest: object) -> tuple[str, str]:
        asked.append(title)
        return str(tmp_path / "a.foveaview"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    SessionActions(context)
    for _ in range(2):
        context.actions["save_session"].trigger()
    assert asked == ["Save session"]
    assert notify.messages == ["a.foveaview: session saved"] * 2


def test_view_controller_candidate_file_asks_for_one_if_none_is_open(opened: Made) -> None:
    asked: list[str] = []
    view = ViewController(opened[0], lambda: asked.append("candidate"))
    view.toolbar.candidate_chosen.emit("file")
    assert asked == ["candidate"]
    assert view.toolbar.candidate_box.currentData() == "ventral"


def test_gaze_controller_follows_pointer_and_stops(opened: Made) -> None:
    context, _notify = opened
    gaze = GazeController(context)
    context.actions["follow"].trigger()
    assert gaze.source is not None
    context.images.hovered.emit((0, 0))
    context.actions["stop_following"].trigger()
    assert gaze.source is None
    assert not context.actions["follow"].isChecked()
    gaze.close()


def test_candidate_exported_as_tiff_is_exact(opened: Made, tmp_path: Path) -> None:
    context, _notify = opened
    ExportController(context).export_candidate(tmp_path / "a.tif")
    assert load_image(tmp_path / "a.tif").shape[-2:] == (48, 64)
