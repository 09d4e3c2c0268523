"""A search for a metamer of one target at one gaze: what the command line and the window run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from foveaview.budget import check_memory
from foveaview.perception.foveation import check_gaze
from foveaview.perception.metameric import MetamericLoss, PreparedTarget
from foveaview.provenance import provenance, versions
from foveaview.settings import LossSettings, SynthesisSettings
from foveaview.synthesis.checkpoint import Checkpoint, image_sha256
from foveaview.synthesis.metamer import Metamer
from foveaview.synthesis.run import Outcome, Step, has_converged
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


def _check_optimizer(synthesis: Metamer) -> None:
    """Raise where what was restored is not Adam's of this image."""
    optimizer, image = synthesis.optimizer, synthesis.metamer
    assert optimizer is not None
    for group in optimizer.param_groups:
        if not (isinstance(group["lr"], float) and 0 < group["lr"] < float("inf")):
            raise ValueError(f"its learning rate is {group['lr']!r}")
    for state in optimizer.state.values():
        for name in ("exp_avg", "exp_avg_sq"):
            if state[name].shape != image.shape or not bool(torch.isfinite(state[name]).all()):
                raise ValueError(f"its {name} is not of this image")
        if not float(state["step"]) >= 0:
            raise ValueError("its step is no number")


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
        NotEnoughMemory: where it would not fit, with the size that would.

    >>> search = MetamerSearch(
    ...     torch.rand(1, 1, 32, 32), (0.5, 0.5), LossSettings(n_pyramid_levels=3), SynthesisSettings(steps=2)
    ... )
    >>> search.run(), search.synthesis.iteration
    (<Outcome.STEPS_DONE: 'all steps done'>, 2)
    """

    CHECK_EVERY = 10
    """Steps between two looks at the losses: each look waits for the device."""

    def __init__(
        self,
        target: Tensor,
        gaze: tuple[float, float],
        loss_settings: LossSettings,
        settings: SynthesisSettings,
        start: Tensor | None = None,
    ) -> None:
        if target.dtype not in (torch.float32, torch.float64):
            raise ValueError(f"target must be float32 or float64 to search with, got {target.dtype}")
        if torch.is_inference_mode_enabled():
            raise ValueError("a search takes gradients: make it outside torch.inference_mode()")
        gaze = check_gaze(gaze)
        device = resolve_device(settings.device)
        check_memory((target.shape[-2], target.shape[-1]), target.shape[1], loss_settings, device)
        self.target = target.detach().to(device)
        self.gaze, self.loss_settings, self.settings = gaze, loss_settings, settings
        self._metameric = MetamericLoss.from_settings(loss_settings)
        self.prepared = self._prepared(gaze, loss_settings)
        first = start_image(self.target, gaze, loss_settings, settings, start)
        # the loss is of images, not of representations: the target's are in what is prepared
        self.synthesis = Metamer(
            self.target, nn.Identity().eval(), self._loss, penalty_lambda=0, clamp=(0.0, 1.0)
        )
        self.synthesis.setup(first, torch.optim.Adam, {"lr": settings.learning_rate})

    def _loss(self, image: Tensor, _target: Tensor) -> Tensor:
        return self.prepared.loss(image)

    def _prepared(self, gaze: tuple[float, float], loss_settings: LossSettings) -> PreparedTarget:
        if self._metameric.settings != loss_settings:
            self._metameric = MetamericLoss.from_settings(loss_settings)
        prepared = self._metameric.prepare(self.target, gaze)  # at another gaze it is not taken apart again
        assert isinstance(prepared, PreparedTarget)
        return prepared

    def retarget(self, gaze: tuple[float, float], loss_settings: LossSettings) -> None:
        """Go on from the image as it is, towards another gaze or another loss."""
        if (gaze, loss_settings) == (self.gaze, self.loss_settings):
            return
        self.prepared = self._prepared(gaze, loss_settings)
        self.gaze, self.loss_settings = gaze, loss_settings
        self.synthesis.refresh()

    @classmethod
    def resumed(cls, checkpoint: Checkpoint, target: Tensor, settings: SynthesisSettings) -> MetamerSearch:
        """The search of a checkpoint, to go on as if never stopped.

        Args:
            checkpoint: the stopped search.
            target: (1, C, H, W), the same as then.
            settings: those of the checkpoint, or with other steps, stop or device.

        Raises:
            ValueError: where the checkpoint is of another target, or damaged.
        """
        checkpoint.check_target(target)
        # its own metamer for a start, so that no other is drawn
        begun = settings.replace(start="image")
        search = cls(target, checkpoint.gaze, checkpoint.loss_settings, begun, checkpoint.state["metamer"])
        search.settings = settings
        try:
            search.synthesis.restore(checkpoint.state)
            _check_optimizer(search.synthesis)
        except Exception as error:  # what is damaged may raise anything
            raise ValueError(f"a damaged checkpoint ({type(error).__name__}: {error})") from error
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
            device=str(self.target.device),
        )

    def about(self, **more: Any) -> dict[str, Any]:
        """What the image as it is was made with; see `foveaview.provenance`."""
        iteration = self.synthesis.iteration
        return provenance(self.gaze, self.loss_settings, self.settings, iteration=iteration, **more)

    @property
    def image(self) -> Tensor:
        """The image as it is now, (1, C, H, W) in [0, 1], sharing memory with the search."""
        return self.synthesis.metamer.detach()

    def _settled(self, losses: Sequence[float]) -> bool:
        return has_converged(losses, self.settings.stop_fraction, self.settings.stop_window)

    def check(self) -> Outcome | None:
        """Look at the losses where it is time to: an outcome where the search should end, else None."""
        last = self.synthesis.iteration >= self.settings.steps
        outcome = None
        if last or self.synthesis.iteration % self.CHECK_EVERY == 0:
            outcome = self.synthesis.check(self._settled, whole=last)
        return outcome or (Outcome.STEPS_DONE if last else None)

    def run(self, on_step: Callable[[Step], bool | None] | None = None) -> Outcome:
        """Step until done, converged, or on_step returns False; see `Metamer.run`."""
        remaining = max(self.settings.steps - self.synthesis.iteration, 0)
        return self.synthesis.run(remaining, self._settled, on_step, check_every=self.CHECK_EVERY)

    def heatmap(self) -> Tensor:
        """Where the loss of the image as it is now comes from, (1, 1, H, W)."""
        with torch.no_grad():
            return self.prepared.heatmap(self.image)
