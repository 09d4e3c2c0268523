"""Screens as they report themselves."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from foveaview.app.geometry.screen_display import reported_display, screen_display


def test_a_scaled_screen_has_more_device_pixels() -> None:
    display = reported_display((1707, 960), (597, 336), 1.5, 0.6)
    assert display is not None
    assert display.resolution == (2560, 1440)
    assert display.pitch_m == pytest.approx(0.597 / 2560)


@pytest.mark.parametrize(
    ("points", "millimetres"),
    [
        ((1920, 1080), (0, 0)),  # a projector
        ((1920, 1080), (16, 9)),  # its aspect ratio in place of its size
        ((1920, 1080), (1600, 90)),
        ((1920, 1080), (10_000, 5600)),
        ((64, 48), (1000, 750)),
        ((0, 0), (500, 300)),
    ],
)
def test_what_cannot_be_is_not_taken(points: tuple[int, int], millimetres: tuple[float, float]) -> None:
    assert reported_display(points, millimetres, 1.0, 0.6) is None


def test_the_applications_screen(qapp: QApplication) -> None:
    screen = qapp.primaryScreen()
    display = screen_display(screen, 0.7)
    assert display is not None
    across = screen.size().width() * screen.devicePixelRatio()
    assert display.pitch_m == pytest.approx(screen.physicalSize().width() / 1000 / across, rel=1e-3)


def test_no_screen_is_no_display() -> None:
    assert screen_display(None, 0.7) is None
