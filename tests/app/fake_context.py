"""A context for features, without a window, a thread or dialogs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMainWindow

from foveaview.app.context import AppContext
from foveaview.app.core.actions import ActionRegistry
from foveaview.app.core.controller import Controller
from foveaview.app.core.preferences import Preferences
from foveaview.app.images import ImageView
from foveaview.app.sessions import Sessions
from foveaview.live import Failure
from tests.app.conftest import StillWorker

__all__ = ["FakeNotify", "fake_context"]


@dataclass
class FakeNotify:
    """Keeps what a feature tells the user.

    Attributes:
        messages, failures, banners: texts, in order.
        offered: actions of the last banner by label.
        dismissed: topics.
    """

    messages: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    banners: list[str] = field(default_factory=list)
    offered: dict[str, Callable[[], object]] = field(default_factory=dict)
    dismissed: list[str] = field(default_factory=list)

    def message(self, text: str) -> None:
        self.messages.append(text)

    def failure(self, failure: Failure) -> None:
        self.failures.append(failure.message)

    def banner(
        self,
        text: str,
        details: str = "",
        actions: Sequence[tuple[str, Callable[[], object]]] = (),
        topic: str = "",
    ) -> None:
        self.banners.append(text)
        self.offered = dict(actions)

    def dismiss(self, topic: str) -> None:
        self.dismissed.append(topic)


def fake_context(folder: Path, worker: StillWorker) -> tuple[AppContext, FakeNotify]:
    """A context whose worker does requests at once, and what it tells the user."""
    parent, images, notify = QMainWindow(), ImageView(), FakeNotify()
    preferences = Preferences(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    controller = Controller(worker, parent)
    controller.failed.connect(notify.failure)
    context = AppContext(
        controller=controller,
        worker=worker,
        notify=notify,
        preferences=preferences,
        actions=ActionRegistry(parent, images, preferences),
        images=images,
        sessions=Sessions(controller, worker, folder / "autosave", None, parent),
        parent=parent,
    )
    return context, notify
