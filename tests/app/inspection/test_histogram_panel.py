"""The histogram of what is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from foveaview.inspection.histogram import histograms
from tests.app.conftest import WindowDriver


def test_the_histogram_is_of_what_is_shown(opened: WindowDriver) -> None:
    panel = opened.window.inspection.histogram
    opened.show_dock("Histogram")
    opened.until(lambda: panel.plot.candidate.getOriginalDataset()[0] is not None)
    assert opened.document.picture is not None
    for curve, values in (
        (panel.plot.target, opened.document.target[0].numpy()),
        (panel.plot.candidate, opened.document.picture.values),
    ):
        for index, name in enumerate(("luma", "red", "green", "blue")):
            panel.channel_box.setCurrentIndex(index)
            panel.channel_box.activated.emit(index)
            counts = curve.getOriginalDataset()[1]
            assert counts.tolist() == histograms(values)[name].tolist()
            if index:
                expected = np.histogram(values[index - 1], bins=256, range=(0, 1))[0]
                assert counts.tolist() == expected.tolist()


def test_log_counts_leave_empty_bins_at_the_foot(opened: WindowDriver) -> None:
    panel = opened.window.inspection.histogram
    opened.show_dock("Histogram")
    opened.until(lambda: panel.plot.target.getOriginalDataset()[0] is not None)
    counts = panel.plot.target.getOriginalDataset()[1].copy()
    box = panel.log_box
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().center() - box.rect().center() / 2)
    assert panel.plot.is_log
    drawn = panel.plot.target.getData()[1]
    (low, high) = panel.plot.getPlotItem().viewRange()[1]
    assert drawn[counts == 0] == pytest.approx(low)
    assert drawn.max() == pytest.approx(np.log10(counts.max()))
    assert drawn.max() < high


def test_a_gray_image_has_luma_alone(driver: WindowDriver, tmp_path: Path) -> None:
    Image.fromarray(np.full((48, 64), 9, np.uint8)).save(tmp_path / "gray.png")
    driver.open(tmp_path / "gray.png")
    driver.show_dock("Histogram")
    panel = driver.window.inspection.histogram
    driver.until(lambda: panel.plot.target.getOriginalDataset()[0] is not None)
    assert not panel.channel_box.isEnabled()
    assert panel.plot.target.getOriginalDataset()[1].nonzero()[0].tolist() == [9]
