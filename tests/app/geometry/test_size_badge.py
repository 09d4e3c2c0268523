"""The badge, and the menu that sets things right."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from foveaview import LossSettings
from foveaview.app.geometry.size_badge import SizeBadge
from foveaview.display.size_check import check_validity
from foveaview.display.uncertainty import Measurement

SETTINGS = LossSettings(real_image_width=0.2)


@pytest.fixture
def badge(qtbot: QtBot) -> SizeBadge:
    badge = SizeBadge()
    qtbot.addWidget(badge)
    badge.show()
    return badge


def test_at_first_it_asks(badge: SizeBadge) -> None:
    assert badge.text() == "Valid here?"
    assert not badge.zoom_action.isEnabled()
    assert not badge.model_action.isEnabled()


def test_words_and_icon_tell_valid_from_not_without_colour(badge: SizeBadge) -> None:
    badge.set_view(SETTINGS, 800, 1.0, 0.00025)
    assert badge.text() == "valid here: 200 mm as modelled"
    valid = badge.icon().cacheKey()
    badge.set_view(SETTINGS, 800, 0.5, 0.00025)
    assert badge.text() == "modelled 200 mm, shown 100 mm"
    assert badge.accessibleName() == "Size on the screen: modelled 200 mm, shown 100 mm"
    assert badge.icon().cacheKey() != valid


def test_the_tip_says_the_interval(badge: SizeBadge) -> None:
    badge.set_view(SETTINGS, 800, 0.5, Measurement(0.00025, 0.0000025))
    assert "98.04 to 102 mm (95 %)" in badge.toolTip()


def test_the_zoom_asked_for_is_right(badge: SizeBadge, qtbot: QtBot) -> None:
    badge.set_view(SETTINGS, 800, 0.5, 0.00025)
    with qtbot.waitSignal(badge.zoom_wanted) as wanted:
        badge.zoom_action.trigger()
    assert check_validity(SETTINGS, 800, wanted.args[0], 0.00025).ratio == pytest.approx(1)


def test_the_width_asked_for_is_right(badge: SizeBadge, qtbot: QtBot) -> None:
    badge.set_view(SETTINGS, 800, 0.5, Measurement(0.00025, 0.000001))
    with qtbot.waitSignal(badge.width_wanted) as wanted:
        badge.model_action.trigger()
    assert wanted.args[0] == pytest.approx(0.1)


def test_the_menu_opens_by_key(badge: SizeBadge, qtbot: QtBot) -> None:
    badge.set_view(SETTINGS, 800, 0.5, 0.00025)
    badge.setFocus()
    opened: list[bool] = []
    menu = badge.menu()
    menu.aboutToShow.connect(lambda: opened.append(True))
    menu.aboutToShow.connect(menu.close, Qt.ConnectionType.QueuedConnection)
    QTest.keyClick(badge, Qt.Key.Key_Space)
    assert opened


def test_what_became_unknown_is_asked_again(badge: SizeBadge) -> None:
    badge.set_view(SETTINGS, 800, 0.5, 0.00025)
    badge.set_unknown()
    assert badge.text() == "Valid here?"
    assert badge.styleSheet() == ""
    badge.set_view(SETTINGS, 800, 0.5, 0.00025)
    assert badge.styleSheet()
