"""The search in the window: its buttons, settings, losses, presets and checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QVBoxLayout, QWidget

from foveaview.app.context import AppContext, Feature, Panel
from foveaview.app.core.state import AppState, Document, Phase
from foveaview.app.run.loss_plot import LossPlot
from foveaview.app.run.presets import PresetController
from foveaview.app.run.run_panel import RunPanel
from foveaview.app.run.settings_panel import SettingsPanel

__all__ = ["RunController"]

_CURVE_EVERY_MS = 200
_HOW_TO_GO_ON = "edited in a run"
_CHECKPOINTS = "Checkpoints (*.pt);;All files (*)"


def _run_of(document: Document | None) -> tuple[int, int | None] | None:
    """The run that can be continued or restarted; None if there is none."""
    if document is None or document.phase not in (Phase.RUNNING, Phase.PAUSED):
        return None
    return document.number, document.run


class RunController(Feature):
    """Starts and stops the search, and changes its settings.

    Args:
        context: what every feature is given.
        presets: the user's presets.
        open_start: asks for an image to start from.

    Attributes:
        run_panel: the buttons.
        settings_panel: the settings.
        loss_plot: the loss of every step.
    """

    def __init__(
        self, context: AppContext, presets: PresetController, open_start: Callable[[], object]
    ) -> None:
        super().__init__(context)
        self._controller, self._presets, self._open_start = context.controller, presets, open_start
        self.run_panel, self.settings_panel, self.loss_plot = RunPanel(), SettingsPanel(), LossPlot()
        self.panels = (Panel("Settings", self._make_side(), "right"),)
        # not at once, so that curve and image are not painted in one go
        self._curve_timer = QTimer(self, singleShot=True, interval=_CURVE_EVERY_MS)
        self._curve_timer.timeout.connect(self._draw_losses)
        self._add_actions()
        self._connect()
        self.run_panel.set_document(None)
        self.run_panel.set_keeping(self._controller.state.keeping)
        self.settings_panel.setEnabled(False)

    def _make_side(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(6, 6, 0, 0)
        column.addWidget(self.run_panel)
        column.addWidget(self._presets.bar)
        column.addWidget(self.settings_panel, 1)
        side.setMinimumWidth(280)
        return side

    def _add_actions(self) -> None:
        add, search, edits = self.context.actions.add, self._controller.search, self._controller.edits
        add("Run", "run", "&Run or pause", search.toggle, "Space", on_images=True)
        add("Run", "stop", "&Stop", search.stop, "Esc")
        add("Run", "restart", "Res&tart", search.restart)
        add("Run", "reset", "R&eset", search.reset)
        add("Edit", "undo", "&Undo", edits.undo, "Ctrl+Z")
        add("Edit", "redo", "&Redo", edits.redo, "Ctrl+Shift+Z")
        for name, text, keys, steps in (
            ("alpha_down", "Alpha down", "[", -1),
            ("alpha_up", "Alpha up", "]", 1),
        ):
            add("Edit", name, text, partial(edits.turn_alpha, steps), keys)
        add("File", "save_checkpoint", "Save chec&kpoint...", self.save_checkpoint, "Ctrl+Shift+S")
        add("File", "load_checkpoint", "&Load checkpoint...", self.load_checkpoint, "Ctrl+L")

    def _connect(self) -> None:
        controller, panel, plot = self._controller, self.run_panel, self.loss_plot
        panel.started.connect(controller.search.start)
        panel.paused.connect(controller.search.pause)
        panel.stopped.connect(controller.search.stop)
        panel.reset.connect(controller.search.reset)
        panel.history_edited.connect(self._set_history)
        plot.scrubbed.connect(controller.edits.scrub)
        plot.went_live.connect(lambda: controller.edits.scrub(None))
        self.settings_panel.edited.connect(self._edit)
        names = (
            "current",
            "phase",
            "run",
            "status",
            "scrub",
            "loss_settings",
            "settings",
            "objective",
            "keeping",
        )
        controller.watch(self._show, *names)
        controller.rejected.connect(self._show_rejected)
        controller.edits.edited_in_run.connect(self._ask_how_to_go_on)
        controller.search.continued.connect(self._offer_restart)

    # from the user

    def _set_history(self, megabytes: int) -> None:
        self._controller.edits.set_history(megabytes)
        self.context.preferences.history_mb = megabytes

    def _edit(self, group: str, name: str, value: Any) -> None:
        document, edits = self.context.document, self._controller.edits
        if document is None:
            return
        if name == "start" and value == "image" and document.start is None:
            self._open_start()
            self.settings_panel.set_settings(document.loss_settings, document.settings, document.objective)
            return
        setters = {"LossSettings": edits.set_loss, "ObjectiveSettings": edits.set_objective}
        setters.get(group, edits.set_synthesis)(name, value)

    def save_checkpoint(self) -> None:
        """Ask where to save the run, and save it."""
        save = self._controller.documents.save_checkpoint
        self.context.save_file("Save checkpoint", "checkpoint.pt", _CHECKPOINTS, save)

    def load_checkpoint(self) -> None:
        """Ask for a checkpoint of the shown target, and adopt its run."""
        self.context.ask_file("Load checkpoint", _CHECKPOINTS, self._controller.documents.load_checkpoint)

    # to the user

    def _show(self, state: AppState, before: AppState) -> None:
        now, was = state.document, before.document
        self.run_panel.set_document(now)
        if state.keeping != before.keeping:
            self.run_panel.set_keeping(state.keeping)
        if now is not None:
            self._show_document(now, was if was is not None and was.number == now.number else None)
        self.settings_panel.setEnabled(now is not None)
        if _run_of(now) != _run_of(was):  # the question was about another run
            self.context.notify.dismiss(_HOW_TO_GO_ON)

    def _show_document(self, now: Document, was: Document | None) -> None:
        shown = None if was is None else (was.loss_settings, was.settings, was.objective)
        if shown != (now.loss_settings, now.settings, now.objective):
            self.settings_panel.set_settings(now.loss_settings, now.settings, now.objective)
            self._presets.show()
        if was is None or was.status is not now.status or was.phase is not now.phase:
            if was is None or now.phase is not Phase.RUNNING:
                self._draw_losses()
            elif not self._curve_timer.isActive():
                self._curve_timer.start()
        if was is None or was.stored is not now.stored:
            self.loss_plot.set_stored(now.stored)
        if was is None or was.scrub != now.scrub:
            self.loss_plot.set_scrub(now.scrub)

    def _draw_losses(self) -> None:
        document = self.context.document
        status = document.status if document is not None else None
        terms = {} if status is None else status.terms
        self.loss_plot.set_losses(None if status is None else status.losses, terms)
        latest = {name: float(values[-1]) for name, values in terms.items() if len(values)}
        self.settings_panel.set_term_values(latest)

    def _show_rejected(self, name: str, why: str) -> None:
        document = self.context.document
        if document is not None:
            self.settings_panel.set_settings(document.loss_settings, document.settings, document.objective)
        if not self.settings_panel.set_remark(name, why):  # it is of several settings
            self.context.notify.banner(f"{name}: {why}", f"{name}: {why}")

    def _ask_how_to_go_on(self) -> None:
        self._ask_to_restart(
            "A setting was changed while the synthesis runs. It continues from here with the new value; "
            "a restart begins at iteration 0."
        )

    def _offer_restart(self, iteration: int) -> None:
        self._ask_to_restart(
            f"The synthesis continues from iteration {iteration}. A restart discards its image and begins at "
            "iteration 0."
        )

    def _ask_to_restart(self, text: str) -> None:
        actions = [("Continue from here", lambda: None), ("Restart", self._controller.search.restart)]
        self.context.notify.banner(text, actions=actions, topic=_HOW_TO_GO_ON)

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        self.loss_plot.set_palette(palette)
