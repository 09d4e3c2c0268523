"""The geometry panel, with clicks, and dialogs that are answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from foveaview import LossSettings
from foveaview.app.geometry.geometry_panel import GeometryPanel
from foveaview.display.calibration import Calibration
from foveaview.display.models import Display
from foveaview.display.uncertainty import Measurement

SCREEN = Display("this screen, as it reports itself", (2560, 1440), 0.597, 0.6)
DESK = Display("desk", (1920, 1080), 0.531, 0.55)
CALIBRATION = Calibration((342.0, 343.0), distance_m=Measurement(0.6, 0.005))
SIZE, GAZE = (800, 1200), (0.3, 0.5)


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[GeometryPanel]:
    panel = GeometryPanel()
    qtbot.addWidget(panel)
    panel.set_view(LossSettings(), SIZE, GAZE, 1.0)
    panel.resize(320, panel.sizeHint().height())
    panel.show()
    yield panel
    panel.close()


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def names(panel: GeometryPanel) -> list[str]:
    return [panel.combo.itemText(i) for i in range(panel.combo.count())]


def choose(panel: GeometryPanel, name: str) -> None:
    panel.combo.setFocus()
    while panel.combo.currentText() != name:
        before = panel.combo.currentIndex()
        QTest.keyClick(panel.combo, Qt.Key.Key_Down)
        assert panel.combo.currentIndex() > before


def test_it_is_as_narrow_as_the_column(panel: GeometryPanel) -> None:
    panel.set_screen(SCREEN)
    assert panel.minimumSizeHint().width() <= 320


def test_without_a_display_nothing_can_be_applied(panel: GeometryPanel) -> None:
    assert names(panel) == []
    assert not panel.apply_button.isEnabled()
    assert not panel.save_button.isEnabled()
    assert panel.calibrate_button.isEnabled()


def test_a_chosen_display_is_applied(panel: GeometryPanel, qtbot: QtBot) -> None:
    panel.set_screen(SCREEN)
    panel.set_presets([DESK])
    assert names(panel) == [SCREEN.name, "desk"]
    choose(panel, "desk")
    panel.set_view(LossSettings(), SIZE, GAZE, 0.5)
    with qtbot.waitSignal(panel.applied) as applied:
        click(panel.apply_button)
    assert applied.args[0] == {
        "real_image_width": pytest.approx(0.531 / 1920 * 600),
        "real_viewing_distance": 0.55,
    }


def test_what_is_modelled_has_no_interval(panel: GeometryPanel) -> None:
    assert panel.centre_line.text() == "ppd at centre 73.3 (modelled)"
    assert panel.cursor_line.text() == "ppd at cursor -"
    panel.set_point((0.9, 0.5))
    assert panel.pooling_line.text().endswith("px (modelled)")
    panel.set_point(None)
    assert panel.pooling_line.text() == "pooling at cursor -"


def test_what_was_calibrated_and_applied_has_its_interval(panel: GeometryPanel, qtbot: QtBot) -> None:
    panel.set_calibration(CALIBRATION)
    assert "modelled" in panel.centre_line.text()  # not applied yet
    with qtbot.waitSignal(panel.applied) as applied:
        click(panel.apply_button)
    settings = LossSettings().replace(**applied.args[0])
    panel.set_view(settings, SIZE, GAZE, 1.0)
    panel.set_point((0.9, 0.6))
    expected = CALIBRATION.pixels_per_degree()
    assert panel.centre_line.text() == f"ppd at centre {expected} (95 %)"
    pooled = CALIBRATION.pooling_size((0.9, 0.6), SIZE, GAZE, settings)
    assert panel.pooling_line.text() == f"pooling at cursor {pooled.text('px')} (95 %)"
    panel.set_view(settings, SIZE, GAZE, 1.2)  # shown larger than the model takes it to be
    assert "modelled" in panel.centre_line.text()


def test_calibrate_opens_the_dialog_and_takes_its_result(panel: GeometryPanel, qtbot: QtBot) -> None:
    panel.set_screen(SCREEN)
    click(panel.calibrate_button)
    dialog = panel.dialog
    assert dialog is not None
    assert dialog.isVisible()
    click(dialog.card_page.add_button)
    click(dialog.next_button)
    dialog.distance_page.type_choice.click()
    with qtbot.waitSignal(panel.calibrated) as told:
        click(dialog.done_button)
    assert isinstance(told.args[0], Calibration)
    assert panel.combo.currentText() == "this screen, calibrated"
    chosen = panel.chosen()
    assert chosen is not None
    assert chosen.pitch_m == pytest.approx(SCREEN.pitch_m, rel=0.01)


def test_cancel_changes_nothing(panel: GeometryPanel) -> None:
    panel.set_screen(SCREEN)
    told: list[object] = []
    panel.calibrated.connect(told.append)
    panel.calibrate()
    assert panel.dialog is not None
    QTest.keyClick(panel.dialog, Qt.Key.Key_Escape)
    assert told == []
    assert names(panel) == [SCREEN.name]


def save_as(panel: GeometryPanel, name: str) -> None:
    click(panel.save_button)
    assert panel.name_dialog is not None
    panel.name_dialog.setTextValue(name)
    panel.name_dialog.accept()


def test_a_preset_is_saved_replaced_and_removed(panel: GeometryPanel) -> None:
    saved: list[Display] = []
    removed: list[str] = []
    panel.preset_saved.connect(saved.append)
    panel.preset_removed.connect(removed.append)
    panel.set_screen(SCREEN)
    save_as(panel, " office ")
    assert saved[-1] == Display("office", SCREEN.resolution, SCREEN.width_m, 0.6)
    assert panel.combo.currentText() == "office"
    panel.set_screen(Display(SCREEN.name, (1920, 1080), 0.5, 0.6))
    panel.combo.setCurrentIndex(0)
    save_as(panel, "office")
    assert saved[-1].width_m == 0.5
    assert names(panel).count("office") == 1
    click(panel.remove_button)
    assert removed == ["office"]
    assert names(panel) == [SCREEN.name]
    assert not panel.remove_button.isEnabled()


def test_a_preset_without_a_name_is_refused(panel: GeometryPanel, qtbot: QtBot) -> None:
    panel.set_screen(SCREEN)
    with qtbot.waitSignal(panel.failed, timeout=1000):
        save_as(panel, "  ")


def models(folder: Path, content: object) -> Path:
    path = folder / "display_models.json"
    path.write_text(json.dumps(content))
    return path


def test_models_are_imported_and_the_first_chosen(panel: GeometryPanel, tmp_path: Path) -> None:
    panel.set_screen(SCREEN)
    entry = {"resolution": [3840, 2160], "viewing_distance_meters": 0.7472, "diagonal_size_inches": 30}
    path = models(tmp_path, {"standard_4k": entry, "other": entry})
    click(panel.import_button)
    assert panel.file_dialog is not None
    panel.file_dialog.fileSelected.emit(str(path))
    panel.file_dialog.reject()
    assert names(panel) == [SCREEN.name, "standard_4k", "other"]
    assert panel.combo.currentText() == "standard_4k"
    assert not panel.remove_button.isEnabled()


def test_a_file_that_cannot_be_imported_is_told(panel: GeometryPanel, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(panel.failed) as told:
        panel.import_models(models(tmp_path, {"tv": {}}))
    assert "'tv': resolution" in told.args[0]
    with qtbot.waitSignal(panel.failed):
        panel.import_models(tmp_path / "none.json")
