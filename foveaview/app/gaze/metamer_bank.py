"""Computes metamers of the shown target in advance, for a grid of gazes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from foveaview.app.core.controller import Controller
from foveaview.app.core.state import AppState, Document
from foveaview.live import Heatmap, Key, Picture
from foveaview.live.display_maps import overlay
from foveaview.live.metamer_bank import BankEntry, MetamerBank
from foveaview.settings.view import ViewSettings

__all__ = ["MetamerBankController"]

_BUDGET_BYTES = 512e6

Gaze = tuple[float, float]


class MetamerBankController(QObject):
    """Fills a bank of metamers in the background, those nearest to the gaze first.

    Args:
        controller: has the target, and the worker that computes.

    Signals:
        changed: the bank has another entry, or was replaced.
    """

    changed = Signal()

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._points = 0
        self._subject: tuple[Any, ...] | None = None
        self.bank: MetamerBank | None = None
        self._asked = False
        self._drawn: tuple[tuple[Any, ...], Heatmap] | None = None

    def set_points(self, points: int) -> None:
        """Set the number of gazes along the longer side; 0 for no bank."""
        if points != self._points:
            if bool(points) != bool(self._points):
                changed = self._controller.changed
                changed.connect(self.follow) if points else changed.disconnect(self.follow)
            self._points = points
            self.follow(self._controller.state)

    def follow(self, state: AppState, _before: AppState | None = None) -> None:
        """Replace the bank if its images are out of date, and continue to fill it."""
        document = state.document if self._points else None
        subject = None if document is None else self._subject_of(document)
        if subject != self._subject:
            self._subject = subject
            self.bank = None
            if document is not None:
                self.bank = MetamerBank(document.size, self._points, _BUDGET_BYTES)
            self.changed.emit()
        self._ask(state)

    def _subject_of(self, document: Document) -> tuple[Any, ...]:
        settings = document.settings
        return document.number, document.loss_settings, settings.seed, settings.device, self._points

    def _ask(self, state: AppState) -> None:
        """One at a time: the gaze may be elsewhere when it is made. None while a search has the worker."""
        document, job = state.document, None
        if self.bank is None or self._asked or document is None or document.candidate != "ventral":
            return
        wanted = self.bank.wanted(document.gaze)
        job = None if wanted is None else self._controller.full_job()
        if job is None or wanted is None:
            return
        self._asked = True
        made = replace(job, gaze=wanted)
        self._controller.ask(
            lambda renderer: renderer.banked(made), partial(self._take, self._subject, wanted)
        )

    def _take(self, subject: tuple[Any, ...] | None, gaze: Gaze, made: BankEntry | None) -> None:
        self._asked = False
        if made is None:
            return
        if self.bank is not None and subject == self._subject:
            self.bank.put(gaze, made)
            self.changed.emit()
        self._ask(self._controller.state)

    def shown(self, gaze: Gaze) -> tuple[Picture, Heatmap | None] | None:
        """Return image and heatmap for a gaze; None if there are none, or if others are shown."""
        state = self._controller.state
        document = state.document
        if self.bank is None or document is None or document.candidate != "ventral" or state.view.is_map:
            return None  # another map is of the very gaze
        made = self.bank.nearest(gaze)
        return None if made is None else (made.picture, self._overlay(made, document, state.view))

    def _overlay(self, made: BankEntry, document: Document, view: ViewSettings) -> Heatmap | None:
        """The heatmap in the view's colours, the same object as long as it is the same."""
        whole = document.heatmap_of == "metameric" and document.heatmap_parts is None
        if not whole or view.overlay == "none" or made.picture.key is None:
            return None
        wanted = (made, view.colormap, view.heatmap_top)
        if self._drawn is None or self._drawn[0] != wanted:
            key = Key(made.picture.key.gaze, document.loss_settings)
            self._drawn = (wanted, replace(overlay(made.heatmap, key, view), banked=True))
        return self._drawn[1]
