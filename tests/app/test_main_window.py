"""The window as it begins, and as it is closed in the midst of work."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from foveaview.app.core.state import Phase
from tests.app.conftest import MakeFile, MakeWindow, WindowDriver
from tests.app.searching import start


def test_an_empty_window_offers_samples(driver: WindowDriver) -> None:
    assert driver.window.welcome.isVisible()
    assert not driver.window.run.settings_panel.isEnabled()


@pytest.mark.parametrize("settings", [{}, {"start": "ventral"}])
def test_closing_in_mid_synthesis_ends_the_thread_and_keeps_the_run(
    make_window: MakeWindow, image_file: MakeFile, settings: dict[str, object]
) -> None:
    path = image_file()
    first = make_window()
    first.open(path)
    start(first, **settings)
    first.until(lambda: first.iteration() > 3)
    first.close_in_time()

    again = make_window()
    QTest.mouseClick(again.window.welcome.reopen, Qt.MouseButton.LeftButton)
    again.until(lambda: again.controller.state.document is not None)
    assert again.document.path == path
    assert again.document.phase is Phase.PAUSED
    assert again.iteration() > 3


def test_closing_during_a_long_evaluation(make_window: MakeWindow, image_file: MakeFile) -> None:
    driver = make_window()
    driver.controller.documents.open_targets([image_file("large.png", size=(2000, 2000))])
    driver.until(lambda: driver.controller.state.document is not None)
    QTest.qWait(300)
    driver.close_in_time()


def test_the_window_closes_during_a_long_animation(
    opened: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.controller.edits.set_synthesis("steps", 3)
    opened.controller.search.start()
    opened.until(lambda: opened.document.phase is Phase.DONE)
    frame = np.zeros((48, 64, 3), np.uint8)
    trail = opened.window.worker._loop._renderer.runs.trails.trail(opened.document.run or 0)
    begun = threading.Event()

    def slow_frames() -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        for i in range(1000):
            begun.set()
            time.sleep(0.02)
            yield i, frame

    monkeypatch.setattr(trail, "frames", slow_frames)
    opened.window.exporting.export_all(tmp_path / "out", {"gif"})
    assert begun.wait(10)
    opened.close_in_time()
    assert not (tmp_path / "out" / "manifest.json").exists()
