"""Small user files that several windows read and change, such as lists of presets.

A change is applied under a lock to the current content, so that two windows do not undo each other's changes.
A damaged file is renamed, never overwritten; a file of a newer version is left untouched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from filelock import FileLock, Timeout

from foveaview.io.untrusted import file_label
from foveaview.io.versioned_json import NewerVersionError

__all__ = ["Held", "SharedFile", "set_aside"]

_LOCK_S = 2.0
_T = TypeVar("_T")


@dataclass(frozen=True)
class Held(Generic[_T]):
    """Content of a shared file.

    Attributes:
        value: current content of the file.
        notice: message about a damaged file; None if it was intact.
    """

    value: _T
    notice: str | None = None


def set_aside(path: Path) -> Path:
    """Rename a damaged file to make room for a new one; return its new name.

    Raises:
        OSError: if it cannot be renamed.
    """
    stem = f"{path.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}"
    aside, count = path.with_name(stem + path.suffix), 1
    while aside.exists() or aside.is_symlink():
        count += 1
        aside = path.with_name(f"{stem}-{count}{path.suffix}")
    path.rename(aside)
    return aside


@dataclass(frozen=True)
class SharedFile(Generic[_T]):
    """A file that several windows change.

    Args:
        path: path of the file, which may not exist.
        what: name of its content in messages, such as "presets".
        read: reads it; raises `ValueError` if it is damaged, and `NewerVersionError` for a newer version.
        write: writes all of it.
        empty: content while there is no file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "words.txt"
    ...     shared = SharedFile(path, "words", Path.read_text, Path.write_text, empty="")
    ...     _ = shared.change(lambda text: text + "red ")
    ...     shared.change(lambda text: text + "blue").value
    'red blue'
    """

    path: Path
    what: str
    read: Callable[[Path], _T]
    write: Callable[[Path, _T], object]
    empty: _T

    def load(self) -> Held[_T]:
        """Read the file; a damaged one is set aside.

        Raises:
            OSError: if it cannot be read.
            ValueError: if it is of a newer version, or another window keeps it locked.
        """
        try:
            return Held(self._read())
        except NewerVersionError:
            raise
        except ValueError:  # another window may have repaired it
            with self._locked():
                return self._sound()

    def change(self, change: Callable[[_T], _T]) -> Held[_T]:
        """Change the file's current content; raises as `load` and `change` do, and `OSError` on writing."""
        with self._locked():
            held = self._sound()
            value = change(held.value)
            if value != held.value:
                self.write(self.path, value)
            return Held(value, held.notice)

    def _read(self) -> _T:
        try:
            return self.read(self.path)
        except FileNotFoundError:
            return self.empty

    def _sound(self) -> Held[_T]:
        try:
            return Held(self._read())
        except NewerVersionError:
            raise
        except ValueError as error:
            kept = set_aside(self.path)
            return Held(self.empty, f"{error}. It was kept as {kept.name}; there are no {self.what} now.")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{self.path}.lock", timeout=_LOCK_S)
        try:
            lock.acquire()
        except Timeout:
            label = file_label(self.path)
            raise ValueError(f"{label}: another window is writing the {self.what}: try again") from None
        try:
            yield
        finally:
            lock.release()
