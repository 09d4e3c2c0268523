"""Recordings as they are read: in the worker, with questions, and given up."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox

from foveaview.app.recordings import requests as gaze_requests
from foveaview.app.recordings.mapping_dialog import ColumnMappingDialog
from foveaview.gaze import Recording
from foveaview.gaze.recordings import read_recording
from foveaview.perception.interruption import check_interruption
from tests.app.conftest import WindowDriver
from tests.app.recorded import gaze_x, looking, open_file, replaying


def table(path: Path) -> Path:
    lines = [f"{i},{0.25 if i < 100 else 0.75},0.5" for i in range(200)]
    path.write_text("\n".join(["count,left,up", *lines]) + "\n")
    return path


def dialog_of(driver: WindowDriver) -> ColumnMappingDialog:
    driver.until(lambda: bool(driver.window.findChildren(ColumnMappingDialog)))
    return driver.window.findChildren(ColumnMappingDialog)[0]


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
    shown: WindowDriver, gaze_file: Path, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    made = open_file(shown, gaze_file)
    (tmp_path / name).write_bytes(content)
    made.open(tmp_path / name)
    shown.until(lambda: said in shown.window.notifications.banner_widget.text.text())
    assert made.record is not None
    assert made.record.path == str(gaze_file)
    assert made.panel.line.text().startswith("gaze.csv")


def test_gaze_of_a_camera_on_the_head_is_refused_with_the_reason(shown: WindowDriver, tmp_path: Path) -> None:
    lines = [f"a,{i * 10_000_000},{500 + i}.0,400.0,1" for i in range(50)]
    header = "recording id,timestamp [ns],gaze x [px],gaze y [px],worn"
    (tmp_path / "gaze.csv").write_text("\n".join([header, *lines]) + "\n")
    made = replaying(shown)
    made.open(tmp_path / "gaze.csv")
    shown.until(lambda: "scene camera" in shown.window.notifications.banner_widget.text.text())
    assert made.record is None


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


def test_reading_can_be_cancelled(
    shown: WindowDriver, gaze_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, made = Slow(monkeypatch), replaying(shown)
    made.open(gaze_file)
    shown.until(slow.began.is_set)
    assert made.panel.line.text() == "reading gaze.csv..."
    QTest.mouseClick(made.panel.close_button, Qt.MouseButton.LeftButton)
    assert slow.ended.wait(2.0)
    QTest.qWait(20)
    assert made.record is None
    assert "reading" not in made.panel.line.text()


def test_closing_the_window_ends_reading_in_time(
    shown: WindowDriver, gaze_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(monkeypatch)
    replaying(shown).open(gaze_file)
    shown.until(slow.began.is_set)
    shown.close_in_time()


def test_another_file_gives_up_the_one_before(
    shown: WindowDriver, gaze_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, made = Slow(monkeypatch), replaying(shown)
    made.open(gaze_file)
    shown.until(slow.began.is_set)
    monkeypatch.setattr(gaze_requests, "read_recording", read_recording)
    made.open(gaze_file)
    shown.until(lambda: made.player.replay is not None)
    assert slow.ended.is_set()
