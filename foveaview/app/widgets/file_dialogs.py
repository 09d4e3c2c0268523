"""Dialogs that ask for a file to open, or a path to save to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

__all__ = ["IMAGE_FILES", "ask_file", "ask_files", "confirmed", "save_file"]

IMAGE_FILES = (
    "Images (*.png *.jpg *.jpeg *.tif *.tiff *.webp *.avif *.jxl *.jp2 *.j2k *.exr *.hdr *.pfm *.dpx *.psd "
    "*.bmp *.gif *.pgm *.ppm *.npy *.npz);;All files (*)"
)


def _folder(beside: Path | None) -> str:
    return "" if beside is None else str(beside.parent)


def ask_file(
    parent: QWidget, title: str, kinds: str, beside: Path | None, receive: Callable[[Path], object]
) -> None:
    """Ask for a file to open, beginning in the folder of another, and pass it on."""
    name, _ = QFileDialog.getOpenFileName(parent, title, _folder(beside), kinds)
    if name:
        receive(Path(name))


def ask_files(
    parent: QWidget, title: str, kinds: str, beside: Path | None, receive: Callable[[Sequence[Path]], object]
) -> None:
    """Ask for one file or more to open, and pass them on."""
    names, _ = QFileDialog.getOpenFileNames(parent, title, _folder(beside), kinds)
    if names:
        receive([Path(name) for name in names])


def save_file(
    parent: QWidget, title: str, suggested: Path, kinds: str, receive: Callable[[Path], object]
) -> None:
    """Ask for a path to save to, and pass it on; a name without a suffix gets that of the chosen kind."""
    name, kind = QFileDialog.getSaveFileName(parent, title, str(suggested), kinds)
    path = Path(name)
    if path.suffix:
        receive(path)
    elif name:
        whole = path.with_suffix(_suffix_of(kind) or suggested.suffix)
        # the dialog has asked about the name as it was typed
        if not whole.exists() or confirmed(parent, title, f"{whole.name} is there already. Replace it?"):
            receive(whole)


def _suffix_of(kind: str) -> str:
    """The suffix in a dialog's kind of file, such as "PNG (*.png)"; empty if it has none."""
    found = re.search(r"\*(\.\w+)", kind)
    return found.group(1) if found else ""


def confirmed(parent: QWidget, title: str, question: str) -> bool:
    """Return True if the user answers yes."""
    return QMessageBox.question(parent, title, question) is QMessageBox.StandardButton.Yes
