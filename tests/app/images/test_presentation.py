"""The image alone on the whole screen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from foveaview.app.images.presentation import Presentation
from tests.app.conftest import MakeFile, WindowDriver, on_every_screen


@pytest.fixture
def presented(driver: WindowDriver, image_file: MakeFile) -> WindowDriver:
    driver.open(image_file())
    driver.press(Qt.Key.Key_F11)
    driver.until(lambda: driver.window.presentation.screen is not None)
    return driver


def _presentation(driver: WindowDriver) -> Presentation:
    presentation = driver.window.presentation.screen
    assert presentation is not None
    return presentation


@on_every_screen
def test_it_shows_the_image_as_large_as_the_model_says_and_nothing_else(presented: WindowDriver) -> None:
    images, zoom = _presentation(presented).images, presented.window.geometry_controller.zoom_of_model
    assert zoom is not None
    presented.until(lambda: images.zoom == pytest.approx(zoom, rel=1e-3))
    assert _presentation(presented).isFullScreen()
    shown = [w for w in (images.target.view, images.color_bar, images.candidate.title) if w.isVisible()]
    assert shown == []
    assert images.candidate.marker.fixation


def test_what_the_screen_does_not_hold_is_said_until_it_does(
    driver: WindowDriver, image_file: MakeFile
) -> None:
    driver.open(image_file())
    banner = driver.window.notifications.banner_widget
    for width_m, said in ((3.0, True), (0.2, False)):
        driver.controller.edits.set_loss("real_image_width", width_m)
        driver.window.presentation.present()
        _presentation(driver).close()
        driver.until(lambda: driver.window.presentation.screen is None)
        assert banner.isVisible() == said
        assert "the screen (3200 x 2000 px) shows only a part" in banner.text.text()


def test_space_swaps_target_and_candidate(presented: WindowDriver) -> None:
    presentation = _presentation(presented)
    QTest.keyClick(presentation, Qt.Key.Key_Space)
    assert presentation.showing_target
    QTest.keyClick(presentation, Qt.Key.Key_Space)
    assert not presentation.showing_target


def test_b_blinks(presented: WindowDriver) -> None:
    presentation = _presentation(presented)
    QTest.keyClick(presentation, Qt.Key.Key_B)
    presented.until(lambda: presentation.showing_target)
    presented.until(lambda: not presentation.showing_target)
    QTest.keyClick(presentation, Qt.Key.Key_B)
    assert not presentation.images._blink.isActive()


@on_every_screen
def test_the_gaze_is_followed(presented: WindowDriver) -> None:
    presentation = _presentation(presented)
    QTest.keyClick(presentation, Qt.Key.Key_G)
    assert presented.controller.state.follow
    box = presentation.images.candidate.box
    view = presentation.images.candidate.view
    at = view.mapFromScene(box.mapViewToScene(QPointF(20.5, 10.5)))
    view.scene().sigMouseMoved.emit(QPointF(at))
    assert presented.document.gaze == pytest.approx((20 / 63, 10 / 47), abs=0.02)
    marker = presentation.images.candidate.marker
    assert marker.pos().x() == pytest.approx(presented.document.gaze[0] * 63 + 0.5)


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_F11])
def test_it_is_left_by_a_key(presented: WindowDriver, key: Qt.Key) -> None:
    QTest.keyClick(_presentation(presented), key)
    presented.until(lambda: presented.window.presentation.screen is None)
    assert presented.window.isVisible()


def test_closing_the_window_ends_it(presented: WindowDriver) -> None:
    presented.close_in_time()
    assert presented.window.presentation.screen is None
