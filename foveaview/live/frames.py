"""Frames, the output of the live loop: frozen values that threads may share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from foveaview.gaze.latency import GazeTimestamps
from foveaview.live.failure import Failure
from foveaview.live.jobs import Key, Quality
from foveaview.perception.analysis.loss_breakdown import LossPart
from foveaview.settings.view import Layer
from foveaview.synthesis.run import Outcome

__all__ = ["Dissections", "Frame", "Heatmap", "MapImage", "Picture", "RunStatus"]

Dissections = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Picture:
    """A candidate to show.

    Attributes:
        pixels: (H, W) or (H, W, 3) bytes.
        key: its inputs; None for a file.
        exact: (C, H, W) float32 in [0, 1], on the CPU; None if only the bytes exist.
        iteration: iteration of a stored image of the search; None for the current candidate.
        banked: True if it was made in advance, for the nearest gaze of a bank.
        step: number of steps that a running search had done; None for a stored image and other candidates.
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
    """A heatmap to draw over an image.

    Attributes:
        pixels: (H, W, 4) bytes.
        top: value at the bright end of the colors.
        key: its inputs.
        values: (H, W) float32, the loss per pixel.
        banked: True if it was made in advance, for the nearest gaze of a bank.
    """

    pixels: npt.NDArray[np.uint8]
    top: float
    key: Key
    values: npt.NDArray[np.float32]
    banked: bool = False


@dataclass(frozen=True, eq=False)
class MapImage:
    """A map of numbers as an opaque image.

    Attributes:
        layer: the layer that the numbers are of.
        pixels: (H, W, 3) bytes.
        low, high: values at the two ends of the colors.
        key: their inputs; None if they depend only on the images.
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
    """Progress of a search.

    Attributes:
        run: number of the search.
        iteration: steps done.
        losses: (iteration,) float32 or float64, the loss before every step.
        terms: the value of each term of the objective before every step, NaN while its weight is 0.
        steps_per_second: recent rate; 0 if unknown.
        outcome: reason why it ended; None while it has not.
        dissections: some iterations, (n,), and the values of the parts of the metameric loss at each of
            them, (n, P) float32.
        parts: the P parts.
        stored: iterations with a stored image, rising.
        stored_bytes: size of the stored images on disk.
        history_problem: reason why no more images are stored; empty if there is no problem.
        current: the value of each term for the current image; empty if no step has measured it.
    """

    run: int
    iteration: int
    losses: npt.NDArray[np.floating]
    steps_per_second: float
    outcome: Outcome | None
    terms: Mapping[str, npt.NDArray[np.floating]] = field(default_factory=dict)
    dissections: Dissections = (np.zeros(0, np.int64), np.zeros((0, 0), np.float32))
    parts: tuple[LossPart, ...] = ()
    stored: tuple[int, ...] = ()
    stored_bytes: int = 0
    history_problem: str = ""
    current: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Frame:
    """Results to show.

    Attributes:
        generation: generation of its job.
        document: document of its job.
        quality: quality of picture and heatmap.
        picture: the candidate; None if unchanged.
        heatmap: the heatmap; None if unchanged.
        loss: loss of the candidate; None if it was not computed.
        loss_step: steps that the search had done at the image of the loss; None for other candidates.
        run: progress of the search, or None without a search.
        failure: the error, or None.
        device: the device that computed it.
        map: the map on screen; None if unchanged.
        stamp: times of the job's gaze, with the times of the computation.
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
        """Return this frame, with the changes of an unread frame that this frame does not replace."""
        if waiting.document != self.document:
            return self
        names: tuple[str, ...] = ("picture", "heatmap", "run", "failure", "map", "stamp")
        if self.loss is None:
            names = (*names, "loss", "loss_step")
        missing = {name: getattr(waiting, name) for name in names if getattr(self, name) is None}
        return replace(self, **missing)
