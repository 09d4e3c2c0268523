"""The metameric loss: pooled pyramid statistics of an image against those of a target.

Source: Walton et al., "Beyond Blur: Real-time Ventral Metamers for Foveated Rendering", 2021, and its
implementation in odak. Values agree with odak's, except for its errors in sizes, orientations, radial weight
and wide fields of view, which are corrected here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

import torch
from torch import Tensor, nn

from foveaview.perception.analysis.decomposition import Decomposer
from foveaview.perception.analysis.loss_breakdown import Chosen, LossPart
from foveaview.perception.odak_calls import Device, check_device, device_may_come_first
from foveaview.perception.precision import full_precision
from foveaview.perception.prepared import PreparedTarget
from foveaview.perception.target_cache import Prepared, TargetCache
from foveaview.perception.validation import Gaze
from foveaview.settings import LossSettings

__all__ = ["MetamericLoss"]

_DEFAULTS = LossSettings()
_REDUCTIONS = ("mean", "none")

T = TypeVar("T")


class _Setting(Generic[T]):
    """A setting as an attribute of the loss: setting it changes the loss."""

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, loss: MetamericLoss | None, _owner: type) -> T:
        return getattr(_DEFAULTS if loss is None else loss.settings, self._name)

    def __set__(self, loss: MetamericLoss, value: T) -> None:
        loss.settings = loss.settings.replace(**{self._name: value})


class MetamericLoss(nn.Module):
    """Distance of an image from a metamer of a target, for an eye that fixates the gaze.

    The parameters up to filter_type can be read and set as attributes, or all at once as `settings`. A
    prepared target keeps the settings that it was prepared with.

    Args:
        alpha: growth of the pooling regions with eccentricity; larger values mean larger regions.
        real_image_width: displayed width of the image, in any unit.
        real_viewing_distance: distance from the eye to the screen, in the same unit.
        n_pyramid_levels: levels of the steerable pyramid; the shorter side needs 2^n + 1 pixels.
        mode: "quadratic" or "linear" growth of the pooling angle with eccentricity.
        n_orientations: oriented bands in each level: 1, 2, 4 or 6.
        use_l2_foveal_loss: compare pixels instead of statistics around the gaze.
        fovea_weight: weight of that comparison.
        use_radial_weight: weight statistics less the farther they are from the gaze.
        use_fullres_l0: compare the pooled full-size images instead of the residual lowpass.
        filter_type: "cropped" filters (5x5 and 13x13) or the published ones in "full".
        device: checked but not used; accepted, also as the first argument, because odak takes it. The loss
            is computed on the device of the image and the target.
        equi: must be False; equirectangular images are not supported.
        reduction: "mean" over the images of a batch, or "none": a value for each image, (N,). A target of
            `prepare` always gives the mean.

    Attributes:
        settings: all parameters up to filter_type.
        last_heatmap: the heatmap of the last call with visualise_loss=True, (N, 1, H, W), detached.

    Raises:
        ValueError: for a value outside its range, use_fullres_l0 with use_l2_foveal_loss, or equi=True.

    Source: Walton et al., "Beyond Blur", 2021; odak's `MetamericLoss`.

    >>> loss = MetamericLoss(n_pyramid_levels=3)
    >>> target = torch.rand(1, 3, 64, 48, generator=torch.Generator().manual_seed(0))
    >>> float(loss(target, target, gaze=(0.3, 0.4)))
    0.0
    >>> heatmap = loss.heatmap(target.flip(-1), target, gaze=(0.3, 0.4))
    >>> bool(torch.isclose(heatmap.mean(), loss(target.flip(-1), target, gaze=(0.3, 0.4))))
    True
    >>> loss.alpha = 0.4
    >>> loss.settings.alpha
    0.4
    """

    alpha = _Setting[float]()
    real_image_width = _Setting[float]()
    real_viewing_distance = _Setting[float]()
    n_pyramid_levels = _Setting[int]()
    mode = _Setting[str]()
    n_orientations = _Setting[int]()
    use_l2_foveal_loss = _Setting[bool]()
    fovea_weight = _Setting[float]()
    use_radial_weight = _Setting[bool]()
    use_fullres_l0 = _Setting[bool]()
    filter_type = _Setting[str]()

    last_heatmap: Tensor | None

    @overload
    def __init__(
        self,
        alpha: float = ...,
        real_image_width: float = ...,
        real_viewing_distance: float = ...,
        n_pyramid_levels: int = ...,
        mode: str = ...,
        n_orientations: int = ...,
        use_l2_foveal_loss: bool = ...,
        fovea_weight: float = ...,
        use_radial_weight: bool = ...,
        use_fullres_l0: bool = ...,
        filter_type: str = ...,
        *,
        device: Device | None = ...,
        equi: bool = ...,
        reduction: Literal["mean", "none"] = ...,
    ) -> None: ...

    @overload
    def __init__(
        self,
        device: Device,
        alpha: float = ...,
        real_image_width: float = ...,
        real_viewing_distance: float = ...,
        n_pyramid_levels: int = ...,
        mode: str = ...,
        n_orientations: int = ...,
        use_l2_foveal_loss: bool = ...,
        fovea_weight: float = ...,
        use_radial_weight: bool = ...,
        use_fullres_l0: bool = ...,
        equi: bool = ...,
        *,
        filter_type: str = ...,
        reduction: Literal["mean", "none"] = ...,
    ) -> None: ...

    @device_may_come_first
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
        *,
        device: Device | None = None,
        equi: bool = False,
        reduction: Literal["mean", "none"] = "mean",
    ) -> None:
        super().__init__()
        values = {name: value for name, value in locals().items() if name in LossSettings.model_fields}
        check_device(device)
        if equi:
            raise ValueError(
                "equi=True is not supported, for images are compared as a flat screen shows them: render the "
                "view of the 360-degree image that is looked at, and give its width and distance"
            )
        if reduction not in _REDUCTIONS:
            raise ValueError(f"reduction must be one of {', '.join(_REDUCTIONS)}, got {reduction!r}")
        self.reduction = reduction
        self.settings = LossSettings(**values)
        self.last_heatmap = None

    @property
    def settings(self) -> LossSettings:
        """All settings of the loss; may be set."""
        return self._settings

    @settings.setter
    def settings(self, settings: LossSettings) -> None:
        self._settings = settings
        self._preparation = TargetCache(settings)

    @property
    def loss_map(self) -> Tensor | None:
        """`last_heatmap` under odak's name and in odak's shape, (N, H, W)."""
        return None if self.last_heatmap is None else self.last_heatmap[:, 0]

    @classmethod
    def from_settings(cls, settings: LossSettings) -> MetamericLoss:
        """Make the loss that the settings describe.

        >>> MetamericLoss.from_settings(LossSettings(alpha=0.5)).settings.alpha
        0.5
        """
        return cls(**settings.model_dump())

    def __getstate__(self) -> dict[str, Any]:
        # the cache is made again when needed: its sparse matrices can be neither copied nor saved
        return {name: value for name, value in self.__dict__.items() if name != "_preparation"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._preparation = TargetCache(self.settings)

    def extra_repr(self) -> str:
        """Return the settings, and a reduction other than the mean, for `repr`."""
        values = dict(self.settings) | ({} if self.reduction == "mean" else {"reduction": self.reduction})
        return ", ".join(f"{name}={value!r}" for name, value in values.items())

    def prepare(self, target: Tensor, gaze: Gaze = (0.5, 0.5), image_colorspace: str = "RGB") -> Prepared:
        """Compute the statistics of a target once, to compare many images with it.

        Args:
            target: (N, C, H, W), C 1 or 3, values in [0, 1].
            gaze: (x, y) in image coordinates, or one for each image as (N, 2).
            image_colorspace: "RGB" or "YCrCb"; ignored with one channel.

        Returns:
            An object with `loss(image)` and `heatmap(image)`. The next call of this module with an equal
            target and gaze uses it too.

        Raises:
            ValueError: for an invalid shape, dtype, value or size; the message names the remedy.

        >>> prepared = MetamericLoss(n_pyramid_levels=2).prepare(torch.ones(1, 1, 32, 32))
        >>> bool(prepared.loss(torch.zeros(1, 1, 32, 32)) > 0)
        True
        """
        return self._preparation.of(target, gaze, image_colorspace)

    def analyser_of(self, image: Tensor, colorspace: str) -> Decomposer:
        """Return the decomposer that this loss uses for (N, C, H, W)."""
        return self._preparation.analyser_of(image, colorspace)

    if TYPE_CHECKING:  # torch types the call of a module as Any

        def __call__(  # noqa: D102
            self,
            image: Tensor,
            target: Tensor,
            gaze: Gaze = ...,
            image_colorspace: str = ...,
            visualise_loss: bool = ...,
        ) -> Tensor: ...

    def forward(
        self,
        image: Tensor,
        target: Tensor,
        gaze: Gaze = (0.5, 0.5),
        image_colorspace: str = "RGB",
        visualise_loss: bool = False,
    ) -> Tensor:
        """Compute the loss of an image against a target.

        Args:
            image: (N, C, H, W), C 1 or 3, values in [0, 1].
            target: of the same shape, device and dtype, except that one may be in half precision and the
                other in float32. Half precision is computed in float32.
            gaze: (x, y) in image coordinates, [0, 1] inside the image, or one for each image as (N, 2).
            image_colorspace: "RGB" or "YCrCb"; ignored with one channel.
            visualise_loss: keep the heatmap as `last_heatmap`.

        Returns:
            A 0-d tensor, or (N,) with reduction "none", differentiable any number of times with respect to
            image and target.

        Raises:
            ValueError: for an invalid shape, dtype, value or size; the message names the remedy.
        """
        prepared = self._preparation.for_image(image, target, gaze, image_colorspace)
        if visualise_loss:
            with torch.no_grad():
                self.last_heatmap = prepared.heatmap(image).to(image.dtype)
        if self.reduction == "none":
            loss = prepared.heatmap(image).mean(dim=(1, 2, 3))  # as its map's mean is the loss
        else:
            loss = prepared.loss(image)
        return loss.to(torch.promote_types(image.dtype, target.dtype))

    def heatmap(
        self,
        image: Tensor,
        target: Tensor,
        gaze: Gaze = (0.5, 0.5),
        image_colorspace: str = "RGB",
        parts: Chosen | None = None,
    ) -> Tensor:
        """Map the loss by position; arguments and errors as for a call.

        Args:
            image, target, gaze, image_colorspace: as for a call.
            parts: the parts to map, or a function that returns True for them; None for all.

        Returns:
            (N, 1, H, W), not negative, in units of the loss. Its mean over the image is the loss, or the
            sum of the values that `dissect` gives for these parts.

        >>> loss = MetamericLoss(n_pyramid_levels=2)
        >>> target = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        >>> image = target.flip(-1)
        >>> luma = loss.heatmap(image, target, parts=lambda part: part.channel == "Y")
        >>> bool(luma.mean() < loss(image, target))
        True
        """
        prepared, own = self._preparation.with_analysis(image, target, gaze, image_colorspace)
        if isinstance(prepared, PreparedTarget) and own is not None:
            with full_precision(image):
                heatmap = prepared.heatmap_of(own, parts)
        else:
            heatmap = prepared.heatmap(image, parts)
        return heatmap.to(image.dtype)

    def dissect(
        self, image: Tensor, target: Tensor, gaze: Gaze = (0.5, 0.5), image_colorspace: str = "RGB"
    ) -> dict[LossPart, float]:
        """Return the share of each level, band, channel and statistic; arguments and errors as for a call.

        Returns:
            The value of each part, not negative. Their sum is the loss. With a gaze for each image, the mean.

        >>> from foveaview.perception.analysis.loss_breakdown import summed
        >>> loss = MetamericLoss(n_pyramid_levels=3)
        >>> target = torch.rand(1, 3, 64, 48, generator=torch.Generator().manual_seed(0))
        >>> parts = loss.dissect(target.roll(1, -1), target, gaze=(0.3, 0.4))
        >>> bool(abs(sum(parts.values()) - loss(target.roll(1, -1), target, gaze=(0.3, 0.4))) < 1e-6)
        True
        >>> list(summed(list(parts), list(parts.values()), by="level"))
        ['0', '1', '2']
        """
        prepared, own = self._preparation.with_analysis(image, target, gaze, image_colorspace)
        with torch.no_grad(), full_precision(image):
            if isinstance(prepared, PreparedTarget) and own is not None:
                values = prepared.dissect_of(own)
            else:
                values = prepared.dissect(image)
        return dict(zip(prepared.parts(), values.tolist(), strict=True))
