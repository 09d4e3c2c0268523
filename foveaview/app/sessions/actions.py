"""Menu entries for sessions, and messages about restored ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QMenu

from foveaview.app.context import AppContext, Feature
from foveaview.app.sessions.autosave import KeptSession
from foveaview.app.sessions.controller import Restored
from foveaview.sessions.model import SUFFIX

__all__ = ["SessionActions"]

_SESSIONS = f"Sessions (*{SUFFIX});;All files (*)"


class SessionActions(Feature):
    """Opens and saves sessions, and offers those of closed windows.

    Args:
        context: what every feature is given.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._sessions = context.sessions
        add = context.actions.add
        add("File", "open_session", "Open sess&ion...", self.open_session, "Ctrl+Alt+O")
        add("File", "save_session", "&Save session", self.save_session, "Ctrl+S")
        add("File", "save_session_as", "Save session &as...", self.save_session_as, "Ctrl+Alt+S")
        self._sessions.failed.connect(context.notify.failure)
        self._sessions.noticed.connect(context.notify.message)
        self._sessions.restored.connect(self._report_restored)

    def open_session(self) -> None:
        """Ask for a session and show it in place of what is open."""
        self.context.ask_file("Open session", _SESSIONS, self._sessions.open)

    def save_session(self) -> None:
        """Save the session to its file, or ask for a path."""
        path = self._sessions.path
        if path is None:
            self.save_session_as()
        else:
            self._sessions.save(path)

    def save_session_as(self) -> None:
        """Ask for a path, and save the session to it."""
        self.context.save_file("Save session", f"session{SUFFIX}", _SESSIONS, self._sessions.save)

    def fill_closed(self, menu: QMenu) -> None:
        """Offer the sessions of closed windows."""
        for kept in self._sessions.kept():
            reopen = partial(self._sessions.reopen, kept)
            menu.addAction(kept.label.replace("&", "&&")).triggered.connect(lambda _=False, act=reopen: act())

    def offer(self, kept: KeptSession, text: str) -> None:
        """Tell that there is a session, and offer to restore it."""
        self.context.notify.banner(text, actions=[("Restore it", partial(self._sessions.reopen, kept))])

    def begin(self, paths: list[Path]) -> bool:
        """Restore or offer what a crash left; return True if a session is on its way.

        Args:
            paths: what the user opens; a session is offered only, if there is something.
        """
        crashed = self._sessions.offer_crashed() if paths else self._sessions.take_crashed()
        if crashed is not None:
            self.offer(crashed, f"A window ended without closing. It was saved: {crashed.label}.")
        return crashed is not None or self._sessions.is_opening

    def _report_restored(self, restored: Restored) -> None:
        lines = [f"Not all of the session could be restored: {'; '.join(restored.remarks)}."]
        if not restored.remarks:
            lines = []
        actions: list[tuple[str, Callable[[], object]]] = []
        if restored.crashed_at_s is not None:
            when = time.strftime("%d %b %H:%M", time.localtime(restored.crashed_at_s))
            lines.insert(0, f"The last window ended without closing. This is what it had saved at {when}.")
            actions.append(("Start empty instead", self._sessions.start_empty))
        for line in lines:
            self.context.notify.message(line)
        if lines:
            self.context.notify.banner("\n".join(lines), actions=actions)
        else:
            self.context.notify.message(f"{restored.path.name}: session restored")
