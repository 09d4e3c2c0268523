"""Light and dark, chosen in the menu while everything is open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QWidget

from foveaview.app.export.export_dialog import ExportDialog
from foveaview.app.shell.shortcuts_dialog import ShortcutsDialog
from foveaview.app.widgets.buttons import CheckBox, RadioButton
from foveaview.app.widgets.theme import Theme, apply_theme
from tests.app.conftest import MakeFile, WindowDriver

ROLE = QPalette.ColorRole
THEMES: tuple[Theme, ...] = ("dark", "light", "dark")


@pytest.fixture
def opened(driver: WindowDriver, image_file: MakeFile, qapp: QApplication) -> Iterator[WindowDriver]:
    driver.open(image_file())
    yield driver
    apply_theme(qapp, "light")


def choose(driver: WindowDriver, theme: str) -> QPalette:
    driver.window.commands[f"theme_{theme}"].trigger()
    QApplication.processEvents()
    palette = QApplication.palette()
    assert (palette.color(ROLE.Window).lightness() < 128) == (theme == "dark")
    return palette


def painted(widget: QWidget, at: QPoint) -> QColor:
    image = widget.grab().toImage()
    return image.pixelColor(at * widget.devicePixelRatioF())


def contrast(one: QColor, other: QColor) -> float:
    """The ratio of WCAG 2.2."""

    def luminance(color: QColor) -> float:
        parts = (color.redF(), color.greenF(), color.blueF())
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_plots_take_the_theme_also_behind_another_tab(opened: WindowDriver) -> None:
    window = opened.window
    plots = (
        window.run.loss_plot,
        window.rate.panel.plot,
        window.inspection.histogram.plot,
        window.breakdown.dissection.plot,
    )
    for theme in THEMES:
        palette = choose(opened, theme)
        for plot in plots:
            assert plot.backgroundBrush().color() == palette.color(ROLE.Base)
            for side in ("left", "bottom"):
                axis = plot.getPlotItem().getAxis(side)
                assert axis.textPen().color() == palette.color(ROLE.Text)
                assert axis.pen().color() == palette.color(ROLE.Text)
        for curve in (window.run.loss_plot.curve, window.inspection.histogram.plot.candidate):
            assert curve.opts["pen"].color() == palette.color(ROLE.Link)
        assert window.run.loss_plot.line.pen.color() == palette.color(ROLE.Text)
        for legend in (window.run.loss_plot.legend, window.rate.panel.plot.legend):
            assert legend.labelTextColor() == palette.color(ROLE.Text)


def test_the_loss_is_painted_on_the_themes_ground(opened: WindowDriver) -> None:
    for theme in THEMES:
        palette = choose(opened, theme)
        corner = QPoint(2, 2)
        assert painted(opened.window.run.loss_plot, corner) == palette.color(ROLE.Base)
        for panel in ("Histogram", "Loss breakdown", "Loss"):
            opened.show_dock(panel)
        assert painted(opened.window.notifications.messages.viewport(), corner) == palette.color(ROLE.Base)


def test_the_badge_is_legible_in_both(opened: WindowDriver) -> None:
    badge = opened.window.geometry_controller.badge
    for theme in THEMES:
        palette = choose(opened, theme)
        assert badge.validity is not None
        ground = painted(badge, QPoint(badge.width() // 2, 3))
        assert contrast(badge.palette().color(ROLE.ButtonText), ground) > 4.5
        assert contrast(palette.color(ROLE.ButtonText), palette.color(ROLE.Button)) > 4.5


def test_open_dialogs_change_with_the_window(opened: WindowDriver) -> None:
    window = opened.window
    window.commands["keys"].trigger()
    window.commands["export_all"].trigger()
    window.geometry_controller.panel.calibrate()
    dialogs: list[QDialog] = [*window.findChildren(ShortcutsDialog), *window.findChildren(ExportDialog)]
    assert window.geometry_controller.panel.dialog is not None
    dialogs.append(window.geometry_controller.panel.dialog)
    assert len(dialogs) == 3
    for theme in THEMES:
        palette = choose(opened, theme)
        for dialog in dialogs:
            assert painted(dialog, QPoint(3, 3)) == palette.color(ROLE.Window)
        canvas = window.geometry_controller.panel.dialog.card_page.canvas
        at = QPoint(canvas.width() - 6, canvas.height() - 6)
        assert painted(canvas, at) == palette.color(ROLE.Base)


def most_contrast(widget: QWidget, ground: QColor) -> float:
    """Of what is painted on its ground: letters, where it is a text."""
    image = widget.grab().toImage()
    places = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return max(contrast(image.pixelColor(x, y), ground) for x, y in places)


def test_remarks_are_legible_in_both(opened: WindowDriver) -> None:
    window = opened.window
    opened.controller.edits.set_loss("n_pyramid_levels", 9)
    window.run.run_panel._set_remark("too large")
    remarks = [
        window.run.run_panel.remark,
        window.run.settings_panel.findChild(QLabel, "n_pyramid_levels_remark"),
    ]
    for theme in THEMES:
        for remark in remarks:
            assert isinstance(remark, QLabel)
            remark.hide()
        palette = choose(opened, theme)
        for remark in remarks:
            assert isinstance(remark, QLabel)
            remark.show()
            image = remark.grab(remark.rect().adjusted(4, 0, 0, 0)).toImage()
            colors = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
            ground = palette.color(ROLE.Window)
            assert ground in colors
            assert max(contrast(color, ground) for color in colors) > 4.5


def test_the_banner_and_its_buttons_are_legible_in_both(opened: WindowDriver) -> None:
    banner = opened.window.notifications.banner_widget
    for details in ("", "what failed"):
        banner.show_message("text", details, [("act", lambda: None)])
        for theme in THEMES:
            palette = choose(opened, theme)
            ground = painted(banner, QPoint(2, 2))
            assert most_contrast(banner.text, ground) > 4.5
            (button,) = banner.buttons
            assert contrast(painted(button, QPoint(6, 6)), palette.color(ROLE.ButtonText)) > 4.5


@pytest.mark.parametrize("kind", [CheckBox, RadioButton])
def test_what_is_not_chosen_is_seen_in_both(kind: type[CheckBox | RadioButton], qapp: QApplication) -> None:
    for theme in THEMES:
        apply_theme(qapp, theme)
        button = kind()
        button.resize(button.sizeHint())
        assert most_contrast(button, qapp.palette().color(ROLE.Window)) > 3
    apply_theme(qapp, "light")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        (ROLE.WindowText, ROLE.Window),
        (ROLE.WindowText, ROLE.Base),
        (ROLE.Text, ROLE.Base),
        (ROLE.Text, ROLE.AlternateBase),
        (ROLE.ButtonText, ROLE.Button),
        (ROLE.HighlightedText, ROLE.Highlight),
        (ROLE.ToolTipText, ROLE.ToolTipBase),
        (ROLE.PlaceholderText, ROLE.Base),
        (ROLE.Link, ROLE.Base),
        (ROLE.Link, ROLE.Window),
    ],
)
def test_texts_stand_out_from_their_ground(
    text: QPalette.ColorRole, ground: QPalette.ColorRole, theme: Theme, qapp: QApplication
) -> None:
    apply_theme(qapp, theme)
    palette = qapp.palette()
    apply_theme(qapp, "light")
    assert contrast(palette.color(text), palette.color(ground)) >= 4.5
