"""Tests of mapping recordings to an image by its position on the screen."""

from __future__ import annotations

import numpy as np
import pytest

from foveaview.gaze import Placement, Recording, Unit
from foveaview.gaze.recording_placement import Placing, needs_screen, placed

SIZE = (101, 201)
SCREEN = (1920, 1080)
T = np.arange(2.0)


def looking(x: float, y: float, unit: Unit, screen: tuple[int, int] | None = None) -> Recording:
    return Recording("eye", T, np.full(2, x), np.full(2, y), unit=unit, screen=screen)


@pytest.mark.parametrize("placing", ["fit", "pixels", "stretch"])
@pytest.mark.parametrize(("x", "y", "unit"), [(960, 540, "px"), (0.5, 0.5, "screen")])
def test_placed_centre_of_screen_is_centre_of_image(placing: Placing, x: float, y: float, unit: Unit) -> None:
    found = placed(looking(x, y, unit), placing, SIZE, SCREEN)
    assert (found.x[0], found.y[0]) == pytest.approx((0.5, 0.5))
    assert found.unit == "image"


@pytest.mark.parametrize(
    ("placing", "left", "top"),
    [("fit", 0.0, (1080 - 1920 * 101 / 201) / 2), ("pixels", 859.5, 489.5), ("stretch", 0.0, 0.0)],
)
def test_placed_image_edge_is_half_a_pixel_before_first(placing: Placing, left: float, top: float) -> None:
    found = placed(looking(left, top, "px"), placing, SIZE, SCREEN)
    assert (found.x[0] * 200, found.y[0] * 100) == pytest.approx((-0.5, -0.5))


def test_placed_window_uses_current_placement() -> None:
    placement = Placement(SCREEN, 100.0, 50.0, 2.0, SIZE)
    x, y = placement.to_px(0.25, 0.75)
    found = placed(looking(float(x), float(y), "px"), "window", SIZE, window=placement)
    assert (found.x[0], found.y[0]) == pytest.approx((0.25, 0.75))
    with pytest.raises(ValueError, match="not in the window"):
        placed(looking(1, 1, "px"), "window", SIZE)


def test_placed_uses_screen_size_of_recording() -> None:
    found = placed(looking(320, 240, "px", (640, 480)), "stretch", SIZE, SCREEN)
    assert (found.x[0], found.y[0]) == pytest.approx((0.5, 0.5))


def test_placed_without_screen_size_is_refused() -> None:
    assert needs_screen(looking(1, 1, "px"), "stretch")
    assert not needs_screen(looking(0.5, 0.5, "screen"), "stretch")
    assert not needs_screen(looking(1, 1, "px", SCREEN), "fit")
    with pytest.raises(ValueError, match="the size of the recording's screen is unknown: set it"):
        placed(looking(1, 1, "px"), "fit", SIZE)


def test_placed_invalid_samples_are_nan() -> None:
    valid = np.array([True, False])
    found = placed(Recording("eye", T, T, T, valid), "fit", SIZE)
    assert np.isfinite(found.x).tolist() == [True, False]
    assert found.valid is None


def test_placed_scene_camera_is_refused_with_reason() -> None:
    scene = Recording("eye", T, T, T, unit="px", notes=("of the scene camera",), scene_camera=True)
    with pytest.raises(ValueError, match="eye: of the scene camera"):
        placed(scene, "fit", SIZE, SCREEN)


@pytest.mark.parametrize(
    ("placing", "at"),
    [
        ("fit", (0.5, 0.0)),  # 100 x 50 on 400 x 300: the first row is at 50 px
        ("pixels", (0.5, (52 - 125.5) / 49)),
        ("stretch", (0.5, (52 / 300 * 50 - 0.5) / 49)),
    ],
)
def test_placed_follows_each_placing(placing: Placing, at: tuple[float, float]) -> None:
    laid = placed(looking(200.0, 52.0, "px", (400, 300)), placing, (50, 100))
    assert (laid.x[0], laid.y[0]) == pytest.approx(at)


def test_placed_stretched_shares_need_no_screen() -> None:
    laid = placed(looking(0.5, 0.25, "screen"), "stretch", (50, 100))
    assert (laid.x[0], laid.y[0]) == pytest.approx((0.5, 12 / 49))


@pytest.mark.parametrize("placing", ["fit", "pixels", "stretch"])
@pytest.mark.parametrize("screen", [(0, 0), (1920, -1)])
def test_placed_impossible_screen_is_refused(placing: Placing, screen: tuple[int, int]) -> None:
    t = np.arange(2.0)
    with pytest.raises(ValueError, match="a screen must be 1 to 1,000,000 px wide and high"):
        placed(Recording("a", t, t, t, unit="px"), placing, (100, 100), screen)
