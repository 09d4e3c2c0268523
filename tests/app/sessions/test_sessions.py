"""A session that a person saves and opens comes back whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from foveaview.app.core.controller import Controller
from foveaview.app.core.session_part import SessionPart
from foveaview.app.core.state import Phase
from foveaview.app.sessions.controller import Sessions
from foveaview.app.sessions.state_record import session_of
from foveaview.sessions.model import Session, write_session
from tests.app.conftest import LateWorker, MakeFile, MakeWindow, StillWorker, WindowDriver, collect
from tests.app.sessions.saving import restored, run_some, save, state_of


def without_window(session: Session) -> Session:
    return session.bare.model_copy(update={"extras": {}})


def test_what_was_saved_comes_back_equal(busy: WindowDriver, make_window: MakeWindow, tmp_path: Path) -> None:
    saved = save(busy, tmp_path / "a.foveaview")
    before = state_of(busy)
    other = make_window()
    assert restored(other, tmp_path / "a.foveaview").remarks == ()
    assert state_of(other) == before == without_window(saved)
    assert other.document.path == busy.document.path
    back, before_file = other.controller.state.documents[0].file, busy.controller.state.documents[0].file
    assert back is not None
    assert before_file is not None
    assert torch.equal(back, before_file)


def test_a_restored_search_goes_on_where_it_was(
    busy: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    save(busy, tmp_path / "a.foveaview")
    other = make_window()
    restored(other, tmp_path / "a.foveaview")
    at = other.iteration()
    assert at == busy.iteration() > 0
    other.until(lambda: other.document.picture is not None)
    other.controller.search.start()
    other.until(lambda: other.iteration() > at)


def test_how_a_search_ended_is_known_again(
    driver: WindowDriver, make_window: MakeWindow, image_file: MakeFile, tmp_path: Path
) -> None:
    driver.open(image_file())
    run_some(driver, steps=4)
    driver.until(lambda: driver.document.phase is Phase.DONE)
    save(driver, tmp_path / "a.foveaview")
    other = make_window()
    restored(other, tmp_path / "a.foveaview")
    assert other.document.phase is Phase.DONE
    assert "all steps done, iteration 4" in other.window.run.run_panel.line.text()


def test_a_half_is_read_from_the_whole(
    driver: WindowDriver, make_window: MakeWindow, image_file: MakeFile, tmp_path: Path
) -> None:
    driver.open(image_file())
    driver.controller.documents.halve()
    driver.until(lambda: driver.document.size == (24, 32))
    save(driver, tmp_path / "a.foveaview")
    other = make_window()
    assert restored(other, tmp_path / "a.foveaview").remarks == ()
    assert torch.equal(other.document.target, driver.document.target)


def test_a_session_that_was_moved_with_its_images_comes_back(
    busy: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    before = tmp_path / "before"
    before.mkdir()
    for document in busy.controller.state.documents:
        shutil.copy(document.path, before)
    save(busy, tmp_path / "a.foveaview")
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("first.png", "second.png", "candidate.png", "start.png", "a.foveaview", "a.files"):
        (tmp_path / name).rename(moved / name)
    other = make_window()
    assert restored(other, moved / "a.foveaview").remarks == ()
    assert other.document.path == moved / "second.png"


def test_other_parts_are_kept_and_those_of_other_windows_too(
    busy: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    told: list[Any] = []
    busy.window.sessions.add_part("display", SessionPart(lambda: {"width_m": 0.6}, told.append))
    saved = save(busy, tmp_path / "a.foveaview")
    other = make_window()
    restored(other, tmp_path / "a.foveaview")
    assert other.window.sessions.now().extras["display"] == {"width_m": 0.6}
    restored(busy, tmp_path / "a.foveaview")
    assert told == [{"width_m": 0.6}]
    assert saved.extras["display"] == {"width_m": 0.6}


def test_what_was_open_before_a_session_can_be_reopened(
    busy: WindowDriver, image_file: MakeFile, tmp_path: Path
) -> None:
    write_session(tmp_path / "empty.foveaview", Session())
    before = state_of(busy)
    restored(busy, tmp_path / "empty.foveaview")
    assert busy.controller.state.documents == ()
    busy.until(lambda: len(busy.window.sessions.kept()) == 1)
    seen = collect(busy.window.sessions.restored)
    busy.window.sessions.reopen_last()
    busy.until(lambda: bool(seen))
    assert state_of(busy) == before


def test_a_newer_session_replaces_one_that_is_still_read(
    worker: StillWorker, image_file: MakeFile, qtbot: QtBot, tmp_path: Path
) -> None:
    controller = Controller(worker)
    controller.documents.open_targets([image_file()])
    write_session(tmp_path / "a.foveaview", session_of(controller.state))
    slow = LateWorker()
    other = Controller(slow)
    sessions = Sessions(other, slow, tmp_path / "autosave", None)
    seen = collect(sessions.restored)
    sessions.open(tmp_path / "a.foveaview")
    sessions.open(tmp_path / "a.foveaview")
    slow.work()
    assert len(seen) == 1
    assert len(other.state.documents) == 1


def test_the_keys_save_the_session(
    busy: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    busy.press(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    busy.until(lambda: busy.window.sessions.path == tmp_path / "mine.foveaview")
    (tmp_path / "mine.foveaview").unlink()
    busy.press(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)  # asks no more
    busy.until(lambda: (tmp_path / "mine.foveaview").exists())


def test_a_session_is_opened_from_the_menu(
    busy: WindowDriver, make_window: MakeWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(busy, tmp_path / "a.foveaview")
    other = make_window()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "a.foveaview"), ""))
    other.window.session_actions.open_session()
    other.until(lambda: len(other.controller.state.documents) == 2)


def test_the_command_line_opens_a_session(busy: WindowDriver, tmp_path: Path) -> None:
    save(busy, tmp_path / "a.foveaview")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "foveaview", "view", str(tmp_path / "a.foveaview")]
    command += ["--screenshot", str(tmp_path / "shot.png"), "--after", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    settings = QSettings(str(tmp_path / ".config/foveaview/foveaview.conf"), QSettings.Format.IniFormat)
    assert str(tmp_path / "a.foveaview") in str(settings.value("recent"))
    command += [str(tmp_path / "first.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert "a session must be opened alone" in done.stderr
