"""Files of tensors and plain values written by torch, checked before any tensor is created.

`torch.load` alone trusts a file: a tensor of stride 0 makes gigabytes out of a few bytes as soon as it is
copied, a packed storage unpacks to any size, and shared lists unfold without end. Here the directory and the
pickle are read first, and a file's content is limited by the file's own size.
"""

from __future__ import annotations

import os
import tarfile
import warnings
import zipfile
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import Any, BinaryIO

import torch

from foveaview.io.tensors.tensor_pickle import ForeignGlobalError, PickleReader
from foveaview.io.tensors.tensor_plan import TensorPlan
from foveaview.io.untrusted import UnreadableError, file_label, one_line, open_file, reader_errors

__all__ = ["MissingDeviceError", "load_tensor_file"]

_ZIP, _OLD = b"PK\x03\x04", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_LARGEST_DIRECTORY = 8 << 20
_LARGEST_PICKLE = 64 << 20
_SPREAD = 4  # bytes of tensors per byte of the file: images may be repeated along a dimension
_SPARE = 16 << 20
_MOST_VALUES = 1_000_000
_DEEPEST = 100


_NO_DEVICE = "deserialize object on"


class MissingDeviceError(UnreadableError, RuntimeError):
    """The file holds tensors of a device that this machine lacks."""


class _DamagedError(ValueError):
    """The file is damaged; the message lacks its name."""


