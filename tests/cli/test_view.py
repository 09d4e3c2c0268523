"""The command `view`: the window from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from foveaview import load_image
from tests.cli.commands import complaint


def viewed(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A window of a process of its own, with the settings of nobody."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(home)}
    environment["XDG_CONFIG_HOME"] = environment["XDG_DATA_HOME"] = str(home)
    command = [sys.executable, "-m", "foveaview", "view", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.slow
def test_view_renders_the_window_and_exits(photograph_file: Path, tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    look = ["--gaze", 0.2, 0.3, "--theme", "dark", "--size", 1024, 700]
    done = viewed(tmp_path, photograph_file, *look, "--screenshot", picture, "--after", 2)
    assert done.returncode == 0, done.stderr
    assert load_image(picture).shape == (1, 3, 700, 1024)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["image", "second image", "candidate", "session"])
def test_no_picture_is_taken_of_what_cannot_be_read(
    place: str, photograph_file: Path, tmp_path: Path
) -> None:
    bad, picture = tmp_path / f"words.{'foveaview' if place == 'session' else 'png'}", tmp_path / "window.png"
    bad.write_text("words")
    asked: dict[str, list[object]] = {
        "image": [bad],
        "second image": [photograph_file, bad],
        "candidate": [photograph_file, "--candidate", bad],
        "session": [bad],
    }
    # what is wrong ends it: the time that it would wait is not waited
    done = viewed(tmp_path, *asked[place], "--screenshot", picture, "--after", 200)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("foveaview: ")
    assert bad.name in done.stderr.splitlines()[-1]
    assert not picture.exists()


def test_a_window_without_a_screen_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert "no screen" in complaint(capsys, "view")


def test_a_window_with_the_gaze_outside(capsys: pytest.CaptureFixture[str]) -> None:
    assert "outside the image" in complaint(capsys, "view", "--gaze", 2, 2)
