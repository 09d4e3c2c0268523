"""What a file leaves open is asked about in the window: its recordings, streams, and origin."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from foveaview.app.recordings.mapping_dialog import ColumnMappingDialog
from foveaview.app.widgets.choice_dialog import ChoiceDialog
from foveaview.gaze.recordings import Choice
from tests.app.conftest import WindowDriver
from tests.app.recorded import gaze_x, replaying
from tests.gaze.recordings import xdf_file

CHOICES = [Choice("P1", "3 rows"), Choice("P2", "5 rows")]


def made(qtbot: QtBot) -> tuple[ChoiceDialog, list[str]]:
    dialog = ChoiceDialog("eye.csv", "holds 2 recordings", "Recording", CHOICES)
    qtbot.addWidget(dialog)
    chosen: list[str] = []
    dialog.chosen.connect(chosen.append)
    dialog.show()
    return dialog, chosen


def ok(dialog: ChoiceDialog) -> None:
    button = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def pick(dialog: ChoiceDialog, row: int) -> None:
    item = dialog.table.item(row, 0)
    assert item is not None
    at = dialog.table.visualItemRect(item).center()
    QTest.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_choice_dialog_says_what_there_is_and_takes_the_first_by_itself(qtbot: QtBot) -> None:
    dialog, chosen = made(qtbot)
    assert dialog.line.text() == "eye.csv holds 2 recordings. Choose one to read:"
    assert dialog.current == "P1"
    ok(dialog)
    assert (chosen, dialog.isVisible()) == (["P1"], False)


def test_choice_dialog_takes_the_row_that_is_clicked_or_reached_by_keys(qtbot: QtBot) -> None:
    dialog, chosen = made(qtbot)
    pick(dialog, 1)
    assert dialog.current == "P2"
    QTest.keyClick(dialog.table, Qt.Key.Key_Up)
    assert dialog.current == "P1"
    item = dialog.table.item(1, 0)
    assert item is not None
    at = dialog.table.visualItemRect(item).center()
    QTest.mouseDClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen == ["P2"]


def test_choice_dialog_that_is_left_chooses_nothing(qtbot: QtBot) -> None:
    dialog, chosen = made(qtbot)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert chosen == []


def dialog_of(driver: WindowDriver) -> ChoiceDialog:
    driver.until(lambda: bool(driver.window.findChildren(ChoiceDialog)))
    return driver.window.findChildren(ChoiceDialog)[0]


def sdk_table(path: Path) -> Path:
    """Samples of Tobii's SDK of two people, one after the other."""
    eyes = [f"{eye}_gaze_point_on_display_area_{axis}" for eye in ("left", "right") for axis in "xy"]
    rows = [
        f"{who},{t * 10_000},{x},0.5,{x},0.5" for who, x in (("P1", 0.25), ("P2", 0.75)) for t in range(200)
    ]
    path.write_text("\n".join([",".join(["participant", "system_time_stamp", *eyes]), *rows]) + "\n")
    return path


def test_window_asks_which_recording_of_a_table_is_followed(shown: WindowDriver, tmp_path: Path) -> None:
    replay = replaying(shown)
    replay.open(sdk_table(tmp_path / "two.csv"))
    dialog = dialog_of(shown)
    assert "two.csv holds 2 recordings" in dialog.line.text()
    pick(dialog, 1)
    ok(dialog)
    shown.until(lambda: replay.record is not None)
    replay._change(placing="stretch")
    shown.until(lambda: gaze_x(shown) > 0.6)
    assert replay.record is not None
    assert replay.record.reading.recording == "P2"


def test_window_opens_a_session_with_the_recording_that_was_chosen(
    shown: WindowDriver, tmp_path: Path
) -> None:
    replay = replaying(shown)
    replay.open(sdk_table(tmp_path / "two.csv"))
    ok(dialog_of(shown))
    shown.until(lambda: replay.record is not None)
    kept = json.loads(json.dumps(replay.save()))
    replay.close_recording()
    replay.restore(kept)
    shown.until(lambda: replay.record is not None)
    assert replay.record is not None
    assert replay.record.reading.recording == "P1"


