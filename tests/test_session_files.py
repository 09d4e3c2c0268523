"""The files that a session names are found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from foveaview import session_files
from foveaview.session import Session, read_session, write_session
from foveaview.session_files import DataFile, file_sha256, found, places, with_data_file


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

    def noted(path: Path) -> str:
        read.append(path)
        return file_sha256(path)

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
