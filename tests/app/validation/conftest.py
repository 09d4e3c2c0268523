"""A window with an image, and who validates the gaze in it."""

from __future__ import annotations

import pytest

from tests.app.conftest import MakeFile, WindowDriver
from tests.app.validation.person import Person


@pytest.fixture
def person(driver: WindowDriver, image_file: MakeFile) -> Person:
    driver.open(image_file())
    return Person(driver)
