"""Arrangements, layers and what is laid over them, at every device pixel ratio."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from foveaview.app.core.state import Phase
from foveaview.perception.geometry import pooling_size_map
from tests.app.conftest import WindowDriver, on_every_screen


def _shift(driver: WindowDriver, kind: QEvent.Type) -> None:
    event = QKeyEvent(kind, Qt.Key.Key_Shift, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(driver.window.images, event)


def _color(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], column: int, row: int) -> tuple[int, ...]:
    return tuple(int(part) for part in pixels[row, column])


@on_every_screen
def test_the_window_has_the_screens_ratio(opened: WindowDriver, scale: float) -> None:
    assert opened.window.devicePixelRatioF() == scale


@on_every_screen
def test_one_to_one_is_in_device_pixels(opened: WindowDriver, scale: float) -> None:
    opened.press(Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    opened.window.commands["one_to_one"].trigger()
    step = opened.pixel_at(60, 5) - opened.pixel_at(20, 5)
    assert abs(step.x() * scale - 40) <= 1.5
    assert opened.window.images.zoom == pytest.approx(1, abs=1e-6)


@on_every_screen
@pytest.mark.parametrize("key", [Qt.Key.Key_D, Qt.Key.Key_W])
def test_one_view_takes_the_whole_room(opened: WindowDriver, key: Qt.Key) -> None:
    before = opened.window.images.candidate.view.width()
    opened.press(key)
    opened.until(lambda: opened.window.images.candidate.view.width() > 1.8 * before)
    assert not opened.window.images.target.view.isVisible()
    opened.press(Qt.Key.Key_S)
    opened.until(lambda: opened.window.images.target.view.isVisible())


@on_every_screen
def test_a_click_finds_its_pixel_in_every_arrangement(opened: WindowDriver) -> None:
    for key in (Qt.Key.Key_D, Qt.Key.Key_W, Qt.Key.Key_B, Qt.Key.Key_S):
        opened.press(key)
        QApplication.processEvents()
        opened.click(40, 12, pane=1)
        x, y = opened.document.gaze
        assert (round(x * 63), round(y * 47)) == (40, 12)
        opened.controller.edits.set_gaze((0.1, 0.9))


@on_every_screen
def test_shift_shows_the_target_while_it_is_held(opened: WindowDriver) -> None:
    opened.controller.edits.set_view(overlay="none")
    opened.until(lambda: opened.window.images.candidate.heatmap.image is None)
    wanted = _color(opened.document.pixels, 60, 40)
    _shift(opened, QEvent.Type.KeyPress)
    assert opened.window.images.showing_target
    assert opened.color_at(60, 40) == wanted
    _shift(opened, QEvent.Type.KeyRelease)
    assert not opened.window.images.showing_target
    assert opened.document.picture is not None
    assert opened.color_at(60, 40) == _color(opened.document.picture.pixels, 60, 40)


def test_shift_ends_with_the_focus(opened: WindowDriver) -> None:
    _shift(opened, QEvent.Type.KeyPress)
    opened.window.run.settings_panel.editors["alpha"].widget.setFocus()
    QApplication.sendEvent(opened.window.images, QEvent(QEvent.Type.FocusOut))
    assert not opened.window.images.showing_target


@on_every_screen
def test_a_wipe_shows_both_and_its_divider_is_dragged(opened: WindowDriver) -> None:
    opened.controller.edits.set_view(overlay="none", layer="absolute")
    opened.press(Qt.Key.Key_W)
    opened.until(lambda: opened.document.map is not None)
    assert opened.color_at(10, 40) == _color(opened.document.pixels, 10, 40)
    assert opened.document.map is not None
    assert opened.color_at(55, 40) == _color(opened.document.map.pixels, 55, 40)
    opened.drag([(32, 6), (40, 6), (58, 6)], pane=1)
    assert opened.controller.state.view.divider > 0.8
    assert opened.color_at(50, 40) == _color(opened.document.pixels, 50, 40)
    assert opened.document.gaze == (0.5, 0.5)


@on_every_screen
def test_blinking_changes_at_most_three_times_a_second(opened: WindowDriver) -> None:
    images = opened.window.images
    opened.press(Qt.Key.Key_B)
    assert images.candidate.marker.fixation
    assert images._blink.interval() >= 333
    opened.controller.edits.set_view(blink_hz=3.0)
    opened.until(lambda: images.showing_target)
    opened.until(lambda: not images.showing_target)
    opened.press(Qt.Key.Key_S)
    assert not images.showing_target
    assert not images._blink.isActive()


def test_blinking_faster_is_refused(opened: WindowDriver) -> None:
    with pytest.raises(ValueError, match="blink_hz"):
        opened.controller.edits.set_view(blink_hz=5)


@pytest.mark.parametrize(
    ("key", "layer"),
    [
        (Qt.Key.Key_1, "target"),
        (Qt.Key.Key_3, "heatmap"),
        (Qt.Key.Key_4, "difference"),
        (Qt.Key.Key_5, "pooling"),
        (Qt.Key.Key_6, "absolute"),
        (Qt.Key.Key_2, "candidate"),
    ],
)
def test_a_digit_shows_a_layer(opened: WindowDriver, key: Qt.Key, layer: str) -> None:
    opened.press(key)
    assert opened.controller.state.view.layer == layer
    bar = opened.window.view.toolbar
    assert bar.layer_box.currentData() == layer
    if opened.controller.state.view.is_map:
        opened.until(lambda: opened.document.map is not None and opened.document.map.layer == layer)
        assert opened.window.images.color_bar.isVisible()


def test_a_layer_is_chosen_in_the_toolbar(opened: WindowDriver) -> None:
    box = opened.window.view.toolbar.layer_box
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    opened.until(lambda: opened.controller.state.view.layer == "heatmap")


def test_the_difference_is_candidate_minus_target(opened: WindowDriver) -> None:
    opened.press(Qt.Key.Key_4)
    opened.until(lambda: opened.document.map is not None)
    shown, picture = opened.document.map, opened.document.picture
    assert shown is not None
    assert picture is not None
    target = opened.document.target[0].numpy()
    np.testing.assert_allclose(shown.values, (picture.values - target).mean(0), atol=1e-6)
    assert shown.low == -shown.high
    opened.press(Qt.Key.Key_6)
    opened.until(lambda: opened.document.map is not None and opened.document.map.layer == "absolute")
    assert opened.document.map is not None
    np.testing.assert_allclose(opened.document.map.values, np.abs(picture.values - target).mean(0), atol=1e-6)


def test_the_pooling_size_is_the_geometrys(opened: WindowDriver) -> None:
    opened.press(Qt.Key.Key_5)
    opened.controller.edits.set_gaze((0.2, 0.7))
    opened.settle()
    opened.until(lambda: opened.document.map is not None and not opened.document.map_changes)
    assert opened.document.map is not None
    wanted = pooling_size_map((48, 64), (0.2, 0.7), opened.document.loss_settings)
    np.testing.assert_allclose(opened.document.map.values, wanted.float().numpy(), atol=1e-5)
    assert opened.window.images.color_bar.unit == "pooling size, px"


def test_an_old_map_is_marked_as_stale(opened: WindowDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.press(Qt.Key.Key_5)
    opened.until(lambda: opened.document.map is not None)
    monkeypatch.setattr(opened.window.worker, "submit", lambda _job: None)
    opened.controller.edits.set_gaze((0.1, 0.1))
    opened.until(lambda: opened.window.images.candidate.stale.isVisible())
    assert "stale, gaze" in opened.window.images.candidate.title.text()


def test_a_locked_range_outlasts_other_settings(opened: WindowDriver) -> None:
    assert opened.document.heatmap is not None
    top = opened.document.heatmap.top
    opened.press(Qt.Key.Key_L)
    assert opened.controller.state.view.heatmap_top == top
    opened.controller.edits.set_loss("alpha", 0.6)
    opened.settle()
    opened.until(lambda: opened.document.heatmap is not None and opened.document.quality == "full")
    assert opened.document.heatmap.top == top
    assert opened.window.images.color_bar.locked
    opened.press(Qt.Key.Key_L)
    opened.until(lambda: opened.document.heatmap is not None and opened.document.heatmap.top != top)


@pytest.mark.parametrize(("key", "layer"), [(Qt.Key.Key_2, "candidate"), (Qt.Key.Key_4, "difference")])
def test_a_locked_range_outlasts_a_run(opened: WindowDriver, key: Qt.Key, layer: str) -> None:
    def top() -> float | None:
        shown, drawn = opened.document.map, opened.document.heatmap
        if layer == "candidate":
            return None if drawn is None else drawn.top
        return None if shown is None or shown.layer != layer else shown.high

    opened.press(key)
    opened.until(lambda: top() is not None)
    locked = top()
    opened.press(Qt.Key.Key_L)
    opened.controller.edits.set_synthesis("steps", 4)
    for _ in range(2):
        QTest.mouseClick(opened.window.run.run_panel.start_button, Qt.MouseButton.LeftButton)
        opened.until(lambda: opened.document.phase is Phase.DONE and top() is not None)
        opened.settle()
        assert top() == locked
        assert opened.window.images.color_bar.high == locked
        assert opened.window.images.color_bar.locked


def test_other_colours_are_drawn_and_shown_on_the_bar(opened: WindowDriver) -> None:
    opened.press(Qt.Key.Key_3)
    opened.until(lambda: opened.document.map is not None)
    assert opened.document.map is not None
    before = opened.document.map.pixels
    opened.window.commands["colormap_magma"].trigger()
    opened.until(lambda: opened.document.map is not None and opened.document.map.pixels is not before)
    assert not np.array_equal(opened.document.map.pixels, before)
    assert opened.window.images.color_bar.colors == "magma"


@on_every_screen
def test_the_second_image_is_shifted_with_alt_and_the_middle_button(opened: WindowDriver) -> None:
    images = opened.window.images
    view = opened.viewport(1)
    start, end = opened.pixel_at(20, 20, 1), opened.pixel_at(28, 25, 1)
    alt = Qt.KeyboardModifier.AltModifier
    QTest.mousePress(view, Qt.MouseButton.MiddleButton, alt, start)
    for at in (start + QPoint(5, 3), end):
        opened.move(at, 1, Qt.MouseButton.MiddleButton, alt)
    QTest.mouseRelease(view, Qt.MouseButton.MiddleButton, alt, end)
    x, y = opened.controller.state.view.offset
    assert (x, y) == pytest.approx((8, 5), abs=0.6)
    assert images.candidate.root.pos().x() == x
    # the picture moved, so a click finds its own pixel there
    at = opened.pixel_at(30, 30, 1)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert opened.document.gaze[0] * 63 == pytest.approx(30 - x, abs=0.7)
    opened.window.commands["reset_offset"].trigger()
    assert opened.controller.state.view.offset == (0.0, 0.0)


@on_every_screen
def test_alt_click_pins_a_pixel_and_unpins_it(opened: WindowDriver) -> None:
    opened.click(40, 12, alt=True)
    assert opened.document.pins == ((40, 12),)
    assert opened.document.gaze == (0.5, 0.5)
    opened.click(40, 12, pane=1, alt=True)
    assert opened.document.pins == ()


@on_every_screen
@pytest.mark.parametrize(("column", "beside"), [(3, 1), (63, -1)])
def test_the_number_of_a_pin_is_beside_it_where_there_is_room(
    opened: WindowDriver, column: int, beside: int
) -> None:
    before = opened.shot(1)
    opened.click(column, 20, pane=1, alt=True)
    QApplication.processEvents()
    ratio = opened.window.devicePixelRatioF()
    changed = np.argwhere((opened.shot(1) != before).any(axis=2))
    at = opened.pixel_at(column, 20, 1)
    above = changed[changed[:, 0] < (at.y() - 8) * ratio, 1] / ratio - at.x()  # the cross ends there
    assert (np.sign(above) == beside).all()
    assert np.ptp(above) > 10


def test_titles_say_less_where_there_is_less_room(opened: WindowDriver) -> None:
    title = opened.window.images.target.title
    assert title.shown_text(2000) == title.text() == "image.png, 64 x 48 px, gaze 0.500 0.500"
    assert title.shown_text(220) == "image.png, gaze 0.500 0.500"
    assert title.shown_text(100).endswith("…")
    assert title.toolTip() == title.text()


def test_the_wheel_with_ctrl_turns_alpha(opened: WindowDriver) -> None:
    view = opened.viewport()
    at = QPointF(opened.pixel_at(30, 20))
    turned = QWheelEvent(
        at,
        QPointF(view.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    shown = opened.window.images.target.box.viewRect()
    QApplication.sendEvent(view, turned)
    assert opened.document.loss_settings.alpha == pytest.approx(0.21)
    assert opened.window.images.target.box.viewRect() == shown


def test_brackets_turn_alpha(opened: WindowDriver) -> None:
    opened.press(Qt.Key.Key_BracketRight)
    assert opened.document.loss_settings.alpha == pytest.approx(0.21)
    opened.press(Qt.Key.Key_BracketLeft)
    assert opened.document.loss_settings.alpha == pytest.approx(0.2)


def test_a_fitted_image_stays_fitted_when_the_window_grows(opened: WindowDriver) -> None:
    opened.press(Qt.Key.Key_F)
    before = opened.window.images.zoom
    opened.window.resize(1800, 1200)
    opened.until(lambda: opened.window.images.zoom > 1.2 * before)


def test_arrows_with_alt_move_the_gaze_by_a_degree(opened: WindowDriver) -> None:
    opened.press(Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    width, distance = 0.2, 0.7
    moved_m = (opened.document.gaze[0] - 0.5) * width
    assert np.degrees(np.arctan(moved_m / distance)) == pytest.approx(1)


def test_the_citation_is_copied(opened: WindowDriver, qapp: QApplication) -> None:
    opened.window.commands["copy_citation"].trigger()
    text = qapp.clipboard().text()
    assert "alpha 0.2, quadratic pooling" in text
    assert "64 x 48 px" in text
