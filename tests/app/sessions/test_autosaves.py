"""What a window saves by itself while it is used, and as it closes."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from foveaview.app.core.state import Phase
from foveaview.app.sessions.autosave import MOST_KEPT, Autosave, kept_sessions, prune
from foveaview.sessions.model import read_session, write_session
from tests.app.conftest import MakeFile, MakeWindow, WindowDriver, collect
from tests.app.sessions.saving import autosaves, full, own_folder, state_of


def test_an_autosave_leaves_a_run_unsaved(busy: WindowDriver) -> None:
    busy.window.sessions.autosave()
    busy.until(lambda: bool(list(own_folder(busy).glob("*.foveaview"))))
    assert busy.document.unsaved


def test_closing_in_mid_synthesis_keeps_everything_within_two_seconds(
    busy: WindowDriver, make_window: MakeWindow
) -> None:
    busy.controller.search.start()
    at = busy.iteration()
    busy.until(lambda: busy.iteration() > at + 3)
    at = busy.iteration()
    busy.close_in_time()
    other = make_window()
    assert other.window.welcome.reopen.isVisible()
    assert "first.png, second.png (1 unsaved run)" in other.window.welcome.reopen.text()
    QTest.mouseClick(other.window.welcome.reopen, Qt.MouseButton.LeftButton)
    other.until(lambda: len(other.controller.state.documents) == 2)
    assert other.document.phase is Phase.PAUSED
    assert other.document.unsaved
    assert other.iteration() >= at


def test_nothing_is_written_while_nothing_changes(driver: WindowDriver, image_file: MakeFile) -> None:
    driver.open(image_file())
    driver.window.sessions.autosave()
    driver.until(lambda: bool(list(own_folder(driver).glob("*.foveaview"))))
    file = own_folder(driver) / "session.foveaview"
    before = file.stat().st_mtime_ns
    driver.qtbot.wait(100)
    driver.window.sessions.autosave()
    driver.qtbot.wait(200)
    assert file.stat().st_mtime_ns == before
    driver.controller.edits.pin((1, 1))
    driver.window.sessions.autosave()
    driver.until(lambda: file.stat().st_mtime_ns != before)


def test_what_changes_while_a_session_is_being_written_is_written_after_it(busy: WindowDriver) -> None:
    busy.window.sessions.autosave()
    busy.controller.edits.pin((1, 1))
    busy.window.sessions.autosave()
    busy.until(partial(is_pin_saved, busy, (1, 1)))


def test_a_full_disk_is_said_once_and_all_but_the_run_is_kept(
    busy: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, sessions = collect(busy.window.sessions.failed), busy.window.sessions
    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        for column in (1, 2, 3):
            busy.controller.edits.pin((column, 1))
            sessions.autosave()
            busy.until(partial(is_pin_saved, busy, (column, 1)))
    assert len(seen) == 1
    assert "no space left on device" in seen[0].message
    assert read_session(own_folder(busy) / "session.foveaview").targets[1].run is None
    sessions.autosave()  # there is room again, and nothing has changed
    busy.until(lambda: len(list((own_folder(busy) / "session.files").iterdir())) == 1)


def is_pin_saved(driver: WindowDriver, pin: tuple[int, int]) -> bool:
    file = own_folder(driver) / "session.foveaview"
    return file.exists() and pin in read_session(file).targets[1].pins


def test_an_empty_window_leaves_nothing(make_window: MakeWindow) -> None:
    driver = make_window()
    driver.window.sessions.autosave()
    driver.close()
    assert not list(autosaves(driver).glob("*"))


def test_windows_that_live_are_left_alone(
    busy: WindowDriver, make_window: MakeWindow, image_file: MakeFile
) -> None:
    busy.window.sessions.autosave()
    busy.until(lambda: bool(list(own_folder(busy).glob("*.foveaview"))))
    other = make_window()
    assert other.window.sessions.take_crashed() is None
    assert not other.window.sessions.is_opening
    assert other.window.sessions.kept() == []
    other.open(image_file("third.png", seed=5))
    other.window.sessions.autosave()
    other.until(lambda: len(list(autosaves(busy).glob("*/session.foveaview"))) == 2)
    other.close()
    assert read_session(own_folder(busy) / "session.foveaview").targets[0].image.path.endswith("first.png")


def test_old_autosaves_are_removed(tmp_path: Path, busy: WindowDriver) -> None:
    session = state_of(busy)
    for i in range(MOST_KEPT + 3):
        own = Autosave.create(tmp_path / "autosave")
        write_session(own.session, session)
        os.utime(own.session, (i + 1, i + 1))
        own.release()
    living = Autosave.create(tmp_path / "autosave")
    prune(tmp_path / "autosave")
    kept = kept_sessions(tmp_path / "autosave")
    assert [round(one.saved_s) for one in kept] == list(range(MOST_KEPT + 3, 3, -1))
    assert living.folder.exists()
    living.release()
