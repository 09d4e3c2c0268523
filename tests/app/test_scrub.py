"""Going back through a run in the window, and what a change in mid-run asks, as a person does it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton, QSpinBox

from foveaview.app.core.state import Phase
from foveaview.files import load_image, read_png_settings, to_uint8
from tests.app.conftest import MakeWindow, WindowDriver, on_every_screen

LEFT = Qt.MouseButton.LeftButton


def start(driver: WindowDriver, steps: int = 100_000) -> None:
    driver.controller.edits.set_synthesis("steps", steps)
    driver.controller.edits.set_synthesis("stop_fraction", 0.0)
    QTest.mouseClick(driver.window.run.run_panel.start_button, LEFT)


@pytest.fixture
def running(opened: WindowDriver) -> WindowDriver:
    """A run that goes on, with some images stored."""
    start(opened)
    opened.until(lambda: len(opened.document.stored) > 3)
    return opened


@pytest.fixture
def done(opened: WindowDriver) -> WindowDriver:
    """A run of 40 steps that is over."""
    start(opened, steps=40)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    opened.settle()
    return opened


def on_curve(driver: WindowDriver, iteration: float) -> QPoint:
    """Where on the curve an iteration is, in the middle of its height."""
    curve = driver.window.run.loss_plot
    view = curve.getPlotItem().getViewBox()
    scene = QPointF(view.mapViewToScene(QPointF(iteration, 0)).x(), view.sceneBoundingRect().center().y())
    return curve.mapFromScene(scene)


def click_curve(driver: WindowDriver, iteration: float) -> None:
    QTest.mouseClick(driver.window.run.loss_plot.viewport(), LEFT, pos=on_curve(driver, iteration))


def shown_iteration(driver: WindowDriver) -> int | None:
    picture = driver.document.picture
    return None if picture is None else picture.iteration


@on_every_screen
def test_a_click_on_the_curve_shows_that_step_and_the_run_goes_on(running: WindowDriver) -> None:
    click_curve(running, 0)
    running.until(lambda: shown_iteration(running) == 0)
    assert running.document.picture is not None
    pixels, before = running.document.picture.pixels, running.iteration()
    running.until(lambda: running.iteration() > before + 20)
    assert np.array_equal(running.document.picture.pixels, pixels)
    assert running.document.phase is Phase.RUNNING
    assert "Optimised metamer at iteration 0 (of " in running.window.images.candidate.title.text()
    line = running.window.run.loss_plot.line
    assert line.isVisible()
    assert line.value() == 0


def test_the_loss_and_the_heatmap_are_those_of_the_step(done: WindowDriver) -> None:
    now, heatmap = done.document.loss, done.document.heatmap
    click_curve(done, 0)
    done.until(lambda: shown_iteration(done) == 0 and done.document.quality == "full")
    done.settle()
    assert now is not None
    assert done.document.loss is not None
    assert done.document.loss > 2 * now
    assert done.document.heatmap is not heatmap


@on_every_screen
def test_a_drag_along_the_curve_ends_at_its_last_step(done: WindowDriver) -> None:
    viewport = done.window.run.loss_plot.viewport()
    seen: list[int] = []
    done.window.run.loss_plot.scrubbed.connect(seen.append)
    QTest.mousePress(viewport, LEFT, pos=on_curve(done, 0))
    for iteration in (15, 30, 60):
        QTest.mouseMove(viewport, on_curve(done, iteration))
    QTest.mouseRelease(viewport, LEFT, pos=on_curve(done, 60))
    assert seen[0] == 0
    assert seen[-1] == 40
    assert seen == sorted(set(seen))
    done.until(lambda: shown_iteration(done) == 40)
    seen.clear()
    QTest.mouseMove(viewport, on_curve(done, 0))
    assert seen == []  # the button is up


def test_keys_step_through_what_is_stored_and_esc_comes_back(running: WindowDriver) -> None:
    running.controller.search.pause()
    running.until(lambda: running.document.stored[-1] == running.iteration())
    curve, stored = running.window.run.loss_plot, running.document.stored
    curve.setFocus()
    for key, wanted in (
        (Qt.Key.Key_Left, stored[-2]),
        (Qt.Key.Key_Home, stored[0]),
        (Qt.Key.Key_Left, stored[0]),
        (Qt.Key.Key_Right, stored[1]),
        (Qt.Key.Key_End, stored[-1]),
    ):
        QTest.keyClick(curve, key)
        assert running.document.scrub == wanted
    gaze = running.document.gaze
    QTest.keyClick(curve, Qt.Key.Key_Escape)
    assert running.document.scrub is None
    assert running.document.phase is Phase.PAUSED  # that key was not a stop
    assert running.document.gaze == gaze
    running.until(lambda: running.document.picture is not None and shown_iteration(running) is None)


@on_every_screen
def test_the_live_button_comes_back_to_the_picture_of_now(done: WindowDriver) -> None:
    assert done.document.picture is not None
    now, button = done.document.picture.pixels, done.window.run.loss_plot.live_button
    assert not button.isVisible()
    click_curve(done, 0)
    done.until(lambda: shown_iteration(done) == 0)
    assert button.isVisible()
    QTest.mouseClick(button, LEFT)
    assert not button.isVisible()
    assert not done.window.run.loss_plot.line.isVisible()
    done.until(lambda: shown_iteration(done) is None)
    assert np.array_equal(done.document.picture.pixels, now)


def test_a_click_on_the_legend_hides_a_curve_and_goes_nowhere(opened: WindowDriver) -> None:
    opened.controller.edits.set_objective("pixel", 0.5)
    start(opened, steps=20)
    opened.until(lambda: opened.document.phase is Phase.DONE)
    curve = opened.window.run.loss_plot
    opened.until(lambda: bool(curve.terms))
    sample = curve.legend.items[0][0]
    place = curve.mapFromScene(sample.sceneBoundingRect().center())
    QTest.mouseClick(curve.viewport(), LEFT, pos=place)
    assert not curve.terms["metameric"].isVisible()
    assert opened.document.scrub is None


def test_another_candidate_leaves_the_past(done: WindowDriver) -> None:
    click_curve(done, 0)
    done.until(lambda: shown_iteration(done) == 0)
    done.controller.edits.set_candidate("ventral")
    done.settle()
    assert not done.window.run.loss_plot.line.isVisible()
    assert shown_iteration(done) is None


def test_an_export_is_of_the_step_that_is_shown(
    done: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    click_curve(done, 0)
    done.until(lambda: shown_iteration(done) == 0)
    asked: list[str] = []

    def answer(_parent: object, _title: str, suggested: str, _kinds: str) -> tuple[str, str]:
        asked.append(suggested)
        return str(tmp_path / "a.png"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    done.window.exporting.ask_candidate()
    done.until((tmp_path / "a.png").exists)
    assert asked[0].endswith("metamer-at-0.png")
    assert read_png_settings(tmp_path / "a.png")["iteration"] == 0
    assert done.document.picture is not None
    assert np.array_equal(to_uint8(load_image(tmp_path / "a.png")), done.document.picture.pixels)


def test_the_room_for_the_history_is_used_and_remembered(done: WindowDriver, make_window: MakeWindow) -> None:
    panel = done.window.run.run_panel
    assert f"{len(done.document.stored)} images" in panel.history_line.text()
    box = panel.history.widget
    assert isinstance(box, QSpinBox)
    assert box.value() == 512
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "0")
    QTest.keyClick(box, Qt.Key.Key_Return)
    done.until(lambda: done.document.stored == ())
    click_curve(done, 0)
    assert done.document.scrub is None
    done.window.preferences.store.sync()
    again = make_window().window
    assert again.controller.state.keeping.history_mb == 0
    assert again.run.run_panel.history.widget.property("value") == 0


def test_a_window_that_closes_leaves_no_images(done: WindowDriver, tmp_path: Path) -> None:
    assert list((tmp_path / "history").glob("run-*/*/*"))
    done.close()
    assert list((tmp_path / "history").glob("run-*")) == []


# a change in mid-run


def type_alpha(driver: WindowDriver, text: str) -> None:
    editor = driver.window.run.settings_panel.editors["alpha"].widget
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)


def answer(driver: WindowDriver, text: str) -> None:
    button = next(
        button for button in driver.window.notifications.banner_widget.buttons if button.text() == text
    )
    assert isinstance(button, QPushButton)
    QTest.mouseClick(button, LEFT)


def test_a_change_in_mid_run_asks_and_goes_on_meanwhile(running: WindowDriver) -> None:
    run, before = running.document.run, running.iteration()
    type_alpha(running, "0.4")
    assert running.window.notifications.banner_widget.isVisible()
    running.until(lambda: running.iteration() > before + 5)
    answer(running, "Continue from here")
    assert not running.window.notifications.banner_widget.isVisible()
    assert running.document.run == run
    assert running.document.phase is Phase.RUNNING


def test_a_restart_begins_at_iteration_0_with_the_new_setting(running: WindowDriver) -> None:
    run = running.document.run
    type_alpha(running, "0.4")
    answer(running, "Restart")
    assert not running.window.notifications.banner_widget.isVisible()
    assert running.document.run != run
    assert running.iteration() == 0
    running.until(lambda: running.document.status is not None and running.document.picture is not None)
    picture = running.document.picture
    assert running.document.stored[0] == 0
    assert picture is not None
    assert picture.key is not None
    assert picture.key.loss_settings.alpha == 0.4


def test_the_next_change_in_the_same_run_does_not_ask(running: WindowDriver) -> None:
    type_alpha(running, "0.4")
    answer(running, "Continue from here")
    type_alpha(running, "0.5")
    assert running.document.loss_settings.alpha == 0.5
    assert not running.window.notifications.banner_widget.isVisible()


def test_a_move_of_the_gaze_does_not_ask(running: WindowDriver) -> None:
    running.click(10, 10)
    assert running.document.gaze != (0.5, 0.5)
    assert not running.window.notifications.banner_widget.isVisible()


@pytest.mark.parametrize("end", ["stop", "reset"])
def test_the_question_goes_with_its_run(running: WindowDriver, end: str) -> None:
    type_alpha(running, "0.4")
    QTest.mouseClick(getattr(running.window.run.run_panel, f"{end}_button"), LEFT)
    assert not running.window.notifications.banner_widget.isVisible()


def test_another_message_does_not_go_with_the_run(running: WindowDriver) -> None:
    type_alpha(running, "0.4")
    running.window.notifications.banner_widget.show_message("something else")
    running.controller.search.stop()
    assert running.window.notifications.banner_widget.isVisible()


def test_more_steps_and_start_go_on_with_a_finished_run(done: WindowDriver) -> None:
    run, button = done.document.run, done.window.run.run_panel.start_button
    assert button.text() == "Continue"
    steps = done.window.run.settings_panel.editors["steps"].widget
    assert isinstance(steps, QSpinBox)
    steps.setFocus()
    steps.selectAll()
    QTest.keyClicks(steps, "60")
    QTest.keyClick(steps, Qt.Key.Key_Return)
    assert button.text() == "Continue"
    QTest.mouseClick(button, LEFT)
    done.until(lambda: done.document.phase is Phase.DONE)
    assert done.document.run == run
    assert done.document.status is not None
    assert len(done.document.status.losses) == 60
    assert done.document.stored[0] == 0
    assert done.document.stored[-1] == 60
