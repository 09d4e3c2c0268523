"""The calibration, done as a person does it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

from foveaview.app.geometry import calibration_canvas
from foveaview.app.geometry.calibration_dialog import CalibrationDialog
from foveaview.display.calibration import Calibration

Key, Button = Qt.Key, Qt.MouseButton


@pytest.fixture
def dialog(qtbot: QtBot) -> CalibrationDialog:
    dialog = CalibrationDialog(0.0856 / 300)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    return dialog


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration_canvas, "_PAUSE_S", 0.02)
    monkeypatch.setattr(calibration_canvas, "_WAY_S", 3.0)


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Button.LeftButton)


def painted(widget: QWidget) -> QImage:
    """In device pixels."""
    return widget.grab().toImage()


def match(dialog: CalibrationDialog, width: int) -> None:
    dialog.card_page.slider.setValue(width)
    click(dialog.card_page.add_button)


def to_distance(dialog: CalibrationDialog) -> None:
    match(dialog, 300)
    click(dialog.next_button)


def type_distance(dialog: CalibrationDialog, distance: str, spread: str) -> None:
    page = dialog.distance_page
    page.type_choice.click()
    for box, text in ((page.distance_box, distance), (page.spread_box, spread)):
        box.setFocus()
        box.selectAll()
        QTest.keyClicks(box, text)
        QTest.keyClick(box, Key.Key_Tab)


def test_it_fits_a_small_screen(dialog: CalibrationDialog) -> None:
    smallest = dialog.minimumSizeHint()
    assert smallest.width() <= 1024
    assert smallest.height() <= 700


def test_the_card_starts_as_the_screen_reports(dialog: CalibrationDialog) -> None:
    assert dialog.card_page.canvas.width_px == 300


def test_arrow_keys_set_the_card(dialog: CalibrationDialog) -> None:
    canvas = dialog.card_page.canvas
    QTest.keyClick(canvas, Key.Key_Right)
    QTest.keyClick(canvas, Key.Key_Up)
    assert (canvas.width_px, dialog.card_page.slider.value()) == (302, 302)
    QTest.keyClick(canvas, Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.width_px == 292


def test_a_drag_takes_the_edge_to_the_pointer(dialog: CalibrationDialog) -> None:
    canvas = dialog.card_page.canvas
    QTest.mousePress(canvas, Button.LeftButton, pos=QPoint(200, 80))
    assert canvas.width_px == round(200 * canvas.devicePixelRatioF()) - 12
    QTest.mouseRelease(canvas, Button.LeftButton, pos=QPoint(200, 80))


def test_the_card_is_painted_as_wide_as_it_says(dialog: CalibrationDialog) -> None:
    canvas = dialog.card_page.canvas
    canvas.set_card(311)
    image = painted(canvas)
    color = canvas.palette().highlight().color().rgb()
    row = image.height() // 2
    assert sum(image.pixel(x, row) == color for x in range(10, image.width() - 10)) == 311


def test_the_card_stays_within_the_room_there_is(dialog: CalibrationDialog) -> None:
    canvas = dialog.card_page.canvas
    canvas.set_card(100_000)
    assert canvas.width_px == canvas.largest() < canvas.width() * canvas.devicePixelRatioF()
    canvas.set_card(1)
    assert canvas.width_px > 10


def test_matches_are_counted_averaged_and_taken_back(dialog: CalibrationDialog) -> None:
    page = dialog.card_page
    assert not dialog.next_button.isEnabled()
    match(dialog, 300)
    assert page.canvas.width_px != 300  # another start
    match(dialog, 304)
    assert "2 matches, mean 302.0 px: 0.2834 ± 0.0028 mm a pixel (95 %)" in page.line.text()
    click(page.clear_button)
    assert page.line.text() == "no match yet"
    assert not dialog.next_button.isEnabled()


def test_enter_adds_a_match(dialog: CalibrationDialog) -> None:
    QTest.keyClick(dialog.card_page.canvas, Key.Key_Return)
    assert dialog.card_page.matches == [300.0]


def test_on_the_second_page_space_starts_the_dot(dialog: CalibrationDialog) -> None:
    to_distance(dialog)
    assert dialog.distance_page.canvas.hasFocus()


def test_enter_ends_where_all_is_there(dialog: CalibrationDialog) -> None:
    to_distance(dialog)
    QTest.keyClick(dialog.distance_page.canvas, Key.Key_Return)
    assert dialog.isVisible()
    type_distance(dialog, "60", "1")
    QTest.keyClick(dialog.distance_page.type_choice, Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Accepted


def test_a_typed_distance_makes_a_calibration(dialog: CalibrationDialog, qtbot: QtBot) -> None:
    to_distance(dialog)
    type_distance(dialog, "72.5", "1.0")
    assert dialog.distance_page.line.text() == "distance 72.5 ± 1.0 cm (95 %)"
    with qtbot.waitSignal(dialog.calibrated) as told:
        click(dialog.done_button)
    calibration = told.args[0]
    assert isinstance(calibration, Calibration)
    assert calibration.distance.value == pytest.approx(0.725)
    assert calibration.distance.half_width == pytest.approx(0.01)
    assert calibration.pitch.value == pytest.approx(0.0856 / 300)
    assert not dialog.isVisible()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("eye", ["left", "right"])
def test_the_blind_spot_makes_a_calibration(dialog: CalibrationDialog, qtbot: QtBot, eye: str) -> None:
    to_distance(dialog)
    page, canvas = dialog.distance_page, dialog.distance_page.canvas
    (page.left_choice if eye == "left" else page.right_choice).click()
    canvas.setFocus()
    QTest.keyClick(canvas, Key.Key_Space)
    assert canvas.running
    for wait in (600, 100):
        QTest.qWait(wait)
        QTest.keyClick(canvas, Key.Key_Space)
    assert len(page.offsets) == 2
    assert page.offsets[0] > page.offsets[1] > canvas.offset()
    assert page.line.text().startswith("2 responses: distance ")
    with qtbot.waitSignal(dialog.calibrated) as told:
        click(dialog.done_button)
    assert told.args[0].offsets_px == tuple(page.offsets)
    assert not canvas.running


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("eye", ["left", "right"])
def test_the_dot_moves_away_from_the_cross_on_the_open_eyes_side(dialog: CalibrationDialog, eye: str) -> None:
    to_distance(dialog)
    page, canvas = dialog.distance_page, dialog.distance_page.canvas
    (page.left_choice if eye == "left" else page.right_choice).click()

    def dark_columns() -> list[int]:
        image = painted(canvas)
        row = image.height() // 2
        columns = range(10, image.width() - 10)
        return [x for x in columns if image.pixelColor(x, row - 5).lightness() < 100]

    cross = sum(dark_columns()) / len(dark_columns())
    canvas.start()
    QTest.qWait(200)
    before = canvas.offset()
    ends = dark_columns()
    dot = max(ends, key=lambda x: abs(x - cross))
    assert (dot > cross) == (eye == "right")
    assert before - 20 < abs(dot - cross) < canvas.offset() + 20


@pytest.mark.usefixtures("quick")
def test_a_response_before_the_dot_moves_does_not_count(
    dialog: CalibrationDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration_canvas, "_PAUSE_S", 60.0)
    to_distance(dialog)
    canvas = dialog.distance_page.canvas
    for _ in range(3):
        QTest.keyClick(canvas, Key.Key_Space)
    assert dialog.distance_page.offsets == []


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("leave", ["escape", "close", "back", "type"])
def test_nothing_moves_on_after_leaving(dialog: CalibrationDialog, leave: str) -> None:
    told: list[object] = []
    dialog.calibrated.connect(told.append)
    to_distance(dialog)
    canvas = dialog.distance_page.canvas
    QTest.keyClick(canvas, Key.Key_Space)
    assert canvas.running
    leaves: dict[str, Callable[[], object]] = {
        "escape": lambda: QTest.keyClick(dialog, Key.Key_Escape),
        "close": dialog.close,
        "back": lambda: click(dialog.back_button),
        "type": dialog.distance_page.type_choice.click,
    }
    leaves[leave]()
    assert not canvas.running
    assert not any(timer.isActive() for timer in dialog.findChildren(QTimer) if timer.interval() == 16)
    assert told == []


def test_done_waits_for_a_distance(dialog: CalibrationDialog) -> None:
    to_distance(dialog)
    assert not dialog.done_button.isEnabled()
    dialog.accept()
    assert dialog.isVisible()
    assert dialog.result() != QDialog.DialogCode.Accepted


def test_an_uncertainty_over_the_distance_is_no_calibration(dialog: CalibrationDialog) -> None:
    to_distance(dialog)
    type_distance(dialog, "10", "60")
    assert not dialog.done_button.isEnabled()


def test_everything_is_reached_by_keys(dialog: CalibrationDialog) -> None:
    page = dialog.card_page
    for widget in (page.canvas, page.slider, page.add_button, page.clear_button, dialog.next_button):
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert widget.toolTip()
