"""Recordings in the window: opened, closed, kept and exported, with their scanpath."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QFileDialog

from foveaview.app.recordings.controller import RecordingController
from foveaview.app.recordings.session_record import RecordingRecord
from foveaview.gaze.recordings import ColumnMapping, read_recording, write_recording
from foveaview.settings import FixationSettings, ReplaySettings
from tests.app.conftest import MakeWindow, WindowDriver
from tests.app.recorded import gaze_x, looking, open_file, replaying
from tests.app.shell.test_file_opener import drop


def test_a_recording_from_the_menu_is_followed_paused_at_its_beginning(
    shown: WindowDriver, gaze_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filters: list[str] = []

    def choose(*arguments: Any) -> tuple[str, str]:
        filters.append(arguments[-1])
        return str(gaze_file), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
    shown.window.commands["open_recording"].trigger()
    shown.until(lambda: abs(gaze_x(shown) - 0.25) < 1e-6)
    made = replaying(shown)
    assert made.player.replay is not None
    assert not made.player.replay.playing
    assert "*.asc" in filters[0]
    assert made.panel.isVisible()
    assert made.panel.line.text().startswith("gaze.csv: 0:02.0, 100 Hz, 100 % usable")


def test_closing_it_follows_nothing(shown: WindowDriver, gaze_file: Path) -> None:
    made = open_file(shown, gaze_file)
    QTest.mouseClick(made.panel.close_button, Qt.MouseButton.LeftButton)
    assert shown.window.gaze.source is None
    assert made.record is None
    assert not made.panel.play_button.isVisible()


def test_dropped_on_the_window_it_is_followed(shown: WindowDriver, gaze_file: Path) -> None:
    drop(shown, gaze_file)
    shown.until(lambda: replaying(shown).player.replay is not None)
    assert len(shown.controller.state.documents) == 1


def test_a_session_brings_it_back(shown: WindowDriver, gaze_file: Path) -> None:
    made = open_file(shown, gaze_file)
    made._edit(ReplaySettings, "speed", 0.5)
    made.player.seek(11.25)
    kept = made.save()
    made.close_recording()
    assert made.save() is None
    made.restore(kept)
    shown.until(lambda: made.player.replay is not None)
    assert made.panel.axis.place == pytest.approx(11.25)
    assert made.player.replay is not None
    assert made.player.replay.speed == 0.5
    shown.until(lambda: abs(gaze_x(shown) - 0.75) < 1e-6)


def saved(driver: WindowDriver, path: Path) -> Path:
    driver.window.sessions.save(path)
    driver.until(lambda: driver.window.sessions.path == path)
    return path


def brought_back(driver: WindowDriver, session: Path) -> RecordingController:
    driver.window.sessions.open(session)
    driver.until(lambda: replaying(driver).player.replay is not None)
    return replaying(driver)


def moved(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder.parent / name).rename(folder / name)


def test_a_session_that_is_moved_with_its_recording_finds_it(
    shown: WindowDriver, gaze_file: Path, make_window: MakeWindow, tmp_path: Path
) -> None:
    open_file(shown, gaze_file).player.seek(11.25)
    saved(shown, tmp_path / "a.foveaview")
    there = tmp_path / "there"
    moved(there, "a.foveaview", "gaze.csv", "image.png")
    made = brought_back(make_window(), there / "a.foveaview")
    assert made.record is not None
    assert made.record.path == str(there / "gaze.csv")
    assert made.panel.axis.place == pytest.approx(11.25)


def test_another_recording_of_its_name_is_not_taken_for_it(
    shown: WindowDriver, gaze_file: Path, make_window: MakeWindow, tmp_path: Path
) -> None:
    open_file(shown, gaze_file)
    saved(shown, tmp_path / "a.foveaview")
    moved(tmp_path / "there", "a.foveaview")
    write_recording(tmp_path / "there" / "gaze.csv", looking(scale=0.5))
    made = brought_back(make_window(), tmp_path / "there" / "a.foveaview")
    assert made.record is not None
    assert made.record.path == str(gaze_file)


def test_a_recording_that_has_changed_since_is_opened_and_that_is_said(
    shown: WindowDriver, gaze_file: Path, make_window: MakeWindow, tmp_path: Path
) -> None:
    open_file(shown, gaze_file)
    session = saved(shown, tmp_path / "a.foveaview")
    write_recording(gaze_file, looking(scale=0.5))
    other = make_window()
    brought_back(other, session)
    assert "gaze.csv has changed since" in other.window.notifications.messages.toPlainText()


def spoil(other: Path) -> None:
    other.write_bytes(gzip.compress(b"1000\t9\t9\t1\n"))


@pytest.mark.parametrize(
    ("change", "said"),
    [(spoil, True), (Path.unlink, True), (Path.exists, False)],
    ids=["other", "gone", "same"],
)
def test_another_eye_that_is_not_as_it_was_is_said(
    shown: WindowDriver, make_window: MakeWindow, tmp_path: Path, change: Callable[[Path], object], said: bool
) -> None:
    for file in Path("tests/data/gaze").glob("sub-02_*"):
        shutil.copy(file, tmp_path)
    left, right = (tmp_path / f"sub-02_task-look_recording-eye{n}_physio.tsv.gz" for n in (1, 2))
    replaying(shown).open(left)
    shown.until(lambda: replaying(shown).player.replay is not None)
    session = saved(shown, tmp_path / "a.foveaview")
    change(right)
    other = make_window()
    brought_back(other, session)
    words = f"the other eye beside {left.name} has changed since, or is gone"
    assert (words in other.window.notifications.messages.toPlainText()) == said


def test_a_recording_that_is_as_it_was_is_not_said_to_have_changed(
    shown: WindowDriver, gaze_file: Path, make_window: MakeWindow, tmp_path: Path
) -> None:
    open_file(shown, gaze_file)
    session = saved(shown, tmp_path / "a.foveaview")
    other = make_window()
    brought_back(other, session)
    assert "changed" not in other.window.notifications.messages.toPlainText()


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"path": "/no/such/gaze.csv"}, "not there any more: /no/such/gaze.csv"),
        ({"path": "x" * 5000}, "not there any more"),
        ({"path": "gaze.csv", "placing": "upside down"}, "was not opened"),
        ({"speed": 1}, "was not opened"),
        ("what", ""),
        (None, ""),
    ],
)
def test_what_a_session_cannot_bring_back_is_said(shown: WindowDriver, kept: Any, said: str) -> None:
    replaying(shown).restore(kept)
    assert said in shown.window.notifications.messages.toPlainText()
    assert replaying(shown).record is None


def test_what_was_followed_is_exported(shown: WindowDriver, gaze_file: Path, tmp_path: Path) -> None:
    made = open_file(shown, gaze_file)
    made._edit(ReplaySettings, "speed", 10.0)
    made.player.toggle()
    shown.until(lambda: made.player.replay is not None and made.player.replay.at_end)
    shown.window.gaze.poll()
    made.export(tmp_path / "out" / "exported.csv")
    shown.until((tmp_path / "out" / "exported.csv").exists)
    exported = read_recording(tmp_path / "out" / "exported.csv")
    assert exported.unit == "image"
    assert len(exported) >= 200
    assert set(exported.x.round(6).tolist()) == {0.25, 0.75}


def test_where_nothing_was_followed_there_is_nothing_to_export(shown: WindowDriver, tmp_path: Path) -> None:
    replaying(shown).export(tmp_path / "exported.csv")
    shown.until(lambda: "there is no gaze to export" in shown.window.notifications.banner_widget.text.text())
    assert not (tmp_path / "exported.csv").exists()


def test_the_scanpath_is_shown_by_its_key_as_far_as_it_is_played(
    shown: WindowDriver, gaze_file: Path
) -> None:
    made = open_file(shown, gaze_file)
    items = made.scanpath.items
    made.player.seek(11.5)
    assert not any(item.isVisible() for item in items)
    shown.press(Qt.Key.Key_N)
    assert all(item.isVisible() for item in items)
    assert items[0]._stretch == pytest.approx((9.5, 11.5))
    assert list(items[0].numbers()) == [1, 2]
    made.panel.path_box.setValue(0.0)
    assert shown.controller.state.view.scanpath_s == 0.0
    assert items[1]._stretch == pytest.approx((10.0, 11.99))


def test_the_path_of_a_live_gaze_is_shown(shown: WindowDriver) -> None:
    shown.controller.edits.set_view(scanpath=True)
    shown.controller.edits.set_follow(True)
    for column in range(5, 40, 5):
        shown.hover(column, 20)
    item = replaying(shown).scanpath.items[0]
    shown.until(lambda: len(item.shown()) > 3)
    assert item.shown().x.max() > 0.4


def test_how_fixations_are_found_is_set_before_a_recording_is_open_too(
    shown: WindowDriver, gaze_file: Path
) -> None:
    shown.show_dock("Timeline")
    made = replaying(shown)
    method, velocity = (made.panel.editors[name].widget for name in ("method", "velocity_deg_s"))
    assert method.isVisible()
    shown.window.activateWindow()
    method.setFocus()
    QTest.keyClick(method, Qt.Key.Key_Down)
    assert isinstance(velocity, QAbstractSpinBox)
    velocity.selectAll()
    QTest.keyClicks(velocity, "45")
    QTest.keyClick(velocity, Qt.Key.Key_Return)
    assert made.fixations == FixationSettings(method="I-VT", velocity_deg_s=45)
    assert made.scanpath._found_with[0] == made.fixations
    open_file(shown, gaze_file)
    assert made.record is not None
    assert made.record.fixations == made.fixations


def test_a_session_brings_back_how_fixations_are_found(
    shown: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    replaying(shown)._set_fixations(FixationSettings(method="none"))
    session = saved(shown, tmp_path / "a.foveaview")
    other = make_window()
    other.window.sessions.open(session)
    other.until(lambda: replaying(other).fixations == FixationSettings(method="none"))
    assert replaying(other).panel.editors["method"].widget.property("currentText") == "no fixations"


def test_a_session_with_another_way_to_find_fixations_is_said(shown: WindowDriver) -> None:
    replaying(shown)._restore_fixations({"method": "by eye"})
    said = shown.window.notifications.messages.toPlainText().splitlines()[-1]
    assert "the session's way to find fixations was not taken: method: input should be " in said
    assert said.endswith(", got 'by eye'")
    assert replaying(shown).fixations == FixationSettings()


def test_one_that_cannot_be_placed_shows_nothing_of_the_one_before(
    shown: WindowDriver, gaze_file: Path, tmp_path: Path
) -> None:
    made = open_file(shown, gaze_file)
    assert made.panel.place_label.text()
    other = tmp_path / "other.csv"
    other.write_text("timestamp_s,gaze_x_px,gaze_y_px\n" + "".join(f"{i / 100},{i},{i}\n" for i in range(50)))
    mapping = ColumnMapping(time="timestamp_s", x="gaze_x_px", y="gaze_y_px", unit="px")
    made.open(other, RecordingRecord(path=str(other), mapping=mapping))
    shown.until(lambda: "size" in made.panel.line.text())
    assert made.panel.axis._content.overview is None
    assert not made.panel.place_label.text()
