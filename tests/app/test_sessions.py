"""Sessions that come back, driven as a person does, and after a crash."""

from __future__ import annotations

import base64
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from foveaview.app import file_actions
from foveaview.app.autosaves import MOST_KEPT, Autosave, kept_sessions, prune
from foveaview.app.controller import Controller
from foveaview.app.main import begin
from foveaview.app.session_requests import SessionWriter
from foveaview.app.session_state import runs_of, session_of
from foveaview.app.sessions import Part, Restored, Sessions
from foveaview.app.state import AppState, Phase
from foveaview.session import Session, TargetRecord, files_folder, read_session, write_session
from foveaview.synthesis import load_checkpoint

from .conftest import LateWorker, StillWorker, WindowDriver

MakeWindow = Callable[[], WindowDriver]
MakeFile = Callable[..., Path]
ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "scripts" / "sessions.py"


def collect(signal: Any) -> list[Any]:
    seen: list[Any] = []
    signal.connect(seen.append)
    return seen


def run_some(driver: WindowDriver, steps: int = 100_000) -> None:
    """Start a search that ends after some steps, and wait for the first."""
    driver.controller.set_synthesis("steps", steps)
    driver.controller.set_synthesis("stop_fraction", 0.0)
    driver.controller.start()
    driver.until(lambda: driver.iteration() > 2 or driver.document.phase is Phase.DONE)


def save(driver: WindowDriver, path: Path) -> Session:
    driver.window.sessions.save(path)
    driver.until(lambda: driver.window.sessions.path == path)
    return read_session(path)


def restored(driver: WindowDriver, path: Path) -> Restored:
    seen = collect(driver.window.sessions.restored)
    driver.window.sessions.open(path)
    driver.until(lambda: bool(seen))
    assert isinstance(seen[0], Restored)
    return seen[0]


def state_of(driver: WindowDriver) -> Session:
    return session_of(driver.controller.state)


def without_window(session: Session) -> Session:
    return session.bare.model_copy(update={"layout": Session().layout, "extras": {}})


@pytest.fixture
def busy(driver: WindowDriver, image_file: MakeFile) -> WindowDriver:
    """Two targets, one with a candidate from a file, one with a search that is paused."""
    driver.open(image_file("first.png"))
    controller = driver.controller
    controller.set_gaze((0.2, 0.7))
    controller.open_candidate(image_file("candidate.png", size=(40, 40), seed=2))
    driver.until(lambda: driver.document.file is not None)
    controller.pin((5, 6))
    driver.open(image_file("second.png", size=(40, 40), seed=1))
    controller.set_loss("alpha", 0.3)
    controller.open_start(image_file("start.png", seed=3))
    driver.until(lambda: driver.document.start is not None)
    run_some(driver)
    controller.pause()
    controller.set_objective("pixel", 0.5)
    controller.set_heatmap_of("pixel")
    controller.set_view(layer="difference", offset=(1.5, -2.0), rings=True)
    driver.until(lambda: driver.document.status is not None and driver.document.phase is Phase.PAUSED)
    # the last frame, after which nothing changes by itself
    driver.until(lambda: driver.document.heatmap is not None and not driver.document.heatmap_changes)
    return driver


# a person's own file


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
    other.controller.start()
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
    assert "all steps done, iteration 4" in other.window.run_panel.line.text()


def test_a_half_is_read_from_the_whole(
    driver: WindowDriver, make_window: MakeWindow, image_file: MakeFile, tmp_path: Path
) -> None:
    driver.open(image_file())
    driver.controller.halve()
    driver.until(lambda: driver.document.size == (24, 32))
    save(driver, tmp_path / "a.foveaview")
    other = make_window()
    assert restored(other, tmp_path / "a.foveaview").remarks == ()
    assert torch.equal(other.document.target, driver.document.target)


