"""The gaze and the images, with real clicks, drags and keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from foveaview.live import Frame
from foveaview.settings.view import Overlay
from tests.app.conftest import WindowDriver


@pytest.mark.parametrize("zoom", [1.0, 0.3, 3.0])
@pytest.mark.parametrize("pane", [0, 1])
def test_a_click_sets_the_gaze_to_that_pixel_at_any_zoom(
    opened: WindowDriver, zoom: float, pane: int
) -> None:
    opened.window.images.step_zoom(zoom)
    QApplication.processEvents()
    opened.click(30, 20, pane)
    x, y = opened.document.gaze
    assert round(x * 63) == 30
    assert round(y * 47) == 20


def test_the_marker_is_where_the_click_was(opened: WindowDriver) -> None:
    clicked = opened.pixel_at(50, 10)
    QTest.mouseClick(opened.viewport(), Qt.MouseButton.LeftButton, pos=clicked)
    for pane in opened.window.images.panes:
        marker = pane.view.mapFromScene(pane.marker.scenePos())
        assert (marker - clicked).manhattanLength() <= 1


def test_a_click_beside_the_image_is_its_edge(opened: WindowDriver) -> None:
    opened.click(-1, 20)
    assert opened.document.gaze[0] == 0


def test_a_drag_moves_the_gaze_and_recomputes(opened: WindowDriver) -> None:
    qualities: list[str] = []
    opened.window.worker.frame.connect(lambda frame: qualities.append(frame.quality))
    before = opened.document.heatmap
    opened.drag([(5, 5), (15, 10), (25, 20), (40, 30), (55, 40)])
    opened.settle()
    assert round(opened.document.gaze[0] * 63) == 55
    assert opened.document.heatmap is not before
    assert "preview" in qualities
    assert qualities[-1] == "full"


def test_follow_the_pointer(opened: WindowDriver) -> None:
    opened.window.commands["follow"].trigger()
    opened.move(opened.pixel_at(10, 10))
    opened.move(opened.pixel_at(44, 33))
    opened.until(lambda: round(opened.document.gaze[0] * 63) == 44)
    opened.window.commands["follow"].trigger()
    opened.move(opened.pixel_at(20, 20))
    assert round(opened.document.gaze[0] * 63) == 44


def test_a_hundred_rapid_changes_end_in_one_full_result_of_the_last(opened: WindowDriver) -> None:
    frames: list[Frame] = []
    opened.window.worker.frame.connect(frames.append)
    for i in range(100):
        opened.controller.edits.set_gaze((i / 100, 0.5))
        QApplication.processEvents()
    opened.settle()
    QTest.qWait(300)
    full = [frame for frame in frames if frame.quality == "full"]
    assert len(full) == 1
    assert full[0].heatmap is not None
    assert full[0].heatmap.key.gaze == (0.99, 0.5)


def test_panes_share_zoom_and_pan(opened: WindowDriver) -> None:
    target, candidate = opened.window.images.panes
    target.box.scaleBy((0.5, 0.5), center=(10, 10))
    target.box.translateBy(3, 2)
    QApplication.processEvents()
    np.testing.assert_allclose(candidate.box.viewRange(), target.box.viewRange(), atol=0.5)


def test_the_middle_button_pans(opened: WindowDriver) -> None:
    box = opened.window.images.target.box
    before, gaze = box.viewRect().center(), opened.document.gaze
    opened.drag([(20, 20), (24, 21), (30, 23), (35, 25)], button=Qt.MouseButton.MiddleButton)
    assert box.viewRect().center().x() < before.x() - 5
    assert opened.document.gaze == gaze


def test_arrow_keys_move_the_gaze_by_a_pixel(opened: WindowDriver) -> None:
    opened.click(30, 20)
    opened.window.activateWindow()
    opened.window.images.setFocus()
    QTest.keyClick(opened.window, Qt.Key.Key_Right)
    QTest.keyClick(opened.window, Qt.Key.Key_Down)
    assert round(opened.document.gaze[0] * 63) == 31
    assert round(opened.document.gaze[1] * 47) == 21


@pytest.mark.parametrize(
    ("place", "target", "candidate"),
    [("none", 0, 0), ("target", 1, 0), ("candidate", 0, 1), ("both", 1, 1)],
)
def test_the_heatmap_lies_where_asked(
    opened: WindowDriver, place: Overlay, target: int, candidate: int
) -> None:
    opened.controller.edits.set_view(overlay=place)
    panes = opened.window.images.panes
    assert [int(pane.heatmap.image is not None) for pane in panes] == [target, candidate]
    assert opened.window.images.color_bar.isVisible() == (place != "none")


def test_the_heatmap_is_where_the_difference_is(opened: WindowDriver, tmp_path: Path) -> None:
    pixels = np.array(opened.document.pixels)
    pixels[5:15, 45:55] = 255 - pixels[5:15, 45:55]
    Image.fromarray(pixels).save(tmp_path / "changed.png")
    opened.controller.documents.open_candidate(tmp_path / "changed.png")
    opened.until(lambda: opened.document.candidate == "file" and opened.document.heatmap is not None)
    opened.settle()
    assert opened.document.heatmap is not None
    alpha = opened.document.heatmap.pixels[..., 3].astype(float)
    assert alpha[7:13, 47:53].mean() > 5 * alpha[:, :24].mean()


def test_five_hundred_repaints(opened: WindowDriver) -> None:
    """PySide6 6.12.0 aborts here."""
    images, curve = opened.window.images, opened.window.run.loss_plot
    pixels = np.zeros((48, 64, 3), np.uint8)
    for i in range(500):
        pixels = pixels + 1
        images.set_image("candidate", pixels)
        images.pointed.emit(i / 500, 0.5)
        curve.set_losses(np.linspace(1, 2, i + 1))
        if i % 10 == 0:
            QApplication.processEvents()
    assert opened.window.isVisible()
