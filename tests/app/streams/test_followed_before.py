"""The stream that was followed before, in this window and in sessions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue
from PySide6.QtTest import QTest

from foveaview.gaze.lsl import written_kept
from foveaview.gaze.recordings import write_recording
from tests.app.conftest import MakeWindow, WindowDriver
from tests.app.recorded import looking, open_file
from tests.app.streams.hands import PIXELS, click
from tests.gaze.lsl.streamer import Streamer


def test_streaming_damaged_stream_is_said_and_kept_aside(
    make_window: MakeWindow, driver: WindowDriver
) -> None:
    damaged = written_kept([PIXELS])[:-1] + ', {"stream": 1}]'
    driver.window.preferences.store.setValue("streams", damaged)
    other = make_window()
    text = "the streams that were followed before cannot all be read"
    other.until(lambda: text in other.window.notifications.messages.toPlainText())
    assert other.window.streams.kept == [PIXELS]
    assert other.window.preferences.store.value("streams-damaged") == damaged


def test_streaming_two_windows_keep_each_others_streams(
    make_window: MakeWindow, driver: WindowDriver
) -> None:
    other = make_window()
    theirs = replace(PIXELS, stream=replace(PIXELS.stream, name="another"))
    driver.window.streams.follow(PIXELS)
    other.window.streams.follow(theirs)
    assert other.window.streams.kept == [theirs, PIXELS]


def test_a_session_follows_its_stream_again_and_waits_for_it(
    opened: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    path = tmp_path / "a.foveaview"
    opened.window.streams.follow(PIXELS)
    opened.window.sessions.save(path)
    opened.until(path.exists)
    other = make_window()
    other.window.sessions.open(path)
    other.until(lambda: other.window.gaze.source is not None)
    other.until(lambda: "looking for it" in other.window.gaze.panel.remark.text())
    with Streamer():
        other.until(lambda: other.window.gaze.look is not None)


def test_a_session_with_a_recording_follows_the_stream_that_was_followed_last(
    opened: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    path, file = tmp_path / "a.foveaview", tmp_path / "gaze.csv"
    write_recording(file, looking())
    open_file(opened, file)
    opened.window.recordings.player.seek(11.25)
    opened.window.streams.follow(PIXELS)
    opened.window.sessions.save(path)
    opened.until(path.exists)
    other = make_window()
    other.window.sessions.open(path)
    other.until(lambda: other.window.recordings.player.replay is not None)
    other.until(lambda: other.window.streams.is_followed)
    QTest.qWait(50)
    assert other.window.streams.is_followed
    replay = other.window.recordings.player.replay
    assert replay is not None
    assert not replay.playing
    assert other.window.recordings.panel.axis.place == pytest.approx(11.25)
    other.window.recordings.player.toggle()
    assert other.window.gaze.source is other.window.recordings.player.replay


def test_a_session_offers_the_stream_that_it_followed_before(
    opened: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    path = tmp_path / "a.foveaview"
    opened.window.streams.follow(PIXELS)
    opened.window.gaze.stop()
    opened.window.sessions.save(path)
    opened.until(path.exists)
    other = make_window()
    other.window.sessions.open(path)
    other.until(lambda: bool(other.window.notifications.banner_widget.buttons))
    assert other.window.gaze.source is None
    click(other.window.notifications.banner_widget.buttons[0])
    other.until(lambda: other.window.streams.is_followed)
    assert not other.window.notifications.banner_widget.isVisible()


@pytest.mark.parametrize("kept", [None, 3, {"stream": "eye"}])
def test_what_a_session_cannot_mean_is_left(driver: WindowDriver, kept: JsonValue) -> None:
    driver.window.streams.restore(kept)
    assert driver.window.gaze.source is None
    said = "the session's stream of gaze was not taken" in driver.window.notifications.messages.toPlainText()
    assert said == isinstance(kept, dict)


def test_the_last_stream_is_followed_by_its_command(opened: WindowDriver) -> None:
    command = opened.window.commands["follow_last"]
    command.trigger()
    dialog = opened.window.streams.dialog
    assert dialog is not None
    dialog.reject()
    opened.window.streams.kept = [PIXELS]
    command.trigger()
    opened.until(lambda: opened.window.streams.is_followed)
