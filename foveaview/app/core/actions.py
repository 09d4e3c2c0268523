"""The actions of the window: one list from which menus, shortcuts and the table of shortcuts are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from foveaview.app.core.preferences import Preferences

__all__ = ["ActionRegistry", "NamedAction"]


@dataclass(frozen=True, eq=False)
class NamedAction:
    """One action.

    Attributes:
        name: the key of its shortcut in the preferences.
        group: the menu that it belongs to.
        text: its text, without a mnemonic.
        default: its default shortcut; empty for none.
        action: the action of menus and toolbars.
    """

    name: str
    group: str
    text: str
    default: str
    action: QAction

    @property
    def keys(self) -> str:
        """Its shortcut, in the portable notation."""
        return self.action.shortcut().toString(QKeySequence.SequenceFormat.PortableText)


class ActionRegistry(QObject):
    """All actions, with the user's shortcuts.

    Args:
        window: owns the actions.
        images: alone takes the shortcuts that step a number or press a button elsewhere.
        preferences: keep the shortcuts that differ from the defaults.

    Attributes:
        named: the actions by name, in the order of the menus.

    Signals:
        rebound: name of an action whose shortcut has changed.
    """

    rebound = Signal(str)

    def __init__(self, window: QWidget, images: QWidget, preferences: Preferences) -> None:
        super().__init__(window)
        self._window, self._images, self._preferences = window, images, preferences
        self.named: dict[str, NamedAction] = {}

    def add(
        self,
        group: str,
        name: str,
        text: str,
        act: Callable[[], object] | None = None,
        keys: str = "",
        *,
        tip: str = "",
        toggle: Callable[[bool], object] | None = None,
        checkable: bool = False,
        on_images: bool = False,
    ) -> QAction:
        """Add an action.

        Args:
            group: title of its menu, without a mnemonic.
            name: unique; the key of its shortcut.
            text: for menus.
            act: called when it is triggered.
            keys: default shortcut.
            tip: its text if empty.
            toggle: called with the new state; makes it checkable.
            checkable: whether it has a check mark.
            on_images: limits its shortcut to the images.
        """
        action = QAction(text, self._window, checkable=checkable or toggle is not None)
        action.setObjectName(name)
        if act is not None:
            action.triggered.connect(lambda _checked=False: act())
        if toggle is not None:
            action.toggled.connect(toggle)
        plain = text.replace("&", "").removesuffix("...")
        self.named[name] = NamedAction(name, group, plain, keys, action)
        action.setProperty("tip", tip or plain)
        if on_images:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self._images.addAction(action)
        else:
            self._window.addAction(action)
        chosen = self._preferences.shortcut(name)
        self._bind(self.named[name], keys if chosen is None else chosen)
        return action

    def __getitem__(self, name: str) -> QAction:
        """The action of a name."""
        return self.named[name].action

    def arrange(self, names: Sequence[str]) -> None:
        """Put the actions in the order of these names; others follow."""
        order = [*names, *(name for name in self.named if name not in names)]
        self.named = {name: self.named[name] for name in order}

    def _bind(self, named: NamedAction, keys: str) -> None:
        named.action.setShortcut(QKeySequence(keys))
        tip = named.action.property("tip")
        shown = named.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        named.action.setToolTip(f"{tip} ({shown})" if shown else str(tip))
        self.rebound.emit(named.name)

    def holder_of(self, keys: str) -> NamedAction | None:
        """The action that has a shortcut."""
        wanted = QKeySequence(keys)
        taken = (each for each in self.named.values() if each.action.shortcut() == wanted)
        return None if wanted.isEmpty() else next(taken, None)

    def set_keys(self, name: str, keys: str) -> None:
        """Give an action a shortcut and keep it; an action that had it loses it."""
        holder, named = self.holder_of(keys), self.named[name]
        if holder is not None and holder is not named:
            self._keep(holder, "")
        self._keep(named, keys)

    def _keep(self, named: NamedAction, keys: str) -> None:
        self._preferences.set_shortcut(named.name, keys)
        self._bind(named, keys)

    def reset(self) -> None:
        """Give every action its default shortcut again."""
        self._preferences.reset_shortcuts()
        for named in self.named.values():
            self._bind(named, named.default)
