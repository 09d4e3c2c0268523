"""Settings that a person changes in the panel."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QSpinBox

from foveaview.app.core.state import Phase
from tests.app.conftest import WindowDriver


def test_an_empty_window_shows_the_defaults(driver: WindowDriver) -> None:
    alpha = driver.window.run.settings_panel.editors["alpha"].widget
    assert isinstance(alpha, QDoubleSpinBox)
    assert alpha.value() == 0.2


def test_a_setting_in_the_panel_recomputes(opened: WindowDriver) -> None:
    editor = opened.window.run.settings_panel.editors["alpha"].widget
    before = opened.document.loss
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(editor, "0.6")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert opened.document.loss_settings.alpha == 0.6
    opened.settle()
    assert opened.document.loss != before


def test_the_panel_keeps_apart_what_excludes_each_other(opened: WindowDriver) -> None:
    editors = opened.window.run.settings_panel.editors
    foveal, fullres = editors["use_l2_foveal_loss"].widget, editors["use_fullres_l0"].widget
    assert not fullres.isEnabled()
    assert "Not available" in fullres.toolTip()
    QTest.mouseClick(foveal, Qt.MouseButton.LeftButton, pos=QPoint(8, foveal.height() // 2))
    assert fullres.isEnabled()
    assert not editors["fovea_weight"].widget.isEnabled()
    QTest.mouseClick(fullres, Qt.MouseButton.LeftButton, pos=QPoint(8, fullres.height() // 2))
    assert opened.document.loss_settings.use_fullres_l0
    assert not foveal.isEnabled()


def test_levels_that_do_not_fit_say_why_and_go_back(opened: WindowDriver) -> None:
    levels = opened.window.run.settings_panel.editors["n_pyramid_levels"].widget
    levels.setFocus()
    gaze = opened.document.gaze
    QTest.keyClick(levels, Qt.Key.Key_Up)
    assert opened.document.gaze == gaze
    remark = opened.window.run.settings_panel.findChild(QLabel, "n_pyramid_levels_remark")
    assert isinstance(remark, QLabel)
    assert isinstance(levels, QSpinBox)
    assert "at most 5 fit" in remark.text()
    assert remark.isVisible()
    assert levels.value() == 5


def test_space_in_the_panel_is_the_panels(opened: WindowDriver) -> None:
    switch = opened.window.run.settings_panel.editors["use_radial_weight"].widget
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert opened.document.loss_settings.use_radial_weight
    assert opened.document.phase is Phase.IDLE


def test_seed_changes_the_ventral_metamer(opened: WindowDriver) -> None:
    before = opened.document.picture
    opened.controller.edits.set_synthesis("seed", 9)
    opened.settle()
    assert before is not None
    assert opened.document.picture is not None
    assert not np.array_equal(before.pixels, opened.document.picture.pixels)


def test_letters_stay_keys_of_the_window_while_a_number_is_edited(opened: WindowDriver) -> None:
    editor = opened.window.run.settings_panel.editors["alpha"].widget
    opened.window.activateWindow()
    editor.setFocus()
    assert not opened.controller.state.view.rings
    QTest.keyClick(editor, Qt.Key.Key_R)
    assert opened.controller.state.view.rings
    QTest.keyClick(editor, Qt.Key.Key_BracketRight)
    alpha = opened.document.loss_settings.alpha
    assert alpha > 0.2
    QTest.keyClick(editor, Qt.Key.Key_2)  # a digit is the number's
    assert opened.controller.state.view.layer == "candidate"
