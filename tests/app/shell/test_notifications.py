"""What goes wrong is said, with details to copy and a way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from foveaview.app.main_window import MainWindow
from foveaview.live import Failure
from foveaview.synthesis import memory as budget
from tests.app.conftest import MakeFile, WindowDriver

FAILING: dict[str, Callable[[MainWindow], Any]] = {
    "controller": lambda window: window.controller.failed,
    "sessions": lambda window: window.sessions.failed,
    "presets": lambda window: window.presets.store.failed,
    "rate": lambda window: window.rate.meter.failed,
    "histogram": lambda window: window.inspection.histogram_reader.failed,
}


def test_what_would_not_fit_is_said_before_it_starts(
    driver: WindowDriver, image_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "free_bytes", lambda device: 172 << 20)
    driver.open(image_file())
    remark = driver.window.run.run_panel.remark
    assert not remark.isVisible()
    driver.controller.documents.open_targets([image_file("large.png", (900, 1200))])
    driver.until(driver.window.notifications.banner_widget.isVisible)
    assert remark.isVisible()
    assert "1200 x 900 px need about" in remark.text()
    assert "would fit" in remark.text()
    assert driver.window.notifications.banner_widget.text.text() == remark.text()  # nor is it begun


def test_running_out_of_memory_offers_a_way_out(opened: WindowDriver) -> None:
    opened.controller.change(device="cuda")
    opened.window.notifications.failure(Failure("memory", "there is not enough memory", "trace"))
    labels = [button.text() for button in opened.window.notifications.banner_widget.buttons]
    assert labels == ["Compute on the CPU", "Halve the image", "Use one level less"]
    QTest.mouseClick(opened.window.notifications.banner_widget.buttons[0], Qt.MouseButton.LeftButton)
    assert opened.document.settings.device == "cpu"
    assert not opened.window.notifications.banner_widget.isVisible()


def test_a_level_less_from_the_banner(opened: WindowDriver) -> None:
    opened.window.notifications.failure(Failure("memory", "there is not enough memory", "trace"))
    QTest.mouseClick(opened.window.notifications.banner_widget.buttons[-1], Qt.MouseButton.LeftButton)
    assert opened.document.loss_settings.n_pyramid_levels == 4


def test_halving_from_the_banner(opened: WindowDriver) -> None:
    opened.window.notifications.failure(Failure("memory", "there is not enough memory", "trace"))
    QTest.mouseClick(opened.window.notifications.banner_widget.buttons[0], Qt.MouseButton.LeftButton)
    opened.until(lambda: opened.document.size == (24, 32))


def test_a_device_that_is_not_there(opened: WindowDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    opened.controller.edits.set_synthesis("device", "cuda")
    opened.until(opened.window.notifications.banner_widget.isVisible)
    assert "no cuda device" in opened.window.notifications.banner_widget.text.text()


def test_every_failure_has_details_to_copy(opened: WindowDriver, qapp: QApplication) -> None:
    picture, window = opened.document.picture, opened.window
    for name, signal in FAILING.items():
        signal(window).emit(Failure("input", f"{name}: no such file", f"the whole trace of {name}"))
        assert window.notifications.banner_widget.text.text() == f"{name}: no such file"
        QTest.mouseClick(window.notifications.banner_widget._copy, Qt.MouseButton.LeftButton)
        assert qapp.clipboard().text() == f"the whole trace of {name}"
        assert f"{name}: no such file" in window.notifications.messages.toPlainText()
    assert opened.document.picture is picture


def test_what_is_said_without_a_trace_can_be_copied_too(opened: WindowDriver, qapp: QApplication) -> None:
    window = opened.window
    window.geometry_controller.panel.failed.emit("no display in the file")
    QTest.mouseClick(window.notifications.banner_widget._copy, Qt.MouseButton.LeftButton)
    assert qapp.clipboard().text() == "no display in the file"
    window.presets.store.damaged.emit("presets.json is damaged")
    QTest.mouseClick(window.notifications.banner_widget._copy, Qt.MouseButton.LeftButton)
    assert qapp.clipboard().text() == "presets.json is damaged"
    opened.controller.edits.edit("display", loss_settings={"real_image_width": -1.0})
    QTest.mouseClick(window.notifications.banner_widget._copy, Qt.MouseButton.LeftButton)
    assert qapp.clipboard().text() == window.notifications.banner_widget.text.text()
    assert qapp.clipboard().text().startswith("display: ")
