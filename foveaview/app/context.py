"""The context that every feature of the window gets, and the base class of features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QMainWindow, QWidget

from foveaview.app.core.actions import ActionRegistry
from foveaview.app.core.controller import Controller
from foveaview.app.core.preferences import Preferences
from foveaview.app.core.state import Document
from foveaview.app.core.store import WorkerProtocol
from foveaview.app.images import ImageView
from foveaview.app.sessions import Sessions
from foveaview.app.widgets.file_dialogs import ask_file, ask_files, save_file
from foveaview.live import Failure

__all__ = ["AppContext", "Area", "Feature", "Notify", "Panel"]

Area = Literal["left", "right", "below"]


class Notify(Protocol):
    """Tells the user something."""

    def message(self, text: str) -> None:
        """Add a line to the messages."""

    def failure(self, failure: Failure) -> None:
        """Show an error in the banner, with what can be done about it."""

    def banner(
        self,
        text: str,
        details: str = "",
        actions: Sequence[tuple[str, Callable[[], object]]] = (),
        topic: str = "",
    ) -> None:
        """Show a text in the banner, with buttons; in red if it has details."""

    def dismiss(self, topic: str) -> None:
        """Hide the banner if it is about a topic."""


@dataclass(frozen=True)
class AppContext:
    """Everything that all features get; what only some need are arguments of their own.

    Attributes:
        controller: the one writer of the state.
        worker: computes in the background.
        notify: messages and banner.
        preferences: values kept between runs.
        actions: menu entries and shortcuts.
        images: the images in the window.
        sessions: takes the feature's part of a session.
        parent: the window, parent of dialogs and of the feature itself.
    """

    controller: Controller
    worker: WorkerProtocol
    notify: Notify
    preferences: Preferences
    actions: ActionRegistry
    images: ImageView
    sessions: Sessions
    parent: QMainWindow

    @property
    def document(self) -> Document | None:
        """The document that is shown."""
        return self.controller.state.document

    @property
    def _shown_path(self) -> Path | None:
        document = self.document
        return None if document is None else document.path

    def suggested(self, ending: str) -> Path:
        """A path to save to, named after the target that is shown."""
        path = self._shown_path
        return Path.cwd() / f"{'image' if path is None else path.stem}-{ending}"

    def ask_file(self, title: str, kinds: str, receive: Callable[[Path], object]) -> None:
        """Ask for a file to open, beginning in the folder of the shown target, and pass it on."""
        ask_file(self.parent, title, kinds, self._shown_path, receive)

    def ask_files(self, title: str, kinds: str, receive: Callable[[Sequence[Path]], object]) -> None:
        """Ask for one file or more to open, and pass them on."""
        ask_files(self.parent, title, kinds, self._shown_path, receive)

    def save_file(
        self,
        title: str,
        ending: str,
        kinds: str,
        receive: Callable[[Path], object],
        over: QWidget | None = None,
    ) -> None:
        """Ask for a path to save to, suggested from an ending, and pass it on.

        Args:
            title: of the dialog.
            ending: of the suggested name, such as "heatmap.png".
            kinds: of files, as Qt's dialogs take them.
            receive: gets the path.
            over: widget to show the dialog over; the window by default.
        """
        save_file(over or self.parent, title, self.suggested(ending), kinds, receive)


@dataclass(frozen=True, eq=False)
class Panel:
    """A widget to dock.

    Attributes:
        title: unique; names the dock.
        widget: the content.
        area: side of the images.
    """

    title: str
    widget: QWidget
    area: Area = "below"


class Feature(QObject):
    """A part of the window that a user would name: gaze, recordings, rate, ...

    Args:
        context: what every feature is given.

    Attributes:
        panels: widgets to dock.
        status_widgets: widgets at the right of the status bar.

    Signals:
        panel_wanted: title of a panel to bring to the front.
    """

    panel_wanted = Signal(str)

    def __init__(self, context: AppContext) -> None:
        super().__init__(context.parent)
        self.context = context
        self.panels: tuple[Panel, ...] = ()
        self.status_widgets: tuple[QWidget, ...] = ()

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours, if the feature paints with them."""

    def close(self) -> None:
        """Stop what runs, because the window closes; `wait` sees to it that it has stopped."""

    def wait(self) -> None:
        """Give threads of its own time to end."""
