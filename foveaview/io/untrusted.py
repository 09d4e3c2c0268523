"""Untrusted files: opened without blocking, limited in size, refused with one short line.

Every reader opens its file with `open_file` and runs inside `reader_errors`. A named pipe or a device then
never blocks, and whatever a library raises on damaged bytes reaches the caller as one kind of error.
"""

from __future__ import annotations

import errno
import json
import os
import reprlib
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any, NoReturn

__all__ = [
    "UnreadableError",
    "check_file",
    "file_label",
    "one_line",
    "open_file",
    "parse_json",
    "read_file",
    "read_json",
    "reader_errors",
]

_LONGEST_MESSAGE = 600
_LONGEST_REASON = 300
_LONGEST_LABEL = 200
_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
# absent on Windows, where opening a file does not block
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
# system errors caused by damaged content, such as a seek to before the file's start
_OF_CONTENT = frozenset({errno.EINVAL, errno.EOVERFLOW, errno.EFBIG, errno.EDOM, errno.ERANGE})


class UnreadableError(ValueError):
    """A file is refused; the message has its name and the reason, on one line."""


# also a warning that the caller has turned into an error
_PASSED = (UnreadableError, ImportError, Warning)


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def file_label(path: Path | str) -> str:
    r"""Return a file's name for a message: one line of printable characters, only its end if it is long.

    >>> file_label("a\nb.png")
    'a\\nb.png'
    """
    label = _escaped(str(path))
    return label if len(label) <= _LONGEST_LABEL else f"...{label[-_LONGEST_LABEL:]}"


def one_line(text: str, longest: int = _LONGEST_MESSAGE) -> str:
    r"""Put a text on one line, cut to `longest` characters.

    >>> one_line("first\n  second"), one_line("abcdefgh", 6)
    ('first second', 'abc...')
    """
    line = _escaped(" ".join(text[: 4 * longest].split()))
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def _check_kind(path: Path | str, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "a device")
        raise UnreadableError(f"{file_label(path)}: not a file that can be read, but {kind}")


def _check_bytes(path: Path | str, size: int, most_bytes: int | None) -> None:
    if most_bytes is not None and size > most_bytes:
        raise UnreadableError(f"{file_label(path)}: too large: over the limit of {_size(most_bytes)}")


def _size(count: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= unit:
            return f"{count / unit:g} {name}"
    return f"{count} bytes"


def _stat(path: Path | str) -> os.stat_result:
    try:
        return os.stat(path)  # noqa: PTH116 - a name that is no path raises here, too
    except ValueError as error:  # a null character
        raise UnreadableError(f"{file_label(path)}: {error}") from error


def check_file(path: Path | str, most_bytes: int | None = None) -> None:
    """Refuse anything but a regular file of at most `most_bytes`.

    For readers that accept only a name. Prefer `open_file`, which leaves no time for the file to change.

    Raises:
        OSError: if the file does not exist or cannot be inspected.
        UnreadableError: if it is a folder, a pipe, a socket or a device, or too large.

    >>> check_file("/")
    Traceback (most recent call last):
    ...
    foveaview.io.untrusted.UnreadableError: /: not a file that can be read, but a folder
    """
    found = _stat(path)
    _check_kind(path, found.st_mode)
    _check_bytes(path, found.st_size, most_bytes)


def open_file(path: Path | str, most_bytes: int | None = None) -> BufferedReader:
    """Open a regular file for reading, without blocking.

    The kind is checked before opening, because opening a device may have an effect, and again on the open
    file, which may have been replaced by then.

    Args:
        path: path of the file, or of a link to it.
        most_bytes: largest accepted size; None for any.

    Raises:
        OSError: if the file cannot be opened; it names the file.
        UnreadableError: as `check_file` does.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a").write_bytes(b"abc")
    ...     with open_file(Path(folder) / "a", most_bytes=3) as file:
    ...         file.read()
    b'abc'
    """
    check_file(path, most_bytes)
    descriptor = os.open(path, _FLAGS)
    try:
        found = os.fstat(descriptor)
        _check_kind(path, found.st_mode)
        _check_bytes(path, found.st_size, most_bytes)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_file(path: Path | str, most_bytes: int) -> bytes:
    """Read a whole file of at most `most_bytes`; raises as `open_file` does.

    The limit is checked again after reading: a file may grow, and some system files report no size.
    """
    with reader_errors(path), open_file(path, most_bytes) as file:
        content = file.read(most_bytes + 1)
        _check_bytes(path, len(content or b""), most_bytes)
        return content or b""  # None if reading a system file would block


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}")


