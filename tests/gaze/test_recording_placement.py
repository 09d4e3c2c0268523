"""Recordings placed on an image, as a person says it lay on the screen."""

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
def test_the_middle_of_the_screen_is_the_middle_of_the_image(
    placing: Placing, x: float, y: float, unit: Unit
) -> None:
    found = placed(looking(x, y, unit), placing, SIZE, SCREEN)
    assert (found.x[0], found.y[0]) == pytest.approx((0.5, 0.5))
    assert found.unit == "image"


@pytest.mark.parametrize(
    ("placing", "left", "top"),
    [("fit", 0.0, (1080 - 1920 * 101 / 201) / 2), ("pixels", 859.5, 489.5), ("stretch", 0.0, 0.0)],
)
def test_the_edge_of_the_image_is_half_a_pixel_before_its_first(
    placing: Placing, left: float, top: float
) -> None:
    found = placed(looking(left, top, "px"), placing, SIZE, SCREEN)
    assert (found.x[0] * 200, found.y[0] * 100) == pytest.approx((-0.5, -0.5))


def test_as_in_the_window_is_where_the_image_is_now() -> None:
    placement = Placement(SCREEN, 100.0, 50.0, 2.0, SIZE)
    x, y = placement.to_px(0.25, 0.75)
    found = placed(looking(float(x), float(y), "px"), "window", SIZE, window=placement)
    assert (found.x[0], found.y[0]) == pytest.approx((0.25, 0.75))
    with pytest.raises(ValueError, match="not in the window"):
        placed(looking(1, 1, "px"), "window", SIZE)


def test_the_size_that_the_recording_says_counts() -> None:
    found = placed(looking(320, 240, "px", (640, 480)), "stretch", SIZE, SCREEN)
    assert (found.x[0], found.y[0]) == pytest.approx((0.5, 0.5))


def test_without_a_size_it_says_what_to_do() -> None:
    assert needs_screen(looking(1, 1, "px"), "stretch")
    assert not needs_screen(looking(0.5, 0.5, "screen"), "stretch")
    assert not needs_screen(looking(1, 1, "px", SCREEN), "fit")
    with pytest.raises(ValueError, match="does not say how large its screen was: set its size"):
        placed(looking(1, 1, "px"), "fit", SIZE)


def test_what_was_not_seen_has_no_place() -> None:
    valid = np.array([True, False])
    found = placed(Recording("eye", T, T, T, valid), "fit", SIZE)
    assert np.isfinite(found.x).tolist() == [True, False]
    assert found.valid is None


def test_a_camera_on_the_head_says_why_it_is_no_gaze_on_a_screen() -> None:
    scene = Recording("eye", T, T, T, unit="px", notes=("of the scene camera",), scene_camera=True)
    with pytest.raises(ValueError, match="eye: of the scene camera"):
        placed(scene, "fit", SIZE, SCREEN)


@pytest.mark.parametrize(
    ("placing", "at"),
    [
        ("fit", (0.5, 0.0)),  # 100 x 50 on 400 x 300: the first row lies at 50 px
        ("pixels", (0.5, (52 - 125.5) / 49)),
        ("stretch", (0.5, (52 / 300 * 50 - 0.5) / 49)),
    ],
)
def test_where_the_image_lay_on_the_screen(placing: Placing, at: tuple[float, float]) -> None:
    laid = placed(looking(200.0, 52.0, "px", (400, 300)), placing, (50, 100))
    assert (laid.x[0], laid.y[0]) == pytest.approx(at)


def test_a_stretched_image_needs_no_screen_where_gaze_is_in_shares_of_it() -> None:
    laid = placed(looking(0.5, 0.25, "screen"), "stretch", (50, 100))
    assert (laid.x[0], laid.y[0]) == pytest.approx((0.5, 12 / 49))


@pytest.mark.parametrize("placing", ["fit", "pixels", "stretch"])
@pytest.mark.parametrize("screen", [(0, 0), (1920, -1)])
def test_a_screen_that_cannot_be_is_refused(placing: Placing, screen: tuple[int, int]) -> None:
    t = np.arange(2.0)
    with pytest.raises(ValueError, match="a screen is 1 to 1,000,000 px wide and high"):
        placed(Recording("a", t, t, t, unit="px"), placing, (100, 100), screen)
