"""Preparing targets for the metameric loss, once for what is asked again."""

from __future__ import annotations

import torch
from torch import Tensor

from foveaview.perception.analysis import Analyser, Analysis, KeptAnalysis
from foveaview.perception.foveation import Foveation
from foveaview.perception.grid import check_levels
from foveaview.perception.inputs import Gaze, check_alike, check_colorspace, check_picture, gazes_for
from foveaview.perception.precision import full_precision
from foveaview.perception.prepared import PreparedBatch, PreparedTarget
from foveaview.settings import LossSettings

__all__ = ["Preparation", "Prepared"]

Prepared = PreparedTarget | PreparedBatch

_Gazes = list[tuple[float, float]]


class Preparation:
    """Prepares targets, and keeps the last one: an equal one is not computed again.

    Args:
        settings: of the loss.

    >>> preparation = Preparation(LossSettings(n_pyramid_levels=2))
    >>> target = torch.ones(1, 1, 32, 32)
    >>> preparation.of(target, (0.5, 0.5), "RGB") is preparation.of(target.clone(), (0.5, 0.5), "RGB")
    True
    """

    def __init__(self, settings: LossSettings) -> None:
        self._settings = settings
        self._target, self._image = KeptAnalysis(), KeptAnalysis()
        self._kept: tuple[Analysis, _Gazes, Prepared] | None = None

    def analyser_of(self, image: Tensor, colorspace: str) -> Analyser:
        """What takes apart (N, C, H, W) as the loss compares it."""
        size = (image.shape[-2], image.shape[-1])
        check_levels(size, self._settings.n_pyramid_levels)
        dtype = torch.float64 if image.dtype == torch.float64 else torch.float32
        return Analyser(size, self._settings, image.shape[1] == 3 and colorspace == "RGB", dtype)

    def of(self, target: Tensor, gaze: Gaze, colorspace: str) -> Prepared:
        """The target (N, C, H, W) prepared at a gaze; `ValueError` where it, gaze or colours cannot be."""
        return self._of_checked(check_picture(target, "target"), gaze, colorspace)

    def _of_checked(self, target: Tensor, gaze: Gaze, colorspace: str) -> Prepared:
        check_colorspace(colorspace)
        gazes = gazes_for(gaze, len(target))
        analyser = self.analyser_of(target, colorspace)
        with full_precision(target):
            return self._kept_or_made(target, analyser, gazes)

    def for_image(self, image: Tensor, target: Tensor, gaze: Gaze, colorspace: str) -> Prepared:
        """The target prepared, and the image checked to be like it."""
        check_picture(image, "image")
        check_picture(target, "target")
        check_alike(image, target)
        return self._of_checked(target, gaze, colorspace)

    def with_analysis(
        self, image: Tensor, target: Tensor, gaze: Gaze, colorspace: str
    ) -> tuple[Prepared, Analysis | None]:
        """What is prepared, and the image taken apart where no gradient is asked for: an image that stays
        while the gaze moves is taken apart once.
        """
        prepared = self.for_image(image, target, gaze, colorspace)
        if isinstance(prepared, PreparedBatch) or (image.requires_grad and torch.is_grad_enabled()):
            return prepared, None
        with full_precision(image):
            return prepared, self._image.of(image, prepared.analyser)

    def _kept_or_made(self, target: Tensor, analyser: Analyser, gazes: _Gazes) -> Prepared:
        if target.requires_grad and torch.is_grad_enabled():
            return self._make(target, analyser(target), analyser, gazes)
        analysis = self._target.of(target, analyser)
        kept = self._kept  # another thread may put another one in its place meanwhile
        if kept is not None and kept[0] is analysis and kept[1] == gazes:
            return kept[2]
        with torch.inference_mode(False), torch.no_grad():
            prepared = self._make(target, analysis, analyser, gazes)
        self._kept = (analysis, gazes, prepared)
        return prepared

    def _make(self, target: Tensor, analysis: Analysis, analyser: Analyser, gazes: _Gazes) -> Prepared:
        foveations = [
            Foveation(analyser.size, gaze, self._settings, analyser.dtype, target.device) for gaze in gazes
        ]
        if len(foveations) == 1:
            return PreparedTarget(analyser, analysis, foveations[0])
        pairs = zip(target.split(1), foveations, strict=True)
        return PreparedBatch([PreparedTarget(analyser, analyser(one), f) for one, f in pairs])
