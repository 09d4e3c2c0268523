"""What is counted in the worker: one request at a time, and the newest wins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtTest import QTest

from foveaview.app.core.controller import Controller
from foveaview.app.inspection import requests as reading_requests
from foveaview.app.inspection.readers import HistogramReader
from foveaview.app.inspection.requests import Counted
from foveaview.live import Done, Failure, Frame, Job, Picture, Request
from tests.app.conftest import MakeFile, StillWorker


class SlowWorker(StillWorker):
    """Answers a request when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[Request, Done]] = []
        self.slow = False

    def ask(self, request: Request, done: Done, replaces: str | None = None) -> None:
        if self.slow:
            self.waiting.append((request, done))
        else:
            super().ask(request, done, replaces)

    def work(self) -> None:
        ((request, done),) = self.waiting
        self.waiting = []
        super().ask(request, done)


@pytest.fixture
def slow() -> SlowWorker:
    return SlowWorker()


@pytest.fixture
def controller(slow: SlowWorker, image_file: MakeFile, qtbot: Any) -> Controller:
    made = Controller(slow)
    made.documents.open_targets([image_file()])
    slow.slow = True
    return made


def show_picture(controller: Controller, level: float, size: tuple[int, int] = (48, 64)) -> Picture:
    job = controller.full_job()
    assert isinstance(job, Job)
    picture = Picture(np.zeros((*size, 3), np.uint8), None, np.full((3, *size), level, np.float32))
    controller.search.receive(Frame(job.generation, job.document, "full", picture=picture))
    return picture


def test_one_request_at_a_time_and_the_newest_wins(
    controller: Controller, slow: SlowWorker, qtbot: Any
) -> None:
    reader = HistogramReader(controller, slow)
    counted: list[Counted] = []
    reader.changed.connect(counted.append)
    controller.changed.connect(reader.follow)
    show_picture(controller, 0.1)
    assert slow.waiting == []  # nobody looks
    reader.set_visible(True)
    for level in (0.2, 0.3, 0.4):
        newest = show_picture(controller, level)
        assert len(slow.waiting) == 1
    slow.work()
    assert slow.waiting == []  # it rests
    qtbot.waitUntil(lambda: len(slow.waiting) == 1)
    slow.work()
    assert counted[-1].picture is newest
    assert counted[-1].target is counted[0].target  # not counted again
    QTest.qWait(300)
    assert slow.waiting == []
    reader.set_visible(False)
    show_picture(controller, 0.5)
    assert slow.waiting == []


def test_a_preview_is_not_counted(controller: Controller, slow: SlowWorker, qtbot: Any) -> None:
    reader = HistogramReader(controller, slow)
    controller.changed.connect(reader.follow)
    counted: list[Counted] = []
    reader.changed.connect(counted.append)
    whole = show_picture(controller, 0.1)
    reader.set_visible(True)
    slow.work()
    show_picture(controller, 0.9, (24, 32))
    QTest.qWait(300)
    assert slow.waiting == []
    assert [one.picture for one in counted] == [whole]


def test_a_failure_is_told_and_not_repeated(
    controller: Controller, slow: SlowWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(reading_requests, "histograms", fail)
    reader = HistogramReader(controller, slow)
    failures: list[Failure] = []
    reader.failed.connect(failures.append)
    reader.set_visible(True)
    slow.work()
    reader.follow(controller.state, controller.state)
    assert [failure.kind for failure in failures] == ["memory"]
    assert slow.waiting == []
