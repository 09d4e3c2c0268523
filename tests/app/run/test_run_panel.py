"""A search that a person runs, pauses, stops and ends."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from foveaview.app.core.state import Phase
from tests.app.conftest import MakeFile, WindowDriver
from tests.app.searching import start


def test_a_run_shows_its_progress_and_a_falling_curve(opened: WindowDriver) -> None:
    start(opened)
    opened.until(lambda: opened.iteration() > 60)
    opened.until(lambda: "it/s" in opened.window.run.run_panel.line.text())
    opened.until(lambda: len(opened.window.run.loss_plot.curve.getOriginalDataset()[1]) > 20)
    losses = opened.window.run.loss_plot.curve.getOriginalDataset()[1]
    assert losses[-1] < losses[0]


def test_pause_stops_within_a_step_and_resume_goes_on(opened: WindowDriver) -> None:
    start(opened)
    opened.until(lambda: opened.iteration() > 3)
    QTest.mouseClick(opened.window.run.run_panel.pause_button, Qt.MouseButton.LeftButton)
    seen: list[int] = []
    for asked in (1, 2):
        opened.window.worker.ask(
            lambda r: next(iter(r.runs.searches.values())).synthesis.iteration, seen.append
        )
        opened.until(partial(lambda wanted: len(seen) == wanted, asked))
        QTest.qWait(200)
    assert seen[1] - seen[0] <= 1
    QTest.mouseClick(opened.window.run.run_panel.start_button, Qt.MouseButton.LeftButton)
    opened.until(lambda: opened.iteration() > seen[1] + 3)


def test_escape_stops_and_space_continues_with_a_restart_offered(opened: WindowDriver) -> None:
    start(opened)
    opened.until(lambda: opened.iteration() > 3)
    first = opened.document.run
    opened.window.images.setFocus()
    QTest.keyClick(opened.window, Qt.Key.Key_Escape)
    assert opened.document.phase is Phase.STOPPED
    assert opened.document.picture is not None
    QTest.keyClick(opened.window, Qt.Key.Key_Space)
    assert opened.document.phase is Phase.RUNNING
    assert opened.document.run == first
    assert opened.window.notifications.banner_widget.isVisible()
    opened.controller.search.restart()
    assert opened.document.run != first


def test_a_finished_run_holds_every_iteration(opened: WindowDriver) -> None:
    start(opened, steps=83)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    assert len(opened.window.run.loss_plot.curve.getOriginalDataset()[1]) == 83
    assert "all steps done" in opened.window.run.run_panel.line.text()
    assert "all steps done" in opened.window.notifications.messages.toPlainText()


def test_a_metamer_of_another_gaze_is_marked_stale(opened: WindowDriver) -> None:
    start(opened, steps=5)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    assert not opened.window.images.candidate.stale.isVisible()
    opened.click(3, 3)
    assert opened.window.images.candidate.stale.isVisible()
    assert "stale, gaze" in opened.window.images.candidate.title.text()
    # the heatmap is of the gaze as it is now, the metamer stays of the old one
    opened.until(lambda: not opened.document.heatmap_changes)
    assert opened.document.picture_changes == ["gaze"]


def test_a_new_gaze_while_running_is_followed(opened: WindowDriver) -> None:
    start(opened)
    opened.until(lambda: opened.iteration() > 3)
    opened.click(60, 40)
    opened.until(lambda: opened.document.picture_changes == [])
    assert opened.document.phase is Phase.RUNNING


def test_several_targets_keep_their_runs(opened: WindowDriver, image_file: MakeFile) -> None:
    start(opened)
    opened.until(lambda: opened.iteration() > 5)
    first = opened.document.number
    opened.controller.documents.open_targets([image_file("other.png", seed=1)])
    opened.until(lambda: len(opened.controller.state.documents) == 2)
    opened.settle()
    assert opened.document.status is None
    start(opened, steps=4)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    opened.window.image_controller.targets.setCurrentRow(0)
    assert opened.document.number == first
    opened.until(lambda: opened.document.picture is not None)
    assert opened.document.phase is Phase.PAUSED
    assert opened.iteration() > 5
    opened.window.image_controller.targets.setCurrentRow(1)
    assert opened.iteration() == 4


def test_closing_the_last_target_ends_its_search(opened: WindowDriver) -> None:
    renderer = opened.window.worker._loop._renderer
    opened.controller.edits.set_synthesis("steps", 1_000_000)
    opened.controller.search.start()
    opened.until(lambda: opened.iteration() > 2)
    opened.controller.documents.close(opened.document.number)
    opened.until(lambda: not renderer.runs.searches)
