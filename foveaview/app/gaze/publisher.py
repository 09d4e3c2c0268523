"""Publishes the gaze and the events of the window over LSL, for recording beside other data."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal

from foveaview.app.context import AppContext, Feature
from foveaview.app.core.state import AppState
from foveaview.app.gaze.controller import GazeController
from foveaview.app.gaze.events import event_texts
from foveaview.gaze import Sample, Source
from foveaview.gaze.lsl import Publisher
from foveaview.gaze.tracker import GazeUpdate

__all__ = ["GazePublisher"]

_ALPHA_MS = 250
_TICK_S = 1e-6
_ENDS_S = 1.0


class GazePublisher(Feature):
    """Publishes two streams of the Lab Streaming Layer; on if it was on in the last run.

    Args:
        context: what every feature is given.
        gaze: has the samples and sources to publish.

    Signals:
        changed: True if publishing is on.
    """

    changed = Signal(bool)
    _failed = Signal(str)

    def __init__(self, context: AppContext, gaze: GazeController) -> None:
        super().__init__(context)
        self._gaze = gaze
        self.publisher: Publisher | None = None
        self._ended: Publisher | None = None
        self._frozen = ""
        self._last_t = 0.0
        self._alpha: float | None = None
        self._alpha_timer = QTimer(self, interval=_ALPHA_MS, singleShot=True)
        self._alpha_timer.timeout.connect(self._tell_alpha)
        self._failed.connect(self._cancel)
        gaze.looked.connect(self._look)
        gaze.followed.connect(self._follow)
        tip = "Two streams of the Lab Streaming Layer, for recording beside other data"
        text = "Pu&blish gaze and events over LSL"
        self._action = context.actions.add("Gaze", "publish", text, tip=tip, toggle=self.set_on)
        self.set_on(context.preferences.publish)

    @property
    def uids(self) -> tuple[str, ...]:
        """Ids of the streams, so that this window does not offer to follow them."""
        return () if self.publisher is None else self.publisher.uids

    def set_on(self, on: bool) -> None:
        """Publish from now on, or no more, and keep that for the next time."""
        if on == (self.publisher is not None):
            return
        self.context.preferences.publish = on
        if on:
            self.publisher = Publisher(self._failed.emit)
            self.context.controller.changed.connect(self._take)
            self._tell_all()
        else:
            self._end()
        self._action.setChecked(on)
        self.changed.emit(on)

    def _cancel(self, why: str) -> None:
        self.context.notify.message(f"gaze and events cannot be published: {why}")
        self.set_on(False)

    def _end(self) -> None:
        if self.publisher is not None:
            self.publisher.close()
            self._ended, self.publisher = self.publisher, None
            self.context.controller.changed.disconnect(self._take)
        self._alpha_timer.stop()

    def set_presented(self, images: object | None) -> None:
        """Publish that a presentation begins or ends."""
        self.tell(f"presentation {'ended' if images is None else 'begun'}")

    def tell(self, text: str) -> None:
        """Publish what happens just now."""
        if self.publisher is not None:
            self.publisher.tell(text)

    def _tell_all(self) -> None:
        """Publish the present state, for a recording that begins now."""
        state, source = self.context.controller.state, self._gaze.source
        for text in event_texts(state, AppState()):
            self.tell(text)
        if source is not None:
            self.tell(f"source followed: {source.name}")

    # what happens

    def _look(self, look: GazeUpdate) -> None:
        if self.publisher is None or look.gaze is None:
            return
        if look.frozen != self._frozen:
            self.tell(f"gaze frozen: {look.frozen}" if look.frozen else "gaze seen again")
            self._frozen = look.frozen
        # a look that is another for its state alone is of a sample that was published
        t = max(look.taken if look.frozen or look.t <= self._last_t else look.t, self._last_t + _TICK_S)
        self._last_t = t
        self.publisher.look(Sample.missing(t) if look.frozen else Sample(t, *look.gaze))

    def _follow(self, source: Source | None) -> None:
        self._frozen = ""
        self.tell("source stopped" if source is None else f"source followed: {source.name}")

    def _take(self, state: AppState, before: AppState) -> None:
        for text in event_texts(state, before):
            self.tell(text)
        document, was = state.document, before.document
        if document is not None and was is not None and document.number == was.number:
            alpha = document.loss_settings.alpha
            if alpha != was.loss_settings.alpha:
                self._alpha = alpha
                if not self._alpha_timer.isActive():
                    self._alpha_timer.start()

    def _tell_alpha(self) -> None:
        self.tell(f"alpha: {self._alpha:g}")

    # the end

    def close(self) -> None:
        """End the streams; whether they are on is kept."""
        self._end()

    def wait(self) -> None:
        """Give the streams time to end, which takes some ten milliseconds."""
        if self._ended is not None:
            self._ended.wait(_ENDS_S)
