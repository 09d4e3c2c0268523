"""Plays a recording for the gaze to follow."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from foveaview.app.gaze import GazeController
from foveaview.gaze import Recording, Source, now
from foveaview.gaze.replay import Replay
from foveaview.settings import ReplaySettings

__all__ = ["RecordingPlayer"]

_EVERY_MS = 33


class RecordingPlayer(QObject):
    """Plays, pauses and seeks a recording, as a source of the gaze.

    Args:
        tracking: follows the source.

    Attributes:
        replay: the source; None until it is first used.

    Signals:
        played: True if it plays.
        moved: its position, in seconds of the recording's clock.
        followed: True if the gaze follows it from now on.
    """

    played = Signal(bool)
    moved = Signal(float)
    followed = Signal(bool)

    def __init__(self, tracking: GazeController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tracking = tracking
        self.replay: Replay | None = None
        self._recording: Recording | None = None
        self._settings = ReplaySettings()
        self._first: float | None = None
        self._told = 0.0
        self._ticker = QTimer(self, interval=_EVERY_MS)
        self._ticker.timeout.connect(self._tick)
        tracking.followed.connect(self._follow_source)

    @property
    def is_followed(self) -> bool:
        """Return True if the gaze follows it."""
        return self.replay is not None and self._tracking.source is self.replay

    @property
    def place(self) -> float | None:
        """Its position in seconds of the recording's clock; None until it is first used."""
        return None if self.replay is None else self.replay.position(now())

    # what it plays

    def load(self, recording: Recording, settings: ReplaySettings, first: float | None = None) -> None:
        """Set the recording to play, or the same one placed differently; then call `prepare` or `follow`.

        Args:
            recording: to play.
            settings: how.
            first: initial position if nothing was played before; None for the beginning.
        """
        self._recording, self._settings, self._first = recording, settings, first

    def set_settings(self, settings: ReplaySettings) -> None:
        """Play otherwise."""
        self._settings = settings
        if self.replay is not None:
            self.replay.set_speed(settings.speed, now())
            self.replay.loop = settings.loop

    def prepare(self) -> None:
        """Stay at the position while the gaze follows another source."""
        self._make()
        self._tick()

    def follow(self) -> None:
        """Continue from the position, and let the gaze follow."""
        self._tracking.follow(self._make())
        self._tick()

    def unload(self) -> None:
        """Stop playing, and stop following."""
        self._ticker.stop()
        if self.replay is not None:
            self.replay.pause(now())
        followed, self.replay, self._recording = self.is_followed, None, None
        if followed:
            self._tracking.stop()

    def close(self) -> None:
        """Tell nothing more."""
        self._ticker.stop()

    def _make(self) -> Replay:
        assert self._recording is not None
        at, before = now(), self.replay
        playing = before is not None and before.playing and self.is_followed
        place = self._first if before is None else before.position(at)
        replay = Replay(self._recording, self._settings.speed, self._settings.loop)
        replay.seek(replay.recording.t[0] if place is None else place, at)
        if playing:
            replay.play(at)
        self.replay = replay
        return replay

    def _follow_source(self, source: Source | None) -> None:
        """Report that it stands still while another source is followed."""
        if self.replay is not None:
            self.followed.emit(source is self.replay)
            self._tick()

    # played

    def toggle(self) -> None:
        """Play or pause."""
        if self.replay is None:
            return
        if not self.is_followed:
            self.follow()
        if self.replay.playing:
            self.replay.pause(now())
        else:
            self.replay.play(now())
        self._tick()

    def seek(self, seconds: float) -> None:
        """Go to a place, in seconds of the recording's clock."""
        if self.replay is None:
            return
        if not self.is_followed:
            self.follow()
        self.replay.seek(seconds, now())
        self._tracking.restart()
        self._tracking.poll()
        self._tick()

    def step(self, samples: int) -> None:
        """Move by a number of samples from the position that was reported last."""
        if self.replay is not None:
            t = self.replay.recording.t
            index = int(t.searchsorted(self._told, side="right")) - 1 + samples
            self.seek(float(t[min(max(index, 0), len(t) - 1)]))

    def _tick(self) -> None:
        """Report the position, and keep the timer running while it plays."""
        playing = self.replay is not None and self.replay.playing and self.is_followed
        self.played.emit(playing)
        place = self.place
        if place is not None:
            self._told = place
            self.moved.emit(place)
        if playing != self._ticker.isActive():
            self._ticker.start() if playing else self._ticker.stop()
