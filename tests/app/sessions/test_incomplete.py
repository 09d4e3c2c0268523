"""What of a session is missing, damaged or not for this window is said, and the rest is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PySide6.QtTest import QTest

from foveaview.app.core.state import Phase
from foveaview.sessions.file_references import DataFile
from foveaview.sessions.model import Session, TargetRecord, read_session, write_session
from tests.app.conftest import MakeFile, MakeWindow, WindowDriver, collect
from tests.app.sessions.saving import restored, save, state_of


def test_a_missing_and_a_changed_image_are_said_and_the_rest_is_there(
    busy: WindowDriver, make_window: MakeWindow, image_file: MakeFile, tmp_path: Path
) -> None:
    save(busy, tmp_path / "a.foveaview")
    (tmp_path / "candidate.png").unlink()
    image_file("second.png", size=(40, 40), seed=9)
    other = make_window()
    told = " ".join(restored(other, tmp_path / "a.foveaview").remarks)
    assert "candidate.png is not there any more" in told
    assert "second.png has changed" in told
    assert "the run of second.png could not be taken up" in told
    first, second = other.controller.state.documents
    assert first.pins == ((5, 6),)
    assert first.candidate == "ventral"
    assert second.loss_settings.alpha == 0.3
    assert second.run is None
    assert "Not all of the session" in other.window.notifications.banner_widget.text.text()
    assert other.window.sessions.path is None  # saving over it would lose what is still in it


def test_a_damaged_checkpoint_is_said(busy: WindowDriver, make_window: MakeWindow, tmp_path: Path) -> None:
    save(busy, tmp_path / "a.foveaview")
    for file in (tmp_path / "a.files").iterdir():
        file.write_bytes(b"bad")
    other = make_window()
    assert "could not be taken up" in restored(other, tmp_path / "a.foveaview").remarks[0]
    assert other.document.phase is Phase.IDLE
    assert other.document.loss_settings.alpha == 0.3


def test_a_damaged_session_leaves_what_is_open(busy: WindowDriver, tmp_path: Path) -> None:
    before, seen = state_of(busy), collect(busy.window.sessions.failed)
    (tmp_path / "bad.foveaview").write_text("{")
    busy.window.sessions.open(tmp_path / "bad.foveaview")
    busy.until(lambda: bool(seen))
    assert "damaged" in seen[0].message
    assert state_of(busy) == before


def rewritten(path: Path, change: Callable[[Session], Session]) -> None:
    """The file as another program might have changed it."""
    write_session(path, change(read_session(path)))


def test_a_device_that_is_not_here_is_said_and_the_target_is_shown(
    busy: WindowDriver, make_window: MakeWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for device in (torch.cuda, torch.backends.mps):
        monkeypatch.setattr(device, "is_available", lambda: False)
    path = tmp_path / "a.foveaview"
    save(busy, path)
    rewritten(path, lambda s: s.with_targets(_with_cuda))
    other = make_window()
    told = restored(other, path).remarks
    assert told == 2 * ("cuda is not here: computed on the cpu",)
    assert other.document.settings.device == "auto"
    other.until(lambda: other.document.picture is not None and other.document.heatmap is not None)


def _with_cuda(target: TargetRecord) -> TargetRecord:
    return target.model_copy(update={"settings": target.settings.replace(device="cuda")})


def test_a_term_without_a_heatmap_is_said_and_the_target_is_shown(
    busy: WindowDriver, make_window: MakeWindow, tmp_path: Path
) -> None:
    path = tmp_path / "a.foveaview"
    save(busy, path)
    rewritten(
        path,
        lambda s: s.with_targets(lambda target: target.model_copy(update={"heatmap_of": "adversarial"})),
    )
    other = make_window()
    assert "the adversarial term has no heatmap" in restored(other, path).remarks[0]
    assert other.document.heatmap_of == "metameric"
    other.until(lambda: other.document.picture is not None and other.document.heatmap is not None)


def test_closing_the_window_ends_looking_for_a_huge_file(driver: WindowDriver, tmp_path: Path) -> None:
    was, moved = tmp_path / "was", tmp_path / "moved"
    kept = DataFile(path=str(was / "gaze.csv"), sha256=64 * "0").model_dump(mode="json")
    for folder in (was, moved):
        folder.mkdir()
        with (folder / "gaze.csv").open("wb") as file:
            file.truncate(60 << 30)  # of zeros, which take no room
    write_session(was / "a.foveaview", Session(extras={"recording": kept}))
    (was / "a.foveaview").rename(moved / "a.foveaview")
    driver.window.sessions.open(moved / "a.foveaview")
    QTest.qWait(200)
    driver.close_in_time()
