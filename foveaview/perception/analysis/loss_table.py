"""The loss of one image against another at any gaze, from tabulated contributions of each pixel.

The gaze changes only how coarsely each pixel is pooled and how much it counts. Each pixel's contribution at
every level of detail is tabulated once, by the same comparison as in the loss. The loss at a gaze is then a
weighted sum of table entries, with a level of detail and a weight for each pixel.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from foveaview.perception.analysis.decomposition import Decomposer, Decomposition
from foveaview.perception.analysis.loss_breakdown import compared_maps
from foveaview.perception.analysis.per_pixel_table import Contributions
from foveaview.perception.geometry import level_of_detail, picture_ratio, pooling_size_maps
from foveaview.perception.interruption import check_interruption
from foveaview.perception.moment_loss import BufferPool, MomentComparison, SquareComparison, WeightedPooling
from foveaview.perception.pooling.gaze_operators import FINEST, fovea_mask, radial_weight
from foveaview.perception.pooling.mips import mip_sizes
from foveaview.perception.pooling.pooling import PoolingOperator
from foveaview.perception.pooling.threading import in_threads
from foveaview.perception.pyramid.padding import band_levels, coverage, padded_size

__all__ = ["LossTable"]

# successive gazes use the same parts of the table, which are then in the cache
_BATCH, _BATCH_PIXELS = 8, 1 << 21
_LARGEST_IN_FLOAT32 = 300.0  # viewing distances


def _halved(maps: Tensor) -> Tensor:
    """Average blocks of 2 by 2 pixels of (B, H, W), several times faster than torch does."""
    tall = maps[:, 0::2] + maps[:, 1::2]
    return (tall[..., 0::2] + tall[..., 1::2]).mul_(0.25)


class LossTable:
    """Comparison of two images at every level of detail, to be weighted for any gaze.

    Args:
        analyser: the decomposer of both images.
        target: the decomposed target.
        own: the other decomposed image.
        cells: as for `Contributions`.
    """

    def __init__(self, analyser: Decomposer, target: Decomposition, own: Decomposition, cells: int) -> None:
        self._size, self._settings, self._dtype = analyser.size, analyser.settings, analyser.dtype
        self._target, self._own, self._scratch = target, own, BufferPool()
        levels, self._channels = self._settings.n_pyramid_levels, target.picture.shape[1]
        self._count, self._padded = band_levels(levels), padded_size(self._size, levels)
        self._n_maps = compared_maps(self._settings)
        # the geometry needs float64, which MPS does not have
        device = target.picture.device
        self.device = device if device.type != "mps" else torch.device("cpu")
        self._bands = [self._contributions(level, cells) for level in range(self._count)]
        self._squares()

    def _grid(self, level: int) -> tuple[int, int]:
        return (self._padded[0] >> level, self._padded[1] >> level)

    def _share(self, level: int) -> Tensor:
        """Each pixel's share of the image, (H, W); their sum is 1."""
        axes = coverage(self._size, self._grid(level), level)
        rows, columns = (axis / axis.sum() for axis in axes)
        return (rows[:, None] * columns).to(self._own.picture)

    def _contributions(self, level: int, cells: int) -> Contributions:
        weight = self._share(level) / (self._n_maps * self._channels)
        first = 0 if level == 0 else level + 1  # the highpass comes first and belongs to the finest level
        target, own = (
            torch.cat(one.pyramid.maps[first : level + 2], dim=1) for one in (self._target, self._own)
        )

        def at(lod: float) -> Tensor:
            pool = self._pool(self._grid(level), lod)
            comparison = MomentComparison(target, WeightedPooling(pool, weight), self._scratch)
            values = comparison(own)
            if level == 0 and self._settings.use_fullres_l0:
                pictures = (pool(one.picture) for one in (self._target, self._own))
                values = values + SquareComparison(next(pictures), weight)(next(pictures))
            return values[0, 0].to(self.device)

        return Contributions(at, len(mip_sizes(self._grid(level))) - 1, cells)

    def _pool(self, size: tuple[int, int], lod: float) -> PoolingOperator:
        lods = torch.full(size, lod, dtype=torch.float64)
        return PoolingOperator(lods, self._dtype, self._own.picture.device)

    def _squares(self) -> None:
        """Compare the plain values: the pixels and the residual lowpass."""
        settings = self._settings
        weight = self._share(0) / self._channels
        pictures = (self._target.picture, self._own.picture)
        squares = SquareComparison(pictures[0], weight)(pictures[1])[0, 0].to(self.device)
        self._foveal = squares * settings.fovea_weight
        # if single pixels are resolved, use_fullres_l0 leaves out the statistics, but not the image
        self._unpooled = squares / self._n_maps
        weight = self._share(self._count) / (self._n_maps * self._channels)
        residuals = (self._target.pyramid.residual, self._own.pyramid.residual)
        self._residual = SquareComparison(residuals[0], weight)(residuals[1])[0, 0].to(self.device)

    def _geometry_dtype(self, gazes: Tensor) -> torch.dtype:
        """Return float32 if that suffices: positions are in its range and no weight jumps; else float64."""
        settings = self._settings
        ratio = picture_ratio(settings.real_image_width, settings.real_viewing_distance)
        aspect = max(1.0, self._size[0] / self._size[1])
        farthest = max(1.0, float(gazes.abs().max())) * ratio * aspect
        small = farthest < _LARGEST_IN_FLOAT32 and ratio > 1 / _LARGEST_IN_FLOAT32
        return torch.float32 if small and not settings.use_fullres_l0 else torch.float64

    def _lod(self, level: int, gazes: Tensor) -> Tensor:
        """Levels of detail (B, H, W) at gazes (B, 2)."""
        dtype = self._dtype if self._dtype == torch.float64 else self._geometry_dtype(gazes)
        return level_of_detail(
            pooling_size_maps(
                self._size, gazes, self._settings, grid=self._grid(level), level=level, dtype=dtype
            )
        )

    def _weighted(self, values: Tensor, level: int, gazes: Tensor, periphery: Tensor | None) -> Tensor:
        """Sum the values (B, H, W) times the squares of all weights: (B,)."""
        if periphery is not None:
            values = values * periphery
            values *= periphery
        if self._settings.use_radial_weight:
            values = (
                values * radial_weight(self._size, self._grid(level), level, gazes, values.dtype).square()
            )
        return values.sum(dim=(-2, -1))

    def losses(self, gazes: Tensor) -> Iterator[Tensor]:
        """Yield the losses at gazes (N, 2), float64 on the CPU, in consecutive parts of float64 too."""
        gazes = gazes.to(self.device)
        # the farthest gazes need the table's coarsest levels: tabulate up to those in advance
        directions = gazes.new_tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]]) @ gazes.T
        for index in torch.cat([directions.argmin(dim=1), directions.argmax(dim=1)]).unique():
            self._cover(gazes[index, None])
        each = min(_BATCH, max(1, _BATCH_PIXELS // (self._padded[0] * self._padded[1])))
        yield from in_threads(self._losses, gazes.split(each), 1 if gazes.is_cuda else None)

    def _cover(self, gazes: Tensor) -> None:
        for level, contributions in enumerate(self._bands):
            contributions.cover(float(self._lod(level, gazes).max()))

    @torch.no_grad()
    def _losses(self, gazes: Tensor) -> Tensor:
        """The losses (B,) at gazes (B, 2)."""
        total = gazes.new_zeros(len(gazes))
        periphery: Tensor | None = None
        for level, contributions in enumerate(self._bands):
            check_interruption()
            lod = self._lod(level, gazes)
            if level == 0 and self._settings.use_l2_foveal_loss:
                rows, columns = coverage(self._size, self._padded, 0)
                inside = (rows > 0)[:, None] & (columns > 0)
                mask = fovea_mask(lod, inside.to(self.device))
                total += (mask * self._foveal).mul_(mask).sum(dim=(-2, -1))
                periphery = 1 - mask
            values = contributions(lod)
            if self._settings.use_fullres_l0:
                unpooled = self._unpooled.to(values.dtype) if level == 0 else 0.0
                values = torch.where(lod > FINEST, values, unpooled)
            total += self._weighted(values, level, gazes, periphery)
            periphery = None if periphery is None else _halved(periphery)
        if not self._settings.use_fullres_l0:
            total += self._weighted(self._residual[None], self._count, gazes, periphery)
        return total.cpu()
