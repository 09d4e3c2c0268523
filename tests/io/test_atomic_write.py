"""Files that are whole or as before."""

from __future__ import annotations

import errno
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from foveaview.display.models import Display, save_displays
from foveaview.files import save_losses, save_png
from foveaview.gaze.recording import Recording
from foveaview.gaze.recordings import write_recording
from foveaview.io.atomic_write import check_writable, destination, replacing
from foveaview.sessions.model import Session, write_session
from foveaview.sessions.presets import Preset, write_presets
from foveaview.synthesis.checkpoints.checkpoint import write_raw


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail_midway() -> None:
        with replacing(path) as part:
            part.write_text("half")
            raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        fail_midway()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_written_file_has_the_usual_rights(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    with replacing(tmp_path / "ours") as part:
        part.write_text("x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


def killed_midway(path: Path) -> Path:
    """What a process leaves that ends without a word while it saves."""
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom foveaview.io.atomic_write import replacing\n"
        "with replacing(Path(sys.argv[1])) as part:\n    part.write_text('half')\n    os._exit(9)\n"
    )
    before = set(path.parent.iterdir())
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 9
    (left,) = set(path.parent.iterdir()) - before
    return left


def test_a_save_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    path, other = tmp_path / "a.txt", tmp_path / "a.txt.b"
    killed_midway(path)
    kept = killed_midway(other)  # another file's, which begins alike
    with replacing(path) as part:
        part.write_text("whole")
    assert set(tmp_path.iterdir()) == {path, kept}


def test_what_a_living_process_writes_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with replacing(path) as first:
        first.write_text("first")
        with replacing(path) as second:
            second.write_text("second")
        assert first.read_text() == "first"
    assert path.read_text() == "first"


def test_what_was_written_on_another_machine_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    left = killed_midway(path)
    monkeypatch.setattr(platform, "node", lambda: "elsewhere")
    with replacing(path) as part:
        part.write_text("whole")
    assert set(tmp_path.iterdir()) == {path, left}


def written(path: Path, text: str) -> str:
    with replacing(path) as part:
        part.write_text(text)
    return path.read_text()


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.txt").write_text("old")
    (tmp_path / "between").symlink_to(Path("far", "a.txt"))
    (tmp_path / "link").symlink_to("between")
    assert written(tmp_path / "link", "new") == "new"
    assert (tmp_path / "link").readlink() == Path("between")
    assert (tmp_path / "between").readlink() == Path("far", "a.txt")
    assert [file.read_text() for file in (tmp_path / "far").iterdir()] == ["new"]


def test_a_link_to_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("new.txt")
    assert destination(tmp_path / "link") == (tmp_path / "new.txt").resolve()
    assert written(tmp_path / "link", "new") == "new"
    assert (tmp_path / "link").is_symlink()


def test_links_that_lead_in_a_circle(tmp_path: Path) -> None:
    there, back, inside = tmp_path / "there", tmp_path / "back", tmp_path / "there" / "a.txt"
    there.symlink_to(back)
    back.symlink_to(there)
    for path in (there, inside):
        with pytest.raises(OSError, match=r"(?i)symbolic links") as caught:
            check_writable(path)
        assert caught.value.filename == str(path)
    assert set(tmp_path.iterdir()) == {there, back}


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/new.json", "/dev/fd/1", "/proc/self/new.json"])
def test_what_lies_among_devices_and_processes_is_no_place(tmp_path: Path, name: str) -> None:
    link = tmp_path / "link"
    link.symlink_to(name)
    for path in (Path(name), link):
        with pytest.raises(OSError, match="regular file") as caught:
            destination(path)
        assert caught.value.filename == str(path)


def test_a_folder_behind_a_link_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(IsADirectoryError):
        check_writable(tmp_path / "link")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_file_that_is_saved_over_keeps_its_rights(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.txt"
    path.touch()
    path.chmod(mode)
    assert written(path, "new") == "new"
    assert path.stat().st_mode & 0o777 == mode


def test_a_leftover_that_cannot_be_removed_is_in_nobodys_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    goes = killed_midway(path)
    stays = goes.with_name(f"{goes.stem}x.part")
    stays.mkdir()
    monkeypatch.setattr(Path, "iterdir", lambda folder: iter([stays, goes]))
    assert written(path, "whole") == "whole"
    assert stays.exists()
    assert not goes.exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", [255 * "x", 127 * "é", os.fsdecode(255 * b"\xff")])
def test_a_name_as_long_as_the_system_takes(tmp_path: Path, name: str) -> None:
    path, alike = tmp_path / name, tmp_path / (name[:-1] + "y")
    killed_midway(path)
    kept = killed_midway(alike)
    check_writable(path)
    assert written(path, "whole") == "whole"
    assert set(tmp_path.iterdir()) == {path, kept}


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long") as caught:
        check_writable(tmp_path / (256 * "x"))
    assert caught.value.filename == str(tmp_path / (256 * "x"))
    assert not list(tmp_path.iterdir())


def test_replacing_error_that_names_no_file_names_the_path(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(OSError, match="No space left") as caught, replacing(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.filename == str(path)


def test_replacing_error_of_another_file_names_that_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "a.txt"):
        (tmp_path / "other").read_text()
    assert caught.value.filename == str(tmp_path / "other")


def test_replacing_error_of_a_library_without_a_number_stays(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"^broken$"), replacing(tmp_path / "a.txt"):
        raise OSError("broken")


TIMES = np.arange(99.0)
WRITERS: dict[str, Callable[[Path], object]] = {
    "png": lambda path: save_png(path, np.zeros((64, 64), np.uint8), {"a": 500 * "x"}),
    "losses": lambda path: save_losses(path, [0.1] * 500),
    "displays": lambda path: save_displays(path, [Display(200 * "x", (1, 1), 1, 1)]),
    "presets": lambda path: write_presets(path, {"a": Preset()}),
    "session": lambda path: write_session(path, Session()),
    "checkpoint": lambda path: write_raw(path, {"a": torch.zeros(1000)}),
    "recording": lambda path: write_recording(path, Recording("a", TIMES, TIMES, TIMES)),
}


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on a file's size here")
@pytest.mark.parametrize("kind", WRITERS)
def test_replacing_disk_that_is_full_names_the_path_and_keeps_the_file(tmp_path: Path, kind: str) -> None:
    import resource

    path = tmp_path / "a"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            WRITERS[kind](path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
