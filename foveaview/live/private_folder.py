"""A folder that is this program's as long as it runs, and gone afterwards."""

from __future__ import annotations

import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["PrivateFolder", "sweep"]

_PREFIX = "run-"


def _lock(file: IO[bytes], wait: bool) -> None:
    """Lock an open file until it is closed or the program ends, however it ends; raises `OSError`."""
    if sys.platform == "win32":
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """While folders are made and removed, no other program does."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("ab") as file:
        _lock(file, wait=True)
        yield


def _is_in_use(folder: Path) -> bool:
    with (folder / "lock").open("ab") as file:
        try:
            _lock(file, wait=False)
        except OSError:
            return True
    return False


def sweep(root: Path) -> None:
    """Remove the folders of programs that were killed; keep those of running programs.

    Raises:
        OSError: if the root is not writable.
    """
    if not root.is_dir():
        return
    with _alone(root):
        for folder in root.glob(f"{_PREFIX}*"):
            if not _is_in_use(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _remove(folder: Path, lock: IO[bytes]) -> None:
    lock.close()  # before its file is removed: elsewhere than on Linux an open file stays
    shutil.rmtree(folder, ignore_errors=True)


class PrivateFolder:
    """A new folder under the root, removed when it is closed or forgotten, or at the end of the program.

    Args:
        root: parent of the folders of all programs; created if missing.

    Attributes:
        path: of the folder.

    Raises:
        OSError: if the folder cannot be created.

    >>> with tempfile.TemporaryDirectory() as root:
    ...     folder = PrivateFolder(Path(root))
    ...     there = folder.path.is_dir()
    ...     folder.close()
    ...     there, folder.path.is_dir()
    (True, False)
    """

    def __init__(self, root: Path) -> None:
        with _alone(root):
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
            lock = (self.path / "lock").open("ab")
            _lock(lock, wait=False)
        self._finalizer = weakref.finalize(self, _remove, self.path, lock)

    def close(self) -> None:
        """Remove it with all that is in it."""
        self._finalizer()
