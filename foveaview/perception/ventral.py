"""Metamers in one pass: noise with the target's pooled statistics ("Beyond Blur", Walton et al., 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor

from foveaview.perception import statistic
from foveaview.perception.autograd import constants
from foveaview.perception.channel_coupling import coupled_noise
from foveaview.perception.color import ycrcb_to_rgb
from foveaview.perception.metameric import MetamericLoss
from foveaview.perception.pooling.gaze_operators import per_map
from foveaview.perception.prepared import PreparedBatch, PreparedTarget
from foveaview.perception.pyramid.pyramid import Pyramid, SteerablePyramid
from foveaview.perception.statistic import DEVIATION, MEAN
from foveaview.perception.target_cache import Prepared
from foveaview.perception.validation import Gaze
from foveaview.settings import LossSettings

__all__ = ["VentralColor", "ventral_from", "ventral_metamer"]

VentralColor = Literal["coupled", "independent"]

_SMALLEST_DEVIATION = 1e-12
_LARGEST_KEPT = 1 << 23  # elements of an image tensor


def _standardised(maps: Tensor) -> Tensor:
    deviation, mean = torch.std_mean(maps, dim=(-2, -1), keepdim=True)
    return (maps - mean) / deviation.clamp(min=_SMALLEST_DEVIATION)


Maps = tuple[Tensor, ...]


def _standard_noise(shape: torch.Size, seed: int, steerable: SteerablePyramid, like: Tensor) -> Maps:
    """The maps of seeded noise, each of zero mean and unit variance."""
    # drawn on the CPU, so that a seed gives the same image on every device
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(shape, generator=generator).to(like)
    return tuple(map(_standardised, steerable.analyse(noise).maps))


@lru_cache(maxsize=2)
@constants()
def _kept_noise(
    shape: torch.Size, seed: int, settings: LossSettings, dtype: torch.dtype, device: torch.device
) -> Maps:
    like = torch.empty(0, dtype=dtype, device=device)
    return _standard_noise(shape, seed, SteerablePyramid(settings), like)


def _noise(picture: Tensor, steerable: SteerablePyramid, seed: int) -> Maps:
    """The standard noise, which is cached while the gaze moves unless it is large."""
    if picture.numel() > _LARGEST_KEPT:
        return _standard_noise(picture.shape, seed, steerable, picture)
    own = steerable.settings
    # the other settings do not change the noise
    settings = LossSettings(
        n_pyramid_levels=own.n_pyramid_levels,
        n_orientations=own.n_orientations,
        filter_type=own.filter_type,
    )
    return _kept_noise(picture.shape, seed, settings, picture.dtype, picture.device)


def _coupled(noise: Maps, prepared: PreparedTarget, moments: Sequence[tuple[Tensor, Tensor]]) -> Maps:
    """Couple the noise's channels like the target's."""
    pools = per_map(prepared.foveation.pooling)
    parts = zip(noise, prepared.target.pyramid.maps, moments, pools, strict=True)
    return tuple(coupled_noise(*part) for part in parts)


def ventral_from(prepared: Prepared, seed: int = 0, color: VentralColor = "coupled") -> Tensor:
    """The ventral metamer of a prepared target; see `ventral_metamer`."""
    if isinstance(prepared, PreparedBatch):
        return torch.cat([_ventral(one, seed + i, color) for i, one in enumerate(prepared.samples)])
    return _ventral(prepared, seed, color)


def _ventral(prepared: PreparedTarget, seed: int, color: VentralColor) -> Tensor:
    steerable, target = prepared.analyser.steerable, prepared.target
    noise = _noise(target.picture, steerable, seed)
    mean, deviation = (statistic.STATISTICS.index(kind) for kind in (MEAN, DEVIATION))
    moments = [(own[mean], own[deviation]) for own in prepared.moments]
    if color == "coupled" and target.picture.shape[1] == 3:
        noise = _coupled(noise, prepared, moments)
    parts = zip(noise, target.pyramid.maps, moments, strict=True)
    highpass, *bands = (torch.addcmul(own - maps, drawn, spread) for drawn, maps, (own, spread) in parts)
    # Only the change goes through the filters and is added to the target, because the filters reconstruct
    # the target only approximately. The residual lowpass stays, so its change is 0.
    change = Pyramid(highpass, tuple(bands), torch.zeros_like(target.pyramid.residual))
    metamer = target.picture + steerable.synthesise(change)
    height, width = prepared.foveation.size
    metamer = metamer[..., :height, :width]
    return (ycrcb_to_rgb(metamer) if prepared.analyser.from_rgb else metamer).clamp(0, 1)


def ventral_metamer(
    target: Tensor,
    gaze: Gaze = (0.5, 0.5),
    settings: LossSettings | None = None,
    seed: int = 0,
    color: VentralColor = "coupled",
) -> Tensor:
    """Make an image that looks like the target from the gaze, in one pass.

    Each band of a noise image is given the pooled mean and standard deviation of the target's band. Near the
    gaze pooling is over single pixels, so the result there is the target.

    Args:
        target: (N, C, H, W), C 1 or 3, values in [0, 1].
        gaze: (x, y) in image coordinates, or one for each image as (N, 2).
        settings: geometry, pooling and pyramid; the defaults if None.
        seed: seed of the noise; torch's global random state does not change.
        color: "coupled" gives the channels the target's correlations over each pooling region;
            "independent" draws each channel separately, as the source does.

    Returns:
        (N, C, H, W) in [0, 1], with the target's device and dtype.

    Raises:
        ValueError: as for `MetamericLoss.prepare`.

    >>> target = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    >>> metamer = ventral_metamer(target, (0.25, 0.5), LossSettings(n_pyramid_levels=3), seed=1)
    >>> metamer.shape, bool(torch.equal(metamer, target))
    (torch.Size([1, 3, 48, 64]), False)
    """
    prepared = MetamericLoss.from_settings(settings or LossSettings()).prepare(target.detach(), gaze)
    return ventral_from(prepared, seed, color).to(target.dtype)
