"""Menu entries for images: open, expose, copy, cite and close."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog

from foveaview.app.context import AppContext, Feature
from foveaview.app.core.state import AppState
from foveaview.app.images.target_list import to_qimage
from foveaview.app.widgets.file_dialogs import IMAGE_FILES
from foveaview.export.citation import citation
from foveaview.io.samples import MOST_STOPS

__all__ = ["ImageActions"]


class ImageActions(Feature):
    """Opens images, and copies what is shown.

    Args:
        context: what every feature is given.
        open_files: opens files by their kind, and remembers them.
    """

    def __init__(self, context: AppContext, open_files: Callable[[Sequence[Path]], object]) -> None:
        super().__init__(context)
        self._open_files = open_files
        add = context.actions.add
        add("File", "open", "&Open targets...", self.open_targets, "Ctrl+O")
        add("File", "open_candidate", "Open &candidate...", self.open_candidate, "Ctrl+Shift+O")
        add("File", "open_start", "Open start &image...", self.open_start)
        self._expose = add("File", "expose", "E&xposure...", self.expose)
        self._expose.setEnabled(False)
        add("File", "close_target", "Close &target", self.close_target, "Ctrl+W")
        add("Edit", "copy_candidate", "&Copy candidate", self.copy_candidate, "Ctrl+C")
        cite = add("Edit", "copy_citation", "Copy c&itation", self.copy_citation, "Ctrl+Shift+C")
        cite.setIconText("Copy citation")
        context.controller.watch(self._show, "current")

    def _show(self, state: AppState, _before: AppState) -> None:
        self._expose.setEnabled(state.document is not None and state.document.is_light)

    def open_targets(self) -> None:
        """Ask for images and open them as targets."""
        self.context.ask_files("Open targets", IMAGE_FILES, self._open_files)

    def _ask_image(self, title: str, receive: Callable[[Path], object]) -> None:
        self.context.ask_file(title, IMAGE_FILES, receive)

    def open_candidate(self) -> None:
        """Ask for an image to compare with the target."""
        self._ask_image("Open candidate", self.context.controller.documents.open_candidate)

    def open_start(self) -> None:
        """Ask for an image to start the next search from."""
        self._ask_image("Open start image", self.context.controller.documents.open_start)

    def expose(self) -> None:
        """Ask by how many stops to brighten the light in the target's file, and read it again so."""
        document = self.context.document
        if document is None:
            return
        question = "Stops by which the target becomes brighter:"
        stops, accepted = QInputDialog.getDouble(
            self.context.parent, "Exposure", question, document.exposure, -MOST_STOPS, MOST_STOPS, 1, step=0.5
        )
        if accepted and stops != document.exposure:
            self.context.controller.documents.expose(stops)

    def close_target(self) -> None:
        """Close the target that is shown."""
        document = self.context.document
        if document is not None:
            self.context.controller.documents.close(document.number)

    def copy_candidate(self) -> None:
        """Put the candidate on the clipboard."""
        document = self.context.document
        if document is not None and document.picture is not None:
            QGuiApplication.clipboard().setImage(to_qimage(document.picture.pixels))
            self.context.notify.message("candidate copied")

    def copy_citation(self) -> None:
        """Put a line on the clipboard that says how the image was made."""
        document = self.context.document
        if document is not None:
            objective = document.objective if document.candidate == "metamer" else None
            text = citation(
                document.gaze, document.size, document.loss_settings, document.settings, objective
            )
            QGuiApplication.clipboard().setText(text)
            self.context.notify.message(f"copied: {text}")
