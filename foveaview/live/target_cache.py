"""A cache of prepared targets, kept from job to job."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview.live.jobs import Job
from foveaview.live.pooled_statistics_cache import PooledStatisticsCache
from foveaview.objectives.build import build_term
from foveaview.objectives.objective import Objective
from foveaview.objectives.term import PreparedTerm
from foveaview.perception.metameric import MetamericLoss
from foveaview.perception.prepared import PreparedTarget
from foveaview.perception.pyramid.padding import levels_that_fit
from foveaview.settings import LossSettings
from foveaview.synthesis.devices import resolve_device
from foveaview.synthesis.memory import check_memory

__all__ = ["Preparations", "small"]

_PREVIEW_SIDE_PX = 192
_SURELY_FITS = 1 << 20  # numbers


def small(image: Tensor) -> Tensor:
    """An image (1, C, H, W) as a preview shows it: no side longer than 192 pixels.

    >>> small(torch.rand(1, 3, 300, 600)).shape
    torch.Size([1, 3, 96, 192])
    """
    height, width = image.shape[-2:]
    factor = max(height, width) / _PREVIEW_SIDE_PX
    if factor <= 1:
        return image
    size = (max(round(height / factor), 16), max(round(width / factor), 16))
    return F.interpolate(image, size=(min(size[0], height), min(size[1], width)), mode="area")


class Preparations:
    """Measured targets, small versions and pooled statistics: all that can be computed again.

    Attributes:
        twin: the statistics of what was last pointed at.

    >>> from foveaview import LossSettings, SynthesisSettings
    >>> settings = (LossSettings(n_pyramid_levels=3), SynthesisSettings(device="cpu"))
    >>> job = Job(1, 1, torch.rand(1, 3, 300, 600), (0.5, 0.5), *settings, quality="preview")
    >>> Preparations().target(job).picture.shape
    torch.Size([1, 3, 96, 192])
    """

    def __init__(self) -> None:
        self.twin = PooledStatisticsCache()
        self._losses: dict[str, MetamericLoss] = {}
        self._mapped: dict[str, Objective] = {}
        self._reduced: dict[int, tuple[Tensor, Tensor]] = {}
        self._fits: tuple[torch.Size, LossSettings, torch.device] | None = None

    def forget(self) -> None:
        """Free it."""
        self._losses.clear()
        self._mapped.clear()
        self._reduced.clear()
        self.twin.forget()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def at_quality(self, image: Tensor, job: Job) -> Tensor:
        """The image at the job's quality; small versions of what does not change are kept."""
        if job.quality == "full":
            return image
        kept = self._reduced.get(id(image))
        if kept is None or kept[0] is not image:
            if len(self._reduced) > 8:
                self._reduced.clear()
            kept = self._reduced[id(image)] = (image, small(image))
        return kept[1]

    def target(self, job: Job) -> PreparedTarget:
        """Return the job's target, prepared for the metameric loss at the gaze.

        Raises:
            NotEnoughMemoryError: if it does not fit; the message names the size that fits.
        """
        device = resolve_device(job.settings.device)
        target = self.at_quality(job.target, job).to(device)
        settings = job.loss_settings
        if job.quality == "preview":
            fit = levels_that_fit((target.shape[-2], target.shape[-1]))
            settings = settings.replace(n_pyramid_levels=max(1, min(settings.n_pyramid_levels, fit)))
        self._check_memory(target, settings, device)
        prepared = self._loss(job.quality, settings).prepare(target, job.gaze)
        assert isinstance(prepared, PreparedTarget)
        return prepared

    def _loss(self, quality: str, settings: LossSettings) -> MetamericLoss:
        loss = self._losses.get(quality)
        if loss is None or loss.settings != settings:
            loss = self._losses[quality] = MetamericLoss.from_settings(settings)
        return loss

    def _check_memory(self, target: Tensor, settings: LossSettings, device: torch.device) -> None:
        """Check once for each size and settings: later, the cached targets would count as used memory."""
        asked = (target.shape, settings, device)
        if asked != self._fits and target.numel() > _SURELY_FITS:
            self.forget()
            check_memory((target.shape[-2], target.shape[-1]), target.shape[1], settings, device)
            self._fits = asked

    def term(self, job: Job) -> PreparedTerm:
        """The term that the job maps, at the gaze."""
        name = job.heatmap_of
        term = build_term(
            name, job.objective, job.loss_settings, job.settings.seed, job.settings.ventral_color
        )
        target = self.at_quality(job.target, job).to(resolve_device(job.settings.device))
        mapped = Objective({name: (term, 1.0)})
        prepared = mapped.prepare(target, job.gaze, like=self._mapped.get(job.quality))
        self._mapped[job.quality] = mapped
        return prepared.terms[name]
