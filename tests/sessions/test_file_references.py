"""The files that a session names are found again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from foveaview.gaze.recordings import ColumnMapping, read_recording
from foveaview.perception.interruption import Interrupted, interruptible
from foveaview.sessions import file_references as session_files
from foveaview.sessions.file_references import DataFile, file_sha256, found, places, with_data_file
from foveaview.sessions.model import Session, read_session, write_session

MAPPING = ColumnMapping(time="t", x="x", y="y")


@pytest.fixture
def kept(tmp_path: Path) -> DataFile:
    """Of a file that was beside its session, before both were moved."""
    (tmp_path / "was").mkdir()
    file = tmp_path / "was" / "gaze.csv"
    file.write_text("t,x,y\n")
    return DataFile(path=str(file), relative="gaze.csv", sha256=file_sha256(file))


def beside_session(kept: DataFile, text: str) -> Path:
    """A file of its name beside the session as it is now."""
    file = Path(kept.path).parents[1] / "gaze.csv"
    file.write_text(text)
    return file


def test_what_was_moved_with_the_session_is_found(kept: DataFile, tmp_path: Path) -> None:
    moved = beside_session(kept, "t,x,y\n")
    Path(kept.path).unlink()
    assert found(kept, tmp_path / "a.foveaview").path == str(moved)


def test_of_two_that_are_as_it_was_the_nearer_is_found(kept: DataFile, tmp_path: Path) -> None:
    copied = beside_session(kept, "t,x,y\n")
    assert found(kept, tmp_path / "a.foveaview").path == str(copied)


def test_what_is_as_it_was_is_looked_for_no_further(
    kept: DataFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def noted(path: Path, most_bytes: int | None = None) -> str:
        read.append(path)
        return file_sha256(path, most_bytes=most_bytes)

    copied = beside_session(kept, "t,x,y\n")
    monkeypatch.setattr(session_files, "file_sha256", noted)
    found(kept, tmp_path / "a.foveaview")
    assert read == [copied]


def test_another_file_of_its_name_is_not_taken_for_it(kept: DataFile, tmp_path: Path) -> None:
    beside_session(kept, "another person's")
    assert found(kept, tmp_path / "a.foveaview").path == kept.path


def test_where_none_is_as_it_was_the_nearer_is_found(kept: DataFile, tmp_path: Path) -> None:
    other = beside_session(kept, "another")
    Path(kept.path).write_text("changed")
    assert found(kept, tmp_path / "a.foveaview").path == str(other)


@pytest.mark.parametrize("relative", [None, "\0", "x" * 5000, "no/such.csv"])
def test_what_is_nowhere_stays_named_as_it_was(tmp_path: Path, relative: str | None) -> None:
    gone = DataFile(path=str(tmp_path / "gone.csv"), relative=relative)
    assert found(gone, tmp_path / "a.foveaview") == gone


def test_a_file_that_no_session_was_written_for_has_one_place() -> None:
    assert places(DataFile(path="/data/a.csv"), Path("/there/a.foveaview")) == [Path("/data/a.csv")]


@pytest.mark.parametrize(
    "part",
    [
        None,
        [1],
        {"path": "/data/a.csv"},
        {"path": "/data/a.csv", "relative": 3, "sha256": None},
        {"path": "", "relative": None, "sha256": None},
    ],
)
def test_what_names_no_file_stays_as_it_is(part: JsonValue) -> None:
    assert with_data_file(part, lambda file: file.model_copy(update={"path": "/changed"})) == part


def test_a_session_says_where_the_files_of_its_parts_are_from_its_folder(tmp_path: Path) -> None:
    part: dict[str, Any] = {"path": str(tmp_path / "gaze.csv"), "relative": None, "sha256": None, "speed": 2}
    (tmp_path / "in").mkdir()
    session = Session(extras={"recording": part})
    written = write_session(tmp_path / "in" / "a.foveaview", session)
    assert written.extras["recording"] == {**part, "relative": "../gaze.csv"}
    assert read_session(tmp_path / "in" / "a.foveaview") == written
    assert written.bare == session


def of_40_gb(path: Path, start: bytes = b"") -> Path:
    """A file that is almost all hole."""
    with path.open("wb") as file:
        file.write(start)
        file.truncate(40 << 30)
    return path


@pytest.mark.timeout(20)
def test_found_file_too_large_to_hash_is_not_hashed(kept: DataFile, tmp_path: Path) -> None:
    of_40_gb(tmp_path / "gaze.csv")
    assert found(kept, tmp_path / "a.foveaview").path == kept.path


@pytest.mark.timeout(20)
def test_known_sha256_file_too_large_is_not_known(tmp_path: Path) -> None:
    assert session_files.known_sha256(of_40_gb(tmp_path / "a")) is None
    with pytest.raises(ValueError, match="too large"):
        file_sha256(tmp_path / "a", most_bytes=10**9)


@pytest.mark.timeout(20)
def test_file_sha256_can_be_cancelled(tmp_path: Path) -> None:
    looked: list[int] = []

    def asked() -> bool:
        looked.append(1)
        return len(looked) > 3

    with interruptible(asked), pytest.raises(Interrupted):
        file_sha256(of_40_gb(tmp_path / "a"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.timeout(20)
def test_known_sha256_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert session_files.known_sha256(tmp_path / "pipe") is None


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.csv", b"t,x,y\n0,0.5,0.5\n"),
        ("a.tsv", b""),
        ("a.asc", b"SAMPLES GAZE LEFT RATE 500.00\n1000 9.0 5.0 2.0 ...\n"),
        ("a.xdf", b"XDF:"),
        ("sub-1_physio.tsv", b"1\t2\n"),
    ],
)
def test_read_recording_of_40_gb_without_content_is_refused(tmp_path: Path, name: str, start: bytes) -> None:
    with pytest.raises(ValueError, match=r"a\.|physio"):
        read_recording(of_40_gb(tmp_path / name, start), MAPPING if name == "a.csv" else None)
