"""Loss of one metamer against its target at every gaze of a recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foveaview.gaze.recording import Recording
from foveaview.gaze.visual_angle import Angles
from foveaview.perception.analysis.scanpath import ScanpathLoss
from foveaview.settings import LossSettings

__all__ = ["ScanpathResult", "measure_scanpath"]

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ScanpathResult:
    """The loss of a metamer at every sample of a recording.

    Attributes:
        settings: settings of the loss.
        gaze: the gaze that the metamer was made for.
        t: (n,) seconds, on the recording's clock.
        x, y: (n,), image coordinates.
        loss: (n,), NaN if the eye was not seen.
        error_deg: (n,), angle between the gaze and that of the metamer; NaN if the eye was not seen.
        worst: the sample with the largest loss.
        worst_loss: loss of that sample, by `MetamericLoss` itself.
        largest_error: largest relative error of the losses that were checked; 0 if all are exact.
    """

    settings: LossSettings
    gaze: tuple[float, float]
    t: Numbers
    x: Numbers
    y: Numbers
    loss: Numbers
    error_deg: Numbers
    worst: int
    worst_loss: float
    largest_error: float

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """Mask of the samples with a loss, (n,)."""
        return np.isfinite(self.loss)

    @property
    def worst_gaze(self) -> tuple[float, float]:
        """Gaze of the sample with the largest loss."""
        return float(self.x[self.worst]), float(self.y[self.worst])

    def summary(self) -> dict[str, Any]:
        """Return a summary of all samples, as plain values."""
        loss, error = self.loss[self.usable], self.error_deg[self.usable]
        return {
            "samples": len(self.t),
            "usable": len(loss),
            "duration_s": float(self.t[-1] - self.t[0]),
            "loss": _spread(loss),
            "error_deg": _spread(error),
            "worst": {
                "t": float(self.t[self.worst]),
                "gaze": list(self.worst_gaze),
                "loss": self.worst_loss,
                "error_deg": float(self.error_deg[self.worst]),
            },
            "largest_relative_error": self.largest_error,
            "by_error_deg": self.by_error(),
        }

    def by_error(self, bins: int = 20) -> list[dict[str, float]]:
        """Return the loss in bins of the gaze error of equal width, without empty bins."""
        loss, error = self.loss[self.usable], self.error_deg[self.usable]
        edges = np.linspace(0, max(float(error.max()), 1e-9), bins + 1)
        which = np.clip(np.digitize(error, edges) - 1, 0, bins - 1)
        rows = []
        for index in np.unique(which):
            own = {"from_deg": float(edges[index]), "to_deg": float(edges[index + 1])}
            rows.append({**own, **_spread(loss[which == index]), "samples": int((which == index).sum())})
        return rows


def _spread(values: Numbers) -> dict[str, float]:
    quantiles = np.quantile(values, [0.25, 0.5, 0.75, 0.95])
    names = ("p25", "median", "p75", "p95")
    return {"mean": float(values.mean()), **dict(zip(names, map(float, quantiles), strict=True))}


def measure_scanpath(
    target: Tensor,
    metamer: Tensor,
    recording: Recording,
    gaze: tuple[float, float],
    settings: LossSettings | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ScanpathResult:
    """Compute the loss of a metamer against its target at every gaze of a recording.

    Args:
        target: (1, C, H, W), C 1 or 3, values in [0, 1].
        metamer: image of the same shape, device and dtype.
        recording: in image coordinates; see `laid_on_image`.
        gaze: the gaze that the metamer was made for.
        settings: settings of the loss; the defaults if None.
        on_progress: takes the number of different gazes done and the total.

    Raises:
        ValueError: for invalid images or an invalid recording, with the remedy.
        Interrupted: within `interruptible`, if interrupted.

    >>> target = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    >>> recording = Recording("a", np.arange(3.0), np.array([0.1, np.nan, 0.9]), np.full(3, 0.5))
    >>> result = measure_scanpath(target.roll(1, -1), target, recording, (0.1, 0.5),
    ...                           LossSettings(n_pyramid_levels=2))
    >>> result.usable, float(result.error_deg[0])
    (array([ True, False,  True]), 0.0)
    """
    settings = settings or LossSettings()
    if recording.unit != "image":
        raise ValueError(f"{recording.name}: its gaze is in {recording.unit}, not in image coordinates")
    usable = recording.usable
    if not usable.any():
        raise ValueError(f"{recording.name}: none of its {len(recording)} samples has a valid gaze")
    losses = ScanpathLoss(metamer, target, settings)
    gazes = np.stack([recording.x[usable], recording.y[usable]], axis=1)
    measured = losses.measure(torch.from_numpy(gazes), on_progress)
    loss = np.full(len(recording), np.nan)
    loss[usable] = measured.values.double().cpu().numpy()
    angles = Angles.of((target.shape[-2], target.shape[-1]), settings)
    error_deg = np.where(usable, angles.between(recording.x, recording.y, *gaze), np.nan)
    worst = int(np.nanargmax(loss))
    worst_loss = float(losses.exactly((float(recording.x[worst]), float(recording.y[worst]))))
    return ScanpathResult(
        settings,
        gaze,
        recording.t,
        recording.x,
        recording.y,
        loss,
        error_deg,
        worst,
        worst_loss,
        measured.largest_error,
    )
