"""What the worker is asked to do with recordings of gaze: to read, place, look through and write them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from foveaview.gaze import Placement, Recording
from foveaview.gaze.angles import Angles
from foveaview.gaze.history import History
from foveaview.gaze.overview import Overview
from foveaview.gaze.placing import Placing, placed
from foveaview.gaze.recordings import (
    ColumnMapping,
    NeedsMapping,
    Proposal,
    propose,
    read_recording,
    write_recording,
)
from foveaview.gaze.recordings.mapping import Delimiter
from foveaview.gaze.recordings.text import head
from foveaview.gaze.rests import Rests, find_rests
from foveaview.live.renderer import Renderer
from foveaview.perception.interruption import Interrupted, check_interruption, interruptible
from foveaview.session_files import known_sha256
from foveaview.settings import FixationSettings

__all__ = [
    "Asked",
    "PlacedRecording",
    "ReadRecording",
    "Unmapped",
    "find_fixations",
    "place_recording",
    "preview_mapping",
    "propose_mapping",
    "read_gaze",
    "write_gaze",
]

_Value = TypeVar("_Value")


class Asked:
    """Something that a person may want no longer while it is done.

    Attributes:
        given_up: whether nobody waits for it.
    """

    def __init__(self) -> None:
        self.given_up = False

    def give_up(self) -> None:
        """End it soon; its answer is None."""
        self.given_up = True

    def __call__(self, compute: Callable[[], _Value]) -> Callable[[Renderer], _Value | None]:
        """A request that ends early where it is given up, or where the window closes."""

        def request(renderer: Renderer) -> _Value | None:
            try:
                with interruptible(lambda: self.given_up or renderer.closing):
                    check_interruption()
                    return compute()
            except Interrupted:
                return None

        return request


@dataclass(frozen=True)
class Unmapped:
    """A table of which a person has to say what its columns are.

    Attributes:
        path: of the file.
        proposal: to begin with.
    """

    path: Path
    proposal: Proposal


@dataclass(frozen=True, eq=False)
class ReadRecording:
    """A recording as a file holds it.

    Attributes:
        recording: not placed yet.
        sha256: of the file's bytes; None if they are too many.
        others_sha256: of those of the other files that are in it; of no bytes if there is none.
    """

    recording: Recording
    sha256: str | None
    others_sha256: str | None


@dataclass(frozen=True, eq=False)
class PlacedRecording:
    """A recording on an image.

    Attributes:
        recording: in image coordinates, NaN where the eye was not seen.
        overview: of it, to draw.
    """

    recording: Recording
    overview: Overview


def read_gaze(
    path: Path, mapping: ColumnMapping | None, asked: Asked
) -> Callable[[Renderer], ReadRecording | Unmapped | None]:
    """Read a recording, with what its columns are where a person has said so."""

    def read() -> ReadRecording | Unmapped:
        try:
            recording = read_recording(path, mapping)
            return ReadRecording(recording, known_sha256(path), known_sha256(*recording.others))
        except NeedsMapping as question:
            return Unmapped(question.path, question.proposal)

    return asked(read)


def place_recording(
    recording: Recording,
    placing: Placing,
    size: tuple[int, int],
    screen: tuple[int, int] | None,
    window: Placement | None,
    asked: Asked,
) -> Callable[[Renderer], PlacedRecording | None]:
    """Place a recording on an image; see `placed`."""

    def place() -> PlacedRecording:
        found = placed(recording, placing, size, screen, window)
        check_interruption()
        return PlacedRecording(found, Overview(found))

    return asked(place)


def find_fixations(
    recording: Recording, settings: FixationSettings, angles: Angles, asked: Asked
) -> Callable[[Renderer], Rests | None]:
    """The fixations of a recording in image coordinates."""
    return asked(lambda: find_rests(recording, settings, angles))


def propose_mapping(path: Path, delimiter: Delimiter) -> Callable[[Renderer], Proposal]:
    """Guess anew what the columns are, with another delimiter."""
    return lambda _renderer: propose(path, delimiter)


def preview_mapping(path: Path, mapping: ColumnMapping) -> Callable[[Renderer], Recording | str]:
    """The beginning of a table as a mapping reads it, or what is wrong in words."""

    def request(_renderer: Renderer) -> Recording | str:
        try:
            lines = head(path)
            with TemporaryDirectory() as folder:
                start = Path(folder) / path.with_suffix(".csv").name
                start.write_text("\n".join(lines) + "\n", encoding="utf-8")
                return read_recording(start, mapping)
        except (OSError, ValueError, ArithmeticError, RecursionError) as error:
            return str(error)

    return request


def write_gaze(path: Path, history: History, name: str) -> Callable[[Renderer], str]:
    """Write the samples that were followed lately as CSV."""
    asked = Asked()

    def write() -> str:
        recording = history.recording(name)
        if not len(recording):
            raise ValueError("there is no gaze to export: follow one first")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_recording(path, recording)
        return f"{path.name}: {len(recording)} samples written"

    return lambda renderer: asked(write)(renderer) or f"{path.name}: not written"
