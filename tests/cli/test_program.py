"""The program: its help, and what every command says of bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import FAST, complaint, run


def test_the_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    text = capsys.readouterr().out
    assert all(command in text for command in ("synthesize", "loss", "view"))


BAD_FILES: dict[str, tuple[bytes | None, str]] = {
    "missing.png": (None, "no such file"),
    "empty.png": (b"", "empty"),
    "words.png": (b"words", "not an image"),
    "cut.png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "cut.png"),
}


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("place", ["synthesize", "image", "target"])
def test_a_bad_image(
    name: str, place: str, photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, message = BAD_FILES[name]
    bad = tmp_path / name
    if content is not None:
        bad.write_bytes(content)
    arguments: dict[str, list[Any]] = {
        "synthesize": ["synthesize", bad, "--out", tmp_path / "out"],
        "image": ["loss", bad, photograph_file],
        "target": ["loss", photograph_file, bad],
    }
    assert message in complaint(capsys, *arguments[place])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("gaze", [(1.5, 0.4), (0.5, -0.1), ("nan", 0.5)])
def test_a_gaze_outside(
    gaze: tuple[object, object], photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", tmp_path / "out"]
    assert "outside the image" in complaint(capsys, "synthesize", photograph_file, "--gaze", *gaze, *out)
    assert "outside the image" in complaint(capsys, "loss", photograph_file, photograph_file, "--gaze", *gaze)


def test_a_missing_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert "IMAGE" in complaint(capsys, "synthesize")


def test_what_is_read_is_not_written_over(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = photograph_file.read_bytes()
    own = photograph_file.rename(tmp_path / "metamer.png")
    assert "written over" in complaint(capsys, "synthesize", own, "--steps", 1, "--out", tmp_path, *FAST)
    assert "written over" in complaint(capsys, "loss", own, own, "--n-pyramid-levels", 3, "--heatmap", own)
    assert own.read_bytes() == before


def test_program_name_with_a_newline_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    message = complaint(capsys, "loss", Path("a\nb.png"), Path("c.png"))
    assert "a\\nb.png" in message


def test_program_long_name_is_a_short_message(capsys: pytest.CaptureFixture[str]) -> None:
    message = complaint(capsys, "loss", Path("folder/" + 3000 * "x" + "end.png"), Path("c.png"))
    assert "end.png" in message
    assert len(message) < 700
