"""Loss against bits in the window, with real clicks; and the meter with a worker that waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from foveaview import MetamericLoss
from foveaview.app.core.controller import Controller
from foveaview.app.rate.measurement import RateMeter
from foveaview.app.rate.rate_panel import RatePanel, rate_line
from foveaview.live import Failure
from foveaview.live.renderer import Renderer
from foveaview.rate.codecs import FORMATS, decode
from foveaview.rate.curve import first_under
from tests.app.conftest import LateWorker, MakeFile, StillWorker, WindowDriver


class SlowWorker(LateWorker):
    """Does a request when it is told to."""

    def work(self) -> None:
        """Answer the request that waits; there is never more than one."""
        ((request, done),) = self.waiting
        self.waiting = []
        StillWorker.ask(self, request, done)


@pytest.fixture
def opened(driver: WindowDriver, image_file: MakeFile) -> WindowDriver:
    driver.open(image_file())
    driver.show_dock("Rate")
    driver.until(driver.window.rate.panel.isVisible)
    return driver


def panel_of(driver: WindowDriver) -> RatePanel:
    return driver.window.rate.panel


def press(driver: WindowDriver) -> None:
    QTest.mouseClick(panel_of(driver).button, Qt.MouseButton.LeftButton)


def measured(driver: WindowDriver) -> None:
    driver.until(lambda: not driver.window.rate.meter.state.measuring)


def cells(panel: RatePanel, row: int) -> list[str]:
    items = [panel.table.item(row, column) for column in range(5)]
    return [item.text() for item in items if item is not None]


def enter(widget: Any, text: str) -> None:
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(widget, text)
    QTest.keyClick(widget, Qt.Key.Key_Return)


def test_a_click_measures_every_format(opened: WindowDriver) -> None:
    panel, meter = panel_of(opened), opened.window.rate.meter
    assert panel.line.text() == "press Measure"
    press(opened)
    assert "ancel" in panel.button.text()
    measured(opened)
    assert panel.line.text() == "32 of 32 measured"
    assert "easure" in panel.button.text()
    for kind in FORMATS:
        bpp, losses = panel.plot.curves[kind.name].getOriginalDataset()
        own = [point for point in meter.state.points if point.kind is kind]
        assert list(bpp) == [point.bpp for point in own]
        assert all(a == b.loss for a, b in zip(losses, own, strict=True) if b.loss > 0)
    loss = MetamericLoss.from_settings(opened.document.loss_settings)
    for point in meter.state.points[::7]:
        expected = float(loss(decode(point.data, 3), opened.document.target, opened.document.gaze))
        assert point.loss == pytest.approx(expected, rel=1e-5)


def test_the_table_says_what_is_under_the_threshold(opened: WindowDriver) -> None:
    panel, meter = panel_of(opened), opened.window.rate.meter
    press(opened)
    measured(opened)
    middle = sorted(point.loss for point in meter.state.points)[16]
    enter(panel.editors["threshold"].widget, f"{middle:.5f}")
    enter(panel.editors["lmbda"].widget, "0.5")
    assert meter.state.settings.lmbda == 0.5
    assert len(meter.state.points) == 32
    assert meter.state.changes == ()
    under = first_under(meter.state.points, meter.state.settings.threshold)
    for row, kind in enumerate(FORMATS):
        point = under[kind]
        if point is None:
            assert cells(panel, row)[:2] == [kind.name, "above"]
            continue
        name, quality, size, bpp, cost = cells(panel, row)
        assert (name, int(quality), int(size.replace(",", ""))) == (kind.name, point.quality, len(point.data))
        assert float(bpp) == pytest.approx(point.bpp, abs=1e-3)
        assert float(cost) == pytest.approx(point.cost(0.5), rel=0.01)
    assert 10 ** panel.plot.threshold.value() == pytest.approx(meter.state.settings.threshold)


def test_a_click_cancels(opened: WindowDriver) -> None:
    meter = opened.window.rate.meter
    press(opened)
    opened.until(lambda: len(meter.state.points) > 0)
    press(opened)
    assert not meter.state.measuring
    count = len(meter.state.points)
    QTest.qWait(200)
    assert len(meter.state.points) == count < 32


def test_another_gaze_makes_the_curves_stale(opened: WindowDriver) -> None:
    panel = panel_of(opened)
    press(opened)
    measured(opened)
    before = [point.loss for point in opened.window.rate.meter.state.points]
    opened.click(10, 10)
    assert panel.line.text() == "stale: gaze"
    assert not panel.table.isEnabled()
    assert panel.plot.curves["JPEG"].opts["symbolBrush"].color().alpha() < 255
    opened.controller.edits.set_loss("alpha", 0.3)
    assert panel.line.text() == "stale: gaze, alpha 0.2 -> 0.3"
    press(opened)
    measured(opened)
    assert panel.line.text() == "32 of 32 measured"
    assert panel.plot.curves["JPEG"].opts["symbolBrush"].color().alpha() == 255
    assert [point.loss for point in opened.window.rate.meter.state.points] != before


def test_a_gaze_that_moves_while_it_is_measured_is_measured_in_the_end(opened: WindowDriver) -> None:
    meter = opened.window.rate.meter
    press(opened)
    opened.drag([(5, 5), (15, 10), (25, 20), (40, 30)])
    measured(opened)
    assert meter.state.subject is not None
    assert meter.state.subject.key.gaze == opened.document.gaze
    assert round(opened.document.gaze[0] * 63) == 40
    assert len(meter.state.points) == 32
    assert meter.state.changes == ()


def test_frames_come_while_it_is_measured(opened: WindowDriver) -> None:
    """Requests never queue up in front of jobs."""
    meter = opened.window.rate.meter
    opened.controller.edits.set_loss("n_pyramid_levels", 3)
    opened.settle()
    press(opened)
    opened.controller.search.start()
    opened.until(lambda: opened.iteration() > 3)
    assert meter.state.measuring
    measured(opened)
    opened.controller.search.pause()


def test_the_candidate(opened: WindowDriver, image_file: MakeFile) -> None:
    panel, meter = panel_of(opened), opened.window.rate.meter
    other = image_file("other.png", seed=1)
    opened.controller.documents.open_candidate(other)
    opened.until(lambda: opened.document.file is not None)
    opened.settle()
    panel.image_box.setFocus()  # or the arrow would move the gaze
    QTest.keyClick(panel.image_box, Qt.Key.Key_Down)
    assert meter.state.image == "candidate"
    press(opened)
    measured(opened)
    loss = MetamericLoss.from_settings(opened.document.loss_settings)
    assert opened.document.file is not None
    expected = float(loss(opened.document.file, opened.document.target, opened.document.gaze))
    assert meter.state.points[-1].loss == pytest.approx(expected, rel=1e-4)
    opened.controller.edits.set_candidate("ventral")
    assert panel.line.text() == "stale: file -> ventral"


def test_a_candidate_that_is_not_there_yet_is_said(opened: WindowDriver) -> None:
    opened.controller.edits.set_candidate("metamer")
    opened.window.rate.meter.set_image("candidate")
    press(opened)
    opened.until(opened.window.notifications.banner_widget.isVisible)
    assert not opened.window.rate.meter.state.measuring
    assert panel_of(opened).line.text() == "press Measure"


def test_the_last_target_closed(opened: WindowDriver) -> None:
    press(opened)
    opened.controller.documents.close(opened.document.number)
    state = opened.window.rate.meter.state
    assert (state.measuring, state.points) == (False, ())
    assert not panel_of(opened).button.isEnabled()


def test_the_window_closes_while_it_is_measured(opened: WindowDriver) -> None:
    press(opened)
    opened.close_in_time()


# the meter alone


@pytest.fixture
def slow(
    qapp: QApplication, image_file: MakeFile, tmp_path: Path
) -> tuple[SlowWorker, Controller, RateMeter]:
    worker = SlowWorker()
    controller = Controller(worker)
    meter = RateMeter(controller, worker)
    controller.changed.connect(lambda state, _before: meter.follow(state))
    controller.documents.open_targets([image_file()])
    worker.work()
    meter.set_setting("n_qualities", 2)
    return worker, controller, meter


def test_one_request_at_a_time(slow: tuple[SlowWorker, Controller, RateMeter]) -> None:
    worker, _, meter = slow
    meter.measure()
    for count in range(1, 9):
        worker.work()
        assert len(meter.state.points) == count
        assert len(worker.waiting) == 1
    worker.work()
    assert worker.waiting == []
    assert not meter.state.measuring


def test_measuring_again_asks_once_and_drops_the_old_reply(
    slow: tuple[SlowWorker, Controller, RateMeter],
) -> None:
    worker, _, meter = slow
    meter.measure()
    meter.measure()
    assert len(worker.waiting) == 1
    worker.work()
    assert meter.state.points == ()
    worker.work()
    assert len(meter.state.points) == 1


def test_a_change_while_it_is_measured_waits_for_rest(
    slow: tuple[SlowWorker, Controller, RateMeter],
) -> None:
    worker, controller, meter = slow
    meter.measure()
    worker.work()
    for i in range(4):
        controller.edits.set_gaze((0.1 * i, 0.2))
        QTest.qWait(100)
    worker.work()
    assert worker.waiting == []
    assert rate_line(meter.state) == "measuring, 1 of 8 (restarts)"
    QTest.qWait(400)
    assert len(worker.waiting) == 1
    assert meter.state.points == ()


def test_another_target_ends_the_measurement(
    slow: tuple[SlowWorker, Controller, RateMeter], image_file: MakeFile
) -> None:
    worker, controller, meter = slow
    meter.measure()
    worker.work()
    controller.documents.open_targets([image_file("other.png", seed=2)])
    point, opening = worker.waiting
    for request in (point, opening):
        worker.waiting = [request]
        worker.work()
        worker.waiting = [] if request is opening else worker.waiting
    assert not meter.state.measuring
    assert rate_line(meter.state).startswith("stale: another target")


def test_a_failure_is_passed_on(
    slow: tuple[SlowWorker, Controller, RateMeter], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, _, meter = slow
    failures: list[Failure] = []
    meter.failed.connect(failures.append)

    def refuse(self: Renderer, _job: object) -> None:
        raise torch.OutOfMemoryError("too much")

    monkeypatch.setattr(Renderer, "judged", refuse)
    meter.measure()
    worker.work()
    assert [failure.kind for failure in failures] == ["memory"]
    assert not meter.state.measuring
