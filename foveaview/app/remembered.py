"""Lists in the preferences that several windows change, such as the recent files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLockFile, QSettings, QStandardPaths

__all__ = ["change_remembered", "set_value_aside"]

_LOCK_MS = 500


def _lock_path(settings: QSettings) -> Path:
    """A place beside the preferences; on platforms that keep them in no file, among the program's data."""
    file = Path(settings.fileName())
    if file.is_absolute() and file.parent.is_dir():
        return file.with_name(f"{file.name}.lists.lock")
    location = QStandardPaths.StandardLocation.AppDataLocation
    return Path(QStandardPaths.writableLocation(location)) / "preferences.lock"


@contextmanager
def _locked(settings: QSettings) -> Iterator[None]:
    lock = QLockFile(str(_lock_path(settings)))
    held = lock.tryLock(_LOCK_MS)  # held for a moment each; a folder without room for a lock must not stop us
    try:
        yield
    finally:
        if held:
            lock.unlock()


def change_remembered(settings: QSettings, key: str, change: Callable[[Any], Any]) -> Any:
    """Change a value to what `change` makes of it as other windows have left it; returns the new one.

    Args:
        settings: the preferences.
        key: of the value.
        change: takes what is there, None if nothing is, and returns what shall be.
    """
    with _locked(settings):
        settings.sync()
        value = change(settings.value(key))
        settings.setValue(key, value)
        settings.sync()
    return value


def set_value_aside(settings: QSettings, key: str) -> str:
    """Keep a copy of a damaged value, which the next change would write over; returns the copy's key."""
    aside = f"{key}-damaged"
    settings.setValue(aside, settings.value(key))
    return aside
