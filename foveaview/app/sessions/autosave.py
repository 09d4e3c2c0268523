"""The folders in which windows save their sessions automatically, and their owners.

A window holds the lock in its folder for as long as it lives. A lock that nobody holds any more is that of a
window that ended without closing; a folder without one is of a window that was closed.
"""

from __future__ import annotations

import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile

from foveaview.sessions.model import SUFFIX, Session, read_session

__all__ = ["Autosave", "KeptSession", "claim_crashed", "kept_sessions", "prune"]

_SESSION = f"session{SUFFIX}"
_LOCK = "lock"
_TRIED = "tried"
MOST_KEPT = 10
"""Sessions of closed windows that can be reopened."""


class Autosave:
    """A folder that this window alone writes to."""

    def __init__(self, folder: Path, lock: QLockFile) -> None:
        self.folder, self._lock = folder, lock

    @classmethod
    def create(cls, root: Path) -> Autosave:
        """Make a folder; raises `OSError` if that fails."""
        for _ in range(5):
            folder = root / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
            folder.mkdir(parents=True)
            claimed = cls.claim(folder)
            if claimed is not None:
                return claimed
        raise OSError(13, "it could not be locked", str(folder))

    @classmethod
    def claim(cls, folder: Path) -> Autosave | None:
        """Take a folder that is nobody's; None if it is somebody's."""
        lock = QLockFile(str(folder / _LOCK))
        lock.setStaleLockTime(0)  # a lock is stale when its process is gone, not when it is old
        return cls(folder, lock) if lock.tryLock(0) else None

    @property
    def session(self) -> Path:
        """Its session file, whether it is there or not."""
        return self.folder / _SESSION

    @property
    def saved_s(self) -> float:
        """When its session was written, in seconds since 1970; 0 if it was not."""
        return _written_s(self.session)

    @property
    def was_tried(self) -> bool:
        """Return True if a window began to restore it and did not get to its first save."""
        return (self.folder / _TRIED).exists()

    def set_tried(self, tried: bool) -> None:
        """Note that it is being restored, or that this went well."""
        if not self.folder.is_dir():
            return
        if tried:
            (self.folder / _TRIED).touch()
        else:
            (self.folder / _TRIED).unlink(missing_ok=True)

    def release(self) -> None:
        """Let go of it, as a window that is closed."""
        self._lock.unlock()

    def remove(self) -> None:
        """Delete it."""
        for entry in self.folder.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name != _LOCK:
                entry.unlink(missing_ok=True)
        self._lock.unlock()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class KeptSession:
    """The session of a window that was closed.

    Attributes:
        folder: its folder.
        session: its content.
        saved_s: time of writing, in seconds since 1970.
    """

    folder: Path
    session: Session
    saved_s: float

    @property
    def label(self) -> str:
        """When it was, and of what."""
        names = [Path(target.image.path).name for target in self.session.targets]
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        runs = sum(target.run is not None and target.run.unsaved for target in self.session.targets)
        unsaved = f" ({runs} unsaved run{'s' if runs > 1 else ''})" if runs else ""
        return f"{time.strftime('%d %b %H:%M', time.localtime(self.saved_s))}: {listed}{unsaved}"


def _written_s(path: Path) -> float:
    """When a file was written; 0 if there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _folders(root: Path) -> list[Path]:
    """The newest first."""
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        if folder.is_dir():
            found.append((_written_s(folder / _SESSION), folder))
    return [folder for _when, folder in sorted(found, reverse=True)]


def claim_crashed(root: Path) -> Autosave | None:
    """Take what the last window that ended without closing has left; earlier ones count as closed then."""
    newest = None
    for folder in _folders(root):
        if not (folder / _LOCK).exists():
            continue
        claimed = Autosave.claim(folder)
        if claimed is None:
            continue
        if not _has_targets(claimed.session):
            claimed.remove()
        elif newest is None:
            newest = claimed
        else:
            claimed.release()
    return newest


def _has_targets(path: Path) -> bool:
    """Return True if a session has targets, or is unreadable and must not be deleted."""
    try:
        return bool(read_session(path).targets)
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True


def kept_sessions(root: Path) -> list[KeptSession]:
    """The sessions of closed windows, the newest first."""
    kept = []
    for folder in _folders(root)[: 2 * MOST_KEPT]:
        path = folder / _SESSION
        if (folder / _LOCK).exists():
            continue
        try:
            session = read_session(path)
        except (OSError, ValueError):
            continue
        if session.targets:
            kept.append(KeptSession(folder, session, _written_s(path)))
    return kept[:MOST_KEPT]


def prune(root: Path) -> None:
    """Delete what closed windows have left, all but the newest."""
    closed = [folder for folder in _folders(root) if not (folder / _LOCK).exists()]
    for i, folder in enumerate(closed):
        if i < MOST_KEPT and _has_targets(folder / _SESSION):
            continue
        claimed = Autosave.claim(folder)
        if claimed is not None:
            claimed.remove()
