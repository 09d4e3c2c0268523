"""A source of gaze that gives what it is told to."""

from __future__ import annotations

from foveaview.gaze import Sample, SourceStatus, Unit, now

__all__ = ["Script"]


class Script:
    """Follows a script; its state is always the same, but for the note."""

    def __init__(self, name: str = "Script") -> None:
        self.name = name
        self.waiting: list[Sample] = []
        self.closed = False
        self.note = ""

    def say(self, x: float, y: float, unit: Unit = "image", valid: bool = True) -> None:
        """Have a sample of now taken next."""
        self.waiting.append(Sample(now(), x, y, valid, unit, self.name))

    def take(self, now: float) -> list[Sample]:
        samples, self.waiting = self.waiting, []
        return samples

    def status(self, now: float) -> SourceStatus:
        return SourceStatus(self.name, 120.0, 0.004, 0.9, note=self.note)

    def close(self) -> None:
        self.closed = True
