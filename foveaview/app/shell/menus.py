"""The menus: the place of each action."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QMenu, QMenuBar

from foveaview.app.core.actions import ActionRegistry
from foveaview.app.images import LAYERS
from foveaview.app.shell.view_toolbar import ARRANGEMENTS, OVERLAYS
from foveaview.io.colormaps import colormap_names

__all__ = ["MENUS", "Menus", "Submenu"]


@dataclass(frozen=True)
class Submenu:
    """A menu in a menu.

    Attributes:
        title: its text.
        entries: its actions by name; if empty, a filler of that title fills it whenever it is shown.
    """

    title: str
    entries: tuple[str, ...] = ()


_LINE = None
_MOVES = ("left", "right", "up", "down")
_Entry = str | Submenu | None

MENUS: Mapping[str, tuple[_Entry, ...]] = {
    "&File": (
        *("open", "open_candidate", "open_start", "expose", Submenu("&Recent files"), Submenu("&Samples")),
        _LINE,
        *("export_candidate", "export_heatmap", "export_figure", "export_all", "save_points"),
        *("save_checkpoint", "load_checkpoint"),
        _LINE,
        *("open_session", "save_session", "save_session_as", Submenu("Sessions of closed &windows")),
        _LINE,
        *("close_target", "quit"),
    ),
    "&Edit": (
        *("undo", "redo"),
        _LINE,
        *("copy_candidate", "copy_citation"),
        _LINE,
        *("save_preset", "recover_settings"),
        _LINE,
        *("alpha_down", "alpha_up"),
    ),
    "&View": (
        *(f"arrangement_{name}" for name in ARRANGEMENTS),
        _LINE,
        *(f"layer_{name}" for name in LAYERS),
        _LINE,
        Submenu("&Heatmap overlay", tuple(f"overlay_{name}" for name in OVERLAYS)),
        Submenu("&Colours of the maps", tuple(f"colormap_{name}" for name in colormap_names())),
        *("rings", "scanpath", "twin", "lock_range"),
        _LINE,
        *("fit", "one_to_one", "zoom_in", "zoom_out", "reset_offset"),
        _LINE,
        *("present", "patch", Submenu("&Panels"), "reset_layout"),
        Submenu("&Theme", ("theme_system", "theme_light", "theme_dark")),
    ),
    "&Gaze": (
        *("follow", "follow_stream", "follow_last", "stop_following", "validate", "publish"),
        _LINE,
        "gaze_centre",
        *(f"gaze_{name}" for name in _MOVES),
        *(f"gaze_{name}_degree" for name in _MOVES),
        _LINE,
        *("open_recording", "play_recording", "close_recording", "export_gaze"),
        _LINE,
        *("pin_gaze", "clear_pins"),
    ),
    "&Run": ("run", "stop", "restart", "reset"),
    "&Help": ("keys",),
}
"""Actions by name, in the order of the menus; None is a line. Other actions follow in their group."""

Filler = Callable[[QMenu], object]


class Menus:
    """Fills a menu bar with the actions of the window.

    Args:
        bar: the menu bar.
        actions: all actions.
        fillers: fill submenus with variable content, by title.
    """

    def __init__(self, bar: QMenuBar, actions: ActionRegistry, fillers: Mapping[str, Filler]) -> None:
        self._actions, self._fillers = actions, fillers
        actions.arrange(list(self._names()))
        for title, entries in MENUS.items():
            menu = bar.addMenu(title)
            for entry in entries:
                self._add(menu, entry)
            for name, named in actions.named.items():
                if named.group == title.replace("&", "") and name not in self._names():
                    menu.addAction(named.action)

    @staticmethod
    def _names() -> Iterator[str]:
        for entries in MENUS.values():
            for entry in entries:
                yield from entry.entries if isinstance(entry, Submenu) else [entry] if entry else []

    def _add(self, menu: QMenu, entry: _Entry) -> None:
        if entry is None:
            menu.addSeparator()
        elif isinstance(entry, str):
            menu.addAction(self._actions[entry])
        elif entry.entries:
            submenu = menu.addMenu(entry.title)
            submenu.addActions([self._actions[name] for name in entry.entries])
        else:
            self._add_filled(menu.addMenu(entry.title), self._fillers[entry.title])

    @staticmethod
    def _add_filled(menu: QMenu, fill: Filler) -> None:
        def refill() -> None:
            menu.clear()
            fill(menu)
            if menu.isEmpty():
                menu.addAction("none yet").setEnabled(False)

        menu.aboutToShow.connect(refill)
        refill()
