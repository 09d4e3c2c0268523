"""The window: widgets around the images, wired to the controller."""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QSettings, QStandardPaths, Qt, Signal
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
    QDockWidget,
    QMainWindow,
    QPlainTextEdit,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from foveaview.app import file_actions
from foveaview.app.angles import Angles
from foveaview.app.banner import Banner
from foveaview.app.commands import Commands
from foveaview.app.controller import Controller
from foveaview.app.curve import LossCurve
from foveaview.app.dropped import Dropped
from foveaview.app.fitting import fit_to_screen
from foveaview.app.image_view import ImageView
from foveaview.app.keys_dialog import KeysDialog
from foveaview.app.menus import Menus
from foveaview.app.notices import Notices
from foveaview.app.panel import SettingsPanel
from foveaview.app.parts import Parts
from foveaview.app.photodiode import Patch, keep_patch, kept_patch
from foveaview.app.presentation import Presentation
from foveaview.app.preset_bar import PresetBar
from foveaview.app.preset_shelf import PresetShelf
from foveaview.app.publishing import Publishing
from foveaview.app.rate_meter import RateMeter
from foveaview.app.rate_panel import RatePanel
from foveaview.app.readings import Readings
from foveaview.app.replaying import Replaying
from foveaview.app.run_panel import RunPanel
from foveaview.app.sessions import Sessions
from foveaview.app.showing import Showing
from foveaview.app.status import StatusLine
from foveaview.app.streaming import Streaming
from foveaview.app.target_list import TargetList
from foveaview.app.tracking import Tracking
from foveaview.app.validating import Validating
from foveaview.app.view_bar import ViewBar
from foveaview.app.welcome import Welcome
from foveaview.app.worker import Worker
from foveaview.citation import citation
from foveaview.files import resource
from foveaview.live import Candidate
from foveaview.session import AUTOSAVE_S, Layout

__all__ = ["MainWindow"]

_CLOSE_MS = 2000
_KEY_BYTES = 32


