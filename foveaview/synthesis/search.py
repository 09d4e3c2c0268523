"""A search for a metamer of one target at one gaze: what the command line and the window run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from foveaview.perception.metameric import MetamericLoss, PreparedTarget
from foveaview.provenance import provenance, versions
from foveaview.settings import LossSettings, SynthesisSettings
from foveaview.synthesis.checkpoint import Checkpoint, image_sha256
from foveaview.synthesis.run import Outcome, Step, Synthesis
from foveaview.synthesis.start import start_image

__all__ = ["MetamerSearch", "resolve_device"]


def resolve_device(name: str) -> torch.device:
    """The device of a name; "auto" takes a GPU where there is one.

    Raises:
        ValueError: where the device is not there.

    >>> resolve_device("cpu")
    device(type='cpu')
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(device for device, there in available.items() if there)
    if not available.get(name, False):
        there = ", ".join(device for device, is_there in available.items() if is_there)
        raise ValueError(f"there is no {name} device here: choose auto or one of {there}")
    return torch.device(name)


class MetamerSearch:
    """A target at a gaze, the loss of every image against it, and the search that lowers it.

    Args:
        target: (1, C, H, W) in [0, 1].
        gaze: (x, y) in image coordinates.
        loss_settings: of the loss.
        settings: of the search; `settings.device` says where it runs.
        start: (1, C, H, W), the start where settings.start is "image".

    Raises:
        ValueError: for a target, a gaze, a setting or a device that cannot be.

    >>> search = MetamerSearch(
    ...     torch.rand(1, 1, 32, 32), (0.5, 0.5), LossSettings(n_pyramid_levels=3), SynthesisSettings(steps=2)
    ... )
    >>> search.run(), search.synthesis.iteration
    (<Outcome.STEPS_DONE: 'all steps done'>, 2)
    """

    def __init__(
        self,
        target: Tensor,
        gaze: tuple[float, float],
        loss_settings: LossSettings,
        settings: SynthesisSettings,
        start: Tensor | None = None,
    ) -> None:
        self.target = target.to(resolve_device(settings.device))
        self.gaze, self.loss_settings, self.settings = gaze, loss_settings, settings
        self.prepared = self._prepared(gaze, loss_settings)
        first = start_image(self.target, gaze, loss_settings, settings, start)
        self.synthesis = Synthesis(self.prepared.loss, first, settings.learning_rate)

    def _prepared(self, gaze: tuple[float, float], loss_settings: LossSettings) -> PreparedTarget:
        prepared = MetamericLoss.from_settings(loss_settings).prepare(self.target, gaze)
        assert isinstance(prepared, PreparedTarget)
        return prepared

    def retarget(self, gaze: tuple[float, float], loss_settings: LossSettings) -> None:
        """Go on from the image as it is, towards another gaze or another loss."""
        if (gaze, loss_settings) == (self.gaze, self.loss_settings):
            return
        self.prepared = self._prepared(gaze, loss_settings)
        self.gaze, self.loss_settings = gaze, loss_settings
        self.synthesis.objective = self.prepared.loss

    @classmethod
    def resumed(cls, checkpoint: Checkpoint, target: Tensor, settings: SynthesisSettings) -> MetamerSearch:
        """The search of a checkpoint, to go on as if never stopped.

        Args:
            checkpoint: the stopped search.
            target: (1, C, H, W), the same as then.
            settings: those of the checkpoint, or with other steps, stop or device.

        Raises:
            ValueError: where the checkpoint is of another target.
        """
        checkpoint.check_target(target)
        search = cls(target, checkpoint.gaze, checkpoint.loss_settings, settings, checkpoint.state["image"])
        search.synthesis.restore(checkpoint.state)
        return search

    def checkpoint(self) -> Checkpoint:
        """All there is to go on from here."""
        return Checkpoint(
            gaze=self.gaze,
            loss_settings=self.loss_settings,
            synthesis_settings=self.settings,
            target_sha256=image_sha256(self.target),
            state=self.synthesis.state(),
            packages=versions(),
        )

    def about(self, **more: Any) -> dict[str, Any]:
        """What the image as it is was made with; see `foveaview.provenance`."""
        iteration = self.synthesis.iteration
        return provenance(self.gaze, self.loss_settings, self.settings, iteration=iteration, **more)

    def run(self, on_step: Callable[[Step], bool] | None = None) -> Outcome:
        """Step until done, converged, or on_step returns False; see `Synthesis.run`."""
        return self.synthesis.run(
            self.settings.steps,
            stop_fraction=self.settings.stop_fraction,
            stop_window=self.settings.stop_window,
            on_step=on_step,
        )

    def heatmap(self) -> Tensor:
        """Where the loss of the image as it is now comes from, (1, 1, H, W)."""
        with torch.no_grad():
            return self.prepared.heatmap(self.synthesis.image)
