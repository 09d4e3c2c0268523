"""A person lets the gaze follow a stream of the network."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from pydantic import JsonValue
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDialog

from foveaview.app import streaming
from foveaview.app.stream_dialog import NONE_FOUND, StreamDialog
from foveaview.app.stream_mapping import MappingDialog
from foveaview.gaze.lsl import KeptStream, Mapping, StreamDescription, StreamWatch
from foveaview.gaze.recordings import write_recording
from tests.app.conftest import WindowDriver
from tests.app.test_accessibility import check_names, check_walk
from tests.gaze.lsl.outlets import Outlet
from tests.gaze.lsl.streamer import Streamer

from .recordings import looking, open_file

MakeFile = Callable[..., Path]
MakeWindow = Callable[[], WindowDriver]
TRACKER = StreamDescription("tracker", "Gaze", source_id="tracker-1", count=3)
PIXELS = KeptStream(TRACKER, Mapping(unit="px"))


def lab() -> Outlet:
    """A stream that does not say what its numbers are."""
    return Outlet("lab", ["here", "there", "else"], [0.5, 0.25, 7.0])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for streams more often than people need."""
    often = partial(StreamWatch, every_s=0.3, timeout_s=0.3)
    monkeypatch.setattr(streaming, "StreamWatch", often)


@pytest.fixture
def opened(driver: WindowDriver, image_file: MakeFile) -> WindowDriver:
    driver.open(image_file(size=(96, 128)))
    tracking = driver.window.tracking
    tracking.set_settings(tracking.settings.replace(smoothing=False, bank="never"))
    return driver


def click(button: QAbstractButton) -> None:
    assert button.isVisible()
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def listed(driver: WindowDriver) -> StreamDialog:
    """The dialog, opened by the button of the panel."""
    driver.show_dock("Gaze")
    panel = driver.window.tracking.panel
    (button,) = (b for b in panel.findChildren(QAbstractButton) if b.accessibleName() == "Follow a stream")
    click(button)
    dialog = driver.window.streaming.dialog
    assert dialog is not None
    return dialog


def choose(driver: WindowDriver, dialog: StreamDialog, name: str) -> None:
    """Click the row of a stream, once it is there."""

    def rows() -> list[int]:
        items = [(row, dialog.table.item(row, 0)) for row in range(dialog.table.rowCount())]
        return [row for row, item in items if item is not None and item.text() == name]

    driver.until(lambda: bool(rows()))
    item = dialog.table.item(rows()[0], 0)
    assert item is not None
    at = dialog.table.visualItemRect(item).center()
    QTest.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    current = dialog.current
    assert current is not None
    assert current.name == name


def asked(driver: WindowDriver) -> MappingDialog:
    dialog = driver.window.streaming.mapping_dialog
    assert dialog is not None
    driver.until(lambda: dialog.source.latest_values() is not None)
    return dialog


def now_of(dialog: MappingDialog, channel: int) -> str:
    item = dialog.table.item(channel, 3)
    assert item is not None
    return item.text()


def pick(box: QComboBox, text: str) -> None:
    """Choose an entry with the keys."""
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    while box.currentText() != text:
        before = box.currentIndex()
        QTest.keyClick(box, Qt.Key.Key_Down)
        assert box.currentIndex() != before, f"{text!r} is not in the list"


def is_at(driver: WindowDriver, x: float, y: float) -> bool:
    return driver.document.gaze == pytest.approx((x, y), abs=1e-6)


# choosing


def test_a_stream_of_another_process_is_chosen_and_followed(opened: WindowDriver) -> None:
    with Streamer("--rate", "250"):
        dialog = listed(opened)
        assert dialog.remark.text() == "Looking for streams of gaze..."
        choose(opened, dialog, "tracker")
        cells = [dialog.table.item(0, column) for column in range(6)]
        texts = [cell.text() for cell in cells if cell is not None]
        assert [texts[0], texts[1], *texts[3:]] == ["tracker", "Gaze", "irregular", "3", "yes"]
        assert "pixels of the screen" in dialog.remark.text()
        click(dialog.connect_button)
        tracking = opened.window.tracking
        opened.until(lambda: tracking.look is not None)
        assert tracking.panel.source_line.text().startswith("tracker on ")
        opened.until(lambda: tracking.panel.rate_line.text().split(" ")[0] not in ("-", "0"))
        assert opened.window.streaming.dialog is None


