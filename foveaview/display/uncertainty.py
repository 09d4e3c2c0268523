"""Measurements with uncertainty, and their propagation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Measurement", "mean_of", "propagate"]

_SDS_95 = 1.96  # standard deviations to each side that hold 95 % of a normal distribution


@dataclass(frozen=True)
class Measurement:
    """A value and its standard deviation, in one unit.

    >>> print(Measurement(0.2745, 0.001))
    0.2745 ± 0.0020
    """

    value: float
    sd: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and math.isfinite(self.sd) and self.sd >= 0):
            given = f"got {self.value} and {self.sd}"
            raise ValueError(f"a measurement is finite and its standard deviation not negative, {given}")

    @property
    def half_width(self) -> float:
        """Half the width of the 95 % interval."""
        return _SDS_95 * self.sd

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval: 1.96 standard deviations to each side.

        >>> Measurement(10.0, 1.0).interval
        (8.04, 11.96)
        """
        return self.value - self.half_width, self.value + self.half_width

    def text(self, unit: str = "", scale: float = 1.0) -> str:
        """Format the value and half the 95 % interval, the latter with two digits.

        Args:
            unit: unit to append.
            scale: factor from the value's unit to that unit.

        >>> Measurement(0.0002745, 0.000001).text("mm", 1000)
        '0.2745 ± 0.0020 mm'
        """
        value, half = self.value * scale, self.half_width * scale
        behind = f" {unit}" if unit else ""
        if half == 0:
            return f"{value:.4g}{behind}"
        decimals = max(0, 1 - math.floor(math.log10(half)))
        return f"{value:.{decimals}f} ± {half:.{decimals}f}{behind}"

    def __str__(self) -> str:
        return self.text()


def mean_of(values: Sequence[float], setting_sd: float) -> Measurement:
    """Compute the mean of repeated settings and its standard error.

    The known sd of one setting counts as one more deviation. It is the only one for a single value, keeps a
    few values that agree by chance from looking exact, and is negligible among many.

    Args:
        values: at least one, in one unit.
        setting_sd: standard deviation of one setting, known in advance, in that unit.

    Raises:
        ValueError: if there are no values.

    >>> mean_of([500.0], 1.0)
    Measurement(value=500.0, sd=1.0)
    """
    if not values:
        raise ValueError("nothing was measured yet: at least one value is needed")
    mean = sum(values) / len(values)
    variance = (setting_sd**2 + sum((value - mean) ** 2 for value in values)) / len(values)
    return Measurement(mean, math.sqrt(variance / len(values)))


def propagate(function: Callable[..., float], inputs: Sequence[Measurement]) -> Measurement:
    """Propagate independent measurements through a function, to first order.

    Each derivative is a difference over one standard deviation to each side.

    Args:
        function: takes one number per input.
        inputs: independent measurements.

    >>> propagate(lambda a, b: a - 2 * b, [Measurement(5.0, 3.0), Measurement(1.0, 2.0)])
    Measurement(value=3.0, sd=5.0)
    """
    values = [measured.value for measured in inputs]

    def spread(i: int) -> float:
        if inputs[i].sd == 0:
            return 0.0
        low, high = ([*values[:i], end, *values[i + 1 :]] for end in _one_sd(inputs[i]))
        return (function(*high) - function(*low)) / 2

    return Measurement(function(*values), math.hypot(*(spread(i) for i in range(len(values)))))


def _one_sd(measured: Measurement) -> tuple[float, float]:
    return measured.value - measured.sd, measured.value + measured.sd
