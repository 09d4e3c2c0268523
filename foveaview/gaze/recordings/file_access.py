"""Opens files, and refuses those that would block or unpack without end."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from pathlib import Path
from typing import BinaryIO

from foveaview.io.untrusted import UnreadableError, check_file, open_file
from foveaview.perception.interruption import check_interruption

__all__ = ["check_file", "opened"]

_SPREAD = 100  # unpacked per packed byte: gaze text packs to a tenth, a lost eye to a hundredth
_SPARE = 32 << 20
_AT_ONCE = 1 << 20


class _Unpacked(gzip.GzipFile):
    """Gzipped file that raises an error if it unpacks to far more than a recording would.

    Reading can be interrupted: see `foveaview.perception.interruption`.
    """

    def __init__(self, path: Path, packed: BinaryIO) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self.myfileobj = packed  # type: ignore[assignment]  # closed together
        self._path = path
        size = os.fstat(packed.fileno()).st_size
        self._most = _SPREAD * size + _SPARE
        packed.seek(max(size - 4, 0))
        said = int.from_bytes(packed.read(4), "little")  # a gzip ends with its unpacked size
        packed.seek(0)
        if said > self._most:
            self._look_ahead()

    def _look_ahead(self) -> None:
        """Unpack the file once to refuse it early, which takes a fraction of the time of parsing it."""
        try:
            while self.read(_AT_ONCE):
                pass
        except (EOFError, zlib.error, gzip.BadGzipFile):  # it breaks off, so its size is unknown
            pass
        self.seek(0)

    def _check(self) -> None:
        check_interruption()
        if self.tell() > self._most:
            what = f"it unpacks to over {self._most >> 20} MB, too much for a recording of its size"
            raise UnreadableError(f"{self._path.name}: {what}: if it is a recording, unpack it first")

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes."""
        content = super().read(self._most + 1 if size is None or size < 0 else min(size, self._most + 1))
        self._check()
        return content

    def read1(self, size: int = -1) -> bytes:
        """Read up to `size` bytes without waiting for more."""
        content = super().read1(size)
        self._check()
        return content


def opened(path: Path) -> io.BufferedReader | gzip.GzipFile:
    """Open a file, plain or gzipped, at its first byte; raises as `foveaview.io.untrusted.open_file` does.

    Reading raises a `ValueError` beyond 100 times the file's size plus 32 MB of unpacked bytes.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.gz").write_bytes(gzip.compress(b"t,x,y"))
    ...     with opened(Path(folder, "a.gz")) as file:
    ...         file.read()
    b't,x,y'
    """
    file = open_file(path)
    try:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        return _Unpacked(path, file) if packed else file
    except BaseException:
        file.close()
        raise
