"""Rings, pooling regions, the badge and the display in the window, at every device pixel ratio."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from foveaview.app.geometry.controller import GeometryController
from foveaview.app.geometry.overlays import RegionItem, RingsItem
from foveaview.app.geometry.screen_display import screen_display
from foveaview.display.models import Display, load_displays, save_displays
from foveaview.perception.geometry import geometry_at
from foveaview.settings import LossSettings
from tests.app.conftest import MakeFile, MakeWindow, WindowDriver, on_every_screen

CTRL = Qt.KeyboardModifier.ControlModifier
SIZE = (48, 64)
DESK, WALL = Display("desk", (1920, 1080), 0.531, 0.55), Display("wall", (3840, 2160), 2.0, 3.0)


def angles_of(driver: WindowDriver) -> GeometryController:
    return driver.window.geometry_controller


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


# rings


def on_screen(driver: WindowDriver, item: RingsItem | RegionItem, place: QPointF, pane: int) -> QPointF:
    """A place of an item in the view's own pixels, with their fractions."""
    return driver.window.images.panes[pane].view.viewportTransform().map(item.mapToScene(place))


def ring_on_screen(driver: WindowDriver, index: int, pane: int) -> npt.NDArray[np.float64]:
    ring = angles_of(driver).rings[pane]
    points = [on_screen(driver, ring, QPointF(x + 0.5, y + 0.5), pane) for x, y in ring.lines[index][0]]
    return np.array([(point.x(), point.y()) for point in points])


def crossing_px(gaze: tuple[float, float], wanted_deg: float, settings: LossSettings) -> float:
    """Column, with its fraction, at which the gaze's row has an eccentricity, to the left of the gaze."""
    low, high = 0.0, gaze[0]
    for _ in range(50):
        middle = (low + high) / 2
        far = geometry_at((middle, gaze[1]), SIZE, gaze, settings)[0] > wanted_deg
        low, high = (middle, high) if far else (low, middle)
    return low * (SIZE[1] - 1)


def expected_on_screen(driver: WindowDriver, column: float, row: float, pane: int) -> QPointF:
    """As the picture itself is painted, not as the rings are."""
    shown = driver.window.images.panes[pane]
    scene = shown.picture.mapToScene(QPointF(column + 0.5, row + 0.5))
    return shown.view.viewportTransform().map(scene)


def miss_px(driver: WindowDriver, index: int, wanted_deg: float, pane: int) -> float:
    """Device-independent pixels from a ring to where its eccentricity is, in the gaze's row."""
    document = driver.document
    column = crossing_px(document.gaze, wanted_deg, document.loss_settings)
    assert 0.5 < column < document.gaze[0] * 63 - 0.5
    wanted = expected_on_screen(driver, column, document.gaze[1] * 47, pane)
    line, at = ring_on_screen(driver, index, pane), np.array((wanted.x(), wanted.y()))
    along = np.diff(line, axis=0)
    lengths = np.maximum((along**2).sum(1), 1e-12)
    share = np.clip(((at - line[:-1]) * along).sum(1) / lengths, 0, 1)
    return float(np.hypot(*(line[:-1] + share[:, None] * along - at).T).min())


@on_every_screen
def test_rings_lie_where_the_geometry_says_in_every_arrangement(opened: WindowDriver) -> None:
    rings = angles_of(opened).rings
    assert not any(ring.isVisible() for ring in rings)
    opened.press(Qt.Key.Key_R)
    assert opened.window.commands["rings"].isChecked()
    opened.controller.edits.set_view(offset=(3.0, -2.0))
    for key, panes in (
        (Qt.Key.Key_S, (0, 1)),
        (Qt.Key.Key_D, (1,)),
        (Qt.Key.Key_W, (1,)),
        (Qt.Key.Key_B, (1,)),
    ):
        opened.press(key)
        QApplication.processEvents()
        for pane in panes:
            assert rings[pane].isVisible()
            assert miss_px(opened, 0, 2.0, pane) < 0.5
            assert miss_px(opened, 1, 5.0, pane) < 0.5
    opened.press(Qt.Key.Key_R)
    assert not any(ring.isVisible() for ring in rings)


