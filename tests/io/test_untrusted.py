"""Files from anywhere: regular files only, bounded, and refused in one short line."""

from __future__ import annotations

import errno
import math
import os
import socket
import struct
import zlib
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from foveaview.io import untrusted
from foveaview.io.untrusted import (
    UnreadableError,
    check_file,
    file_label,
    one_line,
    open_file,
    parse_json,
    read_file,
    read_json,
    reader_errors,
)
from foveaview.perception.interruption import Interrupted

pytestmark = pytest.mark.timeout(20)  # what blocks fails
needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(b"content")
    return path


def test_open_file_regular_file_is_read(file: Path) -> None:
    with open_file(file) as opened:
        assert opened.read() == b"content"


def test_open_file_link_to_file_is_followed(file: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(file)
    with open_file(tmp_path / "link") as opened:
        assert opened.read() == b"content"


@needs_fifo
def test_open_file_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableError, match=r"pipe: not a file that can be read, but a pipe$"):
        open_file(tmp_path / "pipe")


@needs_fifo
def test_open_file_pipe_put_in_place_after_the_check_is_refused(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")

    def check_then_swap(path: Path, most_bytes: int | None = None) -> None:
        check_file(path, most_bytes)
        (tmp_path / "pipe").replace(file)

    monkeypatch.setattr(untrusted, "check_file", check_then_swap)
    process = psutil.Process()
    before = process.num_fds()
    with pytest.raises(UnreadableError, match="but a pipe"):
        open_file(file)
    assert process.num_fds() == before


def test_open_file_that_grew_after_the_check_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrusted, "check_file", lambda path, most_bytes=None: None)
    with pytest.raises(UnreadableError, match="too large: over the limit of 3 bytes"):
        open_file(file, 3)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/tty", "/dev/null"])
def test_open_file_device_is_refused(device: str) -> None:
    if not Path(device).exists():
        pytest.skip("no such device here")
    with pytest.raises(UnreadableError, match="but a device"):
        open_file(device)


def test_open_file_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="but a folder"):
        open_file(tmp_path)


def test_open_file_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's name is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")
        with pytest.raises(UnreadableError, match="but a socket"):
            open_file("s")


def test_open_file_missing_file_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.png"):
        open_file(tmp_path / "nothing.png")


def test_open_file_null_character_in_name_is_refused() -> None:
    with pytest.raises(UnreadableError, match="null"):
        open_file("a\0b")


def test_open_file_sparse_file_over_the_bound_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(40 << 30)
    with pytest.raises(UnreadableError, match="too large: over the limit of 1 MB"):
        open_file(tmp_path / "sparse", 10**6)


def test_read_file_at_the_bound_is_read(file: Path) -> None:
    assert read_file(file, 7) == b"content"
    with pytest.raises(UnreadableError, match="too large"):
        read_file(file, 6)


def test_read_file_without_a_size_is_bounded() -> None:
    path = Path("/proc/self/maps")
    if not path.exists():
        pytest.skip("no /proc here")
    with pytest.raises(UnreadableError, match="over the limit of 10 bytes"):
        read_file(path, 10)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "utf-8"),
        (b'{"a": NaN}', "it holds NaN"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"1" * 5000, "not JSON"),
        (b"", "not JSON"),
    ],
)
def test_read_json_bad_content_is_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(UnreadableError, match=reason) as raised:
        read_json(tmp_path / "a.json", 10**6)
    assert len(str(raised.value).splitlines()) == 1


def test_read_json_with_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(tmp_path / "a.json", 100) == {"a": 1}


def test_parse_json_of_other_programs_may_not_be_finite() -> None:
    assert math.isnan(parse_json("[NaN]", finite=False)[0])


class Values(BaseModel):
    width: int
    height: int


@pytest.mark.parametrize(
    "error",
    [
        KeyError("width"),
        IndexError(),
        RuntimeError("first\nsecond\n" + 2000 * "x"),
        NotImplementedError("Unimplemented pixel format"),
        MemoryError(),
        RecursionError("maximum recursion depth exceeded"),
        OverflowError("int too large"),
        struct.error("unpack requires a buffer of 4 bytes"),
        zlib.error("Error -3"),
        EOFError(),
        OSError("image file is truncated"),
        OSError(errno.EINVAL, "Invalid argument"),
        AssertionError(),
        ValueError("wrong\x00\nvalue"),
    ],
)
def test_reader_errors_any_error_is_one_short_line(error: Exception) -> None:
    with pytest.raises(UnreadableError, match=r"^a\.png: \S") as raised, reader_errors("a.png"):
        raise error
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 400
    assert raised.value.__cause__ is error


def test_reader_errors_of_the_system_stay_and_name_the_file() -> None:
    with pytest.raises(PermissionError, match=r"'a\.png'"), reader_errors("a.png"):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_reader_errors_cancelled_stays_cancelled() -> None:
    with pytest.raises(Interrupted), reader_errors("a.png"):
        raise Interrupted


def test_reader_errors_own_error_is_not_named_twice() -> None:
    with pytest.raises(UnreadableError, match=r"^a\.png: wrong$"), reader_errors("b"), reader_errors("a.png"):
        raise ValueError("wrong")


@pytest.mark.parametrize("message", ["a.png: wrong", "folder/a.png: wrong", "a.png is no image"])
def test_reader_errors_message_with_the_name_is_not_named_again(message: str) -> None:
    with pytest.raises(UnreadableError, match=f"^{message}$"), reader_errors("folder/a.png"):
        raise ValueError(message)


def test_reader_errors_missing_package_is_passed() -> None:
    with pytest.raises(ImportError, match="pip install"), reader_errors("a.xdf"):
        raise ImportError("pip install it")


def test_reader_errors_passing_is_left_as_it_is() -> None:
    error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError) as raised, reader_errors("a.png", passing=(ZeroDivisionError,)):
        raise error
    assert raised.value is error


def test_reader_errors_of_validation_name_the_field() -> None:
    with (
        pytest.raises(UnreadableError, match=r"^a\.json: width: .*, got 'x' \(and 1 more\)$"),
        reader_errors("a.json"),
    ):
        Values(width="x", height=None)


@given(st.text())
def test_file_label_any_name_is_printable_and_short(name: str) -> None:
    label = file_label(name)
    assert label.isprintable()
    assert len(label) <= 203


@given(st.text(), st.integers(4, 50))
def test_one_line_any_text_is_printable_and_short(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert line.isprintable()
    assert len(line) <= longest
