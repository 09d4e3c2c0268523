"""Eye traces with known fixations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trace:
    """Samples in degrees, with the first and last sample and the position of each fixation."""

    t: Numbers
    x: Numbers
    y: Numbers
    usable: npt.NDArray[np.bool_]
    first: list[int]
    last: list[int]
    places: list[tuple[float, float]]


def trace(
    places: list[tuple[float, float]], rate_hz: float = 500.0, rest_s: float = 0.3, noise_deg: float = 0.0
) -> Trace:
    """Return a fixation at each position, with straight saccades of 30 ms between them."""
    random = np.random.default_rng(1)
    rest, way = round(rest_s * rate_hz), round(0.03 * rate_hz)
    parts, first, last, at = [], [], [], 0
    for i, place in enumerate(places):
        parts.append(np.tile(place, (rest, 1)))
        first.append(at)
        last.append(at + rest - 1)
        at += rest
        if i + 1 < len(places):
            shares = np.linspace(0, 1, way + 2)[1:-1, None]
            parts.append(np.array(place) + shares * (np.array(places[i + 1]) - np.array(place)))
            at += way
    xy = np.concatenate(parts) + random.normal(0, noise_deg, (at, 2))
    return Trace(np.arange(at) / rate_hz, xy[:, 0], xy[:, 1], np.ones(at, bool), first, last, places)