@on_every_screen
def test_rings_follow_gaze_zoom_and_settings(opened: WindowDriver) -> None:
    opened.press(Qt.Key.Key_R)
    opened.click(50, 40)
    assert miss_px(opened, 1, 5.0, 0) < 0.5
    opened.controller.edits.set_loss("real_image_width", 0.4)
    assert miss_px(opened, 1, 5.0, 0) < 0.5
    opened.controller.edits.set_loss("real_viewing_distance", 0.5)
    assert miss_px(opened, 1, 5.0, 1) < 0.5
    opened.press(Qt.Key.Key_Plus, CTRL)
    assert miss_px(opened, 1, 5.0, 1) < 0.5


@on_every_screen
def test_a_ring_is_painted_there(opened: WindowDriver, scale: float) -> None:
    opened.controller.edits.set_view(overlay="none")
    before = opened.shot(1)
    opened.press(Qt.Key.Key_R)
    after = opened.shot(1)
    column = crossing_px((0.5, 0.5), 5.0, LossSettings())
    at = expected_on_screen(opened, column, 23.5, 1)
    x, y = int(at.x() * scale), int(at.y() * scale)
    around = (slice(y - 2, y + 3), slice(x - 2, x + 3))
    assert after[around][..., :3].max() > 200
    assert (before[around] != after[around]).any()
    assert (before[y, x - 12 : x - 6] == after[y, x - 12 : x - 6]).all()


# the pooling region under the pointer


def region_on_screen(driver: WindowDriver, pane: int) -> QPointF:
    """The middle of the outline."""
    region = angles_of(driver).regions[pane]
    return on_screen(driver, region, region.boundingRect().center(), pane)


@on_every_screen
def test_the_same_region_is_outlined_on_both_images_at_the_pointer(opened: WindowDriver) -> None:
    regions = angles_of(opened).regions
    opened.hover(12, 24)
    assert not any(region.isVisible() for region in regions)
    opened.press(Qt.Key.Key_T)
    for hovered in (0, 1):
        opened.hover(12, 24, hovered)
        for pane, region in enumerate(regions):
            assert region.isVisible()
            wanted = expected_on_screen(opened, 12, 24, pane)
            off = region_on_screen(opened, pane) - wanted
            assert np.hypot(off.x(), off.y()) < 2  # it is a little longer outward
        assert regions[0]._path == regions[1]._path
    opened.press(Qt.Key.Key_T)
    assert not any(region.isVisible() for region in regions)


def leave(driver: WindowDriver, pane: int = 0) -> None:
    QApplication.sendEvent(driver.viewport(pane), QEvent(QEvent.Type.Leave))


def test_the_outline_goes_with_the_pointer(opened: WindowDriver) -> None:
    opened.press(Qt.Key.Key_T)
    opened.hover(12, 24)
    leave(opened)
    assert not any(region.isVisible() for region in angles_of(opened).regions)
    assert opened.window.status.position.text() == "point at an image"
    opened.hover(12, 24)
    opened.move(opened.pixel_at(-3, 24))
    assert not any(region.isVisible() for region in angles_of(opened).regions)


def test_the_outline_is_not_taken_to_another_image(opened: WindowDriver, image_file: MakeFile) -> None:
    opened.press(Qt.Key.Key_T)
    opened.hover(60, 40)
    opened.open(image_file("small.png", size=(32, 32), seed=1))
    assert not any(region.isVisible() for region in angles_of(opened).regions)
    assert angles_of(opened).panel.cursor_line.text() == "ppd at cursor -"


# the badge


def shown_m(driver: WindowDriver) -> float:
    """Width of the picture on the glass, by the screen's own numbers."""
    display = screen_display(driver.window.screen(), 0.7)
    assert display is not None
    picture = driver.window.images.target.picture
    view = driver.window.images.target.view
    corners = [view.viewportTransform().map(picture.mapToScene(QPointF(x, 0))).x() for x in (0, SIZE[1])]
    return (corners[1] - corners[0]) * driver.window.devicePixelRatioF() * display.pitch_m


def test_without_an_image_it_is_not_known(driver: WindowDriver, image_file: MakeFile) -> None:
    badge = driver.window.geometry_controller.badge
    assert badge.text() == "Valid here?"
    driver.open(image_file())
    assert badge.validity is not None
    driver.window.commands["close_target"].trigger()
    assert badge.text() == "Valid here?"
    assert not badge.zoom_action.isEnabled()
    assert not driver.window.geometry_controller.panel.apply_button.isEnabled()


