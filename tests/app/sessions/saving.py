"""How a person saves and opens a session, and where a window saves by itself."""

from __future__ import annotations

import errno
from pathlib import Path

from foveaview.app.core.state import Phase
from foveaview.app.sessions.controller import Restored
from foveaview.app.sessions.state_record import session_of
from foveaview.sessions.model import Session, read_session
from tests.app.conftest import WindowDriver, collect

__all__ = ["autosaves", "full", "own_folder", "restored", "run_some", "save", "state_of"]


def run_some(driver: WindowDriver, steps: int = 100_000) -> None:
    """Start a search that ends after some steps, and wait for the first."""
    driver.controller.edits.set_synthesis("steps", steps)
    driver.controller.edits.set_synthesis("stop_fraction", 0.0)
    driver.controller.search.start()
    driver.until(lambda: driver.iteration() > 2 or driver.document.phase is Phase.DONE)


def save(driver: WindowDriver, path: Path) -> Session:
    driver.window.sessions.save(path)
    driver.until(lambda: driver.window.sessions.path == path)
    return read_session(path)


def restored(driver: WindowDriver, path: Path) -> Restored:
    seen = collect(driver.window.sessions.restored)
    driver.window.sessions.open(path)
    driver.until(lambda: bool(seen))
    assert isinstance(seen[0], Restored)
    return seen[0]


def state_of(driver: WindowDriver) -> Session:
    return session_of(driver.controller.state)


def own_folder(driver: WindowDriver) -> Path:
    folders = [path.parent for path in autosaves(driver).glob("*/lock")]
    assert len(folders) == 1
    return folders[0]


def autosaves(driver: WindowDriver) -> Path:
    return Path(driver.window.preferences.store.fileName()).parent / "recovery" / "autosave"


def full(_content: object, _part: Path) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
