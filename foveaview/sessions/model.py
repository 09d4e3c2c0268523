"""Sessions: what was open, its settings and display, and the paths of its runs, as a JSON file.

A file NAME.foveaview has a folder NAME.files beside it for the checkpoints of the runs. Images and recordings
are named by their path, relative to the file and absolute, and by their hash; undo is not kept. Nothing in a
file is run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    JsonValue,
    PlainSerializer,
)

from foveaview.files import replacing
from foveaview.io.untrusted import reader_errors
from foveaview.io.versioned_json import read_versioned
from foveaview.live.jobs import Candidate
from foveaview.perception.analysis.loss_breakdown import Selection, check_selection
from foveaview.sessions.file_references import DataFile, ImageFile, NamedFile, placed, with_data_file
from foveaview.settings import (
    LossSettings,
    ObjectiveSettings,
    Settings,
    SynthesisSettings,
    saved_synthesis_settings,
    weight_names,
)
from foveaview.settings.view import ViewSettings
from foveaview.synthesis.run import Outcome

__all__ = [
    "AUTOSAVE_S",
    "SUFFIX",
    "RunRecord",
    "Session",
    "TargetRecord",
    "files_folder",
    "read_session",
    "write_session",
]

AUTOSAVE_S = 60.0
"""Seconds between two automatic saves of a window."""

SUFFIX = ".foveaview"
"""The ending of session file names."""

FORMAT = "foveaview session"
VERSION = 1


def _check_inside(name: str) -> str:
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise ValueError(f"{name!r} does not lie in the folder of the session")
    return name


def _check_term(name: str) -> str:
    if name not in weight_names():
        raise ValueError(f"there is no term {name!r}: one of {', '.join(weight_names())}")
    return name


_Unit = Annotated[float, Field(ge=0, le=1)]
_Pixel = Annotated[int, Field(ge=0, le=10**6)]
_File = TypeVar("_File", bound=NamedFile)


class RunRecord(Settings):
    """A search.

    Attributes:
        iteration: steps done.
        unsaved: True if it has steps that no file saved by the user holds.
        outcome: its outcome, or None.
        checkpoint: its file, from the session's folder; None if the search had not begun.
    """

    iteration: int = Field(0, ge=0)
    unsaved: bool = False
    outcome: Outcome | None = None
    checkpoint: Annotated[str, AfterValidator(_check_inside)] | None = None


# sorted when saved: the order of a set differs from process to process
_Parts = Annotated[Selection, AfterValidator(check_selection), PlainSerializer(sorted)]


class TargetRecord(Settings):
    """An open target with its gaze, settings, candidate and run.

    Attributes:
        image: the file that it was read from.
        halvings: how many times it was halved after that.
        gaze: (x, y) in image coordinates.
        loss_settings: of the loss.
        settings: of the search.
        objective: the terms that the search lowers.
        candidate: the image compared with it.
        file: the candidate read from a file.
        start: the image that a search starts from.
        heatmap_of: the term of the heatmap.
        heatmap_parts: the parts of the metameric loss in the heatmap; None for all.
        pins: pixels (column, row) that were marked.
        phase: state of the search; one that ran is paused.
        run: the search, or None.
    """

    image: ImageFile
    halvings: int = Field(0, ge=0, le=16)
    gaze: tuple[_Unit, _Unit] = (0.5, 0.5)
    loss_settings: LossSettings = Field(default_factory=LossSettings)
    settings: Annotated[SynthesisSettings, BeforeValidator(saved_synthesis_settings)] = Field(
        default_factory=SynthesisSettings
    )
    objective: ObjectiveSettings = Field(default_factory=ObjectiveSettings)
    candidate: Candidate = "ventral"
    file: ImageFile | None = None
    start: ImageFile | None = None
    heatmap_of: Annotated[str, AfterValidator(_check_term)] = "metameric"
    heatmap_parts: _Parts | None = None
    pins: tuple[tuple[_Pixel, _Pixel], ...] = Field((), max_length=1000)
    phase: Literal["ready", "paused", "stopped", "done"] = "ready"
    run: RunRecord | None = None


class Session(Settings):
    """The state of a window that a session restores.

    Attributes:
        targets: what is open, in order.
        current: index of the one that is shown.
        view: settings of its display.
        follow: True if the gaze follows the pointer.
        extras: what other parts of the window keep, by name; one that names a file has what a `DataFile` has.

    >>> Session().targets
    ()
    >>> Session(current=0)
    Traceback (most recent call last):
    ...
    ValueError: current: there is no target 0 among 0
    """

    targets: tuple[TargetRecord, ...] = Field((), max_length=10_000)
    current: int | None = None
    view: ViewSettings = Field(default_factory=ViewSettings)
    follow: bool = False
    extras: dict[str, JsonValue] = Field(default_factory=dict)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        if self.current is not None and not 0 <= self.current < len(self.targets):
            raise ValueError(f"current: there is no target {self.current} among {len(self.targets)}")

    @property
    def bare(self) -> Session:
        """Return the session without relative paths and names of checkpoints, which belong to its file."""
        return self.with_targets(_bare).with_data_files(_unplaced)

    def with_targets(self, change: Callable[[TargetRecord], TargetRecord]) -> Session:
        """Return the session with each target changed."""
        return self.model_copy(update={"targets": tuple(map(change, self.targets))})

    def with_data_files(self, change: Callable[[DataFile], DataFile]) -> Session:
        """Return the session with each file changed that another part of the window names."""
        extras = {name: with_data_file(kept, change) for name, kept in self.extras.items()}
        return self.model_copy(update={"extras": extras})


def _unplaced(file: _File) -> _File:
    return file.model_copy(update={"relative": None})


def _with_images(target: TargetRecord, change: Callable[[ImageFile], ImageFile]) -> TargetRecord:
    images = {name: getattr(target, name) for name in ("image", "file", "start")}
    changed = {name: change(image) for name, image in images.items() if image is not None}
    return target.model_copy(update=changed)


def _bare(target: TargetRecord) -> TargetRecord:
    run = None if target.run is None else target.run.model_copy(update={"checkpoint": None})
    return _with_images(target, _unplaced).model_copy(update={"run": run})


def files_folder(path: Path) -> Path:
    """Return the folder of a session file's checkpoints.

    >>> files_folder(Path("pilot.foveaview")).name
    'pilot.files'
    """
    return path.with_name(f"{path.stem}.files")


def write_session(path: Path, session: Session) -> Session:
    """Write a session beside `path` and move it over; return what was written, with relative paths.

    Raises:
        OSError: if it cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write_session(Path(folder) / "a.foveaview", Session(follow=True))
    ...     read_session(Path(folder) / "a.foveaview").follow
    True
    """
    folder = path.absolute().parent
    written = session.with_targets(lambda target: _with_images(target, lambda one: placed(one, folder)))
    written = written.with_data_files(lambda file: placed(file, folder))
    content = {"format": FORMAT, "version": VERSION, **written.model_dump(mode="json")}
    text = json.dumps(content, indent=1, allow_nan=False)
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")
    return written


def read_session(path: Path) -> Session:
    """Read a session file, without looking for the files that it names.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is damaged, of another program, or of a newer version; the place is named.
    """
    content = read_versioned(path, FORMAT, VERSION)
    content.pop("layout", None)  # older files hold the places of panels, which the preferences hold now
    with reader_errors(path):
        return Session(**content)