def parse_json(text: str | bytes, *, finite: bool = True) -> Any:
    """Parse JSON text, in UTF-8 with or without a byte order mark.

    Args:
        text: text to parse.
        finite: refuse NaN and infinite numbers, which other programs write but no standard allows.

    Raises:
        ValueError: if it is not JSON, is nested too deeply, or holds a number that is not finite.

    >>> parse_json("[1, 2.5]")
    [1, 2.5]
    """
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(text, parse_constant=_no_constant if finite else None)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_json(path: Path | str, most_bytes: int, *, finite: bool = True) -> Any:
    """Read a JSON file; see `parse_json`.

    Raises:
        OSError: if it cannot be read.
        UnreadableError: if it is too large, or `parse_json` refuses it.
    """
    content = read_file(path, most_bytes)
    with reader_errors(path, "not JSON that can be read"):
        return parse_json(content, finite=finite)


def _is_of(error: BaseException, module: str, name: str) -> bool:
    """Return True for an error of the named class; its module may not be loaded.

    The decoding process loads neither torch nor pydantic, to start fast and save memory.
    """
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(error, kind)


def _validation_reason(error: Any) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(map(str, first["loc"]))
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{place}: {first['msg']}, got {reprlib.repr(first['input'])}{more}"


def _reason(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory to read it"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if _is_of(error, "pydantic", "ValidationError"):
        return _validation_reason(error)
    if isinstance(error, ValueError | OSError | EOFError) and str(error):
        return getattr(error, "strerror", None) or str(error)
    return f"damaged ({type(error).__name__}{f': {error}' if str(error) else ''})"


def _of_system(error: Exception, path: Path | str) -> OSError | None:
    """Return the system's error about the file; None if the error is about the file's bytes."""
    if not isinstance(error, OSError) or error.errno is None or error.errno in _OF_CONTENT:
        return None
    return OSError(error.errno, error.strerror, str(path))


def _with_name(path: Path | str, message: str) -> str:
    """Put the file's name before a message, unless a reader has done so already."""
    name = file_label(Path(path).name)
    if name and message.startswith(name):
        return message
    label = file_label(path)
    return message if message.startswith(f"{label}:") else f"{label}: {message}"


@contextmanager
def reader_errors(
    path: Path | str, what: str = "", passing: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Turn any error of a reader into `UnreadableError` with the file's name, on one short line.

    System errors, such as a missing file, stay `OSError` and name the file. A cancelled computation stays
    cancelled, and a missing package is not blamed on the file.

    Args:
        path: path of the file being read.
        what: summary of the problem, put before the reason.
        passing: errors to leave unchanged.

    >>> with reader_errors("a.png"):
    ...     {}["width"]
    Traceback (most recent call last):
    ...
    foveaview.io.untrusted.UnreadableError: a.png: damaged (KeyError: 'width')
    """
    try:
        yield
    except Exception as error:  # damaged bytes can make a reader raise anything
        interrupted = _is_of(error, "foveaview.perception.interruption", "Interrupted")
        if interrupted or isinstance(error, (*_PASSED, *passing)):
            raise
        if (of_system := _of_system(error, path)) is not None:
            raise of_system from error
        reason = _reason(error)
        message = one_line(f"{what} ({reason})" if what else reason, _LONGEST_REASON)
        raise UnreadableError(_with_name(path, message)) from error
