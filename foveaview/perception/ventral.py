"""A metamer at once: noise given the pooled statistics of the target ("Beyond Blur", Walton et al., 2021)."""

from __future__ import annotations

import torch
from torch import Tensor

from foveaview.perception.color import ycrcb_to_rgb
from foveaview.perception.metameric import Gaze, MetamericLoss, PreparedBatch, PreparedTarget
from foveaview.perception.pyramid import Pyramid
from foveaview.settings import LossSettings

__all__ = ["ventral_from", "ventral_metamer"]

_SMALLEST_DEVIATION = 1e-12


def _standardised(maps: Tensor) -> Tensor:
    deviation, mean = torch.std_mean(maps, dim=(-2, -1), keepdim=True)
    return (maps - mean) / deviation.clamp(min=_SMALLEST_DEVIATION)


def _noise_like(picture: Tensor, seed: int) -> Tensor:
    # drawn on the CPU, so that a seed means the same picture on every device
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(picture.shape, generator=generator).to(picture)


@torch.no_grad()
def ventral_from(prepared: PreparedTarget, seed: int = 0) -> Tensor:
    """The ventral metamer of a prepared target; see `ventral_metamer`."""
    steerable, picture = prepared.steerable, prepared.picture
    own = steerable.analyse(picture)
    noise = steerable.analyse(_noise_like(picture, seed))

    def change(noise_maps: Tensor, own_maps: Tensor, statistics: tuple[Tensor, ...]) -> Tensor:
        mean, deviation = statistics
        return _standardised(noise_maps) * deviation + mean - own_maps

    moments = [s.chunk(2, dim=1) for s in prepared.statistics[:-1]]
    channels = picture.shape[1]
    finest_mean, finest_deviation = moments[0]
    highpass = change(
        noise.highpass, own.highpass, (finest_mean[:, :channels], finest_deviation[:, :channels])
    )
    moments[0] = (finest_mean[:, channels:], finest_deviation[:, channels:])
    bands = tuple(map(change, noise.bands, own.bands, moments))
    # The target plus the reconstruction of what changes: the filters reconstruct the target itself only
    # nearly, so it does not go through them; its residual lowpass stays, so there the change is nothing.
    metamer = picture + steerable.synthesise(Pyramid(highpass, bands, torch.zeros_like(own.residual)))
    height, width = prepared.foveation.size
    metamer = metamer[..., :height, :width]
    return (ycrcb_to_rgb(metamer) if prepared.from_rgb else metamer).clamp(0, 1)


def ventral_metamer(
    target: Tensor, gaze: Gaze = (0.5, 0.5), settings: LossSettings | None = None, seed: int = 0
) -> Tensor:
    """An image that looks like the target from the gaze, in one pass.

    Each band of a noise image takes the pooled mean and standard deviation of the target's band; near the
    gaze, where pooling is over single pixels, that is the target itself.

    Args:
        target: (N, C, H, W), C 1 or 3, values in [0, 1].
        gaze: (x, y) in image coordinates, or one for each image as (N, 2).
        settings: geometry, pooling and pyramid; the defaults where None.
        seed: of the noise; torch's own random state is left alone.

    Returns:
        (N, C, H, W) in [0, 1], on the target's device and of its dtype.

    Raises:
        ValueError: as `MetamericLoss.prepare`.

    >>> target = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    >>> metamer = ventral_metamer(target, (0.25, 0.5), LossSettings(n_pyramid_levels=3), seed=1)
    >>> metamer.shape, bool(torch.equal(metamer, target))
    (torch.Size([1, 3, 48, 64]), False)
    """
    prepared = MetamericLoss.from_settings(settings or LossSettings()).prepare(target.detach(), gaze)
    if not isinstance(prepared, PreparedBatch):
        return ventral_from(prepared, seed).to(target.dtype)
    return torch.cat([ventral_from(one, seed + i) for i, one in enumerate(prepared.samples)]).to(target.dtype)
