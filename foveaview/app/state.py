"""What the window shows, as frozen values; only the controller makes new ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from torch import Tensor

from foveaview.live import Candidate, Heatmap, Key, Picture, Quality, RunStatus
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings

__all__ = ["AppState", "Document", "OverlayPlace", "Phase"]

OverlayPlace = Literal["none", "target", "candidate", "both"]


class Phase(Enum):
    """What the search of a document does."""

    IDLE = "ready"
    RUNNING = "synthesising"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


@dataclass(frozen=True, eq=False)
class Document:
    """An open target with its gaze, settings, candidate and run.

    Attributes:
        number: names it for as long as it is open.
        path: where it was read from.
        target: (1, C, H, W) in [0, 1], on the CPU.
        pixels: the target in bytes, to show.
        gaze: (x, y) in image coordinates.
        loss_settings: of the loss.
        settings: of the search.
        objective: the terms that the search lowers.
        candidate: what is compared with the target.
        file: the candidate read from a file, of the target's size.
        file_name: of that file.
        start: the image that a search starts from, where settings.start is "image".
        run: number of the search, None where there is none.
        phase: what the search does.
        unsaved: whether the run has steps that no checkpoint holds.
        picture: the candidate as last computed.
        heatmap: where it differs, as last computed.
        quality: of those two.
        heatmap_of: the term whose heatmap is shown.
        loss: that term's value, as last computed.
        status: of the run.
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
    status: RunStatus | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.target.shape[-2], self.target.shape[-1]

    @property
    def wanted_key(self) -> Key:
        """What the shown candidate should have been made from."""
        if self.candidate != "metamer":
            return Key(self.gaze, self.loss_settings, self.settings.seed)
        settings = self.settings
        return Key(self.gaze, self.loss_settings, settings.seed, settings.start, self.objective)

    @property
    def picture_changes(self) -> list[str]:
        """What changed since the shown candidate was made; empty where it is up to date."""
        if self.picture is None or self.picture.key is None:
            return []
        return self.picture.key.changes_to(self.wanted_key)

    @property
    def heatmap_changes(self) -> list[str]:
        """What changed since the shown heatmap was made; empty where it is up to date."""
        if self.heatmap is None:
            return []
        return self.heatmap.key.changes_to(
            Key(self.gaze, self.loss_settings, objective=self.objective, heatmap_of=self.heatmap_of)
        )


@dataclass(frozen=True, eq=False)
class AppState:
    """The whole window: the open documents and how they are shown."""

    documents: tuple[Document, ...] = ()
    current: int | None = None
    overlay: OverlayPlace = "candidate"
    follow: bool = False
    device: str = ""

    @property
    def document(self) -> Document | None:
        """The document that is shown."""
        return next((d for d in self.documents if d.number == self.current), None)
