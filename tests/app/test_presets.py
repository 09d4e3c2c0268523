"""Presets in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QMessageBox

from foveaview.app.run.preset_store import preset_of
from foveaview.sessions.presets import Preset, read_presets, write_presets
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings
from tests.app.conftest import MakeFile, MakeWindow, WindowDriver

NEAR = Preset(
    loss_settings=LossSettings(alpha=0.3, n_pyramid_levels=3),
    settings=SynthesisSettings(steps=7, seed=4),
    objective=ObjectiveSettings(pixel=0.5),
)


@pytest.fixture
def presets_file(tmp_path: Path) -> Path:
    return tmp_path / "presets.json"


@pytest.fixture
def opened(presets_file: Path, make_window: MakeWindow, image_file: MakeFile) -> WindowDriver:
    write_presets(presets_file, {"near": NEAR})
    driver = make_window()
    driver.open(image_file())
    driver.until(lambda: bool(driver.window.presets.store.presets))
    return driver


def answer(monkeypatch: pytest.MonkeyPatch, name: str, accepted: bool = True) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args, **_kwargs: (name, accepted))
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)


def choose(driver: WindowDriver, name: str) -> None:
    """As with the keyboard."""
    names = driver.window.presets.bar.names
    names.setFocus()
    while names.currentText() != name:
        before = names.currentIndex()
        QTest.keyClick(names, Qt.Key.Key_Down)
        assert names.currentIndex() != before, f"there is no {name}"


def test_a_preset_is_applied_as_one_change(opened: WindowDriver) -> None:
    before = preset_of(opened.document)
    choose(opened, "near")
    assert preset_of(opened.document) == NEAR
    assert opened.window.presets.bar.shown == "near"
    opened.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert preset_of(opened.document) == before
    assert opened.window.presets.bar.shown == ""


def test_settings_that_are_no_preset_any_more_say_so(opened: WindowDriver) -> None:
    choose(opened, "near")
    opened.controller.edits.set_loss("alpha", 0.31)
    assert opened.window.presets.bar.names.currentText() == "none"
    opened.controller.edits.set_loss("alpha", 0.3)
    assert opened.window.presets.bar.names.currentText() == "near"


def test_levels_of_a_preset_are_made_to_fit(
    opened: WindowDriver, image_file: MakeFile, presets_file: Path
) -> None:
    opened.open(image_file("small.png", size=(20, 20)))
    write_presets(presets_file, {"deep": Preset(loss_settings=LossSettings(n_pyramid_levels=5))})
    opened.window.presets.store.load()
    opened.until(lambda: "deep" in opened.window.presets.store.presets)
    QTest.keyClick(opened.window.presets.bar.names, Qt.Key.Key_Down)
    assert opened.document.loss_settings.n_pyramid_levels == 4
    assert "levels set to 4" in opened.window.notifications.messages.toPlainText()


def test_settings_are_kept_under_a_name(
    opened: WindowDriver, presets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.controller.edits.set_loss("alpha", 0.7)
    answer(monkeypatch, "  far ")
    opened.window.presets.bar.save.trigger()
    opened.until(lambda: opened.window.presets.bar.shown == "far")
    assert read_presets(presets_file)["far"].loss_settings.alpha == 0.7
    assert list(read_presets(presets_file)) == ["near", "far"]


def test_a_dialog_that_is_given_up_changes_nothing(
    opened: WindowDriver, presets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, "far", accepted=False)
    before = presets_file.read_text()
    opened.window.presets.bar.save.trigger()
    opened.qtbot.wait(50)
    assert presets_file.read_text() == before


def test_a_preset_gets_another_name_and_goes(
    opened: WindowDriver, presets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(opened, "near")
    answer(monkeypatch, "close")
    opened.window.presets.bar.rename.trigger()
    opened.until(lambda: list(opened.window.presets.store.presets) == ["close"])
    assert opened.window.presets.bar.shown == "close"
    opened.window.presets.bar.delete.trigger()
    opened.until(lambda: not opened.window.presets.store.presets)
    assert read_presets(presets_file) == {}
    assert not opened.window.presets.bar.delete.isEnabled()


@pytest.mark.parametrize(("name", "words"), [("", "needs a name"), ("near", "already")])
def test_a_name_that_cannot_be_is_said(opened: WindowDriver, name: str, words: str) -> None:
    opened.window.presets.store.save("far")
    opened.until(lambda: "far" in opened.window.presets.store.presets)
    opened.window.presets.store.rename("far", name)
    opened.until(lambda: opened.window.notifications.banner_widget.isVisible())
    assert words in opened.window.notifications.banner_widget.text.text()
    assert list(opened.window.presets.store.presets) == ["near", "far"]


def test_a_damaged_file_is_said_and_kept(
    presets_file: Path, make_window: MakeWindow, image_file: MakeFile
) -> None:
    presets_file.write_text("{damaged")
    driver = make_window()
    driver.until(lambda: driver.window.notifications.banner_widget.isVisible())
    assert "damaged" in driver.window.notifications.banner_widget.text.text()
    driver.open(image_file())
    driver.window.presets.store.save("new")
    driver.until(presets_file.exists)
    (kept,) = presets_file.parent.glob("presets-damaged-*.json")
    assert kept.read_text() == "{damaged"


def test_a_file_of_a_newer_version_is_never_written(
    presets_file: Path, make_window: MakeWindow, image_file: MakeFile
) -> None:
    text = '{"format": "foveaview presets", "version": 2, "presets": {}}'
    presets_file.write_text(text)
    driver = make_window()
    driver.open(image_file())
    driver.window.notifications.banner_widget.hide()
    driver.window.presets.store.save("new")
    driver.until(lambda: driver.window.notifications.banner_widget.isVisible())
    assert "newer foveaview" in driver.window.notifications.banner_widget.text.text()
    assert presets_file.read_text() == text


def test_two_windows_do_not_lose_each_others_presets(
    opened: WindowDriver, make_window: MakeWindow, image_file: MakeFile, presets_file: Path
) -> None:
    other = make_window()
    other.open(image_file("other.png", seed=1))
    opened.window.presets.store.save("mine")
    opened.until(lambda: "mine" in opened.window.presets.store.presets)
    other.window.presets.store.save("theirs")
    other.until(lambda: "theirs" in other.window.presets.store.presets)
    assert list(read_presets(presets_file)) == ["near", "mine", "theirs"]


def test_the_bar_is_reached_by_tab_and_fits(opened: WindowDriver) -> None:
    bar = opened.window.presets.bar
    for widget in (bar.names, bar.button):
        assert widget.accessibleName()
        assert widget.toolTip()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert bar.minimumSizeHint().width() < 280
