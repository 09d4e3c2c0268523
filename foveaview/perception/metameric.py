"""The metameric loss: pooled pyramid statistics of an image against those of a target.

Source: Walton et al., "Beyond Blur: Real-time Ventral Metamers for Foveated Rendering", 2021, and its
implementation in odak. Where odak is right the values agree; sizes, orientations, radial weight and wide
fields of view that it gets wrong are right here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from foveaview.perception.analysis import Analyser, Analysis, KeptAnalysis
from foveaview.perception.comparison import (
    MomentComparison,
    Scratch,
    SquareComparison,
    WeightedPooling,
)
from foveaview.perception.dissection import Chosen, Part, part_names, which_chosen
from foveaview.perception.foveation import Foveation, Level, check_gaze, for_maps
from foveaview.perception.gradient import value_and_gradient, with_gradient
from foveaview.perception.grid import check_levels
from foveaview.perception.twin import TwinBand, TwinStatistics
from foveaview.settings import LossSettings

__all__ = ["Gaze", "MetamericLoss", "PreparedBatch", "PreparedTarget", "full_precision"]

Gaze = Sequence[float] | Tensor

_DEFAULTS = LossSettings()


def _check_image(image: Any, name: str) -> Tensor:
    if not isinstance(image, Tensor):
        raise ValueError(f"{name} must be a tensor, got {type(image).__name__}")
    if image.dim() != 4:
        raise ValueError(f"{name} must have 4 dimensions (N, C, H, W), got shape {tuple(image.shape)}")
    if image.shape[0] == 0 or image.shape[1] not in (1, 3):
        raise ValueError(f"{name} must hold images of 1 or 3 channels, got shape {tuple(image.shape)}")
    if not image.is_floating_point():
        raise ValueError(f"{name} must be floating point in [0, 1], got {image.dtype}: divide by its maximum")
    if not bool(torch.isfinite(image).all()):
        bad = int((~torch.isfinite(image)).sum())
        raise ValueError(f"{name} has {bad} values that are NaN or infinite: replace them first")
    return image


def _check_colorspace(colorspace: str) -> None:
    if colorspace not in ("RGB", "YCrCb"):
        raise ValueError(f"image_colorspace must be 'RGB' or 'YCrCb', got {colorspace!r}")


def _gazes(gaze: Gaze, samples: int) -> list[tuple[float, float]]:
    """One gaze for all samples, or one for each."""
    values: list[Any] = gaze.detach().cpu().tolist() if isinstance(gaze, Tensor) else list(gaze)
    if values and isinstance(values[0], (Sequence, Tensor)) and not isinstance(values[0], str):
        if len(values) != samples:
            raise ValueError(
                f"gaze must be one (x, y) or one for each of {samples} images, got {len(values)}"
            )
        gazes = [check_gaze(tuple(pair)) for pair in values]
        return gazes if len(set(gazes)) > 1 else gazes[:1]
    return [check_gaze(tuple(values))]


def full_precision(image: Tensor) -> torch.autocast:
    """Keeps a surrounding autocast out: the variance is a small difference of large numbers."""
    return torch.autocast(image.device.type, enabled=False)


class PreparedTarget:
    """A target at one gaze with its statistics computed, to compare many images with.

    Made by `MetamericLoss.prepare`. Images are (N, C, H, W) like the target, on its device and of its
    dtype; they are not checked here, so that a step of an optimisation waits for nothing.

    Attributes:
        analyser: takes pictures apart.
        target: the target taken apart.
        foveation: what follows from gaze, settings and size.
    """

    def __init__(self, analyser: Analyser, target: Analysis, foveation: Foveation) -> None:
        self.analyser, self.target, self.foveation = analyser, target, foveation
        channels, pools = target.picture.shape[1], foveation.pooling
        self._n_maps = 2 * (1 + foveation.settings.n_orientations * len(pools)) + 1
        weights = [level.weight * level.share / (self._n_maps * channels) for level in foveation.levels]
        poolings = list(map(WeightedPooling, pools, weights))
        pairs = zip(target.pyramid.maps, for_maps(poolings), strict=True)
        scratch = Scratch()
        self._moments = [MomentComparison(*pair, scratch) for pair in pairs]
        self._squares = self._compare_squares()

    def _compare_squares(self) -> list[SquareComparison]:
        """Of the residual lowpass, and of the picture where the gaze resolves single pixels."""
        foveation, channels = self.foveation, self.picture.shape[1]
        last = foveation.residual
        residual = self._residual_of(self.picture, self.target.pyramid.residual)
        squares = [SquareComparison(residual, last.weight * last.share / (self._n_maps * channels))]
        if foveation.fovea is not None:
            weight = foveation.settings.fovea_weight / channels * foveation.levels[0].share
            squares.append(SquareComparison(self.picture, weight * foveation.fovea.square()))
        return squares

    @property
    def picture(self) -> Tensor:
        """(N, C, H', W'), the target padded and in the colour space of the comparison."""
        return self.target.picture

    @property
    def moments(self) -> list[tuple[Tensor, Tensor]]:
        """Pooled means and standard deviations of the highpass, and of the bands of each level."""
        return [comparison.statistics for comparison in self._moments]

    @property
    def statistics(self) -> list[Tensor]:
        """For the highpass and the bands of each level (N, 2 K, H', W'), the pooled means of their K maps,
        then their standard deviations; last the residual lowpass, or the pooled picture with use_fullres_l0.
        """
        return [*(torch.cat(moments, dim=1) for moments in self.moments), self._squares[0].target]

    def _residual_of(self, picture: Tensor, residual: Tensor) -> Tensor:
        if self.foveation.settings.use_fullres_l0:
            return self.foveation.pooling[0](picture)
        return residual

    def loss(self, image: Tensor) -> Tensor:
        """The loss of (N, C, H, W) against the target: a 0-d tensor, differentiable.

        Where the image needs a gradient it is computed with the value, which takes the least memory.
        """
        with full_precision(image):
            constant = all(comparison.is_constant for comparison in self._moments)
            if constant and image.requires_grad and torch.is_grad_enabled():
                return with_gradient(image, *value_and_gradient(image, self._loss))
            return self._loss(image)

    def _loss(self, image: Tensor) -> Tensor:
        picture = self.analyser.picture(image)
        # taken apart as it is compared, so that no two levels' maps are there at once
        parts = self.analyser.steerable.parts(picture)
        totals = [moments.total(next(parts)) for moments in self._moments]
        residual, *fovea = self._squares
        totals.append(residual.total(self._residual_of(picture, next(parts))))
        totals.extend(square.total(picture) for square in fovea)
        return torch.stack(totals).sum() / len(image)

    def _compared(self, own: Analysis) -> Iterator[tuple[MomentComparison | SquareComparison, Tensor, Level]]:
        """What is compared with the target, and with what share of the picture each of its pixels counts."""
        foveation, pyramid = self.foveation, own.pyramid
        levels = [*for_maps(foveation.levels), foveation.residual, foveation.levels[0]]
        maps = [*pyramid.maps, self._residual_of(own.picture, pyramid.residual), own.picture]
        return zip([*self._moments, *self._squares], maps, levels, strict=False)

    def parts(self) -> list[Part]:
        """What the loss is the sum of, in the order of `dissect`."""
        return [part for group in self._part_names for part in group]

    @property
    def _part_names(self) -> list[list[Part]]:
        return part_names(self.foveation.settings, self.picture.shape[1])

    def dissect(self, image: Tensor) -> Tensor:
        """The value of each of the parts, (P,), not negative; their sum is the loss, and its gradient too."""
        with full_precision(image):
            return self.dissect_of(self.analyser(image))

    def dissect_of(self, own: Analysis) -> Tensor:
        """The parts' values of an image that the analyser has taken apart."""
        sums = [comparison.sums(maps).flatten() for comparison, maps, _ in self._compared(own)]
        return torch.cat(sums) / len(own.picture)

    def twin(self, image: Tensor) -> TwinStatistics:
        """The pooled statistics of the target and of (1, C, H, W), to be asked for at many points.

        Raises:
            ValueError: where there is more than one picture.
        """
        with torch.no_grad(), full_precision(image):
            other = PreparedTarget(self.analyser, self.analyser(image), self.foveation)
        return TwinStatistics(self._part_names, (self._pooled, other._pooled), self.foveation.size)

    @property
    def _pooled(self) -> list[tuple[Tensor, ...]]:
        """What is compared, of each comparison: means and standard deviations, or plain values."""
        return [*self.moments, *((square.target,) for square in self._squares)]

    def at(self, image: Tensor, point: tuple[float, float]) -> list[TwinBand]:
        """The pooled statistics of the target and of (1, C, H, W) at a point; `twin` serves many points."""
        return self.twin(image).at(point)

    def heatmap(self, image: Tensor, parts: Chosen | None = None) -> Tensor:
        """Where the loss comes from: (N, 1, H, W), not negative; its mean is the loss.

        Args:
            image: (N, C, H, W).
            parts: those to map alone, or what says whether a part is one of them: the mean is then the sum
                of their values; all where None.
        """
        with full_precision(image):
            return self.heatmap_of(self.analyser(image), parts)

    def _factors(self, parts: Chosen | None) -> Iterator[Tensor | None]:
        """For each comparison 1 for what is chosen and 0 for the rest, or None where all of it is."""
        chosen = iter(which_chosen(self.parts(), (lambda _: True) if parts is None else parts))
        for group in self._part_names:
            own = [float(one) for one in itertools.islice(chosen, len(group))]
            yield None if all(own) else torch.tensor(own, dtype=self.picture.dtype)

    def heatmap_of(self, own: Analysis, parts: Chosen | None = None) -> Tensor:
        """The heatmap of an image that the analyser has taken apart."""
        height, width = self.foveation.size
        whole = own.picture.new_zeros(len(own.picture), 1, *self.foveation.padded)
        pairs = zip(self._compared(own), self._factors(parts), strict=True)
        for (comparison, compared, level), factors in pairs:
            if factors is not None and not bool(factors.any()):
                continue
            there = None if factors is None else factors.to(compared.device)
            term, share = comparison(compared, there), level.share
            # a pixel's contribution, spread evenly over those of the picture that it stands for
            density = term / share.clamp(min=torch.finfo(share.dtype).tiny)
            block = whole.shape[-1] // term.shape[-1]
            whole += density.repeat_interleave(block, -2).repeat_interleave(block, -1)
        return whole[..., :height, :width]


