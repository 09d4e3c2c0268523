"""The state of the window as frozen values; only the controller makes new ones."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from foveaview.gaze.latency import GazeTimestamps
from foveaview.live import Candidate, Heatmap, Key, MapImage, Picture, Quality, RunStatus
from foveaview.perception.analysis.loss_breakdown import Selection
from foveaview.sessions.file_references import ImageFile
from foveaview.settings import KeepSettings, LossSettings, ObjectiveSettings, SynthesisSettings
from foveaview.settings.view import MAP_LAYERS, Layer, ViewSettings

__all__ = ["MOST_PINS", "NOTHING_SHOWN", "AppState", "Document", "Phase"]

MOST_PINS = 8
NOTHING_SHOWN: dict[str, Any] = {"picture": None, "heatmap": None, "loss": None, "map": None, "scrub": None}
"""Changes to a document before another image of it is shown."""


class Phase(Enum):
    """Phase of a document's search."""

    IDLE = "ready"
    RUNNING = "synthesising"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


@dataclass(frozen=True, eq=False)
class Document:
    """An open target with its gaze, settings, candidate and run.

    Attributes:
        number: identifies the document while it is open.
        path: file of the target.
        target: (1, C, H, W) in [0, 1], on the CPU.
        pixels: the target in bytes, to show.
        gaze: (x, y) in image coordinates.
        loss_settings: of the loss.
        settings: of the search.
        objective: the terms that the search lowers.
        candidate: kind of the image that is compared with the target.
        file: the candidate read from a file, of the target's size.
        file_name: of that file.
        start: image that a search starts from, if settings.start is "image".
        run: number of the search, None if there is none.
        phase: of the search.
        unsaved: True if the run has steps that the user has not saved.
        picture: the candidate that was computed last.
        heatmap: the heatmap that was computed last.
        quality: of those two.
        heatmap_of: the term whose heatmap is shown.
        loss: value of that term that was computed last.
        loss_step: iteration of the search that the loss belongs to; None for other candidates.
        status: of the run.
        map: the map layer that was computed last.
        pins: pinned pixels (column, row).
        scrub: iteration that the user scrubbed back to; None for the latest.
        heatmap_parts: parts of the metameric loss in the heatmap; None for all.
        source: the file that the target was read from.
        halvings: how many times it was halved after that.
        label: format, depth and conversions of that file; empty if the values are the file's own.
        is_light: an exposure applies to that file.
        file_source: the file that the candidate was read from.
        start_source: the file that the start was read from.
        stamp: time of the gaze that the image was computed for, if the gaze follows a source.
    """

    number: int
    path: Path
    target: Tensor
    pixels: npt.NDArray[np.uint8]
    gaze: tuple[float, float] = (0.5, 0.5)
    loss_settings: LossSettings = field(default_factory=LossSettings)
    settings: SynthesisSettings = field(default_factory=SynthesisSettings)
    objective: ObjectiveSettings = field(default_factory=ObjectiveSettings)
    candidate: Candidate = "ventral"
    file: Tensor | None = None
    file_name: str = ""
    start: Tensor | None = None
    run: int | None = None
    phase: Phase = Phase.IDLE
    unsaved: bool = False
    picture: Picture | None = None
    heatmap: Heatmap | None = None
    quality: Quality = "full"
    heatmap_of: str = "metameric"
    loss: float | None = None
    loss_step: int | None = None
    status: RunStatus | None = None
    map: MapImage | None = None
    pins: tuple[tuple[int, int], ...] = ()
    scrub: int | None = None
    heatmap_parts: Selection | None = None
    source: ImageFile | None = None
    halvings: int = 0
    label: str = ""
    is_light: bool = False
    file_source: ImageFile | None = None
    start_source: ImageFile | None = None
    stamp: GazeTimestamps | None = None

    def holds(self, pixel: tuple[int, int]) -> bool:
        """Return True if a pixel (column, row) is one of the image's."""
        height, width = self.size
        return 0 <= pixel[0] < width and 0 <= pixel[1] < height

    def point_of(self, pixel: tuple[int, int]) -> tuple[float, float]:
        """A pixel (column, row) in image coordinates."""
        height, width = self.size
        return pixel[0] / (width - 1), pixel[1] / (height - 1)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.target.shape[-2], self.target.shape[-1]

    @property
    def exposure(self) -> float:
        """Stops by which the light of the target's file was made brighter."""
        return 0.0 if self.source is None else self.source.exposure

    @property
    def stored(self) -> tuple[int, ...]:
        """The iterations of the run that one can go back to."""
        return self.status.stored if self.status is not None else ()

    def nearest_stored(self, iteration: int | None) -> int | None:
        """The nearest iteration that one can go back to; None for now, or if there is none."""
        if iteration is None or not self.stored:
            return None
        return min(self.stored, key=lambda stored: (abs(stored - iteration), stored))

    @property
    def can_go_on(self) -> bool:
        """True if a start continues the run."""
        return self.run is not None and self.phase is not Phase.RUNNING

    @property
    def search_settings(self) -> SynthesisSettings:
        """Settings of the search with optimizer and number of steps decided for the objective."""
        return self.settings.resolved(self.objective.is_stateful)

    @property
    def total_steps(self) -> int:
        """Steps of the whole search."""
        return self.search_settings.steps or 0

    @property
    def steps_left(self) -> int:
        """Steps that the search has still to take."""
        return max(self.total_steps - (self.status.iteration if self.status is not None else 0), 0)

    @property
    def wanted_key(self) -> Key:
        """Key of an up-to-date candidate."""
        if self.candidate != "metamer":
            color = self.settings.ventral_color
            return Key(self.gaze, self.loss_settings, self.settings.seed, ventral_color=color)
        settings = self.settings
        return Key(self.gaze, self.loss_settings, settings.seed, settings.start, self.objective)

    @property
    def picture_changes(self) -> list[str]:
        """Changes since the shown candidate was computed; empty if it is up to date."""
        if self.picture is None or self.picture.key is None:
            return []
        wanted = self.wanted_key
        if self.picture.banked:  # for the nearest gaze that there is one for
            wanted = replace(wanted, gaze=self.picture.key.gaze)
        return self.picture.key.changes_to(wanted)

    @property
    def heatmap_changes(self) -> list[str]:
        """Changes since the shown heatmap was computed; empty if it is up to date."""
        if self.heatmap is None:
            return []
        key = self.heatmap.key
        return key.changes_to(
            Key(
                key.gaze if self.heatmap.banked else self.gaze,
                self.loss_settings,
                objective=self.objective,
                heatmap_of=self.heatmap_of,
                heatmap_parts=self.heatmap_parts,
            )
        )

    @property
    def map_changes(self) -> list[str]:
        """Changes since the shown map was computed; empty if it is up to date."""
        if self.map is None or self.map.key is None:
            return []
        if self.map.layer == "heatmap":
            return self.heatmap_changes
        if self.map.layer == "pooling":
            return self.map.key.changes_to(Key(self.gaze, self.loss_settings))
        return self.map.key.changes_to(self.wanted_key)

    @property
    def shown_loss(self) -> float | None:
        """Value of the shown term for the image that is shown, or None.

        A preview has another size, at which the loss has another value.
        """
        if self.quality == "preview":
            return None
        step = None if self.picture is None else self.picture.step
        if step is None or self.status is None or self.loss_step == step:
            return self.loss
        if self.heatmap_parts is not None:
            return None
        if step == self.status.iteration:
            return self.status.current.get(self.heatmap_of)
        values = self.status.terms.get(self.heatmap_of, ())
        return float(values[step]) if step < len(values) and math.isfinite(values[step]) else None

    def shown_changes(self, layer: Layer) -> list[str]:
        """Changes since the image of a layer was computed; empty if it is up to date."""
        if layer == "candidate":
            return self.picture_changes or self.heatmap_changes
        return self.map_changes if layer in MAP_LAYERS else []


@dataclass(frozen=True, eq=False)
class AppState:
    """The whole window: the open documents and how they are shown."""

    documents: tuple[Document, ...] = ()
    current: int | None = None
    view: ViewSettings = field(default_factory=ViewSettings)
    follow: bool = False
    device: str = ""
    keeping: KeepSettings = field(default_factory=KeepSettings)

    @property
    def phases(self) -> tuple[tuple[int, Phase], ...]:
        """Number and phase of each open document."""
        return tuple((document.number, document.phase) for document in self.documents)

    @property
    def document(self) -> Document | None:
        """The document that is shown."""
        return None if self.current is None else self.find(self.current)

    def find(self, number: int) -> Document | None:
        """The document of a number; None if it is closed."""
        return next((d for d in self.documents if d.number == number), None)
