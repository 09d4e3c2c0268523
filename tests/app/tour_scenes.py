"""The views and states that the tour shows, each from a new window on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from foveaview.app.core.state import Phase
from foveaview.app.shell.shortcuts_dialog import ShortcutsDialog
from foveaview.app.widgets.theme import Theme
from foveaview.perception.analysis.loss_breakdown import Selection
from foveaview.settings.view import Layer
from foveaview.synthesis import memory as budget
from tests.app.stage import Stage, wait
from tests.app.tour_gaze import GAZE_SCENES

__all__ = ["README", "SCENES"]

README: dict[str, tuple[str, Theme]] = {
    "running": ("tour/window.webp", "dark"),
    "wipe": ("tour/wipe.webp", "light"),
    "heatmap": ("tour/heatmap.webp", "dark"),
    "points": ("tour/points.webp", "light"),
    "twin": ("tour/twin.webp", "dark"),
    "calibration": ("tour/calibration.webp", "light"),
    "edited": ("tour/edited.webp", "dark"),
    "scrubbed": ("tour/scrubbed.webp", "light"),
    "timeline": ("tour/timeline.webp", "dark"),
}
"""The scenes of which the README has a picture, where that is in resources, and its theme."""


def welcome(stage: Stage) -> None:
    stage.take()


def idle(stage: Stage) -> None:
    stage.open("coffee.png", "rocket.jpg", "astronaut.png")
    stage.take()


def arranged(arrangement: str, stage: Stage) -> None:
    stage.open()
    stage.hover(300, 200, pane=1)
    stage.view(arrangement=arrangement, overlay="none")
    if arrangement == "wipe":
        stage.view(divider=0.45)
    if arrangement == "blink":
        stage.until(lambda: stage.window.images.showing_target)
    stage.take()


def layer(name: Layer, stage: Stage) -> None:
    stage.open("coffee.png", "rocket.jpg", "astronaut.png")
    stage.view(layer=name)
    stage.hover(300, 200, pane=1)
    stage.take()


def twin(stage: Stage) -> None:
    stage.open()
    stage.panel("Pooled statistics")
    stage.window.controller.edits.set_loss("alpha", 0.4)
    stage.view(rings=True, twin=True, overlay="none")
    stage.hover(250, 430)
    stage.until(lambda: stage.window.breakdown.twin.table.rowCount() > 0)
    stage.take()


def parts(stage: Stage) -> None:
    stage.open()
    stage.run(12)
    stage.pause()
    panel = stage.window.breakdown.dissection
    stage.panel("Loss breakdown")
    stage.until(lambda: panel.table.rowCount() > 0)
    panel.table.selectRow(1)
    stage.view(layer="heatmap")
    stage.until(lambda: _shows(stage, frozenset({("level", "1")})))
    stage.take()


def _shows(stage: Stage, wanted: Selection) -> bool:
    return stage.document.heatmap_parts == wanted and not stage.document.heatmap_changes


def points(stage: Stage) -> None:
    stage.open()
    stage.panel("Points")
    for pixel in ((215, 128), (300, 130), (420, 300), (100, 400), (511, 60), (60, 60), (505, 505)):
        stage.window.controller.edits.pin(pixel)
    stage.settle()
    stage.until(lambda: stage.window.inspection.points.table.rowCount() == 7)
    stage.hover(300, 130)
    stage.take()


def histogram(stage: Stage) -> None:
    stage.open()
    stage.panel("Histogram")
    plot = stage.window.inspection.histogram.plot
    stage.until(lambda: plot.candidate.getData()[1] is not None)
    stage.take()


def rate(stage: Stage) -> None:
    stage.open()
    stage.panel("Rate")
    meter = stage.window.rate.meter
    meter.set_setting("n_qualities", 3)
    meter.measure()
    stage.until(lambda: meter.state.measuring)
    stage.until(lambda: not meter.state.measuring)
    stage.take()


def geometry(stage: Stage) -> None:
    stage.open()
    stage.panel("Geometry")
    stage.view(rings=True)
    stage.hover(400, 330)
    stage.take()


def _matched(stage: Stage) -> QDialog:
    """The dialog with three matches of the card."""
    stage.open()
    stage.panel("Geometry")
    stage.window.geometry_controller.panel.calibrate()
    dialog = stage.window.geometry_controller.panel.dialog
    assert dialog is not None
    for width in (318, 321, 319):
        dialog.card_page.slider.setValue(width)
        dialog.card_page.add_button.click()
    return dialog


def card(stage: Stage) -> None:
    dialog = _matched(stage)
    stage.take(over=dialog)
    dialog.close()


def calibration(stage: Stage) -> None:
    _matched(stage)
    dialog = stage.window.geometry_controller.panel.dialog
    assert dialog is not None
    dialog.next_button.click()
    page = dialog.distance_page
    for offset in (541.0, 553.0, 547.0, 560.0, 538.0):
        page.canvas.vanished.emit(offset)
    page.canvas.start()
    stage.until(lambda: page.canvas.offset() > 240)
    stage.take(over=dialog)
    dialog.close()


def calibrated(stage: Stage) -> None:
    _matched(stage)
    dialog = stage.window.geometry_controller.panel.dialog
    assert dialog is not None
    dialog.next_button.click()
    page = dialog.distance_page
    page.type_choice.click()
    dialog.done_button.click()
    stage.window.geometry_controller.panel.apply_button.click()
    stage.settle()
    stage.hover(400, 330)
    stage.take()


def running(stage: Stage) -> None:
    stage.open("coffee.png", "rocket.jpg", "astronaut.png")
    stage.window.controller.edits.set_loss("alpha", 0.3)
    for name, weight in (("pixel", 0.5), ("blur", 1.0), ("range", 0.1)):
        stage.window.controller.edits.set_objective(name, weight)
    stage.run(40)
    stage.take()


def paused(stage: Stage) -> None:
    stage.open()
    stage.run(12)
    stage.pause()
    stage.take()


def scrubbed(stage: Stage) -> None:
    stage.open()
    for name, weight in (("pixel", 0.5), ("blur", 1.0)):
        stage.window.controller.edits.set_objective(name, weight)
    stage.run(40)
    stage.pause()
    stage.until(lambda: len(stage.document.stored) > 1)
    stage.window.controller.edits.scrub(8)
    stage.until(lambda: stage.document.picture is not None and stage.document.picture.iteration is not None)
    stage.settle()
    stage.take()


def done(stage: Stage) -> None:
    stage.open()
    stage.run(0, steps=8)
    stage.until(lambda: stage.document.phase is Phase.DONE)
    stage.settle()
    stage.take()


def edited(stage: Stage) -> None:
    stage.open()
    stage.run(8)
    stage.window.controller.edits.set_loss("alpha", 0.3)
    stage.until(stage.window.notifications.banner_widget.isVisible)
    stage.take()


def stale(stage: Stage) -> None:
    stage.open()
    stage.run(5)
    stage.window.controller.search.stop()
    stage.settle()
    stage.window.controller.edits.set_loss("alpha", 0.3)
    stage.until(stage.window.images.candidate.stale.isVisible)
    stage.take()


def error(stage: Stage) -> None:
    stage.open()
    broken = Path(stage.window.preferences.store.fileName()).with_name("broken.png")
    broken.write_bytes(b"no image")
    stage.window.controller.documents.open_targets([broken])
    stage.until(stage.window.notifications.banner_widget.isVisible)
    stage.take()


def memory(stage: Stage) -> None:
    stage.open()
    before = budget.free_bytes
    budget.free_bytes = lambda device: 200 << 20
    try:
        stage.window.controller.search.start()
        stage.until(stage.window.notifications.banner_widget.isVisible)
        stage.take()
    finally:
        budget.free_bytes = before


def keys(stage: Stage) -> None:
    stage.open()
    stage.window.show_shortcuts()
    (dialog,) = stage.window.findChildren(ShortcutsDialog)
    dialog.table.selectRow(3)
    stage.take(over=dialog)
    dialog.close()


def export(stage: Stage) -> None:
    stage.open()
    stage.window.exporting.ask_all()
    (dialog,) = stage.window.findChildren(QDialog)
    stage.take(over=dialog)
    dialog.close()


def presets(stage: Stage) -> None:
    stage.open()
    stage.window.controller.edits.set_loss("alpha", 0.3)
    for name in ("Pilot study, wide field", "Display A"):
        stage.window.presets.store.save(name)
        stage.until(partial(_has_preset, stage, name))
    stage.settle()
    stage.take()


def _has_preset(stage: Stage, name: str) -> bool:
    return name in stage.window.presets.store.presets


def restored(stage: Stage) -> None:
    """What a window left whose process is gone."""
    runs = stage.folder / "windows"
    stage.end()
    stage.begin(runs)
    stage.open("coffee.png", "astronaut.png")
    stage.window.sessions.autosave()
    sessions = runs / "autosave"
    stage.until(lambda: bool(list(sessions.glob("*/session.foveaview"))))
    (own,) = sessions.iterdir()
    left = runs.with_name("left")
    shutil.copytree(own, left / "autosave" / "crashed")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    lock = left / "autosave" / "crashed" / "lock"
    lock.write_text("\n".join([str(gone.pid), *lock.read_text().splitlines()[1:]]) + "\n")
    stage.end()
    stage.begin(left)
    stage.window.sessions.take_crashed()
    stage.until(stage.window.notifications.banner_widget.isVisible)
    stage.settle()
    stage.take()


def presentation(stage: Stage) -> None:
    stage.open()
    stage.window.presentation.present()
    shown = stage.window.presentation.screen
    assert shown is not None
    shown.setWindowState(Qt.WindowState.WindowNoState)
    wait(50)
    stage.take(instead=shown)
    shown.close()


LAYERS: tuple[Layer, ...] = ("target", "candidate", "heatmap", "difference", "absolute", "pooling")
SCENES: dict[str, Callable[[Stage], None]] = {
    "welcome": welcome,
    "idle": idle,
    **{name: partial(arranged, name) for name in ("side", "single", "wipe", "blink")},
    **{name: partial(layer, name) for name in LAYERS},
    **{scene.__name__: scene for scene in (twin, parts, points, histogram, rate, geometry)},
    **{scene.__name__: scene for scene in (card, calibration, calibrated)},
    **{scene.__name__: scene for scene in (running, paused, scrubbed, done, edited, stale)},
    **{scene.__name__: scene for scene in (error, memory, keys, export, presets, restored, presentation)},
    **GAZE_SCENES,
}