def test_the_gaze_of_a_stream_is_the_gaze_of_the_window(opened: WindowDriver) -> None:
    with Outlet("eye", ["gaze_x normalized image", "gaze_y normalized image"], [0.25, 0.75]) as eye:
        dialog = listed(opened)
        choose(opened, dialog, "eye")
        item = dialog.table.item(0, 0)
        assert item is not None
        at = dialog.table.visualItemRect(item).center()
        QTest.mouseDClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
        opened.until(lambda: is_at(opened, 0.25, 0.75))
        eye.values = [0.5, 0.125]
        opened.until(lambda: is_at(opened, 0.5, 0.125))
        opened.window.commands["stop_following"].trigger()
        eye.values = [0.9, 0.9]
        QTest.qWait(60)
        assert is_at(opened, 0.5, 0.125)


def test_a_scene_camera_is_grey_and_refused_with_the_reason(opened: WindowDriver) -> None:
    with Outlet("pupil_capture", ["norm_pos_x normalized world", "norm_pos_y normalized world"], [0.5, 0.5]):
        dialog = listed(opened)
        choose(opened, dialog, "pupil_capture")
        item = dialog.table.item(0, 0)
        assert item is not None
        assert item.foreground().color() == dialog.palette().color(QPalette.ColorRole.PlaceholderText)
        assert "cannot be followed: it gives gaze in the picture of a scene camera" in dialog.remark.text()
        assert not dialog.connect_button.isEnabled()
        assert not dialog.mapping_button.isEnabled()
        QTest.keyClick(dialog.table, Qt.Key.Key_Return)
        assert opened.window.streaming.dialog is dialog
        dialog.reject()


def test_where_there_is_none_it_says_what_to_start_and_shows_what_comes(opened: WindowDriver) -> None:
    dialog = listed(opened)
    opened.until(lambda: dialog.remark.text() == NONE_FOUND)
    with lab():
        choose(opened, dialog, "lab")
        assert "asks for its channels" in dialog.remark.text()
    opened.until(lambda: dialog.remark.text() == NONE_FOUND)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert opened.window.streaming.dialog is None


