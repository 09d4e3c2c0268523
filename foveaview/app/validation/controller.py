"""Measure how well the gaze is known: nine targets over the screen, and what the source says of each."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import JsonValue
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCursor

from foveaview.app.context import AppContext, Feature
from foveaview.app.core.session_part import SessionPart
from foveaview.app.core.state import Document
from foveaview.app.gaze import GazeController
from foveaview.app.validation.screen import ValidationScreen
from foveaview.display.calibration import Calibration
from foveaview.gaze import Placement, Sample, Source, now
from foveaview.gaze.pointer_source import PointerSource
from foveaview.gaze.validation.assessment import verdict
from foveaview.gaze.validation.procedure import Plan, Procedure, TargetInterval
from foveaview.gaze.validation.record import ValidationRecord, save_validation
from foveaview.live import Failure
from foveaview.perception.analysis.geometry_overlays import pixels_per_degree
from foveaview.settings import LossSettings

__all__ = ["ValidationController"]

_POLL_MS = 4
_TELL_MS = 200
_FARTHEST = 1e6  # image coordinates; beyond it nobody looks, and squares overflow
_NO_IMAGE = "open an image first: the gaze is validated at the angles that it is seen at"
_SEEDS = 1_000_000

Gaze = tuple[float, float]


@dataclass
class _Running:
    """A validation on its way."""

    course: Procedure
    source: Source
    places: list[Gaze]
    placement: Placement
    settings: LossSettings
    geometry: str


class ScreenGeometry(Protocol):
    """The size of the image on its screen, as far as it is known."""

    @property
    def calibration(self) -> Calibration | None:
        """The user's calibration of the screen; None if there is none."""

    @property
    def zoom_of_model(self) -> float | None:
        """Device pixels per pixel at which the image is as wide as the model says."""


