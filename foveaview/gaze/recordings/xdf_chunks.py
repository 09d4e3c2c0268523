"""Check of the chunks of an XDF file before anything is read from it.

Source: XDF 1.0 specification, https://github.com/sccn/xdf/wiki/Specifications. A reader that trusts the
lengths in a broken file may allocate all memory. A recorder that crashes leaves a file that breaks off within
a chunk or ends with zeros; its intact chunks are read.
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from xml.etree import ElementTree

from foveaview.gaze.lsl.stream_info import StreamDescription, described
from foveaview.gaze.recordings.file_access import opened
from foveaview.perception.interruption import check_interruption

__all__ = ["Chunks", "Stream", "Until", "chunks_in", "streams_in"]

_FILE_HEADER, _STREAM_HEADER, _SAMPLES, _CLOCK_OFFSET, _FOOTER = 1, 2, 3, 4, 6
_OF_A_STREAM = (_STREAM_HEADER, _SAMPLES, _CLOCK_OFFSET, _FOOTER)
_LENGTHS = {1: "<B", 4: "<I", 8: "<Q"}
_LEAST_BYTES = {
    "double64": 8,
    "float32": 4,
    "int64": 8,
    "int32": 4,
    "int16": 2,
    "int8": 1,
    "string": 2,  # an empty string
}
_LONGEST, _LONGEST_HEADER = 1 << 40, 1 << 26
_CHUNKS_BETWEEN_LOOKS = 1000
_MOST_UNPACKED = 8 << 30
_SKIPPED_AT_ONCE = 1 << 20
_MOST_ZEROS = 64 << 20  # a sparse file may end in terabytes of them


class _BrokenError(ValueError):
    """The file's bytes are invalid; the message says why."""


class _CutError(_BrokenError):
    """The bytes end within a chunk."""


@dataclass(frozen=True)
class Stream:
    """Stream of a file.

    Attributes:
        number: number of the stream in the file.
        description: description in its header.
        least_bytes: smallest size of one of its samples.
    """

    number: int
    description: StreamDescription
    least_bytes: int

    @property
    def title(self) -> str:
        """Name, type and number, for messages."""
        return f"{self.description.name!r} ({self.description.kind or 'no type'}, number {self.number})"


@dataclass(frozen=True)
class Chunks:
    """Streams of a file, and the end of its intact chunks.

    Attributes:
        streams: streams in the order of the file.
        end: unpacked bytes up to the end of the last intact chunk.
        note: damage after that, in words; empty if there is none.
    """

    streams: list[Stream]
    end: int
    note: str = ""


class Until(io.BufferedIOBase):
    """View of a file that ends at a given byte.

    Args:
        file: file, open for reading.
        end: byte at which the view ends.

    >>> Until(io.BytesIO(b"abcdef"), 4).read(), Until(io.BytesIO(b"abcdef"), 4).read(3)
    (b'abcd', b'abc')
    """

    def __init__(self, file: io.BufferedIOBase, end: int) -> None:
        self._file, self._end = file, end

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to `size` bytes, or all if None or negative."""
        left = max(self._end - self._file.tell(), 0)
        return self._file.read(left if size is None or size < 0 else min(size, left))

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position of the next byte."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move to a position, from the start or as `whence` says."""
        return self._file.seek(offset, whence)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


class _Element:
    """Element of a header with the interface of liblsl, so that one parser handles both."""

    def __init__(self, siblings: list[ElementTree.Element]) -> None:
        self._element = siblings[0] if siblings else None
        self._after = siblings[1:]

    def empty(self) -> bool:
        return self._element is None

    def name(self) -> str:
        return "" if self._element is None else self._element.tag

    def first_child(self) -> Self:
        return type(self)([] if self._element is None else list(self._element))

    def next_sibling(self) -> Self:
        return type(self)(self._after)

    def child(self, name: str) -> Self:
        return type(self)([] if self._element is None else self._element.findall(name))

    def child_value(self, name: str) -> str:
        return "" if self._element is None else (self._element.findtext(name) or "").strip()


class _Info:
    """A stream's header with the interface of `pylsl.StreamInfo`."""

    def __init__(self, header: ElementTree.Element) -> None:
        self._root = _Element([header])

    def __getattr__(self, name: str) -> Any:
        return lambda: self._root.child_value(name)

    def channel_count(self) -> int:
        return int(self._root.child_value("channel_count"))

    def nominal_srate(self) -> float:
        return float(self._root.child_value("nominal_srate"))

    def channel_format(self) -> int:
        return 3 if self.format == "string" else 1

    @property
    def format(self) -> str:
        return self._root.child_value("channel_format")

    def desc(self) -> _Element:
        return self._root.child("desc")


