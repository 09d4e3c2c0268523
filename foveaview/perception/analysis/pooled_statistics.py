"""The pooled statistics of two images side by side, at one point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from foveaview.perception.analysis.loss_breakdown import LossPart
from foveaview.perception.statistic import DEVIATION, MEAN

__all__ = ["BandStatistics", "PooledStatistics"]


@dataclass(frozen=True)
class BandStatistics:
    """The values that the loss compares for one channel of one band, at one point.

    Attributes:
        level, band, channel: as in a `LossPart`.
        target, image: the pooled statistics by name, as in a `LossPart`; "value" for lowpass and pixels.
    """

    level: int
    band: str
    channel: str
    target: Mapping[str, float]
    image: Mapping[str, float]

    @property
    def target_mean(self) -> float:
        """The target's pooled mean, or the value for lowpass and pixels."""
        return _mean_of(self.target)

    @property
    def image_mean(self) -> float:
        """The image's pooled mean, or the value for lowpass and pixels."""
        return _mean_of(self.image)

    @property
    def target_deviation(self) -> float | None:
        """The target's pooled standard deviation; None for lowpass and pixels."""
        return self.target.get(DEVIATION.name)

    @property
    def image_deviation(self) -> float | None:
        """The image's pooled standard deviation; None for lowpass and pixels."""
        return self.image.get(DEVIATION.name)


def _mean_of(values: Mapping[str, float]) -> float:
    return values[MEAN.name] if MEAN.name in values else values["value"]


def _pixel(point: tuple[float, float], size: tuple[int, int]) -> tuple[int, int]:
    """Row and column of the pixel at a point; the nearest pixel if the point is outside the image."""
    try:
        x, y = (float(value) for value in point)
        places = [min(max(value, 0.0), 1.0) * (count - 1) for value, count in ((y, size[0]), (x, size[1]))]
        row, column = (round(place) for place in places)
    except (TypeError, ValueError) as error:
        raise ValueError(f"point must be two numbers (x, y), got {point!r}") from error
    return row, column


class PooledStatistics:
    """The pooled statistics of a target and of an image at a gaze, ready to be looked up.

    Made by `PreparedTarget.twin`.

    Args:
        names: the parts of each comparison of the loss.
        pooled: the compared values of the target and of the image, for each comparison: (1, K, H, W) for each
            pooled statistic, or plain values. The first comparison has the full size.
        size: (H, W) of the images without padding.

    Raises:
        ValueError: if there is more than one image.
    """

    def __init__(
        self,
        names: Sequence[Sequence[LossPart]],
        pooled: tuple[Sequence[tuple[Tensor, ...]], Sequence[tuple[Tensor, ...]]],
        size: tuple[int, int],
    ) -> None:
        for tensors in (pooled[0][0], pooled[1][0]):
            if len(tensors[0]) != 1:
                raise ValueError(f"there must be one picture (1, C, H, W) to look up, got {len(tensors[0])}")
        self._names, self._size = names, size
        pairs = zip(*pooled, strict=True)
        self._pooled = [[tensor.detach()[0] for tensor in (*own, *other)] for own, other in pairs]
        whole = self._pooled[0][0].shape[-1]
        self._blocks = [whole // tensors[0].shape[-1] for tensors in self._pooled]

    def at(self, point: tuple[float, float]) -> list[BandStatistics]:
        """Look up the compared values at a point: in each level, those of the pixel that covers it.

        Args:
            point: (x, y) in image coordinates; the nearest pixel is used if it is outside the image.

        Raises:
            ValueError: if the point is not two numbers.
        """
        row, column = _pixel(point, self._size)
        found = [
            tensor[:, row // block, column // block]
            for tensors, block in zip(self._pooled, self._blocks, strict=True)
            for tensor in tensors
        ]
        values = iter(torch.cat(found).tolist())  # fetched at once: each fetch waits for the device
        bands: list[BandStatistics] = []
        for names, tensors in zip(self._names, self._pooled, strict=True):
            numbers = [next(values) for tensor in tensors for _ in tensor]
            bands.extend(_bands(names, numbers))
        return bands


def _bands(names: Sequence[LossPart], numbers: Sequence[float]) -> list[BandStatistics]:
    """The bands of one comparison, from the target's numbers and then the image's, each in parts order."""
    found: dict[tuple[int, str, str], tuple[dict[str, float], dict[str, float]]] = {}
    for part, target, image in zip(names, numbers, numbers[len(names) :], strict=False):
        both = found.setdefault((part.level, part.band, part.channel), ({}, {}))
        both[0][part.statistic], both[1][part.statistic] = target, image
    return [BandStatistics(*place, *both) for place, both in found.items()]
