"""Recordings in the window: opened, placed, played, kept and exported."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog

from foveaview.app import gaze_requests
from foveaview.app.mapping_dialog import MappingDialog
from foveaview.app.replaying import RecordingRecord, Replaying
from foveaview.gaze import Event, Recording
from foveaview.gaze.recordings import read_recording, write_recording
from foveaview.perception.interruption import check_interruption
from foveaview.settings import FixationSettings, ReplaySettings

from .conftest import WindowDriver
from .test_dropped import drop

MakeFile = Callable[..., Path]


def looking(unit: Any = "image", screen: tuple[int, int] | None = None, scale: float = 1.0) -> Recording:
    """Two seconds at 100 Hz, one at a quarter and one at three quarters of the width."""
    t = 10 + np.arange(200) / 100
    x, y = np.where(t < 11, 0.25, 0.75) * scale, np.full(200, 0.5) * scale
    return Recording("eye", t, x, y, unit=unit, screen=screen, events=(Event(10.5, "start"),))


@pytest.fixture
def shown(driver: WindowDriver, image_file: MakeFile) -> WindowDriver:
    driver.controller.open_targets([image_file()])
    driver.settle()
    driver.window.tracking._edit("smoothing", False)
    return driver


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_recording(tmp_path / "gaze.csv", looking())
    return tmp_path / "gaze.csv"


def replaying(driver: WindowDriver) -> Replaying:
    made: Replaying = driver.window.replaying
    return made


def open_file(driver: WindowDriver, path: Path) -> Replaying:
    made = replaying(driver)
    made.open(path)
    driver.until(lambda: made.replay is not None and len(made._rests) > 0)
    return made


def gaze_x(driver: WindowDriver) -> float:
    return driver.document.gaze[0]


def test_a_recording_from_the_menu_is_followed_paused_at_its_beginning(
    shown: WindowDriver, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filters: list[str] = []

    def choose(*arguments: Any) -> tuple[str, str]:
        filters.append(arguments[-1])
        return str(file), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
    shown.window.commands["open_recording"].trigger()
    shown.until(lambda: abs(gaze_x(shown) - 0.25) < 1e-6)
    made = replaying(shown)
    assert made.replay is not None
    assert not made.replay.playing
    assert "*.asc" in filters[0]
    assert made.panel.isVisible()
    assert made.panel.line.text().startswith("gaze.csv: 0:02.0, 100 Hz, 100 % usable")


def test_playing_moves_the_gaze_and_ends_at_the_end(shown: WindowDriver, file: Path) -> None:
    made = open_file(shown, file)
    made._edit(ReplaySettings, "speed", 10.0)
    QTest.mouseClick(made.panel.play_button, Qt.MouseButton.LeftButton)
    assert made.panel.play_button.text() == "&Pause"
    shown.until(lambda: abs(gaze_x(shown) - 0.75) < 1e-6)
    shown.until(lambda: made.panel.play_button.text() == "&Play")
    assert made.panel.axis.place == pytest.approx(11.99)


def test_a_drag_on_the_axis_scrubs(shown: WindowDriver, file: Path) -> None:
    made = open_file(shown, file)
    axis = made.panel.axis
    QTest.mouseClick(axis, Qt.MouseButton.LeftButton, pos=QPoint(axis.width() * 3 // 4, 40))
    shown.until(lambda: abs(gaze_x(shown) - 0.75) < 1e-6)
    QTest.keyClick(axis, Qt.Key.Key_Home)
    shown.until(lambda: abs(gaze_x(shown) - 0.25) < 1e-6)
    QTest.keyClick(axis, Qt.Key.Key_Right)
    assert axis.place == pytest.approx(10.01)
    QTest.keyClick(axis, Qt.Key.Key_Left)
    QTest.keyClick(axis, Qt.Key.Key_Left)
    assert axis.place == pytest.approx(10.0)


def test_a_place_that_is_gone_to_is_shown_as_it_was_not_on_the_way_there(
    shown: WindowDriver, file: Path
) -> None:
    shown.window.tracking._edit("smoothing", True)
    made = open_file(shown, file)
    shown.until(lambda: abs(gaze_x(shown) - 0.25) < 1e-6)
    made.seek(11.5)
    assert gaze_x(shown) == pytest.approx(0.75)
    made.seek(10.5)
    assert gaze_x(shown) == pytest.approx(0.25)


def test_keys_play_and_pause_from_the_whole_window(shown: WindowDriver, file: Path) -> None:
    made = open_file(shown, file)
    shown.press(Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert made.replay is not None
    assert made.replay.playing
    QTest.keyClick(made.panel.axis, Qt.Key.Key_Space)
    assert not made.replay.playing


def test_pixels_of_a_screen_ask_how_large_it_was(shown: WindowDriver, tmp_path: Path) -> None:
    write_recording(tmp_path / "px.csv", looking("px", scale=800.0))
    made = replaying(shown)
    made.open(tmp_path / "px.csv")
    shown.until(made.panel.screen_edit.isVisible)
    shown.until(lambda: "how large its screen was" in made.panel.axis._message)
    assert made.replay is None
    QTest.keyClicks(made.panel.screen_edit, "800x800")
    QTest.keyClick(made.panel.screen_edit, Qt.Key.Key_Return)
    shown.until(lambda: made.replay is not None)
    # 64 px across 800, of which 0.25 is the pixel 15.5
    shown.until(lambda: abs(gaze_x(shown) - 15.5 / 63) < 1e-3)


def test_the_gaze_goes_where_the_image_lay(shown: WindowDriver, tmp_path: Path) -> None:
    write_recording(tmp_path / "share.csv", looking("screen", (128, 96)))
    made = open_file(shown, tmp_path / "share.csv")
    made.seek(10.0)
    shown.until(lambda: abs(gaze_x(shown) - 15.5 / 63) < 1e-3)
    made.panel.placing_box.setFocus()
    QTest.keyClick(made.panel.placing_box, Qt.Key.Key_Down)  # pixel on pixel: its left half lies at a quarter
    shown.until(lambda: abs(gaze_x(shown) - 0.0) < 1e-3)
    assert made.record is not None
    assert made.record.placing == "pixels"


def test_as_in_the_window_takes_the_place_on_this_screen(shown: WindowDriver, tmp_path: Path) -> None:
    images = shown.window.images
    placement = images.placements()[-1][1]
    x, y = placement.to_px(0.25, 0.75)
    t = np.arange(50) / 100
    where = Recording("eye", t, np.full(50, float(x)), np.full(50, float(y)), unit="px")
    write_recording(tmp_path / "here.csv", where)
    made = replaying(shown)
    made.open(tmp_path / "here.csv", RecordingRecord(path=str(tmp_path / "here.csv"), placing="window"))
    shown.until(lambda: made.replay is not None)
    shown.until(lambda: shown.document.gaze == pytest.approx((0.25, 0.75), abs=1e-3))


def test_fixations_follow_settings_and_geometry(shown: WindowDriver, file: Path) -> None:
    made = open_file(shown, file)
    assert made._rests.x == pytest.approx([0.25, 0.75])
    made.panel.editors["duration_ms"].widget.setValue(5000)
    shown.until(lambda: len(made._rests) == 0)
    made._edit(FixationSettings, "duration_ms", 100)
    shown.until(lambda: len(made._rests) == 2)
    # from so far away both places are within a degree
    shown.controller.set_loss("real_viewing_distance", 70.0)
    shown.until(lambda: len(made._rests) == 1)


def test_another_image_is_looked_at_in_the_same_place(
    shown: WindowDriver, file: Path, image_file: MakeFile
) -> None:
    made = open_file(shown, file)
    made.seek(11.5)
    shown.controller.open_targets([image_file("other.png", (96, 96))])
    shown.until(lambda: shown.document.path.name == "other.png")
    shown.until(lambda: abs(gaze_x(shown) - 0.75) < 1e-6)
    assert made.panel.axis.place == pytest.approx(11.5)


def test_without_an_image_it_waits_for_one(driver: WindowDriver, file: Path, image_file: MakeFile) -> None:
    made = replaying(driver)
    made.open(file)
    driver.until(lambda: "open an image" in made.panel.axis._message)
    driver.controller.open_targets([image_file()])
    driver.until(lambda: made.replay is not None)


def test_another_source_takes_its_place_until_it_is_played_again(shown: WindowDriver, file: Path) -> None:
    made = open_file(shown, file)
    made.toggle()
    shown.controller.set_follow(True)
    assert made.panel.play_button.text() == "&Play"
    made.toggle()
    assert shown.window.tracking.source is made.replay
    assert made.panel.play_button.text() == "&Pause"


def test_closing_it_follows_nothing(shown: WindowDriver, file: Path) -> None:
    made = open_file(shown, file)
    QTest.mouseClick(made.panel.close_button, Qt.MouseButton.LeftButton)
    assert shown.window.tracking.source is None
    assert made.record is None
    assert not made.panel.play_button.isVisible()


def table(path: Path) -> Path:
    lines = [f"{i},{0.25 if i < 100 else 0.75},0.5" for i in range(200)]
    path.write_text("\n".join(["count,left,up", *lines]) + "\n")
    return path


def dialog_of(driver: WindowDriver) -> MappingDialog:
    driver.until(lambda: bool(driver.window.findChildren(MappingDialog)))
    return driver.window.findChildren(MappingDialog)[0]


def test_an_unknown_table_is_asked_about_and_then_followed(shown: WindowDriver, tmp_path: Path) -> None:
    made = replaying(shown)
    made.open(table(tmp_path / "table.csv"))
    dialog = dialog_of(shown)
    for name, text in (("x", "left"), ("y", "up"), ("unit", "share of i")):
        box = dialog.form.fields[name].widget
        box.setFocus()
        QTest.keyClicks(box, text)
    rate: Any = dialog.form.fields["rate_hz"].widget
    QTest.keyClicks(rate, "100")
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    shown.until(ok.isEnabled)
    QTest.mouseClick(ok, Qt.MouseButton.LeftButton)
    shown.until(lambda: abs(gaze_x(shown) - 0.25) < 1e-6)
    assert made.record is not None
    assert made.record.mapping is not None
    assert made.record.mapping.rate_hz == 100


def test_a_dialog_that_is_left_opens_nothing(shown: WindowDriver, tmp_path: Path) -> None:
    made = replaying(shown)
    made.open(table(tmp_path / "table.csv"))
    dialog = dialog_of(shown)
    dialog.reject()
    QTest.qWait(50)
    assert made.record is None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("broken.asc", b"\x00\x01\x02" * 300, "broken.asc"),
        ("broken.tsv.gz", b"\x1f\x8b\x08junk", "broken.tsv.gz"),
        ("not.xdf", b"no XDF at all", "not.xdf"),
    ],
)
def test_a_bad_file_is_said_and_what_was_open_stays(
    shown: WindowDriver, file: Path, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    made = open_file(shown, file)
    (tmp_path / name).write_bytes(content)
    made.open(tmp_path / name)
    shown.until(lambda: said in shown.window.banner.text.text())
    assert made.record is not None
    assert made.record.path == str(file)
    assert made.panel.line.text().startswith("gaze.csv")


def test_gaze_of_a_camera_on_the_head_is_refused_with_the_reason(shown: WindowDriver, tmp_path: Path) -> None:
    lines = [f"a,{i * 10_000_000},{500 + i}.0,400.0,1" for i in range(50)]
    header = "recording id,timestamp [ns],gaze x [px],gaze y [px],worn"
    (tmp_path / "gaze.csv").write_text("\n".join([header, *lines]) + "\n")
    made = replaying(shown)
    made.open(tmp_path / "gaze.csv")
    shown.until(lambda: "scene camera" in shown.window.banner.text.text())
    assert made.record is None


def test_dropped_on_the_window_it_is_followed(shown: WindowDriver, file: Path) -> None:
    drop(shown, file)
    shown.until(lambda: replaying(shown).replay is not None)
    assert len(shown.controller.state.documents) == 1


class Slow:
    """A file that takes very long to read, until it is asked to end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began, self.ended = threading.Event(), threading.Event()
        monkeypatch.setattr(gaze_requests, "read_recording", self)

    def __call__(self, *_: Any) -> Recording:
        self.began.set()
        try:
            for _step in range(6000):
                check_interruption()
                time.sleep(0.01)
            return looking()
        finally:
            self.ended.set()


