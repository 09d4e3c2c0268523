"""Recordings of gaze in a window: opened, placed on the image, played, and what was followed exported."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, JsonValue
from PySide6.QtCore import QObject, Qt, QTimer
from shiboken6 import isValid

from foveaview.app import file_actions, gaze_requests
from foveaview.app.gaze_requests import Asked, PlacedRecording, Unmapped
from foveaview.app.mapping_dialog import MappingDialog
from foveaview.app.scanpath import Scanpath
from foveaview.app.sessions import Part
from foveaview.app.state import AppState, Document
from foveaview.app.timeline_panel import RecordingInfo, TimelinePanel
from foveaview.gaze import Recording, Source, now
from foveaview.gaze.angles import Angles
from foveaview.gaze.placing import Placing, needs_screen, placed
from foveaview.gaze.recordings import ColumnMapping, Proposal
from foveaview.gaze.recordings.mapping import Delimiter
from foveaview.gaze.replay import Replay
from foveaview.gaze.rests import Rests
from foveaview.live import Failure
from foveaview.settings import FixationSettings, ReplaySettings, Settings

if TYPE_CHECKING:
    from foveaview.app.window import MainWindow

__all__ = ["RecordingRecord", "Replaying"]

_EVERY_MS = 33
_REST_MS = 300
"""What changes while a person drags is computed with when it has rested for so long."""


class RecordingRecord(Settings):
    """What a session keeps of the open recording.

    >>> RecordingRecord(path="gaze.csv").placing
    'fit'
    """

    path: str = Field(min_length=1, description="File of the recording.")
    mapping: ColumnMapping | None = Field(None, description="What its columns are, where a person said so.")
    placing: Placing = Field("fit", description="How the image lay on the screen.")
    screen: tuple[int, int] | None = Field(None, description="Size of the screen, as a person said it.")
    position: float | None = Field(None, description="Place of the replay, in seconds of its clock.")
    replay: ReplaySettings = Field(default_factory=ReplaySettings, description="How it is played.")
    fixations: FixationSettings = Field(
        default_factory=FixationSettings, description="How fixations are found."
    )


def _geometry(document: Document | None) -> tuple[object, ...]:
    """What the places and the fixations of a recording depend on."""
    if document is None:
        return ()
    loss = document.loss_settings
    return document.number, document.size, loss.real_image_width, loss.real_viewing_distance


class Replaying(QObject):
    """The open recording of a window.

    Reading, placing and looking for fixations are done in the worker; a newer wish gives up the one before.

    Args:
        window: that follows the recording, by its `tracking`.

    Attributes:
        panel: widget to dock.
        scanpath: over the images.
        record: what is open and how; None where nothing is.
        replay: what plays it; None until it is placed.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._controller = window, window.controller
        self.panel, self.scanpath = TimelinePanel(), Scanpath(window)
        self.record: RecordingRecord | None = None
        self.replay: Replay | None = None
        self._recording: Recording | None = None
        self._placed: PlacedRecording | None = None
        self._rests = Rests.none()
        self._asked: dict[str, Asked] = {}
        self._wanted: float | None = None
        self._restored = False
        self._ticker = QTimer(self, interval=_EVERY_MS)
        self._ticker.timeout.connect(self._tick)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._place)
        self._connect()

    def _connect(self) -> None:
        window, panel = self._window, self.panel
        panel.opened.connect(partial(file_actions.open_recording, window))
        panel.cancelled.connect(self.cancel)
        panel.closed.connect(self.close_recording)
        panel.toggled.connect(self.toggle)
        panel.sought.connect(self.seek)
        panel.stepped.connect(self.step)
        panel.edited.connect(self._edit)
        panel.placing_chosen.connect(lambda placing: self._change(placing=placing))
        panel.screen_edited.connect(lambda screen: self._change(screen=screen))
        panel.path_edited.connect(lambda seconds: self._controller.set_view(scanpath_s=seconds))
        open_recording = partial(file_actions.open_recording, window)
        window.tracking.panel.add_button("&Recording...", "The gaze follows a file", open_recording)
        window.tracking.sampled.connect(self.scanpath.add)
        window.tracking.followed.connect(self._follow_source)
        window.dropped.recording.connect(self.open)
        window.images.zoomed.connect(lambda _zoom: self._move_window())
        self._controller.changed.connect(self._follow_state)
        window.sessions.add_part("recording", Part(self.save, self.restore))

    # opened and closed

    def open(self, path: Path, record: RecordingRecord | None = None) -> None:
        """Read a recording in the worker, then follow it; a table of an unknown kind is asked about."""
        kept = self.record or RecordingRecord(path=str(path))
        self._restored = False
        wanted = record or kept.replace(path=str(path.absolute()), mapping=None, screen=None, position=None)
        asked = self._ask_anew("read")
        self.panel.set_busy(f"reading {path.name}...")
        request = gaze_requests.read_gaze(path, wanted.mapping, asked)
        self._window.worker.ask(request, partial(self._take, asked, wanted))
        self._window.show_dock("Timeline")

    def _take(
        self, asked: Asked, wanted: RecordingRecord, value: Recording | Unmapped | Failure | None
    ) -> None:
        if asked.given_up:
            return
        self.panel.set_busy("")
        if isinstance(value, Failure):
            self._window.notices.show_failure(value)
        elif isinstance(value, Unmapped):
            self._ask_mapping(value, wanted)
        elif value is not None and value.scene_camera:
            self._refuse(value)
        elif value is not None:
            self._show(value, wanted)

    def _refuse(self, recording: Recording) -> None:
        """Say why gaze of a camera on the head is not that of a screen."""
        try:
            placed(recording, "fit", (2, 2))
        except ValueError as error:
            self._window.notices.show_failure(Failure.of(error))

    def _show(self, recording: Recording, record: RecordingRecord) -> None:
        self._forget()
        self._recording, self.record, self._wanted = recording, record, record.position
        self.panel.set_info(RecordingInfo.of(recording))
        self.panel.set_replay(record.replay)
        self.panel.set_fixations(record.fixations)
        self.scanpath.set_fixations(record.fixations)
        for note in recording.notes:
            self._window.notices.say(f"{recording.name}: {note}")
        self._show_placing()
        self._place()

    def _ask_mapping(self, unmapped: Unmapped, wanted: RecordingRecord) -> None:
        path = unmapped.path
        dialog = MappingDialog(path.name, unmapped.proposal, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.previewed.connect(partial(self._preview, dialog, path))
        dialog.delimited.connect(partial(self._propose, dialog, path))
        dialog.mapped.connect(lambda mapping: self.open(path, wanted.replace(mapping=mapping)))
        dialog.open()
        dialog.preview()

    def _preview(self, dialog: MappingDialog, path: Path, mapping: ColumnMapping) -> None:
        def show(value: Recording | str | Failure) -> None:
            if isValid(dialog):  # it may be closed by now
                dialog.set_preview(value.message if isinstance(value, Failure) else value)

        self._window.worker.ask(gaze_requests.preview_mapping(path, mapping), show)

    def _propose(self, dialog: MappingDialog, path: Path, delimiter: Delimiter) -> None:
        def show(value: Proposal | Failure) -> None:
            if isinstance(value, Failure):
                self._window.notices.show_failure(value)
            elif isValid(dialog):
                dialog.set_proposal(value)

        self._window.worker.ask(gaze_requests.propose_mapping(path, delimiter), show)

    def cancel(self) -> None:
        """Read no further; what was open stays."""
        self._give_up("read")
        self.panel.set_busy("")

    def close_recording(self) -> None:
        """Follow it no longer, and forget it."""
        self._forget()
        self.panel.set_info(None)

    def _forget(self) -> None:
        for name in ("place", "rests"):
            self._give_up(name)
        self._ticker.stop()
        self._rest.stop()
        self._recording = self._placed = self.record = None
        if self.replay is not None:
            self.replay.pause(now())
        following, self.replay = self._following, None
        self.scanpath.set_recording(None)
        if following:
            self._window.tracking.stop()

    def close(self) -> None:
        """End what is read and computed."""
        for name in list(self._asked):
            self._give_up(name)
        self._ticker.stop()
        self._rest.stop()

    def _ask_anew(self, name: str) -> Asked:
        self._give_up(name)
        self._asked[name] = Asked()
        return self._asked[name]

    def _give_up(self, name: str) -> None:
        if name in self._asked:
            self._asked.pop(name).give_up()

    # placed on the image

    def _change(self, **changes: Any) -> None:
        if self.record is not None:
            self.record = self.record.replace(**changes)
            self._show_placing()
            self._place()

    def _show_placing(self) -> None:
        record, recording = self.record, self._recording
        if record is not None and recording is not None:
            on_screen, asks = recording.unit != "image", needs_screen(recording, record.placing)
            self.panel.set_placing(record.placing, record.screen, on_screen, asks)

    def _place(self) -> None:
        """Have the recording placed on the image that is shown; where that cannot be, say why."""
        record, recording, document = self.record, self._recording, self._controller.state.document
        if record is None or recording is None:
            return
        if document is None:
            self.panel.set_problem("open an image to look at with the recording")
            return
        asked = self._ask_anew("place")
        places = self._window.images.placements()
        request = gaze_requests.place_recording(
            recording, record.placing, document.size, record.screen, places[-1][1] if places else None, asked
        )
        self._window.worker.ask(request, partial(self._take_placed, asked))

    def _take_placed(self, asked: Asked, value: PlacedRecording | Failure | None) -> None:
        if asked.given_up or value is None:
            return
        if isinstance(value, Failure):
            self.panel.set_problem(value.message)
            return
        self.panel.set_problem("")
        self.panel.set_overview(value.overview, same=self._placed is not None)
        self._placed, self._rests = value, Rests.none()
        if self.replay is None and self._restored and self._window.streaming.comes_back:
            self._make_replay()
            self._tick()
        elif self.replay is None or self._following:
            self._follow_anew()
        self._find_rests()

    def _follow_anew(self) -> None:
        """Play it as it is placed now, from where it was."""
        replay = self._make_replay()
        assert self._placed is not None
        self.scanpath.set_recording(self._placed.recording, self._rests)
        self._window.tracking.follow(replay)
        self._tick()

    def _make_replay(self) -> Replay:
        assert self.record is not None
        assert self._placed is not None
        assert self._recording is not None
        live = self.record.placing == "window"
        at, before = now(), self.replay
        playing = before is not None and before.playing and self._following
        place = before.position(at) if before is not None else self._wanted
        shown = self._recording if live else self._placed.recording
        replay = Replay(shown, self.record.replay.speed, self.record.replay.loop)
        replay.seek(replay.recording.t[0] if place is None else place, at)
        self._wanted = None
        if playing:
            replay.play(at)
        self.replay = replay
        return replay

    def _move_window(self) -> None:
        if self.record is not None and self.record.placing == "window":
            self._rest.start()

    def _follow_state(self, state: AppState, before: AppState) -> None:
        if state.view.scanpath_s != before.view.scanpath_s:
            self.panel.set_path_s(state.view.scanpath_s)
        if _geometry(state.document) == _geometry(before.document):
            return
        same = state.document is not None and before.document is not None
        if same and _geometry(state.document)[:2] == _geometry(before.document)[:2]:
            self._find_rests()
        else:
            self._rest.start()

    # fixations

    def _find_rests(self) -> None:
        document, placed_now, record = self._controller.state.document, self._placed, self.record
        if document is None or placed_now is None or record is None:
            return
        asked = self._ask_anew("rests")
        angles = Angles.of(document.size, document.loss_settings)
        request = gaze_requests.find_fixations(placed_now.recording, record.fixations, angles, asked)
        self._window.worker.ask(request, partial(self._take_rests, asked))

    def _take_rests(self, asked: Asked, value: Rests | Failure | None) -> None:
        if asked.given_up or value is None or self._placed is None:
            return
        if isinstance(value, Failure):
            self._window.notices.show_failure(value)
            return
        self._rests = value
        self.panel.set_rests(value)
        if self._following:
            self.scanpath.set_recording(self._placed.recording, value)

    # played

    @property
    def _following(self) -> bool:
        return self.replay is not None and self._window.tracking.source is self.replay

    def _follow_source(self, source: Source | None) -> None:
        """Say that it stands where something else is followed."""
        if self.replay is None:
            return
        if source is not self.replay:
            self.scanpath.set_recording(None)
        self._tick()

    def toggle(self) -> None:
        """Play or pause."""
        if self.replay is None:
            return
        if not self._following:
            self._follow_anew()
        if self.replay.playing:
            self.replay.pause(now())
        else:
            self.replay.play(now())
        self._tick()

    def seek(self, seconds: float) -> None:
        """Go to a place, in seconds of the recording's clock."""
        if self.replay is None:
            return
        if not self._following:
            self._follow_anew()
        self.replay.seek(seconds, now())
        self._window.tracking.restart()
        self._window.tracking.poll()
        self._tick()

    def step(self, samples: int) -> None:
        """Go on or back by samples."""
        if self.replay is not None:
            t = self.replay.recording.t
            place = self.panel.axis.place
            index = int(t.searchsorted(place, side="right")) - 1 + samples
            self.seek(float(t[min(max(index, 0), len(t) - 1)]))

    def _tick(self) -> None:
        """Show where it is, and go on as long as it plays."""
        replay = self.replay
        playing = replay is not None and replay.playing and self._following
        self.panel.set_playing(playing)
        if replay is not None:
            place = replay.position(now())
            self.panel.set_place(place)
            if self._following:
                self.scanpath.set_place(place)
        if playing != self._ticker.isActive():
            self._ticker.start() if playing else self._ticker.stop()

    def _edit(self, group: type[Settings], name: str, value: object) -> None:
        if self.record is None:
            return
        replaying = group is ReplaySettings
        own: Settings = self.record.replay if replaying else self.record.fixations
        try:
            changed = own.replace(**{name: value})
        except ValueError as error:
            self._window.notices.say(str(error))
            changed = own
        self.record = self.record.replace(**{"replay" if replaying else "fixations": changed})
        self.panel.set_replay(self.record.replay)
        self.panel.set_fixations(self.record.fixations)
        if replaying and self.replay is not None:
            self.replay.set_speed(self.record.replay.speed, now())
            self.replay.loop = self.record.replay.loop
        elif not replaying:
            self.scanpath.set_fixations(self.record.fixations)
            self._find_rests()

    # files and sessions

    def export(self, path: Path) -> None:
        """Write what was followed lately as CSV, in the worker."""
        request = gaze_requests.write_gaze(path, self.scanpath.history.copy(), path.stem)
        self._controller.ask(request, self._window.notices.say)

    def save(self) -> JsonValue:
        """What a session keeps."""
        if self.record is None:
            return None
        place = None if self.replay is None else self.replay.position(now())
        kept: JsonValue = self.record.replace(position=place).model_dump(mode="json")
        return kept

    def restore(self, kept: JsonValue) -> None:
        """Open what a session kept; what is not there any more, or wrong, is said."""
        self.close_recording()
        if not isinstance(kept, dict):
            return
        try:
            record = RecordingRecord(**kept)
        except ValueError as error:
            self._window.notices.say(f"the session's recording was not opened: {error}")
            return
        path = Path(record.path)
        try:
            there = path.is_file()
        except OSError:  # a name that no file can have
            there = False
        if there:
            self.open(path, record)
            self._restored = True
        else:
            self._window.notices.say(f"the recording is not there any more: {record.path}")
