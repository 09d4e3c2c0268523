"""Every way out of the window through its File menu, with the dialogs answered."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from foveaview.app.core.state import Phase
from foveaview.app.export.export_dialog import ExportDialog
from foveaview.export import KINDS
from foveaview.files import load_image, read_png_settings, to_uint8
from tests.app.conftest import MakeFile, MakeWindow, WindowDriver
from tests.app.searching import start

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
YES, NO = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No


@pytest.fixture
def run(opened: WindowDriver, monkeypatch: pytest.MonkeyPatch) -> WindowDriver:
    """A run of 6 steps that is over, and whose images are all kept."""
    monkeypatch.setattr("foveaview.live.run_histories._FREE_S", 1000.0)
    opened.controller.edits.set_synthesis("optimizer", "adam")  # whose images all differ
    opened.controller.edits.set_synthesis("steps", 6)
    opened.controller.edits.set_synthesis("stop_fraction", 0.0)
    QTest.mouseClick(opened.window.run.run_panel.start_button, LEFT)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    opened.settle()
    return opened


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Answers the dialogs; returns what they asked, as it comes."""

    def answer(path: Path | str, kind: str = "", button: QMessageBox.StandardButton = YES) -> list[str]:
        asked: list[str] = []

        def save(_parent: object, title: str, suggested: str, _kinds: str) -> tuple[str, str]:
            asked.append(f"{title}: {Path(suggested).name}")
            return str(path), kind

        def question(_parent: object, title: str, text: str) -> QMessageBox.StandardButton:
            asked.append(f"{title}? {text}")
            return button

        monkeypatch.setattr(QFileDialog, "getSaveFileName", save)
        monkeypatch.setattr(QMessageBox, "question", question)
        return asked

    return answer


Answer = Callable[..., list[str]]


def written(driver: WindowDriver, name: str) -> None:
    driver.until(lambda: f"{name}: written" in driver.window.notifications.messages.toPlainText())


def test_the_candidate_in_8_bits_by_key(opened: WindowDriver, tmp_path: Path, answer: Answer) -> None:
    asked = answer(tmp_path / "a.png")
    opened.press(Qt.Key.Key_E, CTRL)
    written(opened, "a.png")
    assert asked == ["Export candidate: image-ventral.png"]
    assert opened.document.picture is not None
    assert np.array_equal(to_uint8(load_image(tmp_path / "a.png")), opened.document.picture.pixels)
    assert read_png_settings(tmp_path / "a.png")["content"] == "ventral metamer"


def test_the_candidate_as_floats_is_exact(opened: WindowDriver, tmp_path: Path, answer: Answer) -> None:
    answer(tmp_path / "a.tif")
    opened.window.commands["export_candidate"].trigger()
    written(opened, "a.tif")
    assert opened.document.picture is not None
    values = np.clip(opened.document.picture.values, 0, 1)
    assert np.array_equal(load_image(tmp_path / "a.tif")[0].numpy(), values)


@pytest.mark.parametrize(
    ("command", "kind", "suffix"),
    [
        ("export_candidate", "TIFF of 32-bit floats (*.tif)", ".tif"),
        ("export_candidate", "PNG (*.png)", ".png"),
        ("export_figure", "SVG (*.svg)", ".svg"),
        ("export_heatmap", "", ".png"),
    ],
)
def test_a_name_without_an_ending_gets_that_of_the_kind_chosen(
    opened: WindowDriver, tmp_path: Path, answer: Answer, command: str, kind: str, suffix: str
) -> None:
    answer(tmp_path / "mine", kind)
    opened.window.commands[command].trigger()
    written(opened, f"mine{suffix}")
    assert (tmp_path / f"mine{suffix}").exists()


def test_an_ending_that_was_added_does_not_replace_a_file_unasked(
    opened: WindowDriver, tmp_path: Path, answer: Answer
) -> None:
    (tmp_path / "mine.png").write_bytes(b"old")
    asked = answer(tmp_path / "mine", button=NO)
    opened.window.commands["export_candidate"].trigger()
    assert "mine.png" in asked[-1]
    opened.qtbot.wait(50)
    assert (tmp_path / "mine.png").read_bytes() == b"old"


