"""Measures loss against bits in the worker, one point at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal
from torch import Tensor

from foveaview.app.core.controller import Controller
from foveaview.app.core.state import AppState, Document
from foveaview.app.core.store import WorkerProtocol
from foveaview.live import Failure, Job, Key
from foveaview.live.renderer import Renderer
from foveaview.perception.interruption import Interrupted, interruptible
from foveaview.rate.codecs import Coder, left_out
from foveaview.rate.curve import RatePoint, measure_rates, planned
from foveaview.settings import RateSettings

__all__ = ["RateMeter", "RateState", "ShownImage", "Subject"]

ShownImage = Literal["candidate", "target"]

_REST_MS = 300
"""What changes while it is measured is measured again when it has rested for this long."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Identifies what a measurement is of; if the window shows something else, the curves are out of date.

    Attributes:
        document: number of the target.
        image: "target", or the kind of candidate.
        key: gaze and loss settings, and the seed of an instant metamer.
        n_qualities: of each format.
        file: the candidate read from a file.
        run: number of the search that the candidate is of.
        iteration: how far that was.
    """

    document: int
    image: str
    key: Key
    n_qualities: int
    file: Tensor | None = None
    run: int | None = None
    iteration: int | None = None

    @classmethod
    def shown(cls, document: Document, image: ShownImage, settings: RateSettings) -> Subject:
        """Identify the image that would be measured now."""
        kind = image if image == "target" else document.candidate
        seed = document.settings.seed if kind == "ventral" else None
        key = Key(document.gaze, document.loss_settings, seed, objective=document.objective)
        subject = cls(document.number, kind, key, settings.n_qualities)
        if kind == "file":
            return replace(subject, file=document.file)
        if kind == "metamer":
            iteration = document.status.iteration if document.status is not None else None
            return replace(subject, run=document.run, iteration=iteration)
        return subject

    def changes_to(self, wanted: Subject) -> list[str]:
        """List the differences, in words."""
        if self.document != wanted.document:
            return ["another target"]
        if self.image != wanted.image:
            return [f"{self.image} -> {wanted.image}"]
        changes = self.key.changes_to(wanted.key)
        if self.file is not wanted.file:
            changes.append("another file")
        for name in ("n_qualities", "run", "iteration"):
            own, other = getattr(self, name), getattr(wanted, name)
            if own != other:
                changes.append(f"{name.removeprefix('n_')} {own} -> {other}")
        return changes

    def moves_to(self, wanted: Subject) -> list[str]:
        """List what the user changed, in words: all differences but the iteration of a search."""
        return self.changes_to(replace(wanted, iteration=self.iteration))


@dataclass(frozen=True, eq=False)
class RateState:
    """Content of the panel.

    Attributes:
        settings: lambda, threshold, qualities.
        image: the image to measure.
        can_measure: True if an image is open.
        measuring: True if more points are being measured.
        points: measured so far.
        total: points in all.
        subject: identifies the measured image; None if nothing was measured.
        changes: differences from the present state.
        notes: formats that are left out, and why.
    """

    settings: RateSettings = field(default_factory=RateSettings)
    image: ShownImage = "target"
    can_measure: bool = False
    measuring: bool = False
    points: tuple[RatePoint, ...] = ()
    total: int = 0
    subject: Subject | None = None
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Source:
    """The points of one measurement; `next_point` runs in the worker, `cancelled` is set elsewhere."""

    def __init__(self, job: Job, settings: RateSettings, coder: Coder) -> None:
        self._job, self._settings, self._coder = job, settings, coder
        self._points: Any = None
        self.cancelled = False

    def next_point(self, renderer: Renderer) -> RatePoint | None:
        """The next point; None after the last, or if the measurement was cancelled."""
        try:
            with interruptible(lambda: self.cancelled):
                if self._points is None:
                    image, prepared = renderer.judged(self._job)
                    target = self._job.target.to(image.device)
                    self._points = measure_rates(image, target, prepared, self._settings, self._coder)
                return next(self._points, None)
        except Interrupted:
            return None


class RateMeter(QObject):
    """Measures one point of the rate curve after the other in the worker.

    Between two points the worker does other work. If the state changes during a measurement, the measurement
    restarts once the state has settled; after it, the curves are marked as out of date.

    Signals:
        changed: the new `RateState`.
        failed: a `Failure`.
    """

    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, controller: Controller, worker: WorkerProtocol, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = RateState()
        self._controller, self._worker = controller, worker
        self._coder = Coder()
        self._source: _Source | None = None
        self._wanted: Subject | None = None  # what would be measured now
        self._asked = False  # whether a point is on its way, of this source or of one before
        self._follows = False
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self.measure)

    # what the user wants

    def measure(self) -> None:
        """Start a measurement."""
        document, job = self._controller.state.document, self._controller.full_job()
        if document is None or job is None:
            return
        if not self._follows:  # until now, nothing could become out of date
            self._follows = True
            self._controller.changed.connect(lambda state, _before: self.follow(state))
        self._cancel()
        if self.state.image == "target":
            job = replace(job, candidate="file", file=job.target)
        self._source = _Source(job, self.state.settings, self._coder)
        self._wanted = Subject.shown(document, self.state.image, self.state.settings)
        self._set(
            measuring=True,
            points=(),
            total=len(planned(document.size, self.state.settings)),
            subject=self._wanted,
            changes=(),
            notes=tuple(left_out(document.size)),
        )
        self._ask()

    def cancel(self) -> None:
        """Measure no more; the points that there are stay."""
        self._cancel()
        self._set(measuring=False)
        self.follow(self._controller.state)

    def set_setting(self, name: str, value: Any) -> None:
        """Change lambda, threshold or the number of qualities."""
        self._set(settings=self.state.settings.replace(**{name: value}))
        self.follow(self._controller.state)

    def set_image(self, image: ShownImage) -> None:
        """Choose the image to measure."""
        self._set(image=image)
        self.follow(self._controller.state)

    def follow(self, app: AppState) -> None:
        """Restart a running measurement if the state has changed, or mark its curves as out of date."""
        document, now = app.document, self.state
        if document is None:
            self._cancel()
            self._wanted = None
            self._replace(RateState(now.settings, now.image))
            return
        wanted = Subject.shown(document, now.image, now.settings)
        moved = self._wanted is not None and bool(self._wanted.moves_to(wanted))
        self._wanted = wanted
        changes = self._changes(wanted)
        if (changes, True) != (now.changes, now.can_measure):
            self._set(changes=changes, can_measure=True)
        if now.measuring and moved:
            self._begin_anew()

    def _changes(self, wanted: Subject) -> tuple[str, ...]:
        if self.state.subject is None:
            return ()
        # a search that continues does not make a measurement stale before its end
        compare = self.state.subject.moves_to if self.state.measuring else self.state.subject.changes_to
        return tuple(compare(wanted))

    # between this and the worker

    def _begin_anew(self) -> None:
        """When it rests; not for another target, which nobody asked to measure."""
        self._cancel()
        assert self._wanted is not None
        if self.state.subject is not None and self.state.subject.document != self._wanted.document:
            self._set(measuring=False)
        else:
            self._rest.start()

    def _cancel(self) -> None:
        self._rest.stop()
        if self._source is not None:
            self._source.cancelled = True
            self._source = None

    def _ask(self) -> None:
        if self._source is not None and not self._asked:
            self._asked = True
            self._worker.ask(self._source.next_point, partial(self._answered, self._source))

    def _answered(self, source: _Source, value: RatePoint | Failure | None) -> None:
        self._asked = False
        if source is self._source:
            self._take(value)
        self._ask()

    def _take(self, value: RatePoint | Failure | None) -> None:
        if isinstance(value, RatePoint):
            self._set(points=(*self.state.points, value))
            return
        self._source = None
        if isinstance(value, Failure):
            self._set(measuring=False, subject=self.state.subject if self.state.points else None)
            self.failed.emit(value)
        else:
            self._set(measuring=False)
        self.follow(self._controller.state)

    def _set(self, **changes: Any) -> None:
        self._replace(replace(self.state, **changes))

    def _replace(self, state: RateState) -> None:
        self.state = state
        self.changed.emit(state)
