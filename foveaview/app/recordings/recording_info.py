"""The line about a recording: name, length, rate, and what was odd."""

from __future__ import annotations

from dataclasses import dataclass

from foveaview.app.recordings.time_labels import clock_text
from foveaview.gaze import Recording

__all__ = ["RecordingInfo"]


@dataclass(frozen=True)
class RecordingInfo:
    """Facts about a recording for one line of text.

    Attributes:
        name: of the file.
        duration: seconds.
        rate_hz: samples a second.
        usable: share of the samples with a valid gaze.
        notes: anomalies found by the reader.
    """

    name: str
    duration: float
    rate_hz: float
    usable: float
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, recording: Recording) -> RecordingInfo:
        """Collect the facts of a recording."""
        usable = float(recording.usable.mean()) if len(recording) else 0.0
        return cls(recording.name, recording.duration, recording.rate_hz, usable, recording.notes)

    @property
    def facts(self) -> str:
        """Length, rate and share, in a line."""
        return f"{clock_text(self.duration, 1)}, {self.rate_hz:.4g} Hz, {100 * self.usable:.0f} % usable"
