"""Preferences are a file that anything may have written: a window opens whatever they hold."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QByteArray, QSize

from tests.app.conftest import MakeWindow, WindowDriver

DEEP = 100_000 * "["
KEYS = (
    "export/folder",
    "export/kinds",
    "history_mb",
    "keys/open",
    "layout",
    "photodiode/corner",
    "photodiode/on",
    "photodiode/size_px",
    "recent",
    "streams",
)
VALUES: list[Any] = [
    DEEP,
    "{",
    "",
    "a\0b",
    "\ud800",
    5000 * "9",
    -1,
    1e300,
    True,
    [],
    [1, "a", None],
    {"a": [1]},
    QByteArray(b"\xff\x00damaged"),
    QSize(1, 2),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_preferences_any_value_leaves_the_window_usable(
    driver: WindowDriver, make_window: MakeWindow, value: Any
) -> None:
    settings, screen = driver.window.preferences, driver.window.screen()
    for key in (*KEYS, f"calibration/{screen.name()} {screen.serialNumber()}".strip()):
        settings.store.setValue(key, value)
    other = make_window()
    other.window.window_layout.show()
    assert other.window.isVisible()
    settings.change("recent", lambda _value: ["a.png"])
    assert settings.store.value("recent") in ("a.png", ["a.png"])


def test_preferences_nested_too_deeply_are_said(driver: WindowDriver, make_window: MakeWindow) -> None:
    driver.window.preferences.store.setValue("streams", DEEP)
    text = make_window().window.notifications.messages.toPlainText()
    assert "streams that were followed before cannot all be read: nested too deeply" in text