def test_reading_can_be_cancelled(shown: WindowDriver, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, made = Slow(monkeypatch), replaying(shown)
    made.open(file)
    shown.until(slow.began.is_set)
    assert made.panel.line.text() == "reading gaze.csv..."
    QTest.mouseClick(made.panel.close_button, Qt.MouseButton.LeftButton)
    assert slow.ended.wait(2.0)
    QTest.qWait(20)
    assert made.record is None
    assert "reading" not in made.panel.line.text()


def test_closing_the_window_ends_reading_in_time(
    shown: WindowDriver, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(monkeypatch)
    replaying(shown).open(file)
    shown.until(slow.began.is_set)
    shown.close_in_time()


def test_another_file_gives_up_the_one_before(
    shown: WindowDriver, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, made = Slow(monkeypatch), replaying(shown)
    made.open(file)
    shown.until(slow.began.is_set)
    monkeypatch.setattr(gaze_requests, "read_recording", read_recording)
    made.open(file)
    shown.until(lambda: made.replay is not None)
    assert slow.ended.is_set()


def test_a_session_brings_it_back(shown: WindowDriver, file: Path) -> None:
    made = open_file(shown, file)
    made._edit(ReplaySettings, "speed", 0.5)
    made.seek(11.25)
    kept = made.save()
    made.close_recording()
    assert made.save() is None
    made.restore(kept)
    shown.until(lambda: made.replay is not None)
    assert made.panel.axis.place == pytest.approx(11.25)
    assert made.replay is not None
    assert made.replay.speed == 0.5
    shown.until(lambda: abs(gaze_x(shown) - 0.75) < 1e-6)


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
    assert said in shown.window.messages.toPlainText()
    assert replaying(shown).record is None


def test_what_was_followed_is_exported(shown: WindowDriver, file: Path, tmp_path: Path) -> None:
    made = open_file(shown, file)
    made._edit(ReplaySettings, "speed", 10.0)
    made.toggle()
    shown.until(lambda: made.replay is not None and made.replay.at_end)
    shown.window.tracking.poll()
    made.export(tmp_path / "out" / "exported.csv")
    shown.until((tmp_path / "out" / "exported.csv").exists)
    exported = read_recording(tmp_path / "out" / "exported.csv")
    assert exported.unit == "image"
    assert len(exported) >= 200
    assert set(exported.x.round(6).tolist()) == {0.25, 0.75}


def test_where_nothing_was_followed_there_is_nothing_to_export(shown: WindowDriver, tmp_path: Path) -> None:
    replaying(shown).export(tmp_path / "exported.csv")
    shown.until(lambda: "there is no gaze to export" in shown.window.banner.text.text())
    assert not (tmp_path / "exported.csv").exists()


def test_the_scanpath_is_shown_by_its_key_as_far_as_it_is_played(shown: WindowDriver, file: Path) -> None:
    made = open_file(shown, file)
    items = made.scanpath.items
    made.seek(11.5)
    assert not any(item.isVisible() for item in items)
    shown.press(Qt.Key.Key_N)
    assert all(item.isVisible() for item in items)
    assert items[0]._stretch == pytest.approx((9.5, 11.5))
    assert list(items[0].numbers()) == [1, 2]
    made.panel.path_box.setValue(0.0)
    assert shown.controller.state.view.scanpath_s == 0.0
    assert items[1]._stretch == pytest.approx((10.0, 11.99))


def test_the_path_of_a_live_gaze_is_shown(shown: WindowDriver) -> None:
    shown.controller.set_view(scanpath=True)
    shown.controller.set_follow(True)
    for column in range(5, 40, 5):
        shown.hover(column, 20)
    item = replaying(shown).scanpath.items[0]
    shown.until(lambda: len(item.shown()) > 3)
    assert item.shown().x.max() > 0.4
