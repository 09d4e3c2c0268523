"""What the status line says of the place under the pointer."""

from __future__ import annotations

from .conftest import WindowDriver


def test_the_status_line_describes_the_pixel_under_the_pointer(opened: WindowDriver) -> None:
    status = opened.window.status
    opened.hover(40, 12)
    red, green, blue = opened.document.pixels[12, 40]
    assert f"target {red / 255:.3f} {green / 255:.3f} {blue / 255:.3f} ({red} {green} {blue})   " in (
        status.colors.text()
    )
    assert "° from gaze" in status.geometry_line.text()
    assert status.device.text() == "cpu"
