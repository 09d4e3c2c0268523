"""The window, with real clicks, drags and keys."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QFileDialog, QLabel, QMessageBox, QSpinBox

from foveaview import budget
from foveaview.app import file_actions
from foveaview.app.state import Phase
from foveaview.app.window import MainWindow
from foveaview.files import load_image, read_png_settings, to_uint8
from foveaview.live import Failure, Frame
from foveaview.view import Overlay

from .conftest import WindowDriver

MakeFile = Callable[..., Path]
MakeWindow = Callable[[], WindowDriver]


@pytest.fixture
def opened(driver: WindowDriver, image_file: MakeFile) -> WindowDriver:
    driver.open(image_file())
    return driver


def test_an_empty_window_offers_samples(driver: WindowDriver) -> None:
    assert driver.window.welcome.isVisible()
    assert not driver.window.panel.isEnabled()


@pytest.mark.parametrize("zoom", [1.0, 0.3, 3.0])
@pytest.mark.parametrize("pane", [0, 1])
def test_a_click_sets_the_gaze_to_that_pixel_at_any_zoom(
    opened: WindowDriver, zoom: float, pane: int
) -> None:
    opened.window.images.step_zoom(zoom)
    QApplication.processEvents()
    opened.click(30, 20, pane)
    x, y = opened.document.gaze
    assert round(x * 63) == 30
    assert round(y * 47) == 20


def test_the_marker_is_where_the_click_was(opened: WindowDriver) -> None:
    clicked = opened.pixel_at(50, 10)
    QTest.mouseClick(opened.viewport(), Qt.MouseButton.LeftButton, pos=clicked)
    for pane in opened.window.images.panes:
        marker = pane.view.mapFromScene(pane.marker.scenePos())
        assert (marker - clicked).manhattanLength() <= 1


def test_a_click_beside_the_image_is_its_edge(opened: WindowDriver) -> None:
    opened.click(-1, 20)
    assert opened.document.gaze[0] == 0


def test_a_drag_moves_the_gaze_and_recomputes(opened: WindowDriver) -> None:
    qualities: list[str] = []
    opened.window.worker.frame.connect(lambda frame: qualities.append(frame.quality))
    before = opened.document.heatmap
    opened.drag([(5, 5), (15, 10), (25, 20), (40, 30), (55, 40)])
    opened.settle()
    assert round(opened.document.gaze[0] * 63) == 55
    assert opened.document.heatmap is not before
    assert "preview" in qualities
    assert qualities[-1] == "full"


def test_follow_the_pointer(opened: WindowDriver) -> None:
    opened.window.commands["follow"].trigger()
    opened.move(opened.pixel_at(10, 10))
    opened.move(opened.pixel_at(44, 33))
    opened.until(lambda: round(opened.document.gaze[0] * 63) == 44)
    opened.window.commands["follow"].trigger()
    opened.move(opened.pixel_at(20, 20))
    assert round(opened.document.gaze[0] * 63) == 44


def test_a_hundred_rapid_changes_end_in_one_full_result_of_the_last(opened: WindowDriver) -> None:
    frames: list[Frame] = []
    opened.window.worker.frame.connect(frames.append)
    for i in range(100):
        opened.controller.set_gaze((i / 100, 0.5))
        QApplication.processEvents()
    opened.settle()
    QTest.qWait(300)
    full = [frame for frame in frames if frame.quality == "full"]
    assert len(full) == 1
    assert full[0].heatmap is not None
    assert full[0].heatmap.key.gaze == (0.99, 0.5)


def test_panes_share_zoom_and_pan(opened: WindowDriver) -> None:
    target, candidate = opened.window.images.panes
    target.box.scaleBy((0.5, 0.5), center=(10, 10))
    target.box.translateBy(3, 2)
    QApplication.processEvents()
    np.testing.assert_allclose(candidate.box.viewRange(), target.box.viewRange(), atol=0.5)


def test_the_middle_button_pans(opened: WindowDriver) -> None:
    box = opened.window.images.target.box
    before, gaze = box.viewRect().center(), opened.document.gaze
    opened.drag([(20, 20), (24, 21), (30, 23), (35, 25)], button=Qt.MouseButton.MiddleButton)
    assert box.viewRect().center().x() < before.x() - 5
    assert opened.document.gaze == gaze


def test_arrow_keys_move_the_gaze_by_a_pixel(opened: WindowDriver) -> None:
    opened.click(30, 20)
    opened.window.activateWindow()
    opened.window.images.setFocus()
    QTest.keyClick(opened.window, Qt.Key.Key_Right)
    QTest.keyClick(opened.window, Qt.Key.Key_Down)
    assert round(opened.document.gaze[0] * 63) == 31
    assert round(opened.document.gaze[1] * 47) == 21


def test_a_setting_in_the_panel_recomputes(opened: WindowDriver) -> None:
    editor = opened.window.panel.editors["alpha"].widget
    before = opened.document.loss
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(editor, "0.6")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert opened.document.loss_settings.alpha == 0.6
    opened.settle()
    assert opened.document.loss != before


def test_the_panel_keeps_apart_what_excludes_each_other(opened: WindowDriver) -> None:
    editors = opened.window.panel.editors
    foveal, fullres = editors["use_l2_foveal_loss"].widget, editors["use_fullres_l0"].widget
    assert not fullres.isEnabled()
    assert "Excluded" in fullres.toolTip()
    QTest.mouseClick(foveal, Qt.MouseButton.LeftButton, pos=QPoint(8, foveal.height() // 2))
    assert fullres.isEnabled()
    assert not editors["fovea_weight"].widget.isEnabled()
    QTest.mouseClick(fullres, Qt.MouseButton.LeftButton, pos=QPoint(8, fullres.height() // 2))
    assert opened.document.loss_settings.use_fullres_l0
    assert not foveal.isEnabled()


def test_levels_that_do_not_fit_say_why_and_go_back(opened: WindowDriver) -> None:
    levels = opened.window.panel.editors["n_pyramid_levels"].widget
    levels.setFocus()
    gaze = opened.document.gaze
    QTest.keyClick(levels, Qt.Key.Key_Up)
    assert opened.document.gaze == gaze
    remark = opened.window.panel.findChild(QLabel, "n_pyramid_levels_remark")
    assert isinstance(remark, QLabel)
    assert isinstance(levels, QSpinBox)
    assert "at most 5 fit" in remark.text()
    assert remark.isVisible()
    assert levels.value() == 5


def start(driver: WindowDriver, **settings: object) -> None:
    for name, value in {"steps": 100000, "stop_fraction": 0.0, **settings}.items():
        driver.controller.set_synthesis(name, value)
    QTest.mouseClick(driver.window.run_panel.start_button, Qt.MouseButton.LeftButton)


def test_a_run_shows_its_progress_and_a_falling_curve(opened: WindowDriver) -> None:
    start(opened)
    opened.until(lambda: opened.iteration() > 60)
    opened.until(lambda: "it/s" in opened.window.run_panel.line.text())
    opened.until(lambda: len(opened.window.curve.curve.getOriginalDataset()[1]) > 20)
    losses = opened.window.curve.curve.getOriginalDataset()[1]
    assert losses[-1] < losses[0]


def test_pause_stops_within_a_step_and_resume_goes_on(opened: WindowDriver) -> None:
    start(opened)
    opened.until(lambda: opened.iteration() > 3)
    QTest.mouseClick(opened.window.run_panel.pause_button, Qt.MouseButton.LeftButton)
    seen: list[int] = []
    for asked in (1, 2):
        opened.window.worker.ask(
            lambda r: next(iter(r.runs.searches.values())).synthesis.iteration, seen.append
        )
        opened.until(partial(lambda wanted: len(seen) == wanted, asked))
        QTest.qWait(200)
    assert seen[1] - seen[0] <= 1
    QTest.mouseClick(opened.window.run_panel.start_button, Qt.MouseButton.LeftButton)
    opened.until(lambda: opened.iteration() > seen[1] + 3)


def test_space_in_the_panel_is_the_panels(opened: WindowDriver) -> None:
    switch = opened.window.panel.editors["use_radial_weight"].widget
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert opened.document.loss_settings.use_radial_weight
    assert opened.document.phase is Phase.IDLE


def test_escape_stops_and_space_starts_another(opened: WindowDriver) -> None:
    start(opened)
    opened.until(lambda: opened.iteration() > 3)
    first = opened.document.run
    opened.window.images.setFocus()
    QTest.keyClick(opened.window, Qt.Key.Key_Escape)
    assert opened.document.phase is Phase.STOPPED
    assert opened.document.picture is not None
    QTest.keyClick(opened.window, Qt.Key.Key_Space)
    assert opened.document.phase is Phase.RUNNING
    assert opened.document.run != first


def test_a_finished_run_holds_every_iteration(opened: WindowDriver) -> None:
    start(opened, steps=83)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    assert len(opened.window.curve.curve.getOriginalDataset()[1]) == 83
    assert "all steps done" in opened.window.run_panel.line.text()
    assert "all steps done" in opened.window.messages.toPlainText()


def test_a_metamer_of_another_gaze_is_marked_stale(opened: WindowDriver) -> None:
    start(opened, steps=5)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    assert not opened.window.images.candidate.stale.isVisible()
    opened.click(3, 3)
    assert opened.window.images.candidate.stale.isVisible()
    assert "stale, gaze" in opened.window.images.candidate.title.text()
    # the heatmap is of the gaze as it is now, the metamer stays of the old one
    opened.until(lambda: not opened.document.heatmap_changes)
    assert opened.document.picture_changes == ["gaze"]


def test_a_new_gaze_while_running_is_followed(opened: WindowDriver) -> None:
    start(opened)
    opened.until(lambda: opened.iteration() > 3)
    opened.click(60, 40)
    opened.until(lambda: opened.document.picture_changes == [])
    assert opened.document.phase is Phase.RUNNING


@pytest.mark.parametrize("settings", [{}, {"start": "ventral"}])
def test_closing_in_mid_synthesis_ends_the_thread_and_keeps_the_run(
    make_window: MakeWindow, image_file: MakeFile, settings: dict[str, object]
) -> None:
    path = image_file()
    first = make_window()
    first.open(path)
    start(first, **settings)
    first.until(lambda: first.iteration() > 3)
    first.close_in_time()

    again = make_window()
    QTest.mouseClick(again.window.welcome.reopen, Qt.MouseButton.LeftButton)
    again.until(lambda: again.controller.state.document is not None)
    assert again.document.path == path
    assert again.document.phase is Phase.PAUSED
    assert again.iteration() > 3


def test_closing_during_a_long_evaluation(make_window: MakeWindow, image_file: MakeFile) -> None:
    driver = make_window()
    driver.controller.open_targets([image_file("large.png", size=(2000, 2000))])
    driver.until(lambda: driver.controller.state.document is not None)
    QTest.qWait(300)
    driver.close_in_time()


def test_several_targets_keep_their_runs(opened: WindowDriver, image_file: MakeFile) -> None:
    start(opened)
    opened.until(lambda: opened.iteration() > 5)
    first = opened.document.number
    opened.controller.open_targets([image_file("other.png", seed=1)])
    opened.until(lambda: len(opened.controller.state.documents) == 2)
    opened.settle()
    assert opened.document.status is None
    start(opened, steps=4)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    opened.window.targets.setCurrentRow(0)
    assert opened.document.number == first
    opened.until(lambda: opened.document.picture is not None)
    assert opened.document.phase is Phase.PAUSED
    assert opened.iteration() > 5
    opened.window.targets.setCurrentRow(1)
    assert opened.iteration() == 4


def test_five_hundred_repaints(opened: WindowDriver) -> None:
    """PySide6 6.12.0 aborts here."""
    images, curve = opened.window.images, opened.window.curve
    pixels = np.zeros((48, 64, 3), np.uint8)
    for i in range(500):
        pixels = pixels + 1
        images.set_image("candidate", pixels)
        images.pointed.emit(i / 500, 0.5)
        curve.set_losses(np.linspace(1, 2, i + 1))
        if i % 10 == 0:
            QApplication.processEvents()
    assert opened.window.isVisible()


def test_a_saved_checkpoint_goes_on_where_it_was(
    opened: WindowDriver, make_window: MakeWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.click(20, 30)
    start(opened, steps=12)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    saved = tmp_path / "run.pt"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    file_actions.save_checkpoint(opened.window)
    opened.until(saved.exists)
    opened.until(lambda: not opened.document.unsaved)

    other = make_window()
    other.open(opened.document.path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(saved), ""))
    file_actions.load_checkpoint(other.window)
    other.until(lambda: other.document.phase is Phase.PAUSED and other.iteration() == 12)
    assert other.document.gaze == opened.document.gaze
    assert other.document.picture is not None
    assert opened.document.picture is not None
    assert np.array_equal(other.document.picture.pixels, opened.document.picture.pixels)
    other.controller.set_synthesis("steps", 20)
    QTest.mouseClick(other.window.run_panel.start_button, Qt.MouseButton.LeftButton)
    other.until(lambda: other.document.phase is Phase.DONE)
    opened.controller.set_synthesis("steps", 20)
    assert other.document.status is not None
    assert len(other.document.status.losses) == 20


def test_a_checkpoint_of_another_image_is_refused(
    opened: WindowDriver, image_file: MakeFile, tmp_path: Path
) -> None:
    start(opened, steps=2)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    opened.controller.save_checkpoint(tmp_path / "run.pt")
    opened.until((tmp_path / "run.pt").exists)
    opened.open(image_file("other.png", seed=1))
    opened.controller.load_checkpoint(tmp_path / "run.pt")
    opened.until(opened.window.banner.isVisible)
    assert "of another image" in opened.window.banner.text.text()


def test_exports_carry_their_settings(
    opened: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.click(20, 30)
    opened.settle()
    for export, name in (
        (file_actions.export_candidate, "ventral.png"),
        (file_actions.export_heatmap, "heat.png"),
    ):
        path = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        export(opened.window)
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
    file_actions.export_candidate(opened.window)
    assert "gaze" in asked[0]


def test_copy_puts_the_candidate_on_the_clipboard(opened: WindowDriver) -> None:
    file_actions.copy_image(opened.window)
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (64, 48)


BAD: dict[str, tuple[bytes | None, str]] = {
    "missing.png": (None, "no such file"),
    "empty.png": (b"", "empty"),
    "words.png": (b"words", "not an image"),
    "cut.png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "cut.png"),
}


def drop(driver: WindowDriver, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    driver.window.dropEvent(event)


@pytest.mark.parametrize("way", ["open", "drop", "candidate"])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_and_what_was_shown_stays(
    opened: WindowDriver, tmp_path: Path, name: str, way: str
) -> None:
    content, message = BAD[name]
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    before = opened.controller.state.document
    if way == "open":
        opened.controller.open_targets([path])
    elif way == "drop":
        drop(opened, path)
    else:
        opened.controller.open_candidate(path)
    opened.until(opened.window.banner.isVisible)
    assert message in opened.window.banner.text.text()
    assert opened.controller.state.document is before


def test_dropped_images_are_opened(opened: WindowDriver, image_file: MakeFile) -> None:
    drop(opened, image_file("a.png", seed=2), image_file("b.png", seed=3))
    opened.until(lambda: len(opened.controller.state.documents) == 3)
    assert opened.document.path.name == "b.png"
    assert opened.window.targets.count() == 3


def test_what_would_not_fit_is_said_before_it_starts(
    driver: WindowDriver, image_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "free_bytes", lambda device: 170 << 20)
    driver.open(image_file())
    remark = driver.window.run_panel.remark
    assert not remark.isVisible()
    driver.controller.open_targets([image_file("large.png", (900, 1200))])
    driver.until(driver.window.banner.isVisible)
    assert remark.isVisible()
    assert "1200 x 900 px need about" in remark.text()
    assert "would fit" in remark.text()
    assert driver.window.banner.text.text() == remark.text()  # nor is it begun


def test_running_out_of_memory_offers_a_way_out(opened: WindowDriver) -> None:
    opened.controller._set(device="cuda")
    opened.window.notices.show_failure(Failure("memory", "there is not enough memory", "trace"))
    labels = [button.text() for button in opened.window.banner.buttons]
    assert labels == ["Compute on the CPU", "Halve the image", "Use a level less"]
    QTest.mouseClick(opened.window.banner.buttons[0], Qt.MouseButton.LeftButton)
    assert opened.document.settings.device == "cpu"
    assert not opened.window.banner.isVisible()


def test_a_level_less_from_the_banner(opened: WindowDriver) -> None:
    opened.window.notices.show_failure(Failure("memory", "there is not enough memory", "trace"))
    QTest.mouseClick(opened.window.banner.buttons[-1], Qt.MouseButton.LeftButton)
    assert opened.document.loss_settings.n_pyramid_levels == 4


FAILING: dict[str, Callable[[MainWindow], Any]] = {
    "controller": lambda window: window.controller.failed,
    "sessions": lambda window: window.sessions.failed,
    "dropped files": lambda window: window.dropped.failed,
    "presets": lambda window: window.presetting.shelf.failed,
    "rate": lambda window: window.rating.meter.failed,
    "histogram": lambda window: window.readings.histogram_reader.failed,
}


def test_every_failure_has_details_to_copy(opened: WindowDriver, qapp: QApplication) -> None:
    picture, window = opened.document.picture, opened.window
    for name, signal in FAILING.items():
        signal(window).emit(Failure("input", f"{name}: no such file", f"the whole trace of {name}"))
        assert window.banner.text.text() == f"{name}: no such file"
        QTest.mouseClick(window.banner._copy, Qt.MouseButton.LeftButton)
        assert qapp.clipboard().text() == f"the whole trace of {name}"
        assert f"{name}: no such file" in window.messages.toPlainText()
    assert opened.document.picture is picture


def test_what_is_said_without_a_trace_can_be_copied_too(opened: WindowDriver, qapp: QApplication) -> None:
    window = opened.window
    window.angles.panel.failed.emit("no display in the file")
    QTest.mouseClick(window.banner._copy, Qt.MouseButton.LeftButton)
    assert qapp.clipboard().text() == "no display in the file"
    window.presetting.shelf.damaged.emit("presets.json is damaged")
    QTest.mouseClick(window.banner._copy, Qt.MouseButton.LeftButton)
    assert qapp.clipboard().text() == "presets.json is damaged"
    opened.controller.choose("display", loss_settings={"real_image_width": -1.0})
    QTest.mouseClick(window.banner._copy, Qt.MouseButton.LeftButton)
    assert qapp.clipboard().text() == window.banner.text.text()
    assert qapp.clipboard().text().startswith("display: ")


def test_halving_from_the_banner(opened: WindowDriver) -> None:
    opened.window.notices.show_failure(Failure("memory", "there is not enough memory", "trace"))
    QTest.mouseClick(opened.window.banner.buttons[0], Qt.MouseButton.LeftButton)
    opened.until(lambda: opened.document.size == (24, 32))


def test_a_device_that_is_not_there(opened: WindowDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    opened.controller.set_synthesis("device", "cuda")
    opened.until(opened.window.banner.isVisible)
    assert "no cuda device" in opened.window.banner.text.text()


def test_the_status_line_describes_the_pixel_under_the_pointer(opened: WindowDriver) -> None:
    status = opened.window.status
    opened.hover(40, 12)
    red, green, blue = opened.document.pixels[12, 40]
    assert f"target {red / 255:.3f} {green / 255:.3f} {blue / 255:.3f} ({red} {green} {blue})   " in (
        status.colors.text()
    )
    assert "° from gaze" in status.geometry_line.text()
    assert status.device.text() == "cpu"


@pytest.mark.parametrize(
    ("place", "target", "candidate"),
    [("none", 0, 0), ("target", 1, 0), ("candidate", 0, 1), ("both", 1, 1)],
)
def test_the_heatmap_lies_where_asked(
    opened: WindowDriver, place: Overlay, target: int, candidate: int
) -> None:
    opened.controller.set_view(overlay=place)
    panes = opened.window.images.panes
    assert [int(pane.heatmap.image is not None) for pane in panes] == [target, candidate]
    assert opened.window.images.color_bar.isVisible() == (place != "none")


def test_the_heatmap_is_where_the_difference_is(opened: WindowDriver, tmp_path: Path) -> None:
    pixels = np.array(opened.document.pixels)
    pixels[5:15, 45:55] = 255 - pixels[5:15, 45:55]
    Image.fromarray(pixels).save(tmp_path / "changed.png")
    opened.controller.open_candidate(tmp_path / "changed.png")
    opened.until(lambda: opened.document.candidate == "file" and opened.document.heatmap is not None)
    opened.settle()
    assert opened.document.heatmap is not None
    alpha = opened.document.heatmap.pixels[..., 3].astype(float)
    assert alpha[7:13, 47:53].mean() > 5 * alpha[:, :24].mean()


def test_recent_files_are_remembered(opened: WindowDriver, image_file: MakeFile) -> None:
    paths = [image_file(f"{i}.png", seed=i) for i in range(12)]
    for path in paths:
        file_actions.remember(opened.window, [path])
    file_actions.remember(opened.window, [paths[5]])
    found = file_actions.recent(opened.window)
    assert found[0] == str(paths[5])
    assert len(found) == 10


def test_seed_changes_the_ventral_metamer(opened: WindowDriver) -> None:
    before = opened.document.picture
    opened.controller.set_synthesis("seed", 9)
    opened.settle()
    assert before is not None
    assert opened.document.picture is not None
    assert not np.array_equal(before.pixels, opened.document.picture.pixels)


def test_metadata_is_json(opened: WindowDriver, tmp_path: Path) -> None:
    opened.controller.export_heatmap(tmp_path / "heat.png")
    opened.until((tmp_path / "heat.png").exists)
    with Image.open(tmp_path / "heat.png") as image:
        assert json.loads(image.info["foveaview"])["content"] == "heatmap"


def test_an_empty_window_shows_the_defaults(driver: WindowDriver) -> None:
    alpha = driver.window.panel.editors["alpha"].widget
    assert isinstance(alpha, QDoubleSpinBox)
    assert alpha.value() == 0.2


def test_closing_the_last_target_ends_its_search(opened: WindowDriver) -> None:
    renderer = opened.window.worker._loop._renderer
    opened.controller.set_synthesis("steps", 1_000_000)
    opened.controller.start()
    opened.until(lambda: opened.iteration() > 2)
    opened.controller.close_document(opened.document.number)
    opened.until(lambda: not renderer.runs.searches)


def test_the_window_closes_during_a_long_animation(
    opened: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.controller.set_synthesis("steps", 3)
    opened.controller.start()
    opened.until(lambda: opened.document.phase is Phase.DONE)
    frame = np.zeros((48, 64, 3), np.uint8)
    trail = opened.window.worker._loop._renderer.runs.trails.trail(opened.document.run or 0)
    begun = threading.Event()

    def slow_frames() -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        for i in range(1000):
            begun.set()
            time.sleep(0.02)
            yield i, frame

    monkeypatch.setattr(trail, "frames", slow_frames)
    opened.controller.export_all(tmp_path / "out", {"gif"})
    assert begun.wait(10)
    opened.close_in_time()
    assert not (tmp_path / "out" / "manifest.json").exists()
