"""References to a session's files: absolute and relative paths, and hashes of the content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, JsonValue, StringConstraints

from foveaview.io.samples import MOST_STOPS
from foveaview.io.untrusted import UnreadableError, open_file
from foveaview.perception.interruption import check_interruption
from foveaview.settings import Settings

__all__ = [
    "DataFile",
    "ImageFile",
    "NamedFile",
    "Sha256",
    "file_sha256",
    "found",
    "is_file",
    "known_sha256",
    "placed",
    "places",
    "with_data_file",
]

_BLOCK_BYTES = 1 << 20
_LARGEST_HASHED = 4 << 30
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
"""A hash in hexadecimal."""


class NamedFile(Settings):
    """A file.

    Attributes:
        path: its absolute path when it was read.
        relative: its path from the session's folder, with slashes; None if no session file was written yet.
    """

    path: str = Field(min_length=1, description="Where it was, absolute.")
    relative: str | None = Field(None, description="Its place from the session's folder.")


class ImageFile(NamedFile):
    """An image that was read.

    Attributes:
        sha256: `foveaview.synthesis.checkpoints.checkpoint.image_sha256` of the image as it was read.
        exposure: stops that its linear or HDR light was brightened by.
    """

    sha256: Sha256
    exposure: float = Field(0.0, ge=-MOST_STOPS, le=MOST_STOPS, description="Stops of exposure.")


class DataFile(NamedFile):
    """Another file that was read.

    Attributes:
        sha256: of its bytes as they were read; None if they were not read yet.
    """

    sha256: Sha256 | None = Field(None, description="Of its bytes, as they were read.")


_File = TypeVar("_File", bound=NamedFile)


def is_file(path: Path) -> bool:
    """Return True if the path is a file; False for an invalid name.

    >>> is_file(Path(5000 * "x"))
    False
    """
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def file_sha256(*paths: Path, most_bytes: int | None = None) -> str:
    """Hash the bytes of a file, or of several one after the other; returns hexadecimal digits.

    It can be cancelled: see `foveaview.perception.interruption`.

    Args:
        paths: the files.
        most_bytes: the largest size of one that is read; None for any.

    Raises:
        OSError: if one cannot be read.
        ValueError: if one is not a regular file, or is larger.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a").write_bytes(b"abc")
    ...     file_sha256(Path(folder) / "a")[:8]
    'ba7816bf'
    """
    digest = hashlib.sha256()
    for path in paths:
        with open_file(path, most_bytes) as file:
            while block := file.read(_BLOCK_BYTES):
                check_interruption()
                digest.update(block)
    return digest.hexdigest()


def known_sha256(*paths: Path) -> str | None:
    """Hash files as `file_sha256` does; return None if one is larger than 4 GB and would take too long.

    Raises:
        OSError: if one cannot be read.
    """
    try:
        return file_sha256(*paths, most_bytes=_LARGEST_HASHED)
    except UnreadableError:
        return None


def placed(file: _File, folder: Path) -> _File:
    """Return the same file with its path from a folder, or without one if it is on another drive.

    >>> placed(DataFile(path="/data/gaze.csv"), Path("/data/here")).relative
    '../gaze.csv'
    """
    try:
        relative = Path(os.path.relpath(file.path, folder)).as_posix()
    except ValueError:
        return file.model_copy(update={"relative": None})
    return file.model_copy(update={"relative": relative})


def places(file: NamedFile, session: Path) -> list[Path]:
    """List the possible paths of a file: the one relative to the session file, then the absolute one.

    >>> image = ImageFile(path="/data/a.png", sha256=64 * "0", relative="../a.png")
    >>> [place.as_posix() for place in places(image, Path("/moved/here/b.foveaview"))]
    ['/moved/a.png', '/data/a.png']
    """
    near = [] if file.relative is None else [session.absolute().parent / file.relative]
    there = dict.fromkeys(Path(os.path.normpath(place)) for place in (*near, Path(file.path)))
    return list(there)


def found(file: DataFile, session: Path) -> DataFile:
    """Return the file at its present path: of two candidates the one with the same hash, else the nearer."""
    there = [place for place in places(file, session) if is_file(place)]
    if not there:
        return file
    nearest = there[0]
    if len(there) > 1 and file.sha256 is not None:
        nearest = next((place for place in there if _holds(place, file.sha256)), nearest)
    return file.model_copy(update={"path": str(nearest)})


def _holds(path: Path, sha256: str) -> bool:
    try:
        return known_sha256(path) == sha256
    except OSError:
        return False


def with_data_file(kept: JsonValue, change: Callable[[DataFile], DataFile]) -> JsonValue:
    """Return the part of a session kept by the window, with its file changed, if it names one.

    >>> kept = {"speed": 2, "path": "/data/gaze.csv", "relative": None, "sha256": None}
    >>> with_data_file(kept, lambda file: placed(file, Path("/data")))["relative"]
    'gaze.csv'
    """
    names = DataFile.model_fields
    if not isinstance(kept, dict) or not names.keys() <= kept.keys():
        return kept
    try:
        file = DataFile(**{name: kept[name] for name in names})
    except ValueError:  # from an unknown part
        return kept
    return {**kept, **change(file).model_dump(mode="json")}