@on_every_screen
def test_the_badge_says_what_is_on_the_glass_and_its_menu_sets_it_right(opened: WindowDriver) -> None:
    badge = angles_of(opened).badge
    assert badge.validity is not None
    assert badge.validity.shown.value == pytest.approx(shown_m(opened), rel=2e-3)
    assert not badge.validity.valid
    badge.zoom_action.trigger()
    opened.until(lambda: badge.validity is not None and badge.validity.valid)
    assert shown_m(opened) == pytest.approx(0.2, rel=2e-3)
    opened.press(Qt.Key.Key_Plus, CTRL)
    opened.until(lambda: badge.validity is not None and not badge.validity.valid)
    badge.model_action.trigger()
    assert badge.validity.valid
    assert opened.document.loss_settings.real_image_width == pytest.approx(shown_m(opened), rel=2e-3)
    opened.press(Qt.Key.Key_Z, CTRL)
    assert opened.document.loss_settings.real_image_width == 0.2
    assert not badge.validity.valid


def test_the_badge_follows_the_window_to_another_screen(opened: WindowDriver, qapp: QApplication) -> None:
    badge = angles_of(opened).badge
    for screen in (*qapp.screens()[1:], qapp.screens()[0]):
        opened.window.setScreen(screen)
        opened.window.move(screen.geometry().topLeft())
        opened.until(partial(lambda wanted: opened.window.screen() is wanted, screen))
        opened.until(
            lambda: (
                badge.validity is not None
                and badge.validity.shown.value == pytest.approx(shown_m(opened), rel=2e-3)
            )
        )


# the display


@pytest.fixture
def geometry(make_window: MakeWindow, image_file: MakeFile, tmp_path: Path) -> WindowDriver:
    """A window with two displays of one's own, and the panel in front."""
    save_displays(tmp_path / "displays.json", [DESK, WALL])
    driver = make_window()
    driver.open(image_file())
    driver.show_dock("Geometry")
    driver.until(angles_of(driver).panel.isVisible)
    return driver


def choose(driver: WindowDriver, name: str) -> None:
    combo = angles_of(driver).panel.combo
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Home)
    while combo.currentText() != name:
        before = combo.currentIndex()
        QTest.keyClick(combo, Qt.Key.Key_Down)
        assert combo.currentIndex() > before


def looks(driver: WindowDriver) -> tuple[float, float]:
    settings = driver.document.loss_settings
    return settings.real_image_width, settings.real_viewing_distance


def width_on(driver: WindowDriver, display: Display) -> float:
    """What the picture takes of a display at the zoom there is."""
    return display.pitch_m * SIZE[1] * driver.window.images.zoom


@on_every_screen
def test_each_display_that_is_applied_is_one_step_to_undo(geometry: WindowDriver) -> None:
    before = looks(geometry)
    for display in (DESK, WALL):
        choose(geometry, display.name)
        click(angles_of(geometry).panel.apply_button)
        assert looks(geometry) == pytest.approx((width_on(geometry, display), display.viewing_distance_m))
    geometry.press(Qt.Key.Key_Z, CTRL)
    assert looks(geometry) == pytest.approx((width_on(geometry, DESK), DESK.viewing_distance_m))
    geometry.press(Qt.Key.Key_Z, CTRL)
    assert looks(geometry) == before


def test_imported_models_are_applied(geometry: WindowDriver, tmp_path: Path) -> None:
    entry = {"resolution": [3840, 2160], "viewing_distance_meters": 0.7472, "diagonal_size_inches": 30}
    (tmp_path / "display_models.json").write_text(json.dumps({"standard_4k": entry}))
    panel = angles_of(geometry).panel
    click(panel.import_button)
    assert panel.file_dialog is not None
    panel.file_dialog.fileSelected.emit(str(tmp_path / "display_models.json"))
    panel.file_dialog.reject()
    click(panel.apply_button)
    assert geometry.document.loss_settings.real_viewing_distance == 0.7472
    pitch_m = 30 * 0.0254 / np.hypot(3840, 2160)
    expected = pitch_m * SIZE[1] * geometry.window.images.zoom
    assert geometry.document.loss_settings.real_image_width == pytest.approx(expected, rel=1e-3)


def test_a_damaged_file_of_models_is_said_and_can_be_copied(
    geometry: WindowDriver, tmp_path: Path, qapp: QApplication
) -> None:
    (tmp_path / "bad.json").write_text("{")
    angles_of(geometry).panel.import_models(tmp_path / "bad.json")
    banner = geometry.window.notifications.banner_widget
    assert "bad.json" in banner.text.text()
    click(banner._copy)
    assert "bad.json" in qapp.clipboard().text()


