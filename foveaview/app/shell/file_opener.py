"""Takes files that were dropped: sessions, checkpoints, recordings of gaze, exported pictures, and images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from foveaview.app.core.controller import Controller
from foveaview.app.core.documents import WorkerProtocol
from foveaview.app.sessions.controller import Sessions
from foveaview.gaze.recordings import kinds
from foveaview.io.embedded_settings import EmbeddedSettings, read_recovered
from foveaview.live import Failure
from foveaview.perception.pyramid.padding import levels_that_fit
from foveaview.sessions.model import SUFFIX

__all__ = ["AppliedSettings", "FileOpener", "is_recording"]

_WITH_SETTINGS = (".png", ".tif", ".tiff")


@dataclass(frozen=True)
class AppliedSettings:
    """A picture whose settings the shown target has now.

    Attributes:
        path: the picture.
        remarks: what was not taken over, and why.
        changed: whether anything is other than before.
    """

    path: Path
    remarks: tuple[str, ...] = ()
    changed: bool = True


def is_recording(path: Path) -> bool:
    """Return True if a file is one that gaze is recorded in, by its name.

    >>> is_recording(Path("sub-01_physio.tsv.gz")), is_recording(Path("photo.png"))
    (True, False)
    """
    return any(fnmatch(path.name.lower(), pattern) for _, patterns in kinds() for pattern in patterns)


class FileOpener(QObject):
    """Decides what a file is opened as.

    Args:
        controller: that opens targets and checkpoints, and takes settings.
        sessions: that opens sessions.
        worker: that reads.

    Signals:
        recording: the path of a recording of gaze.
        taken_over: a `AppliedSettings`, where the open target got a picture's settings.
        failed: a `Failure`.
    """

    recording = Signal(object)
    taken_over = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        controller: Controller,
        sessions: Sessions,
        worker: WorkerProtocol,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller, self._sessions, self._worker = controller, sessions, worker

    def take(self, paths: Sequence[Path]) -> None:
        """Open each file as what it is; of several images none is looked at for settings."""
        sessions = [path for path in paths if path.suffix == SUFFIX]
        checkpoints = [path for path in paths if path.suffix == ".pt"]
        recordings = [path for path in paths if is_recording(path)]
        images = [path for path in paths if path.suffix not in (SUFFIX, ".pt") and path not in recordings]
        if sessions:
            self._sessions.open(sessions[-1])
            return
        if len(images) == 1 and images[0].suffix.lower() in _WITH_SETTINGS:
            self.take_settings(images[0], or_open=True)
        else:
            self._controller.open_targets(images)
        for path in checkpoints:
            self._controller.load_checkpoint(path)
        for path in recordings[-1:]:
            self.recording.emit(path)

    def take_settings(self, path: Path, or_open: bool = False) -> None:
        """Give the shown target what a picture was made with; `or_open` opens one that says nothing."""
        self._worker.ask(lambda _renderer: read_recovered(path), partial(self._take, path, or_open))

    def open_as_target(self, taken: AppliedSettings) -> None:
        """Take the settings back, and open the picture instead."""
        if taken.changed:
            self._controller.undo()
        self._controller.open_targets([taken.path])

    def _take(self, path: Path, or_open: bool, value: EmbeddedSettings | Failure | None) -> None:
        document = self._controller.state.document
        found = value if isinstance(value, EmbeddedSettings) else None
        if isinstance(value, Failure):
            self.failed.emit(value)
        elif found is None and not or_open:
            error = ValueError(f"{path.name}: this picture does not say what it was made with")
            self.failed.emit(Failure.of(error))
        if document is not None and found is not None:
            self._take_over(path, found, levels_that_fit(document.size))
        elif or_open:
            self._controller.open_targets([path], choice=None if found is None else _choice(found))

    def _take_over(self, path: Path, found: EmbeddedSettings, fit: int) -> None:
        remarks, choice = list(found.remarks), _choice(found)
        loss_settings = choice.get("loss_settings", {})
        if loss_settings.get("n_pyramid_levels", 0) > fit:
            choice["loss_settings"] = {**loss_settings, "n_pyramid_levels": fit}
            remarks.append(f"levels set to {fit}, the most that fit the image")
        before = self._controller.state
        self._controller.rest()
        if self._controller.choose(f"settings of {path.name}", **choice):
            changed = self._controller.state is not before
            self._controller.rest()
            self.taken_over.emit(AppliedSettings(path, tuple(remarks), changed))


def _choice(found: EmbeddedSettings) -> dict[str, Any]:
    """As `Controller.choose` takes it."""
    gaze = {} if found.gaze is None else {"gaze": found.gaze}
    return {**gaze, **found.groups}
