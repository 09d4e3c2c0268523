"""The one writer of the window's state, by three sets of rules."""

from __future__ import annotations

from PySide6.QtCore import QObject

from foveaview.app.core.documents import Documents
from foveaview.app.core.edits import Edits
from foveaview.app.core.search import Search
from foveaview.app.core.store import Store, WorkerProtocol

__all__ = ["Controller"]


class Controller(Store):
    """The state, and everything that changes it.

    Args:
        worker: computes jobs and requests.
        parent: keeps it.

    Attributes:
        edits: gaze, view, candidate and settings, with undo.
        documents: the open documents.
        search: the search of the shown document.
    """

    def __init__(self, worker: WorkerProtocol, parent: QObject | None = None) -> None:
        super().__init__(worker, parent)
        self.edits = Edits(self)
        self.documents = Documents(self, self.edits)
        self.search = Search(self, self.edits)
