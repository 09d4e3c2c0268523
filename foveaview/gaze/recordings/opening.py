"""Opens what is a file, and refuses what would be waited for or read without an end."""

from __future__ import annotations

import gzip
import io
import stat
from pathlib import Path

__all__ = ["check_file", "opened"]

_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


def check_file(path: Path) -> None:
    """Refuse a pipe, a device or a folder: to open one of them may take for ever.

    Raises:
        OSError: where there is nothing, or it cannot be looked at.
        ValueError: for what is no file.

    >>> check_file(Path("/"))
    Traceback (most recent call last):
    ...
    ValueError: / is no file that can be read: a folder
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        what = _KINDS.get(stat.S_IFMT(mode), "a device")
        raise ValueError(f"{path.name or path} is no file that can be read: {what}")


def opened(path: Path) -> io.BufferedReader | gzip.GzipFile:
    """A file, plain or gzipped, at its first byte; errors as of `check_file`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.gz").write_bytes(gzip.compress(b"t,x,y"))
    ...     with opened(Path(folder, "a.gz")) as file:
    ...         file.read()
    b't,x,y'
    """
    check_file(path)
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")
