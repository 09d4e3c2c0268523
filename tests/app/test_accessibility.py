"""Everything that can be used has a name for who does not see it, and is reached by Tab."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QRadioButton,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QWidget,
)

from foveaview.app.export.export_dialog import ExportDialog
from foveaview.app.images.image_view import ImageView
from foveaview.app.shell.shortcuts_dialog import ShortcutsDialog
from foveaview.live import Failure
from tests.app.conftest import MakeFile, WindowDriver

KINDS = (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QTabBar,
    ImageView,
)
WHOLES = (QComboBox, QAbstractSpinBox, QLineEdit, QKeySequenceEdit, QTabBar)
"""What is in them is theirs."""

LARGE = (ImageView, QScrollArea)
"""A tip would lie over the pictures, or over the editors with their own."""


@pytest.fixture
def opened(driver: WindowDriver, image_file: MakeFile) -> WindowDriver:
    driver.open(image_file())
    driver.window.activateWindow()
    return driver


def is_part(widget: QWidget) -> bool:
    """Whether it belongs to another that is used as a whole, or to Qt."""
    above = widget.parentWidget()
    while above is not None and not above.isWindow():
        if isinstance(above, WHOLES):
            return True
        above = above.parentWidget()
    return isinstance(widget, QScrollBar | QHeaderView) or widget.objectName().startswith("qt_")


def usable(root: QWidget) -> list[QWidget]:
    """Of a window, hidden or not, without its dialogs and the lists that combo boxes open."""
    found = [w for w in root.findChildren(QWidget) if isinstance(w, KINDS) and w.window() is root]
    return [widget for widget in found if not is_part(widget)]


def label_of(widget: QWidget) -> str:
    buddies = (label.text() for label in widget.window().findChildren(QLabel) if label.buddy() is widget)
    return next(buddies, "")


def text_of(widget: QWidget) -> str:
    """What it says by itself."""
    return widget.text() if isinstance(widget, QAbstractButton) else ""


def name_of(widget: QWidget) -> str:
    return (widget.accessibleName() or label_of(widget) or text_of(widget)).replace("&", "")


def in_pictures(widget: QWidget) -> bool:
    return isinstance(widget, LARGE) or isinstance(widget.parentWidget(), ImageView)


def check_names(root: QWidget) -> None:
    for widget in usable(root):
        assert any(letter.isalnum() for letter in name_of(widget)), f"no name: {widget}"
        speaks = any(letter.isalnum() for letter in text_of(widget))
        tabs = isinstance(widget, QTabBar)  # what they say is their text
        assert widget.toolTip() or speaks or tabs or in_pictures(widget), f"no tip: {name_of(widget)}"


def is_in_sight(widget: QWidget) -> bool:
    shown = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
    regions = [part.visibleRegion() for part in (shown, *shown.findChildren(QWidget))]
    return not all(region.isEmpty() for region in regions)


def walk(start: QWidget, key: Qt.Key = Qt.Key.Key_Tab) -> list[QWidget]:
    """What has the focus, one after the other, until it comes back; fails where it comes back elsewhere."""
    start.setFocus()
    visited: list[QWidget] = []
    focus = QApplication.focusWidget()
    while focus is not None and focus not in visited:
        visited.append(focus)
        assert is_in_sight(focus), f"out of sight: {name_of(focus)} {focus}"
        QTest.keyClick(focus, key)
        focus = QApplication.focusWidget()
    assert focus is visited[0], f"the focus does not leave {focus}"
    return visited


def reachable(root: QWidget) -> set[QWidget]:
    """All that a person sees and can use."""
    found = [widget for widget in usable(root) if widget.isVisible() and widget.isEnabled()]
    return {widget.focusProxy() or widget for widget in found}


def check_walk(root: QWidget, start: QWidget) -> None:
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
        visited = walk(start, key)
        groups = [one.group() for one in visited if isinstance(one, QRadioButton)]  # arrows reach the rest
        missed = {one for one in reachable(root) if one not in visited}
        missed = {one for one in missed if not isinstance(one, QRadioButton) or one.group() not in groups}
        assert not missed, [(name_of(widget), widget) for widget in missed]


def test_all_of_the_window_has_names_and_tips(opened: WindowDriver) -> None:
    assert len(usable(opened.window)) > 90
    check_names(opened.window)


def test_names_within_a_panel_differ(opened: WindowDriver) -> None:
    for dock in opened.window.docks.all:
        content = dock.widget()
        names = [name_of(widget) for widget in usable(opened.window) if content.isAncestorOf(widget)]
        assert len(names) == len(set(names)), dock.windowTitle()


def test_tab_reaches_all_of_every_panel_and_nothing_out_of_sight(opened: WindowDriver) -> None:
    opened.alt_click(5, 5)
    for dock in opened.window.docks.all:
        dock.raise_()
        QApplication.processEvents()
        assert dock.widget().isVisible(), dock.windowTitle()
        check_walk(opened.window, opened.window.images)


def test_tab_reaches_what_an_empty_window_and_its_banner_offer(driver: WindowDriver) -> None:
    driver.window.activateWindow()
    driver.window.notifications.failure(Failure("memory", "there is not enough memory", "trace"))
    check_names(driver.window)
    assert driver.window.notifications.banner_widget.buttons[0] in reachable(driver.window)
    check_walk(driver.window, driver.window.notifications.banner_widget.buttons[0])


def test_panels_are_turned_to_by_key(opened: WindowDriver) -> None:
    bars = [bar for bar in opened.window.findChildren(QTabBar) if bar.isVisible()]
    assert {bar.accessibleName() for bar in bars} == {"Panels"}
    bar = next(bar for bar in bars if bar.count() > 3)
    bar.setFocus()
    seen = {bar.tabText(bar.currentIndex())}
    for _ in range(bar.count() - 1):
        QTest.keyClick(bar, Qt.Key.Key_Right)
        seen.add(bar.tabText(bar.currentIndex()))
        shown = [dock.windowTitle() for dock in opened.window.docks.all if dock.widget().isVisible()]
        assert bar.tabText(bar.currentIndex()) in shown
    assert len(seen) == bar.count()


def dialog_of(driver: WindowDriver, kind: str) -> QDialog:
    if kind == "calibration":
        driver.window.geometry_controller.panel.calibrate()
        assert driver.window.geometry_controller.panel.dialog is not None
        return driver.window.geometry_controller.panel.dialog
    driver.window.commands[kind].trigger()
    found = driver.window.findChild(ShortcutsDialog if kind == "keys" else ExportDialog)
    assert isinstance(found, QDialog)
    return found


@pytest.mark.parametrize("kind", ["keys", "export_all", "calibration"])
def test_dialogs_have_names_and_tab_reaches_all_of_them(opened: WindowDriver, kind: str) -> None:
    dialog = dialog_of(opened, kind)
    dialog.activateWindow()
    opened.until(dialog.isActiveWindow)
    check_names(dialog)
    check_walk(dialog, next(w for w in usable(dialog) if w.isVisible() and w.isEnabled()))
    if kind == "keys":
        table = dialog.findChild(QAbstractItemView)
        assert isinstance(table, QAbstractItemView)
        table.setFocus()
        QTest.keyClick(table, Qt.Key.Key_Down)
        check_walk(dialog, table)


@pytest.mark.parametrize("typed", [False, True])
def test_tab_reaches_all_of_the_second_page_of_the_calibration(opened: WindowDriver, typed: bool) -> None:
    opened.window.geometry_controller.panel.calibrate()
    dialog = opened.window.geometry_controller.panel.dialog
    assert dialog is not None
    opened.until(dialog.isActiveWindow)
    dialog.card_page.add_button.click()
    dialog.next_button.click()
    page = dialog.distance_page
    choice = page.type_choice if typed else page.measure_choice
    choice.click()
    assert page.distance_box.isEnabled() == typed
    check_walk(dialog, choice)


def test_the_presentation_has_a_name(opened: WindowDriver) -> None:
    opened.window.commands["present"].trigger()
    presentation = opened.window.presentation.screen
    assert presentation is not None
    assert presentation.accessibleName() or presentation.windowTitle()
    check_names(presentation)
