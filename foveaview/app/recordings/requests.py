"""Requests to the worker: read, place, analyse and write recordings of gaze."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from foveaview.app.core.background import CancelToken
from foveaview.gaze import Placement, Recording
from foveaview.gaze.fixation_list import FixationList, find_rests
from foveaview.gaze.plot_decimation import Overview
from foveaview.gaze.recording_placement import Placing, placed
from foveaview.gaze.recordings import (
    Choice,
    ColumnMapping,
    ColumnProposal,
    NeedsChoice,
    NeedsMapping,
    is_stream_file,
    propose,
    read_recording,
    write_recording,
)
from foveaview.gaze.recordings.mapping import Delimiter
from foveaview.gaze.recordings.text_reader import head
from foveaview.gaze.sample_history import SampleHistory
from foveaview.gaze.visual_angle import Angles
from foveaview.live.renderer import Renderer
from foveaview.perception.interruption import Interrupted, check_interruption, interruptible
from foveaview.sessions.file_references import known_sha256
from foveaview.settings import FixationSettings, ReadingSettings

__all__ = [
    "PlacedRecording",
    "ReadRecording",
    "Several",
    "Unmapped",
    "find_fixations",
    "place_recording",
    "preview_mapping",
    "propose_mapping",
    "read_gaze",
    "write_gaze",
]

_DEEPEST = 3  # choices within choices


@dataclass(frozen=True)
class Unmapped:
    """A table of which the user has to say what its columns are.

    Attributes:
        path: of the file.
        proposal: to begin with.
    """

    path: Path
    proposal: ColumnProposal


@dataclass(frozen=True)
class Several:
    """A file that leaves something open, of which the user has to choose one.

    Attributes:
        path: of the file.
        setting: field of `ReadingSettings` that chooses.
        what: why a choice is needed, as a sentence about the file.
        choices: what there is to choose from.
    """

    path: Path
    setting: str
    what: str
    choices: tuple[Choice, ...]


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
        recording: in image coordinates, NaN if the eye was not seen.
        overview: of it, to draw.
    """

    recording: Recording
    overview: Overview


def read_gaze(
    path: Path, mapping: ColumnMapping | None, reading: ReadingSettings, asked: CancelToken
) -> Callable[[Renderer], ReadRecording | Unmapped | Several | None]:
    """Read a recording, with what the user has said that its file does not say."""

    def read() -> ReadRecording | Unmapped | Several:
        try:
            recording = read_recording(path, mapping, reading)
            return ReadRecording(recording, known_sha256(path), known_sha256(*recording.others))
        except NeedsMapping as question:
            return Unmapped(question.path, question.proposal)
        except NeedsChoice as question:
            return Several(question.path, question.setting, question.what, question.choices)

    return asked(read)


def place_recording(
    recording: Recording,
    placing: Placing,
    size: tuple[int, int],
    screen: tuple[int, int] | None,
    window: Placement | None,
    asked: CancelToken,
) -> Callable[[Renderer], PlacedRecording | None]:
    """Place a recording on an image; see `placed`."""

    def place() -> PlacedRecording:
        found = placed(recording, placing, size, screen, window)
        check_interruption()
        return PlacedRecording(found, Overview(found))

    return asked(place)


def find_fixations(
    recording: Recording, settings: FixationSettings, angles: Angles, asked: CancelToken
) -> Callable[[Renderer], FixationList | None]:
    """The fixations of a recording in image coordinates."""
    return asked(lambda: find_rests(recording, settings, angles))


def propose_mapping(path: Path, delimiter: Delimiter) -> Callable[[Renderer], ColumnProposal]:
    """Guess again what the columns are, with another delimiter."""
    return lambda _renderer: propose(path, delimiter)


def preview_mapping(
    path: Path, mapping: ColumnMapping, reading: ReadingSettings | None = None
) -> Callable[[Renderer], Recording | str]:
    """Read the beginning of a table or stream with a mapping; the result is a text if the mapping is wrong.

    Of several recordings this is the first; the user chooses one later.
    """
    chosen = reading or ReadingSettings()

    def request(renderer: Renderer) -> Recording | str:
        try:
            with interruptible(lambda: renderer.closing), TemporaryDirectory() as folder:
                start = path if is_stream_file(path) else _beginning(path, Path(folder))
                return _first_of(start, mapping, chosen)
        except Interrupted:
            return "interrupted"
        except (ImportError, OSError, ValueError, ArithmeticError, RecursionError) as error:
            return str(error)

    return request


def _beginning(path: Path, folder: Path) -> Path:
    """The first lines of a table, in a file of their own."""
    start = folder / path.with_suffix(".csv").name
    start.write_text("\n".join(head(path)) + "\n", encoding="utf-8")
    return start


def _first_of(path: Path, mapping: ColumnMapping, reading: ReadingSettings) -> Recording:
    for _ in range(_DEEPEST):
        try:
            return read_recording(path, mapping, reading)
        except NeedsChoice as question:
            reading = reading.replace(**{question.setting: question.choices[0].value})
    return read_recording(path, mapping, reading)


def write_gaze(path: Path, history: SampleHistory, name: str) -> Callable[[Renderer], str]:
    """Write the samples that were followed recently as CSV."""
    asked = CancelToken()

    def write() -> str:
        recording = history.recording(name)
        if not len(recording):
            raise ValueError("there is no gaze to export: follow one first")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_recording(path, recording)
        return f"{path.name}: {len(recording)} samples written"

    return lambda renderer: asked(write)(renderer) or f"{path.name}: not written"
