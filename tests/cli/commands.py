"""Running a command, and what it says where it fails."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from foveaview.cli import main

FAST = ["--n-pyramid-levels", "3", "--device", "cpu"]


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def in_new_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "foveaview", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def complaint(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What a command that fails says, checked to be one line with exit code 2."""
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("foveaview: ")
    assert error.count("\n") == 1
    return error
