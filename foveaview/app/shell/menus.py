"""The menus, and every command of the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QApplication, QMenu

from foveaview.app import file_actions
from foveaview.app.images.photodiode import kept_patch
from foveaview.app.shell.view_toolbar import ARRANGEMENTS, LAYERS, OVERLAYS
from foveaview.app.shell.welcome_page import SAMPLES
from foveaview.app.widgets.theme import Theme, apply_theme
from foveaview.files import resource
from foveaview.io.colormaps import colormap_names

if TYPE_CHECKING:
    from foveaview.app.main_window import MainWindow

__all__ = ["Menus"]

_ARRANGEMENT_KEYS = {"single": "D", "side": "S", "wipe": "W", "blink": "B"}
_LAYER_KEYS = {
    "target": "1",
    "candidate": "2",
    "heatmap": "3",
    "difference": "4",
    "pooling": "5",
    "absolute": "6",
}
_MOVES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class Menus:
    """Fills a window's menu bar.

    Args:
        window: whose controller and dialogs the commands are for.

    Attributes:
        choices: the actions that show a choice of the view, by name of the setting and value.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window, self._commands = window, window.commands
        self.choices: dict[tuple[str, object], QAction] = {}
        self._group = ""
        bar = window.menuBar()
        for title, fill in (
            ("&File", self._fill_file),
            ("&Edit", self._fill_edit),
            ("&View", self._fill_view),
            ("&Gaze", self._fill_gaze),
            ("&Run", self._fill_run),
            ("&Help", self._fill_help),
        ):
            self._group = title.replace("&", "")
            fill(bar.addMenu(title))

    def _add(
        self,
        menu: QMenu,
        name: str,
        text: str,
        act: Callable[[], object] | None,
        keys: str = "",
        *,
        tip: str = "",
        checkable: bool = False,
        on_images: bool = False,
    ) -> QAction:
        action = self._commands.add(
            name, self._group, text, act, keys, tip=tip, checkable=checkable, on_images=on_images
        )
        menu.addAction(action)
        return action

    def _fill_file(self, menu: QMenu) -> None:
        window = self._window
        self._add(menu, "open", "&Open targets...", partial(file_actions.open_targets, window), "Ctrl+O")
        self._add(
            menu,
            "open_candidate",
            "Open &candidate...",
            partial(file_actions.open_candidate, window),
            "Ctrl+Shift+O",
        )
        self._add(menu, "open_start", "Open start &image...", partial(file_actions.open_start, window))
        exposure = self._add(menu, "expose", "E&xposure...", partial(file_actions.expose, window))
        exposure.setEnabled(False)
        self._add_recent(menu.addMenu("&Recent files"))
        samples = menu.addMenu("&Samples")
        for sample in SAMPLES:
            path = resource(f"samples/{sample}")
            samples.addAction(path.stem).triggered.connect(
                lambda _=False, path=path: window.controller.open_targets([path])
            )
        menu.addSeparator()
        for name, text, act, keys in (
            ("export_candidate", "&Export candidate...", file_actions.export_candidate, "Ctrl+E"),
            ("export_heatmap", "Export &heatmap...", file_actions.export_heatmap, ""),
            ("export_figure", "Export heatmap as &figure...", file_actions.export_figure, ""),
            ("export_all", "Export &all into a folder...", file_actions.export_all, "Ctrl+Shift+E"),
            ("save_points", "Save &points as CSV...", file_actions.save_points, ""),
            ("save_checkpoint", "Save chec&kpoint...", file_actions.save_checkpoint, "Ctrl+Shift+S"),
            ("load_checkpoint", "&Load checkpoint...", file_actions.load_checkpoint, "Ctrl+L"),
        ):
            self._add(menu, name, text, partial(act, window), keys)
        menu.addSeparator()
        self._add_sessions(menu)
        menu.addSeparator()
        self._add(menu, "close_target", "Close &target", self._close_target, "Ctrl+W")
        self._add(menu, "quit", "&Quit", window.close, "Ctrl+Q")

    def _add_sessions(self, menu: QMenu) -> None:
        for name, text, act, keys in (
            ("open_session", "Open sess&ion...", file_actions.open_session, "Ctrl+Alt+O"),
            ("save_session", "&Save session", file_actions.save_session, "Ctrl+S"),
            ("save_session_as", "Save session &as...", file_actions.save_session_as, "Ctrl+Alt+S"),
        ):
            self._add(menu, name, text, partial(act, self._window), keys)
        closed = menu.addMenu("Sessions of closed &windows")
        closed.aboutToShow.connect(partial(self._fill_closed, closed))
        self._fill_closed(closed)

    def _fill_closed(self, menu: QMenu) -> None:
        menu.clear()
        for kept in self._window.sessions.kept():
            menu.addAction(kept.label.replace("&", "&&")).triggered.connect(
                lambda _=False, kept=kept: self._window.sessions.reopen(kept)
            )
        if menu.isEmpty():
            menu.addAction("none yet").setEnabled(False)

    def _add_recent(self, menu: QMenu) -> None:
        menu.aboutToShow.connect(partial(self._fill_recent, menu))
        self._fill_recent(menu)

    def _fill_recent(self, menu: QMenu) -> None:
        menu.clear()
        for name in file_actions.recent(self._window):
            action = menu.addAction(name)
            action.triggered.connect(partial(file_actions.open_again, self._window, Path(name)))
        if menu.isEmpty():
            menu.addAction("none yet").setEnabled(False)

    def _close_target(self) -> None:
        current = self._window.controller.state.current
        if current is not None:
            self._window.controller.close_document(current)

    def _fill_edit(self, menu: QMenu) -> None:
        window, controller = self._window, self._window.controller
        self._add(menu, "undo", "&Undo", controller.undo, "Ctrl+Z")
        self._add(menu, "redo", "&Redo", controller.redo, "Ctrl+Shift+Z")
        menu.addSeparator()
        self._add(
            menu, "copy_candidate", "&Copy candidate", partial(file_actions.copy_image, window), "Ctrl+C"
        )
        cite = self._add(
            menu, "copy_citation", "Copy &settings to cite", window.copy_citation, "Ctrl+Shift+C"
        )
        cite.setIconText("Cite")
        menu.addSeparator()
        for name, text, act in (
            ("save_preset", "Save settings as &preset...", file_actions.save_preset),
            ("recover_settings", "&Take settings of a picture...", file_actions.recover_settings),
        ):
            self._add(menu, name, text, partial(act, window))
        menu.addSeparator()
        alpha = (("alpha_down", "Alpha down", "[", -1), ("alpha_up", "Alpha up", "]", 1))
        for name, text, keys, steps in alpha:
            self._add(menu, name, text, partial(window.controller.turn_alpha, steps), keys)

    def _fill_view(self, menu: QMenu) -> None:
        self._add_choices(menu, "arrangement", ARRANGEMENTS, _ARRANGEMENT_KEYS)
        menu.addSeparator()
        self._add_choices(menu, "layer", LAYERS, _LAYER_KEYS)
        menu.addSeparator()
        self._add_choices(menu.addMenu("&Heatmap overlay"), "overlay", OVERLAYS, {})
        names = {name: name.capitalize() for name in colormap_names()}
        self._add_choices(menu.addMenu("&Colours of the maps"), "colormap", names, {})
        self._add_switch(menu, "rings", "&Rings of eccentricity", "R")
        self._add_switch(menu, "scanpath", "Sca&npath", "N")
        self._add_switch(menu, "twin", "Pooling region at the pointer (&twin)", "T")
        self._add_lock(menu)
        menu.addSeparator()
        self._add_zoom(menu)
        menu.addSeparator()
        self._add_layout(menu)

    def _add_choices(self, menu: QMenu, name: str, choices: dict[str, str], keys: dict[str, str]) -> None:
        group = QActionGroup(self._window)
        for value, text in choices.items():
            act = partial(self._window.controller.set_view, **{name: value})
            shown = f"Heatmap {text}" if name == "overlay" else text
            action = self._add(
                menu,
                f"{name}_{value}",
                shown,
                act,
                keys.get(value, ""),
                checkable=True,
                on_images=name == "layer",
            )
            group.addAction(action)
            self.choices[name, value] = action

    def _add_switch(self, menu: QMenu, name: str, text: str, keys: str) -> None:
        action = self._add(menu, name, text, None, keys, checkable=True)
        action.toggled.connect(lambda on: self._window.controller.set_view(**{name: on}))
        self.choices[name, True] = action

    def _add_lock(self, menu: QMenu) -> None:
        action = self._add(menu, "lock_range", "&Lock the range of the colours", None, "L", checkable=True)
        action.triggered.connect(self._window.controller.lock_range)

    def _add_zoom(self, menu: QMenu) -> None:
        images = self._window.images
        self._add(menu, "fit", "&Fit", images.fit, "F")
        self._add(menu, "one_to_one", "&1:1", images.one_to_one, "Ctrl+0")
        self._add(menu, "zoom_in", "Zoom &in", partial(images.step_zoom, 1 / 1.25), "Ctrl++")
        self._add(menu, "zoom_out", "Zoom &out", partial(images.step_zoom, 1.25), "Ctrl+-")
        reset = partial(self._window.controller.set_view, offset=(0.0, 0.0))
        self._add(menu, "reset_offset", "Reset the offset of the second image", reset)

    def _add_layout(self, menu: QMenu) -> None:
        self._add(menu, "present", "&Present full screen", self._window.present, "F11")
        self._add_patch(menu)
        docks = menu.addMenu("&Panels")
        docks.addActions([dock.toggleViewAction() for dock in self._window.docks.all])
        self._add(menu, "reset_layout", "Reset the &layout", lambda: self._window.window_layout.reset())
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        themes: tuple[Theme, ...] = ("system", "light", "dark")
        theme_menu = menu.addMenu("&Theme")
        for theme in themes:
            self._add(
                theme_menu, f"theme_{theme}", theme.capitalize(), partial(apply_theme, application, theme)
            )

    def _add_patch(self, menu: QMenu) -> None:
        window = self._window
        tip = (
            "While presenting: a square that turns black or white with each gaze's picture, to measure light"
        )
        action = self._add(menu, "patch", "Phot&odiode patch", None, tip=tip, checkable=True)
        action.setChecked(kept_patch(window.settings).on)
        action.toggled.connect(lambda on: window.set_patch(replace(kept_patch(window.settings), on=on)))

    def _fill_gaze(self, menu: QMenu) -> None:
        window = self._window
        follow = self._add(menu, "follow", "&Follow the pointer", None, "G", checkable=True)
        follow.setIconText("Follow")
        follow.toggled.connect(window.controller.set_follow)
        self._add_streams(menu)
        self._add(menu, "stop_following", "&Stop following", window.tracking.stop)
        self._add(menu, "validate", "&Validate the gaze...", window.validating.open)
        self._add_publish(menu)
        menu.addSeparator()
        self._add(menu, "gaze_centre", "To the &centre", partial(window.controller.set_gaze, (0.5, 0.5)), "C")
        for name, (dx, dy) in _MOVES.items():
            keys = name.capitalize()
            act = partial(window.controller.nudge, dx, dy)
            self._add(menu, f"gaze_{name}", f"{keys} by a pixel", act, keys, on_images=True)
        for name, (dx, dy) in _MOVES.items():
            keys = name.capitalize()
            act = partial(window.controller.nudge_degrees, dx, dy)
            self._add(menu, f"gaze_{name}_degree", f"{keys} by a degree", act, f"Alt+{keys}", on_images=True)
        menu.addSeparator()
        self._add_recordings(menu)
        menu.addSeparator()
        self._add(menu, "pin_gaze", "P&in or unpin at the gaze", window.controller.pin_gaze, "P")
        self._add(menu, "clear_pins", "Clear &pins", window.controller.clear_pins)

    def _add_recordings(self, menu: QMenu) -> None:
        window, replaying = self._window, self._window.replaying
        for name, text, act, keys in (
            ("open_recording", "&Open gaze recording...", partial(file_actions.open_recording, window), ""),
            ("play_recording", "Pla&y or pause the recording", replaying.player.toggle, "Ctrl+Space"),
            ("close_recording", "C&lose the recording", replaying.close_recording, ""),
            ("export_gaze", "&Export gaze as CSV...", partial(file_actions.export_gaze, window), ""),
        ):
            self._add(menu, name, text, act, keys)

    def _add_streams(self, menu: QMenu) -> None:
        streaming = self._window.streaming
        tip = "The gaze of an eye tracker, over the Lab Streaming Layer"
        self._add(menu, "follow_stream", "Follow a st&ream...", streaming.choose, tip=tip)
        tip = "Also where it is not there yet: the gaze follows once it comes"
        self._add(menu, "follow_last", "Follow the last stream &again", streaming.follow_last, tip=tip)

    def _add_publish(self, menu: QMenu) -> None:
        publishing = self._window.publishing
        tip = "Two streams of the Lab Streaming Layer, for recording beside other data"
        text = "Pu&blish gaze and events over LSL"
        action = self._add(menu, "publish", text, None, tip=tip, checkable=True)
        action.setChecked(publishing.publisher is not None)
        action.toggled.connect(publishing.set_on)
        publishing.changed.connect(action.setChecked)

    def _fill_run(self, menu: QMenu) -> None:
        controller = self._window.controller
        self._add(menu, "run", "&Run or pause", controller.toggle_run, "Space", on_images=True)
        self._add(menu, "stop", "&Stop", controller.stop, "Esc")
        self._add(menu, "restart", "Res&tart", controller.restart)
        self._add(menu, "reset", "R&eset", controller.reset)

    def _fill_help(self, menu: QMenu) -> None:
        window = self._window
        self._add(menu, "keys", "&Keys and mouse...", window.show_keys, "?")
