"""The dialogs behind the menus."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from foveaview.app.export.export_dialog import ExportChoice, ExportDialog
from foveaview.app.images.target_list import to_qimage
from foveaview.app.inspection import requests as reading_requests
from foveaview.app.remembered import change_remembered
from foveaview.export import obstacles
from foveaview.gaze.latency import LatencyLog
from foveaview.gaze.recordings import kinds
from foveaview.io.samples import MOST_STOPS
from foveaview.sessions.model import SUFFIX
from foveaview.settings import KeepSettings

if TYPE_CHECKING:
    from foveaview.app.main_window import MainWindow

__all__ = [
    "copy_image",
    "delete_preset",
    "export_all",
    "export_candidate",
    "export_figure",
    "export_gaze",
    "export_heatmap",
    "kept_history_mb",
    "load_checkpoint",
    "open_again",
    "open_candidate",
    "open_recording",
    "open_session",
    "open_start",
    "open_targets",
    "recent",
    "recover_settings",
    "remember",
    "rename_preset",
    "save_checkpoint",
    "save_latency",
    "save_points",
    "save_preset",
    "save_session",
    "save_session_as",
    "save_validation",
]

_IMAGES = (
    "Images (*.png *.jpg *.jpeg *.tif *.tiff *.webp *.avif *.jxl *.jp2 *.j2k *.exr *.hdr *.pfm *.dpx *.psd "
    "*.bmp *.gif *.pgm *.ppm *.npy *.npz);;All files (*)"
)
_PICTURES = "PNG (*.png);;TIFF of 32-bit floats (*.tif)"
_CHECKPOINTS = "Checkpoints (*.pt);;All files (*)"
_SESSIONS = f"Sessions (*{SUFFIX});;All files (*)"
_MOST_RECENT = 10


def _folder(window: MainWindow) -> str:
    document = window.controller.state.document
    return str(document.path.parent) if document is not None else ""


def _suggested(window: MainWindow, ending: str) -> str:
    document = window.controller.state.document
    stem = document.path.stem if document is not None else "image"
    return str(Path.cwd() / f"{stem}-{ending}")


def kept_history_mb(settings: QSettings) -> int:
    """The room for the images of a run, as last chosen; the default if that cannot be."""
    value = settings.value("history_mb")
    try:
        return KeepSettings(history_mb=value).history_mb
    except ValueError:
        return KeepSettings().history_mb


def _listed(value: object) -> list[str]:
    if isinstance(value, str):  # a list of one comes back so
        return [value]
    return [str(path) for path in value] if isinstance(value, list) else []


def recent(window: MainWindow) -> list[str]:
    """Files opened recently, the newest first."""
    return _listed(window.settings.value("recent"))


def remember(window: MainWindow, paths: list[Path]) -> None:
    """Put files at the head of the recent ones, those of other windows included."""
    newest = [str(path.resolve()) for path in reversed(paths)]

    def with_them(value: object) -> list[str]:
        return (newest + [path for path in _listed(value) if path not in newest])[:_MOST_RECENT]

    change_remembered(window.settings, "recent", with_them)


def open_targets(window: MainWindow) -> None:
    """Ask for images and open them as targets."""
    names, _ = QFileDialog.getOpenFileNames(window, "Open targets", _folder(window), _IMAGES)
    paths = [Path(name) for name in names]
    if paths:
        remember(window, paths)
        window.controller.open_targets(paths)


def _ask_image(window: MainWindow, title: str, take: Callable[[Path], None]) -> None:
    name, _ = QFileDialog.getOpenFileName(window, title, _folder(window), _IMAGES)
    if name:
        take(Path(name))


def open_candidate(window: MainWindow) -> None:
    """Ask for an image to compare with the target."""
    _ask_image(window, "Open candidate", window.controller.open_candidate)


def open_start(window: MainWindow) -> None:
    """Ask for an image to start the next search from."""
    _ask_image(window, "Open start image", window.controller.open_start)


def expose(window: MainWindow) -> None:
    """Ask by how many stops to brighten the light of the target's file, and read it so."""
    document = window.controller.state.document
    if document is None:
        return
    question = "Stops by which the target becomes brighter:"
    stops, accepted = QInputDialog.getDouble(
        window, "Exposure", question, document.exposure, -MOST_STOPS, MOST_STOPS, 1, step=0.5
    )
    if accepted and stops != document.exposure:
        window.controller.expose(stops)


