"""The open recording as part of a session."""

from __future__ import annotations

from pydantic import Field

from foveaview.gaze.recording_placement import Placing
from foveaview.gaze.recordings import ColumnMapping
from foveaview.sessions.file_references import DataFile, Sha256
from foveaview.settings import FixationSettings, ReadingSettings, ReplaySettings

__all__ = ["RecordingRecord"]


class RecordingRecord(DataFile):
    """A recording, and how it is looked at.

    >>> RecordingRecord(path="gaze.csv").placing
    'fit'
    """

    others_sha256: Sha256 | None = Field(None, description="Of the bytes of the other eye's file, as it was.")
    mapping: ColumnMapping | None = Field(None, description="Its columns, if the user mapped them.")
    reading: ReadingSettings = Field(
        default_factory=ReadingSettings, description="The recording of the file that the user chose."
    )
    placing: Placing = Field("fit", description="How the image lay on the screen.")
    screen: tuple[int, int] | None = Field(None, description="Size of the screen, given by the user.")
    position: float | None = Field(None, description="Place of the replay, in seconds of its clock.")
    replay: ReplaySettings = Field(default_factory=ReplaySettings, description="How it is played.")
    fixations: FixationSettings = Field(
        default_factory=FixationSettings, description="How fixations are found."
    )
