"""The recording of gaze that is open in a window: read, placed on the image, played, and kept in sessions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import JsonValue

from foveaview.app.context import AppContext, Feature, Panel
from foveaview.app.core.session_part import SessionPart
from foveaview.app.core.state import AppState
from foveaview.app.gaze import GazeController
from foveaview.app.recordings import requests as gaze_requests
from foveaview.app.recordings.placement import RecordingOnImage
from foveaview.app.recordings.player import RecordingPlayer
from foveaview.app.recordings.reader import RecordingReader
from foveaview.app.recordings.recording_info import RecordingInfo
from foveaview.app.recordings.requests import PlacedRecording
from foveaview.app.recordings.scanpath import Scanpath
from foveaview.app.recordings.session_record import RecordingRecord
from foveaview.app.recordings.timeline_panel import TimelinePanel
from foveaview.gaze import Recording
from foveaview.gaze.fixation_list import FixationList
from foveaview.gaze.recording_placement import needs_screen
from foveaview.gaze.recordings import kinds
from foveaview.sessions.file_references import is_file
from foveaview.settings import FixationSettings, ReadingSettings, Settings

__all__ = ["RecordingController"]

SettingsT = TypeVar("SettingsT", bound=Settings)


class RecordingController(Feature):
    """Opens a recording of gaze, plays it, and draws its timeline and scanpath.

    Args:
        context: what every feature is given.
        gaze: follows the recording.
        stream_returns: True if a session that was opened follows a stream instead.

    Attributes:
        panel: widget to dock.
        scanpath: over the images.
        reader: reads it.
        on_image: places it.
        player: plays it.
        record: file and settings of the open recording; None if there is none.
        fixations: settings of fixation detection, in recordings and in live gaze.
    """

    def __init__(self, context: AppContext, gaze: GazeController, stream_returns: Callable[[], bool]) -> None:
        super().__init__(context)
        self._controller, self._gaze, self._stream_returns = context.controller, gaze, stream_returns
        self.panel, self.scanpath = TimelinePanel(), Scanpath(context, gaze)
        self.panels = (Panel("Timeline", self.panel),)
        self.reader = RecordingReader(context.worker, context.parent)
        self.on_image, self.player = RecordingOnImage(context), RecordingPlayer(gaze, self)
        self.record: RecordingRecord | None = None
        self.fixations = FixationSettings()
        self._recording: Recording | None = None
        self._restored = False
        self._add_actions()
        self._connect()
        self._connect_panel()

    def _add_actions(self) -> None:
        add = self.context.actions.add
        add("Gaze", "open_recording", "&Open gaze recording...", self.ask_open)
        add("Gaze", "play_recording", "Pla&y or pause the recording", self.player.toggle, "Ctrl+Space")
        add("Gaze", "close_recording", "C&lose the recording", self.close_recording)
        add("Gaze", "export_gaze", "&Export gaze as CSV...", self.ask_export)

    def _connect(self) -> None:
        context, reader, on_image, player = self.context, self.reader, self.on_image, self.player
        reader.busy.connect(self.panel.set_busy)
        reader.read.connect(self._show)
        reader.mapped.connect(self.open)
        reader.noticed.connect(context.notify.message)
        on_image.problem.connect(self.panel.set_problem)
        on_image.changed.connect(self._take_placed)
        on_image.fixations_found.connect(self._show_rests)
        for part in (reader, on_image):
            part.failed.connect(context.notify.failure)
        player.played.connect(self.panel.set_playing)
        player.moved.connect(self._show_place)
        player.followed.connect(self._show_path)
        self._gaze.sampled.connect(self.scanpath.add)
        self._controller.watch(self._follow_state, "view")
        context.sessions.add_part("recording", SessionPart(self.save, self.restore))
        context.sessions.add_part("fixations", SessionPart(self._save_fixations, self._restore_fixations))

    def _connect_panel(self) -> None:
        panel, edits = self.panel, self._controller.edits
        panel.opened.connect(self.ask_open)
        panel.cancelled.connect(self.reader.cancel)
        panel.closed.connect(self.close_recording)
        panel.toggled.connect(self.player.toggle)
        panel.sought.connect(self.player.seek)
        panel.stepped.connect(self.player.step)
        panel.edited.connect(self._edit)
        panel.placing_chosen.connect(lambda placing: self._change(placing=placing))
        panel.screen_edited.connect(lambda screen: self._change(screen=screen))
        panel.path_edited.connect(lambda seconds: edits.set_view(scanpath_s=seconds))
        self._gaze.panel.add_button("Re&cording...", "The gaze follows a file", self.ask_open)

    # opened and closed

    def ask_open(self) -> None:
        """Ask for a recording of gaze, and follow it."""
        filters = [f"{name} ({' '.join(patterns)})" for name, patterns in kinds()]
        filters.append("All files (*)")
        self.context.ask_file("Open gaze recording", ";;".join(filters), self.open)

    def open(self, path: Path, record: RecordingRecord | None = None) -> None:
        """Read a recording in the worker, then follow it; what its file leaves open is asked about."""
        kept = self.record or RecordingRecord(path=str(path), fixations=self.fixations)
        self._restored = False
        anew: dict[str, Any] = {"path": str(path.absolute()), "sha256": None, "others_sha256": None}
        anew |= {"mapping": None, "screen": None, "position": None, "reading": ReadingSettings()}
        self.reader.open(path, record or kept.replace(**anew))
        self.panel_wanted.emit("Timeline")

    def _show(self, recording: Recording, record: RecordingRecord) -> None:
        self._forget()
        self._recording, self.record = recording, record
        self.panel.set_info(RecordingInfo.of(recording))
        self.panel.set_replay(record.replay)
        self._set_fixations(record.fixations)
        for note in recording.notes:
            self.context.notify.message(f"{recording.name}: {note}")
        self._show_placing()
        self.on_image.set_recording(recording, record)

    def close_recording(self) -> None:
        """Stop following the recording, and close it."""
        self._forget()
        self.panel.set_info(None)

    def _forget(self) -> None:
        self.on_image.forget()
        self._recording = self.record = None
        self.scanpath.set_recording(None)
        self.player.unload()

    def close(self) -> None:
        """Cancel reading and computing."""
        for part in (self.reader, self.on_image, self.player):
            part.close()

    # placed on the image

    def _change(self, **changes: Any) -> None:
        if self.record is not None:
            self.record = self.record.replace(**changes)
            self._show_placing()
            self.on_image.place(self.record)

    def _show_placing(self) -> None:
        record, recording = self.record, self._recording
        if record is not None and recording is not None:
            on_screen, asks = recording.unit != "image", needs_screen(recording, record.placing)
            self.panel.set_placing(record.placing, record.screen, on_screen, asks)

    def _take_placed(self, placed: PlacedRecording, same: bool) -> None:
        """Play it as it is placed now; of a session that followed a stream last, it only stands there."""
        record, recording, player = self.record, self._recording, self.player
        assert record is not None
        assert recording is not None
        self.panel.set_overview(placed.overview, same)
        live = record.placing == "window"
        player.load(recording if live else placed.recording, record.replay, record.position)
        if player.replay is None and self._restored and self._stream_returns():
            player.prepare()
        elif player.replay is None or player.is_followed:
            player.follow()

    def _show_rests(self, rests: FixationList) -> None:
        self.panel.set_rests(rests)
        if self.player.is_followed:
            self._show_path(True)

    # played

    def _show_place(self, seconds: float) -> None:
        self.panel.set_place(seconds)
        if self.player.is_followed:
            self.scanpath.set_place(seconds)

    def _show_path(self, followed: bool) -> None:
        """Draw the path of the recording, or of whatever else is followed."""
        placed = self.on_image.placed if followed else None
        if placed is None:
            self.scanpath.set_recording(None)
        else:
            self.scanpath.set_recording(placed.recording, self.on_image.rests)

    def _follow_state(self, state: AppState, before: AppState) -> None:
        if state.view.scanpath_s != before.view.scanpath_s:
            self.panel.set_path_s(state.view.scanpath_s)

    def _edit(self, group: type[Settings], name: str, value: object) -> None:
        if group is FixationSettings:
            self._set_fixations(self._changed(self.fixations, name, value))
        elif self.record is not None:
            self.record = self.record.replace(replay=self._changed(self.record.replay, name, value))
            self.panel.set_replay(self.record.replay)
            self.player.set_settings(self.record.replay)

    def _changed(self, settings: SettingsT, name: str, value: object) -> SettingsT:
        """Return settings with another value; report an invalid value and return them unchanged."""
        try:
            return settings.replace(**{name: value})
        except ValueError as error:
            self.context.notify.message(str(error))
            return settings

    def _set_fixations(self, fixations: FixationSettings) -> None:
        self.fixations = fixations
        self.panel.set_fixations(fixations)
        self.scanpath.set_fixations(fixations)
        if self.record is not None:
            self.record = self.record.replace(fixations=fixations)
            self.on_image.find(self.record)

    # files and sessions

    def ask_export(self) -> None:
        """Ask where to export the gaze that was followed recently, and export it."""
        self.context.save_file("Export gaze", "gaze.csv", "CSV (*.csv)", self.export)

    def export(self, path: Path) -> None:
        """Write what was followed recently as CSV, in the worker."""
        request = gaze_requests.write_gaze(path, self.scanpath.history.copy(), path.stem)
        self._controller.ask(request, self.context.notify.message)

    def save(self) -> JsonValue:
        """Return the part of a session."""
        if self.record is None:
            return None
        kept: JsonValue = self.record.replace(position=self.player.place).model_dump(mode="json")
        return kept

    def _save_fixations(self) -> JsonValue:
        return self.fixations.model_dump(mode="json")

    def _restore_fixations(self, kept: JsonValue) -> None:
        if not isinstance(kept, dict):
            return
        try:
            self._set_fixations(FixationSettings(**kept))
        except ValueError as error:
            self.context.notify.message(f"the session's way to find fixations was not taken: {error}")

    def restore(self, kept: JsonValue) -> None:
        """Open the recording of a session; report a missing or damaged one."""
        self.close_recording()
        if not isinstance(kept, dict):
            return
        try:
            record = RecordingRecord(**kept).replace(relative=None)
        except ValueError as error:
            self.context.notify.message(f"the session's recording was not opened: {error}")
            return
        path = Path(record.path)
        if is_file(path):
            self.open(path, record)
            self._restored = True
        else:
            self.context.notify.message(f"the recording is not there any more: {record.path}")
