"""What is written where a person saves, what counts as saved, and what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from foveaview.app.core.state import Phase
from foveaview.sessions.model import files_folder, read_session
from foveaview.synthesis import load_checkpoint
from tests.app.conftest import WindowDriver, collect
from tests.app.sessions.saving import full, save


def test_saving_again_keeps_no_checkpoint_that_is_of_no_use(busy: WindowDriver, tmp_path: Path) -> None:
    path = tmp_path / "a.foveaview"
    save(busy, path)
    first = list(files_folder(path).iterdir())
    busy.window.sessions.save(path)
    busy.controller.search.start()
    at = busy.iteration()
    busy.until(lambda: busy.iteration() > at + 2)
    seen = collect(busy.window.sessions.noticed)
    busy.window.sessions.save(path)
    busy.until(lambda: bool(seen))
    second = list(files_folder(path).iterdir())
    assert len(first) == len(second) == 1
    assert first != second
    run = read_session(path).targets[1].run
    assert run is not None
    assert len(load_checkpoint(path.parent / str(run.checkpoint)).state["losses"]) == run.iteration
    assert busy.document.phase is Phase.RUNNING


def test_saved_runs_are_no_longer_unsaved_and_later_steps_are(busy: WindowDriver, tmp_path: Path) -> None:
    assert busy.document.unsaved
    save(busy, tmp_path / "a.foveaview")
    busy.until(lambda: not busy.document.unsaved)
    at = busy.iteration()
    busy.controller.search.start()
    busy.until(lambda: busy.iteration() > at)
    assert busy.document.unsaved


def test_nothing_is_no_session(driver: WindowDriver, tmp_path: Path) -> None:
    seen = collect(driver.window.sessions.failed)
    driver.window.sessions.save(tmp_path / "a.foveaview")
    assert "nothing to save" in seen[0].message
    assert not (tmp_path / "a.foveaview").exists()


def test_a_place_that_cannot_be_written_is_said(busy: WindowDriver, tmp_path: Path) -> None:
    seen = collect(busy.window.sessions.failed)
    (tmp_path / "file").touch()
    busy.window.sessions.save(tmp_path / "file" / "a.foveaview")
    busy.until(lambda: bool(seen))
    assert busy.window.sessions.path is None


def test_saving_where_the_disk_is_full_leaves_the_run_unsaved(
    busy: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = collect(busy.window.sessions.failed)
    monkeypatch.setattr(torch, "save", full)
    saved = save(busy, tmp_path / "a.foveaview")
    assert len(saved.targets) == 2
    assert "not the newest steps" in seen[0].message
    assert busy.document.unsaved
