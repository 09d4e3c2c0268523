"""Merge two eyes into one: their mean if both were seen, else the one that was."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foveaview.gaze.recording import Recording
from foveaview.perception.interruption import check_interruption

__all__ = ["merged_eyes", "merged_recordings"]

Numbers = npt.NDArray[np.float64]

_GAP_STEPS = 1.5  # a sample is missing between two that are more steps apart
_SAME_S = 1e-6  # times closer than this are the same moment, written twice


def merged_eyes(first: tuple[Numbers, Numbers], second: tuple[Numbers, Numbers]) -> tuple[Numbers, Numbers]:
    """Merge the positions of two eyes at the same moments.

    Args:
        first, second: x and y of each eye, (n,); the eye was not seen if one of them is NaN.

    Returns:
        x and y, (n,): the mean if both were seen, the position of one if only that was seen, else NaN.

    >>> x, y = merged_eyes((np.array([0.0, np.nan]),) * 2, (np.array([1.0, 1.0]),) * 2)
    >>> x.tolist()
    [0.5, 1.0]
    """
    seen = [np.isfinite(x) & np.isfinite(y) for x, y in (first, second)]
    both = seen[0] & seen[1]

    def one(left: Numbers, right: Numbers) -> Numbers:
        either = np.where(seen[0], left, np.where(seen[1], right, np.nan))
        return np.where(both, (left + right) / 2, either)

    return one(first[0], second[0]), one(first[1], second[1])


def _times(fast: Recording, slow: Recording) -> Numbers:
    """Times of the faster eye, and those of the slower one in its gaps and beyond its ends."""
    step = 1 / fast.rate_hz if fast.rate_hz else 0.0
    after = np.searchsorted(fast.t, slow.t)
    before = fast.t[np.maximum(after - 1, 0)]
    after_t = fast.t[np.minimum(after, len(fast) - 1)]
    away = np.minimum(np.abs(slow.t - before), np.abs(after_t - slow.t))
    extra = slow.t[away > max(_GAP_STEPS / 2 * step, _SAME_S)]
    return np.sort(np.concatenate([fast.t, extra]))


def _places(recording: Recording, t: Numbers) -> tuple[Numbers, Numbers]:
    """Positions of an eye at other times than its own, interpolated between consecutive samples.

    NaN beyond its ends, in gaps, and beside a sample in which it was not seen.
    """
    own, last = recording.t, len(recording) - 1
    step = 1 / recording.rate_hz if recording.rate_hz else 0.0
    after = np.searchsorted(own, t)
    before, after = np.maximum(after - 1, 0), np.minimum(after, last)
    span = own[after] - own[before]
    nearest = np.where(np.abs(own[before] - t) <= np.abs(own[after] - t), before, after)
    same = np.abs(own[nearest] - t) <= _SAME_S
    between = (span > 0) & (span <= _GAP_STEPS * step)
    share = np.divide(t - own[before], span, out=np.zeros(len(t)), where=between)

    def at(values: Numbers) -> Numbers:
        check_interruption()
        seen = np.where(recording.usable, values, np.nan)
        line = seen[before] + share * (seen[after] - seen[before])
        return np.where(same, seen[nearest], np.where(between, line, np.nan))

    return at(recording.x), at(recording.y)


def merged_recordings(first: Recording, second: Recording) -> tuple[Numbers, Numbers, Numbers]:
    """Merge two eyes that were recorded each at its own times.

    The times are those of the faster eye, and those of the other when the faster one has none. If an eye has
    no sample at such a time, it is interpolated linearly between the two around it, provided that the eye was
    seen in both and no sample is missing between them.

    Args:
        first, second: recordings on one clock, in one unit, with at least one sample each.

    Returns:
        Times, x and y, (n,) each, merged as in `merged_eyes`. The order of the eyes makes no difference.

    >>> left = Recording("left", np.array([0.0, 0.1, 0.2]), np.zeros(3), np.zeros(3))
    >>> right = Recording("right", np.array([0.05, 0.15]), np.array([1.0, 3.0]), np.zeros(2))
    >>> t, x, y = merged_recordings(left, right)
    >>> t.tolist(), x.tolist()
    ([0.0, 0.1, 0.2], [0.0, 1.0, 0.0])
    """
    fast, slow = sorted((first, second), key=lambda eye: (-eye.rate_hz, float(eye.t[0])))
    t = _times(fast, slow)
    check_interruption()
    return (t, *merged_eyes(_places(fast, t), _places(slow, t)))