class _Bounded(RawIOBase):
    """A file that limits the size of each read.

    `ZipFile` reads the directory of an archive in one piece, however long the archive claims it is.

    Attributes:
        most: maximum bytes per read.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.most = file, _LARGEST_DIRECTORY

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position."""
        return self._file.seek(place, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes; raises if `size` exceeds the limit."""
        if size is not None and size > self.most:
            raise _DamagedError("its directory is larger than that of any file of tensors")
        return self._file.read(self.most if size is None or size < 0 else size)


def _check_entry(entry: zipfile.ZipInfo, folder: str) -> None:
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
        raise _DamagedError("its tensors are packed, which torch never does")
    if not entry.filename.startswith(f"{folder}/") or entry.flag_bits & 1:
        raise _DamagedError("its directory is not one that torch writes")


def _directory(archive: zipfile.ZipFile, size: int) -> dict[str, int]:
    """Return the size of each record by its name within the archive's one folder."""
    entries = archive.infolist()
    folder = entries[0].filename.split("/")[0] if entries else ""
    for entry in entries:
        _check_entry(entry, folder)
    records = {entry.filename[len(folder) + 1 :]: entry.file_size for entry in entries}
    if len(records) < len(entries) or entries[0].header_offset != 0:
        raise _DamagedError("its directory is not one that torch writes")
    if sum(records.values()) > size:
        raise _DamagedError("its parts lie over one another")
    if "constants.pkl" in records or "data.pkl" not in records:
        raise _DamagedError("it holds a program of torch, not tensors")
    if records["data.pkl"] > _LARGEST_PICKLE:
        raise _DamagedError(f"over {_LARGEST_PICKLE >> 20} MB besides its tensors")
    return records


def _plan_of_zip(file: BinaryIO, size: int) -> Any:
    bounded = _Bounded(file)
    with zipfile.ZipFile(bounded) as archive:
        bounded.most = _LARGEST_PICKLE
        records = _directory(archive, size)
        folder = archive.infolist()[0].filename.split("/")[0]
        reader = PickleReader(BytesIO(_record(archive, f"{folder}/data.pkl", records["data.pkl"])))
        content = reader.load()
        if "byteorder" in records and _record(archive, f"{folder}/byteorder", 6) not in (b"little", b"big"):
            raise _DamagedError("its order of bytes is unknown")
    for storage in reader.storages.values():
        found = records.get(f"data/{storage.key}")
        if found != storage.bytes:
            what = "missing" if found is None else f"{found} bytes long, not {storage.bytes}"
            raise _DamagedError(f"storage {storage.key[:40]} is {what}")
    return content


def _record(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    with archive.open(name) as record:
        return record.read(size)


def _plan_of_old(file: BinaryIO, size: int) -> Any:
    """Plan a file as torch wrote it before 1.6; downloaded weights still have this form."""
    if tarfile.is_tarfile(file):  # torch would treat it as one, too
        raise _DamagedError("it is an archive of another kind")
    file.seek(0)
    for _ in range(3):  # magic number, version, and the machine that wrote it
        PickleReader(file).load()
    reader = PickleReader(file)
    content = reader.load()
    keys = PickleReader(file).load()
    if not isinstance(keys, list) or set(keys) != reader.storages.keys() or len(keys) > len(set(keys)):
        raise _DamagedError("its storages are not those that its tensors refer to")
    needed = sum(storage.bytes + 8 for storage in reader.storages.values())
    if needed > size - file.tell():
        raise _DamagedError(f"it breaks off: {needed - size + file.tell()} bytes of its tensors are missing")
    return content


def _inner(value: Any) -> list[Any]:
    if type(value) is dict:
        return [*value, *value.values()]
    return list(value) if type(value) in (list, tuple) else []


def _check_extent(content: Any, size: int) -> None:
    """Refuse content that is nested too deeply or would unfold to far more than the file's size.

    A shared value counts once per occurrence, because copying the content copies it each time.
    """
    most_bytes, bytes_left, values_left = _SPREAD * size + _SPARE, _SPREAD * size + _SPARE, _MOST_VALUES
    waiting = [([content], 0)]
    while waiting:
        values, depth = waiting.pop()
        values_left -= len(values)
        bytes_left -= sum(value.bytes for value in values if type(value) is TensorPlan)
        if depth > _DEEPEST:
            raise _DamagedError("nested too deeply")
        if values_left < 0:
            raise _DamagedError("its lists hold one another without an end")
        if bytes_left < 0:
            raise _DamagedError(f"its tensors would take over {most_bytes >> 20} MB, far more than the file")
        waiting += [(inner, depth + 1) for value in values if (inner := _inner(value))]


def _check(file: BinaryIO) -> None:
    size, start = os.fstat(file.fileno()).st_size, file.read(len(_OLD))
    file.seek(0)
    if start.startswith(_ZIP):
        content = _plan_of_zip(file, size)
    elif start == _OLD:
        content = _plan_of_old(file, size)
    elif start.startswith(b"\x80"):
        content = PickleReader(file).load()  # raises if it names code
        raise _DamagedError("a pickle without tensors")
    else:
        raise _DamagedError("no file that torch writes")
    _check_extent(content, size)
    file.seek(0)


def load_tensor_file(path: Path, what: str = "file of tensors", **load_args: Any) -> Any:
    """Load tensors and plain values written by `torch.save`; no code in the file is run.

    Args:
        path: path of the file.
        what: expected kind of file, for messages.
        load_args: arguments of `torch.load`; `map_location` defaults to "cpu".

    Raises:
        OSError: if it cannot be read.
        UnreadableError: if it is damaged, names code, or would take far more memory than it has bytes.
        MissingDeviceError: if it holds tensors of a device that this machine lacks, and `map_location` does
            not replace the device; it is also a `RuntimeError`, as `torch.load` raises.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     torch.save({"a": torch.ones(2)}, Path(folder) / "a.pt")
    ...     load_tensor_file(Path(folder) / "a.pt")
    {'a': tensor([1., 1.])}
    """
    arguments = {"map_location": "cpu", **load_args, "weights_only": True}
    with open_file(path) as file, reader_errors(path, f"damaged, or no {what}"):
        try:
            _check(file)
        except ForeignGlobalError as error:
            named = f"{file_label(path)}: it names {one_line(str(error), 80)}, which no {what} needs"
            raise UnreadableError(f"{named}; it may carry code and was not run") from error
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about files of other programs, which the caller refuses
                return torch.load(file, **arguments)
        except RuntimeError as error:
            if _NO_DEVICE in str(error):
                raise MissingDeviceError(f"{file_label(path)}: {one_line(str(error))}") from error
            raise
