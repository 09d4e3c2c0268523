"""Prepared targets for the metameric loss, cached for repeated requests."""

from __future__ import annotations

from torch import Tensor

from foveaview.perception.analysis.decomposition import Decomposer, Decomposition, KeptAnalysis
from foveaview.perception.autograd import constants, is_differentiated
from foveaview.perception.precision import computing_dtype, full_precision
from foveaview.perception.prepared import PreparedBatch, PreparedTarget, prepared_at
from foveaview.perception.pyramid.padding import check_levels
from foveaview.perception.validation import Gaze, check_alike, check_colorspace, check_picture, gazes_for
from foveaview.settings import LossSettings

__all__ = ["Prepared", "TargetCache"]

Prepared = PreparedTarget | PreparedBatch

_Gazes = list[tuple[float, float]]


class TargetCache:
    """Prepares targets, and keeps the last one: an equal target is not prepared again.

    Args:
        settings: settings of the loss.

    >>> import torch
    >>> preparation = TargetCache(LossSettings(n_pyramid_levels=2))
    >>> target = torch.ones(1, 1, 32, 32)
    >>> preparation.of(target, (0.5, 0.5), "RGB") is preparation.of(target.clone(), (0.5, 0.5), "RGB")
    True
    """

    def __init__(self, settings: LossSettings) -> None:
        self._settings = settings
        self._target, self._image = KeptAnalysis(), KeptAnalysis()
        self._kept: tuple[Decomposition, _Gazes, PreparedTarget] | None = None
        self._batch: PreparedBatch | None = None
        self._gazes: _Gazes | None = None

    def analyser_of(self, image: Tensor, colorspace: str) -> Decomposer:
        """The decomposer of (N, C, H, W) for the loss."""
        size = (image.shape[-2], image.shape[-1])
        check_levels(size, self._settings.n_pyramid_levels)
        from_rgb = image.shape[1] == 3 and colorspace == "RGB"
        return Decomposer(size, self._settings, from_rgb, computing_dtype(image))

    def of(self, target: Tensor, gaze: Gaze, colorspace: str) -> Prepared:
        """Prepare the target (N, C, H, W) at a gaze; raise `ValueError` for an invalid argument."""
        return self._of_checked(check_picture(target, "target"), gaze, colorspace, keeps=True)

    def _of_checked(self, target: Tensor, gaze: Gaze, colorspace: str, keeps: bool) -> Prepared:
        check_colorspace(colorspace)
        gazes = gazes_for(gaze, len(target))
        analyser = self.analyser_of(target, colorspace)
        with full_precision(target):
            if len(gazes) > 1:
                return self._batch_of(target, analyser, gazes, keeps)
            return self._kept_or_made(target, analyser, gazes)

    def for_image(self, image: Tensor, target: Tensor, gaze: Gaze, colorspace: str) -> Prepared:
        """Prepare the target, and check that the image is like it."""
        check_picture(image, "image")
        check_picture(target, "target")
        check_alike(image, target)
        return self._of_checked(target, gaze, colorspace, keeps=False)

    def with_analysis(
        self, image: Tensor, target: Tensor, gaze: Gaze, colorspace: str
    ) -> tuple[Prepared, Decomposition | None]:
        """Return the prepared target, and the image's decomposition if no gradient is needed, else None.

        An image that stays the same while the gaze moves is decomposed once.
        """
        prepared = self.for_image(image, target, gaze, colorspace)
        if isinstance(prepared, PreparedBatch) or is_differentiated(image):
            return prepared, None
        with full_precision(image):
            return prepared, self._image.of(image, prepared.analyser)

    def _kept_or_made(self, target: Tensor, analyser: Decomposer, gazes: _Gazes) -> PreparedTarget:
        if is_differentiated(target):
            return prepared_at(gazes[0], analyser, analyser(target))
        analysis = self._target.of(target, analyser)
        kept = self._kept  # another thread may replace it meanwhile
        if kept is not None and kept[0] is analysis and kept[1] == gazes:
            return kept[2]
        with constants():
            prepared = prepared_at(gazes[0], analyser, analysis)
        self._kept = (analysis, gazes, prepared)
        return prepared

    def _batch_of(self, target: Tensor, analyser: Decomposer, gazes: _Gazes, keeps: bool) -> PreparedBatch:
        """Return a batch to keep, or one to use once: training asks once for each batch and its gazes."""
        kept, before, self._gazes = self._batch, self._gazes, gazes
        if is_differentiated(target) or not (keeps or gazes == before):
            self._batch = None
            return PreparedBatch(analyser, target, gazes)
        if kept is not None and kept.is_of(analyser, target, gazes):
            return kept
        with constants():
            self._batch = batch = PreparedBatch(analyser, target.clone(), gazes)
        return batch