def test_window_opens_another_file_without_the_choice_of_the_one_before(
    shown: WindowDriver, tmp_path: Path, gaze_file: Path
) -> None:
    replay = replaying(shown)
    replay.open(sdk_table(tmp_path / "two.csv"))
    ok(dialog_of(shown))
    shown.until(lambda: replay.record is not None)
    replay.open(gaze_file)
    shown.until(lambda: replay.record is not None and replay.record.path == str(gaze_file))
    assert replay.record is not None
    assert replay.record.reading.recording == ""


def test_window_that_is_not_told_opens_nothing(shown: WindowDriver, tmp_path: Path) -> None:
    replay = replaying(shown)
    replay.open(sdk_table(tmp_path / "two.csv"))
    dialog_of(shown).reject()
    QTest.qWait(50)
    assert replay.record is None


def streams(path: Path, kind: str = "Gaze", labels: tuple[str, str] = ("gaze_x", "gaze_y")) -> Path:
    pytest.importorskip("pyxdf")
    channels = [(label, "") for label in labels]
    times = [t / 100 for t in range(200)]
    made = [
        xdf_file.stream(number, xdf_file.header("eye", kind, channels), times, [[x, 0.5]] * 200)
        for number, x in ((1, 0.25), (2, 0.75))
    ]
    path.write_bytes(xdf_file.file(*made))
    return path


def test_window_asks_which_of_two_streams_of_one_name_is_followed(
    shown: WindowDriver, tmp_path: Path
) -> None:
    replay = replaying(shown)
    replay.open(streams(tmp_path / "two.xdf"))
    dialog = dialog_of(shown)
    assert "holds 2 gaze streams" in dialog.line.text()
    pick(dialog, 1)
    ok(dialog)
    shown.until(lambda: replay.record is not None)
    assert replay.record is not None
    assert replay.record.reading.stream == "2"


def test_window_asks_for_a_stream_of_unknown_type_and_then_for_its_channels(
    shown: WindowDriver, tmp_path: Path
) -> None:
    replay = replaying(shown)
    replay.open(streams(tmp_path / "two.xdf", "Signal", ("a", "b")))
    ok(dialog_of(shown))
    shown.until(lambda: bool(shown.window.findChildren(ColumnMappingDialog)))
    mapping = shown.window.findChildren(ColumnMappingDialog)[0]
    assert mapping.form.fields["delimiter"].widget.isHidden()
    for name, text in (("x", "a"), ("y", "b"), ("unit", "share of i")):
        box = mapping.form.fields[name].widget
        box.setFocus()
        QTest.keyClicks(box, text)
    accept = mapping.buttons.button(QDialogButtonBox.StandardButton.Ok)
    shown.until(accept.isEnabled)
    QTest.mouseClick(accept, Qt.MouseButton.LeftButton)
    shown.until(lambda: abs(gaze_x(shown) - 0.25) < 1e-6)
    assert replay.record is not None
    assert replay.record.mapping is not None
    assert (replay.record.reading.stream, replay.record.mapping.x) == ("1", "a")


def test_window_asks_whether_y_counts_upwards_from_the_centre(shown: WindowDriver, tmp_path: Path) -> None:
    name = "sub-01_task-look_recording-eye1_physio"
    said = {
        "SamplingFrequency": 100,
        "StartTime": 0,
        "Columns": ["x_coordinate", "y_coordinate"],
        "PhysioType": "eyetrack",
        "SampleCoordinateUnits": "pixel",
        "EnvironmentCoordinates": "center",
        "ScreenResolution": [800, 600],
    }
    (tmp_path / f"{name}.json").write_text(json.dumps(said))
    path = tmp_path / f"{name}.tsv.gz"
    path.write_bytes(gzip.compress(b"100\t40\n" * 200))
    replay = replaying(shown)
    replay.open(path)
    dialog = dialog_of(shown)
    assert "origin at the centre of the screen" in dialog.line.text()
    ok(dialog)
    shown.until(lambda: replay.record is not None)
    assert replay._recording is not None
    assert (replay._recording.x[0], replay._recording.y[0]) == (500, 260)
