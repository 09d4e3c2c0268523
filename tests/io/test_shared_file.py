"""Files that several windows change: nothing of one is lost to another."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from foveaview.io import shared_file
from foveaview.io.atomic_write import replacing
from foveaview.io.shared_file import SharedFile, set_aside
from foveaview.io.untrusted import read_json
from foveaview.io.versioned_json import NewerVersionError


def read(path: Path) -> list[int]:
    content = read_json(path, 10**6)
    if content == "newer":
        raise NewerVersionError(f"{path}: newer")
    if not isinstance(content, list):
        raise ValueError(f"{path}: damaged")
    return content


def write(path: Path, content: list[int]) -> None:
    with replacing(path) as part:
        part.write_text(json.dumps(content))


@pytest.fixture
def shared(tmp_path: Path) -> SharedFile[list[int]]:
    return SharedFile(tmp_path / "folder" / "numbers.json", "numbers", read, write, [])


def test_shared_file_without_a_file_is_empty(shared: SharedFile[list[int]]) -> None:
    assert shared.load().value == []
    assert not shared.path.parent.exists()


@pytest.mark.slow
def test_shared_file_changes_from_many_threads_are_all_kept(shared: SharedFile[list[int]]) -> None:
    threads = [
        threading.Thread(target=lambda number=number: shared.change(lambda own: [*own, number]))
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(shared.load().value) == list(range(12))


def test_shared_file_damaged_is_set_aside_and_said(shared: SharedFile[list[int]]) -> None:
    shared.path.parent.mkdir()
    shared.path.write_text("{")
    held = shared.load()
    assert held.value == []
    assert held.notice is not None
    (kept,) = shared.path.parent.glob("numbers-damaged-*.json")
    assert kept.read_text() == "{"
    assert kept.name in held.notice
    assert shared.change(lambda own: [*own, 1]).notice is None
    assert shared.load().value == [1]


def test_shared_file_newer_is_left_alone(shared: SharedFile[list[int]]) -> None:
    shared.path.parent.mkdir()
    shared.path.write_text('"newer"')
    for act in (shared.load, lambda: shared.change(lambda own: [*own, 1])):
        with pytest.raises(NewerVersionError):
            act()
    assert shared.path.read_text() == '"newer"'


def test_shared_file_locked_for_long_says_what_to_do(
    shared: SharedFile[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_file, "_LOCK_S", 0.05)
    shared.path.parent.mkdir()
    with FileLock(f"{shared.path}.lock"), pytest.raises(ValueError, match="another window is writing"):
        shared.change(lambda own: [*own, 1])


def test_shared_file_change_that_fails_keeps_the_file(shared: SharedFile[list[int]]) -> None:
    shared.change(lambda _own: [1])

    def fail(_own: list[int]) -> list[int]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        shared.change(fail)
    assert shared.change(lambda own: [*own, 2]).value == [1, 2]  # the lock is free again


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_shared_file_named_pipe_is_set_aside(shared: SharedFile[list[int]]) -> None:
    shared.path.parent.mkdir()
    os.mkfifo(shared.path)
    assert shared.load().value == []
    assert shared.change(lambda own: [*own, 1]).value == [1]


def test_set_aside_each_time_has_a_name_of_its_own(tmp_path: Path) -> None:
    path, kept = tmp_path / "a.json", []
    for text in ("one", "two"):
        path.write_text(text)
        kept.append(set_aside(path))
        assert not path.exists()
    assert [aside.read_text() for aside in kept] == ["one", "two"]