def _confirm_stale(window: MainWindow) -> bool:
    document = window.controller.state.document
    changes = document.picture_changes if document is not None else []
    if not changes:
        return True
    question = f"The picture was made with other settings ({', '.join(changes)}). Export it all the same?"
    return _confirmed(window, "Export", question)


def _save_as(
    window: MainWindow,
    title: str,
    ending: str,
    kinds: str,
    take: Callable[[Path], None],
    over: QWidget | None = None,
) -> None:
    """Ask for a path, in a dialog over the window or over another widget, and take it."""
    over = over or window
    name, kind = QFileDialog.getSaveFileName(over, title, _suggested(window, ending), kinds)
    path = Path(name)
    if path.suffix:
        take(path)
    elif name:
        ended = path.with_suffix(_ending_of(kind) or Path(ending).suffix)
        # the dialog has asked about the name as it was typed
        if not ended.exists() or _confirmed(over, title, f"{ended.name} is there already. Replace it?"):
            take(ended)


def _ending_of(kind: str) -> str:
    """Of the kind chosen in a dialog, such as "PNG (*.png)"; empty if it has none."""
    found = re.search(r"\*(\.\w+)", kind)
    return found.group(1) if found else ""


def export_candidate(window: MainWindow) -> None:
    """Ask where to, and export the candidate."""
    if _confirm_stale(window):
        document = window.controller.state.document
        kind: str = document.candidate if document is not None else "metamer"
        if document is not None and document.scrub is not None:
            kind = f"metamer-at-{document.scrub}"
        _save_as(window, "Export candidate", f"{kind}.png", _PICTURES, window.controller.export_candidate)


def export_heatmap(window: MainWindow) -> None:
    """Ask where to, and export the heatmap."""
    _save_as(window, "Export heatmap", "heatmap.png", "PNG (*.png)", window.controller.export_heatmap)


def export_figure(window: MainWindow) -> None:
    """Ask where to, and export the heatmap as a figure."""
    kinds = "PNG (*.png);;SVG (*.svg)"
    _save_as(window, "Export figure", "figure.png", kinds, window.controller.export_figure)


