"""The menus, and the dialogs behind them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox

from foveaview.app.target_list import to_qimage
from foveaview.app.theme import Theme, apply_theme
from foveaview.app.welcome import SAMPLES
from foveaview.files import resource

if TYPE_CHECKING:
    from foveaview.app.window import MainWindow

__all__ = ["add_menus", "open_candidate", "open_start", "remember"]

_IMAGES = "Images (*.png *.jpg *.jpeg *.tif *.tiff *.webp *.bmp *.gif *.avif);;All files (*)"
_CHECKPOINTS = "Checkpoints (*.pt);;All files (*)"
_MOST_RECENT = 10


def _folder(window: MainWindow) -> str:
    document = window.controller.state.document
    return str(document.path.parent) if document is not None else ""


def _suggested(window: MainWindow, ending: str) -> str:
    document = window.controller.state.document
    stem = document.path.stem if document is not None else "image"
    return str(Path.cwd() / f"{stem}-{ending}")


def recent(window: MainWindow) -> list[str]:
    """Files opened lately, the newest first."""
    value = window.settings.value("recent")
    if isinstance(value, str):  # a list of one comes back so
        return [value]
    return [str(path) for path in value] if isinstance(value, list) else []


def remember(window: MainWindow, paths: list[Path]) -> None:
    """Put files at the head of the recent ones."""
    newest = [str(path.resolve()) for path in reversed(paths)]
    rest = [path for path in recent(window) if path not in newest]
    window.settings.setValue("recent", (newest + rest)[:_MOST_RECENT])


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


def _confirm_stale(window: MainWindow) -> bool:
    document = window.controller.state.document
    changes = document.picture_changes if document is not None else []
    if not changes:
        return True
    question = f"The picture was made with other settings ({', '.join(changes)}). Export it all the same?"
    return QMessageBox.question(window, "Export", question) is QMessageBox.StandardButton.Yes


def _save_as(window: MainWindow, title: str, ending: str, kinds: str, take: Callable[[Path], None]) -> None:
    name, _ = QFileDialog.getSaveFileName(window, title, _suggested(window, ending), kinds)
    if name:
        path = Path(name)
        take(path if path.suffix else path.with_suffix(Path(ending).suffix))


def export_candidate(window: MainWindow) -> None:
    """Ask where to, and export the candidate."""
    if _confirm_stale(window):
        document = window.controller.state.document
        kind = document.candidate if document is not None else "metamer"
        _save_as(window, "Export candidate", f"{kind}.png", "PNG (*.png)", window.controller.export_candidate)


def export_heatmap(window: MainWindow) -> None:
    """Ask where to, and export the heatmap."""
    _save_as(window, "Export heatmap", "heatmap.png", "PNG (*.png)", window.controller.export_heatmap)


def save_checkpoint(window: MainWindow) -> None:
    """Ask where to, and save the run."""
    _save_as(window, "Save checkpoint", "checkpoint.pt", _CHECKPOINTS, window.controller.save_checkpoint)


def load_checkpoint(window: MainWindow) -> None:
    """Ask for a checkpoint of the shown target and take up its run."""
    name, _ = QFileDialog.getOpenFileName(window, "Load checkpoint", _folder(window), _CHECKPOINTS)
    if name:
        window.controller.load_checkpoint(Path(name))


def copy_image(window: MainWindow) -> None:
    """Put the candidate on the clipboard."""
    document = window.controller.state.document
    if document is not None and document.picture is not None:
        QGuiApplication.clipboard().setImage(to_qimage(document.picture.pixels))
        window.say("candidate copied")


def _fill_recent(window: MainWindow, menu: QMenu) -> None:
    menu.clear()
    for name in recent(window):
        action = menu.addAction(name)
        action.triggered.connect(partial(_open_again, window, Path(name)))
    menu.setEnabled(bool(menu.actions()))
    if menu.isEmpty():
        menu.addAction("none yet").setEnabled(False)


def _open_again(window: MainWindow, path: Path) -> None:
    remember(window, [path])
    window.controller.open_targets([path])


def _close_target(window: MainWindow) -> None:
    if window.controller.state.current is not None:
        window.controller.close_document(window.controller.state.current)


def _add(window: MainWindow, menu: QMenu, text: str, act: Callable[[], object], keys: str = "") -> QAction:
    action = menu.addAction(text)
    if keys:
        action.setShortcut(QKeySequence(keys))
    action.triggered.connect(lambda _checked=False: act())
    return action


def _on_images(window: MainWindow, action: QAction) -> None:
    """A key that belongs to the images alone: elsewhere it steps a number or presses a button."""
    action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    window.images.addAction(action)


def _add_theme_menu(window: MainWindow, menu: QMenu) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    themes: tuple[Theme, ...] = ("system", "light", "dark")
    for theme in themes:
        _add(window, menu, theme.capitalize(), partial(apply_theme, application, theme))


def add_menus(window: MainWindow) -> None:
    """Give the window its menus."""
    bar, controller = window.menuBar(), window.controller
    file = bar.addMenu("&File")
    _add(window, file, "&Open targets...", partial(open_targets, window), "Ctrl+O")
    _add(window, file, "Open &candidate...", partial(open_candidate, window), "Ctrl+Shift+O")
    _add(window, file, "Open start &image...", partial(open_start, window))
    recent_menu = file.addMenu("&Recent files")
    recent_menu.aboutToShow.connect(partial(_fill_recent, window, recent_menu))
    _fill_recent(window, recent_menu)
    recent_menu.setEnabled(True)
    samples = file.addMenu("&Samples")
    for name in SAMPLES:
        path = resource(f"samples/{name}")
        _add(window, samples, path.stem, partial(controller.open_targets, [path]))
    file.addSeparator()
    _add(window, file, "&Export candidate...", partial(export_candidate, window), "Ctrl+E")
    _add(window, file, "Export &heatmap...", partial(export_heatmap, window), "Ctrl+Shift+E")
    _add(window, file, "&Save checkpoint...", partial(save_checkpoint, window), "Ctrl+S")
    _add(window, file, "&Load checkpoint...", partial(load_checkpoint, window), "Ctrl+L")
    file.addSeparator()
    _add(window, file, "Close &target", partial(_close_target, window), "Ctrl+W")
    _add(window, file, "&Quit", window.close, "Ctrl+Q")
    edit = bar.addMenu("&Edit")
    _add(window, edit, "&Copy candidate", partial(copy_image, window), "Ctrl+C")
    _add_view_menu(window, bar.addMenu("&View"))
    run = bar.addMenu("&Run")
    _on_images(window, _add(window, run, "&Run or pause", controller.toggle_run, "Space"))
    _add(window, run, "&Stop", controller.stop, "Esc")
    _add(window, run, "R&eset", controller.reset)


def _add_view_menu(window: MainWindow, view: QMenu) -> None:
    view.addActions([window.fit_action, window.one_action, window.follow_action])
    _add(window, view, "Zoom in", partial(window.images.step_zoom, 1 / 1.25), "Ctrl++")
    _add(window, view, "Zoom out", partial(window.images.step_zoom, 1.25), "Ctrl+-")
    gaze = view.addMenu("Move &gaze")
    for text, keys, dx, dy in (
        ("Left", "Left", -1, 0),
        ("Right", "Right", 1, 0),
        ("Up", "Up", 0, -1),
        ("Down", "Down", 0, 1),
    ):
        _on_images(window, _add(window, gaze, f"{text} by a pixel", partial(window.nudge, dx, dy), keys))
    view.addSeparator()
    view.addActions([dock.toggleViewAction() for dock in window.docks])
    _add_theme_menu(window, view.addMenu("&Theme"))
