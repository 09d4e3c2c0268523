"""Exports images, heatmaps and figures, or all of them into a folder."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt

from foveaview.app.context import AppContext, Feature
from foveaview.app.export import requests
from foveaview.app.export.export_dialog import ExportChoice, ExportDialog
from foveaview.app.widgets.file_dialogs import confirmed
from foveaview.export import Kind, obstacles
from foveaview.io.colormaps import Scale
from foveaview.live import Job
from foveaview.live.renderer import Renderer

__all__ = ["ExportController"]

_IMAGES = "PNG (*.png);;TIFF of 32-bit floats (*.tif)"


class ExportController(Feature):
    """Asks what to export and to which path, and has the worker write it.

    Args:
        context: what every feature is given.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        add = context.actions.add
        add("File", "export_candidate", "&Export candidate...", self.ask_candidate, "Ctrl+E")
        add("File", "export_heatmap", "Export &heatmap...", self.ask_heatmap)
        add("File", "export_figure", "Export heatmap as &figure...", self.ask_figure)
        add("File", "export_all", "Export &all into a folder...", self.ask_all, "Ctrl+Shift+E")

    # written in the background

    @property
    def _scale(self) -> Scale:
        """Colours and range of the heatmap on screen."""
        view = self.context.controller.state.view
        return Scale(view.colormap, 0.0, view.heatmap_top)

    def _export(self, make: Callable[[Job, Path], Callable[[Renderer], str]], path: Path) -> None:
        job = self.context.controller.full_job()
        if job is not None:
            self.context.controller.ask(make(job, path), self.context.notify.message)

    def export_candidate(self, path: Path) -> None:
        """Write the candidate as a PNG or a float TIFF with its settings."""
        self._export(requests.export_candidate, path)

    def export_heatmap(self, path: Path) -> None:
        """Write the heatmap as a PNG with its settings."""
        self._export(partial(requests.export_heatmap, scale=self._scale), path)

    def export_figure(self, path: Path) -> None:
        """Write the heatmap as a figure with colour bar and rings."""
        self._export(partial(requests.export_figure, scale=self._scale), path)

    def export_all(self, folder: Path, kinds: Collection[Kind]) -> None:
        """Write several kinds of files into one folder."""
        self._export(partial(requests.export_all, kinds=kinds, scale=self._scale), folder)

    # asked for

    def _confirm_stale(self) -> bool:
        document = self.context.document
        changes = document.picture_changes if document is not None else []
        if not changes:
            return True
        question = f"The picture was made with other settings ({', '.join(changes)}). Export it all the same?"
        return confirmed(self.context.parent, "Export", question)

    def ask_candidate(self) -> None:
        """Ask for a path, and export the candidate to it."""
        if self._confirm_stale():
            document = self.context.document
            kind: str = document.candidate if document is not None else "metamer"
            if document is not None and document.scrub is not None:
                kind = f"metamer-at-{document.scrub}"
            self.context.save_file("Export candidate", f"{kind}.png", _IMAGES, self.export_candidate)

    def ask_heatmap(self) -> None:
        """Ask for a path, and export the heatmap to it."""
        self.context.save_file("Export heatmap", "heatmap.png", "PNG (*.png)", self.export_heatmap)

    def ask_figure(self) -> None:
        """Ask for a path, and export the heatmap to it as a figure."""
        self.context.save_file("Export figure", "figure.png", "PNG (*.png);;SVG (*.svg)", self.export_figure)

    def ask_all(self) -> None:
        """Ask what to export and into which folder, and export it."""
        document, preferences = self.context.document, self.context.preferences
        if document is None or not self._confirm_stale():
            return
        folder = preferences.export_folder or str(self.context.suggested("export"))
        why_not = obstacles(run=document.status is not None, frames=bool(document.stored))
        choice = ExportChoice.of(folder, preferences.export_kinds)
        dialog = ExportDialog(choice, why_not, self.context.parent)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(partial(self._export_chosen, dialog))
        dialog.open()

    def _export_chosen(self, dialog: ExportDialog) -> None:
        choice, kept = dialog.choice(), dialog.remembered()
        self.context.preferences.set_export(kept.folder, kept.kinds)
        self.export_all(choice.folder, choice.kinds)