def export_all(window: MainWindow) -> None:
    """Ask what and where to, and export it all into one folder."""
    document = window.controller.state.document
    if document is None or not _confirm_stale(window):
        return
    folder = window.settings.value("export/folder") or _suggested(window, "export")
    kinds = str(window.settings.value("export/kinds") or "image,figure_png").split(",")
    why_not = obstacles(run=document.status is not None, frames=bool(document.stored))
    dialog = ExportDialog(ExportChoice.of(str(folder), kinds), why_not, window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.accepted.connect(partial(_export_chosen, window, dialog))
    dialog.open()


def _export_chosen(window: MainWindow, dialog: ExportDialog) -> None:
    choice, kept = dialog.choice(), dialog.remembered()
    window.settings.setValue("export/folder", str(kept.folder))
    window.settings.setValue("export/kinds", ",".join(sorted(kept.kinds)))
    window.controller.export_all(choice.folder, choice.kinds)


def save_checkpoint(window: MainWindow) -> None:
    """Ask where to, and save the run."""
    _save_as(window, "Save checkpoint", "checkpoint.pt", _CHECKPOINTS, window.controller.save_checkpoint)


def save_points(window: MainWindow) -> None:
    """Ask where to, and write the numbers at the pinned points."""
    _save_as(window, "Save points", "points.csv", "CSV (*.csv)", window.readings.point_reader.save)


def save_latency(window: MainWindow, log: LatencyLog) -> None:
    """Ask where to, and write how late the pictures were."""
    controller = window.controller

    def write(path: Path) -> None:
        controller.ask(reading_requests.save_latency(path, log), controller.noticed.emit)

    _save_as(window, "Save latency", "latency.csv", "CSV (*.csv)", write)


def open_recording(window: MainWindow) -> None:
    """Ask for a recording of gaze and follow it."""
    filters = [f"{name} ({' '.join(patterns)})" for name, patterns in kinds()]
    name, _ = QFileDialog.getOpenFileName(
        window, "Open gaze recording", _folder(window), ";;".join([*filters, "All files (*)"])
    )
    if name:
        window.replaying.open(Path(name))


def export_gaze(window: MainWindow) -> None:
    """Ask where to, and write the gaze that was followed recently."""
    _save_as(window, "Export gaze", "gaze.csv", "CSV (*.csv)", window.replaying.export)


def load_checkpoint(window: MainWindow) -> None:
    """Ask for a checkpoint of the shown target and take up its run."""
    name, _ = QFileDialog.getOpenFileName(window, "Load checkpoint", _folder(window), _CHECKPOINTS)
    if name:
        window.controller.load_checkpoint(Path(name))


def open_session(window: MainWindow) -> None:
    """Ask for a session and show it in place of what is open."""
    name, _ = QFileDialog.getOpenFileName(window, "Open session", _folder(window), _SESSIONS)
    if name:
        window.sessions.open(Path(name))


def save_session(window: MainWindow) -> None:
    """Save the session where it was saved last, or ask where to."""
    if window.sessions.path is None:
        save_session_as(window)
    else:
        window.sessions.save(window.sessions.path)


def save_session_as(window: MainWindow) -> None:
    """Ask where to, and save the session."""
    _save_as(window, "Save session", f"session{SUFFIX}", _SESSIONS, window.sessions.save)


def save_validation(window: MainWindow, over: QWidget, take: Callable[[Path], None]) -> None:
    """Ask where to, over a widget that hides the window, and write what a validation found."""
    kinds = "JSON, with the samples (*.json);;CSV, a row a point (*.csv)"
    _save_as(window, "Save validation", "validation.json", kinds, take, over)


def recover_settings(window: MainWindow) -> None:
    """Ask for an exported picture and take over what it was made with."""
    kinds = "Exported pictures (*.png *.tif *.tiff);;All files (*)"
    name, _ = QFileDialog.getOpenFileName(window, "Take settings of a picture", _folder(window), kinds)
    if name:
        window.dropped.take_settings(Path(name))


def save_preset(window: MainWindow) -> None:
    """Ask for a name, and keep the settings under it."""
    shown = window.presetting.bar.shown
    name, accepted = QInputDialog.getText(window, "Save preset", "Name of the preset:", text=shown)
    if not accepted:
        return
    question = f"Replace the preset {name.strip()!r} with the settings as they are now?"
    if name.strip() not in window.presetting.shelf.presets or _confirmed(window, "Save preset", question):
        window.presetting.shelf.save(name)


def rename_preset(window: MainWindow, name: str) -> None:
    """Ask for another name of a preset."""
    new, accepted = QInputDialog.getText(window, "Rename preset", "Another name:", text=name)
    if accepted:
        window.presetting.shelf.rename(name, new)


def delete_preset(window: MainWindow, name: str) -> None:
    """Delete a preset, where that is meant."""
    if _confirmed(window, "Delete preset", f"Delete the preset {name!r}?"):
        window.presetting.shelf.delete(name)


def _confirmed(window: QWidget, title: str, question: str) -> bool:
    return QMessageBox.question(window, title, question) is QMessageBox.StandardButton.Yes


def copy_image(window: MainWindow) -> None:
    """Put the candidate on the clipboard."""
    document = window.controller.state.document
    if document is not None and document.picture is not None:
        QGuiApplication.clipboard().setImage(to_qimage(document.picture.pixels))
        window.notices.say("candidate copied")


def open_again(window: MainWindow, path: Path) -> None:
    """Open a file from the list of recent ones."""
    remember(window, [path])
    if path.suffix == SUFFIX:
        window.sessions.open(path)
    else:
        window.controller.open_targets([path])