def _layout_key(settings: QSettings) -> bytes:
    """What the layouts of sessions are sealed with; made once, and kept where no session can reach it."""
    try:
        key = bytes.fromhex(str(settings.value("layout_key", "")))
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        key = secrets.token_bytes(_KEY_BYTES)
        settings.setValue("layout_key", key.hex())
        settings.sync()
    return key


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
        self.presentation: Presentation | None = None
        self.setWindowTitle("foveaview")
        self.setWindowIcon(QIcon(str(resource("icons/foveaview.svg"))))
        self.setAcceptDrops(True)
        self.resize(1440, 900)
        self.settings = settings if settings is not None else QSettings("foveaview", "foveaview")
        if recovery is None:
            location = QStandardPaths.StandardLocation.AppDataLocation
            recovery = Path(QStandardPaths.writableLocation(location)) / "runs"
        self._layout_key = _layout_key(self.settings)
        self.images = ImageView()
        self.commands = Commands(self, self.images, self.settings)
        self.worker = Worker(self, recovery.with_name("history"))
        self.controller = Controller(self.worker, self)
        self.controller.set_history(file_actions.kept_history_mb(self.settings))
        self.sessions = Sessions(self.controller, self.worker, recovery / "autosave", autosave_s, self)
        presets = recovery.with_name("presets.json")
        self.preset_shelf = PresetShelf(self.controller, self.worker, presets, self)
        self.dropped = Dropped(self.controller, self.sessions, self.worker, self)
        self.banner = Banner()
        self._make_messages()  # what is kept is read from here on, and may be damaged
        self.notices = Notices(self)
        self.rate_meter = RateMeter(self.controller, self.worker, self)
        self.readings, self.parts = Readings(self), Parts(self)
        self.angles = Angles(self, recovery.with_name("displays.json"))
        self.tracking = Tracking(self)
        self.validating = Validating(self, self.tracking)
        self.publishing = Publishing(self)
        self.streaming = Streaming(self)
        self.closed_in_time: bool | None = None
        self.replaying = Replaying(self)

        self._make_widgets()
        self._make_docks()
        self.menus = Menus(self)
        self._make_toolbar()
        self.showing = Showing(self)
        self._connect()
        self._first_layout = self.saveState()
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
        self.preset_bar = PresetBar()
        self.curve, self.targets = LossCurve(), TargetList()
        self.rate_panel = RatePanel()
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
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(6, 6, 0, 0)
        column.addWidget(self.run_panel)
        column.addWidget(self.preset_bar)
        column.addWidget(self.panel, 1)
        side.setMinimumWidth(280)
        below = QSplitter(Qt.Orientation.Horizontal)
        below.addWidget(self.curve)
        below.addWidget(self.messages)
        below.setSizes([700, 260])
        self.messages.setMinimumWidth(150)
        area = Qt.DockWidgetArea
        self.docks = [
            self._dock("Targets", self.targets, area.LeftDockWidgetArea),
            self._dock("Settings", side, area.RightDockWidgetArea),
            self._dock("Loss", below, area.BottomDockWidgetArea),
            self._dock("Rate", self.rate_panel, area.BottomDockWidgetArea),
        ]
        panels = {**self.readings.panels, **self.parts.panels, **self.tracking.panels}
        for title, panel in {**panels, "Timeline": self.replaying.panel}.items():
            self.docks.append(self._dock(title, panel, area.BottomDockWidgetArea))
        for dock in self.docks[3:]:
            self.tabifyDockWidget(self.docks[2], dock)
        self.docks[2].raise_()
        for title, panel in (("Geometry", self.angles.panel), ("Gaze", self.tracking.panel)):
            self.docks.append(self._dock(title, panel, area.RightDockWidgetArea))
            self.tabifyDockWidget(self.docks[1], self.docks[-1])
        self.docks[1].raise_()
        self.setCorner(Qt.Corner.BottomRightCorner, area.RightDockWidgetArea)
        self.setCorner(Qt.Corner.BottomLeftCorner, area.LeftDockWidgetArea)
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self.resizeDocks(self.docks[:2], [132, 320], horizontal)
        self.resizeDocks(self.docks[2:3], [190], vertical)

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title)
        dock.setWidget(widget)
        # Qt leaves what lies behind another tab visible, beyond the window: keys would go there, and
        # panels would measure what nobody sees
        policy = widget.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        widget.setSizePolicy(policy)
        dock.visibilityChanged.connect(widget.setVisible)
        # one that is taken out from behind a tab is not told to be visible
        dock.topLevelChanged.connect(lambda floating: widget.setVisible(floating or widget.isVisible()))
        dock.visibilityChanged.connect(self._name_tabs)
        self.addDockWidget(area, dock)
        return dock

    def _name_tabs(self) -> None:
        """Qt makes their bars, whenever panels come to lie behind one another."""
        for bar in self.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setAccessibleName("Panels")

    def _make_toolbar(self) -> None:
        self.view_bar = ViewBar()
        self.addToolBar(self.view_bar)
        self.view_bar.addSeparator()
        for name in ("follow", "fit", "one_to_one", "copy_citation"):
            self.view_bar.addAction(self.commands[name])
            button = self.view_bar.widgetForAction(self.commands[name])
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _connect(self) -> None:
        controller, images = self.controller, self.images
        self.worker.frame.connect(controller.take_frame)
        images.pointed.connect(lambda x, y: controller.set_gaze((x, y)))
        images.hovered.connect(self.status.set_pixel)
        self.panel.edited.connect(self._edit)
        self.run_panel.started.connect(controller.start)
        self.run_panel.paused.connect(controller.pause)
        self.run_panel.stopped.connect(controller.stop)
        self.run_panel.reset.connect(controller.reset)
        self.run_panel.history_edited.connect(self._keep_history)
        self.curve.scrubbed.connect(controller.scrub)
        self.curve.went_live.connect(lambda: controller.scrub(None))
        self._connect_rate()
        self.targets.chosen.connect(controller.select)
        self.targets.closed.connect(controller.close_document)
        self.welcome.chosen.connect(lambda path: controller.open_targets([path]))
        self._connect_sessions()
        self._connect_view()

    def _connect_sessions(self) -> None:
        sessions = self.sessions
        sessions.layout = self._layout
        sessions.layout_restored.connect(self._restore_layout)
        self.welcome.reopened.connect(sessions.reopen_last)
        kept = sessions.kept()
        self.welcome.set_last(kept[0].label if kept else "")
        self._connect_presets()

    def _connect_presets(self) -> None:
        shelf, bar = self.preset_shelf, self.preset_bar
        shelf.changed.connect(bar.set_presets)
        bar.chosen.connect(shelf.apply)
        for told in (shelf.changed, bar.chosen):
            told.connect(lambda _told: self.show_preset())
        bar.save_wanted.connect(partial(file_actions.save_preset, self))
        bar.rename_wanted.connect(partial(file_actions.rename_preset, self))
        bar.delete_wanted.connect(partial(file_actions.delete_preset, self))
        shelf.load()

    def show_preset(self) -> None:
        """Name the preset that the settings are of, if any."""
        document = self.controller.state.document
        self.preset_bar.set_shown(None if document is None else self.preset_shelf.matching(document))

    def _connect_view(self) -> None:
        controller, images, bar = self.controller, self.images, self.view_bar
        bar.view_changed.connect(lambda name, value: controller.set_view(**{name: value}))
        bar.candidate_chosen.connect(self._choose_candidate)
        bar.term_chosen.connect(controller.set_heatmap_of)
        images.pinned.connect(controller.pin)
        images.divided.connect(lambda place: controller.set_view(divider=place))
        images.shifted.connect(controller.shift)
        images.turned.connect(controller.turn_alpha)

    def _connect_rate(self) -> None:
        meter, panel = self.rate_meter, self.rate_panel
        self.controller.changed.connect(lambda state, _before: meter.follow(state))
        meter.changed.connect(panel.set_state)
        meter.failed.connect(self.notices.show_failure)
        panel.measured.connect(meter.measure)
        panel.cancelled.connect(meter.cancel)
        panel.edited.connect(meter.set_setting)
        panel.chosen.connect(meter.set_image)

    # what a person does

    def _choose_candidate(self, kind: Candidate) -> None:
        document = self.controller.state.document
        if kind == "file" and document is not None and document.file is None:
            file_actions.open_candidate(self)
        else:
            self.controller.set_candidate(kind)
        self.view_bar.set_state(self.controller.state)

    def _keep_history(self, megabytes: int) -> None:
        self.controller.set_history(megabytes)
        self.settings.setValue("history_mb", megabytes)

    def _edit(self, group: str, name: str, value: Any) -> None:
        document = self.controller.state.document
        if document is None:
            return
        if name == "start" and value == "image" and document.start is None:
            file_actions.open_start(self)
            self.panel.set_settings(document.loss_settings, document.settings, document.objective)
        elif group == "LossSettings":
            self.controller.set_loss(name, value)
        elif group == "ObjectiveSettings":
            self.controller.set_objective(name, value)
        else:
            self.controller.set_synthesis(name, value)

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
        if self.controller.state.document is None or self.presentation is not None:
            return
        self.presentation = Presentation(self)
        self.presentation.followed.connect(self.commands["follow"].setChecked)
        self.presentation.images.pointed.connect(lambda x, y: self.controller.set_gaze((x, y)))
        self.tracking.watch(self.presentation.images)
        self.presentation.patched.connect(self.set_patch)
        self.presentation.left.connect(self._end_presentation)
        self.presentation.set_patch(kept_patch(self.settings))
        zoom = self.angles.zoom_of_model or self.images.zoom
        self.presentation.setGeometry(self.screen().geometry())  # also where no window manager does it
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
        dock = next(dock for dock in self.docks if dock.objectName() == title)
        dock.show()
        dock.raise_()

    def reset_layout(self) -> None:
        """Put panels and toolbar back to where they were at first."""
        self.restoreState(self._first_layout)

    def _layout(self) -> Layout:
        return Layout.sealed(
            bytes(self.saveGeometry().data()), bytes(self.saveState().data()), self._layout_key
        )

    def _restore_layout(self, layout: Layout) -> None:
        if layout == Layout():
            return
        if not layout.is_sealed_by(self._layout_key):
            self.notices.say("the panels stay where they are: the session is of another computer, or changed")
            return
        self.restoreGeometry(QByteArray.fromBase64(layout.geometry.encode()))
        self.restoreState(QByteArray.fromBase64(layout.state.encode()))
        fit_to_screen(self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open dropped files as what they are; see `Dropped`."""
        event.acceptProposedAction()
        self.dropped.take([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    # the window itself

    def _update_colors(self) -> None:
        self.curve.set_palette(self.palette())
        self.rate_panel.plot.set_palette(self.palette())
        self.readings.set_palette(self.palette())
        self.parts.set_palette(self.palette())
        self.tracking.set_palette(self.palette())

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
        self.rate_meter.cancel()
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
