"""What the window says: messages, and the banner with what can be done."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from foveaview.app.core.state import AppState, Document, Phase
from foveaview.app.sessions.autosave import Kept
from foveaview.app.sessions.controller import Restored
from foveaview.app.shell.file_opener import AppliedSettings
from foveaview.live import Failure

if TYPE_CHECKING:
    from foveaview.app.main_window import MainWindow

__all__ = ["Notifications"]

_HOW_TO_GO_ON = "edited in a run"


def _run_of(document: Document | None) -> tuple[int, int | None] | None:
    """The run that can be continued or restarted; None if there is none."""
    if document is None or document.phase not in (Phase.RUNNING, Phase.PAUSED):
        return None
    return document.number, document.run


class Notifications(QObject):
    """Says things in a window.

    Args:
        window: whose banner and messages they are shown in.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._controller = window, window.controller
        self._banner = window.banner
        controller = window.controller
        controller.failed.connect(self.show_failure)
        controller.noticed.connect(self.say)
        controller.rejected.connect(self._show_rejected)
        controller.edited_in_run.connect(self._ask_how_to_go_on)
        controller.continued.connect(self._offer_restart)
        controller.changed.connect(self._follow)
        window.sessions.failed.connect(self.show_failure)
        window.sessions.noticed.connect(self.say)
        window.sessions.restored.connect(self._say_restored)
        window.dropped.failed.connect(self.show_failure)
        window.dropped.taken_over.connect(self._say_taken_over)
        window.presetting.shelf.failed.connect(self.show_failure)
        window.presetting.shelf.damaged.connect(lambda text: self._banner.show_message(text, text))

    def _follow(self, state: AppState, before: AppState) -> None:
        if _run_of(state.document) != _run_of(before.document):  # the question was about another run
            self._banner.dismiss(_HOW_TO_GO_ON)

    def say(self, text: str) -> None:
        """Add a line to the messages."""
        self._window.messages.appendPlainText(f"{time.strftime('%H:%M:%S')}  {text}")

    def show_failure(self, failure: Failure) -> None:
        """Say what went wrong and offer what can be done."""
        actions: list[tuple[str, Any]] = []
        if failure.kind == "memory":
            actions.append(("Halve the image", self._controller.halve))
            if self._levels() > 1:
                actions.append(("Use a level less", self._use_a_level_less))
            if self._controller.state.device not in ("", "cpu"):
                actions.insert(
                    0, ("Compute on the CPU", lambda: self._controller.set_synthesis("device", "cpu"))
                )
        self._banner.show_message(failure.message, failure.details, actions)
        self.say(failure.message)

    def _levels(self) -> int:
        document = self._controller.state.document
        return document.loss_settings.n_pyramid_levels if document is not None else 0

    def _use_a_level_less(self) -> None:
        self._controller.set_loss("n_pyramid_levels", self._levels() - 1)

    def _show_rejected(self, name: str, why: str) -> None:
        document = self._controller.state.document
        if document is not None:
            self._window.panel.set_settings(document.loss_settings, document.settings, document.objective)
        if not self._window.panel.set_remark(name, why):  # it is of several settings
            self._banner.show_message(f"{name}: {why}", f"{name}: {why}")

    def _say_restored(self, restored: Restored) -> None:
        lines = [f"Not all of the session could be restored: {'; '.join(restored.remarks)}."]
        if not restored.remarks:
            lines = []
        actions: list[tuple[str, Any]] = []
        if restored.crashed_at_s is not None:
            when = time.strftime("%d %b %H:%M", time.localtime(restored.crashed_at_s))
            lines.insert(0, f"The last window ended without closing. This is what it had saved at {when}.")
            actions.append(("Start empty instead", self._window.sessions.start_empty))
        for line in lines:
            self.say(line)
        if lines:
            self._banner.show_message("\n".join(lines), actions=actions)
        else:
            self.say(f"{restored.path.name}: session restored")

    def _say_taken_over(self, taken: AppliedSettings) -> None:
        what = "has the gaze and settings" if taken.changed else "has already the gaze and settings"
        rest = f" Not all of them: {'; '.join(taken.remarks)}." if taken.remarks else ""
        self.say(f"took over gaze and settings of {taken.path.name}.{rest}")
        self._banner.show_message(
            f"The target {what} that {taken.path.name} was made with (undo with Ctrl+Z).{rest}",
            actions=[("Open it as a target instead", partial(self._window.dropped.open_as_target, taken))],
        )

    def offer_session(self, kept: Kept, text: str) -> None:
        """Say that there is a session, and offer to bring it back."""
        self._banner.show_message(text, actions=[("Restore it", partial(self._window.sessions.reopen, kept))])

    def _ask_how_to_go_on(self) -> None:
        self._ask_to_restart(
            "A setting was changed while the synthesis runs. It goes on from here with the new one; "
            "a restart begins at iteration 0 with it."
        )

    def _offer_restart(self, iteration: int) -> None:
        self._ask_to_restart(
            f"The synthesis goes on from iteration {iteration}. A restart discards its image and begins at "
            "iteration 0."
        )

    def _ask_to_restart(self, text: str) -> None:
        actions = [("Continue from here", lambda: None), ("Restart", self._controller.restart)]
        self._banner.show_message(text, actions=actions, topic=_HOW_TO_GO_ON)