def _whole(file: io.BufferedIOBase, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise _CutError("it ends in the middle of a chunk")
    return data


def _length(file: io.BufferedIOBase, size: bytes) -> int:
    if size[0] not in _LENGTHS:
        raise _BrokenError(
            f"byte {file.tell() - 1} does not begin a chunk: the file is damaged from there on"
        )
    form = _LENGTHS[size[0]]
    return int(struct.unpack(form, _whole(file, struct.calcsize(form)))[0])


def _xml(content: bytes, place: int) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(content.decode("utf-8", "replace"))
    except ElementTree.ParseError as error:
        raise _BrokenError(f"the header at byte {place} is not XML ({error}): the file is damaged") from error


def _stream(number: int, header: ElementTree.Element) -> Stream:
    info = _Info(header)
    try:
        description = described(info)
        least_bytes = 1 + info.channel_count() * _LEAST_BYTES[info.format]
        sound = info.channel_count() > 0 and 0 <= info.nominal_srate() < 1e9
    except (KeyError, ValueError) as error:
        raise _BrokenError(f"the header of stream {number} does not describe its samples") from error
    if not sound:
        raise _BrokenError(f"the header of stream {number} states no channels or an invalid rate")
    return Stream(number, description, least_bytes)


def _check_length(tag: int, length: int, place: int) -> None:
    least, most = (6 if tag in _OF_A_STREAM else 2), _LONGEST
    if tag in (_FILE_HEADER, _STREAM_HEADER):
        most = _LONGEST_HEADER
    elif tag == _CLOCK_OFFSET:
        least = most = 22
    if not least <= length <= most:
        raise _BrokenError(
            f"the chunk at byte {place} has an invalid length of {length}: the file is damaged"
        )


class _Walk:
    """Walks from chunk to chunk."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file
        self.streams: dict[int, Stream] = {}
        self.end = file.tell()

    def chunks(self) -> Iterator[None]:
        """Check every chunk."""
        while size := self._file.read(1):
            if size == b"\0" and self._is_zero():
                raise _CutError("there are only zeros")
            length = _length(self._file, size)
            end = self._file.tell() + length
            self._look(length, end)
            if self._file.tell() < end:
                self._skip_to(end - 1)
                _whole(self._file, 1)
            self.end = end
            yield

    def _is_zero(self) -> bool:
        """Return True if only zeros follow, up to the end or for longer than damage lasts."""
        place = self._file.tell()
        while self._file.tell() - place < _MOST_ZEROS and (block := self._file.read(_SKIPPED_AT_ONCE)):
            check_interruption()
            if block.strip(b"\0"):
                self._file.seek(place)
                return False
        return True

    def _skip_to(self, place: int) -> None:
        """Skip to a position. Gzipped bytes must be unpacked on the way, which may take long."""
        if not isinstance(self._file, gzip.GzipFile):
            self._file.seek(place)
            return
        if place > _MOST_UNPACKED:
            most = f"{_MOST_UNPACKED >> 30} GB"
            raise _BrokenError(f"it would unpack to over {most}: if it is not damaged, unpack it first")
        while (left := place - self._file.tell()) > 0:
            check_interruption()
            _whole(self._file, min(left, _SKIPPED_AT_ONCE))

    def _look(self, length: int, end: int) -> None:
        place = self._file.tell()
        tag = struct.unpack("<H", _whole(self._file, 2))[0]
        of_a_stream = tag in _OF_A_STREAM
        _check_length(tag, length, place)
        number = struct.unpack("<I", _whole(self._file, 4))[0] if of_a_stream else 0
        if tag in (_FILE_HEADER, _STREAM_HEADER):
            header = _xml(_whole(self._file, end - self._file.tell()), place)
            if tag == _STREAM_HEADER:
                self.streams[number] = _stream(number, header)
        elif of_a_stream and number not in self.streams:
            raise _BrokenError(f"the chunk at byte {place} belongs to stream {number}, which has no header")
        elif tag == _SAMPLES:
            count = _length(self._file, _whole(self._file, 1))
            if count * self.streams[number].least_bytes > end - self._file.tell():
                what = f"the chunk at byte {place} is too short for {count} samples"
                raise _BrokenError(f"{what}: the file is damaged")


def chunks_in(path: Path) -> Chunks:
    """Check all chunks of a file: find its streams, and the point at which it breaks off.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if the file is not XDF, or is damaged before its end; gives the byte.
    """
    with opened(path) as file:
        try:
            if file.read(4) != b"XDF:":
                raise _BrokenError("it is not an XDF file, which begins with 'XDF:'")
            walk = _Walk(file)
            note = _walked(walk)
        except (zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path.name}: its gzip file is damaged: copy the file again") from error
        except _BrokenError as error:
            raise ValueError(f"{path.name}: {error}") from error
        except EOFError as error:
            raise ValueError(
                f"{path.name}: its gzip file is truncated at the start: copy the file again"
            ) from error
    return Chunks(list(walk.streams.values()), walk.end, note)


def _walked(walk: _Walk) -> str:
    """Walk all chunks, and return damage of the end in words."""
    try:
        for index, _ in enumerate(walk.chunks()):
            if index % _CHUNKS_BETWEEN_LOOKS == 0:
                check_interruption()
    except _CutError as error:
        what = f"after byte {walk.end} {error}"
    except EOFError:
        what = "its gzip file is truncated"
    else:
        return ""
    return f"{what}; everything before that was read: copy the file again if it was longer"


def streams_in(path: Path) -> list[Stream]:
    """Return the streams of a file; raises as `chunks_in` does."""
    return chunks_in(path).streams
