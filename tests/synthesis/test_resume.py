"""Runs that were stopped, in other processes: with leave, and without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.synthesis import resume
from tests.synthesis.nested import equal


def in_new_process(*arguments: object) -> str:
    command = [sys.executable, "-m", "tests.synthesis.resume", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=["adam", "lbfgs"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stopped runs, resumed in a process of their own."""
    path = tmp_path_factory.mktemp(kind)
    in_new_process("stop", path, kind)
    in_new_process("resume", path, kind)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("k", resume.STOPS)
def test_a_resumed_run_is_one_that_never_stopped(folder: Path, k: int) -> None:
    files = [folder / name for name in (f"{resume.STEPS}.pt", f"{k}-resumed.pt")]
    whole, again = (torch.load(path, weights_only=True) for path in files)
    assert len(torch.load(folder / f"{k}.pt", weights_only=True)["_losses"]) == k
    assert len(whole["_losses"]) == resume.STEPS
    assert whole["_losses"][-1] < whole["_losses"][0] / 2
    assert equal(whole, again)


@pytest.mark.slow
def test_a_killed_run_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    found = [int(word) for word in in_new_process("kill", tmp_path / "checkpoint.pt", 50).split()]
    assert len(found) == 50
    assert len(set(found)) > 5
    assert max(found) > 1


@pytest.mark.slow
def test_a_finished_run_can_be_read_here(folder: Path, kind: str) -> None:
    path = folder / f"{resume.STEPS}.pt"
    assert resume.begun(kind, path).iteration == resume.STEPS
    assert torch.load(path, weights_only=True)["save_metadata"]["foveaview"]["seed"] == 7
