"""What was found is kept in the panel, in files and with the session."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from foveaview.sessions.model import read_session
from tests.app.conftest import WindowDriver
from tests.app.validation.person import Person, click


def test_what_is_kept_is_shown_in_the_panel(person: Person) -> None:
    assert person.feature.line.text() == "never"
    person.follow(offset_px=(20.0, 0.0))
    person.validate()
    click(person.screen.report.discard_button)
    assert person.feature.line.text() == "never"
    found = person.validate()
    click(person.screen.report.keep_button)
    assert person.feature.kept == found
    assert person.feature.line.text() == found.line
    assert "Observer: off by" in person.feature.line.text()
    assert person.feature.screen is None


@pytest.mark.parametrize("name", ["found.json", "found.csv"])
def test_it_is_written_to_a_file(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    person.follow(lost=0.2)
    found, path = person.validate(), tmp_path / name
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_named: (str(path), ""))
    click(person.screen.report.save_button)
    person.driver.until(lambda: person.screen.report.remark.text() == f"{name} saved")
    if path.suffix == ".csv":
        assert len(path.read_text().splitlines()) == 10
    else:
        assert json.loads(path.read_text())["result"] == found.result.model_dump(mode="json")


def test_a_file_that_cannot_be_written_is_said_on_the_page(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.follow()
    person.validate()
    path = tmp_path / "not there" / "found.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_named: (str(path), ""))
    click(person.screen.report.save_button)
    person.driver.until(lambda: "not there" in person.screen.report.remark.text())


def test_it_is_kept_with_the_session(
    person: Person, make_window: Callable[[], WindowDriver], tmp_path: Path
) -> None:
    person.follow(offset_px=(20.0, 0.0))
    found = person.validate()
    click(person.screen.report.keep_button)
    path = tmp_path / "kept.fvsession"
    person.driver.window.sessions.save(path)
    person.driver.until(lambda: person.driver.window.sessions.path == path)
    assert "validation" in read_session(path).extras
    other = make_window()
    feature = other.window.validation
    other.window.sessions.open(path)
    other.until(lambda: feature.kept is not None)
    assert feature.kept == found
    assert feature.line.text() == found.line


@pytest.mark.parametrize("kept", [3, [], {"version": 9}, {"version": 1, "at": "never"}])
def test_what_is_damaged_in_a_session_is_said_and_left(person: Person, kept: Any) -> None:
    person.feature.restore(kept)
    assert person.feature.kept is None
    assert (
        "the session's validation was not taken" in person.driver.window.notifications.messages.toPlainText()
    )


def test_the_key_that_ended_the_last_target_keeps_nothing(person: Person) -> None:
    person.follow()
    person.validate()
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, Qt.Key.Key_Space)
    assert person.feature.kept is None
    assert person.screen.report.isVisible()
