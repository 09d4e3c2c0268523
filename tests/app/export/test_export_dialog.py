"""What to export, asked with clicks and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from foveaview.app.export.export_dialog import ExportChoice, ExportDialog
from foveaview.app.widgets.theme import Theme, apply_theme
from foveaview.export import KINDS, Kind

Make = Callable[..., ExportDialog]


@pytest.fixture
def make(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Make]:
    palette = qapp.palette()

    def make(
        kinds: set[Kind] | None = None, obstacles: dict[Kind, str] | None = None, theme: Theme = "light"
    ) -> ExportDialog:
        apply_theme(qapp, theme)
        chosen = frozenset[Kind]({"image"} if kinds is None else kinds)
        dialog = ExportDialog(ExportChoice(tmp_path, chosen), obstacles or {})
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitExposed(dialog)
        return dialog

    yield make
    qapp.setPalette(palette)


def click(button: QAbstractButton) -> None:
    """On the box or the text: beside them a check box does not answer."""
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(10, button.height() // 2))


def test_there_is_a_box_for_every_kind(make: Make) -> None:
    assert tuple(make().boxes) == KINDS == get_args(Kind)


def test_the_last_choice_is_shown_and_returned(make: Make, tmp_path: Path) -> None:
    dialog = make({"image", "losses", "mp4"})
    assert dialog.choice() == ExportChoice(tmp_path, frozenset({"image", "losses", "mp4"}))


def test_clicks_choose(make: Make, tmp_path: Path) -> None:
    dialog = make({"image"})
    click(dialog.boxes["image"])
    click(dialog.boxes["figure_svg"])
    click(dialog.export_button)
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.choice() == ExportChoice(tmp_path, frozenset({"figure_svg"}))


def test_what_cannot_be_exported_says_why_and_is_remembered(make: Make) -> None:
    why = "start a run first"
    dialog = make({"image", "losses"}, {"losses": why, "gif": why})
    box = dialog.boxes["losses"]
    assert not box.isEnabled()
    assert not box.isChecked()
    assert all(why in text for text in (box.toolTip(), box.text(), box.accessibleDescription()))
    click(box)
    assert dialog.choice().kinds == {"image"}
    assert dialog.remembered().kinds == {"image", "losses"}


def test_nothing_chosen_cannot_be_exported(make: Make) -> None:
    dialog = make(set())
    assert not dialog.export_button.isEnabled()
    assert dialog.export_button.toolTip() == "Choose what to export first."
    click(dialog.boxes["image16"])
    assert dialog.export_button.isEnabled()


@pytest.mark.parametrize(("text", "said"), [("  ", "Choose a folder first."), ("file", "That is a file")])
def test_a_folder_is_needed(make: Make, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "file").touch()
    dialog = make()
    dialog.folder.selectAll()
    QTest.keyClicks(dialog.folder, str(tmp_path / text) if text == "file" else text)
    assert not dialog.export_button.isEnabled()
    assert said in dialog.export_button.toolTip()
    for part in (dialog.folder, dialog.boxes["image"]):
        part.setFocus()
        QTest.keyClick(part, Qt.Key.Key_Return)
    assert dialog.isVisible()


def test_browsing_sets_the_folder(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = make()
    answers = [str(tmp_path / "chosen"), ""]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: answers.pop(0))
    for _ in range(2):  # the second is given up, and changes nothing
        click(dialog.browse_button)
        assert dialog.choice().folder == tmp_path / "chosen"


def test_keys_alone_are_enough(make: Make, tmp_path: Path) -> None:
    dialog = make(set(), {"gif": "no images"})
    dialog.boxes["image"].setFocus()
    visited = []
    while (focus := dialog.focusWidget()) not in visited:
        visited.append(focus)
        if focus is dialog.boxes["losses"]:
            QTest.keyClick(focus, Qt.Key.Key_Space)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    wanted: list[QWidget] = [box for kind, box in dialog.boxes.items() if kind != "gif"]
    wanted += [dialog.folder, dialog.browse_button, dialog.export_button, dialog.cancel_button]
    assert set(visited) == set(wanted)
    dialog.folder.setFocus()
    QTest.keyClick(dialog.folder, Qt.Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.choice() == ExportChoice(tmp_path, frozenset({"losses"}))


def test_escape_gives_up(make: Make) -> None:
    dialog = make()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.result() == QDialog.DialogCode.Rejected


def test_all_has_a_name_and_a_tip_for_who_does_not_see_it(make: Make) -> None:
    dialog = make()
    parts: list[QWidget] = [*dialog.boxes.values(), dialog.folder, dialog.browse_button]
    parts += [dialog.export_button, dialog.cancel_button]
    assert all(part.accessibleName() and part.toolTip() for part in parts)
    assert len({part.accessibleName() for part in parts}) == len(parts)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_legible_and_the_dialog_fits(make: Make, theme: Theme) -> None:
    dialog = make(set(KINDS), {"mp4": "needs imageio-ffmpeg: pip install 'foveaview[plot]'"}, theme)
    palette = dialog.palette()
    difference = palette.windowText().color().lightness() - palette.window().color().lightness()
    assert abs(difference) > 120
    assert not any(widget.styleSheet() for widget in dialog.findChildren(QWidget))
    assert dialog.width() <= 1024
    assert dialog.height() <= 700
