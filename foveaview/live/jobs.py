"""Jobs, the input of the live loop: frozen values that threads may share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from foveaview.gaze.latency import GazeTimestamps
from foveaview.perception.analysis.loss_breakdown import Selection, described
from foveaview.settings import KeepSettings, LossSettings, ObjectiveSettings, Settings, SynthesisSettings
from foveaview.settings.view import ViewSettings

__all__ = ["Candidate", "Idle", "Job", "Key", "Quality"]

Candidate = Literal["ventral", "metamer", "file"]
Quality = Literal["preview", "full"]


@dataclass(frozen=True)
class Key:
    """Inputs that a result was computed from; a result with another key than the requested one is stale.

    Attributes:
        gaze: (x, y) in image coordinates.
        loss_settings: settings of the loss, or of the ventral metamer.
        seed: seed of the noise, if any.
        start: start of the search, if any.
        objective: objective of the search, or of the mapped term.
        heatmap_of: the mapped term.
        heatmap_parts: the mapped parts of the metameric loss; None for all.
        ventral_color: color of the noise of a ventral metamer; None for all other results.
    """

    gaze: tuple[float, float]
    loss_settings: LossSettings
    seed: int | None = None
    start: str | None = None
    objective: ObjectiveSettings | None = None
    heatmap_of: str = "metameric"
    heatmap_parts: Selection | None = None
    ventral_color: str | None = None

    def changes_to(self, wanted: Key) -> list[str]:
        """Describe each difference in words.

        >>> now = Key((0.5, 0.5), LossSettings(), seed=0)
        >>> now.changes_to(Key((0.5, 0.25), LossSettings(alpha=0.3), seed=1))
        ['gaze', 'alpha 0.2 -> 0.3', 'seed 0 -> 1']
        """
        changes = [] if self.gaze == wanted.gaze else ["gaze"]
        groups: list[tuple[Settings | None, Settings | None]]
        groups = [(self.loss_settings, wanted.loss_settings), (self.objective, wanted.objective)]
        for before, after in groups:
            if before is not None and after is not None:
                changes.extend(_differences(before, after))
        for name in ("seed", "start", "ventral_color", "heatmap_of"):
            own, other = getattr(self, name), getattr(wanted, name)
            if own != other:
                changes.append(f"{name.replace('_', ' ')} {own} -> {other}")
        if self.heatmap_parts != wanted.heatmap_parts:
            changes.append(f"part {described(self.heatmap_parts)} -> {described(wanted.heatmap_parts)}")
        return changes


def _differences(before: Settings, after: Settings) -> list[str]:
    return [
        f"{name.replace('_', ' ')} {own} -> {getattr(after, name)}"
        for name, own in before
        if own != getattr(after, name)
    ]


@dataclass(frozen=True, eq=False)
class Job:
    """A complete request, so that a newer job can replace an unread one.

    Attributes:
        generation: number of the job, rising.
        document: number of the open target.
        target: (1, C, H, W) in [0, 1], on the CPU.
        gaze: (x, y) in image coordinates.
        loss_settings: settings of the loss.
        settings: settings of the search, and the device.
        candidate: the kind of image to compare with the target.
        file: (1, C, H, W), the candidate read from a file.
        start: (1, C, H, W), the start if settings.start is "image".
        quality: a small image at once, or the whole image.
        run: number of the search of this target, or None; another number is another search.
        running: True to continue that search.
        keep: numbers of all searches to keep, of this target and of others.
        view: the layers on screen.
        objective: the terms that the search lowers.
        heatmap_of: the term to map.
        heatmap_parts: the parts of the metameric loss to map; None for all.
        scrub: the iteration whose stored image, or the nearest, is shown as the metamer; None for the latest.
        keeping: settings of the history that the search keeps.
        pinned: True if heatmap values are read at marked pixels, even if the heatmap is not on screen.
        stamp: times of the gaze sample, if the gaze follows an eye tracker.
    """

    generation: int
    document: int
    target: Tensor
    gaze: tuple[float, float]
    loss_settings: LossSettings
    settings: SynthesisSettings
    candidate: Candidate = "ventral"
    file: Tensor | None = None
    start: Tensor | None = None
    quality: Quality = "full"
    run: int | None = None
    running: bool = False
    keep: frozenset[int] = frozenset()
    view: ViewSettings = field(default_factory=ViewSettings)
    objective: ObjectiveSettings = field(default_factory=ObjectiveSettings)
    heatmap_of: str = "metameric"
    heatmap_parts: Selection | None = None
    scrub: int | None = None
    keeping: KeepSettings = field(default_factory=KeepSettings)
    pinned: bool = False
    stamp: GazeTimestamps | None = None

    @property
    def heatmap_wanted(self) -> bool:
        """Return True if a heatmap is on screen, or its values are read."""
        return self.pinned or self.view.overlay != "none" or self.view.layer == "heatmap"


@dataclass(frozen=True)
class Idle:
    """A request to compute nothing, because nothing is shown.

    Attributes:
        keep: numbers of all searches to keep.
    """

    keep: frozenset[int] = frozenset()
