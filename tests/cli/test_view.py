"""The command `view`: the window from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from foveaview import load_image

from .commands import complaint


def test_view_renders_the_window_and_exits(photograph_file: Path, tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    arguments = ["view", photograph_file, "--gaze", 0.2, 0.3, "--theme", "dark", "--size", 1024, 700]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "foveaview", *map(str, arguments)]
    command += ["--screenshot", str(picture), "--after", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert load_image(picture).shape == (1, 3, 700, 1024)


def test_a_window_without_a_screen_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert "no screen" in complaint(capsys, "view")


def test_a_window_with_the_gaze_outside(capsys: pytest.CaptureFixture[str]) -> None:
    assert "outside the image" in complaint(capsys, "view", "--gaze", 2, 2)