class PreparedBatch:
    """Targets each at a gaze of its own, behind the interface of `PreparedTarget`."""

    def __init__(self, samples: list[PreparedTarget]) -> None:
        self.samples = samples

    def loss(self, image: Tensor) -> Tensor:
        """The mean of the samples' losses, a 0-d tensor."""
        pairs = zip(self.samples, image.split(1), strict=True)
        return torch.stack([sample.loss(one) for sample, one in pairs]).mean()

    def parts(self) -> list[Part]:
        """What the loss of each sample is the sum of."""
        return self.samples[0].parts()

    def dissect(self, image: Tensor) -> Tensor:
        """The mean of the samples' parts, (P,)."""
        pairs = zip(self.samples, image.split(1), strict=True)
        return torch.stack([sample.dissect(one) for sample, one in pairs]).mean(dim=0)

    def heatmap(self, image: Tensor, parts: Chosen | None = None) -> Tensor:
        """The samples' heatmaps, (N, 1, H, W), of the chosen parts, or of all."""
        pairs = zip(self.samples, image.split(1), strict=True)
        return torch.cat([sample.heatmap(one, parts) for sample, one in pairs])


class MetamericLoss(nn.Module):
    """How far an image is from a metamer of a target, for an eye that looks at the gaze.

    Args:
        alpha: growth of the pooling regions with eccentricity; larger values mean larger regions.
        real_image_width: width of the picture as displayed, in any unit.
        real_viewing_distance: distance from the eye to the screen, in the same unit.
        n_pyramid_levels: levels of the steerable pyramid; the shorter side needs 2^n + 1 pixels.
        mode: "quadratic" or "linear" growth of the pooling angle with eccentricity.
        n_orientations: oriented bands in each level: 1, 2, 4 or 6.
        use_l2_foveal_loss: compare pixels, not statistics, around the gaze.
        fovea_weight: weight of that comparison.
        use_radial_weight: weight statistics less the farther they lie from the gaze.
        use_fullres_l0: compare the pooled full-size pictures in place of the residual lowpass.
        filter_type: "cropped" filters (5x5 and 13x13) or the published ones in "full".

    Raises:
        ValueError: for a value outside its range, or use_fullres_l0 with use_l2_foveal_loss.

    Source: Walton et al., "Beyond Blur", 2021; odak's `MetamericLoss`.

    >>> loss = MetamericLoss(n_pyramid_levels=3)
    >>> target = torch.rand(1, 3, 64, 48, generator=torch.Generator().manual_seed(0))
    >>> float(loss(target, target, gaze=(0.3, 0.4)))
    0.0
    >>> heatmap = loss.heatmap(target.flip(-1), target, gaze=(0.3, 0.4))
    >>> bool(torch.isclose(heatmap.mean(), loss(target.flip(-1), target, gaze=(0.3, 0.4))))
    True
    """

    last_heatmap: Tensor | None
    """The heatmap of the last call with visualise_loss=True, (N, 1, H, W), detached."""

    def __init__(
        self,
        alpha: float = _DEFAULTS.alpha,
        real_image_width: float = _DEFAULTS.real_image_width,
        real_viewing_distance: float = _DEFAULTS.real_viewing_distance,
        n_pyramid_levels: int = _DEFAULTS.n_pyramid_levels,
        mode: str = _DEFAULTS.mode,
        n_orientations: int = _DEFAULTS.n_orientations,
        use_l2_foveal_loss: bool = _DEFAULTS.use_l2_foveal_loss,
        fovea_weight: float = _DEFAULTS.fovea_weight,
        use_radial_weight: bool = _DEFAULTS.use_radial_weight,
        use_fullres_l0: bool = _DEFAULTS.use_fullres_l0,
        filter_type: str = _DEFAULTS.filter_type,
    ) -> None:
        super().__init__()
        values = {name: value for name, value in locals().items() if name in LossSettings.model_fields}
        self.settings = LossSettings(**values)
        self.last_heatmap = None
        self._forget()

    def _forget(self) -> None:
        self._target, self._image = KeptAnalysis(), KeptAnalysis()
        self._prepared: tuple[Analysis, list[tuple[float, float]], PreparedTarget | PreparedBatch] | None
        self._prepared = None

    @classmethod
    def from_settings(cls, settings: LossSettings) -> MetamericLoss:
        """The loss that the settings describe.

        >>> MetamericLoss.from_settings(LossSettings(alpha=0.5)).settings.alpha
        0.5
        """
        return cls(**settings.model_dump())

    def __getstate__(self) -> dict[str, Any]:
        # what is kept is made again when it is needed; sparse matrices can be neither copied nor saved
        kept = {"_target", "_image", "_prepared"}
        return {name: value for name, value in self.__dict__.items() if name not in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def extra_repr(self) -> str:
        """The settings, for `repr`."""
        return ", ".join(f"{name}={value!r}" for name, value in self.settings)

    def prepare(
        self, target: Tensor, gaze: Gaze = (0.5, 0.5), image_colorspace: str = "RGB"
    ) -> PreparedTarget | PreparedBatch:
        """Compute the statistics of a target once, to compare many images with.

        Args:
            target: (N, C, H, W), C 1 or 3, values in [0, 1].
            gaze: (x, y) in image coordinates, or one for each image as (N, 2).
            image_colorspace: "RGB" or "YCrCb"; of no account with one channel.

        Returns:
            An object with `loss(image)` and `heatmap(image)`. The next call of this module with an equal
            target and gaze uses it too.

        Raises:
            ValueError: for a shape, a dtype, a value or a size that cannot be, with the remedy.

        >>> prepared = MetamericLoss(n_pyramid_levels=2).prepare(torch.ones(1, 1, 32, 32))
        >>> bool(prepared.loss(torch.zeros(1, 1, 32, 32)) > 0)
        True
        """
        return self._prepare_checked(_check_image(target, "target"), gaze, image_colorspace)

    def _prepare_checked(
        self, target: Tensor, gaze: Gaze, image_colorspace: str
    ) -> PreparedTarget | PreparedBatch:
        _check_colorspace(image_colorspace)
        gazes = _gazes(gaze, len(target))
        analyser = self.analyser_of(target, image_colorspace)
        with full_precision(target):
            return self._kept_or_made(target, analyser, gazes)

    def _kept_or_made(
        self, target: Tensor, analyser: Analyser, gazes: list[tuple[float, float]]
    ) -> PreparedTarget | PreparedBatch:
        if target.requires_grad and torch.is_grad_enabled():
            return self._prepare(target, analyser(target), analyser, gazes)
        analysis = self._target.of(target, analyser)
        kept = self._prepared  # another thread may put another one in its place meanwhile
        if kept is not None and kept[0] is analysis and kept[1] == gazes:
            return kept[2]
        with torch.inference_mode(False), torch.no_grad():
            prepared = self._prepare(target, analysis, analyser, gazes)
        self._prepared = (analysis, gazes, prepared)
        return prepared

    def analyser_of(self, image: Tensor, colorspace: str) -> Analyser:
        """What takes apart (N, C, H, W) as this loss compares it."""
        size = (image.shape[-2], image.shape[-1])
        check_levels(size, self.settings.n_pyramid_levels)
        dtype = torch.float64 if image.dtype == torch.float64 else torch.float32
        return Analyser(size, self.settings, image.shape[1] == 3 and colorspace == "RGB", dtype)

    def _prepare(
        self, target: Tensor, analysis: Analysis, analyser: Analyser, gazes: list[tuple[float, float]]
    ) -> PreparedTarget | PreparedBatch:
        foveations = [
            Foveation(analyser.size, gaze, self.settings, analyser.dtype, target.device) for gaze in gazes
        ]
        if len(foveations) == 1:
            return PreparedTarget(analyser, analysis, foveations[0])
        pairs = zip(target.split(1), foveations, strict=True)
        return PreparedBatch([PreparedTarget(analyser, analyser(one), f) for one, f in pairs])

    def _prepared_for(
        self, image: Tensor, target: Tensor, gaze: Gaze, colorspace: str
    ) -> PreparedTarget | PreparedBatch:
        _check_image(image, "image")
        _check_image(target, "target")
        if image.shape != target.shape:
            raise ValueError(
                f"image and target must have one shape, got {tuple(image.shape)} and {tuple(target.shape)}"
            )
        if image.device != target.device or image.dtype != target.dtype:
            raise ValueError(
                f"image and target must share device and dtype, got {image.device}, {image.dtype} "
                f"and {target.device}, {target.dtype}"
            )
        return self._prepare_checked(target, gaze, colorspace)

    def forward(
        self,
        image: Tensor,
        target: Tensor,
        gaze: Gaze = (0.5, 0.5),
        image_colorspace: str = "RGB",
        visualise_loss: bool = False,
    ) -> Tensor:
        """The loss of an image against a target.

        Args:
            image: (N, C, H, W), C 1 or 3, values in [0, 1].
            target: of the same shape, device and dtype.
            gaze: (x, y) in image coordinates, [0, 1] inside the picture, or one for each image as (N, 2).
            image_colorspace: "RGB" or "YCrCb"; of no account with one channel.
            visualise_loss: keep the heatmap as `last_heatmap`.

        Returns:
            A 0-d tensor, differentiable with respect to image and target.

        Raises:
            ValueError: for a shape, a dtype, a value or a size that cannot be, with the remedy.
        """
        prepared = self._prepared_for(image, target, gaze, image_colorspace)
        if visualise_loss:
            with torch.no_grad():
                self.last_heatmap = prepared.heatmap(image).to(image.dtype)
        return prepared.loss(image).to(image.dtype)

    def heatmap(
        self,
        image: Tensor,
        target: Tensor,
        gaze: Gaze = (0.5, 0.5),
        image_colorspace: str = "RGB",
        parts: Chosen | None = None,
    ) -> Tensor:
        """Where the loss comes from; arguments and errors as for a call.

        Args:
            image, target, gaze, image_colorspace: as for a call.
            parts: those to map alone, or what says whether a part is one of them; all where None.

        Returns:
            (N, 1, H, W), not negative, in units of the loss: its mean over the picture is the loss, or the
            sum of what `dissect` gives of the parts.

        >>> loss = MetamericLoss(n_pyramid_levels=2)
        >>> target = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        >>> image = target.flip(-1)
        >>> luma = loss.heatmap(image, target, parts=lambda part: part.channel == "Y")
        >>> bool(luma.mean() < loss(image, target))
        True
        """
        prepared, own = self._prepared_and_analysis(image, target, gaze, image_colorspace)
        if isinstance(prepared, PreparedTarget) and own is not None:
            with full_precision(image):
                heatmap = prepared.heatmap_of(own, parts)
        else:
            heatmap = prepared.heatmap(image, parts)
        return heatmap.to(image.dtype)

    def dissect(
        self, image: Tensor, target: Tensor, gaze: Gaze = (0.5, 0.5), image_colorspace: str = "RGB"
    ) -> dict[Part, float]:
        """What each level, band, channel and statistic adds to the loss; arguments and errors as for a call.

        Returns:
            The value of each part, not negative; their sum is the loss. Of a gaze for each image, the mean.

        >>> from foveaview.perception.dissection import summed
        >>> loss = MetamericLoss(n_pyramid_levels=3)
        >>> target = torch.rand(1, 3, 64, 48, generator=torch.Generator().manual_seed(0))
        >>> parts = loss.dissect(target.roll(1, -1), target, gaze=(0.3, 0.4))
        >>> bool(abs(sum(parts.values()) - loss(target.roll(1, -1), target, gaze=(0.3, 0.4))) < 1e-6)
        True
        >>> list(summed(list(parts), list(parts.values()), by="level"))
        ['0', '1', '2']
        """
        prepared, own = self._prepared_and_analysis(image, target, gaze, image_colorspace)
        with torch.no_grad(), full_precision(image):
            if isinstance(prepared, PreparedTarget) and own is not None:
                values = prepared.dissect_of(own)
            else:
                values = prepared.dissect(image)
        return dict(zip(prepared.parts(), values.tolist(), strict=True))

    def _prepared_and_analysis(
        self, image: Tensor, target: Tensor, gaze: Gaze, colorspace: str
    ) -> tuple[PreparedTarget | PreparedBatch, Analysis | None]:
        """What is prepared, and the image taken apart where no gradient is asked for: an image that stays
        while the gaze moves is taken apart once.
        """
        prepared = self._prepared_for(image, target, gaze, colorspace)
        if isinstance(prepared, PreparedBatch) or (image.requires_grad and torch.is_grad_enabled()):
            return prepared, None
        with full_precision(image):
            return prepared, self._image.of(image, prepared.analyser)
