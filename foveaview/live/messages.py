"""What goes into the live loop and what comes out: frozen values that threads may share."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foveaview.gaze.latency import GazeTimestamps
from foveaview.io.untrusted import file_label, one_line
from foveaview.perception.analysis.loss_breakdown import Part, Selection, described
from foveaview.settings import (
    KeepSettings,
    LossSettings,
    ObjectiveSettings,
    Settings,
    SynthesisSettings,
)
from foveaview.settings.view import Layer, ViewSettings
from foveaview.synthesis.memory import NotEnoughMemoryError
from foveaview.synthesis.run import Outcome

__all__ = [
    "Candidate",
    "Dissections",
    "Failure",
    "Frame",
    "Heatmap",
    "Idle",
    "Job",
    "Key",
    "MapImage",
    "Picture",
    "Quality",
    "RunStatus",
]

Candidate = Literal["ventral", "metamer", "file"]
Quality = Literal["preview", "full"]
Dissections = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Key:
    """What a result was computed from; a result whose key is no longer the wanted one is stale.

    Attributes:
        gaze: (x, y) in image coordinates.
        loss_settings: of the loss, or of the ventral metamer.
        seed: of the noise, where there is some.
        start: of the search, where there is one.
        objective: of the search, or of the term that is mapped.
        heatmap_of: the term that is mapped.
        heatmap_parts: the parts of the metameric loss that are mapped; all where None.
        ventral_color: of the noise of a ventral metamer; None for all else.
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
        """What differs, in words.

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
    """The whole of what is wanted now, so that a newer job can replace an unread one.

    Attributes:
        generation: counts up with every job.
        document: which of the open targets.
        target: (1, C, H, W) in [0, 1], on the CPU.
        gaze: (x, y) in image coordinates.
        loss_settings: of the loss.
        settings: of the search, and the device.
        candidate: what is compared with the target.
        file: (1, C, H, W), the candidate read from a file.
        start: (1, C, H, W), the start where settings.start is "image".
        quality: a small picture at once, or the whole one.
        run: the search of this target, or None; another number is another search.
        running: whether that search continues.
        keep: searches that are still wanted, of this target and of others.
        view: what is on screen.
        objective: the terms that the search lowers.
        heatmap_of: the term whose heatmap is wanted.
        heatmap_parts: the parts of the metameric loss whose heatmap is wanted; all where None.
        scrub: the iteration whose stored image is the metamer to show, or the nearest to it; None for now.
        keeping: what is kept of the search as it goes.
        pinned: whether its values are read off at marked pixels, even if it is not on screen.
        stamp: when the eye looked where the gaze is, where something follows it.
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
        """Return True if a heatmap is on screen, or read off."""
        return self.pinned or self.view.overlay != "none" or self.view.layer == "heatmap"


@dataclass(frozen=True)
class Idle:
    """Nothing is shown, so nothing is to be computed.

    Attributes:
        keep: searches that are still wanted.
    """

    keep: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class Picture:
    """A candidate to show.

    Attributes:
        pixels: (H, W) or (H, W, 3) bytes.
        key: what it was made from, None for a file.
        exact: (C, H, W) float32 in [0, 1], on the CPU; None if the bytes are all there is.
        iteration: of the search, where it is a stored image; None for the candidate as it is now.
        banked: whether it was made in advance for the nearest gaze of a bank.
        step: steps after which a running search had it; None for a stored image and for all else.
    """

    pixels: npt.NDArray[np.uint8]
    key: Key | None
    exact: npt.NDArray[np.float32] | None = None
    iteration: int | None = None
    banked: bool = False
    step: int | None = None

    @cached_property
    def values(self) -> npt.NDArray[np.float32]:
        """(C, H, W) float32 in [0, 1].

        >>> Picture(np.full((2, 3), 255, np.uint8), None).values.shape
        (1, 2, 3)
        """
        if self.exact is not None:
            return self.exact
        channels = self.pixels[None] if self.pixels.ndim == 2 else self.pixels.transpose(2, 0, 1)
        return np.ascontiguousarray(channels, np.float32) / np.float32(255)


@dataclass(frozen=True, eq=False)
class Heatmap:
    """A heatmap to lay over a picture.

    Attributes:
        pixels: (H, W, 4) bytes.
        top: value of the bright end.
        key: what it was made from.
        values: (H, W) float32, the loss per pixel.
        banked: whether it was made in advance for the nearest gaze of a bank.
    """

    pixels: npt.NDArray[np.uint8]
    top: float
    key: Key
    values: npt.NDArray[np.float32]
    banked: bool = False