def test_saving_again_keeps_no_checkpoint_that_is_of_no_use(busy: WindowDriver, tmp_path: Path) -> None:
    path = tmp_path / "a.foveaview"
    save(busy, path)
    first = list(files_folder(path).iterdir())
    busy.window.sessions.save(path)
    busy.controller.start()
    at = busy.iteration()
    busy.until(lambda: busy.iteration() > at + 2)
    seen = collect(busy.window.sessions.noticed)
    busy.window.sessions.save(path)
    busy.until(lambda: bool(seen))
    second = list(files_folder(path).iterdir())
    assert len(first) == len(second) == 1
    assert first != second
    run = read_session(path).targets[1].run
    assert run is not None
    assert len(load_checkpoint(path.parent / str(run.checkpoint)).state["losses"]) == run.iteration
    assert busy.document.phase is Phase.RUNNING


def test_saved_runs_are_no_longer_unsaved_and_later_steps_are(busy: WindowDriver, tmp_path: Path) -> None:
    assert busy.document.unsaved
    save(busy, tmp_path / "a.foveaview")
    busy.until(lambda: not busy.document.unsaved)
    at = busy.iteration()
    busy.controller.start()
    busy.until(lambda: busy.iteration() > at)
    assert busy.document.unsaved


def test_an_autosave_leaves_a_run_unsaved(busy: WindowDriver) -> None:
    busy.window.sessions.autosave()
    busy.until(lambda: bool(list(own_folder(busy).glob("*.foveaview"))))
    assert busy.document.unsaved


def test_a_missing_and_a_changed_image_are_said_and_the_rest_is_there(
    busy: WindowDriver, make_window: MakeWindow, image_file: MakeFile, tmp_path: Path
) -> None:
    save(busy, tmp_path / "a.foveaview")
    (tmp_path / "candidate.png").unlink()
    image_file("second.png", size=(40, 40), seed=9)
    other = make_window()
    told = " ".join(restored(other, tmp_path / "a.foveaview").remarks)
    assert "candidate.png is not there any more" in told
    assert "second.png has changed" in told
    assert "the run of second.png could not be taken up" in told
    first, second = other.controller.state.documents
    assert first.pins == ((5, 6),)
    assert first.candidate == "ventral"
    assert second.loss_settings.alpha == 0.3
    assert second.run is None
    assert "Not all of the session" in other.window.banner.text.text()
    assert other.window.sessions.path is None  # saving over it would lose what is still in it


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


def test_a_damaged_checkpoint_is_said(busy: WindowDriver, make_window: MakeWindow, tmp_path: Path) -> None:
    save(busy, tmp_path / "a.foveaview")
    for file in (tmp_path / "a.files").iterdir():
        file.write_bytes(b"bad")
    other = make_window()
    assert "could not be taken up" in restored(other, tmp_path / "a.foveaview").remarks[0]
    assert other.document.phase is Phase.IDLE
    assert other.document.loss_settings.alpha == 0.3


def test_a_damaged_session_leaves_what_is_open(busy: WindowDriver, tmp_path: Path) -> None:
    before, seen = state_of(busy), collect(busy.window.sessions.failed)
    (tmp_path / "bad.foveaview").write_text("{")
    busy.window.sessions.open(tmp_path / "bad.foveaview")
    busy.until(lambda: bool(seen))
    assert "damaged" in seen[0].message
    assert state_of(busy) == before


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


def test_the_layout_comes_back(busy: WindowDriver, make_window: MakeWindow, tmp_path: Path) -> None:
    busy.window.docks.all[0].hide()
    save(busy, tmp_path / "a.foveaview")
    other = make_window()
    assert other.window.docks.all[0].isVisible()
    restored(other, tmp_path / "a.foveaview")
    assert not other.window.docks.all[0].isVisible()


def rewritten(path: Path, change: Callable[[Session], Session]) -> None:
    """The file as another program might have changed it."""
    write_session(path, change(read_session(path)))


