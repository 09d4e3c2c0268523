"""What will be written is looked at before the work, and left as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foveaview import MetamericLoss
from foveaview.cli.outputs import check_outputs
from foveaview.cli.rate_report import RateReport
from foveaview.cli.scanpath_report import ScanpathReport
from tests.cli.commands import FAST, complaint

TOO_LONG = 300 * "x"  # even for who may write everywhere


def test_every_command_says_before_its_work_what_cannot_be_written(
    photograph_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def work(*_: Any) -> None:
        pytest.fail("the work began")

    for worker, method in ((MetamericLoss, "forward"), (RateReport, "run"), (ScanpathReport, "run")):
        monkeypatch.setattr(worker, method, work)
    picture, there = photograph_file, tmp_path / TOO_LONG
    for asked in (
        ["synthesize", picture, "--out", there, *FAST],
        ["loss", picture, picture, "--n-pyramid-levels", 3, "--heatmap", there],
        ["rate", picture, "--n-pyramid-levels", 3, "--json", there],
        ["rate", picture, "--n-pyramid-levels", 3, "--csv", there],
        ["rate", picture, "--n-pyramid-levels", 3, "--out", there],
        ["view", picture, "--screenshot", there],
    ):
        assert "file name too long" in complaint(capsys, *asked)
    assert list(tmp_path.iterdir()) == [photograph_file]


def test_the_check_leaves_everything_as_it_is(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text("before")
    modified = old.stat().st_mtime_ns
    check_outputs([old, tmp_path / "new.csv"], [])
    assert list(tmp_path.iterdir()) == [old]
    assert (old.read_text(), old.stat().st_mtime_ns) == ("before", modified)


def test_the_folder_is_made(tmp_path: Path) -> None:
    check_outputs([tmp_path / "a" / "b" / "c.png"], [], tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_nothing_is_made_where_a_file_is_read_and_written(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.touch()
    with pytest.raises(ValueError, match="written over"):
        check_outputs([picture, tmp_path / "out" / "b.png"], [None, picture], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_files_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="written twice"):
        check_outputs([tmp_path / "a", tmp_path / "a"], [])


def test_a_device_is_no_place_for_a_file(tmp_path: Path) -> None:
    device = Path("/dev/null")
    if not device.exists():
        device = tmp_path / "folder"
        device.mkdir()
    with pytest.raises(OSError, match=r"regular file|directory"):
        check_outputs([device], [])


def test_one_file_by_two_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("a")
    for other in (tmp_path / "a", Path("new", "..", "a"), Path("link")):
        with pytest.raises(ValueError, match="written twice"):
            check_outputs([Path("a"), other], [], Path("new"))
    assert list(tmp_path.iterdir()) == [tmp_path / "link"]


@pytest.mark.parametrize("refused", ["q/x.csv", "p", "p/new/x.csv", f"p/new/{TOO_LONG}"])
def test_no_folder_is_made_where_a_file_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    for folder in (Path("p"), Path("there", "p")):
        with pytest.raises(OSError, match=r"No such file|directory|too long"):
            check_outputs([folder / "a.png", folder.parent / refused], [], folder)
    with pytest.raises(OSError, match="too long"):
        check_outputs([], [], Path("p", TOO_LONG))
    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]


def test_a_file_in_a_folder_that_will_be_made(tmp_path: Path) -> None:
    check_outputs([tmp_path / "p" / "a.csv"], [], tmp_path / "p")
    assert list(tmp_path.rglob("*")) == [tmp_path / "p"]


@pytest.mark.parametrize("there", ["new/", "new/.", "folder/"])
def test_the_name_of_a_folder_is_no_name_of_a_file(
    photograph_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    there: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    picture = photograph_file
    for asked in (
        ["loss", picture, picture, "--n-pyramid-levels", 3, "--heatmap", there],
        ["rate", picture, "--n-pyramid-levels", 3, "--json", there],
        ["rate", picture, "--n-pyramid-levels", 3, "--csv", there],
    ):
        assert f"{there} names a folder" in complaint(capsys, *asked)
    assert set(tmp_path.iterdir()) == {picture, tmp_path / "folder"}
