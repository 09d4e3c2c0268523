"""The menu that changes the exposure of a target."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QInputDialog

from tests.app.conftest import WindowDriver
from tests.io.writers import pfm


@pytest.fixture
def light_file(tmp_path: Path) -> Path:
    return pfm(tmp_path / "light.pfm", np.full((48, 64, 3), 1.5, np.float32))


def test_the_menu_asks_for_the_exposure(
    opened: WindowDriver, light_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened.window
    assert not window.commands["expose"].isEnabled()
    window.controller.documents.open_targets([light_file])
    opened.until(lambda: opened.document.is_light)
    assert window.commands["expose"].isEnabled()
    monkeypatch.setattr(QInputDialog, "getDouble", staticmethod(lambda *_, **__: (-1.5, True)))
    window.image_actions.expose()
    opened.until(lambda: opened.document.exposure == -1.5)
    count = len(window.controller.state.documents)
    monkeypatch.setattr(QInputDialog, "getDouble", staticmethod(lambda *_, **__: (9.0, False)))
    window.image_actions.expose()
    assert len(window.controller.state.documents) == count