def test_without_the_library_it_says_what_to_install(
    opened: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pylsl", None)
    dialog = listed(opened)
    opened.until(lambda: "pip install 'foveaview[lsl]'" in dialog.remark.text())
    dialog.reject()
    opened.window.streaming.follow(PIXELS)
    assert "pip install 'foveaview[lsl]'" in opened.window.messages.toPlainText()
    assert opened.window.tracking.source is None


# channels


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
        assert channels.remark.text() == "X and y are both channel 2: choose two."
        assert not channels.follow_button.isEnabled()
        pick(channels.form.editors["y"], "1  there")
        opened.until(lambda: "too much for shares of the screen" in channels.remark.text())
        pick(channels.form.editors["x"], "0  here")
        pick(channels.form.editors["unit"], "shares of the image, 0 to 1")
        assert "all that it does not say is chosen" in channels.told.text()
        opened.until(lambda: channels.plot.dots[-1:] == [(0.5, 0.25)])
        click(channels.follow_button)
        opened.until(lambda: is_at(opened, 0.5, 0.25))
        assert opened.window.streaming.dialog is None
        stream.values[0] = 0.75
        opened.until(lambda: is_at(opened, 0.75, 0.25))
        other = make_window()
        other.open(image_file("b.png", (96, 128)))
        dialog = listed(other)
        choose(other, dialog, "lab")
        assert "its channels are known" in dialog.remark.text()
        click(dialog.connect_button)
        assert other.window.streaming.mapping_dialog is None
        other.until(lambda: is_at(other, 0.75, 0.25))


def test_a_known_mapping_is_changed_and_reset(opened: WindowDriver) -> None:
    opened.window.streaming.kept = [PIXELS]
    with Outlet("eye", ["x px", "y px"], [10.0, 20.0]):
        dialog = listed(opened)
        choose(opened, dialog, "eye")
        click(dialog.mapping_button)
        channels = asked(opened)
        up = channels.form.editors["y_up"]
        assert not channels.form.editors["height_px"].isEnabled()
        QTest.mouseClick(up, Qt.MouseButton.LeftButton, pos=QPoint(8, up.height() // 2))
        assert channels.mapping() == Mapping(unit="px", y_up=True)
        assert channels.form.editors["height_px"].isEnabled()
        click(channels.reset_button)
        assert channels.mapping() == Mapping(unit="px")
        click(channels.cancel_button)
        assert opened.window.tracking.source is None
        assert opened.window.streaming.dialog is dialog
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
        panel = opened.window.tracking.panel
        opened.until(lambda: "no usable sample for" in panel.remark.text())
        assert opened.document.gaze == before
        assert panel.quality_line.text() == "0 %"


def test_a_stream_that_comes_back_with_other_channels_is_not_taken_for_gaze(opened: WindowDriver) -> None:
    remark = opened.window.tracking.panel.remark
    opened.window.streaming.follow(PIXELS)
    with Streamer("--channels", "5"):
        opened.until(lambda: "came back with 5 channels where 3" in remark.text())
        assert opened.window.tracking.look is None
    with Streamer():
        opened.until(lambda: opened.window.tracking.look is not None)


def test_a_kept_mapping_that_cannot_be_is_said_and_left(
    make_window: MakeWindow, driver: WindowDriver
) -> None:
    driver.window.settings.setValue("streams", '[{"stream": 1}]')
    other = make_window()
    text = "the streams that were followed before cannot be read"
    other.until(lambda: text in other.window.messages.toPlainText())
    assert other.window.streaming.kept == []


# sessions


def test_a_session_follows_its_stream_again_and_waits_for_it(
    opened: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    path = tmp_path / "a.foveaview"
    opened.window.streaming.follow(PIXELS)
    opened.window.sessions.save(path)
    opened.until(path.exists)
    other = make_window()
    other.window.sessions.open(path)
    other.until(lambda: other.window.tracking.source is not None)
    other.until(lambda: "looking for it" in other.window.tracking.panel.remark.text())
    with Streamer():
        other.until(lambda: other.window.tracking.look is not None)


def test_a_session_with_a_recording_follows_the_stream_that_was_followed_last(
    opened: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    path, file = tmp_path / "a.foveaview", tmp_path / "gaze.csv"
    write_recording(file, looking())
    open_file(opened, file)
    opened.window.replaying.player.seek(11.25)
    opened.window.streaming.follow(PIXELS)
    opened.window.sessions.save(path)
    opened.until(path.exists)
    other = make_window()
    other.window.sessions.open(path)
    other.until(lambda: other.window.replaying.player.replay is not None)
    other.until(lambda: other.window.streaming.is_followed)
    QTest.qWait(50)
    assert other.window.streaming.is_followed
    replay = other.window.replaying.player.replay
    assert replay is not None
    assert not replay.playing
    assert other.window.replaying.panel.axis.place == pytest.approx(11.25)
    other.window.replaying.player.toggle()
    assert other.window.tracking.source is other.window.replaying.player.replay


def test_a_session_offers_the_stream_that_it_followed_before(
    opened: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    path = tmp_path / "a.foveaview"
    opened.window.streaming.follow(PIXELS)
    opened.window.tracking.stop()
    opened.window.sessions.save(path)
    opened.until(path.exists)
    other = make_window()
    other.window.sessions.open(path)
    other.until(lambda: bool(other.window.banner.buttons))
    assert other.window.tracking.source is None
    click(other.window.banner.buttons[0])
    other.until(lambda: other.window.streaming.is_followed)
    assert not other.window.banner.isVisible()


@pytest.mark.parametrize("kept", [None, 3, {"stream": "eye"}])
def test_what_a_session_cannot_mean_is_left(driver: WindowDriver, kept: JsonValue) -> None:
    driver.window.streaming.restore(kept)
    assert driver.window.tracking.source is None
    said = "the session's stream of gaze was not taken" in driver.window.messages.toPlainText()
    assert said == isinstance(kept, dict)


def test_the_last_stream_is_followed_by_its_command(opened: WindowDriver) -> None:
    command = opened.window.commands["follow_last"]
    command.trigger()
    dialog = opened.window.streaming.dialog
    assert dialog is not None
    dialog.reject()
    opened.window.streaming.kept = [PIXELS]
    command.trigger()
    opened.until(lambda: opened.window.streaming.is_followed)


# the end


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
        opened.window.streaming.follow(PIXELS)
        opened.until(lambda: opened.window.tracking.look is not None)
        opened.close_in_time()


def test_the_window_closes_while_the_stream_is_gone(opened: WindowDriver) -> None:
    opened.window.streaming.follow(PIXELS)
    with Streamer():
        opened.until(lambda: opened.window.tracking.look is not None)
    opened.until(lambda: "lost" in opened.window.tracking.panel.remark.text())
    opened.close_in_time()


# for everybody


def test_the_dialogs_have_names_and_tab_reaches_all_of_them(opened: WindowDriver) -> None:
    with lab():
        dialog = listed(opened)
        choose(opened, dialog, "lab")
        check(opened, dialog)
        click(dialog.mapping_button)
        check(opened, asked(opened))


def check(driver: WindowDriver, dialog: QDialog) -> None:
    dialog.activateWindow()
    driver.until(dialog.isActiveWindow)
    check_names(dialog)
    inside = dialog.focusWidget()
    assert inside is not None
    check_walk(dialog, inside)
