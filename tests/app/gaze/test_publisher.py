"""The window publishes where it looks and what happens in it."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pylsl
import pytest
from PySide6.QtCore import Qt

from foveaview.app.core.state import AppState, Document, Phase
from foveaview.app.gaze.events import event_texts
from foveaview.gaze import now
from foveaview.gaze.tracker import GazeUpdate
from foveaview.live import Picture
from tests.app.conftest import MakeFile, WindowDriver
from tests.app.scripted import Script


@pytest.fixture
def opened(driver: WindowDriver, image_file: MakeFile) -> WindowDriver:
    driver.open(image_file("first.png", (96, 128)))
    tracking = driver.window.gaze
    tracking.set_settings(tracking.settings.replace(smoothing=False, freeze_ms=60_000, bank="never"))
    return driver


class Inlet:
    """What somebody else records."""

    def __init__(self, driver: WindowDriver, name: str) -> None:
        found: list[Any] = []

        def is_there() -> bool:
            found[:] = pylsl.resolve_byprop("name", name, 1, 0.8)
            return bool(found)

        driver.until(is_there)
        self._driver = driver
        self._inlet = pylsl.StreamInlet(found[0], recover=False)
        self._inlet.open_stream(20.0)
        self.rows: list[Any] = []
        self.times: list[float] = []

    def until(self, reached: Callable[[list[Any]], bool]) -> None:
        def pulled() -> bool:
            rows, times = self._inlet.pull_chunk()
            self.rows += rows
            self.times += times
            return reached(self.rows)

        self._driver.until(pulled)

    def says(self, *texts: str) -> None:
        """Wait for texts, in their order."""

        def said(rows: list[Any]) -> bool:
            rest = iter(row[0] for row in rows)
            return all(any(text == one for one in rest) for text in texts)

        try:
            self.until(said)
        except Exception as error:
            raise AssertionError(f"{texts} not in {self.rows}") from error


@pytest.fixture
def publish(opened: WindowDriver) -> Iterator[WindowDriver]:
    opened.window.commands["publish"].trigger()
    yield opened
    opened.close()


def test_looks_are_published_in_image_coordinates(publish: WindowDriver) -> None:
    inlet = Inlet(publish, "foveaview")
    script = Script()
    publish.window.gaze.follow(script)
    script.say(0.25, 0.75)
    inlet.until(lambda rows: bool(rows))
    assert inlet.rows[0] == pytest.approx([0.25, 0.75, 1.0], abs=1e-6)
    script.say(math.nan, math.nan, valid=False)
    inlet.until(lambda rows: math.isnan(rows[-1][0]))
    script.say(0.5, 0.5)
    inlet.until(lambda rows: rows[-1] == pytest.approx([0.5, 0.5, 1.0], abs=1e-6))
    assert inlet.times == sorted(inlet.times)
    assert 0 <= pylsl.local_clock() - inlet.times[-1] < 2


def test_what_happens_is_published_as_texts(publish: WindowDriver, image_file: MakeFile) -> None:
    inlet = Inlet(publish, "foveaview events")
    script, window = Script(), publish.window
    window.gaze.follow(script)
    script.say(0.25, 0.75)
    publish.until(lambda: window.gaze.look is not None)
    script.say(5.0, 5.0)
    publish.until(lambda: bool(window.gaze.look and window.gaze.look.frozen))
    script.say(0.5, 0.5)
    publish.until(lambda: not (window.gaze.look and window.gaze.look.frozen))
    window.gaze.stop()
    frozen = "gaze frozen: outside the image"
    inlet.says("source followed: Script", frozen, "gaze seen again", "source stopped")
    publish.open(image_file("second.png", (96, 128)))
    publish.controller.documents.select(publish.controller.state.documents[0].number)
    publish.press(Qt.Key.Key_Space)
    publish.until(lambda: publish.iteration() > 0)
    publish.press(Qt.Key.Key_Space)
    publish.press(Qt.Key.Key_Space)
    publish.press(Qt.Key.Key_Escape)
    inlet.says(
        "target opened: second.png",
        "target shown: second.png",
        "target shown: first.png",
        "run started: first.png",
        "run paused: first.png",
        "run continued: first.png",
        "run stopped: first.png",
    )
    window.commands["present"].trigger()
    assert window.presentation.screen is not None
    window.presentation.screen.close()
    window.commands["close_target"].trigger()
    inlet.says("presentation begun", "presentation ended", "target closed: first.png")


def test_alpha_is_told_once_for_many_turns(publish: WindowDriver) -> None:
    inlet = Inlet(publish, "foveaview events")
    for _ in range(5):
        publish.press(Qt.Key.Key_BracketRight)
    alpha = publish.document.loss_settings.alpha
    inlet.says(f"alpha: {alpha:g}")
    assert sum(row[0].startswith("alpha: ") for row in inlet.rows) <= 2


def test_who_records_later_is_told_what_there_is(opened: WindowDriver) -> None:
    opened.window.gaze.follow(Script())
    opened.window.commands["publish"].trigger()
    publisher = opened.window.publisher.publisher
    assert publisher is not None
    inlet = Inlet(opened, "foveaview events")
    opened.window.commands["publish"].trigger()
    assert publisher.wait(20.0)
    assert opened.window.publisher.uids == ()
    assert inlet.rows == []  # nobody was there when it was said


def test_it_is_off_at_first_and_remembered(driver: WindowDriver, make_window: Any) -> None:
    assert driver.window.publisher.publisher is None
    assert not driver.window.commands["publish"].isChecked()
    driver.window.commands["publish"].trigger()
    other = make_window()
    assert other.window.publisher.publisher is not None
    assert other.window.commands["publish"].isChecked()
    other.window.commands["publish"].trigger()
    assert make_window().window.publisher.publisher is None


def test_own_streams_are_not_in_the_list(publish: WindowDriver) -> None:
    publish.until(lambda: len(publish.window.publisher.uids) == 2)
    publish.window.commands["follow_stream"].trigger()
    dialog = publish.window.streams.dialog
    assert dialog is not None
    publish.until(lambda: "No stream of gaze was found" in dialog.remark.text())


def test_without_the_library_it_is_off_again_and_says_why(
    opened: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pylsl", None)
    opened.window.commands["publish"].trigger()
    opened.until(lambda: not opened.window.commands["publish"].isChecked())
    assert "pip install 'foveaview[lsl]'" in opened.window.notifications.messages.toPlainText()


def test_publishing_takes_the_window_no_time(publish: WindowDriver) -> None:
    publish.until(lambda: bool(publish.window.publisher.uids))
    took = []
    for number in range(400):
        began = time.thread_time()
        publish.window.gaze.looked.emit(GazeUpdate((number / 400, 0.5), now(), now()))
        took.append(time.thread_time() - began)
    assert sorted(took)[380] < 0.0002


def test_closing_the_window_ends_the_streams(publish: WindowDriver) -> None:
    publisher = publish.window.publisher.publisher
    assert publisher is not None
    publish.until(lambda: bool(publisher.uids))
    publish.close_in_time()
    assert publisher.wait(0.0)
    assert str(publish.window.preferences.store.value("publish")).lower() == "true"


def test_a_bank_that_is_shown_is_told() -> None:
    import torch

    target = torch.zeros(1, 3, 16, 16)
    pixels = target[0].permute(1, 2, 0).byte().numpy()
    document = Document(1, Path("a.png"), target, pixels, picture=Picture(pixels, None, banked=True))
    plain = replace(document, picture=Picture(pixels, None))
    states = [AppState((each,), 1) for each in (plain, document, plain)]
    assert event_texts(states[1], states[0]) == ["bank shown"]
    assert event_texts(states[2], states[1]) == ["bank no longer shown"]


def test_a_run_that_ended_by_itself_is_done() -> None:
    import torch

    target = torch.zeros(1, 3, 16, 16)
    pixels = target[0].permute(1, 2, 0).byte().numpy()
    runs = Document(1, Path("a.png"), target, pixels, phase=Phase.RUNNING)
    done = replace(runs, phase=Phase.DONE)
    assert event_texts(AppState((done,), 1), AppState((runs,), 1)) == ["run done: a.png"]
