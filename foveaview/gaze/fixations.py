"""Fixations in a recording, by dispersion (I-DT) and by velocity (I-VT).

After D. D. Salvucci and J. H. Goldberg, "Identifying Fixations and Saccades in Eye-Tracking Protocols", ETRA
2000. Unusable samples are left out. No fixation spans a gap: if two consecutive usable samples are more than
`MAX_GAP_S` apart, the recording is split there. Shorter gaps are bridged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foveaview.perception.interruption import check_interruption

__all__ = ["EPSILON_S", "MAX_GAP_S", "Fixation", "fixations_idt", "fixations_ivt"]

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MAX_GAP_S = 0.075
"""The longest gap within a fixation; a blink is longer (Olsen, The Tobii I-VT Filter, 2012)."""

EPSILON_S = 1e-9
"""Tolerance on durations and gaps, for rounding errors in differences of times."""

_FIRST_STRETCH = 64
_BLOCK = 1 << 18  # samples: few enough to interrupt quickly and to fit the cache


@dataclass(frozen=True, slots=True)
class Fixation:
    """A period in which the eye rests.

    Attributes:
        start, end: times of its first and its last sample, in seconds.
        x, y: mean of its samples, in degrees.
        n: number of its samples.
        dispersion: degrees, (largest x - smallest x) + (largest y - smallest y) of its samples.
    """

    start: float
    end: float
    x: float
    y: float
    n: int
    dispersion: float

    @property
    def duration(self) -> float:
        """Duration in seconds.

        >>> Fixation(1.0, 1.25, 0.0, 0.0, 31, 0.5).duration
        0.25
        """
        return self.end - self.start


class _Trace:
    """The usable samples, split into stretches without a gap."""

    def __init__(self, t: Numbers, x: Numbers, y: Numbers, usable: Flags, max_gap_s: float) -> None:
        if not t.shape == x.shape == y.shape == usable.shape or t.ndim != 1:
            shapes = ", ".join(str(column.shape) for column in (t, x, y, usable))
            raise ValueError(f"t, x, y and usable must have the same length, got {shapes}")
        kept = usable & np.isfinite(x) & np.isfinite(y)
        self.t, self.x, self.y = t[kept], x[kept], y[kept]
        if not (np.diff(self.t) > 0).all():
            raise ValueError("the times of the samples must increase from one to the next")
        ends = np.flatnonzero(np.diff(self.t) > max_gap_s + EPSILON_S) + 1
        self.starts = np.concatenate([[0], ends])
        self.lengths = np.diff(np.concatenate([self.starts, [len(self.t)]]))

    @property
    def stretch_ends(self) -> Indices:
        """For each sample, the index after the last one of its stretch."""
        return np.repeat(self.starts + self.lengths, self.lengths)

    def fixation(self, first: int, end: int) -> Fixation:
        """Make a fixation of the samples from `first` to before `end`."""
        x, y = self.x[first:end], self.y[first:end]
        dispersion = float((x.max() - x.min()) + (y.max() - y.min()))
        start, last = float(self.t[first]), float(self.t[end - 1])
        return Fixation(start, last, float(x.mean()), float(y.mean()), end - first, dispersion)


def _check(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be over 0, got {value}")


def fixations_idt(
    t: Numbers,
    x_deg: Numbers,
    y_deg: Numbers,
    usable: Flags,
    dispersion_deg: float = 1.0,
    duration_s: float = 0.1,
    *,
    max_gap_s: float = MAX_GAP_S,
) -> list[Fixation]:
    """Fixations by dispersion (I-DT).

    The window begins at the first sample and is the shortest one of `duration_s`. If its dispersion is over
    the threshold, its first sample is dropped. Otherwise it grows until the next sample would take it over
    the threshold; it is then a fixation, and the next window begins with that sample. A fixation therefore
    begins and ends in the saccades around it, which use up some of its dispersion: the threshold must leave
    room for noise.

    Args:
        t: (n,) seconds, rising.
        x_deg, y_deg: (n,) degrees, in a plane such as that of `Angles`.
        usable: (n,) booleans; the others are left out.
        dispersion_deg: the largest dispersion of a fixation, over 0.
        duration_s: the shortest fixation, over 0.
        max_gap_s: the longest gap that a fixation continues through.

    Raises:
        ValueError: for a threshold that is not over 0, columns of several lengths, or times that do not rise.

    >>> t = np.arange(20) / 100
    >>> x = np.where(t < 0.095, 0.0, 5.0)
    >>> found = fixations_idt(t, x, 0 * t, t >= 0, duration_s=0.05)
    >>> [(fixation.start, fixation.end, fixation.x) for fixation in found]
    [(0.0, 0.09, 0.0), (0.1, 0.19, 5.0)]
    """
    _check(dispersion_deg=dispersion_deg, duration_s=duration_s)
    trace = _Trace(t, x_deg, y_deg, usable, max_gap_s)
    check_interruption()
    stretch_ends = trace.stretch_ends
    rests, last = _resting(trace, stretch_ends, dispersion_deg, duration_s)
    found: list[Fixation] = []
    at, candidate = 0, 0
    while (candidate := int(np.searchsorted(rests, at))) < len(rests):
        check_interruption()
        first = int(rests[candidate])
        at = _grown(trace, first, int(last[candidate]) + 1, int(stretch_ends[first]), dispersion_deg)
        found.append(trace.fixation(first, at))
    return found


def _resting(
    trace: _Trace, stretch_ends: Indices, dispersion_deg: float, duration_s: float
) -> tuple[Indices, Indices]:
    """Indices of the first and the last sample of each window of the duration within the threshold."""
    blocks = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for start in range(0, len(trace.t), _BLOCK):
        check_interruption()
        first = np.arange(start, min(start + _BLOCK, len(trace.t)))
        last = np.maximum(np.searchsorted(trace.t, trace.t[first] + (duration_s - EPSILON_S)), first)
        whole = last < stretch_ends[first]  # the window ends within the stretch
        first, last = first[whole], last[whole]
        part = slice(start, int(last.max(initial=start)) + 1)
        both = (values[part] for values in (trace.x, trace.y))
        window = sum((_spread(values, first - start, last - start) for values in both), np.zeros(len(first)))
        blocks.append((first[window <= dispersion_deg], last[window <= dispersion_deg]))
    firsts, lasts = zip(*blocks, strict=True)
    return np.concatenate(firsts), np.concatenate(lasts)


def _spread(values: Numbers, first: Indices, last: Indices) -> Numbers:
    """Largest minus smallest of values[first] to values[last], for each pair.

    It uses the largest and smallest of all windows of 1, 2, 4, ... values: two of these cover any other.
    """
    spread = np.zeros(len(first))
    high, low, length = values, values, 1
    counts = last - first + 1
    while len(first) and length <= counts.max():
        check_interruption()
        fits = (counts >= length) & (counts < 2 * length)
        a, b = first[fits], last[fits] + 1 - length
        spread[fits] = np.maximum(high[a], high[b]) - np.minimum(low[a], low[b])
        high, low = np.maximum(high[:-length], high[length:]), np.minimum(low[:-length], low[length:])
        length *= 2
    return spread


def _grown(trace: _Trace, first: int, end: int, stretch_end: int, dispersion_deg: float) -> int:
    """Index of the first sample that takes the window over the threshold, or else the stretch's end."""
    high = [trace.x[first:end].max(), trace.y[first:end].max()]
    low = [trace.x[first:end].min(), trace.y[first:end].min()]
    stretch = _FIRST_STRETCH
    while end < stretch_end:
        part = slice(end, min(end + stretch, stretch_end))
        total: Numbers = np.zeros(part.stop - part.start)
        for axis, values in enumerate((trace.x[part], trace.y[part])):
            highs = np.maximum(np.maximum.accumulate(values), high[axis])
            lows = np.minimum(np.minimum.accumulate(values), low[axis])
            total += highs - lows
            high[axis], low[axis] = highs[-1], lows[-1]
        over = total > dispersion_deg
        if over.any():
            return end + int(over.argmax())
        end, stretch = part.stop, 2 * stretch
    return end


