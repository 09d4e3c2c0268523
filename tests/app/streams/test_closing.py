"""The window closes at once, whatever the stream does."""

from __future__ import annotations

from tests.app.conftest import WindowDriver
from tests.app.streams.hands import PIXELS, asked, choose, click, lab, listed
from tests.gaze.lsl.streamer import Streamer


def test_the_window_closes_while_the_list_is_made(opened: WindowDriver) -> None:
    listed(opened)
    opened.close_in_time()


def test_the_window_closes_while_channels_are_chosen(opened: WindowDriver) -> None:
    with lab():
        dialog = listed(opened)
        choose(opened, dialog, "lab")
        click(dialog.connect_button)
        asked(opened)
        opened.close_in_time()


def test_the_window_closes_while_it_is_connected(opened: WindowDriver) -> None:
    with Streamer("--rate", "1000"):
        opened.window.streams.follow(PIXELS)
        opened.until(lambda: opened.window.gaze.look is not None)
        opened.close_in_time()


def test_the_window_closes_while_the_stream_is_gone(opened: WindowDriver) -> None:
    opened.window.streams.follow(PIXELS)
    with Streamer():
        opened.until(lambda: opened.window.gaze.look is not None)
    opened.until(lambda: "lost" in opened.window.gaze.panel.remark.text())
    opened.close_in_time()
