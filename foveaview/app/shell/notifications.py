"""Messages and banner: what the window tells the user, and what can be done about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QPlainTextEdit

from foveaview.app.core.controller import Controller
from foveaview.app.shell.banner import Banner
from foveaview.live import Failure

__all__ = ["Notifications"]


class Notifications(QObject):
    """Shows messages and errors; offers remedies for a lack of memory.

    Args:
        controller: reports failures and notices.
        parent: the window.

    Attributes:
        banner_widget: above the images.
        messages: widget with a line for each message.
    """

    def __init__(self, controller: Controller, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._banner = self.banner_widget = Banner()
        self.messages = QPlainTextEdit(readOnly=True, maximumBlockCount=500)
        self.messages.setPlaceholderText("Messages")
        self.messages.setAccessibleName("Messages")
        self.messages.setToolTip("Notices and errors")
        controller.failed.connect(self.failure)
        controller.noticed.connect(self.message)

    def message(self, text: str) -> None:
        """Add a line to the messages."""
        self.messages.appendPlainText(f"{time.strftime('%H:%M:%S')}  {text}")

    def banner(
        self,
        text: str,
        details: str = "",
        actions: Sequence[tuple[str, Callable[[], object]]] = (),
        topic: str = "",
    ) -> None:
        """Show a text in the banner, with buttons; in red if it has details."""
        self._banner.show_message(text, details, actions, topic)

    def dismiss(self, topic: str) -> None:
        """Hide the banner if it is about a topic."""
        self._banner.dismiss(topic)

    def failure(self, failure: Failure) -> None:
        """Show an error, with what can be done about it."""
        actions: list[tuple[str, Callable[[], object]]] = []
        if failure.kind == "memory":
            if self._controller.state.device not in ("", "cpu"):
                on_cpu = partial(self._controller.edits.set_synthesis, "device", "cpu")
                actions.append(("Compute on the CPU", on_cpu))
            actions.append(("Halve the image", self._controller.documents.halve))
            if self._levels() > 1:
                actions.append(("Use one level less", self._use_a_level_less))
        self._banner.show_message(failure.message, failure.details, actions)
        self.message(failure.message)

    def _levels(self) -> int:
        document = self._controller.state.document
        return document.loss_settings.n_pyramid_levels if document is not None else 0

    def _use_a_level_less(self) -> None:
        self._controller.edits.set_loss("n_pyramid_levels", self._levels() - 1)
