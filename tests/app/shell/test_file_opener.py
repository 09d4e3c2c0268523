"""Files dropped on the window: each is opened as what it is."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from foveaview.app.core.state import Phase
from foveaview.export import export_image
from foveaview.files import load_image
from foveaview.provenance import provenance
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings
from tests.app.conftest import MakeFile, MakeWindow, WindowDriver, on_every_screen

LOSS = LossSettings(alpha=0.35, n_pyramid_levels=3, use_fullres_l0=True, use_l2_foveal_loss=False)
SEARCH = SynthesisSettings(seed=5, steps=9)
OBJECTIVE = ObjectiveSettings(pixel=0.25)


def drop(driver: WindowDriver, *paths: Path, on: QWidget | None = None) -> None:
    """As the desktop does it: on the window, which finds the widget that takes files."""
    place = driver.window.centralWidget() if on is None else on
    assert place is not None
    at = QPointF(place.mapTo(driver.window, place.rect().center()))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    handle = driver.window.windowHandle()
    enter = QDragEnterEvent(at.toPoint(), copy, mime, left, none)
    move = QDragMoveEvent(at.toPoint(), copy, mime, left, none)
    for event in (enter, move, QDropEvent(at, copy, mime, left, none)):
        QApplication.sendEvent(handle, event)


@pytest.fixture
def exported(image_file: MakeFile, tmp_path: Path) -> Path:
    """A picture that carries what it was made with."""
    about = provenance((0.25, 0.75), LOSS, SEARCH, objective_settings=OBJECTIVE.model_dump())
    export_image(tmp_path / "exported.png", load_image(image_file("source.png", seed=4)), about)
    return tmp_path / "exported.png"


def with_text(path: Path, text: str) -> Path:
    information = PngImagePlugin.PngInfo()
    information.add_itxt("foveaview", text)
    Image.new("RGB", (40, 40)).save(path, pnginfo=information)
    return path


def choice(driver: WindowDriver) -> tuple[Any, ...]:
    shown = driver.document
    return shown.gaze, shown.loss_settings, shown.settings, shown.objective


def test_an_exported_picture_gives_its_settings_as_one_change(
    driver: WindowDriver, image_file: MakeFile, exported: Path
) -> None:
    driver.open(image_file())
    before = choice(driver)
    drop(driver, exported)
    driver.until(lambda: driver.document.gaze == (0.25, 0.75))
    assert choice(driver) == ((0.25, 0.75), LOSS, SEARCH, OBJECTIVE)
    assert len(driver.controller.state.documents) == 1
    assert "gaze and settings of exported.png" in driver.window.notifications.banner_widget.text.text()
    driver.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert choice(driver) == before


def test_it_can_be_opened_as_a_target_instead(
    driver: WindowDriver, image_file: MakeFile, exported: Path
) -> None:
    driver.open(image_file())
    before = choice(driver)
    driver.controller.edits.set_gaze((0.1, 0.1))
    drop(driver, exported)
    driver.until(lambda: driver.document.gaze == (0.25, 0.75))
    QTest.mouseClick(driver.window.notifications.banner_widget.buttons[0], Qt.MouseButton.LeftButton)
    driver.until(lambda: len(driver.controller.state.documents) == 2)
    assert driver.document.path == exported
    first = driver.controller.state.documents[0]
    assert (first.gaze, first.loss_settings) == ((0.1, 0.1), before[1])


def test_settings_that_are_there_already_take_no_undo_step(
    driver: WindowDriver, image_file: MakeFile, exported: Path
) -> None:
    driver.open(image_file())
    drop(driver, exported)
    driver.until(lambda: driver.document.gaze == (0.25, 0.75))
    driver.window.notifications.banner_widget.hide()
    drop(driver, exported)
    driver.until(lambda: driver.window.notifications.banner_widget.isVisible())
    QTest.mouseClick(driver.window.notifications.banner_widget.buttons[0], Qt.MouseButton.LeftButton)
    driver.until(lambda: len(driver.controller.state.documents) == 2)
    assert driver.controller.state.documents[0].gaze == (0.25, 0.75)


def test_without_a_target_it_is_one_and_has_its_settings(driver: WindowDriver, exported: Path) -> None:
    drop(driver, exported)
    driver.until(lambda: len(driver.controller.state.documents) == 1)
    assert driver.document.path == exported
    assert choice(driver) == ((0.25, 0.75), LOSS, SEARCH, OBJECTIVE)


def test_levels_are_made_to_fit(driver: WindowDriver, image_file: MakeFile, tmp_path: Path) -> None:
    about = provenance((0.5, 0.25), LossSettings(n_pyramid_levels=5))
    export_image(tmp_path / "deep.png", load_image(image_file("source.png")), about)
    driver.open(image_file("small.png", size=(20, 20)))
    drop(driver, tmp_path / "deep.png")
    driver.until(lambda: driver.document.gaze == (0.5, 0.25))
    assert driver.document.loss_settings.n_pyramid_levels == 4
    assert "levels set to 4" in driver.window.notifications.banner_widget.text.text()


@pytest.mark.parametrize("text", ["{", '{"gaze": [9, 9]}', '{"loss_settings": 3}'])
def test_damaged_settings_are_said_and_the_picture_is_a_target(
    driver: WindowDriver, image_file: MakeFile, tmp_path: Path, text: str
) -> None:
    driver.open(image_file())
    before = choice(driver)
    drop(driver, with_text(tmp_path / "bad.png", text))
    driver.until(lambda: len(driver.controller.state.documents) == 2)
    assert "bad.png: its settings are" in driver.window.notifications.banner_widget.text.text()
    assert driver.controller.state.documents[0].gaze == before[0]


def test_settings_of_another_version_are_said(
    driver: WindowDriver, image_file: MakeFile, tmp_path: Path
) -> None:
    driver.open(image_file())
    text = '{"gaze": [0.5, 0.25], "loss_settings": {"hue": 1}, "packages": {"foveaview": "9.9"}}'
    drop(driver, with_text(tmp_path / "new.png", text))
    driver.until(lambda: driver.document.gaze == (0.5, 0.25))
    told = driver.window.notifications.banner_widget.text.text()
    assert "made with foveaview '9.9'" in told
    assert "no setting 'hue'" in told


def test_images_that_say_nothing_and_several_at_once_are_targets(
    driver: WindowDriver, image_file: MakeFile, exported: Path
) -> None:
    drop(driver, image_file())
    driver.until(lambda: len(driver.controller.state.documents) == 1)
    drop(driver, exported, image_file("other.png", seed=1))
    driver.until(lambda: len(driver.controller.state.documents) == 3)


@on_every_screen
def test_files_are_taken_wherever_on_the_window_they_fall(
    driver: WindowDriver, image_file: MakeFile, scale: float
) -> None:
    drop(driver, image_file("0.png"), on=driver.window.welcome)
    driver.until(lambda: driver.controller.state.document is not None)
    window = driver.window
    places: list[QWidget] = [
        window.images.target.view,
        window.images.candidate.view,
        window.notifications.messages,
        window.run.loss_plot,
        window.image_controller.targets,
        window.run.settings_panel.editors["alpha"].widget,
        window.run.settings_panel.editors["mode"].widget,
        window.view.toolbar,
        window.status,
    ]
    for count, place in enumerate(places, start=2):
        drop(driver, image_file(f"{count}.png", seed=count), on=place)
        driver.until(partial(lambda wanted: len(driver.controller.state.documents) == wanted, count))


def test_a_checkpoint_is_taken_up(driver: WindowDriver, image_file: MakeFile, tmp_path: Path) -> None:
    driver.open(image_file())
    driver.controller.edits.set_synthesis("steps", 3)
    driver.controller.search.start()
    driver.until(lambda: driver.document.phase is Phase.DONE)
    driver.controller.documents.save_checkpoint(tmp_path / "run.pt")
    driver.until(lambda: not driver.document.unsaved)
    QTest.mouseClick(driver.window.run.run_panel.reset_button, Qt.MouseButton.LeftButton)
    assert driver.document.status is None
    drop(driver, tmp_path / "run.pt", on=driver.window.images)
    driver.until(lambda: driver.iteration() == 3 and driver.document.picture is not None)
    assert driver.document.phase is Phase.PAUSED


def test_a_session_is_opened_as_one(
    driver: WindowDriver, make_window: MakeWindow, image_file: MakeFile, tmp_path: Path
) -> None:
    driver.open(image_file())
    driver.controller.edits.pin((3, 3))
    driver.window.sessions.save(tmp_path / "a.foveaview")
    driver.until((tmp_path / "a.foveaview").exists)
    other = make_window()
    drop(other, tmp_path / "a.foveaview")
    other.until(lambda: len(other.controller.state.documents) == 1)
    assert other.document.pins == ((3, 3),)


def test_settings_are_taken_from_the_menu_too(
    driver: WindowDriver, image_file: MakeFile, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = image_file()
    driver.open(plain)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(exported), ""))
    driver.window.opener.recover_settings()
    driver.until(lambda: driver.document.gaze == (0.25, 0.75))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(plain), ""))
    driver.window.opener.recover_settings()
    driver.until(
        lambda: "contains no gaze and settings" in driver.window.notifications.banner_widget.text.text()
    )
    assert len(driver.controller.state.documents) == 1
