"""Whatever a person does, nothing breaks; scripts/random_events does it for longer."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.app.conftest import WindowDriver
from tests.app.random_person import RandomPerson, python_threads
from tests.app.stage import wait


@pytest.mark.parametrize("seed", [3, 4])
def test_random_events_break_nothing(
    driver: WindowDriver, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    monkeypatch.chdir(tmp_path)
    palette, threads = qapp.palette(), python_threads()
    person = RandomPerson(driver.window, tmp_path, seed)
    person.replace_dialogs(monkeypatch.setattr)
    driver.open(person.files[0])
    for _ in range(300):
        person.act()
        wait(3)
    driver.close_in_time()
    qapp.setPalette(palette)
    assert python_threads() <= threads
