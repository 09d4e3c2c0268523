"""What a crash left comes back, with the next window or in another process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.app.conftest import MakeFile, MakeWindow, WindowDriver
from tests.app.sessions.saving import autosaves, own_folder, state_of

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "scripts" / "sessions.py"


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
    assert "ended without closing" in other.window.notifications.banner_widget.text.text()
    assert other.window.notifications.banner_widget.buttons[0].text() == "Start empty instead"
    QTest.mouseClick(other.window.notifications.banner_widget.buttons[0], Qt.MouseButton.LeftButton)
    assert other.controller.state.documents == ()
    other.until(lambda: len(other.window.sessions.kept()) == 1)  # and it can still be reopened


def test_a_window_without_images_begins_with_what_a_crash_left(
    busy: WindowDriver, make_window: MakeWindow
) -> None:
    crashed_copy(busy)
    other = make_window()
    other.window.begin([])
    other.until(lambda: len(other.controller.state.documents) == 2)


def test_a_window_with_images_offers_what_a_crash_left(
    busy: WindowDriver, make_window: MakeWindow, image_file: MakeFile
) -> None:
    crashed_copy(busy)
    other = make_window()
    other.window.begin([image_file("third.png", seed=5)])
    other.until(lambda: len(other.controller.state.documents) == 1)
    assert "first.png, second.png" in other.window.notifications.banner_widget.text.text()
    QTest.mouseClick(other.window.notifications.banner_widget.buttons[0], Qt.MouseButton.LeftButton)
    other.until(lambda: len(other.controller.state.documents) == 2)


def test_a_window_begins_with_a_sample_the_first_time_and_with_the_choice_later(
    make_window: MakeWindow,
) -> None:
    first = make_window()
    first.window.begin([])
    first.until(lambda: first.controller.state.document is not None)
    first.close()
    second = make_window()
    second.window.begin([])
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
    other.window.session_actions.offer(kept, "again")
    QTest.mouseClick(other.window.notifications.banner_widget.buttons[0], Qt.MouseButton.LeftButton)
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


def run_script(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_random_sessions_come_back_in_another_process_and_after_a_kill() -> None:
    done = run_script("--count", "10", "--interval", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"different": []' in done.stdout
