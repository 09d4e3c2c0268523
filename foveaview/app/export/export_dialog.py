"""Asks for the kinds of files to export, and for a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.widgets.buttons import CheckBox
from foveaview.export import KINDS, Kind

__all__ = ["ExportChoice", "ExportDialog"]

_GROUPS: dict[str, dict[Kind, tuple[str, str]]] = {
    "Image": {
        "image": ("PNG, &8 bits", "As it is on screen: 256 steps for each of red, green and blue."),
        "image16": ("PNG, &16 bits", "65536 steps: the difference from the computed values is not seen."),
        "image_float": ("TIFF, &float", "Every bit of the computed values, in float32."),
    },
    "Heatmap": {
        "figure_png": ("Figure, &PNG", "With colour bar, unit and rings of eccentricity, as pixels."),
        "figure_svg": ("Figure, &SVG", "With colour bar, unit and rings of eccentricity, to be scaled."),
    },
    "Run": {
        "losses": ("&Losses, CSV", "The loss and each term of every iteration, exact to the last bit."),
        "gif": ("Animation, &GIF", "The images of the run that were kept, in 256 colours each."),
        "mp4": ("Animation, &MP4", "The images of the run that were kept, as H.264."),
    },
}


@dataclass(frozen=True)
class ExportChoice:
    """A folder, and some of `foveaview.export.KINDS`."""

    folder: Path
    kinds: frozenset[Kind]

    @classmethod
    def of(cls, folder: str, kinds: Iterable[str]) -> ExportChoice:
        """A choice from plain text, as settings keep it; kinds that are not known are left out.

        >>> sorted(ExportChoice.of("out", ["gif", "hologram"]).kinds)
        ['gif']
        """
        wanted = set(kinds)
        return cls(Path(folder), frozenset(kind for kind in KINDS if kind in wanted))


class ExportDialog(QDialog):
    """A check box for each kind of file, and one folder for all.

    Args:
        last: what was chosen the last time.
        obstacles: kinds that are not available now, and why; see `foveaview.export.obstacles`.
        parent: the window.
    """

    def __init__(
        self, last: ExportChoice, obstacles: Mapping[Kind, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self._obstacles = dict(obstacles)
        self.boxes: dict[Kind, CheckBox] = {}
        column = QVBoxLayout(self)
        for title, kinds in _GROUPS.items():
            column.addWidget(self._make_group(title, kinds))
        column.addLayout(self._make_folder())
        self.remark = QLabel("A manifest.json lists the files with their checksums, and holds the settings.")
        self.remark.setWordWrap(True)
        column.addWidget(self.remark)
        column.addWidget(self._make_buttons())
        self.export_button.setDefault(True)  # only a button that is in the dialog can be
        self._set_choice(last)

    def _make_group(self, title: str, kinds: Mapping[Kind, tuple[str, str]]) -> QGroupBox:
        group = QGroupBox(title)
        rows = QVBoxLayout(group)
        for kind, (text, tip) in kinds.items():
            why = self._obstacles.get(kind, "")
            box = self.boxes[kind] = CheckBox(f"{text} ({why})" if why else text)
            box.setObjectName(f"export_{kind}")
            box.setToolTip(f"Not now: {why}." if why else tip)
            box.setAccessibleName(f"{title}: {text.replace('&', '')}")
            box.setAccessibleDescription(box.toolTip())
            box.setEnabled(not why)
            box.toggled.connect(self._check)
            rows.addWidget(box)
        return group

    def _make_folder(self) -> QHBoxLayout:
        self.folder, self.browse_button = QLineEdit(), QPushButton("&Browse...")
        self.folder.setMinimumWidth(320)
        self.folder.setToolTip("Created if missing. Files of the same names are replaced.")
        self.folder.setAccessibleName("Folder")
        self.folder.textChanged.connect(self._check)
        label = QLabel("F&older")
        label.setBuddy(self.folder)
        self.browse_button.setToolTip("Choose a folder")
        self.browse_button.setAccessibleName("Browse for a folder")
        self.browse_button.setAutoDefault(False)  # Return exports
        self.browse_button.clicked.connect(self._browse)
        row = QHBoxLayout()
        for widget in (label, self.folder, self.browse_button):
            row.addWidget(widget)
        return row

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export_button = buttons.addButton("&Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self.cancel_button = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        self.cancel_button.setToolTip("Write nothing (Esc)")
        for button in (self.export_button, self.cancel_button):
            button.setAccessibleName(button.text().replace("&", ""))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def _set_choice(self, last: ExportChoice) -> None:
        self._last = last
        for kind, box in self.boxes.items():
            box.setChecked(kind in last.kinds and kind not in self._obstacles)
        self.folder.setText(str(last.folder))
        self._check()

    def _browse(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Export into", self.folder.text())
        if name:
            self.folder.setText(name)

    def _problem(self) -> str:
        """Why nothing can be exported yet; empty if it can."""
        if not self._chosen():
            return "Choose what to export first."
        text = self.folder.text().strip()
        if not text:
            return "Choose a folder first."
        if Path(text).expanduser().is_file():
            return "That is a file: choose a folder."
        return ""

    def _check(self) -> None:
        problem = self._problem()
        self.export_button.setEnabled(not problem)
        self.export_button.setToolTip(problem or "Write the files")
        self.export_button.setAccessibleDescription(self.export_button.toolTip())

    def _chosen(self) -> frozenset[Kind]:
        return frozenset(kind for kind, box in self.boxes.items() if box.isChecked())

    def choice(self) -> ExportChoice:
        """The folder, and the chosen kinds that are available."""
        return ExportChoice(Path(self.folder.text().strip()).expanduser(), self._chosen())

    def remembered(self) -> ExportChoice:
        """The choice to remember: unavailable kinds keep their last choice."""
        now = self.choice()
        return ExportChoice(now.folder, now.kinds | (self._last.kinds & self._obstacles.keys()))