class ValidationController(Feature):
    """Shows the targets on the window's screen, and keeps what was found.

    It takes the samples from the source itself, while tracking is held: in the source's own unit they are
    exact, whatever of the window lies behind, and the gaze does not wander meanwhile.

    Args:
        context: what every feature is given.
        tracking: follows a source.
        geometry: of the screen.

    Attributes:
        screen: the window over the screen; None while there is none.
        kept: the validation that was kept last; None if there is none.
    """

    def __init__(self, context: AppContext, tracking: GazeController, geometry: ScreenGeometry) -> None:
        super().__init__(context)
        self._tracking, self._screen_geometry = tracking, geometry
        self.screen: ValidationScreen | None = None
        self.kept: ValidationRecord | None = None
        self._found: ValidationRecord | None = None
        self._visits: list[TargetInterval] = []
        self._plan = Plan()
        self._running: _Running | None = None
        self._poller = QTimer(self, interval=_POLL_MS, timerType=Qt.TimerType.PreciseTimer)
        self._poller.timeout.connect(self._poll)
        self._teller = QTimer(self, interval=_TELL_MS)
        self._teller.timeout.connect(self._tell)
        panel = tracking.panel
        panel.add_button("V&alidate...", "Measure the accuracy of the gaze at nine points", self.open)
        self.line = panel.add_line("Validation", "Result of the last validation that was kept")
        context.actions.add("Gaze", "validate", "&Validate the gaze...", self.open)
        context.sessions.add_part("validation", SessionPart(self.save, self.restore))
        self._show_kept()

    # begin and end

    def open(self) -> None:
        """Show the start page."""
        if self._document is None:
            self.context.notify.failure(Failure("input", _NO_IMAGE, _NO_IMAGE))
            return
        if self.screen is not None:
            self.screen.activateWindow()
            return
        self._tracking.hold(True)
        screen = self.screen = ValidationScreen(self.context.parent)
        self._connect(screen)
        screen.setGeometry(self.context.parent.screen().geometry())  # for desktops without a window manager
        screen.showFullScreen()
        screen.activateWindow()
        screen.start.set_plan(self._plan)
        screen.start.set_geometry_text(self._geometry()[1])
        self._tell()
        screen.show_start()
        self._poller.start()
        self._teller.start()

    def _connect(self, screen: ValidationScreen) -> None:
        screen.left.connect(self._end)
        screen.start.begun.connect(self._begin)
        screen.start.pointer_wanted.connect(self._follow_pointer)
        screen.canvas.confirmed.connect(self._confirm)
        screen.canvas.pointed.connect(self._point)
        screen.canvas.disturbed.connect(self._disturb)
        screen.report.again.connect(lambda: self._begin(self._plan))
        screen.report.kept.connect(self._keep)
        screen.report.saved.connect(self._save)

    def close(self) -> None:
        """Close the validation without keeping a result."""
        if self.screen is not None:
            self.screen.close()

    def _end(self) -> None:
        self._poller.stop()
        self._teller.stop()
        if isinstance(self._tracking.source, PointerSource):
            self._tracking.source.leave(now())  # where it was on this screen says nothing of the window
        self._running = self._found = None
        self._tracking.hold(False)
        if self.screen is not None:
            self.screen.deleteLater()
            self.screen = None
            self.context.parent.activateWindow()

    # geometry

    @property
    def _document(self) -> Document | None:
        return self.context.document

    def _zoom(self) -> float:
        """The zoom at which the presentation shows the image."""
        return self._screen_geometry.zoom_of_model or self.context.images.zoom or 1.0

    def _geometry(self) -> tuple[LossSettings, str]:
        """Width of the image and viewing distance, as measured or else the model's; and in words."""
        document, calibration = self._document, self._screen_geometry.calibration
        assert document is not None
        settings, zoom = document.loss_settings, self._zoom()
        if calibration is not None:
            # in image coordinates 0 and 1 are the centres of pixels
            measured = calibration.settings_for((document.size[0], document.size[1] - 1), zoom)
            settings = settings.replace(**measured)
            pitch, distance = calibration.pitch.text("mm", 1000), calibration.distance.text("cm", 100)
            return settings, f"the calibrated screen: a pixel is {pitch} wide, {distance} from the eye"
        width, far = (
            f"{100 * length:.3g} cm" for length in (settings.real_image_width, settings.real_viewing_distance)
        )
        at = f"at a zoom of {zoom:.2f} (calibrate the screen for those of your own eye)"
        return settings, f"the model: the image is {width} wide, {far} from the eye, {at}"

    # the targets

    def _begin(self, plan: Plan) -> None:
        document, screen, source = self._document, self.screen, self._tracking.source
        if document is None or screen is None or source is None:
            self._abandon("Nothing is followed any more.")
            return
        self._plan, (settings, geometry) = plan, self._geometry()
        zoom = self._zoom()
        screen.show_canvas(with_pointer=isinstance(source, PointerSource))
        density = pixels_per_degree((0.5, 0.5), document.size, settings)
        screen.canvas.place(document.size, zoom, density * zoom)
        places, placement = screen.canvas.places(plan.area), screen.canvas.placement
        assert placement is not None
        course = Procedure(len(places), plan.replace(seed=secrets.randbelow(_SEEDS)), now())
        self._running = _Running(course, source, places, placement, settings, geometry)
        self._point(*screen.canvas.in_image(screen.canvas.mapFromGlobal(QCursor.pos()).toPointF()))
        self._show_target()

    def _show_target(self) -> None:
        running, screen = self._running, self.screen
        assert running is not None
        assert screen is not None
        number = running.course.target
        place = None if number is None else running.places[number]
        screen.canvas.set_target(place, running.course.since)

    def _poll(self) -> None:
        at, source, running = now(), self._tracking.source, self._running
        samples = [] if source is None else source.take(at)
        if running is None:
            return
        if source is not running.source:
            self._abandon("The source of the gaze is another now.")
            return
        running.course.add([_placed(sample, running.placement) for sample in samples])
        if running.course.advance(at):
            self._show_target()
        if running.course.is_over(at):
            self._report(running)

    def _point(self, x: float, y: float) -> None:
        source = self._tracking.source
        if isinstance(source, PointerSource):
            source.point(x, y, now())

    def _confirm(self) -> None:
        if self._running is not None:
            self._running.course.confirm()

    def _disturb(self) -> None:
        if self._running is not None:
            self._abandon("The screen has changed, so the targets have moved.")

    def _abandon(self, told: str) -> None:
        self._running = None
        self._tell()
        if self.screen is not None:
            self.screen.show_start(told)

    def _tell(self) -> None:
        """Show the status of the source before the validation begins."""
        source = self._tracking.source
        if self.screen is not None and self._running is None:
            self.screen.start.set_status(None if source is None else source.status(now()))

    def _follow_pointer(self) -> None:
        self.context.controller.edits.set_follow(True)
        self._tell()
        if self.screen is not None:
            self.screen.show_start()

    # what was found

    def _report(self, running: _Running) -> None:
        screen, self._running = self.screen, None
        assert screen is not None
        course = running.course
        found = self._found = ValidationRecord.of(
            course,
            running.places,
            running.settings,
            size=running.placement.size,
            at=datetime.now().astimezone(),
            source=running.source.name,
            geometry=running.geometry,
        )
        self._visits = course.visits
        told = verdict(found.result, running.settings)
        screen.show_report(found, told, course.visits, running.places)

    def _keep(self) -> None:
        self.kept = self._found
        self._show_kept()
        if self.kept is not None:
            self.context.notify.message(f"the gaze is validated: {self.kept.line}")
        self.close()

    def _show_kept(self) -> None:
        self.line.setText("never" if self.kept is None else self.kept.line)

    def _save(self) -> None:
        if self.screen is not None and self._found is not None:
            kinds = "JSON, with the samples (*.json);;CSV, a row a point (*.csv)"
            self.context.save_file("Save validation", "validation.json", kinds, self._write, self.screen)

    def _write(self, path: Path) -> None:
        found, visits = self._found, self._visits
        assert found is not None

        def told(value: Any) -> None:
            if self.screen is not None:
                text = value.message if isinstance(value, Failure) else f"{path.name} saved"
                self.screen.report.tell(text)

        self.context.worker.ask(lambda _renderer: save_validation(path, found, visits), told)

    # sessions

    def save(self) -> JsonValue:
        """Return the part of a session."""
        return None if self.kept is None else self.kept.to_json()

    def restore(self, kept: JsonValue) -> None:
        """Restore the part of a session; report damaged values."""
        try:
            self.kept = None if kept is None else ValidationRecord.from_json(kept)
        except ValueError as error:
            self.context.notify.message(f"the session's validation was not taken: {error}")
        self._show_kept()


def _placed(sample: Sample, placement: Placement) -> Sample:
    """Convert a sample to image coordinates; mark it as missing if it is not finite."""
    placed = placement.placed(sample)
    far = not all(math.isfinite(value) and abs(value) < _FARTHEST for value in (placed.x, placed.y))
    return Sample.missing(sample.t, origin=sample.origin) if far else placed
