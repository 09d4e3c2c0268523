"""The objective in the window: weights, curves, values and heatmaps of terms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QLineEdit

from foveaview.app.core.state import Phase
from foveaview.files import read_png_settings
from tests.app.conftest import WindowDriver


def weigh(driver: WindowDriver, name: str, text: str) -> None:
    """Type a weight, as a person does."""
    box = driver.window.run.settings_panel.findChild(QDoubleSpinBox, name)
    assert box is not None
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


def choose(box: QComboBox, value: object) -> None:
    index = box.findData(value)
    box.setCurrentIndex(index)
    box.activated.emit(index)


def run_some(driver: WindowDriver, steps: int) -> None:
    start = driver.iteration() + steps
    if driver.document.phase is not Phase.RUNNING:
        QTest.mouseClick(driver.window.run.run_panel.start_button, Qt.MouseButton.LeftButton)
    driver.until(lambda: driver.iteration() >= start)


def test_a_weight_reaches_the_search_with_a_curve_of_its_own(opened: WindowDriver) -> None:
    weigh(opened, "pixel", "0.5")
    assert opened.document.objective.pixel == 0.5
    run_some(opened, 5)
    opened.until(lambda: "pixel" in opened.window.run.loss_plot.terms)
    assert list(opened.window.run.loss_plot.terms) == ["metameric", "pixel"]
    assert opened.window.run.loss_plot.legend.isVisible()
    label = opened.window.run.settings_panel.label_of("pixel")
    opened.until(lambda: label.text().startswith("Pixel  "))
    opened.window.controller.search.stop()


def test_one_term_has_no_legend(opened: WindowDriver) -> None:
    run_some(opened, 3)
    assert opened.window.run.loss_plot.terms == {}
    assert not opened.window.run.loss_plot.legend.isVisible()
    opened.window.controller.search.stop()


def test_a_click_in_the_legend_hides_a_curve(opened: WindowDriver) -> None:
    weigh(opened, "pixel", "0.5")
    run_some(opened, 3)
    opened.until(lambda: "pixel" in opened.window.run.loss_plot.terms)
    opened.window.controller.search.pause()
    curve = opened.window.run.loss_plot
    sample = next(sample for sample, _ in curve.legend.items if sample.item is curve.terms["pixel"])
    centre = curve.mapFromScene(sample.mapToScene(QPointF(sample.boundingRect().center())))
    QTest.mouseClick(curve.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(centre))
    assert not curve.terms["pixel"].isVisible()


def test_a_weight_changed_in_mid_run_counts_from_then_on(opened: WindowDriver) -> None:
    run_some(opened, 3)
    weigh(opened, "blur", "0.3")
    before = opened.iteration()
    opened.until(lambda: opened.iteration() > before + 3)
    opened.window.controller.search.pause()
    opened.until(lambda: "blur" in (opened.document.status.terms if opened.document.status else {}))
    status = opened.document.status
    assert status is not None
    values = status.terms["blur"]
    assert np.isnan(values[0])
    assert values[-1] > 0


def test_all_weights_zero_is_refused(opened: WindowDriver) -> None:
    weigh(opened, "metameric", "0")
    assert opened.document.objective.metameric == 1
    remark = opened.window.run.settings_panel.findChild(QLabel, "metameric_remark")
    assert remark is not None
    assert "give at least one term a weight" in remark.text()
    box = opened.window.run.settings_panel.findChild(QDoubleSpinBox, "metameric")
    assert box is not None
    assert box.value() == 1


def test_the_heatmap_of_another_term(opened: WindowDriver, tmp_path: Path) -> None:
    before = opened.document.heatmap
    choose(opened.window.view.toolbar.term_box, "pixel")
    opened.until(lambda: opened.document.heatmap is not before and not opened.document.heatmap_changes)
    opened.until(lambda: "pixel" in opened.window.images.candidate.title.text())
    opened.window.exporting.export_heatmap(tmp_path / "heatmap.png")
    opened.until((tmp_path / "heatmap.png").exists)
    assert read_png_settings(tmp_path / "heatmap.png")["heatmap_of"] == "pixel"


def test_a_weight_file_that_is_missing_is_said(opened: WindowDriver) -> None:
    line = opened.window.run.settings_panel.findChild(QLineEdit, "trunk_weights")
    assert line is not None
    choose(opened.window.run.settings_panel.findChild(QComboBox, "trunk") or QComboBox(), "vgg")
    line.setText("/nowhere/vgg.pth")
    line.editingFinished.emit()
    weigh(opened, "perceptual", "1")
    QTest.mouseClick(opened.window.run.run_panel.start_button, Qt.MouseButton.LeftButton)
    opened.until(opened.window.notifications.banner_widget.isVisible)
    assert "/nowhere/vgg.pth" in opened.window.notifications.banner_widget.text.text()
    assert opened.document.phase is Phase.PAUSED


def test_a_checkpoint_keeps_the_objective(opened: WindowDriver, tmp_path: Path) -> None:
    weigh(opened, "adversarial", "0.2")
    run_some(opened, 3)
    opened.window.controller.search.pause()
    path = tmp_path / "run.pt"
    opened.window.controller.documents.save_checkpoint(path)
    opened.until(path.exists)
    weigh(opened, "adversarial", "0")
    opened.window.controller.documents.load_checkpoint(path)
    opened.until(lambda: opened.document.objective.adversarial == 0.2)
