"""What a person does from the first page to the report, and what ends it before."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from foveaview.gaze.validation.procedure import Plan
from tests.app.conftest import WindowDriver
from tests.app.scripted import Script
from tests.app.test_accessibility import check_names, check_walk, usable
from tests.app.validation.observer import RATE_HZ
from tests.app.validation.person import QUICK, Person, click


def test_with_nothing_to_follow_it_says_so_and_offers_the_pointer(person: Person) -> None:
    person.open()
    start = person.screen.start
    assert "Nothing is followed" in start.source_line.text()
    assert not start.begin_button.isEnabled()
    click(start.pointer_button)
    assert person.driver.controller.state.follow
    assert start.begin_button.isEnabled()
    assert "Follows Pointer" in start.source_line.text()
    assert not start.pointer_button.isVisible()


def test_what_is_chosen_is_what_begins(person: Person) -> None:
    person.follow()
    person.open()
    start = person.screen.start
    start.dwell_box.setValue(2.5)
    start.order_box.setCurrentText("row by row")
    start.area_box.setCurrentText("over the image")
    QTest.mouseClick(start.confirm_box, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    plans: list[Plan] = []
    start.begun.connect(plans.append)
    click(start.begin_button)
    assert plans == [Plan(dwell_s=2.5, order="reading", area="image", confirm=True)]
    assert person.screen.canvas.isVisible()


def test_space_goes_on_where_that_is_wanted(person: Person) -> None:
    person.follow()
    person.open()
    person.screen.start.begun.emit(QUICK.replace(confirm=True, order="reading"))
    canvas = person.screen.canvas
    first = canvas.target
    QTest.qWait(300)
    assert canvas.target == first
    shown: list[object] = []

    def press() -> bool:
        if canvas.target not in [None, *shown]:
            shown.append(canvas.target)
            QTest.keyClick(canvas, Qt.Key.Key_Space)
        return person.screen.report.isVisible()

    person.driver.until(press)
    assert len(shown) == 9
    assert person.found().result.n == pytest.approx(9 * QUICK.counted_s * RATE_HZ, abs=20)


def test_esc_leaves_at_any_time(person: Person) -> None:
    person.follow()
    for page in ("start", "canvas", "report"):
        person.open()
        assert person.tracking._held
        if page == "canvas":
            person.screen.start.begun.emit(Plan())
        if page == "report":
            person.validate()
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, Qt.Key.Key_Escape)
        assert person.feature.screen is None
        assert not person.tracking._held
        assert person.feature.kept is None
    assert person.driver.window.isVisible()


def test_closing_the_window_meanwhile_takes_under_2_seconds(person: Person) -> None:
    person.follow()
    person.open()
    person.screen.start.begun.emit(Plan())
    person.driver.close_in_time()
    assert person.feature.screen is None


def test_another_source_ends_it_with_a_word(person: Person) -> None:
    person.follow()
    person.open()
    person.screen.start.begun.emit(Plan())
    person.tracking.stop()
    person.driver.until(person.screen.start.isVisible)
    assert "source" in person.screen.start.remark.text()
    assert not person.screen.start.begin_button.isEnabled()


def test_another_size_of_the_screen_ends_it_with_a_word(person: Person) -> None:
    person.follow()
    person.open()
    person.screen.start.begun.emit(Plan())
    person.screen.resize(900, 700)
    person.driver.until(person.screen.start.isVisible)
    assert "changed" in person.screen.start.remark.text()


def test_without_an_image_it_says_that_one_is_needed(driver: WindowDriver) -> None:
    driver.window.commands["validate"].trigger()
    assert driver.window.validation.screen is None
    assert "open an image first" in driver.window.notifications.messages.toPlainText()


def test_again_does_it_once_more(person: Person) -> None:
    person.follow()
    first = person.validate()
    click(person.screen.report.again_button)
    assert person.screen.canvas.isVisible()
    second = person.found()
    assert second is not first
    assert second.plan.replace(seed=0) == first.plan.replace(seed=0)


def test_the_gaze_stays_meanwhile_and_moves_afterwards(person: Person) -> None:
    person.tracking.set_settings(person.tracking.settings.replace(smoothing=False))
    person.follow(unit="image")
    before = person.driver.document.gaze
    person.validate()
    assert person.driver.document.gaze == before
    person.feature.close()
    script = Script()
    person.tracking.follow(script)
    script.say(0.25, 0.75)
    person.driver.until(lambda: person.driver.document.gaze == pytest.approx((0.25, 0.75)))


def test_the_button_in_the_panel_opens_it(person: Person) -> None:
    click(next(b for b in person.tracking.panel.findChildren(QPushButton) if "alidate" in b.text()))
    assert person.feature.screen is not None
    person.feature.close()


def test_every_page_has_names_and_tab_reaches_all_of_it(person: Person) -> None:
    person.follow()
    person.open()
    check_names(person.screen)
    for page in ("start", "report"):
        if page == "report":
            person.validate()
        check_walk(person.screen, next(w for w in usable(person.screen) if w.isVisible() and w.isEnabled()))
