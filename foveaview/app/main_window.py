"""The window: widgets around the images, wired to the controller."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QSettings, QStandardPaths, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QIcon,
    QKeyEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QPlainTextEdit,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from foveaview.app import file_actions
from foveaview.app.core.controller import Controller
from foveaview.app.core.worker import Worker
from foveaview.app.gaze.controller import GazeController
from foveaview.app.gaze.publisher import Publishing
from foveaview.app.geometry.controller import Angles
from foveaview.app.images.image_view import ImageView
from foveaview.app.images.photodiode import Patch, keep_patch, kept_patch
from foveaview.app.images.presentation import Presentation, cut_off
from foveaview.app.images.target_list import TargetList
from foveaview.app.inspection.breakdown_controller import Parts
from foveaview.app.inspection.controller import Readings
from foveaview.app.rate.controller import Rating
from foveaview.app.recordings.controller import RecordingController
from foveaview.app.run.loss_plot import LossCurve
from foveaview.app.run.preset_controller import Presetting
from foveaview.app.run.run_panel import RunPanel
from foveaview.app.run.settings_panel import SettingsPanel
from foveaview.app.sessions.controller import Sessions
from foveaview.app.shell.actions import Commands
from foveaview.app.shell.banner import Banner
from foveaview.app.shell.docks import Docks
from foveaview.app.shell.file_opener import FileOpener
from foveaview.app.shell.menus import Menus
from foveaview.app.shell.notifications import Notifications
from foveaview.app.shell.shortcuts_dialog import KeysDialog
from foveaview.app.shell.status_bar import StatusLine
from foveaview.app.shell.view_toolbar import ViewBar
from foveaview.app.shell.welcome_page import Welcome
from foveaview.app.shell.window_layout import WindowLayout
from foveaview.app.showing import Showing
from foveaview.app.steering import Steering
from foveaview.app.streams.controller import StreamController
from foveaview.app.validation.controller import ValidationController
from foveaview.export.citation import citation
from foveaview.files import resource
from foveaview.sessions.model import AUTOSAVE_S

__all__ = ["MainWindow"]

_CLOSE_MS = 2000
_CUT = "presented with its edges cut off"


class MainWindow(QMainWindow):
    """Target and candidate, settings, run, loss curve and open targets.

    Args:
        settings: where window geometry and recent files are kept.
        recovery: folder for what the window saves by itself.
        autosave_s: seconds between two of these saves; None for none.

    Signals:
        presented: whether the image is shown alone on the whole screen.
    """

    presented = Signal(bool)

    def __init__(
        self,
        settings: QSettings | None = None,
        recovery: Path | None = None,
        autosave_s: float | None = AUTOSAVE_S,
    ) -> None:
        super().__init__()
        # what its parts connect to each other keeps all of them alive until Qt deletes them
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.presentation: Presentation | None = None
        self.setWindowTitle("foveaview")
        self.setWindowIcon(QIcon(str(resource("icons/foveaview.svg"))))
        self.setAcceptDrops(True)
        self.resize(1440, 900)
        self.settings = settings if settings is not None else QSettings("foveaview", "foveaview")
        if recovery is None:
            location = QStandardPaths.StandardLocation.AppDataLocation
            recovery = Path(QStandardPaths.writableLocation(location)) / "runs"
        self.images = ImageView()
        self.commands = Commands(self, self.images, self.settings)
        self.worker = Worker(self, recovery.with_name("history"))
        self.controller = Controller(self.worker, self)
        self.controller.set_history(file_actions.kept_history_mb(self.settings))
        self.sessions = Sessions(self.controller, self.worker, recovery / "autosave", autosave_s, self)
        self.presetting = Presetting(self, recovery.with_name("presets.json"))
        self.dropped = FileOpener(self.controller, self.sessions, self.worker, self)
        self.banner = Banner()
        self._make_messages()  # what is kept is read from here on, and may be damaged
        self.notices = Notifications(self)
        self.rating, self.readings, self.parts = Rating(self), Readings(self), Parts(self)
        self.angles = Angles(self, recovery.with_name("displays.json"))
        self.tracking = GazeController(self)
        self.validating = ValidationController(self, self.tracking)
        self.publishing = Publishing(self)
        self.streaming = StreamController(self)
        self.closed_in_time: bool | None = None
        self.replaying = RecordingController(self)

        self._make_widgets()
        self._make_docks()
        self.menus = Menus(self)
        self._make_toolbar()
        self.window_layout = WindowLayout(self, self.settings)
        self.showing, self.steering = Showing(self), Steering(self)
        self._connect()
        self._update_colors()
        self.showing.apply(self.controller.state, self.controller.state, everything=True)

    def _make_messages(self) -> None:
        self.messages = QPlainTextEdit(readOnly=True, maximumBlockCount=500)
        self.messages.setPlaceholderText("Messages")
        self.messages.setAccessibleName("Messages")
        self.messages.setToolTip("What was done, and what went wrong")

    def _make_widgets(self) -> None:
        self.welcome = Welcome()
        self.panel, self.run_panel = SettingsPanel(), RunPanel()
        self.curve, self.targets = LossCurve(), TargetList()
        self.status = StatusLine()
        self.setStatusBar(self.status)
        self.status.addPermanentWidget(self.tracking.badge)
        self.status.addPermanentWidget(self.angles.badge)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.images)
        self.images.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(4, 4, 4, 0)
        column.addWidget(self.banner)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(centre)

    def _make_docks(self) -> None:
        panels: dict[str, QWidget] = {"Loss": self._make_below()}
        for part in self._plotting:
            panels.update(part.panels)
        self.docks = Docks(
            self,
            left={"Targets": self.targets},
            right={
                "Settings": self._make_side(),
                "Geometry": self.angles.panel,
                "Gaze": self.tracking.panel,
            },
            below={**panels, "Timeline": self.replaying.panel},
        )

    def _make_side(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(6, 6, 0, 0)
        column.addWidget(self.run_panel)
        column.addWidget(self.presetting.bar)
        column.addWidget(self.panel, 1)
        side.setMinimumWidth(280)
        return side

    def _make_below(self) -> QWidget:
        below = QSplitter(Qt.Orientation.Horizontal)
        below.addWidget(self.curve)
        below.addWidget(self.messages)
        below.setSizes([700, 260])
        self.messages.setMinimumWidth(150)
        return below

    @property
    def _plotting(self) -> tuple[Rating, Readings, Parts, GazeController]:
        """What has panels below, with plots in the theme's colours."""
        return self.rating, self.readings, self.parts, self.tracking

    def _make_toolbar(self) -> None:
        self.view_bar = ViewBar()
        self.addToolBar(self.view_bar)
        self.view_bar.addSeparator()
        for name in ("follow", "fit", "one_to_one", "copy_citation"):
            self.view_bar.addAction(self.commands[name])
            button = self.view_bar.widgetForAction(self.commands[name])
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _connect(self) -> None:
        self.worker.frame.connect(self.controller.take_frame)
        self.images.hovered.connect(self.status.set_pixel)
        self.sessions.layout = self.window_layout.now
        self.sessions.layout_restored.connect(self.window_layout.restore)
        self.window_layout.refused.connect(self.notices.say)
        self.welcome.reopened.connect(self.sessions.reopen_last)
        kept = self.sessions.kept()
        self.welcome.set_last(kept[0].label if kept else "")
        self.presetting.load()

    # what the user does

    def copy_citation(self) -> None:
        """Put a line that says how the picture was made on the clipboard."""
        document = self.controller.state.document
        if document is not None:
            objective = document.objective if document.candidate == "metamer" else None
            text = citation(
                document.gaze, document.size, document.loss_settings, document.settings, objective
            )
            QGuiApplication.clipboard().setText(text)
            self.notices.say(f"copied: {text}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Look at the target while Shift is held."""
        self.images.take_key(event)
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Back to what is compared with it."""
        self.images.take_key(event)
        super().keyReleaseEvent(event)

    def show_keys(self) -> None:
        """Show all keys, to look up and to change."""
        dialog = KeysDialog(self.commands, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def present(self) -> None:
        """Show the image alone on the whole screen, as large as it is now."""
        document = self.controller.state.document
        if document is None or self.presentation is not None:
            return
        self.presentation = Presentation(self)
        self.presentation.followed.connect(self.commands["follow"].setChecked)
        self.presentation.images.pointed.connect(lambda x, y: self.controller.set_gaze((x, y)))
        self.tracking.watch(self.presentation.images)
        self.presentation.patched.connect(self.set_patch)
        self.presentation.left.connect(self._end_presentation)
        self.presentation.set_patch(kept_patch(self.settings))
        zoom = self.angles.zoom_of_model or self.images.zoom
        place, ratio = self.screen().geometry(), self.screen().devicePixelRatio()
        cut = cut_off(document.size, zoom, (round(place.height() * ratio), round(place.width() * ratio)))
        if cut:
            self.banner.show_message(f"Presented with its edges cut off: {cut}.", cut, topic=_CUT)
        else:
            self.banner.dismiss(_CUT)
        self.presentation.setGeometry(place)  # also where no window manager does it
        self.presentation.showFullScreen()
        self.presentation.set_state(self.controller.state, zoom)
        self.presented.emit(True)

    def set_patch(self, patch: Patch) -> None:
        """Take a patch for a photodiode, and keep it; it is shown where the image is presented."""
        keep_patch(self.settings, patch)
        self.commands["patch"].setChecked(patch.on)
        if self.presentation is not None:
            self.presentation.set_patch(patch)

    def _end_presentation(self) -> None:
        if self.presentation is not None:
            self.presentation.deleteLater()
            self.presentation = None
            self.presented.emit(False)
            self.activateWindow()

    def show_page(self, images: bool) -> None:
        """Show the images, or what is there while none is open."""
        self._pages.setCurrentWidget(self.images if images else self.welcome)

    def show_dock(self, title: str) -> None:
        """Bring a panel to the front."""
        self.docks.show(title)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open dropped files as what they are; see `FileOpener`."""
        event.acceptProposedAction()
        self.dropped.take([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    # the window itself

    def _update_colors(self) -> None:
        self.curve.set_palette(self.palette())
        for part in self._plotting:
            part.set_palette(self.palette())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "curve"):
            self._update_colors()

    def showEvent(self, event: QShowEvent) -> None:
        """Look which screen it is on."""
        super().showEvent(event)
        self.angles.watch(self.windowHandle())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save the session, end the worker, then go."""
        self.settings.setValue("geometry", self.saveGeometry())
        self.hide()
        QApplication.processEvents()
        self.rating.meter.cancel()
        self.replaying.close()
        if self.presentation is not None:
            self.presentation.close()
        self.validating.close()
        self.sessions.close()
        for part in (self.streaming, self.tracking, self.publishing):
            part.close()
        self.closed_in_time = self.worker.close(_CLOSE_MS)
        if not self.closed_in_time:
            self.worker.close(None)
        self.streaming.wait()
        self.publishing.wait()
        self.sessions.closed()
        event.accept()
