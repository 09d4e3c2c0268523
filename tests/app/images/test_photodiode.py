"""The square that a photodiode looks at: it changes in the paint that brings a new candidate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from foveaview.app.core.preferences import Preferences
from foveaview.app.images.image_view import ImageView
from foveaview.app.images.photodiode import CORNERS, Corner, Patch
from foveaview.app.images.presentation import Presentation
from foveaview.gaze import now
from foveaview.gaze.latency import GazeTimestamps
from foveaview.settings.view import ViewSettings
from tests.app.conftest import WindowDriver, on_every_screen

SIZE = (48, 64)


def pixels_of(image: QImage) -> npt.NDArray[np.uint8]:
    """(H, W, 3) bytes in device pixels."""
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    shape = (image.height(), image.bytesPerLine() // 4, 4)
    return np.array(image.constBits()).reshape(shape)[:, : image.width(), :3]


def on_screen(images: ImageView) -> npt.NDArray[np.uint8]:
    """What was painted last; paints nothing itself."""
    return pixels_of(images.screen().grabWindow(images.window().winId()).toImage())


@pytest.fixture
def images(qtbot: QtBot) -> ImageView:
    made = ImageView()
    qtbot.addWidget(made)
    made.set_bare()
    made.resize(400, 300)
    made.set_view(ViewSettings(arrangement="single", overlay="none"))
    made.set_size(SIZE)
    made.set_image("target", np.full((*SIZE, 3), 50, dtype=np.uint8))
    made.patch.set_patch(Patch(on=True))
    made.show()
    qtbot.waitExposed(made)
    qtbot.wait(30)
    return made


def give(images: ImageView, level: int) -> None:
    images.set_image("candidate", np.full((*SIZE, 3), level, dtype=np.uint8))
    images.patch.flip()


def shades(shown: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """Of the picture, beside the fixation, and of the patch."""
    height, width = shown.shape[:2]
    return int(shown[height // 3, width // 3, 0]), int(shown[height - 10, 10, 0])


def test_patch_and_picture_change_in_one_paint(images: ImageView) -> None:
    assert shades(pixels_of(images.grab().toImage()))[1] == 0
    for level, patch in ((200, 255), (90, 0), (200, 255)):
        give(images, level)
        assert shades(pixels_of(images.grab().toImage())) == (level, patch)


def test_on_screen_they_never_disagree(images: ImageView) -> None:
    pairs = {(119, 0), (200, 255), (90, 0)}
    seen = set()
    for step in range(40):
        give(images, 90 if step % 2 else 200)
        for _ in range(step % 3):  # an unfinished turn of the loop, and several
            images.candidate.view.viewport().update(0, 0, 5, 5)
            QApplication.processEvents()
            seen.add(shades(on_screen(images)))
        while images.patch._waits:
            QApplication.processEvents()
        seen.add(shades(on_screen(images)))
    assert seen <= pairs
    assert len(seen) >= 2


def test_two_pictures_before_one_paint_are_one_edge(images: ImageView) -> None:
    give(images, 90)
    give(images, 200)
    assert shades(pixels_of(images.grab().toImage())) == (200, 255)


def test_other_paints_leave_it(images: ImageView, qtbot: QtBot) -> None:
    give(images, 90)
    qtbot.waitUntil(lambda: images.patch.is_white)
    for _ in range(3):
        images.candidate.view.viewport().update()
        images.set_gaze((0.1, 0.1))
        qtbot.wait(20)
    assert images.patch.is_white


def test_a_picture_under_the_target_changes_it_when_it_is_seen(images: ImageView, qtbot: QtBot) -> None:
    images.resize(400, 700)  # the picture does not reach the patch
    images.peek(True)
    give(images, 90)
    qtbot.wait(60)
    assert shades(on_screen(images)) == (50, 0)
    images.peek(False)
    qtbot.waitUntil(lambda: images.patch.is_white)
    assert shades(pixels_of(images.grab().toImage())) == (90, 255)


def test_one_that_comes_again_is_black(images: ImageView, qtbot: QtBot) -> None:
    give(images, 90)
    qtbot.waitUntil(lambda: images.patch.is_white)
    images.patch.set_patch(Patch())
    assert shades(pixels_of(images.grab().toImage())) == (90, 90)
    images.patch.set_patch(Patch(on=True))
    assert shades(pixels_of(images.grab().toImage()))[1] == 0


@pytest.mark.parametrize("corner", CORNERS)
def test_it_keeps_to_its_corner(images: ImageView, corner: Corner) -> None:
    images.patch.set_patch(Patch(on=True, corner=corner))
    images.set_gaze((0.5, 0.5))
    for size in ((400, 300), (500, 350)):
        images.resize(*size)
        shown = pixels_of(images.grab().toImage())
        shown = shown[::-1] if corner.startswith("bottom") else shown
        shown = shown[:, ::-1] if corner.endswith("right") else shown
        assert (shown[:64, :64] == 0).all()
        assert (shown[64, :65] > 0).all()
        assert (shown[:65, 64] > 0).all()


@pytest.mark.parametrize("bad", [{"size_px": 15}, {"size_px": 513}, {"corner": "middle"}])
def test_a_patch_that_cannot_be_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a patch"):
        replace(Patch(), **bad)


def test_it_grows_and_shrinks_as_far_as_that_goes() -> None:
    assert Patch(size_px=16).resized(-1).size_px == 16
    assert Patch(size_px=64).resized(2).size_px == 96
    assert Patch(size_px=510).resized(1).size_px == 512


def test_it_goes_round_the_corners() -> None:
    patch, seen = Patch(), []
    for _ in CORNERS:
        patch = patch.at_next_corner()
        seen.append(patch.corner)
    assert set(seen) == set(CORNERS)
    assert patch == Patch()


def test_it_is_kept(tmp_path: Path) -> None:
    path = str(tmp_path / "a.ini")
    kept = Patch(True, 96, "top right")
    preferences = Preferences(QSettings(path, QSettings.Format.IniFormat))
    assert Patch.of_values(preferences.photodiode) == Patch()
    preferences.photodiode = vars(kept)
    preferences.store.sync()
    again = Preferences(QSettings(path, QSettings.Format.IniFormat))
    assert Patch.of_values(again.photodiode) == kept
    again.store.setValue("photodiode/size_px", "many")
    assert Patch.of_values(again.photodiode) == Patch(True)


# in the window


def present(driver: WindowDriver) -> Presentation:
    driver.window.commands["present"].trigger()
    presentation = driver.window.presentation.screen
    assert presentation is not None
    driver.until(presentation.isActiveWindow)
    return presentation


def test_the_command_shows_it_and_is_remembered(opened: WindowDriver) -> None:
    presentation = present(opened)
    assert not presentation.images.patch.isVisible()
    opened.window.commands["patch"].trigger()
    assert presentation.images.patch.isVisible()
    assert opened.window.presentation.patch.on
    QTest.keyClick(presentation, Qt.Key.Key_Escape)
    opened.until(lambda: opened.window.presentation.screen is None)
    assert present(opened).images.patch.isVisible()


def test_a_new_window_remembers_it(make_window: Callable[[], WindowDriver]) -> None:
    first = make_window()
    first.window.commands["patch"].trigger()
    assert make_window().window.commands["patch"].isChecked()


@on_every_screen
def test_keys_show_move_and_resize_it(opened: WindowDriver, scale: float) -> None:
    presentation = present(opened)
    for key in (Qt.Key.Key_C, Qt.Key.Key_Plus):  # nothing to move yet
        QTest.keyClick(presentation, key)
    assert opened.window.presentation.patch == Patch()
    for key in (Qt.Key.Key_P, Qt.Key.Key_C, Qt.Key.Key_C, Qt.Key.Key_Plus):
        QTest.keyClick(presentation, key)
    assert opened.window.presentation.patch == Patch(True, 80, "top right")
    assert opened.window.commands["patch"].isChecked()
    opened.until(lambda: presentation.devicePixelRatioF() == scale)
    shown = pixels_of(presentation.images.candidate.view.grab().toImage())
    assert (shown[:78, -78:] == shown[0, -1]).all()
    assert set(np.unique(shown[0, -1])) in ({0}, {255})
    assert np.unique(shown[:100, -100]).tolist() == [119]
    QTest.keyClick(presentation, Qt.Key.Key_Minus)
    assert opened.window.presentation.patch.size_px == 64
    QTest.keyClick(presentation, Qt.Key.Key_P)
    assert not presentation.images.patch.isVisible()
    assert not opened.window.commands["patch"].isChecked()


def test_it_flips_once_for_each_gaze_that_is_followed(opened: WindowDriver) -> None:
    presentation = present(opened)
    opened.settle()
    QTest.keyClick(presentation, Qt.Key.Key_P)
    edges: list[bool] = []
    seen: list[object] = []
    pane = presentation.images.candidate

    def look() -> None:
        edges.append(presentation.images.patch.is_white)
        if pane.seen is not None and not any(pane.seen is one for one in seen[-1:]):
            seen.append(pane.seen)

    pane.view.repainted.connect(look)
    places = (0.2, 0.4, 0.6, 0.8)
    for place in places:
        opened.controller.edits.track((place, 0.5), GazeTimestamps(now(), now()))
        opened.settle()
        QTest.qWait(40)
    opened.controller.edits.set_gaze((0.1, 0.1))  # a click is no gaze that is followed
    opened.settle()
    QTest.qWait(40)
    flips = sum(a != b for a, b in zip([False, *edges], edges, strict=False))
    assert flips == len(places) < len(seen)
    assert opened.window.gaze.latency.log.counts.painted == flips


def test_the_hint_and_the_help_tell_of_it(opened: WindowDriver) -> None:
    assert "photodiode" in present(opened).accessibleDescription()
    assert "light" in opened.window.commands["patch"].toolTip()


def test_it_turns_with_each_swap_of_target_and_candidate(opened: WindowDriver) -> None:
    opened.window.commands["patch"].trigger()
    presentation = present(opened)
    patch = presentation.images.patch
    opened.until(lambda: not patch.is_white)
    for white in (True, False, True):
        QTest.keyClick(presentation, Qt.Key.Key_Space)
        opened.qtbot.wait(30)
        assert patch.is_white == white
