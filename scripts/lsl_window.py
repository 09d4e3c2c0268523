"""The window that `lsl.py` lets follow a stream, and the times that it sees."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from foveaview.app.main_window import MainWindow
from foveaview.app.widgets.theme import apply_theme
from foveaview.files import resource
from foveaview.gaze import Sample, now
from foveaview.gaze.lsl import KeptStream, LslSource
from foveaview.gaze.tracker import GazeUpdate
from tests.app.stage import wait

GIVE_UP_S = 30.0
POLL_MS = 2


class Watched:
    """A window on a sample, and when it took the samples and moved its gaze.

    Attributes:
        taken_ms, moved_ms: from the time of a sample until it was taken, and until the gaze was there.
    """

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.taken_ms: list[float] = []
        self.moved_ms: list[float] = []
        self._moved_to = float("nan")
        window.gaze.sampled.connect(self._take)
        window.gaze.looked.connect(self._look)

    def _take(self, samples: list[Sample]) -> None:
        at = now()
        self.taken_ms += [(at - sample.t) * 1e3 for sample in samples]

    def _look(self, look: GazeUpdate) -> None:
        if not look.frozen and look.t != self._moved_to:
            self.moved_ms.append((now() - look.t) * 1e3)
            self._moved_to = look.t

    def follow(self, kept: KeptStream) -> LslSource:
        """Follow a stream, until its gaze is there."""
        self.window.streams.follow(kept)
        source = self.window.gaze.source
        assert isinstance(source, LslSource)
        self.until(self.follows)
        return source

    def follows(self) -> bool:
        """Return True if the gaze is the stream's, which begins beside the image."""
        look = self.window.gaze.look
        return look is not None and look.frozen in ("", "outside the image")

    def forget(self) -> None:
        """Begin to measure again."""
        self.taken_ms, self.moved_ms = [], []

    def until(self, reached: Callable[[], bool]) -> float:
        """Let the window work; return the seconds that it took."""
        began = now()
        while not reached():
            if now() - began > GIVE_UP_S:
                raise TimeoutError(f"the window did not come so far in {GIVE_UP_S:.0f} s")
            wait(POLL_MS)
        return now() - began


def quantiles(milliseconds: list[float]) -> str:
    """Return the median and upper quantiles."""
    if not milliseconds:
        return "none"
    p50, p95, p99 = np.percentile(milliseconds, (50, 95, 99))
    return f"p50 {p50:.2f}  p95 {p95:.2f}  p99 {p99:.2f} ms"


@contextlib.contextmanager
def watched() -> Iterator[Watched]:
    """Give a window with its own settings, closed at the end."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    apply_theme(application, "light")
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(settings, Path(folder) / "runs", autosave_s=None)
        seen = Watched(window)
        try:
            window.show()
            window.controller.documents.open_targets([resource("samples/astronaut.png")])
            seen.until(lambda: window.controller.state.document is not None)
            yield seen
        finally:
            window.close()
