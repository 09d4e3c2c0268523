"""What the status line says of the place under the pointer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foveaview.live import Frame, Picture
from foveaview.settings.view import Layer
from tests.app.conftest import WindowDriver


def test_the_status_line_describes_the_pixel_under_the_pointer(opened: WindowDriver) -> None:
    status = opened.window.status
    opened.hover(40, 12)
    red, green, blue = opened.document.pixels[12, 40]
    assert f"target {red / 255:.3f} {green / 255:.3f} {blue / 255:.3f} ({red} {green} {blue})   " in (
        status.colors.text()
    )
    assert "° from gaze" in status.geometry_line.text()
    assert status.device.text() == "cpu"


def shown_value(driver: WindowDriver, layer: Layer, pixel: tuple[int, int]) -> float:
    driver.controller.edits.set_view(layer=layer)
    driver.until(lambda: driver.document.map is not None and driver.document.map.layer == layer)
    assert driver.document.map is not None
    return float(driver.document.map.values[pixel[1], pixel[0]])


@pytest.mark.parametrize(
    ("layer", "form"),
    [
        ("heatmap", "loss/px {:.3g}"),
        ("difference", "difference {:.4f}"),
        ("absolute", "|difference| {:.4f}"),
        ("pooling", "pooling size {:.1f} px"),
    ],
)
def test_the_map_under_the_pointer_is_read_with_its_unit(
    opened: WindowDriver, layer: Layer, form: str
) -> None:
    value = shown_value(opened, layer, (41, 13))
    opened.hover(41, 13, pane=1)
    assert opened.window.status.colors.text().endswith(form.format(value))
    assert opened.window.status.colors.toolTip() == opened.window.status.colors.text()


def test_target_and_candidate_are_read_in_decimals_and_bytes(opened: WindowDriver) -> None:
    opened.hover(7, 30)
    picture = opened.document.picture
    assert picture is not None
    for name, values, pixels in (
        ("target", opened.document.target[0].numpy(), opened.document.pixels),
        ("candidate", picture.values, picture.pixels),
    ):
        decimals = " ".join(f"{value:.3f}" for value in values[:, 30, 7])
        data = " ".join(str(value) for value in pixels[30, 7])
        assert f"{name} {decimals} ({data})" in opened.window.status.colors.text()


def test_a_gray_image_has_one_value(driver: WindowDriver, tmp_path: Path) -> None:
    pixels = np.tile(np.arange(64, dtype=np.uint8), (48, 1))
    Image.fromarray(pixels).save(tmp_path / "gray.png")
    driver.open(tmp_path / "gray.png")
    driver.hover(51, 20)
    assert "target 0.200 (51) " in driver.window.status.colors.text()


def test_a_preview_is_read_where_it_is_shown(opened: WindowDriver) -> None:
    opened.hover(63, 46)
    picture = opened.document.picture
    assert picture is not None
    small = Picture(picture.pixels[:12, :16], picture.key, np.full((3, 12, 16), 0.25, np.float32))
    small.values[:, 11, 15] = (0.5, 0.0, 1.0)
    job = opened.controller.full_job()
    assert job is not None
    opened.controller.search.receive(Frame(job.generation, job.document, "preview", picture=small))
    # the pointer rests: the line follows the picture
    assert "candidate 0.500 0.000 1.000 (128 0 255)" in opened.window.status.colors.text()


def test_the_line_gives_way_and_does_not_move(opened: WindowDriver) -> None:
    window = opened.window
    window.resize(1024, 700)
    shown_value(opened, "heatmap", (0, 0))
    opened.hover(5, 5)
    before = [label.geometry() for label in (window.status.geometry_line, window.status.colors)]
    opened.hover(60, 44)
    assert [label.geometry() for label in (window.status.geometry_line, window.status.colors)] == before
    assert window.width() == 1024
    assert window.status.device.geometry().right() <= window.width()
    assert window.status.device.width() >= window.status.device.sizeHint().width()
