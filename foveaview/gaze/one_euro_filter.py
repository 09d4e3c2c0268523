"""The one-euro filter: steady while the eye rests, quick while it moves.

After G. Casiez, N. Roussel and D. Vogel, "1 € Filter: A Simple Speed-based Low-pass Filter for Noisy Input in
Interactive Systems", CHI 2012, algorithm 1, with the time since the sample before in place of a fixed rate.
"""

from __future__ import annotations

import math

__all__ = ["OneEuro"]


class _Axis:
    """Filtered value of one coordinate, and its filtered speed."""

    __slots__ = ("speed", "value")

    def __init__(self, value: float) -> None:
        self.value, self.speed = value, 0.0


def _share(cutoff_hz: float, dt: float) -> float:
    """Weight of a new value in a first-order low-pass filter."""
    turn = 2 * math.pi * cutoff_hz * dt
    return turn / (turn + 1)


class OneEuro:
    """Filters two coordinates, each by its own speed, as in the paper.

    The cutoff of a coordinate is min_cutoff_hz + beta * |speed|, with a low-pass filtered speed. If the
    coordinates are degrees of visual angle, beta is in Hz per deg/s: with 0.3, the cutoff in a saccade of
    300 deg/s is 90 Hz above the cutoff at rest.

    Args:
        min_cutoff_hz: cutoff at rest, over 0; lower values are steadier but lag more.
        beta: cutoff increase with speed, not negative; higher values lag less but jitter more in movement.
        derivative_cutoff_hz: cutoff of the speed, over 0.

    Raises:
        ValueError: if a parameter is out of range.

    >>> still = OneEuro(min_cutoff_hz=1.0, beta=0.0, derivative_cutoff_hz=1.0)
    >>> still(0.0, 1.0, 0.0)
    (1.0, 0.0)
    >>> x, y = still(1 / (2 * math.pi), 2.0, 0.0)  # after one time constant
    >>> round(x, 9), y
    (1.5, 0.0)
    """

    def __init__(self, min_cutoff_hz: float, beta: float, derivative_cutoff_hz: float) -> None:
        self._t = math.nan
        self._x, self._y = _Axis(math.nan), _Axis(math.nan)
        self.configure(min_cutoff_hz, beta, derivative_cutoff_hz)

    def configure(self, min_cutoff_hz: float, beta: float, derivative_cutoff_hz: float) -> None:
        """Use other parameters from the next sample on; the filter keeps its state, so nothing jumps."""
        finite = all(map(math.isfinite, (min_cutoff_hz, beta, derivative_cutoff_hz)))
        if not finite or min(min_cutoff_hz, derivative_cutoff_hz) <= 0 or beta < 0:
            given = f"got {min_cutoff_hz}, {derivative_cutoff_hz} and {beta}"
            raise ValueError(f"both cutoffs must be over 0 Hz and beta must not be negative, {given}")
        self._min_cutoff_hz, self._beta = min_cutoff_hz, beta
        self._derivative_cutoff_hz = derivative_cutoff_hz

    def reset(self) -> None:
        """Forget all samples: the next one comes out unchanged."""
        self._t = math.nan

    def __call__(self, t: float, x: float, y: float) -> tuple[float, float]:
        """Return the filtered position after a sample.

        A second sample at the same time changes nothing. If the time goes back, the clock was set again, and
        the filter starts with that sample. A position that is not finite resets it and comes out unchanged.

        Args:
            t: seconds, at any intervals.
            x, y: the position, in the unit that beta is for.
        """
        if not (math.isfinite(x) and math.isfinite(y)):
            self.reset()
            return x, y
        dt = t - self._t
        if dt == 0:
            return self._x.value, self._y.value
        self._t = t
        if not dt > 0:  # the first sample, too
            self._x, self._y = _Axis(x), _Axis(y)
            return x, y
        of_speed = _share(self._derivative_cutoff_hz, dt)
        return self._moved(self._x, x, dt, of_speed), self._moved(self._y, y, dt, of_speed)

    def _moved(self, axis: _Axis, value: float, dt: float, of_speed: float) -> float:
        step = value - axis.value  # from the filtered value, as the paper has it; its authors' code differs
        axis.speed += of_speed * (step / dt - axis.speed)
        axis.value += _share(self._min_cutoff_hz + self._beta * abs(axis.speed), dt) * step
        return axis.value
