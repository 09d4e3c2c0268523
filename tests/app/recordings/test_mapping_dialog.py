"""What the columns of a table are, as a person says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QLineEdit
from pytestqt.qtbot import QtBot

from foveaview.app.recordings.mapping_dialog import ColumnMappingDialog
from foveaview.app.recordings.mapping_form import GazePreview, MappingForm
from foveaview.app.recordings.requests import preview_mapping
from foveaview.gaze import Recording
from foveaview.gaze.lsl.mapping import Mapping
from foveaview.gaze.recordings import ColumnMapping, propose
from foveaview.live.renderer import Renderer


def table(path: Path, rows: int = 200) -> Path:
    lines = [f"{i * 4},{960 + i},{540 - i},{0.9 if i % 10 else 0.1}" for i in range(rows)]
    path.write_text("\n".join(["stamp,A,B,C", *lines]) + "\n")
    return path


class AskedDialog:
    """A dialog of a file that is previewed at once."""

    def __init__(self, path: Path, qtbot: QtBot) -> None:
        self.path = path
        self.dialog = ColumnMappingDialog(path.name, propose(path))
        qtbot.addWidget(self.dialog)
        self.previewed: list[ColumnMapping] = []
        self.mapped: list[ColumnMapping] = []
        self.dialog.previewed.connect(self._preview)
        self.dialog.mapped.connect(self.mapped.append)
        self.dialog.delimited.connect(lambda mark: self.dialog.set_proposal(propose(path, mark)))
        self.dialog.show()
        self.dialog.preview()

    def _preview(self, mapping: ColumnMapping) -> None:
        self.previewed.append(mapping)
        self.dialog.set_preview(preview_mapping(self.path, mapping)(Renderer()))

    def choose(self, name: str, text: str) -> None:
        """As a person does with the arrows."""
        matching = Qt.MatchFlag.MatchStartsWith | Qt.MatchFlag.MatchCaseSensitive
        while True:
            box = self.dialog.form.fields[name].widget
            assert isinstance(box, QComboBox)
            box.setFocus()
            steps = box.findText(text, matching) - box.currentIndex()
            if steps == 0:
                return
            QTest.keyClick(box, Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up)

    def write(self, name: str, text: str) -> None:
        line = self.dialog.form.fields[name].widget
        assert isinstance(line, QLineEdit)
        line.clear()
        QTest.keyClicks(line, text)

    @property
    def ok(self) -> Any:
        return self.dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)

    def said(self) -> str:
        self.dialog.preview()
        return self.dialog.remark.text()


@pytest.fixture
def asked(tmp_path: Path, qtbot: QtBot) -> AskedDialog:
    return AskedDialog(table(tmp_path / "table.csv"), qtbot)


def fill(asked: AskedDialog) -> None:
    asked.choose("x", "A")
    asked.choose("y", "B")
    asked.choose("unit", "screen p")
    asked.choose("time", "stamp")
    asked.choose("time_unit", "milli")


def test_it_says_step_by_step_what_is_missing(asked: AskedDialog) -> None:
    assert asked.said() == "choose the columns of x and y"
    asked.choose("x", "A")
    asked.choose("y", "A")
    assert asked.said() == "x and y are both A: choose two columns"
    asked.choose("y", "B")
    asked.choose("time", "none")
    assert asked.said() == "choose a column of times or give a rate"
    asked.write("rate_hz", "250")
    assert "is it in pixels?" in asked.said()
    assert not asked.ok.isEnabled()
    asked.choose("unit", "screen p")
    assert asked.said() == ""
    assert asked.ok.isEnabled()


def test_what_is_accepted_is_told(asked: AskedDialog, qtbot: QtBot) -> None:
    fill(asked)
    asked.choose("valid", "C")
    qtbot.waitUntil(asked.ok.isEnabled)
    assert asked.dialog.line.text() == "Its beginning: 0:00.8, 250 Hz, 90 % usable"
    QTest.mouseClick(asked.ok, Qt.MouseButton.LeftButton)
    wanted = {"time": "stamp", "time_unit": "ms", "x": "A", "y": "B", "unit": "px", "valid": "C"}
    assert asked.mapped == [ColumnMapping(**wanted)]


def test_after_a_change_it_waits_for_what_was_read(asked: AskedDialog, qtbot: QtBot) -> None:
    fill(asked)
    qtbot.waitUntil(asked.ok.isEnabled)
    before = len(asked.previewed)
    asked.choose("y", "C")
    assert not asked.ok.isEnabled()
    qtbot.waitUntil(lambda: len(asked.previewed) > before)
    assert asked.previewed[-1].y == "C"


def test_columns_that_are_used_are_marked(asked: AskedDialog) -> None:
    fill(asked)
    asked.dialog.preview()
    headers = [asked.dialog.table.horizontalHeaderItem(column) for column in range(4)]
    assert [item.font().bold() for item in headers if item is not None] == [True, True, True, False]


def test_another_delimiter_gives_other_columns(asked: AskedDialog) -> None:
    asked.choose("delimiter", "tab")
    assert asked.dialog.table.columnCount() == 1
    asked.choose("delimiter", "comma")
    assert asked.dialog.table.columnCount() == 4


def test_only_what_counts_is_shown(asked: AskedDialog) -> None:
    fields = asked.dialog.form.fields
    asked.choose("time", "none")
    asked.dialog.preview()
    assert fields["rate_hz"].widget.isVisible()
    fill(asked)
    asked.dialog.preview()
    assert not fields["rate_hz"].widget.isVisible()
    assert fields["time_unit"].widget.isVisible()
    assert not fields["valid_from"].widget.isVisible()


def test_a_cell_that_is_no_number_is_named(tmp_path: Path, qtbot: QtBot) -> None:
    path = table(tmp_path / "table.csv")
    path.write_text(path.read_text().replace("970", "here"))
    asked = AskedDialog(path, qtbot)
    fill(asked)
    assert asked.said() == "table.csv: line 12, column A: 'here' is not a number"
    assert not asked.ok.isEnabled()


def test_gaze_beside_the_screen_is_remarked(asked: AskedDialog) -> None:
    fill(asked)
    for name in ("screen_width", "screen_height"):
        asked.write(name, "400")
    assert "only 0 % of the gaze is within the outline" in asked.said()


def test_a_form_is_made_of_channels_too(qtbot: QtBot) -> None:
    channels = [("x", 0), ("y", 1), ("confidence", 2)]
    maybe = [("none", None), *channels]
    options: dict[str, Any] = {
        "x": channels,
        "y": channels,
        "x_right": maybe,
        "y_right": maybe,
        "confidence": maybe,
    }
    form = MappingForm(Mapping, options)
    qtbot.addWidget(form)
    form.set_values(Mapping(confidence=2, unit="px", height_px=900).model_dump())
    assert form.settings() == Mapping(confidence=2, unit="px", height_px=900)
    form.fields["x"].set_value(1)
    with pytest.raises(ValueError, match="x and y are both channel 1"):
        form.settings()


def test_the_preview_is_drawn_within_its_outline(qtbot: QtBot) -> None:
    plot = GazePreview()
    qtbot.addWidget(plot)
    empty = plot.grab().toImage()
    t = np.arange(5.0)
    plot.set_recording(Recording("eye", t, t / 4, np.array([0.5, 0.5, 2.0, np.nan, 0.5]), unit="screen"))
    assert plot.share_inside == 0.75
    assert plot.grab().toImage() != empty
    plot.set_recording(None)
    assert plot.share_inside == 0.0


def test_mapping_dialog_begins_with_what_was_found_although_something_is_missing(asked: AskedDialog) -> None:
    assert asked.dialog.form.fields["time"].value == "stamp"
    assert asked.dialog.form.fields["time_unit"].value == "ms"


def test_mapping_dialog_with_an_origin_in_the_centre_asks_for_the_screen(
    tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "eye.csv"
    path.write_text("t_ms,x_px,y_px\n" + "".join(f"{4 * t},{-300 + t},{-200 + t}\n" for t in range(50)))
    asked = AskedDialog(path, qtbot)
    assert asked.dialog.form.fields["origin"].value == "centre"
    assert "give the width and height of the screen" in asked.said()
    asked.write("screen_width", "800")
    asked.write("screen_height", "600")
    assert "guessed" not in asked.said()
    qtbot.waitUntil(asked.ok.isEnabled)
    QTest.mouseClick(asked.ok, Qt.MouseButton.LeftButton)
    (mapping,) = asked.mapped
    assert (mapping.origin, mapping.unit, mapping.screen) == ("centre", "px", (800, 600))


@pytest.mark.parametrize(
    ("text", "origin"), [("bottom left", "bottom-left"), ("centre, y d", "centre-y-down")]
)
def test_mapping_dialog_takes_the_origin_that_is_chosen(
    tmp_path: Path, qtbot: QtBot, text: str, origin: str
) -> None:
    path = tmp_path / "eye.csv"
    path.write_text("t,x,y\n0,.5,.5\n.01,.5,.5\n")
    asked = AskedDialog(path, qtbot)
    asked.choose("origin", text)
    qtbot.waitUntil(asked.ok.isEnabled)
    QTest.mouseClick(asked.ok, Qt.MouseButton.LeftButton)
    assert [mapping.origin for mapping in asked.mapped] == [origin]


def test_mapping_preview_of_several_recordings_shows_the_first(tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "eye.csv"
    path.write_text("subject,t,x,y\nA,0,.25,.5\nA,.01,.25,.5\nB,0,.75,.5\n")
    asked = AskedDialog(path, qtbot)
    assert "of several recordings, this is A" in asked.said()
    assert asked.ok.isEnabled()
