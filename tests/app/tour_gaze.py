"""The views and states in which the gaze follows something."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt

from foveaview.app.recordings.mapping_dialog import ColumnMappingDialog
from foveaview.gaze import Event, Recording
from foveaview.gaze.latency import GazeTimestamps
from foveaview.gaze.recordings import write_recording
from foveaview.gaze.sample import NAN
from foveaview.gaze.validation.procedure import Plan
from foveaview.settings import GazeSettings
from tests.app.scripted import Script
from tests.app.stage import Stage, wait
from tests.app.validation.observer import Observer
from tests.gaze.lsl.outlets import Outlet

__all__ = ["GAZE_SCENES"]


def _followed(stage: Stage) -> Script:
    stage.open()
    tracking = stage.window.gaze
    tracking.set_settings(tracking.settings.replace(freeze_ms=60_000))
    source = Script("Eye tracker 3000")
    tracking.follow(source)
    source.say(0.6, 0.3)
    stage.until(lambda: stage.window.gaze.look is not None)
    stage.panel("Gaze")
    return source


def following(stage: Stage) -> None:
    _followed(stage)
    stage.settle()
    stage.take()


def frozen(stage: Stage) -> None:
    source = _followed(stage)
    source.note = "no usable sample for 3 s"
    source.say(NAN, NAN, valid=False)
    stage.until(lambda: stage.window.images.candidate.marker.frozen)
    wait(800)
    stage.take()


def latency(stage: Stage) -> None:
    _followed(stage)
    random = np.random.default_rng(0)
    for i in range(2000):
        waits = random.gamma(4, [0.0005, 0.002, 0.0015])
        stage.window.gaze.latency.log.add(GazeTimestamps(i, *(i + np.cumsum(waits))))
    stage.panel("Latency")
    wait(600)
    stage.take()


def _reading(folder: Path) -> Path:
    """A minute at 500 Hz: fixations of 300 ms with noise, and four blinks."""
    random, path = np.random.default_rng(3), folder / "reading.csv"
    places = random.normal([960, 540], [260, 180], (100, 2)).clip(100, [1700, 980])
    gaze = places.repeat(300, axis=0) + random.normal(0, 4, (30_000, 2))
    for first, count in ((4000, 120), (9000, 120), (14_000, 900), (21_000, 120)):
        gaze[first : first + count] = np.nan
    events = tuple(Event(6.1 * i, f"TRIAL {i}") for i in range(10))
    t, (x, y) = np.arange(30_000) / 500, gaze.T.copy()
    write_recording(path, Recording("reading", t, x, y, unit="px", screen=(1920, 1080), events=events))
    return path


def timeline(stage: Stage) -> None:
    stage.open("coffee.png")
    stage.view(overlay="none", scanpath=True, scanpath_s=4.0)
    replaying = stage.window.recordings
    replaying.open(_reading(stage.folder))
    stage.until(lambda: replaying.player.replay is not None)
    stage.panel("Timeline")
    replaying.player.seek(32.0)
    stage.until(lambda: stage.window.gaze.look is not None)
    stage.settle()
    wait(1000)
    stage.take()
    replaying.close_recording()


def columns(stage: Stage) -> None:
    stage.open("coffee.png")
    path = stage.folder / "pilot.csv"
    rows = [f"{2 * i},{900 + 40 * (i // 150 % 7)},{500 + 30 * (i // 150 % 5)},0.9" for i in range(3000)]
    path.write_text("\n".join(["stamp_ms,GazeA,GazeB,conf", *rows]))
    stage.window.recordings.open(path)
    stage.until(lambda: bool(stage.window.findChildren(ColumnMappingDialog)))
    (dialog,) = stage.window.findChildren(ColumnMappingDialog)
    wait(500)
    stage.take(over=dialog)
    dialog.reject()


def validation(stage: Stage) -> None:
    stage.open("coffee.png")
    stage.window.gaze.set_settings(GazeSettings())
    observer = Observer(stage.window.validation, offset_px=(14, -8), noise_px=5, lost=0.1, blind=5)
    stage.window.gaze.follow(observer)
    stage.window.validation.open()
    screen = stage.window.validation.screen
    assert screen is not None
    screen.setWindowState(Qt.WindowState.WindowNoState)
    wait(400)
    screen.start.begun.emit(Plan(dwell_s=0.4, settle_s=0.1))
    stage.until(screen.report.isVisible)
    wait(200)
    stage.take(instead=screen)
    screen.close()


def streams(stage: Stage) -> None:
    """Listed, then one of them with its channels to choose."""
    stage.open()
    eyelink = Outlet("EyeLink", ["leftEyeX", "leftEyeY", "rightEyeX", "rightEyeY"], [800, 500, 802, 501])
    camera = Outlet(
        "pupil_capture", ["confidence", "norm_pos_x normalized", "norm_pos_y normalized"], [1, 0.5, 0.5]
    )
    lab = Outlet("gaze of the lab", ["gaze_x normalized", "gaze_y normalized", "confidence"], [0.4, 0.6, 0.9])
    with eyelink, camera, lab:
        streaming = stage.window.streams
        streaming.choose()
        dialog = streaming.dialog
        assert dialog is not None
        stage.until(lambda: dialog.table.rowCount() == 3)
        wait(200)
        stage.take(over=dialog)
        dialog.reject()


def channels(stage: Stage) -> None:
    stage.open()
    places = ["gaze_x normalized", "gaze_y normalized", "confidence"]
    with Outlet("gaze of the lab", [*places, "pupil mm"], [0.4, 0.6, 0.9, 3.1]) as lab:
        streaming = stage.window.streams
        streaming.choose()
        assert streaming.dialog is not None
        table = streaming.dialog.table
        stage.until(lambda: table.rowCount() == 1)
        table.selectRow(0)
        streaming.dialog.mapping_button.click()
        stage.until(lambda: streaming.mapping_dialog is not None)
        mapping = streaming.mapping_dialog
        assert mapping is not None
        for i in range(40):
            lab.values = [0.5 + 0.3 * math.sin(i / 6), 0.5 + 0.2 * math.cos(i / 4), 0.9, 3.1]
            wait(40)
        stage.take(over=mapping)
        mapping.reject()


GAZE_SCENES: dict[str, Callable[[Stage], None]] = {
    scene.__name__: scene
    for scene in (following, frozen, latency, timeline, columns, validation, streams, channels)
}
