"""Everything that the program keeps between runs outside of sessions, with its keys in one place."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QLockFile, QSettings, QStandardPaths

from foveaview.settings import KeepSettings

__all__ = ["Preferences"]

_LOCK_MS = 500
_MOST_RECENT = 10


class Preferences:
    """The preferences of this computer. Any program may have written them: each value is checked when read.

    Args:
        store: keeps the values; the settings of the user by default.
    """

    def __init__(self, store: QSettings | None = None) -> None:
        self.store = store if store is not None else QSettings("foveaview", "foveaview")

    # lists that several windows change

    @property
    def _lock_path(self) -> Path:
        """A file beside the preferences, or among the program's data if the platform keeps no file."""
        file = Path(self.store.fileName())
        if file.is_absolute() and file.parent.is_dir():
            return file.with_name(f"{file.name}.lists.lock")
        location = QStandardPaths.StandardLocation.AppDataLocation
        return Path(QStandardPaths.writableLocation(location)) / "preferences.lock"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = QLockFile(str(self._lock_path))
        held = lock.tryLock(_LOCK_MS)  # held briefly by each window; go on if the folder takes no lock file
        try:
            yield
        finally:
            if held:
                lock.unlock()

    def change(self, key: str, change: Callable[[Any], Any]) -> Any:
        """Change a value that other windows may have changed since it was read; return the new value.

        Args:
            key: of the value.
            change: takes the stored value, None if there is none, and returns the new one.
        """
        with self._locked():
            self.store.sync()
            value = change(self.store.value(key))
            self.store.setValue(key, value)
            self.store.sync()
        return value

    @property
    def recent(self) -> list[str]:
        """Files opened recently, the newest first."""
        return _strings(self.store.value("recent"))

    def remember(self, paths: Collection[Path]) -> None:
        """Put files at the head of the recent ones."""
        newest = [str(path.resolve()) for path in reversed(list(paths))]

        def with_them(value: object) -> list[str]:
            return (newest + [path for path in _strings(value) if path not in newest])[:_MOST_RECENT]

        self.change("recent", with_them)

    @property
    def streams(self) -> str | None:
        """The live streams that were followed, as JSON; None if there were none."""
        text = self.store.value("streams")
        return None if text is None else str(text)

    def change_streams(self, change: Callable[[str | None], str]) -> str:
        """Change the streams that were followed; return the new JSON."""
        return str(self.change("streams", lambda text: change(None if text is None else str(text))))

    def set_streams_aside(self) -> str:
        """Copy damaged streams to another key, before the next change overwrites them; return that key."""
        self.store.setValue("streams-damaged", self.store.value("streams"))
        return "streams-damaged"

    # single values

    @property
    def layout(self) -> tuple[QByteArray, QByteArray] | None:
        """Geometry of the window that was closed last, and state of its panels, as Qt writes them.

        None if there is none, or if it is damaged: Qt can crash on damaged bytes.
        """
        try:
            digest, *parts = str(self.store.value("layout")).split()
            geometry, panels = (base64.b64decode(part, validate=True) for part in parts)
        except ValueError:
            return None
        same = digest == _digest(geometry, panels)
        return (QByteArray(geometry), QByteArray(panels)) if same else None

    @layout.setter
    def layout(self, layout: tuple[QByteArray, QByteArray]) -> None:
        parts = [bytes(part.data()) for part in layout]
        texts = [base64.b64encode(part).decode("ascii") for part in parts]
        self.store.setValue("layout", " ".join([_digest(*parts), *texts]))

    @property
    def history_mb(self) -> int:
        """Disk space for the images of a run; the default if the stored value is invalid."""
        try:
            return KeepSettings(history_mb=self.store.value("history_mb")).history_mb
        except ValueError:
            return KeepSettings().history_mb

    @history_mb.setter
    def history_mb(self, value: int) -> None:
        self.store.setValue("history_mb", value)

    @property
    def publish(self) -> bool:
        """True if gaze and events are published."""
        return str(self.store.value("publish")).lower() == "true"

    @publish.setter
    def publish(self, value: bool) -> None:
        self.store.setValue("publish", value)

    @property
    def export_folder(self) -> str:
        """The folder of the last export; empty if there was none."""
        return str(self.store.value("export/folder") or "")

    @property
    def export_kinds(self) -> list[str]:
        """Kinds of files of the last export."""
        return str(self.store.value("export/kinds") or "image,figure_png").split(",")

    def set_export(self, folder: Path, kinds: Collection[str]) -> None:
        """Keep folder and kinds of an export."""
        self.store.setValue("export/folder", str(folder))
        self.store.setValue("export/kinds", ",".join(sorted(kinds)))

    @property
    def photodiode(self) -> dict[str, str]:
        """The photodiode patch as text, by field; fields that were never stored are missing."""
        stored = {name: self.store.value(f"photodiode/{name}") for name in ("on", "size_px", "corner")}
        return {name: str(value) for name, value in stored.items() if value is not None}

    @photodiode.setter
    def photodiode(self, values: Mapping[str, object]) -> None:
        for name, value in values.items():
            self.store.setValue(f"photodiode/{name}", value)

    def calibration(self, screen: str) -> str | None:
        """The calibration of a screen, as JSON; None if it was never calibrated."""
        text = self.store.value(f"calibration/{screen}".strip())
        return None if text is None else str(text)

    def set_calibration(self, screen: str, text: str) -> None:
        """Keep the calibration of a screen."""
        self.store.setValue(f"calibration/{screen}".strip(), text)

    def shortcut(self, action: str) -> str | None:
        """The keys that the user gave an action; None if they are the default."""
        keys = self.store.value(f"keys/{action}")
        return None if keys is None else str(keys)

    def set_shortcut(self, action: str, keys: str) -> None:
        """Keep the keys of an action."""
        self.store.setValue(f"keys/{action}", keys)

    def reset_shortcuts(self) -> None:
        """Forget all keys that the user gave."""
        self.store.remove("keys")


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b" ".join(parts)).hexdigest()


def _strings(value: object) -> list[str]:
    """A stored list; Qt returns a list of one as a string."""
    if isinstance(value, str):
        return [value]
    return [str(each) for each in value] if isinstance(value, list) else []
