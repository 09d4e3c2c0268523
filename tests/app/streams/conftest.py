"""A window with an image, which finds streams soon."""

from __future__ import annotations

from functools import partial

import pytest

from foveaview.app.streams import controller as streaming
from foveaview.gaze.lsl import StreamWatch
from tests.app.conftest import MakeFile, WindowDriver


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for streams more often than people need."""
    often = partial(StreamWatch, every_s=0.3, timeout_s=0.3)
    monkeypatch.setattr(streaming, "StreamWatch", often)


@pytest.fixture
def opened(driver: WindowDriver, image_file: MakeFile) -> WindowDriver:
    driver.open(image_file(size=(96, 128)))
    tracking = driver.window.gaze
    tracking.set_settings(tracking.settings.replace(smoothing=False, bank="never"))
    return driver
