"""Loss against bits: an image coded at several qualities, each compared with a target at a gaze."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from foveaview.objectives.term import PreparedTerm
from foveaview.perception.interruption import check_interruption
from foveaview.perception.metameric import MetamericLoss
from foveaview.rate.codecs import Coder, Format, decode, pixels_of, qualities, usable_formats
from foveaview.rate.distortion import loss_function
from foveaview.settings import RateSettings

__all__ = ["RatePoint", "first_under", "measure_rates", "planned"]


@dataclass(frozen=True)
class RatePoint:
    """An image coded once.

    Attributes:
        kind: the file format.
        quality: of its encoder; for PNG the bits per channel.
        data: bytes of the file.
        bpp: bits per pixel of the whole file.
        loss: loss of the decoded image against the target, at the gaze.
        mse: mean squared error against the target, values in [0, 1].
    """

    kind: Format
    quality: int
    data: bytes
    bpp: float
    loss: float
    mse: float

    def cost(self, lmbda: float) -> float:
        """Return mse + lmbda * bpp, the value of `loss_function` for this image and rate."""
        return self.mse + lmbda * self.bpp


def planned(size: tuple[int, int], settings: RateSettings) -> list[tuple[Format, int]]:
    """List each format and quality to measure for an image of (H, W) pixels, in order."""
    kinds = usable_formats(size)
    return [(kind, quality) for kind in kinds for quality in qualities(kind, settings.n_qualities)]


def _check_pair(image: Tensor, target: Tensor) -> None:
    if target.dim() != 4 or len(target) != 1 or image.shape[-2:] != target.shape[-2:]:
        raise ValueError(
            f"image and target must be one image each, of one size, got shapes {tuple(image.shape)} and "
            f"{tuple(target.shape)}"
        )
    if image.shape[1] not in (1, target.shape[1]):
        raise ValueError(
            f"the image has {image.shape[1]} channels, the target {target.shape[1]}: expand the target"
        )


@torch.no_grad()
def _measure(
    data: bytes, kind: Format, quality: int, channels: int, target: Tensor, term: PreparedTerm
) -> RatePoint:
    decoded = decode(data, channels).to(target).expand_as(target)
    check_interruption()
    bits = torch.tensor(8.0 * len(data), dtype=torch.float64)
    output = loss_function(decoded, bits, target, compute_logs=True)
    assert output.mse is not None
    assert output.total_rate_latent_bpp is not None
    loss = float(term.loss(decoded))
    return RatePoint(kind, quality, data, output.total_rate_latent_bpp, loss, output.mse)


def measure_rates(
    image: Tensor,
    target: Tensor,
    prepared: PreparedTerm | None = None,
    settings: RateSettings | None = None,
    coder: Coder | None = None,
) -> Iterator[RatePoint]:
    """Code an image at every quality of every format, and compare the decoded images with a target.

    Points are computed one at a time, when they are requested: stop iterating to cancel the rest. Within
    `interruptible` a point can be cancelled too.

    Args:
        image: (1, C, H, W) in [0, 1], C 1 or 3; coded in 8 bits.
        target: of the same size, with as many channels or more; on the device to compare on.
        prepared: the target as a term of an objective prepared it at a gaze; anything with `loss(image)`.
            By default the metameric loss with the gaze in the middle.
        settings: number of qualities.
        coder: caches encoded files, so that another gaze encodes nothing again.

    Yields:
        The points in the order of `planned`.

    Raises:
        ValueError: for invalid shapes or values.

    >>> image = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0)).round()
    >>> points = list(measure_rates(image, image, settings=RateSettings(n_qualities=2)))
    >>> [(point.kind.name, point.quality) for point in points][-2:]
    [('PNG', 1), ('PNG', 8)]
    >>> points[-1].loss
    0.0
    """
    settings, coder = settings or RateSettings(), coder or Coder()
    pixels = pixels_of(image)
    _check_pair(image, target)
    term = MetamericLoss().prepare(target) if prepared is None else prepared
    for kind, quality in planned((image.shape[-2], image.shape[-1]), settings):
        check_interruption()
        data = coder.encode(pixels, kind, quality)
        check_interruption()
        yield _measure(data, kind, quality, image.shape[1], target, term)


def first_under(points: Iterable[RatePoint], threshold: float) -> dict[Format, RatePoint | None]:
    """Return for each format the lowest quality from which on every measured loss is under a threshold.

    A format has None if the loss at its highest quality is not under it.
    """
    points = list(points)
    found: dict[Format, RatePoint | None] = {point.kind: None for point in points}
    for point in sorted(points, key=lambda point: point.quality):
        if not point.loss < threshold:
            found[point.kind] = None
        elif found[point.kind] is None:
            found[point.kind] = point
    return found
