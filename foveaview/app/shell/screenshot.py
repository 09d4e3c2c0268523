"""Save a screenshot of the window without user interaction."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from foveaview.app.context import AppContext
from foveaview.files import replacing
from foveaview.live import Failure

__all__ = ["Screenshot"]

_LOOK_MS = 20
_LONGEST_S = 120.0


class Screenshot(QObject):
    """Saves a screenshot of the window and closes it; saves none after an error.

    Args:
        context: of the window.
        path: of the PNG.
        after_s: delay in seconds after everything is open.
        n_targets: number of targets to wait for.
        is_compared: True to wait for a candidate of the last target.
    """

    def __init__(
        self, context: AppContext, path: Path, after_s: float, n_targets: int, is_compared: bool
    ) -> None:
        super().__init__(context.parent)
        self.error: Exception | None = None
        """Why there is no picture."""
        self._context, self._path, self._after_s = context, path, after_s
        self._n_targets, self._is_compared = n_targets, is_compared
        self._began = time.monotonic()
        self._looks = QTimer(self, interval=_LOOK_MS)
        self._looks.timeout.connect(self._look)
        self._looks.start()
        context.controller.failed.connect(self._fail)
        context.sessions.failed.connect(self._fail)

    def _fail(self, failure: Failure) -> None:
        self._finish(ValueError(failure.message))

    def _is_open(self) -> bool:
        """Return True if all is there that the picture is to show."""
        state, document = self._context.controller.state, self._context.document
        if self._context.sessions.is_opening or len(state.documents) < self._n_targets:
            return False
        return not self._is_compared or (document is not None and document.file is not None)

    def _look(self) -> None:
        if self._is_open():
            self._looks.stop()
            QTimer.singleShot(round(self._after_s * 1000), self, self._take)
        elif time.monotonic() > self._began + _LONGEST_S:
            self._finish(
                TimeoutError(f"the images were still not open after {_LONGEST_S:g} s: no screenshot saved")
            )

    def _take(self) -> None:
        if self.error is None:
            self._finish(self._save())

    def _save(self) -> Exception | None:
        picture = self._context.parent.grab()
        try:
            with replacing(self._path) as part:
                if not picture.save(str(part), "PNG"):
                    return OSError(f"{self._path}: could not write the screenshot")
        except OSError as error:
            return error
        return None

    def _finish(self, error: Exception | None) -> None:
        self._looks.stop()
        self.error = self.error or error
        # not before the loop runs, which would not see that its last window was closed
        QTimer.singleShot(0, self._context.parent.close)
