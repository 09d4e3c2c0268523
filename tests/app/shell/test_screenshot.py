"""The picture that a command takes of the window, and when it takes none."""

from __future__ import annotations

from pathlib import Path

import pytest

from foveaview import load_image
from foveaview.app.shell import screenshot
from foveaview.app.shell.screenshot import Screenshot
from tests.app.conftest import MakeFile, WindowDriver


def test_the_window_is_closed_after_its_picture(opened: WindowDriver, tmp_path: Path) -> None:
    path = tmp_path / "window.png"
    taken = Screenshot(opened.window.context, path, 0, n_targets=1, is_compared=False)
    opened.until(lambda: not opened.is_open)
    assert taken.error is None
    assert load_image(path).shape[-1] == opened.window.width()


def test_it_waits_for_all_to_be_open(opened: WindowDriver, image_file: MakeFile, tmp_path: Path) -> None:
    path = tmp_path / "window.png"
    taken = Screenshot(opened.window.context, path, 0, n_targets=2, is_compared=True)
    opened.open(image_file("second.png"))
    opened.qtbot.wait(60)
    assert opened.window.isVisible()
    opened.controller.documents.open_candidate(image_file("other.png"))
    opened.until(lambda: not opened.is_open)
    assert taken.error is None
    assert path.exists()


@pytest.mark.parametrize(("n_targets", "is_compared"), [(2, False), (1, True)])
def test_no_picture_is_taken_where_something_does_not_open(
    opened: WindowDriver, tmp_path: Path, n_targets: int, is_compared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screenshot, "_LONGEST_S", 0.1)
    taken = Screenshot(opened.window.context, tmp_path / "window.png", 0, n_targets, is_compared)
    opened.until(lambda: not opened.is_open)
    assert "not open after 0.1 s" in str(taken.error)
    assert not (tmp_path / "window.png").exists()
