"""Files that are whole or as before: written beside their place and moved over it."""

from __future__ import annotations

import os
import platform
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

__all__ = ["check_writable", "replacing"]


def _prefix(path: Path) -> str:
    """Of the parts of `path` that processes of this machine write; their number follows."""
    return f".{path.name}.{zlib.crc32(platform.node().encode()):08x}-"


def _part_beside(path: Path) -> Path:
    if not path.name or path.is_dir():
        raise IsADirectoryError(21, "Is a directory", str(path))
    if path.exists() and not path.is_file():  # a device, which would be gone
        raise OSError(22, "Not a regular file", str(path))
    prefix = f"{_prefix(path)}{os.getpid()}."
    try:
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=".part", dir=path.parent)
    except OSError as error:  # in the words of the path that was asked for
        raise type(error)(error.errno, error.strerror, str(path)) from error
    os.close(handle)
    return Path(name)


def _remove_leftovers(path: Path) -> None:
    """What processes that ended midway left of earlier saves to `path`."""
    pattern = re.compile(re.escape(_prefix(path)) + r"(\d{1,9})\.[a-z0-9_]+\.part")
    with suppress(OSError):  # it is in nobody's way
        for part in path.parent.iterdir():
            found = pattern.fullmatch(part.name)
            if found is not None and not psutil.pid_exists(int(found[1])):
                part.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise `OSError` where `replacing` could not begin; what is at `path` stays as it is.

    >>> check_writable(Path("no such folder") / "a.txt")
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no such folder...a.txt'
    """
    _part_beside(path).unlink()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; moved over `path` at the end, removed on an error.

    What a process that was killed left of an earlier save to `path` is removed too.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "a.txt") as part:
    ...         _ = part.write_text("whole")
    ...     (Path(folder) / "a.txt").read_text()
    'whole'
    """
    part = _part_beside(path)
    _remove_leftovers(path)
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)  # mkstemp makes it private
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