def fixations_ivt(
    t: Numbers,
    x_deg: Numbers,
    y_deg: Numbers,
    usable: Flags,
    velocity_deg_s: float = 30.0,
    duration_s: float = 0.06,
    *,
    max_gap_s: float = MAX_GAP_S,
) -> list[Fixation]:
    """Fixations by velocity (I-VT).

    A sample's velocity is that from the sample before; the first sample after a gap takes the next one's.
    Consecutive samples below the threshold are a fixation if they last for `duration_s`. The velocity is from
    point to point, so it grows with the noise and the rate of a recording: filter one of 1 kHz in advance.

    Args:
        t: (n,) seconds, rising.
        x_deg, y_deg: (n,) degrees, in a plane such as that of `Angles`.
        usable: (n,) booleans; the others are left out.
        velocity_deg_s: velocity below which the eye rests, in degrees a second, over 0.
        duration_s: the shortest fixation, over 0; 60 ms in Olsen, The Tobii I-VT Filter, 2012.
        max_gap_s: the longest gap that a fixation continues through.

    Raises:
        ValueError: for a threshold that is not over 0, columns of several lengths, or times that do not rise.

    >>> t = np.arange(20) / 100
    >>> x = np.where(t < 0.095, 0.0, 5.0)
    >>> found = fixations_ivt(t, x, 0 * t, t >= 0)
    >>> [(fixation.start, fixation.end, fixation.x) for fixation in found]
    [(0.0, 0.09, 0.0), (0.11, 0.19, 5.0)]
    """
    _check(velocity_deg_s=velocity_deg_s, duration_s=duration_s)
    trace = _Trace(t, x_deg, y_deg, usable, max_gap_s)
    slow = _velocities(trace) < velocity_deg_s
    # a group begins with a slow sample that follows a fast one or begins a stretch
    starts = slow.copy()
    starts[1:] &= ~slow[:-1]
    begins = trace.starts[trace.lengths > 0]
    starts[begins] = slow[begins]
    first = np.flatnonzero(starts)
    stops = np.flatnonzero(np.concatenate([starts | ~slow, [True]]))
    end = stops[np.searchsorted(stops, first, side="right")]
    return [
        trace.fixation(int(a), int(b))
        for a, b in zip(first, end, strict=True)
        if trace.t[b - 1] - trace.t[a] >= duration_s - EPSILON_S
    ]


def _velocities(trace: _Trace) -> Numbers:
    """Velocities in degrees a second; infinite if a sample stands alone."""
    steps = np.hypot(np.diff(trace.x), np.diff(trace.y)) / np.diff(trace.t)
    velocities = np.concatenate([[np.inf], steps])[: len(trace.t)]
    begins = trace.starts[trace.lengths > 0]
    velocities[begins] = np.inf
    begins = trace.starts[trace.lengths > 1]
    velocities[begins] = velocities[begins + 1]
    return velocities
