"""Recordings on the image that is shown, and their fixations there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from foveaview.app.recordings.session_record import RecordingRecord
from foveaview.gaze import Recording
from foveaview.gaze.recordings import write_recording
from foveaview.settings import FixationSettings
from tests.app.conftest import MakeFile, WindowDriver
from tests.app.recorded import gaze_x, looking, open_file, replaying


def test_pixels_of_a_screen_ask_how_large_it_was(shown: WindowDriver, tmp_path: Path) -> None:
    write_recording(tmp_path / "px.csv", looking("px", scale=800.0))
    made = replaying(shown)
    made.open(tmp_path / "px.csv")
    shown.until(made.panel.screen_edit.isVisible)
    shown.until(lambda: "size of the recording's screen" in made.panel.axis._message)
    assert made.player.replay is None
    QTest.keyClicks(made.panel.screen_edit, "800x800")
    QTest.keyClick(made.panel.screen_edit, Qt.Key.Key_Return)
    shown.until(lambda: made.player.replay is not None)
    # 64 px across 800, of which 0.25 is the pixel 15.5
    shown.until(lambda: abs(gaze_x(shown) - 15.5 / 63) < 1e-3)


def test_the_gaze_goes_where_the_image_lay(shown: WindowDriver, tmp_path: Path) -> None:
    write_recording(tmp_path / "share.csv", looking("screen", (128, 96)))
    made = open_file(shown, tmp_path / "share.csv")
    made.player.seek(10.0)
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
    shown.until(lambda: made.player.replay is not None)
    shown.until(lambda: shown.document.gaze == pytest.approx((0.25, 0.75), abs=1e-3))


def test_fixations_follow_settings_and_geometry(shown: WindowDriver, gaze_file: Path) -> None:
    made = open_file(shown, gaze_file)
    assert made.on_image.rests.x == pytest.approx([0.25, 0.75])
    made.panel.editors["duration_ms"].widget.setProperty("value", 5000)
    shown.until(lambda: len(made.on_image.rests) == 0)
    made._edit(FixationSettings, "duration_ms", 100)
    shown.until(lambda: len(made.on_image.rests) == 2)
    # from so far away both places are within a degree
    shown.controller.edits.set_loss("real_viewing_distance", 70.0)
    shown.until(lambda: len(made.on_image.rests) == 1)


def test_another_image_is_looked_at_in_the_same_place(
    shown: WindowDriver, gaze_file: Path, image_file: MakeFile
) -> None:
    made = open_file(shown, gaze_file)
    made.player.seek(11.5)
    shown.controller.documents.open_targets([image_file("other.png", (96, 96))])
    shown.until(lambda: shown.document.path.name == "other.png")
    shown.until(lambda: abs(gaze_x(shown) - 0.75) < 1e-6)
    assert made.panel.axis.place == pytest.approx(11.5)


def test_without_an_image_it_waits_for_one(
    driver: WindowDriver, gaze_file: Path, image_file: MakeFile
) -> None:
    made = replaying(driver)
    made.open(gaze_file)
    driver.until(lambda: "open an image" in made.panel.axis._message)
    driver.controller.documents.open_targets([image_file()])
    driver.until(lambda: made.player.replay is not None)
