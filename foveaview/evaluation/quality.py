"""Defects that a low loss does not exclude: grain, a seam round the fovea, and false colours.

The cropped filters of the loss barely measure pixel-scale noise, and the loss has no term for
the correlation of channels. An image can therefore match every statistic and still look unlike its target.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from foveaview.perception.geometry import level_of_detail, pooling_size_map
from foveaview.perception.metameric import MetamericLoss
from foveaview.perception.pooling.gaze_operators import fovea_mask
from foveaview.perception.pooling.pooling import PoolingOperator
from foveaview.settings import LossSettings

__all__ = ["Quality", "color_error", "grain", "measure_quality", "seam"]

_PERIPHERY = 0.01  # largest value of the foveal mask in the periphery
_RING = (0.05, 0.95)  # values of the foveal mask at its edge
_GRAY_LEVELS = 255
_LEAST_VARIANCE = (1 / 255) ** 2  # detail below one grey level has no colour


@dataclass(frozen=True)
class Quality:
    """Measures of one image against its target.

    Attributes:
        loss: the metameric loss.
        grain_ratio: grain of the image in the periphery, over that of the target; 1 is best.
        seam_ratio: gradient of the image on the ring where the fovea ends, over that of the target; 1 is
            best.
        color_error: mean difference of the correlations of channels, 0 to 2; None for gray images.
    """

    loss: float
    grain_ratio: float
    seam_ratio: float
    color_error: float | None


def _luma(image: Tensor) -> Tensor:
    """Return (H, W), the mean of the channels of (1, C, H, W), in float64."""
    if image.dim() != 4 or len(image) != 1:
        raise ValueError(f"image must have shape (1, C, H, W), got {tuple(image.shape)}")
    return image[0].detach().double().mean(dim=0)


def grain(image: Tensor, mask: Tensor) -> float:
    """Pixel-scale noise: the standard deviation of each pixel minus the mean of its four neighbours.

    Args:
        image: (1, C, H, W) in [0, 1].
        mask: (H, W) booleans, the pixels that count; pixels on the border never do.

    Returns:
        Grey levels, of 255.

    >>> flat = torch.full((1, 3, 8, 8), 0.5)
    >>> grain(flat, torch.ones(8, 8, dtype=torch.bool))
    0.0
    """
    values = _luma(image)
    neighbours = (values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:]) / 4
    detail = (values[1:-1, 1:-1] - neighbours)[mask.to(values.device)[1:-1, 1:-1]]
    return float(detail.std(correction=0)) * _GRAY_LEVELS if len(detail) else 0.0


def seam(image: Tensor, mask: Tensor) -> float:
    """Mean absolute gradient, the sum of both directions, in grey levels per pixel.

    Args:
        image: (1, C, H, W) in [0, 1].
        mask: (H, W) booleans, the pixels that count; pixels on the border never do.

    >>> ramp = torch.linspace(0, 1, 9).expand(1, 1, 9, 9)
    >>> round(seam(ramp, torch.ones(9, 9, dtype=torch.bool)), 3)
    31.875
    """
    values = _luma(image)
    across = (values[1:-1, 2:] - values[1:-1, :-2]).abs() / 2
    down = (values[2:, 1:-1] - values[:-2, 1:-1]).abs() / 2
    slopes = (across + down)[mask.to(values.device)[1:-1, 1:-1]]
    return float(slopes.mean()) * _GRAY_LEVELS if len(slopes) else 0.0


def _correlations(image: Tensor, pool: PoolingOperator) -> tuple[Tensor, Tensor]:
    """Return (pairs, H, W) correlations of the channels' detail by pooling region, and their mask."""
    detail = image - pool(image)
    pairs = [(0, 1), (0, 2), (1, 2)]
    products = torch.cat(
        [detail.square(), *(detail[:, i : i + 1] * detail[:, j : j + 1] for i, j in pairs)], 1
    )
    pooled = pool(products)[0]
    variances = pooled[:3].clamp(min=0)
    scale = torch.stack([(variances[i] * variances[j]).sqrt() for i, j in pairs])
    there = torch.stack([torch.minimum(variances[i], variances[j]) > _LEAST_VARIANCE for i, j in pairs])
    return pooled[3:] / scale.clamp(min=_LEAST_VARIANCE), there


def color_error(image: Tensor, target: Tensor, pool: PoolingOperator, mask: Tensor) -> float | None:
    """Mean absolute difference of the pooled correlations between red, green and blue.

    Args:
        image, target: (1, C, H, W) in [0, 1].
        pool: the pooling of the gaze, of the images' size, dtype and device.
        mask: (H, W) booleans, the pixels that count.

    Returns:
        0 to 2; None for gray images. Detail of less than one grey level in either image does not count.
    """
    if image.shape[1] != 3:
        return None
    (own, own_there), (other, other_there) = (_correlations(one, pool) for one in (image, target))
    there = own_there & other_there & mask.to(own.device)
    differences = (own - other).abs()[there]
    return float(differences.mean()) if len(differences) else 0.0


@torch.no_grad()
def measure_quality(
    image: Tensor, target: Tensor, gaze: tuple[float, float], settings: LossSettings | None = None
) -> Quality:
    """Measure one image against its target at a gaze.

    Args:
        image, target: (1, C, H, W) in [0, 1], C 1 or 3.
        gaze: (x, y) in image coordinates.
        settings: geometry, pooling and pyramid; the defaults if None.

    Raises:
        ValueError: under the same conditions as `MetamericLoss`.

    >>> target = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    >>> measure_quality(target, target, (0.5, 0.5))
    Quality(loss=0.0, grain_ratio=1.0, seam_ratio=1.0, color_error=0.0)
    """
    settings = settings or LossSettings()
    size = (target.shape[-2], target.shape[-1])
    lod = level_of_detail(pooling_size_map(size, gaze, settings))
    mask = fovea_mask(lod, torch.ones(size, dtype=torch.bool))
    periphery, ring = mask < _PERIPHERY, (mask > _RING[0]) & (mask < _RING[1])
    pool = PoolingOperator(lod, target.dtype, target.device)
    loss = MetamericLoss.from_settings(settings)(image, target, gaze)
    return Quality(
        float(loss),
        _ratio(grain(image, periphery), grain(target, periphery)),
        _ratio(seam(image, ring), seam(target, ring)),
        color_error(image, target, pool, periphery),
    )


def _ratio(own: float, other: float) -> float:
    if own == other:
        return 1.0
    return own / other if other else float("inf")