@dataclass(frozen=True, eq=False)
class MapImage:
    """Numbers as an opaque picture.

    Attributes:
        layer: what they are.
        pixels: (H, W, 3) bytes.
        low, high: values of the two ends of the colours.
        key: what they were made from, None if nothing but the images counts.
        values: (H, W) float32.
    """

    layer: Layer
    pixels: npt.NDArray[np.uint8]
    low: float
    high: float
    key: Key | None
    values: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class RunStatus:
    """How far a search is.

    Attributes:
        run: which search.
        iteration: steps done.
        losses: (iteration,) float32 or float64, the loss before every step.
        terms: the value of each term of the objective before every step, alike, NaN if it weighed nothing.
        steps_per_second: recently; 0 if it is not known.
        outcome: how it ended, or None if it has not.
        dissections: some of the iterations, (n,), and the values of the parts of the metameric loss of the
            image at each of them, (n, P) float32.
        parts: what those P values are of.
        stored: iterations of which there is an image, rising.
        stored_bytes: what those take on disk.
        history_problem: why no more are stored; empty if all is well.
        current: the value of each term for the image as it is; empty if no step has measured it.
    """

    run: int
    iteration: int
    losses: npt.NDArray[np.floating]
    steps_per_second: float
    outcome: Outcome | None
    terms: Mapping[str, npt.NDArray[np.floating]] = field(default_factory=dict)
    dissections: Dissections = (np.zeros(0, np.int64), np.zeros((0, 0), np.float32))
    parts: tuple[Part, ...] = ()
    stored: tuple[int, ...] = ()
    stored_bytes: int = 0
    history_problem: str = ""
    current: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """An error as a value.

    Attributes:
        kind: "input" for what the user can mend, "memory" where it ran out, "internal" otherwise.
        message: one short line.
        details: the traceback as text; the exception itself would keep its tensors alive.
    """

    kind: Literal["input", "memory", "internal"]
    message: str
    details: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """The failure that an exception stands for.

        >>> Failure.of(ValueError("alpha must be positive")).kind
        'input'
        """
        text = one_line(str(error)) or type(error).__name__
        details = "".join(traceback.format_exception(error))
        out_of_memory = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if isinstance(error, NotEnoughMemoryError):
            return cls("memory", text, details)
        if out_of_memory or "can't allocate memory" in text:
            return cls("memory", "there is not enough memory for this image and these settings", details)
        if isinstance(error, OSError) and error.strerror:
            place = f"{file_label(str(error.filename))}: " if error.filename else ""
            return cls("input", f"{place}{error.strerror.lower()}", details)
        if isinstance(error, (ValueError, OSError, ImportError)):
            return cls("input", text, details)
        return cls("internal", f"{type(error).__name__}: {text}", details)


@dataclass(frozen=True, eq=False)
class Frame:
    """What to show.

    Attributes:
        generation: of the job it answers.
        document: of the job it answers.
        quality: of picture and heatmap.
        picture: the candidate, or None if it is as before.
        heatmap: where it differs, or None if it is as before.
        loss: of the candidate, None if it was not computed.
        loss_step: steps after which the search had the image that the loss is of; None for other candidates.
        run: how far the search is, or None if there is none.
        failure: what went wrong, or None.
        device: where it was computed.
        map: the numbers on screen as a picture, or None if they are as before.
        stamp: of the job, with when it was computed.
    """

    generation: int
    document: int
    quality: Quality
    picture: Picture | None = None
    heatmap: Heatmap | None = None
    loss: float | None = None
    loss_step: int | None = None
    run: RunStatus | None = None
    failure: Failure | None = None
    device: str = ""
    map: MapImage | None = None
    stamp: GazeTimestamps | None = None

    def after(self, waiting: Frame) -> Frame:
        """This frame with what a frame that nobody took had to say and this one leaves as it was."""
        if waiting.document != self.document:
            return self
        names: tuple[str, ...] = ("picture", "heatmap", "run", "failure", "map", "stamp")
        if self.loss is None:
            names = (*names, "loss", "loss_step")
        missing = {name: getattr(waiting, name) for name in names if getattr(self, name) is None}
        return replace(self, **missing)
