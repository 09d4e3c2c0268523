"""Atomic file writes: a file is written beside its place and moved over it."""

from __future__ import annotations

import errno
import os
import platform
import re
import stat
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

__all__ = ["check_writable", "destination", "replacing"]


_LONGEST_START = 50  # characters of a file's name in that of its part, which must not get too long
_MOST_LINKS = 40  # in a row; the limit of Linux
_DEVICES, _PROCESSES = Path("/dev"), Path("/proc")


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Make errors name the path that the caller passed."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextmanager
def _naming(path: Path, part: Path) -> Iterator[None]:
    """Make write errors name `path` if they name no file, or the part, which the caller does not know."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(part)):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _mode(place: Path) -> int:
    """Return the mode of the file, the folder or the link at `place`; 0 if there is nothing."""
    try:
        return place.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _check_kind(place: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if place.parent == _DEVICES or place.is_relative_to(_PROCESSES):  # even a link to a file, such as stdout
        raise OSError(errno.EINVAL, "Not a place for a regular file")
    if mode and not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        raise OSError(errno.EINVAL, "Not a regular file")


def destination(path: Path) -> Path:
    """Resolve the links of `path` to the file that `replacing` would write, existing or not.

    Raises:
        OSError: if that is a folder, not a regular file, or in /dev or /proc, or if the links form a circle.

    >>> destination(Path("a.txt")) == Path.cwd() / "a.txt"
    True
    """
    with _named(path):
        place = path
        for _ in range(_MOST_LINKS):
            place = Path(os.path.realpath(place.parent)) / place.name
            mode = _mode(place)
            _check_kind(place, mode)
            if not stat.S_ISLNK(mode):
                return place
            place = place.parent / place.readlink()
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _prefix(path: Path) -> str:
    """Return the name prefix of the parts of `path` written by this machine; the process id follows."""
    mark = zlib.crc32(os.fsencode(f"{platform.node()}/{path.name}"))
    return f".{path.name[:_LONGEST_START]}.{mark:08x}-"


def _part_beside(path: Path) -> Path:
    prefix = f"{_prefix(path)}{os.getpid()}."
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=".part", dir=path.parent)
    os.close(handle)
    return Path(name)


def _remove_leftovers(path: Path) -> None:
    """Remove parts that processes left of earlier saves to `path`, once those processes have ended."""
    pattern = re.compile(re.escape(_prefix(path)) + r"(\d{1,9})\.[a-z0-9_]+\.part")
    with suppress(OSError):  # the folder may not be listable
        for part in path.parent.iterdir():
            found = pattern.fullmatch(part.name)
            if found is not None and not psutil.pid_exists(int(found[1])):
                with suppress(OSError):  # a leftover does no harm
                    part.unlink()


def _rights(place: Path) -> int:
    """Return the permissions of the file at `place`, or of a new one there."""
    mode = _mode(place)
    if mode:
        return mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def check_writable(path: Path) -> None:
    """Raise `OSError` if `replacing` could not begin; the file at `path` is untouched.

    >>> check_writable(Path("no such folder") / "a.txt")
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no such folder...a.txt'
    """
    with _named(path):
        _part_beside(destination(path)).unlink()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; move it over `path` at the end, remove it on an error.

    If `path` is a link, the link stays and its target is written. Parts that killed processes left of earlier
    saves to `path` are removed. System errors that name no file, such as a full disk, are made to name
    `path`.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "a.txt") as part:
    ...         _ = part.write_text("whole")
    ...     (Path(folder) / "a.txt").read_text()
    'whole'
    """
    place = destination(path)
    with _named(path):
        part = _part_beside(place)
    _remove_leftovers(place)
    try:
        with _naming(path, part):
            yield part
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            part.chmod(_rights(place))  # mkstemp makes the file private
            part.replace(place)
    finally:
        part.unlink(missing_ok=True)
