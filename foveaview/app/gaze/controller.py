"""The gaze follows a source: the pointer, a live stream or a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pydantic import JsonValue
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPalette

from foveaview.app.context import AppContext, Feature, Panel
from foveaview.app.core.session_part import SessionPart
from foveaview.app.core.state import AppState
from foveaview.app.gaze.gaze_badge import GazeBadge
from foveaview.app.gaze.gaze_panel import GazePanel
from foveaview.app.gaze.latency_monitor import LatencyMonitor
from foveaview.app.gaze.metamer_bank import MetamerBankController
from foveaview.app.images import ImageView
from foveaview.gaze import Placement, Sample, Source, now
from foveaview.gaze.latency import GazeTimestamps
from foveaview.gaze.pointer_source import PointerSource
from foveaview.gaze.tracker import GazeUpdate, Tracker
from foveaview.gaze.visual_angle import Angles
from foveaview.settings import GazeSettings

__all__ = ["GazeController"]

_POLL_MS = 4
_TELL_MS = 200
_LATE_MS = 50
"""Later than this, a picture made in advance is better than one that is made for the very gaze."""
_MOVES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_ENOUGH = 30  # pictures, to say how late they are


class GazeController(Feature):
    """Reads the samples of a source, smooths them and moves the gaze; shows the status of the source.

    Args:
        context: what every feature is given.

    Attributes:
        panel: widget to dock.
        badge: widget for the status bar.
        source: the source that the gaze follows; None if there is none.
        latency: measures how late the images are.

    Signals:
        sampled: a list of samples, in image coordinates, as they were taken.
        looked: a `GazeUpdate`, whenever gaze or state have changed.
        followed: another `Source`, or None.
    """

    sampled = Signal(object)
    looked = Signal(object)
    followed = Signal(object)

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._controller = context.controller
        self._presented: ImageView | None = None
        self.panel, self.badge = GazePanel(), GazeBadge()
        self.latency = LatencyMonitor(context, self)
        self.settings = GazeSettings()
        self.source: Source | None = None
        self.look: GazeUpdate | None = None
        self.bank = MetamerBankController(context.controller, self)
        self._pointer: PointerSource | None = None
        self._tracker = Tracker(self.settings)
        self._too_slow = self._held = False
        self._poller = QTimer(self, interval=_POLL_MS, timerType=Qt.TimerType.PreciseTimer)
        self._poller.timeout.connect(self.poll)
        self._teller = QTimer(self, interval=_TELL_MS)
        self._teller.timeout.connect(self._tell)
        self.panels = (Panel("Gaze", self.panel, "right"), Panel("Latency", self.latency.panel))
        self.status_widgets = (self.badge,)
        self._add_actions()
        self._connect()

    def _add_actions(self) -> None:
        add, edits = self.context.actions.add, self._controller.edits
        self._follow_action = add("Gaze", "follow", "&Follow the pointer", None, "G", toggle=edits.set_follow)
        self._follow_action.setIconText("Follow")
        add("Gaze", "stop_following", "&Stop following", self.stop)
        add("Gaze", "gaze_centre", "To the &centre", partial(edits.set_gaze, (0.5, 0.5)), "C")
        for name, (dx, dy) in _MOVES.items():
            keys, act = name.capitalize(), partial(edits.nudge, dx, dy)
            add("Gaze", f"gaze_{name}", f"{keys} by a pixel", act, keys, on_images=True)
            act = partial(edits.nudge_degrees, dx, dy)
            add("Gaze", f"gaze_{name}_degree", f"{keys} by a degree", act, f"Alt+{keys}", on_images=True)

    def _connect(self) -> None:
        context, panel = self.context, self.panel
        self.bank.changed.connect(self._show_bank)
        self.latency.painted.connect(self._judge)
        self.badge.clicked.connect(lambda: self.panel_wanted.emit("Gaze"))
        panel.edited.connect(self._edit)
        self._controller.watch(self._follow_state, "follow", "current")
        self._watch(context.images)
        context.sessions.add_part("gaze", SessionPart(self.save, self.restore))
        panel.add_button("Follow the &pointer", "The gaze follows the pointer", self._toggle_pointer)
        self.stop_button = panel.add_button("&Stop following", "Keep the gaze in place", self.stop)
        self.stop_button.setEnabled(False)

    def set_presented(self, images: ImageView | None) -> None:
        """Follow the gaze on the images of a presentation; None for those of the window."""
        self._presented = images
        if images is not None:
            self._watch(images)

    def _watch(self, images: ImageView) -> None:
        """Take the pointer and the painting of images, those of the window or of the presentation."""
        images.hovered.connect(self._point)
        self._mark()
        images.candidate.view.repainted.connect(partial(self._note_painted, images))

    # sources

    def follow(self, source: Source | None) -> None:
        """Follow a source in place of the one before, which is closed; None for none."""
        if self.source is not None:
            self.source.close()
        self.source, self.look = source, None
        self._tracker.reset()
        self.latency.restart()
        self._too_slow = False
        self._set_bank()
        if self._pointer is not None and source is not self._pointer:
            self._pointer = None
            self._controller.edits.set_follow(False)
        for timer in (self._poller, self._teller):
            timer.start() if source is not None else timer.stop()
        self.stop_button.setEnabled(source is not None)
        self._mark()
        self._show_frozen("")
        self._tell()
        self.followed.emit(source)

    def _mark(self) -> None:
        """In a presentation, draw the gaze mark for the pointer, but not for an eye tracker."""
        if self._presented is not None:
            self._presented.set_marked(self.source is None or self.source is self._pointer)

    def stop(self) -> None:
        """Follow nothing."""
        self.follow(None)

    def hold(self, held: bool) -> None:
        """Stop reading the source, so that another reader can take its samples; the gaze stays in place."""
        self._held = held

    def _toggle_pointer(self) -> None:
        self._controller.edits.set_follow(not self._controller.state.follow)

    def _follow_state(self, state: AppState, before: AppState) -> None:
        """Start or stop following the pointer."""
        self._follow_action.setChecked(state.follow)
        if state.follow and self._pointer is None:
            self._pointer = PointerSource(self.settings, self._angles)
            self.follow(self._pointer)
        elif not state.follow and self._pointer is not None:
            self.follow(None)
        if state.current != before.current:
            self._tracker.reset()
            self._set_pointer()

    def _point(self, pixel: tuple[int, int] | None) -> None:
        document = self._controller.state.document
        if self._pointer is None:
            return
        if pixel is None or document is None:
            self._pointer.leave(now())
        else:
            self._pointer.point(*document.point_of(pixel), now())
        self.poll()

    def restart(self) -> None:
        """Move the gaze to the next sample at once, without smoothing, after a jump of the source."""
        self._tracker.restart()

    # samples

    def poll(self) -> None:
        """Read new samples and move the gaze."""
        if self.source is None or self._held:
            return
        at = now()
        samples = self._placed(self.source.take(at))
        if samples:
            self.sampled.emit(samples)
        look = self._tracker.advance(samples, at, self._angles, self._wanted_late_s)
        if look is not None:
            self._take(look, at)

    def _take(self, look: GazeUpdate, at: float) -> None:
        assert self.source is not None
        if look.frozen:
            status = self.source.status(at)
            look = replace(look, frozen=(status.note or "paused") if status.resting else look.frozen)
        before, self.look = self.look, look
        self._show_frozen(look.frozen)
        if not look.frozen and look.gaze is not None:
            self._track(look.gaze, GazeTimestamps(look.t, at))
        if before is None or before.frozen != look.frozen:
            self._tell()
        self.looked.emit(look)

    def _track(self, gaze: tuple[float, float], stamp: GazeTimestamps) -> None:
        document = self._controller.state.document
        if document is None or document.gaze == gaze:
            return
        banked = self.bank.shown(gaze)
        if banked is not None and banked[0] is document.picture:
            self._controller.edits.track(gaze, None, banked)  # what is on screen is what is wanted
            return
        self.latency.expect(stamp)
        self._controller.edits.track(gaze, stamp, banked)

    @property
    def _wanted_late_s(self) -> float:
        """Intended lateness of the samples: the delay of the pointer."""
        follows_pointer = self._pointer is not None and self.source is self._pointer
        return self.settings.pointer_delay_ms / 1000 if follows_pointer else 0.0

    @property
    def _angles(self) -> Angles:
        document = self._controller.state.document
        if document is None:
            return Angles(1.0, 1.0)
        return Angles.of(document.size, document.loss_settings)

    @property
    def images(self) -> ImageView:
        """The images that are looked at."""
        return self.context.images if self._presented is None else self._presented

    def _placed(self, samples: list[Sample]) -> list[Sample]:
        """In coordinates of the image, wherever on the screen that is."""
        if all(sample.unit == "image" for sample in samples):
            return samples
        places = self.images.placements()
        return [_placed(sample, places) for sample in samples]

    def _show_frozen(self, frozen: str) -> None:
        self.context.images.set_frozen(bool(frozen))
        if self._presented is not None:
            self._presented.set_frozen(bool(frozen))

    def _tell(self) -> None:
        status = None if self.source is None else self.source.status(now())
        frozen = "" if self.look is None else self.look.frozen
        self.panel.set_status(status, frozen)
        self.badge.set_status(status, frozen)

    # how late

    def _note_painted(self, images: ImageView) -> None:
        if images is self.images:
            self.latency.note_painted(images.candidate.seen)

    def _judge(self) -> None:
        """If images are too late, start to compute some in advance."""
        if self._too_slow or self.settings.bank != "auto" or len(self.latency.log) < _ENOUGH:
            return
        _p50, p95, _p99 = self.latency.log.percentiles("sample to painted")
        if p95 - 1000 * self._wanted_late_s > _LATE_MS:
            self._too_slow = True
            self.context.notify.message(
                f"pictures come {p95:.0f} ms after the eye: metamers are being made for a grid of gazes"
            )
            self._set_bank()

    def _show_bank(self) -> None:
        bank = self.bank.bank
        self.panel.set_bank(0 if bank is None else len(bank), 0 if bank is None else len(bank.gazes))

    def _set_bank(self) -> None:
        wanted = self.settings.bank == "always" or (self.settings.bank == "auto" and self._too_slow)
        self.bank.set_points(self.settings.bank_points if wanted else 0)

    # settings

    def _edit(self, name: str, value: object) -> None:
        try:
            self.set_settings(self.settings.replace(**{name: value}))
        except ValueError as error:
            self.context.notify.message(str(error))
            self.panel.set_settings(self.settings)

    def set_settings(self, settings: GazeSettings) -> None:
        """Smooth so from now on."""
        self.settings = settings
        self._tracker.configure(settings)
        self._set_pointer()
        self._set_bank()
        self.panel.set_settings(settings)

    def _set_pointer(self) -> None:
        if self._pointer is not None:
            self._pointer.configure(self.settings, self._angles)

    def save(self) -> JsonValue:
        """Return the part of a session."""
        return {"settings": self.settings.model_dump()}

    def restore(self, kept: JsonValue) -> None:
        """Restore the part of a session; missing or invalid settings stay as they are."""
        values = kept.get("settings") if isinstance(kept, dict) else None
        if isinstance(values, dict):
            try:
                self.set_settings(GazeSettings(**values))
            except ValueError as error:
                self.context.notify.message(f"the session's settings of the gaze were not taken: {error}")

    def set_palette(self, palette: QPalette) -> None:
        """Take the theme's colours."""
        self.latency.panel.plot.set_palette(palette)

    def close(self) -> None:
        """End what receives."""
        if self.source is not None:
            self.source.close()
        self._poller.stop()
        self._teller.stop()


def _placed(sample: Sample, places: Sequence[tuple[QRectF, Placement]]) -> Sample:
    """Convert a sample to the image whose view contains it, or else to the last image."""
    if not places:
        return Sample.missing(sample.t, origin=sample.origin)
    across, down = places[0][1].screen if sample.unit == "screen" else (1, 1)
    at = QPointF(sample.x * across, sample.y * down)
    held = [placement for rect, placement in places if rect.contains(at)]
    return (held or [places[-1][1]])[0].placed(sample)
