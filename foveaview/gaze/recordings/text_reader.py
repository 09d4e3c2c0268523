"""Reader of large text files in parts: plain or gzipped, in the encodings in which gaze is saved."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from foveaview.gaze.recordings.file_access import opened
from foveaview.perception.interruption import check_interruption

__all__ = ["TextBlock", "encoding_of", "head", "parts"]

_PART_BYTES = 4 << 20
_HEAD_BYTES = 1 << 16
_LONGEST_LINE = 1 << 24
_MOST_LINES = 500_000_000  # three days at 2000 Hz
_BINARY = {
    b"PK\x03\x04": "a spreadsheet or another archive (zip): export it as text",
    b"SR_RESEARCH": "an EyeLink EDF: convert it to text with SR Research's edf2asc",
    b"\x89HDF": "an HDF5 file: export it as text",
    b"MATLAB": "a MATLAB file: export it as text",
}
_CONTROL = frozenset(map(chr, range(32))) - set("\t\n\r\f\v")


@dataclass(frozen=True)
class TextBlock:
    r"""Some whole lines of a text.

    Attributes:
        line: number of the first line, from 1.
        text: the lines, each ending in "\n" except perhaps the last of the file.
        latin: True if the text is not UTF-8 and was read as Latin-1.
    """

    line: int
    text: str
    latin: bool = False


class _BrokenError(ValueError):
    """The file's bytes are invalid; the message says why."""


def _blocks(path: Path, size: int) -> Iterator[bytes]:
    with opened(path) as file:
        while True:
            check_interruption()
            try:
                block = file.read1(size)  # returns the intact bytes before a break
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise _BrokenError("the gzip file is truncated: copy the file again") from error
            if not block:
                return
            yield block


def encoding_of(start: bytes) -> str:
    r"""Guess the encoding from the first bytes of a file; UTF-8 if nothing indicates another.

    >>> encoding_of(b"\xff\xfet\x00"), encoding_of(b"t,x")
    ('utf-16', 'utf-8')
    """
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = start[::2], start[1::2]
    if start and odd.count(0) > 0.6 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if start and even.count(0) > 0.6 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return "utf-8"


class _Decoder:
    """Bytes to text; from the first block with invalid UTF-8 on, text is read as Latin-1."""

    def __init__(self, encoding: str) -> None:
        self._utf_8 = encoding.startswith("utf-8")
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self.latin = False

    def __call__(self, block: bytes, last: bool = False) -> str:
        waiting = bytes(self._decoder.getstate()[0])
        try:
            return self._decoder.decode(block, last)
        except UnicodeDecodeError as error:
            if not self._utf_8:
                raise _BrokenError(f"the text is not {error.encoding}: save it as UTF-8") from error
            self._utf_8, self.latin = False, True
            self._decoder = codecs.getincrementaldecoder("latin-1")()
            return self._decoder.decode(waiting + block, last)


def _check_text(name: str, start: bytes, text: str) -> None:
    for magic, words in _BINARY.items():
        if start.startswith(magic):
            raise ValueError(f"{name} is {words}")
    odd = sum(character in _CONTROL for character in text)
    if odd > 0.01 * len(text):
        raise ValueError(
            f"{name} is not text: {odd} of its first {len(text)} characters are control characters"
        )


def _texts(path: Path, size: int) -> Iterator[tuple[str, bool]]:
    """Yield pieces of the text, with True once they are Latin-1."""
    decode: _Decoder | None = None
    for block in _blocks(path, size):
        if decode is None:
            decode = _Decoder(encoding_of(block[:1000]))
            text = decode(block)
            _check_text(path.name, block, text[:4096])
        else:
            text = decode(block)
        yield text, decode.latin
    if decode is not None:
        yield decode(b"", last=True), decode.latin


def parts(path: Path, size: int = _PART_BYTES) -> Iterator[TextBlock]:
    """Yield the text of a file in parts of whole lines.

    Args:
        path: path of the file, which may be gzipped.
        size: approximate bytes of a part.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is not a file or not text, or if its gzip or UTF-16 is broken.
    """
    rest, line = "", 1
    latin = False
    try:
        for text, latin in _texts(path, size):
            text = rest + text
            # an "\r" at the end may be half of "\r\n"
            end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
            whole, rest = text[:end], text[end:]
            if whole:
                whole = whole.replace("\r\n", "\n").replace("\r", "\n")
                yield TextBlock(line, whole, latin)
                line += whole.count("\n")
                if line > _MOST_LINES:
                    raise _BrokenError(
                        f"over {_MOST_LINES:,} lines: split it into recordings of one day each"
                    )
            elif len(rest) > _LONGEST_LINE:
                raise _BrokenError(f"a line of more than {_LONGEST_LINE} characters: it is not a table")
    except _BrokenError as error:
        raise ValueError(f"{path.name}: from line {line} on: {error}") from error
    if rest:
        yield TextBlock(line, rest.replace("\r", "\n"), latin)


def head(path: Path) -> list[str]:
    """Return the first lines of a file, including all comments at its start; raises as `parts` does."""
    lines: list[str] = []
    for part in parts(path, _HEAD_BYTES):
        lines += part.text.removesuffix("\n").split("\n")
        if not all(line.startswith("#") or not line for line in lines[-2:]):
            break
    return lines