def test_the_heatmap_pixel_by_pixel(opened: WindowDriver, tmp_path: Path, answer: Answer) -> None:
    asked = answer(tmp_path / "heat.png")
    opened.window.commands["export_heatmap"].trigger()
    written(opened, "heat.png")
    assert asked == ["Export heatmap: image-heatmap.png"]
    assert read_png_settings(tmp_path / "heat.png")["loss"] == pytest.approx(opened.document.loss)
    with Image.open(tmp_path / "heat.png") as image:
        assert image.size == (64, 48)


@pytest.mark.parametrize("name", ["figure.png", "figure.svg"])
def test_the_heatmap_as_a_figure(opened: WindowDriver, tmp_path: Path, answer: Answer, name: str) -> None:
    answer(tmp_path / name)
    opened.window.commands["export_figure"].trigger()
    written(opened, name)
    if name.endswith("svg"):
        assert "<svg" in (tmp_path / name).read_text(encoding="utf-8")
    else:
        assert read_png_settings(tmp_path / name)["loss_settings"]["alpha"] == 0.2


def test_a_dialog_that_is_given_up_writes_nothing(
    opened: WindowDriver, tmp_path: Path, answer: Answer
) -> None:
    asked = answer("")
    before = set(tmp_path.rglob("*"))
    for name in ("export_candidate", "export_heatmap", "export_figure", "save_checkpoint", "save_points"):
        opened.window.commands[name].trigger()
    assert len(asked) == 5
    opened.qtbot.wait(50)
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["export_candidate", "export_heatmap", "export_figure"])
def test_a_place_that_cannot_be_written_is_named_with_details(
    opened: WindowDriver, tmp_path: Path, answer: Answer, command: str
) -> None:
    (tmp_path / "file").touch()
    answer(tmp_path / "file" / "a.png")
    opened.window.commands[command].trigger()
    opened.until(opened.window.notifications.banner_widget.isVisible)
    assert opened.window.notifications.banner_widget._copy.isVisible()


def test_a_stale_picture_is_exported_where_that_is_meant(
    run: WindowDriver, tmp_path: Path, answer: Answer
) -> None:
    run.click(3, 3)
    asked = answer(tmp_path / "a.png")
    run.press(Qt.Key.Key_E, CTRL)
    written(run, "a.png")
    assert asked[0].startswith("Export? The picture was made with other settings (gaze)")
    assert read_png_settings(tmp_path / "a.png")["gaze"] == [0.5, 0.5]  # what it was made with
    asked = answer(tmp_path / "b.png", button=NO)
    run.press(Qt.Key.Key_E, CTRL | SHIFT)
    assert len(asked) == 1
    assert run.window.findChild(ExportDialog) is None


