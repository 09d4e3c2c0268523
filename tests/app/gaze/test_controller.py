"""The gaze follows a source."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from foveaview.app.gaze.controller import GazeController
from foveaview.gaze import Sample, now
from foveaview.gaze.latency import GazeTimestamps
from foveaview.gaze.sample import NAN
from tests.app.conftest import WindowDriver, on_every_screen
from tests.app.scripted import Script
from tests.app.stage import wait


@pytest.fixture
def opened(driver: WindowDriver, image_file: Callable[..., Path]) -> WindowDriver:
    driver.open(image_file(size=(96, 128)))
    return driver


@pytest.fixture
def tracking(opened: WindowDriver) -> GazeController:
    tracking = opened.window.gaze
    tracking.set_settings(tracking.settings.replace(smoothing=False, freeze_ms=60_000))
    return tracking


@pytest.fixture
def script(tracking: GazeController) -> Script:
    source = Script()
    tracking.follow(source)
    return source


def test_the_gaze_goes_where_the_newest_sample_is(opened: WindowDriver, script: Script) -> None:
    script.say(0.1, 0.2)
    script.say(0.25, 0.75)
    opened.until(lambda: opened.document.gaze == pytest.approx((0.25, 0.75)))


def test_a_tracked_gaze_is_not_undone(opened: WindowDriver, script: Script) -> None:
    opened.controller.edits.set_gaze((0.9, 0.9))
    script.say(0.25, 0.75)
    opened.until(lambda: opened.document.gaze == pytest.approx((0.25, 0.75)))
    opened.controller.edits.undo()
    assert opened.document.gaze == (0.5, 0.5)


@on_every_screen
def test_places_on_the_screen_become_those_in_the_image(opened: WindowDriver, script: Script) -> None:
    view = opened.viewport(1)
    screen, ratio = opened.window.screen(), opened.window.devicePixelRatioF()
    at = QPointF(view.mapToGlobal(opened.pixel_at(96, 24, 1)) - screen.geometry().topLeft()) * ratio
    script.say(at.x(), at.y(), "px")
    within = 2 * ratio / opened.window.images.zoom / 95  # pixel_at is whole pixels of the window
    opened.until(lambda: opened.document.gaze == pytest.approx((96 / 127, 24 / 95), abs=within))
    script.say(
        at.x() / (screen.geometry().width() * ratio), at.y() / (screen.geometry().height() * ratio), "screen"
    )
    QTest.qWait(30)
    assert opened.document.gaze == pytest.approx((96 / 127, 24 / 95), abs=within)


def test_a_blink_freezes_the_gaze_for_all_to_see(opened: WindowDriver, script: Script) -> None:
    window = opened.window
    script.say(0.25, 0.75)
    opened.until(lambda: opened.document.gaze == pytest.approx((0.25, 0.75)))
    script.say(NAN, NAN, valid=False)
    opened.until(lambda: window.images.candidate.marker.frozen)
    assert opened.document.gaze == pytest.approx((0.25, 0.75))
    opened.until(lambda: "frozen: " in window.gaze.panel.remark.text())
    script.say(0.5, 0.5)
    opened.until(lambda: not window.images.candidate.marker.frozen)
    opened.until(lambda: not window.gaze.panel.remark.isVisibleTo(window.gaze.panel))


def test_a_source_that_falls_silent_freezes_the_gaze(
    opened: WindowDriver, tracking: GazeController, script: Script
) -> None:
    tracking.set_settings(tracking.settings.replace(freeze_ms=50))
    script.say(0.25, 0.75)
    opened.until(lambda: opened.window.images.target.marker.frozen)
    opened.until(lambda: "no sample" in tracking.badge.text())


def test_state_and_name_of_the_source_are_shown(opened: WindowDriver, script: Script) -> None:
    panel = opened.window.gaze.panel
    opened.until(lambda: panel.source_line.text() == "Script")
    assert panel.rate_line.text() == "120 Hz, 4 ms old"
    assert panel.quality_line.text() == "90 %"
    assert opened.window.gaze.badge.isVisible()


def test_a_click_on_the_badge_shows_the_panel(opened: WindowDriver, script: Script) -> None:
    badge, panel = opened.window.gaze.badge, opened.window.gaze.panel
    assert not panel.isVisible()
    QTest.mouseClick(badge, Qt.MouseButton.LeftButton)
    opened.until(panel.isVisible)


def test_the_pointer_is_followed_and_left(opened: WindowDriver, tracking: GazeController) -> None:
    opened.press(Qt.Key.Key_G)
    opened.hover(96, 24)
    opened.until(lambda: opened.document.gaze == pytest.approx((96 / 127, 24 / 95)))
    opened.press(Qt.Key.Key_G)
    assert tracking.source is None
    opened.hover(24, 24)
    assert opened.document.gaze == pytest.approx((96 / 127, 24 / 95))


def test_another_source_takes_the_place_of_the_pointer(
    opened: WindowDriver, tracking: GazeController
) -> None:
    opened.press(Qt.Key.Key_G)
    assert opened.controller.state.follow
    source = Script()
    tracking.follow(source)
    assert not opened.controller.state.follow
    assert not opened.window.commands["follow"].isChecked()
    opened.window.commands["stop_following"].trigger()
    assert source.closed
    assert not tracking.badge.isVisible()


def test_a_delayed_pointer_comes_later(opened: WindowDriver, tracking: GazeController) -> None:
    tracking.set_settings(tracking.settings.replace(pointer_delay_ms=300))
    opened.press(Qt.Key.Key_G)
    before = opened.document.gaze
    opened.move(opened.pixel_at(96, 24))
    assert opened.document.gaze == before
    opened.until(lambda: opened.document.gaze == pytest.approx((96 / 127, 24 / 95)))


def test_the_delay_of_the_pointer_is_part_of_the_latency(
    opened: WindowDriver, tracking: GazeController
) -> None:
    tracking.set_settings(tracking.settings.replace(pointer_delay_ms=200, freeze_ms=150, bank="never"))
    opened.press(Qt.Key.Key_G)
    frozen: list[str] = []
    tracking.looked.connect(lambda look: frozen.append(look.frozen))
    for column in (20, 60, 96):
        opened.move(opened.pixel_at(column, 24))
        reached = (column / 127, 24 / 95)
        opened.until(partial(lambda gaze: opened.document.gaze == pytest.approx(gaze), reached))
    opened.until(lambda: len(tracking.latency.log) > 0)
    assert tracking.latency.log.values_ms("sample to taken").min() >= 200
    assert tracking.latency.log.values_ms("taken to computed").min() < 200
    assert not any("no sample" in why for why in frozen)
    assert tracking.source is not None
    assert (tracking.source.status(now()).age_s or 0) >= 0.2


def test_a_pointer_that_is_to_be_late_is_no_reason_for_a_bank(
    opened: WindowDriver, tracking: GazeController
) -> None:
    tracking.set_settings(tracking.settings.replace(pointer_delay_ms=5000))
    opened.press(Qt.Key.Key_G)
    for i in range(40):
        tracking.latency.log.add(GazeTimestamps(i, i + 5.001, i + 5.02, i + 5.03))
    tracking._judge()
    assert tracking.bank.bank is None
    tracking.set_settings(tracking.settings.replace(pointer_delay_ms=4000))
    tracking._judge()
    assert tracking.bank.bank is not None


def test_settings_are_edited_in_the_panel_and_kept_with_the_session(
    opened: WindowDriver, tracking: GazeController
) -> None:
    opened.show_dock("Gaze")
    box = tracking.panel.editors["lock"].widget
    tracking.panel.ensureWidgetVisible(box)
    QTest.mouseClick(
        box, Qt.MouseButton.LeftButton, pos=box.rect().center() - QPointF(box.width() / 2 - 8, 0).toPoint()
    )
    assert tracking.settings.lock
    kept = tracking.save()
    tracking.set_settings(tracking.settings.replace(lock=False, beta=3.0))
    tracking.restore(kept)
    assert tracking.settings.lock
    assert tracking.settings.beta != 3.0
    tracking.restore({"settings": {"beta": "much", "new": 1}})
    assert "beta" in opened.window.notifications.messages.toPlainText()


def test_with_the_bank_the_nearest_metamer_is_shown_at_once(
    opened: WindowDriver, tracking: GazeController, script: Script
) -> None:
    tracking.set_settings(tracking.settings.replace(bank="always", bank_points=4))
    opened.until(lambda: tracking.bank.bank is not None and tracking.bank.bank.whole)
    assert tracking.panel.bank_line.text() == "12 of 12 made"
    script.say(0.3, 0.3)
    opened.until(lambda: opened.document.gaze == pytest.approx((0.3, 0.3)))
    picture = opened.document.picture
    assert picture is not None
    assert picture.banked
    assert picture.key is not None
    assert math.dist(picture.key.gaze, (0.3, 0.3)) < 0.2
    assert not opened.document.picture_changes
    assert not opened.document.heatmap_changes
    opened.settle()
    opened.until(lambda: opened.document.picture is not None and not opened.document.picture.banked)


def test_how_late_the_picture_is_is_logged(
    opened: WindowDriver, tracking: GazeController, script: Script
) -> None:
    tracking.set_settings(tracking.settings.replace(bank="never"))
    for i in range(8):
        script.say(0.1 * i, 0.5)
        opened.until(lambda: not script.waiting)
        wait(20)
    opened.until(lambda: len(tracking.latency.log) > 0)
    assert tracking.latency.log.counts.odd == 0
    assert tracking.latency.log.values_ms("sample to painted").min() > 0


def test_where_pictures_come_late_a_bank_is_made(
    opened: WindowDriver, tracking: GazeController, script: Script
) -> None:
    late = now() - 10
    for i in range(300):
        script.waiting.append(Sample(late + i * 0.01, i % 100 / 100, 0.5))
        opened.until(lambda: not script.waiting)
        wait(20)
        if tracking.bank.bank is not None:
            break
    assert len(tracking.latency.log) >= 30
    assert tracking.bank.bank is not None
    assert "metamers are being made" in opened.window.notifications.messages.toPlainText()


def test_a_bank_is_of_what_is_shown(opened: WindowDriver, tracking: GazeController) -> None:
    tracking.set_settings(tracking.settings.replace(bank="always", bank_points=2))
    first = tracking.bank.bank
    opened.controller.edits.set_loss("alpha", 0.5)
    assert tracking.bank.bank is not first
    second = tracking.bank.bank
    opened.controller.edits.set_gaze((0.2, 0.2))
    assert tracking.bank.bank is second


def test_closing_ends_what_is_followed(opened: WindowDriver, script: Script) -> None:
    opened.close_in_time()
    assert script.closed


def test_the_title_says_how_far_the_bank_s_picture_is_off(
    opened: WindowDriver, tracking: GazeController, script: Script
) -> None:
    tracking.set_settings(tracking.settings.replace(bank="always", bank_points=2))
    opened.until(lambda: tracking.bank.bank is not None and tracking.bank.bank.whole)
    script.say(0.3, 0.3)
    opened.until(lambda: opened.document.gaze == pytest.approx((0.3, 0.3)))
    assert " precomputed, " in opened.window.images.candidate.title.text()


def test_a_picture_that_stays_is_not_counted(
    opened: WindowDriver, tracking: GazeController, script: Script
) -> None:
    tracking.set_settings(tracking.settings.replace(bank="always", bank_points=2))
    opened.until(lambda: tracking.bank.bank is not None and tracking.bank.bank.whole)
    for x in (0.2, 0.22, 0.24):
        script.say(x, 0.3)
        opened.until(lambda: not script.waiting)
        wait(40)
    assert len(tracking.latency.log) == 1
    assert tracking.latency.log.counts.overtaken == 0


def test_another_source_begins_another_record(
    opened: WindowDriver, tracking: GazeController, script: Script
) -> None:
    script.say(0.2, 0.2)
    opened.until(lambda: len(tracking.latency.log) == 1)
    tracking.follow(Script())
    opened.window.images.candidate.view.viewport().repaint()
    wait(50)
    assert len(tracking.latency.log) == 0


def test_where_an_image_is_presented_nothing_goes_with_the_eye(
    opened: WindowDriver, script: Script, tracking: GazeController
) -> None:
    opened.window.presentation.present()
    shown = opened.window.presentation.screen
    assert shown is not None
    assert not shown.images.candidate.marker.isVisible()
    tracking.stop()
    assert shown.images.candidate.marker.isVisible()