def calibrate(driver: WindowDriver, widths: tuple[int, ...]) -> None:
    panel = angles_of(driver).panel
    click(panel.calibrate_button)
    dialog = panel.dialog
    assert dialog is not None
    for width in widths:
        dialog.card_page.slider.setValue(width)
        click(dialog.card_page.add_button)
    click(dialog.next_button)
    dialog.distance_page.type_choice.click()
    dialog.distance_page.distance_box.setValue(62.0)
    click(dialog.done_button)


@on_every_screen
def test_a_calibration_is_kept_for_its_screen_and_used_by_the_next_window(
    geometry: WindowDriver, make_window: MakeWindow, qapp: QApplication, image_file: MakeFile
) -> None:
    calibrate(geometry, (300, 304))
    panel, pitch_m = angles_of(geometry).panel, 0.0856 / 302
    assert panel.combo.currentText() == "this screen, calibrated"
    validity = angles_of(geometry).badge.validity
    assert validity is not None
    zoom = geometry.window.images.zoom
    assert validity.shown.value == pytest.approx(pitch_m * SIZE[1] * zoom, rel=1e-3)
    click(panel.apply_button)
    assert looks(geometry) == pytest.approx((pitch_m * SIZE[1] * zoom, 0.62), rel=1e-3)
    geometry.hover(60, 24)
    for line in (panel.centre_line, panel.cursor_line, panel.pooling_line):
        assert " ± " in line.text()
        assert line.text().endswith("(95 %)")
    geometry.window.preferences.store.sync()
    other = make_window()
    other.open(image_file())
    assert angles_of(other).panel.combo.findText("this screen, calibrated") == 0
    own = other.window.screen()
    elsewhere = next(screen for screen in qapp.screens() if screen is not own)
    other.window.setScreen(elsewhere)
    other.window.move(elsewhere.geometry().topLeft())
    other.until(lambda: angles_of(other).panel.combo.findText("this screen, calibrated") == -1)


def test_displays_damaged_file_is_said_and_kept_aside(make_window: MakeWindow, tmp_path: Path) -> None:
    path = tmp_path / "displays.json"
    path.write_text("{damaged")
    driver = make_window()
    driver.until(lambda: "displays-damaged" in driver.window.notifications.messages.toPlainText())
    assert "damaged" in driver.window.notifications.banner_widget.text.text()
    angles_of(driver).panel.preset_saved.emit(DESK)
    driver.until(path.exists)
    assert load_displays(path) == [DESK]
    (kept,) = tmp_path.glob("displays-damaged-*.json")
    assert kept.read_text() == "{damaged"


def test_displays_newer_file_is_never_written(make_window: MakeWindow, tmp_path: Path) -> None:
    path = tmp_path / "displays.json"
    text = '{"format": "foveaview displays", "version": 2, "displays": []}'
    path.write_text(text)
    driver = make_window()
    driver.until(lambda: "newer foveaview" in driver.window.notifications.messages.toPlainText())
    driver.window.notifications.messages.clear()
    angles_of(driver).panel.preset_saved.emit(DESK)
    driver.until(lambda: "newer foveaview" in driver.window.notifications.messages.toPlainText())
    assert path.read_text() == text


def test_displays_two_windows_keep_each_others(make_window: MakeWindow, tmp_path: Path) -> None:
    path = tmp_path / "displays.json"
    mine, theirs = make_window(), make_window()
    angles_of(mine).panel.preset_saved.emit(DESK)
    mine.until(path.exists)
    angles_of(theirs).panel.preset_saved.emit(WALL)
    theirs.until(lambda: angles_of(theirs).panel.combo.findText(WALL.name) >= 0)
    assert load_displays(path) == [DESK, WALL]
    assert angles_of(theirs).panel.combo.findText(DESK.name) >= 0
    angles_of(mine).panel.preset_removed.emit(DESK.name)
    mine.until(lambda: angles_of(mine).panel.combo.findText(WALL.name) >= 0)
    assert load_displays(path) == [WALL]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_displays_named_pipe_does_not_block_the_window(make_window: MakeWindow, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "displays.json")
    driver = make_window()
    driver.until(lambda: "but a pipe" in driver.window.notifications.messages.toPlainText())
