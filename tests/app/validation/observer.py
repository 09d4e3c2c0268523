"""Who looks at the targets, with an error that is known."""

from __future__ import annotations

import math

import numpy as np

from foveaview.app.validation.controller import ValidationController
from foveaview.gaze import Sample, SourceStatus, now
from foveaview.gaze.sample import Unit

__all__ = ["RATE_HZ", "Observer"]

RATE_HZ = 1000.0


class Observer:
    """Looks at the target, with an offset and noise in pixels of the screen.

    Args:
        feature: whose targets.
        unit: of the samples.
        offset_px: right and down.
        noise_px: standard deviation each way.
        lost: share of the samples in which the eye is not seen.
        blind: a target that is not seen at all.
    """

    name = "Observer"

    def __init__(
        self,
        feature: ValidationController,
        unit: Unit = "screen",
        offset_px: tuple[float, float] = (0.0, 0.0),
        noise_px: float = 0.0,
        lost: float = 0.0,
        blind: int | None = None,
    ) -> None:
        self._feature, self._unit = feature, unit
        self._offset, self._noise, self._lost, self._blind = np.array(offset_px), noise_px, lost, blind
        self._random = np.random.default_rng(5)
        self._last = now()
        self.closed = False

    def take(self, now: float) -> list[Sample]:
        count = math.floor((now - self._last) * RATE_HZ)
        moments = [self._last + (i + 1) / RATE_HZ for i in range(count)]
        self._last += count / RATE_HZ
        return [self._look(t) for t in moments]

    def _look(self, t: float) -> Sample:
        canvas = None if self._feature.screen is None else self._feature.screen.canvas
        if canvas is None or canvas.target is None or self._random.random() < self._lost:
            return Sample.missing(t, self._unit)
        placement = canvas.placement
        assert placement is not None
        if self._blind is not None and canvas.places("screen").index(canvas.target) == self._blind:
            return Sample.missing(t, self._unit)
        at = np.array(placement.to_px(*canvas.target))
        at = at + self._offset + self._noise * self._random.standard_normal(2)
        if self._unit == "image":
            x, y = placement.to_image(float(at[0]), float(at[1]), "px")
            return Sample(t, float(x), float(y))
        if self._unit == "screen":
            at = at / placement.screen
        return Sample(t, float(at[0]), float(at[1]), unit=self._unit)

    def status(self, now: float) -> SourceStatus:
        return SourceStatus(self.name, RATE_HZ, 0.0, 1.0)

    def close(self) -> None:
        self.closed = True
