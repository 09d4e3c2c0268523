"""The user's choices: gaze, candidate, view and settings, with undo."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from foveaview.app.core.state import MOST_PINS, NOTHING_SHOWN, Document, Phase
from foveaview.app.core.store import Store
from foveaview.app.core.undo import EditSnapshot, UndoHistory, snapshot
from foveaview.gaze.latency import GazeTimestamps
from foveaview.gaze.sample import now
from foveaview.live import Candidate, Heatmap, MapImage, Picture
from foveaview.perception.analysis.loss_breakdown import Selection
from foveaview.perception.pooling.gaze_shift import gaze_moved
from foveaview.perception.pyramid.padding import check_levels

__all__ = ["Edits"]

_ALPHA_STEP = 1.05
_GROUP_MS = 1000
"""Changes of one thing that follow each other faster are undone together."""


class Edits(QObject):
    """The rules by which gaze, view and settings change.

    Args:
        store: holds the state.

    Signals:
        edited_in_run: a setting of a running search has changed, for the first time in this run.
    """

    edited_in_run = Signal()

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._store = store
        self._undo = UndoHistory()
        self._asked: set[int] = set()
        self._quiet = QTimer(self, singleShot=True, interval=_GROUP_MS)
        self._quiet.timeout.connect(self._undo.end_group)

    def edit(self, undo_key: str, **groups: Any) -> bool:
        """Change gaze or settings in one undo step; report an invalid value and change nothing.

        Args:
            undo_key: changes of one key that follow each other are undone together.
            groups: `gaze`, or the values that change in `loss_settings`, `settings` or `objective`.

        Returns:
            True if the values are valid.
        """
        document = self._store.state.document
        if document is None:
            return False
        before = snapshot(document)
        try:
            after = before.changed(**groups)
            check_levels(document.size, after.loss_settings.n_pyramid_levels)
        except ValueError as error:
            self._store.rejected.emit(undo_key, str(error))
            return False
        if after != before:
            self._undo.note(document.number, before, undo_key)
            self._quiet.start()
            self._apply(document, after)
            self._ask_once(document, before, after)
        return True

    def _apply(self, document: Document, choice: EditSnapshot) -> None:
        """Put a choice in, and compute what follows from it."""
        before = snapshot(document)
        self._store.change_document(document.number, **choice.values)
        if choice.needs_preview(before):
            self._store.preview()
        else:
            self._store.submit("full")

    def _ask_once(self, document: Document, before: EditSnapshot, after: EditSnapshot) -> None:
        edited = after.invalidates_result(before)
        if edited and document.phase is Phase.RUNNING and document.run not in self._asked:
            assert document.run is not None
            self._asked.add(document.run)
            self.edited_in_run.emit()

    def end_undo_group(self) -> None:
        """Begin a new undo step with the next change."""
        self._undo.end_group()

    def undo(self) -> None:
        """Go back to the gaze and settings before the last change."""
        document = self._store.state.document
        if document is not None:
            self._go(document, self._undo.undo(document.number, snapshot(document)))

    def redo(self) -> None:
        """Take back an undo."""
        document = self._store.state.document
        if document is not None:
            self._go(document, self._undo.redo(document.number, snapshot(document)))

    def _go(self, document: Document, choice: EditSnapshot | None) -> None:
        if choice is None:
            self._store.noticed.emit("nothing more to undo or redo")
        else:
            self._apply(document, choice)

    def set_gaze(self, gaze: tuple[float, float]) -> None:
        """Look elsewhere; outside the image is its edge."""
        x, y = (min(max(value, 0.0), 1.0) for value in gaze)
        self.edit("gaze", gaze=(x, y))

    def look_at(self, pixel: tuple[int, int]) -> None:
        """Look at a pixel (column, row)."""
        document = self._store.state.document
        if document is not None:
            self.set_gaze(document.point_of(pixel))

    def track(
        self,
        gaze: tuple[float, float],
        stamp: GazeTimestamps | None,
        banked: tuple[Picture, Heatmap | None] | None = None,
    ) -> None:
        """Follow the gaze of an eye, without undo.

        Args:
            gaze: in image coordinates.
            stamp: time of the gaze; None if the shown image stays as it is.
            banked: image and heatmap to show in the meantime; None to compute them at once.
        """
        document = self._store.state.document
        if document is None or document.gaze == gaze:
            return
        if banked is None:
            self._store.change_document(document.number, gaze=gaze)
            self._store.preview(stamp)
            return
        self._store.discard_pending_frames()
        picture, heatmap = banked
        shown = {**NOTHING_SHOWN, "picture": picture, "heatmap": heatmap, "quality": "full"}
        if stamp is not None:
            shown["stamp"] = stamp.at_computed(now())
        self._store.change_document(document.number, gaze=gaze, **shown)
        self._store.debounce.start()

    def nudge(self, dx: int, dy: int) -> None:
        """Move the gaze by whole pixels."""
        document = self._store.state.document
        if document is not None:
            (x, y), (height, width) = document.gaze, document.size
            self.set_gaze((x + dx / (width - 1), y + dy / (height - 1)))

    def nudge_degrees(self, dx: int, dy: int) -> None:
        """Move the gaze by whole degrees."""
        document = self._store.state.document
        if document is not None:
            self.set_gaze(gaze_moved(document.gaze, (dx, dy), document.size, document.loss_settings))

    def turn_alpha(self, steps: float) -> None:
        """Make alpha larger or smaller by some steps."""
        document = self._store.state.document
        if document is not None:
            alpha = float(f"{document.loss_settings.alpha * _ALPHA_STEP**steps:.3g}")
            self.set_loss("alpha", alpha)

    def shift(self, x: float, y: float) -> None:
        """Shift the second image by more pixels."""
        before = self._store.state.view.offset
        self.set_view(offset=(before[0] + x, before[1] + y))

    def set_candidate(self, candidate: Candidate) -> None:
        """Show another candidate."""
        document = self._store.state.document
        if document is None or document.candidate == candidate:
            return
        if candidate == "file" and document.file is None:
            self._store.noticed.emit("open a candidate image first")
            return
        self._store.change_document(document.number, candidate=candidate, **NOTHING_SHOWN)
        self._store.restart_display()

    def scrub(self, iteration: int | None) -> None:
        """Show the metamer of an earlier step, the nearest that is stored; None for the metamer of now."""
        document = self._store.state.document
        if document is None:
            return
        wanted = document.nearest_stored(iteration)
        if wanted == document.scrub:
            return
        other = document.candidate != "metamer"
        shown: dict[str, Any] = {"candidate": "metamer", **NOTHING_SHOWN} if other else {}
        self._store.change_document(document.number, **{**shown, "scrub": wanted})
        if wanted is None:
            self._store.restart_display()
        else:
            if document.scrub is None:
                self._store.discard_pending_frames()
            self._store.preview()

    def set_history(self, megabytes: int) -> None:
        """Give the images of each run so much room on disk."""
        if megabytes != self._store.state.keeping.history_mb:
            self._store.change(keeping=self._store.state.keeping.replace(history_mb=megabytes))
            self._store.submit("full")

    def set_view(self, **changes: Any) -> None:
        """Change how the images are shown; what needs other numbers is asked for."""
        before, view = self._store.state.view, self._store.state.view.replace(**changes)
        if view == before:
            return
        self._store.change(view=view)
        drawn = ("layer", "overlay", "colormap", "heatmap_top", "difference_top", "pooling_top")
        if any(getattr(view, name) != getattr(before, name) for name in drawn):
            self._store.submit("full")

    def lock_range(self, locked: bool) -> None:
        """Keep the scale on screen as it is for whatever is shown next, or let it follow again."""
        document, view = self._store.state.document, self._store.state.view
        shown = None if document is None else document.map if view.is_map else document.heatmap
        if not locked:
            self.set_view(**{view.top_name: None})
        elif shown is not None:
            top = shown.high if isinstance(shown, MapImage) else shown.top
            self.set_view(**{view.top_name: top})

    def pin(self, pixel: tuple[int, int]) -> None:
        """Mark a pixel, or unmark it; the oldest gives way to a ninth."""
        document = self._store.state.document
        if document is not None and document.holds(pixel):
            pins = tuple(pin for pin in document.pins if pin != pixel)
            if len(pins) == len(document.pins):
                pins = (*pins, pixel)[-MOST_PINS:]
            self._set_pins(document, pins)

    def pin_gaze(self) -> None:
        """Mark the pixel at the gaze, or unmark it."""
        document = self._store.state.document
        if document is not None:
            (x, y), (height, width) = document.gaze, document.size
            self.pin((round(x * (width - 1)), round(y * (height - 1))))

    def clear_pins(self) -> None:
        """Unmark all pixels."""
        document = self._store.state.document
        if document is not None:
            self._set_pins(document, ())

    def _set_pins(self, document: Document, pins: tuple[tuple[int, int], ...]) -> None:
        self._store.change_document(document.number, pins=pins)
        if bool(pins) != bool(document.pins):
            self._store.submit(
                "full"
            )  # a search computes its heatmap only if it is on screen or read at pins

    def set_follow(self, follow: bool) -> None:
        """Return True if the gaze follows the pointer."""
        self._store.change(follow=follow)

    # settings

    def set_loss(self, name: str, value: Any) -> None:
        """Change a setting of the loss."""
        self.edit(name, loss_settings={name: value})

    def set_synthesis(self, name: str, value: Any) -> None:
        """Change a setting of the search."""
        self.edit(name, settings={name: value})

    def set_objective(self, name: str, value: Any) -> None:
        """Change a weight or a term."""
        self.edit(name, objective={name: value})

    def set_heatmap_of(self, name: str) -> None:
        """Show the heatmap of another term."""
        document = self._store.state.document
        if document is not None and document.heatmap_of != name:
            self._store.change_document(document.number, heatmap_of=name, heatmap_parts=None)
            self._store.submit("full")

    def set_heatmap_parts(self, parts: Selection | None) -> None:
        """Show the heatmap of some parts of the metameric loss; None for the whole loss."""
        document = self._store.state.document
        if document is not None and document.heatmap_parts != parts:
            self._store.change_document(document.number, heatmap_of="metameric", heatmap_parts=parts)
            self._store.submit("full")
