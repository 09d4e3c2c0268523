"""The window: its features, docked around the images."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import get_args

from PySide6.QtCore import QEvent, QSettings, QStandardPaths, Qt
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QIcon,
    QKeyEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from foveaview.app.context import AppContext, Feature, Panel
from foveaview.app.core.actions import ActionRegistry
from foveaview.app.core.controller import Controller
from foveaview.app.core.preferences import Preferences
from foveaview.app.core.state import AppState
from foveaview.app.core.worker import Worker
from foveaview.app.export.controller import ExportController
from foveaview.app.gaze.controller import GazeController
from foveaview.app.gaze.publisher import GazePublisher
from foveaview.app.geometry.controller import GeometryController
from foveaview.app.images.actions import ImageActions
from foveaview.app.images.controller import ImagesController
from foveaview.app.images.image_view import ImageView
from foveaview.app.images.presentation_controller import PresentationController
from foveaview.app.inspection.breakdown_controller import BreakdownController
from foveaview.app.inspection.controller import InspectionController
from foveaview.app.rate.controller import RateController
from foveaview.app.recordings.controller import RecordingController
from foveaview.app.run.controller import RunController
from foveaview.app.run.presets import PresetController
from foveaview.app.sessions.actions import SessionActions
from foveaview.app.sessions.controller import Sessions
from foveaview.app.shell.docks import Docks
from foveaview.app.shell.file_opener import FileOpener
from foveaview.app.shell.menus import Menus
from foveaview.app.shell.notifications import Notifications
from foveaview.app.shell.shortcuts_dialog import ShortcutsDialog
from foveaview.app.shell.status_bar import StatusBar
from foveaview.app.shell.view_controller import ViewController
from foveaview.app.shell.welcome_page import SAMPLES, WelcomePage
from foveaview.app.shell.window_layout import WindowLayout
from foveaview.app.streams.controller import StreamController
from foveaview.app.validation.controller import ValidationController
from foveaview.app.widgets.theme import Theme, apply_theme
from foveaview.files import resource
from foveaview.sessions.model import AUTOSAVE_S

__all__ = ["MainWindow"]

_CLOSE_MS = 2000


class MainWindow(QMainWindow):
    """The images in the middle, and every feature of the program around them.

    Args:
        settings: Qt's settings that hold the preferences; those of the user by default.
        recovery: folder for what the window saves on its own.
        autosave_s: seconds between two of these saves; None for none.

    Attributes:
        features: the parts of the window, in the order of their panels; the last is closed first.
    """

    def __init__(
        self,
        settings: QSettings | None = None,
        recovery: Path | None = None,
        autosave_s: float | None = AUTOSAVE_S,
    ) -> None:
        super().__init__()
        # the connections between its parts keep all of them alive until Qt deletes them
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("foveaview")
        self.setWindowIcon(QIcon(str(resource("icons/foveaview.svg"))))
        self.setAcceptDrops(True)
        self.resize(1440, 900)
        if recovery is None:
            location = QStandardPaths.StandardLocation.AppDataLocation
            recovery = Path(QStandardPaths.writableLocation(location)) / "runs"
        self.closed_in_time: bool | None = None
        self.context = self._make_context(Preferences(settings), recovery, autosave_s)
        self._make_features(recovery)
        self._make_centre()
        self.docks = Docks(self, self._panels())
        self._make_menus()
        self._make_bars()
        self.window_layout = WindowLayout(self, self.preferences)
        self._connect()
        self._update_colors()

    def _make_context(self, preferences: Preferences, recovery: Path, autosave_s: float | None) -> AppContext:
        self.preferences, self.images = preferences, ImageView()
        self.images.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.commands = ActionRegistry(self, self.images, preferences)
        self.worker = Worker(self, recovery.with_name("history"))
        self.controller = Controller(self.worker, self)
        self.controller.edits.set_history(preferences.history_mb)
        self.notifications = Notifications(self.controller, self)
        self.sessions = Sessions(self.controller, self.worker, recovery / "autosave", autosave_s, self)
        return AppContext(
            controller=self.controller,
            worker=self.worker,
            notify=self.notifications,
            preferences=preferences,
            actions=self.commands,
            images=self.images,
            sessions=self.sessions,
            parent=self,
        )

    def _make_features(self, recovery: Path) -> None:
        context = self.context
        self.image_actions = ImageActions(context, lambda paths: self.opener.open(paths))
        self.image_controller = ImagesController(context)
        self.view = ViewController(context, self.image_actions.open_candidate)
        self.presets = PresetController(context, recovery.with_name("presets.json"))
        self.run = RunController(context, self.presets, self.image_actions.open_start)
        self.rate = RateController(context)
        self.inspection = InspectionController(context)
        self.breakdown = BreakdownController(context)
        self.geometry_controller = GeometryController(context, recovery.with_name("displays.json"))
        self.presentation = PresentationController(context, lambda: self.geometry_controller.zoom_of_model)
        self.gaze = GazeController(context)
        self.validation = ValidationController(context, self.gaze, self.geometry_controller)
        self.publisher = GazePublisher(context, self.gaze)
        self.streams = StreamController(context, self.gaze, lambda: self.publisher.uids)
        self.recordings = RecordingController(context, self.gaze, lambda: self.streams.comes_back)
        self.opener = FileOpener(context, self.recordings.open)
        self.session_actions = SessionActions(context)
        self.exporting = ExportController(context)
        self.presentation.presented.connect(self.gaze.set_presented)
        self.presentation.presented.connect(self.publisher.set_presented)
        self.features: tuple[Feature, ...] = (
            *(self.image_actions, self.image_controller, self.view, self.presets, self.run, self.rate),
            *(self.inspection, self.breakdown, self.geometry_controller, self.presentation, self.gaze),
            *(self.validation, self.publisher, self.streams, self.recordings),
            *(self.opener, self.session_actions, self.exporting),
        )

    def _make_centre(self) -> None:
        self.welcome = WelcomePage()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.images)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(4, 4, 4, 0)
        column.addWidget(self.notifications.banner_widget)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(centre)

    def _panels(self) -> list[Panel]:
        below, messages = QSplitter(Qt.Orientation.Horizontal), self.notifications.messages
        below.addWidget(self.run.loss_plot)
        below.addWidget(messages)
        below.setSizes([700, 260])
        messages.setMinimumWidth(150)
        return [Panel("Loss", below), *(panel for feature in self.features for panel in feature.panels)]

    def _make_menus(self) -> None:
        add = self.commands.add
        add("File", "quit", "&Quit", self.close, "Ctrl+Q")
        add("View", "reset_layout", "Reset the &layout", lambda: self.window_layout.reset())
        add("Help", "keys", "&Keys and mouse...", self.show_shortcuts, "?")
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        for theme in get_args(Theme):
            add("View", f"theme_{theme}", theme.capitalize(), partial(apply_theme, application, theme))
        fillers = {
            "&Recent files": self._fill_recent,
            "&Samples": self._fill_samples,
            "Sessions of closed &windows": self.session_actions.fill_closed,
            "&Panels": lambda menu: menu.addActions([dock.toggleViewAction() for dock in self.docks.all]),
        }
        self.menus = Menus(self.menuBar(), self.commands, fillers)

    def _fill_recent(self, menu: QMenu) -> None:
        for name in self.preferences.recent:
            menu.addAction(name).triggered.connect(lambda _=False, name=name: self.opener.open([Path(name)]))

    def _fill_samples(self, menu: QMenu) -> None:
        for path in (resource(f"samples/{name}") for name in SAMPLES):
            menu.addAction(path.stem).triggered.connect(
                lambda _=False, path=path: self.controller.documents.open_targets([path])
            )

    def _make_bars(self) -> None:
        toolbar = self.view.toolbar
        self.addToolBar(toolbar)
        toolbar.addSeparator()
        for name in ("follow", "fit", "one_to_one", "copy_citation"):
            toolbar.addAction(self.commands[name])
            toolbar.widgetForAction(self.commands[name]).setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.status = StatusBar()
        self.setStatusBar(self.status)
        for feature in reversed(self.features):
            for widget in feature.status_widgets:
                self.status.addPermanentWidget(widget)

    def _connect(self) -> None:
        self.worker.frame.connect(self.controller.search.receive)
        self.controller.watch(self._show, "current")
        self.controller.changed.connect(lambda state, _before: self.status.set_state(state))
        self.images.hovered.connect(self.status.set_pixel)
        for feature in self.features:
            feature.panel_wanted.connect(self.docks.show)
        self.welcome.chosen.connect(lambda path: self.controller.documents.open_targets([path]))
        self.welcome.reopened.connect(self.sessions.reopen_last)
        kept = self.sessions.kept()
        self.welcome.set_last(kept[0].label if kept else "")
        self.status.set_state(self.controller.state)
        self.presets.store.load()

    def _show(self, state: AppState, _last: AppState) -> None:
        """Show images or welcome page, and the title."""
        document = state.document
        self._pages.setCurrentWidget(self.welcome if document is None else self.images)
        if document is not None:
            self.setWindowTitle(f"{document.path.name} - foveaview")
            self.setWindowFilePath(str(document.path))

    # what the user does

    def begin(
        self, paths: list[Path], candidate: Path | None = None, gaze: tuple[float, float] = (0.5, 0.5)
    ) -> None:
        """Open files; without any, what a crash left, or else a sample the first time."""
        self.opener.open(paths, gaze, candidate)
        if self.session_actions.begin(paths) or paths:
            return
        if candidate is not None or not self.sessions.kept():
            sample = resource("samples/astronaut.png")
            self.controller.documents.open_targets([sample], gaze, candidate)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Look at the target while Shift is held."""
        self.images.take_key(event)
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Show the second image again."""
        self.images.take_key(event)
        super().keyReleaseEvent(event)

    def show_shortcuts(self) -> None:
        """Show all shortcuts, to look up and to change."""
        dialog = ShortcutsDialog(self.commands, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open dropped files as what they are; see `FileOpener`."""
        event.acceptProposedAction()
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        self.opener.open(paths, apply_settings=True)

    # the window itself

    def _update_colors(self) -> None:
        for feature in self.features:
            feature.set_palette(self.palette())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "features"):
            self._update_colors()

    def showEvent(self, event: QShowEvent) -> None:
        """Find out which screen the window is on."""
        super().showEvent(event)
        self.geometry_controller.watch(self.windowHandle())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save the session, end the worker, then go."""
        self.window_layout.save()
        self.hide()
        QApplication.processEvents()
        for feature in reversed(self.features):
            feature.close()
        self.sessions.close()
        self.closed_in_time = self.worker.close(_CLOSE_MS)
        if not self.closed_in_time:
            self.worker.close(None)
        for feature in self.features:
            feature.wait()
        self.sessions.closed()
        event.accept()
