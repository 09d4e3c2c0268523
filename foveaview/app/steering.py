"""Brings what the user does in a window's widgets to its controller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from foveaview.app import file_actions
from foveaview.live import Candidate

if TYPE_CHECKING:
    from foveaview.app.main_window import MainWindow

__all__ = ["Steering"]


class Steering(QObject):
    """Listens to images, settings, run, curve, targets and toolbar.

    Args:
        window: whose widgets they are.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._controller = window, window.controller
        self._connect_images()
        self._connect_run()
        self._connect_view()
        window.panel.edited.connect(self._edit)
        window.targets.chosen.connect(self._controller.select)
        window.targets.closed.connect(self._controller.close_document)
        window.welcome.chosen.connect(lambda path: self._controller.open_targets([path]))

    def _connect_images(self) -> None:
        controller, images = self._controller, self._window.images
        images.pointed.connect(lambda x, y: controller.set_gaze((x, y)))
        images.pinned.connect(controller.pin)
        images.divided.connect(lambda place: controller.set_view(divider=place))
        images.shifted.connect(controller.shift)
        images.turned.connect(controller.turn_alpha)

    def _connect_run(self) -> None:
        controller, panel, curve = self._controller, self._window.run_panel, self._window.curve
        panel.started.connect(controller.start)
        panel.paused.connect(controller.pause)
        panel.stopped.connect(controller.stop)
        panel.reset.connect(controller.reset)
        panel.history_edited.connect(self._keep_history)
        curve.scrubbed.connect(controller.scrub)
        curve.went_live.connect(lambda: controller.scrub(None))

    def _connect_view(self) -> None:
        controller, bar = self._controller, self._window.view_bar
        bar.view_changed.connect(lambda name, value: controller.set_view(**{name: value}))
        bar.candidate_chosen.connect(self._choose_candidate)
        bar.term_chosen.connect(controller.set_heatmap_of)

    def _choose_candidate(self, kind: Candidate) -> None:
        document = self._controller.state.document
        if kind == "file" and document is not None and document.file is None:
            file_actions.open_candidate(self._window)
        else:
            self._controller.set_candidate(kind)
        self._window.view_bar.set_state(self._controller.state)

    def _keep_history(self, megabytes: int) -> None:
        self._controller.set_history(megabytes)
        self._window.settings.setValue("history_mb", megabytes)

    def _edit(self, group: str, name: str, value: Any) -> None:
        document = self._controller.state.document
        if document is None:
            return
        if name == "start" and value == "image" and document.start is None:
            file_actions.open_start(self._window)
            self._window.panel.set_settings(document.loss_settings, document.settings, document.objective)
        elif group == "LossSettings":
            self._controller.set_loss(name, value)
        elif group == "ObjectiveSettings":
            self._controller.set_objective(name, value)
        else:
            self._controller.set_synthesis(name, value)
