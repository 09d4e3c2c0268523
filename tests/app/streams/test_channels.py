"""Which channels of a stream are the gaze, and what they have to give."""

from __future__ import annotations

from PySide6.QtTest import QTest

from foveaview.gaze.lsl import Mapping
from tests.app.conftest import MakeFile, MakeWindow, WindowDriver
from tests.app.streams.hands import PIXELS, asked, choose, click, is_at, lab, listed, now_of, pick
from tests.gaze.lsl.outlets import Outlet
from tests.gaze.lsl.streamer import Streamer


def test_channels_that_a_stream_does_not_name_are_chosen_while_their_numbers_are_seen(
    opened: WindowDriver, make_window: MakeWindow, image_file: MakeFile
) -> None:
    with lab() as stream:
        dialog = listed(opened)
        choose(opened, dialog, "lab")
        click(dialog.connect_button)
        channels = asked(opened)
        assert "choose them" in channels.told.text()
        opened.until(lambda: now_of(channels, 2) == "7")
        assert channels.form.title("x_right") == "x, other eye"
        pick(channels.form.editors["x"], "2  else")
        assert channels.told.text().endswith("still to be chosen: y, Unit.")
        pick(channels.form.editors["y"], "2  else")
        assert channels.remark.text() == "X and y are both channel 2: choose two different ones."
        assert not channels.follow_button.isEnabled()
        pick(channels.form.editors["y"], "1  there")
        opened.until(lambda: "too much for shares of the screen" in channels.remark.text())
        pick(channels.form.editors["x"], "0  here")
        pick(channels.form.editors["unit"], "shares of the image, 0 to 1")
        assert "all that it does not say is chosen" in channels.told.text()
        opened.until(lambda: channels.plot.dots[-1:] == [(0.5, 0.25)])
        click(channels.follow_button)
        opened.until(lambda: is_at(opened, 0.5, 0.25))
        assert opened.window.streams.dialog is None
        stream.values[0] = 0.75
        opened.until(lambda: is_at(opened, 0.75, 0.25))
        other = make_window()
        other.open(image_file("b.png", (96, 128)))
        dialog = listed(other)
        choose(other, dialog, "lab")
        assert "its channels are known" in dialog.remark.text()
        click(dialog.connect_button)
        assert other.window.streams.mapping_dialog is None
        other.until(lambda: is_at(other, 0.75, 0.25))


def test_a_known_mapping_is_changed_and_reset(opened: WindowDriver) -> None:
    opened.window.streams.kept = [PIXELS]
    with Outlet("eye", ["x px", "y px"], [10.0, 20.0]):
        dialog = listed(opened)
        choose(opened, dialog, "eye")
        click(dialog.mapping_button)
        channels = asked(opened)
        origin = channels.form.editors["origin"]
        assert not channels.form.editors["height_px"].isEnabled()
        origin.setFocus()
        QTest.keyClicks(origin, "bottom")
        assert channels.mapping() == Mapping(unit="px", origin="bottom-left")
        assert channels.form.editors["height_px"].isEnabled()
        click(channels.reset_button)
        assert channels.mapping() == Mapping(unit="px")
        click(channels.cancel_button)
        assert opened.window.gaze.source is None
        assert opened.window.streams.dialog is dialog
        dialog.reject()


def test_a_stream_of_nan_says_so_in_the_preview_and_in_the_panel(opened: WindowDriver) -> None:
    with Outlet("eye", ["x px", "y px"], [float("nan")] * 2):
        dialog = listed(opened)
        choose(opened, dialog, "eye")
        click(dialog.mapping_button)
        channels = asked(opened)
        opened.until(lambda: "give no numbers (NaN)" in channels.remark.text())
        assert now_of(channels, 0) == "NaN"
        before = opened.document.gaze
        click(channels.follow_button)
        panel = opened.window.gaze.panel
        opened.until(lambda: "no usable sample for" in panel.remark.text())
        assert opened.document.gaze == before
        assert panel.quality_line.text() == "0 %"


def test_a_stream_that_comes_back_with_other_channels_is_not_taken_for_gaze(opened: WindowDriver) -> None:
    remark = opened.window.gaze.panel.remark
    opened.window.streams.follow(PIXELS)
    with Streamer("--channels", "5"):
        opened.until(lambda: "came back with 5 channels instead of the 3" in remark.text())
        assert opened.window.gaze.look is None
    with Streamer():
        opened.until(lambda: opened.window.gaze.look is not None)
