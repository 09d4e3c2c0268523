"""What the window can be told to do: one list that menus, keys and the help are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

__all__ = ["Command", "Commands"]


@dataclass(frozen=True, eq=False)
class Command:
    """One thing to do.

    Attributes:
        name: what its keys are stored under.
        group: the menu that it belongs to.
        text: what it says, without an accelerator.
        default: its keys where nobody chose others; empty for none.
        action: what menus and toolbars show.
    """

    name: str
    group: str
    text: str
    default: str
    action: QAction

    @property
    def keys(self) -> str:
        """Its keys, in the portable notation."""
        return self.action.shortcut().toString(QKeySequence.SequenceFormat.PortableText)


class Commands(QObject):
    """All commands, and the keys that the user gave them.

    Args:
        window: whose actions they are.
        images: where the keys count that elsewhere step a number or press a button.
        settings: where other keys than the defaults are kept.

    Signals:
        rebound: name of a command whose keys have changed.
    """

    rebound = Signal(str)

    def __init__(self, window: QWidget, images: QWidget, settings: QSettings) -> None:
        super().__init__(window)
        self._window, self._images, self._settings = window, images, settings
        self.commands: dict[str, Command] = {}

    def add(
        self,
        name: str,
        group: str,
        text: str,
        act: Callable[[], object] | None = None,
        keys: str = "",
        *,
        tip: str = "",
        checkable: bool = False,
        on_images: bool = False,
    ) -> QAction:
        """Add a command; `on_images` where its keys count on the images alone."""
        action = QAction(text, self._window, checkable=checkable)
        action.setObjectName(name)
        if act is not None:
            action.triggered.connect(lambda _checked=False: act())
        plain = text.replace("&", "").removesuffix("...")
        self.commands[name] = Command(name, group, plain, keys, action)
        action.setProperty("tip", tip or plain)
        if on_images:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self._images.addAction(action)
        else:
            self._window.addAction(action)
        chosen = self._settings.value(f"keys/{name}")
        self._bind(self.commands[name], keys if chosen is None else str(chosen))
        return action

    def __getitem__(self, name: str) -> QAction:
        """The action of a command."""
        return self.commands[name].action

    def _bind(self, command: Command, keys: str) -> None:
        command.action.setShortcut(QKeySequence(keys))
        tip = command.action.property("tip")
        shown = command.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        command.action.setToolTip(f"{tip} ({shown})" if shown else str(tip))
        self.rebound.emit(command.name)

    def holder_of(self, keys: str) -> Command | None:
        """The command that has these keys."""
        wanted = QKeySequence(keys)
        taken = (c for c in self.commands.values() if c.action.shortcut() == wanted)
        return None if wanted.isEmpty() else next(taken, None)

    def set_keys(self, name: str, keys: str) -> None:
        """Give a command other keys, and keep them; whoever had them has none then."""
        holder, command = self.holder_of(keys), self.commands[name]
        if holder is not None and holder is not command:
            self._keep(holder, "")
        self._keep(command, keys)

    def _keep(self, command: Command, keys: str) -> None:
        self._settings.setValue(f"keys/{command.name}", keys)
        self._bind(command, keys)

    def reset(self) -> None:
        """Give every command its own keys again."""
        self._settings.remove("keys")
        for command in self.commands.values():
            self._bind(command, command.default)