def test_a_layout_that_was_changed_is_not_given_to_qt(
    busy: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    path = tmp_path / "a.foveaview"
    busy.window.docks.all[0].hide()
    layout = save(busy, path).layout
    raw = bytearray(base64.b64decode(layout.state))
    raw[13] = 0xFF  # Qt ends the program where it reads this
    damaged = layout.model_copy(update={"state": base64.b64encode(raw).decode()})
    rewritten(path, lambda session: session.model_copy(update={"layout": damaged}))
    other = make_window()
    assert restored(other, path).remarks == ()
    assert other.window.docks.all[0].isVisible()
    assert "panels stay where they are" in other.window.messages.toPlainText()
    assert other.window.sessions.path == path


def test_a_layout_of_another_installation_is_not_given_to_qt(
    busy: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    busy.window.docks.all[0].hide()
    save(busy, tmp_path / "a.foveaview")
    busy.window.settings.setValue("layout_key", "")
    other = make_window()
    restored(other, tmp_path / "a.foveaview")
    assert other.window.docks.all[0].isVisible()


def test_a_device_that_is_not_here_is_said_and_the_target_is_shown(
    busy: WindowDriver, make_window: MakeWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for device in (torch.cuda, torch.backends.mps):
        monkeypatch.setattr(device, "is_available", lambda: False)
    path = tmp_path / "a.foveaview"
    save(busy, path)
    rewritten(path, lambda s: s.with_targets(_with_cuda))
    other = make_window()
    told = restored(other, path).remarks
    assert told == 2 * ("cuda is not here: computed on the cpu",)
    assert other.document.settings.device == "auto"
    other.until(lambda: other.document.picture is not None and other.document.heatmap is not None)


def _with_cuda(target: TargetRecord) -> TargetRecord:
    return target.model_copy(update={"settings": target.settings.replace(device="cuda")})


def test_a_term_without_a_heatmap_is_said_and_the_target_is_shown(
    busy: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    path = tmp_path / "a.foveaview"
    save(busy, path)
    rewritten(
        path,
        lambda s: s.with_targets(lambda target: target.model_copy(update={"heatmap_of": "adversarial"})),
    )
    other = make_window()
    assert "the adversarial term has no heatmap" in restored(other, path).remarks[0]
    assert other.document.heatmap_of == "metameric"
    other.until(lambda: other.document.picture is not None and other.document.heatmap is not None)


def test_other_parts_are_kept_and_those_of_other_windows_too(
    busy: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    told: list[Any] = []
    busy.window.sessions.add_part("display", Part(lambda: {"width_m": 0.6}, told.append))
    saved = save(busy, tmp_path / "a.foveaview")
    other = make_window()
    restored(other, tmp_path / "a.foveaview")
    assert other.window.sessions.now().extras["display"] == {"width_m": 0.6}
    restored(busy, tmp_path / "a.foveaview")
    assert told == [{"width_m": 0.6}]
    assert saved.extras["display"] == {"width_m": 0.6}


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
    file_actions.open_session(other.window)
    other.until(lambda: len(other.controller.state.documents) == 2)


def test_nothing_is_no_session(driver: WindowDriver, tmp_path: Path) -> None:
    seen = collect(driver.window.sessions.failed)
    driver.window.sessions.save(tmp_path / "a.foveaview")
    assert "nothing to save" in seen[0].message
    assert not (tmp_path / "a.foveaview").exists()


def test_a_place_that_cannot_be_written_is_said(busy: WindowDriver, tmp_path: Path) -> None:
    seen = collect(busy.window.sessions.failed)
    (tmp_path / "file").touch()
    busy.window.sessions.save(tmp_path / "file" / "a.foveaview")
    busy.until(lambda: bool(seen))
    assert busy.window.sessions.path is None


# by itself


def own_folder(driver: WindowDriver) -> Path:
    folders = [path.parent for path in autosaves(driver).glob("*/lock")]
    assert len(folders) == 1
    return folders[0]


def autosaves(driver: WindowDriver) -> Path:
    return Path(driver.window.settings.fileName()).parent / "recovery" / "autosave"


def test_closing_in_mid_synthesis_keeps_everything_within_two_seconds(
    busy: WindowDriver, make_window: MakeWindow
) -> None:
    busy.controller.start()
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
    driver.controller.pin((1, 1))
    driver.window.sessions.autosave()
    driver.until(lambda: file.stat().st_mtime_ns != before)


def test_what_changes_while_a_session_is_being_written_is_written_after_it(busy: WindowDriver) -> None:
    busy.window.sessions.autosave()
    busy.controller.pin((1, 1))
    busy.window.sessions.autosave()
    busy.until(partial(is_pin_saved, busy, (1, 1)))


def full(_content: object, _part: Path) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_said_once_and_all_but_the_run_is_kept(
    busy: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, sessions = collect(busy.window.sessions.failed), busy.window.sessions
    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        for column in (1, 2, 3):
            busy.controller.pin((column, 1))
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


def test_saving_where_the_disk_is_full_leaves_the_run_unsaved(
    busy: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = collect(busy.window.sessions.failed)
    monkeypatch.setattr(torch, "save", full)
    saved = save(busy, tmp_path / "a.foveaview")
    assert len(saved.targets) == 2
    assert "not the newest steps" in seen[0].message
    assert busy.document.unsaved


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


def crashed_copy(driver: WindowDriver) -> Path:
    """What a window would have left that was killed now: its lock is that of a process that is gone."""
    driver.window.sessions.autosave()
    driver.until(lambda: bool(list(own_folder(driver).glob("*.foveaview"))))
    copy = autosaves(driver) / "crashed"
    shutil.copytree(own_folder(driver), copy)
    lines = (copy / "lock").read_text().splitlines()
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    (copy / "lock").write_text("\n".join([str(process.pid), *lines[1:]]) + "\n")
    return copy


def test_what_a_crash_left_comes_back_by_itself(busy: WindowDriver, make_window: MakeWindow) -> None:
    before = state_of(busy)
    crashed_copy(busy)
    other = make_window()
    assert other.window.sessions.take_crashed() is None
    other.until(lambda: len(other.controller.state.documents) == 2)
    assert state_of(other) == before
    assert "ended without closing" in other.window.banner.text.text()
    assert other.window.banner.buttons[0].text() == "Start empty instead"
    QTest.mouseClick(other.window.banner.buttons[0], Qt.MouseButton.LeftButton)
    assert other.controller.state.documents == ()
    other.until(lambda: len(other.window.sessions.kept()) == 1)  # and it can still be reopened


def test_a_window_without_images_begins_with_what_a_crash_left(
    busy: WindowDriver, make_window: MakeWindow
) -> None:
    crashed_copy(busy)
    other = make_window()
    begin(other.window, [], None, (0.5, 0.5))
    other.until(lambda: len(other.controller.state.documents) == 2)


def test_a_window_with_images_offers_what_a_crash_left(
    busy: WindowDriver, make_window: MakeWindow, image_file: MakeFile
) -> None:
    crashed_copy(busy)
    other = make_window()
    begin(other.window, [image_file("third.png", seed=5)], None, (0.5, 0.5))
    other.until(lambda: len(other.controller.state.documents) == 1)
    assert "first.png, second.png" in other.window.banner.text.text()
    QTest.mouseClick(other.window.banner.buttons[0], Qt.MouseButton.LeftButton)
    other.until(lambda: len(other.controller.state.documents) == 2)


def test_a_window_begins_with_a_sample_the_first_time_and_with_the_choice_later(
    make_window: MakeWindow,
) -> None:
    first = make_window()
    begin(first.window, [], None, (0.5, 0.5))
    first.until(lambda: first.controller.state.document is not None)
    first.close()
    second = make_window()
    begin(second.window, [], None, (0.5, 0.5))
    second.qtbot.wait(300)
    assert second.controller.state.document is None
    assert second.window.welcome.reopen.isVisible()


def test_a_session_that_ends_the_window_is_not_restored_again_and_again(
    busy: WindowDriver, make_window: MakeWindow
) -> None:
    copy = crashed_copy(busy)
    (copy / "tried").touch()
    other = make_window()
    kept = other.window.sessions.take_crashed()
    assert kept is not None
    assert kept.folder == copy
    other.window.notices.offer_session(kept, "again")
    QTest.mouseClick(other.window.banner.buttons[0], Qt.MouseButton.LeftButton)
    other.until(lambda: len(other.controller.state.documents) == 2)


def test_what_could_not_be_restored_after_a_crash_stays_on_disk(
    busy: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    copy = crashed_copy(busy)
    (tmp_path / "second.png").rename(tmp_path / "elsewhere.png")
    other = make_window()
    other.window.sessions.take_crashed()
    other.until(lambda: len(other.controller.state.documents) == 1)
    other.window.sessions.autosave()
    other.close()
    assert len(list((copy / "session.files").iterdir())) == 1


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


# the rules, without a window


def test_a_session_is_a_pure_function_of_the_state(
    worker: StillWorker, image_file: MakeFile, qtbot: QtBot
) -> None:
    controller = Controller(worker)
    controller.open_targets([image_file("a.png"), image_file("b.png", seed=1)])
    controller.start()
    session = session_of(controller.state)
    assert session == session_of(controller.state)
    assert [Path(target.image.path).name for target in session.targets] == ["a.png", "b.png"]
    assert session.current == 1
    assert session.targets[1].phase == "paused"
    assert runs_of(controller.state) == [None, controller.state.documents[1].run]
    assert session_of(AppState()) == Session()


def test_a_run_that_is_not_finite_leaves_the_checkpoint_before(
    worker: StillWorker, image_file: MakeFile, qtbot: QtBot, tmp_path: Path
) -> None:
    controller = Controller(worker)
    controller.open_targets([image_file()])
    controller.start()
    worker.renderer.begin(worker.jobs[-1])
    worker.renderer.step(worker.jobs[-1])
    writer = SessionWriter(tmp_path / "a.foveaview")
    session, runs = session_of(controller.state), runs_of(controller.state)
    first = writer.write(session, runs)(worker.renderer).session.targets[0].run
    worker.renderer.step(worker.jobs[-1])
    search = next(iter(worker.renderer.runs.searches.values()))
    search.synthesis.metamer.data.fill_(float("nan"))
    second = writer.write(session, runs)(worker.renderer).session.targets[0].run
    assert first is not None
    assert second == first
    assert (tmp_path / str(first.checkpoint)).exists()


@pytest.fixture
def begun(worker: StillWorker, image_file: MakeFile, qtbot: QtBot) -> Controller:
    """A search that has taken a step."""
    controller = Controller(worker)
    controller.open_targets([image_file()])
    controller.start()
    worker.renderer.begin(worker.jobs[-1])
    worker.renderer.step(worker.jobs[-1])
    return controller


def test_a_run_that_cannot_be_written_is_kept_as_it_was_before(
    worker: StillWorker, begun: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SessionWriter(tmp_path / "a.foveaview")
    session, runs = session_of(begun.state), runs_of(begun.state)
    first = writer.write(session, runs)(worker.renderer).session.targets[0].run
    worker.renderer.step(worker.jobs[-1])
    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        written = writer.write(session, runs)(worker.renderer)
    run = written.session.targets[0].run
    assert first is not None
    assert run is not None
    assert (run.checkpoint, run.iteration, run.unsaved) == (first.checkpoint, 1, True)
    assert (tmp_path / str(first.checkpoint)).exists()
    assert written.problem is not None
    assert written.statuses == {}


def test_a_session_that_cannot_be_written_leaves_no_checkpoints(
    worker: StillWorker, begun: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: object) -> Session:
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = SessionWriter(tmp_path / "a.foveaview")
    session, runs = session_of(begun.state), runs_of(begun.state)
    writer.write(session, runs)(worker.renderer)
    before = list((tmp_path / "a.files").iterdir())
    worker.renderer.step(worker.jobs[-1])
    monkeypatch.setattr("foveaview.app.session_requests.write_session", fails)
    with pytest.raises(OSError, match="No space left"):
        writer.write(session, runs)(worker.renderer)
    assert list((tmp_path / "a.files").iterdir()) == before


def test_a_newer_session_replaces_one_that_is_still_read(
    worker: StillWorker, image_file: MakeFile, qtbot: QtBot, tmp_path: Path
) -> None:
    controller = Controller(worker)
    controller.open_targets([image_file()])
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


# in processes of their own


def run_script(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_random_sessions_come_back_in_another_process_and_after_a_kill() -> None:
    done = run_script("--count", "10", "--interval", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"different": []' in done.stdout


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
    assert "a session opens alone" in done.stderr


def test_documents_without_a_file_are_left_out(
    worker: StillWorker, image_file: MakeFile, qtbot: QtBot
) -> None:
    controller = Controller(worker)
    controller.open_targets([image_file()])
    made = replace(controller.state.documents[0], source=None)
    assert session_of(replace(controller.state, documents=(made,))) == Session()