def choose_all(driver: WindowDriver, folder: Path) -> ExportDialog:
    driver.press(Qt.Key.Key_E, CTRL | SHIFT)
    dialog = driver.window.findChild(ExportDialog)
    assert isinstance(dialog, ExportDialog)
    for box in dialog.boxes.values():
        if box.isEnabled() and not box.isChecked():
            QTest.mouseClick(box, LEFT, pos=QPoint(10, box.height() // 2))
    dialog.folder.selectAll()
    QTest.keyClicks(dialog.folder, str(folder))
    QTest.mouseClick(dialog.export_button, LEFT)
    return dialog


def test_all_of_a_run_into_a_folder_with_checksums(run: WindowDriver, tmp_path: Path) -> None:
    choose_all(run, tmp_path / "out")
    run.until(lambda: "manifest.json written" in run.window.notifications.messages.toPlainText())
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert sorted(entry["kind"] for entry in manifest["files"]) == sorted(KINDS)
    for entry in manifest["files"]:
        data = (tmp_path / "out" / entry["name"]).read_bytes()
        assert entry["bytes"] == len(data) > 0
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()
    names = {entry["kind"]: tmp_path / "out" / entry["name"] for entry in manifest["files"]}
    assert len({path.name for path in (tmp_path / "out").iterdir()}) == len(KINDS) + 1
    with names["losses"].open(newline="") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert run.document.status is not None
    assert losses[:-1] == [float(loss) for loss in run.document.status.losses]  # the last is after all steps
    assert len(losses) == 7
    with Image.open(names["gif"]) as animation:
        frames = sum(1 for _frame in ImageSequence.Iterator(animation))
        assert frames == len(run.document.stored) > 2
        assert animation.size == (64, 48)
    assert b"ftyp" in names["mp4"].read_bytes()[:16]


def test_without_a_run_only_what_there_is_can_be_chosen(opened: WindowDriver, tmp_path: Path) -> None:
    dialog = choose_all(opened, tmp_path / "out")
    assert not dialog.boxes["gif"].isEnabled()
    opened.until(lambda: "manifest.json written" in opened.window.notifications.messages.toPlainText())
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert {entry["kind"] for entry in manifest["files"]} == set(KINDS) - {"losses", "gif", "mp4"}


def test_exports_carry_their_settings(
    opened: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.click(20, 30)
    opened.settle()
    exporting = opened.window.exporting
    for export, name in ((exporting.ask_candidate, "ventral.png"), (exporting.ask_heatmap, "heat.png")):
        path = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        export()
        opened.until(path.exists)
    about = read_png_settings(tmp_path / "ventral.png")
    assert about["gaze"] == list(opened.document.gaze)
    assert about["content"] == "ventral metamer"
    assert opened.document.picture is not None
    exported = to_uint8(load_image(tmp_path / "ventral.png"))
    assert np.array_equal(exported, opened.document.picture.pixels)
    assert read_png_settings(tmp_path / "heat.png")["loss"] == pytest.approx(opened.document.loss)


def test_a_stale_export_asks_first(
    opened: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(opened, steps=2)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    opened.click(3, 3)
    asked: list[str] = []

    def refuse(_parent: object, _title: str, question: str) -> QMessageBox.StandardButton:
        asked.append(question)
        return QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "question", refuse)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: pytest.fail("not asked for"))
    opened.window.exporting.ask_candidate()
    assert "gaze" in asked[0]


def test_copy_puts_the_candidate_on_the_clipboard(opened: WindowDriver) -> None:
    opened.window.image_actions.copy_candidate()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (64, 48)


def test_metadata_is_json(opened: WindowDriver, tmp_path: Path) -> None:
    opened.window.exporting.export_heatmap(tmp_path / "heat.png")
    opened.until((tmp_path / "heat.png").exists)
    with Image.open(tmp_path / "heat.png") as image:
        assert json.loads(image.info["foveaview"])["content"] == "heatmap"


def test_a_saved_checkpoint_goes_on_where_it_was(
    opened: WindowDriver, make_window: MakeWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.click(20, 30)
    start(opened, steps=12)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    saved = tmp_path / "run.pt"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    opened.window.run.save_checkpoint()
    opened.until(saved.exists)
    opened.until(lambda: not opened.document.unsaved)

    other = make_window()
    other.open(opened.document.path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(saved), ""))
    other.window.run.load_checkpoint()
    other.until(lambda: other.document.phase is Phase.PAUSED and other.iteration() == 12)
    assert other.document.gaze == opened.document.gaze
    assert other.document.picture is not None
    assert opened.document.picture is not None
    assert np.array_equal(other.document.picture.pixels, opened.document.picture.pixels)
    other.controller.edits.set_synthesis("steps", 20)
    QTest.mouseClick(other.window.run.run_panel.start_button, Qt.MouseButton.LeftButton)
    other.until(lambda: other.document.phase is Phase.DONE)
    opened.controller.edits.set_synthesis("steps", 20)
    assert other.document.status is not None
    assert len(other.document.status.losses) == 20


def test_a_checkpoint_of_another_image_is_refused(
    opened: WindowDriver, image_file: MakeFile, tmp_path: Path
) -> None:
    start(opened, steps=2)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    opened.controller.documents.save_checkpoint(tmp_path / "run.pt")
    opened.until((tmp_path / "run.pt").exists)
    opened.open(image_file("other.png", seed=1))
    opened.controller.documents.load_checkpoint(tmp_path / "run.pt")
    opened.until(opened.window.notifications.banner_widget.isVisible)
    assert "of another image" in opened.window.notifications.banner_widget.text.text()


def test_recent_files_are_remembered(opened: WindowDriver, image_file: MakeFile) -> None:
    paths = [image_file(f"{i}.png", seed=i) for i in range(12)]
    for path in paths:
        opened.window.preferences.remember([path])
    opened.window.preferences.remember([paths[5]])
    found = opened.window.preferences.recent
    assert found[0] == str(paths[5])
    assert len(found) == 10
