"""Tests of text in parts: encodings, line endings, truncated gzip, and binary files."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze.recordings.text_reader import head, parts
from foveaview.perception.interruption import Interrupted, interruptible

LINES = [f"{count},0.5,Güte" for count in range(50)]


def whole(path: Path, size: int = 1 << 20) -> str:
    return "".join(part.text for part in parts(path, size))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_parts_any_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join(LINES).encode(encoding))
    assert whole(path).split("\n") == LINES


def test_parts_latin_1_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join(LINES).encode("latin-1"))
    assert [part.latin for part in parts(path)] == [True, True]


@given(
    st.lists(st.sampled_from(["a", "b\xe9", ""]), min_size=1),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 9),
)
def test_parts_lines_do_not_depend_on_size_or_ending(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, size: int
) -> None:
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_bytes(end.join([*lines, ""]).encode())
    assert whole(path, size) == "\n".join([*lines, ""])


def test_parts_know_their_first_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(LINES))
    for part in parts(path, 40):
        assert part.text.startswith(f"{part.line - 1},")


def test_parts_gzip_is_detected_by_content(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress("\n".join(LINES).encode()))
    assert whole(path).split("\n") == LINES


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_parts_truncated_gzip_is_refused(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "a.tsv.gz"
    packed = gzip.compress("\n".join(LINES).encode())
    path.write_bytes(packed[: int(kept * len(packed))])
    with pytest.raises(ValueError, match=r"a\.tsv\.gz: from line \d+ on: the gzip file is truncated"):
        whole(path)


def test_parts_damaged_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv.gz"
    packed = bytearray(gzip.compress(random.Random(3).randbytes(3000).hex().encode()))
    packed[500:520] = bytes(20)
    path.write_bytes(packed)
    with pytest.raises(ValueError, match="the gzip file is truncated"):
        whole(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (random.Random(1).randbytes(5000), "is not text"),
        (b"PK\x03\x04" + bytes(200), "spreadsheet"),
        (b"SR_RESEARCH_COMBINED" + bytes(200), "edf2asc"),
        (b"\xff\xfet\x00,\x00\x00", "the text is not utf-16"),
    ],
)
def test_parts_binary_file_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        whole(path)


def test_parts_endless_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1," * (10 << 20))
    with pytest.raises(ValueError, match="it is not a table"):
        whole(path)


def test_head_of_empty_file_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    assert head(path) == []


def test_head_includes_all_comments(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("# said\n" * 20_000 + "t,x\n")
    assert head(path)[-1] == "t,x"


def test_parts_can_be_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t,x\n")
    with interruptible(lambda: True), pytest.raises(Interrupted):
        whole(path)
