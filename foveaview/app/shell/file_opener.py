"""Opens files as what they are: sessions, checkpoints, recordings of gaze, exported images, and images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

from foveaview.app.context import AppContext, Feature
from foveaview.gaze.recordings import kinds
from foveaview.io.embedded_settings import EmbeddedSettings, read_recovered
from foveaview.live import Failure
from foveaview.perception.pyramid.padding import levels_that_fit
from foveaview.sessions.model import SUFFIX

__all__ = ["AppliedSettings", "FileOpener", "is_recording"]

_WITH_SETTINGS = (".png", ".tif", ".tiff")


@dataclass(frozen=True)
class AppliedSettings:
    """The settings of an exported image, applied to the shown target.

    Attributes:
        path: the image.
        remarks: what was not applied, and why.
        changed: False if the target had these settings already.
    """

    path: Path
    remarks: tuple[str, ...] = ()
    changed: bool = True


def is_recording(path: Path) -> bool:
    """Return True if the name of a file is that of a gaze recording.

    >>> is_recording(Path("sub-01_physio.tsv.gz")), is_recording(Path("photo.png"))
    (True, False)
    """
    return any(fnmatch(path.name.lower(), pattern) for _, patterns in kinds() for pattern in patterns)


class FileOpener(Feature):
    """The one way that files take into the window: dropped, chosen, recent, or named on the command line.

    Args:
        context: what every feature is given.
        open_recording: opens a recording of gaze.
    """

    def __init__(self, context: AppContext, open_recording: Callable[[Path], object]) -> None:
        super().__init__(context)
        self._controller, self._open_recording = context.controller, open_recording
        context.actions.add(
            "Edit", "recover_settings", "&Take settings from an image...", self.recover_settings
        )

    def open(
        self,
        paths: Sequence[Path],
        gaze: tuple[float, float] = (0.5, 0.5),
        candidate: Path | None = None,
        apply_settings: bool = False,
    ) -> None:
        """Open each file as what it is, and remember those that are there.

        Args:
            paths: the files; of sessions only the last is opened, alone.
            gaze: of each image.
            candidate: an image to compare with the last target.
            apply_settings: give the shown target the settings embedded in a single image, if there are any,
                instead of opening that image.
        """
        self.context.preferences.remember([path for path in paths if path.exists()])
        sessions = [path for path in paths if path.suffix == SUFFIX]
        checkpoints = [path for path in paths if path.suffix == ".pt"]
        recordings = [path for path in paths if is_recording(path)]
        images = [path for path in paths if path.suffix not in (SUFFIX, ".pt") and path not in recordings]
        if sessions:
            self.context.sessions.open(sessions[-1])
            return
        if apply_settings and len(images) == 1 and images[0].suffix.lower() in _WITH_SETTINGS:
            self.apply_settings(images[0], or_open=True)
        else:
            self._controller.documents.open_targets(images, gaze, candidate)
        for path in checkpoints:
            self._controller.documents.load_checkpoint(path)
        for path in recordings[-1:]:
            self._open_recording(path)

    def recover_settings(self) -> None:
        """Ask for an exported image, and apply its settings."""
        kinds = "Exported images (*.png *.tif *.tiff);;All files (*)"
        self.context.ask_file("Take settings from an image", kinds, self.apply_settings)

    def apply_settings(self, path: Path, or_open: bool = False) -> None:
        """Give the shown target the settings of an image; `or_open` opens one that has none."""
        self.context.worker.ask(lambda _renderer: read_recovered(path), partial(self._receive, path, or_open))

    def open_as_target(self, taken: AppliedSettings) -> None:
        """Undo the settings, and open the image instead."""
        if taken.changed:
            self._controller.edits.undo()
        self._controller.documents.open_targets([taken.path])

    def _receive(self, path: Path, or_open: bool, value: EmbeddedSettings | Failure | None) -> None:
        document = self._controller.state.document
        found = value if isinstance(value, EmbeddedSettings) else None
        if isinstance(value, Failure):
            self.context.notify.failure(value)
        elif found is None and not or_open:
            error = ValueError(
                f"{path.name}: the image contains no gaze and settings: choose an exported one"
            )
            self.context.notify.failure(Failure.of(error))
        if document is not None and found is not None:
            self._apply(path, found, levels_that_fit(document.size))
        elif or_open:
            choice = None if found is None else _changes(found)
            self._controller.documents.open_targets([path], choice=choice)

    def _apply(self, path: Path, found: EmbeddedSettings, fit: int) -> None:
        remarks, changes = list(found.remarks), _changes(found)
        loss_settings = changes.get("loss_settings", {})
        if loss_settings.get("n_pyramid_levels", 0) > fit:
            changes["loss_settings"] = {**loss_settings, "n_pyramid_levels": fit}
            remarks.append(f"levels set to {fit}, the most that fit the image")
        before, edits = self._controller.state, self._controller.edits
        edits.end_undo_group()
        if edits.edit(f"settings of {path.name}", **changes):
            changed = self._controller.state is not before
            edits.end_undo_group()
            self._report(AppliedSettings(path, tuple(remarks), changed))

    def _report(self, taken: AppliedSettings) -> None:
        what = "now has the gaze and settings" if taken.changed else "already has the gaze and settings"
        rest = f" Not all of them: {'; '.join(taken.remarks)}." if taken.remarks else ""
        self.context.notify.message(f"applied gaze and settings of {taken.path.name}.{rest}")
        self.context.notify.banner(
            f"The target {what} of {taken.path.name} (undo with Ctrl+Z).{rest}",
            actions=[("Open the image as a target instead", partial(self.open_as_target, taken))],
        )


def _changes(found: EmbeddedSettings) -> dict[str, Any]:
    """Gaze and settings as `Edits.edit` takes them."""
    gaze = {} if found.gaze is None else {"gaze": found.gaze}
    return {**gaze, **found.groups}
