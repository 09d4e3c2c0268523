"""A window with more than one thing to save."""

from __future__ import annotations

import pytest

from foveaview.app.core.state import Phase
from tests.app.conftest import MakeFile, WindowDriver
from tests.app.sessions.saving import run_some


@pytest.fixture
def busy(driver: WindowDriver, image_file: MakeFile) -> WindowDriver:
    """Two targets, one with a candidate from a file, one with a search that is paused."""
    driver.open(image_file("first.png"))
    controller = driver.controller
    controller.edits.set_gaze((0.2, 0.7))
    controller.documents.open_candidate(image_file("candidate.png", size=(40, 40), seed=2))
    driver.until(lambda: driver.document.file is not None)
    controller.edits.pin((5, 6))
    driver.open(image_file("second.png", size=(40, 40), seed=1))
    controller.edits.set_loss("alpha", 0.3)
    controller.documents.open_start(image_file("start.png", seed=3))
    driver.until(lambda: driver.document.start is not None)
    run_some(driver)
    controller.search.pause()
    controller.edits.set_objective("pixel", 0.5)
    controller.edits.set_heatmap_of("pixel")
    controller.edits.set_view(layer="difference", offset=(1.5, -2.0), rings=True)
    driver.until(lambda: driver.document.status is not None and driver.document.phase is Phase.PAUSED)
    # the last frame, after which nothing changes by itself
    driver.until(lambda: driver.document.heatmap is not None and not driver.document.heatmap_changes)
    return driver
