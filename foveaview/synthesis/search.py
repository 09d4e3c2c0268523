"""A search for a metamer of one target at one gaze: what the command line and the window run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from foveaview.io.untrusted import one_line
from foveaview.objectives.build import build_objective
from foveaview.objectives.metameric import Metameric
from foveaview.objectives.objective import Objective
from foveaview.perception.pooling.gaze_operators import check_gaze
from foveaview.perception.prepared import PreparedTarget
from foveaview.provenance import provenance, versions
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings, weight_names
from foveaview.synthesis.checkpoints.checkpoint import Checkpoint, image_sha256
from foveaview.synthesis.devices import resolve_device
from foveaview.synthesis.initial_image import start_image
from foveaview.synthesis.memory import check_memory
from foveaview.synthesis.metamer import Metamer
from foveaview.synthesis.optimizers.lbfgs import ProjectedLBFGS
from foveaview.synthesis.run import Outcome, Step, outcome_text
from foveaview.synthesis.stop_rule import StopRule
from foveaview.synthesis.term_history import TermHistory

__all__ = ["MetamerSearch"]

_BOUNDS = (0.0, 1.0)
_OF_START = ("start", "seed", "ventral_color")
# settings that keep losses comparable when they change
_SAME_RULE = ("steps", "device")


def _optimizer_of(settings: SynthesisSettings) -> tuple[type[Optimizer], dict[str, Any]]:
    """Return class and arguments of the optimizer that resolved settings name."""
    if settings.optimizer == "lbfgs":
        return ProjectedLBFGS, {"lr": 1.0, "bounds": _BOUNDS}
    return Adam, {"lr": settings.learning_rate}


class MetamerSearch:
    """The search for a metamer: a target at a gaze, the loss of an image against it, and the steps.

    Args:
        target: (1, C, H, W) in [0, 1].
        gaze: (x, y) in image coordinates.
        loss_settings: of the loss.
        settings: of the search; `settings.device` is the device.
        start: (1, C, H, W), the start if settings.start is "image".
        objective_settings: the terms that are lowered; None for the metameric loss alone.

    Attributes:
        objective: the weighted terms at the gaze.

    Raises:
        ValueError: if the target, the gaze, a setting or the device is invalid.
        NotEnoughMemoryError: if it would not fit, with the size that would.

    >>> search = MetamerSearch(
    ...     torch.rand(1, 1, 32, 32), (0.5, 0.5), LossSettings(n_pyramid_levels=3), SynthesisSettings(steps=2)
    ... )
    >>> search.run(), search.synthesis.iteration
    (<Outcome.STEPS_DONE: 'all steps done'>, 2)
    """

    CHECK_EVERY = 10
    """Steps between two checks of the losses: each check waits for the device."""

    def __init__(
        self,
        target: Tensor,
        gaze: tuple[float, float],
        loss_settings: LossSettings,
        settings: SynthesisSettings,
        start: Tensor | None = None,
        objective_settings: ObjectiveSettings | None = None,
    ) -> None:
        if target.dtype not in (torch.float32, torch.float64):
            raise ValueError(f"target must be float32 or float64 to search with, got {target.dtype}")
        if torch.is_inference_mode_enabled():
            raise ValueError("a search takes gradients: make it outside torch.inference_mode()")
        gaze = check_gaze(gaze)
        device = resolve_device(settings.device)
        size = (target.shape[-2], target.shape[-1])
        resolved = settings.resolved((objective_settings or ObjectiveSettings()).is_stateful)
        check_memory(size, target.shape[1], loss_settings, device, objective_settings, resolved.optimizer)
        self.target = target.detach().to(device)
        self.gaze, self.loss_settings, self.settings = gaze, loss_settings, settings
        self.objective_settings = objective_settings or ObjectiveSettings()
        self._objective = self._build(loss_settings, self.objective_settings)
        self.objective = self._objective.prepare(self.target, gaze)
        self._metameric: Metameric | None = None
        self.terms = TermHistory(tuple(weight_names()))
        first = start_image(self.target, gaze, loss_settings, settings, start)
        # the loss takes images, not representations: those of the target are in the prepared terms
        self.synthesis = Metamer(
            self.target, nn.Identity().eval(), self._loss, penalty_lambda=0, clamp=_BOUNDS
        )
        self._stop_rule = StopRule(self.target.dtype)
        self._optimizer = self.resolved.optimizer
        self.synthesis.setup(first, *_optimizer_of(self.resolved))

    def _loss(self, image: Tensor, _target: Tensor) -> Tensor:
        return self.objective.loss(image)

    def _build(self, loss_settings: LossSettings, objective_settings: ObjectiveSettings) -> Objective:
        return build_objective(
            objective_settings, loss_settings, self.settings.seed, self.settings.ventral_color
        )

    @property
    def total_steps(self) -> int:
        """Steps of the whole search."""
        steps = self.resolved.steps
        assert steps is not None
        return steps

    @property
    def resolved(self) -> SynthesisSettings:
        """The settings with optimizer and number of steps decided for this objective."""
        return self.settings.resolved(self.objective_settings.is_stateful)

    @property
    def prepared(self) -> PreparedTarget:
        """The metameric loss at the gaze, even if it is not a term."""
        own = self.objective.terms.get("metameric")
        if isinstance(own, PreparedTarget):
            return own
        if self._metameric is None or self._metameric.settings != self.loss_settings:
            self._metameric = Metameric(self.loss_settings)
        return self._metameric.prepare(self.target, self.gaze)

    def retarget(
        self,
        gaze: tuple[float, float],
        loss_settings: LossSettings,
        objective_settings: ObjectiveSettings | None = None,
    ) -> None:
        """Continue from the current image towards another gaze, another loss or other weights.

        Unchanged terms are not prepared again, and learnt state is kept.
        """
        objective_settings = objective_settings or self.objective_settings
        wanted = (gaze, loss_settings, objective_settings)
        if wanted == (self.gaze, self.loss_settings, self.objective_settings):
            return
        built = self._build(loss_settings, objective_settings)
        objective = built.prepare(self.target, gaze, like=self._objective)
        objective.steps = self.objective.steps
        self._objective, self.objective = built, objective
        self.gaze, self.loss_settings, self.objective_settings = wanted
        self.terms.known = None
        self.synthesis.refresh()
        self.restart_stop_rule()
        self._use_optimizer()

    def adopt(self, settings: SynthesisSettings) -> None:
        """Continue with other settings; those of the start stay as they were when the search began."""
        settings = settings.replace(**{name: getattr(self.settings, name) for name in _OF_START})
        before, self.settings = self.settings, settings
        if before.replace(**{name: getattr(settings, name) for name in _SAME_RULE}) != settings:
            self.restart_stop_rule()
        self._use_optimizer()

    def restart_stop_rule(self) -> None:
        """Judge convergence only by the losses from here on."""
        self._stop_rule.restart(self.synthesis.iteration)

    def _use_optimizer(self) -> None:
        """Change to the optimizer that settings and objective require, or keep it with its memory."""
        resolved = self.resolved
        if resolved.optimizer != self._optimizer:
            self._optimizer, self.terms.known = resolved.optimizer, None
            self.synthesis.change_optimizer(*_optimizer_of(resolved))
        elif resolved.optimizer == "adam":
            self.synthesis.learning_rate = resolved.learning_rate

    def _after(self, step: Step) -> None:
        """Record the terms of a step, and train those that learn."""
        self.terms.note(step, self.objective.values, tries=self._optimizer == "lbfgs")
        self.objective.step(self.image)

    def term_values(self) -> dict[str, list[float]]:
        """Return the values of each weighted term, before every step and for the current image."""
        self.objective.loss(self.image)
        now = {name: float(value) for name, value in self.objective.values.items()}
        return {name: [*self.terms.column(name), now.get(name, float("nan"))] for name in now}

    def _go_back(self) -> None:
        """Return terms and objective to the synthesis's last finite image."""
        self.terms.known = None
        self._stop_rule.truncate(self.synthesis.iteration)
        self.terms.truncate(self.synthesis.iteration)
        self.objective.steps = min(self.objective.steps, self.synthesis.iteration)

    def step(self) -> Step:
        """Take one step without waiting for the device."""
        step = self.synthesis.step()
        self._after(step)
        return step

    @classmethod
    def resumed(cls, checkpoint: Checkpoint, target: Tensor, settings: SynthesisSettings) -> MetamerSearch:
        """Make the search of a checkpoint, which continues as if it had never stopped.

        Args:
            checkpoint: the stopped search.
            target: (1, C, H, W), the same as then.
            settings: those of the checkpoint, or with other steps, stop or device.

        Raises:
            ValueError: if the checkpoint is of another target, or damaged.
        """
        checkpoint.check_target(target)
        # its own metamer for a start, so that no other is drawn
        begun = settings.replace(start="image")
        search = cls(
            target,
            checkpoint.gaze,
            checkpoint.loss_settings,
            begun,
            checkpoint.state["metamer"],
            checkpoint.objective_settings,
        )
        search.settings = settings
        try:
            search._restore(checkpoint.state)
        except Exception as error:  # a damaged state may raise anything
            reason = one_line(f"{type(error).__name__}: {error}", 300)
            raise ValueError(f"a damaged checkpoint ({reason})") from error
        return search

    def _restore(self, state: dict[str, Any]) -> None:
        """Return to the state of a checkpoint; raise if it is damaged."""
        kind, _ = _optimizer_of(self.resolved)
        name = str(state["optimizer"]["name"])
        if name.rpartition(".")[2] != kind.__name__:
            raise ValueError(f"its optimizer is {name}, its settings say {self._optimizer}")
        self.synthesis.restore(state)
        if not 0 < self.synthesis.learning_rate < float("inf"):
            raise ValueError(f"its learning rate is {self.synthesis.learning_rate}")
        self._restore_terms(state)
        self._stop_rule.load(state, self.synthesis.iteration)

    def _restore_terms(self, state: dict[str, Any]) -> None:
        if "objective" not in state:  # written when there was one term
            if self.objective.state_dict()["learnt"]:
                raise ValueError("what its terms have learnt is missing")
            self.objective.steps = self.synthesis.iteration
            return
        self.objective.load_state_dict(state["objective"])
        if self.objective.steps > self.synthesis.iteration:
            raise ValueError("its terms are not of this search")
        self.terms.load(state, self.synthesis.iteration, self.target)

    def checkpoint(self) -> Checkpoint:
        """Make a checkpoint to continue from here."""
        return Checkpoint(
            gaze=self.gaze,
            loss_settings=self.loss_settings,
            synthesis_settings=self.settings,
            objective_settings=self.objective_settings,
            target_sha256=image_sha256(self.target),
            state={
                **self.synthesis.state(),
                "objective": self.objective.state_dict(),
                **self.terms.state_dict(),
                **self._stop_rule.state_dict(),
            },
            packages=versions(),
            device=str(self.target.device),
        )

    def about(self, **more: Any) -> dict[str, Any]:
        """Return what the current image was made with; see `foveaview.provenance`."""
        iteration = self.synthesis.iteration
        objective = self.objective_settings.model_dump()
        return provenance(
            self.gaze,
            self.loss_settings,
            self.settings,
            objective_settings=objective,
            iteration=iteration,
            **more,
        )

    @property
    def image(self) -> Tensor:
        """The current image, (1, C, H, W) in [0, 1], sharing memory with the search."""
        return self.synthesis.metamer.detach()

    @property
    def measured_image(self) -> tuple[Tensor, int]:
        """The newest image with measured terms, which must not be changed, and its step."""
        previous, iteration = self.synthesis.previous, self.synthesis.iteration
        known = self.terms.known is not None or previous is None
        return (self.image, iteration) if known or previous is None else (previous, iteration - 1)

    @property
    def current_values(self) -> dict[str, float]:
        """Value of each term for the current image; empty if no step has measured it yet."""
        return {name: float(value) for name, value in (self.terms.known or {}).items()}

    def _settled(self, losses: Sequence[float]) -> bool:
        return self._stop_rule.has_converged(losses, self.settings.stop_fraction, self.settings.stop_window)

    def _ended(self, outcome: Outcome | None) -> Outcome | None:
        """Act on the outcome of a check of the losses."""
        if outcome is Outcome.NOT_FINITE:
            self._go_back()
        elif outcome is Outcome.CONVERGED:  # continuing converges again only after a whole window
            self.restart_stop_rule()
        return outcome

    def check(self) -> Outcome | None:
        """Check the losses if a check is due; return an outcome if the search should end, else None."""
        last = self.synthesis.iteration >= self.total_steps
        outcome = None
        if last or self.synthesis.iteration % self.CHECK_EVERY == 0:
            outcome = self._ended(self.synthesis.check(self._settled, whole=last))
        return outcome or (Outcome.STEPS_DONE if last else None)

    def run(self, on_step: Callable[[Step], bool | None] | None = None) -> Outcome:
        """Step until done, converged, or on_step returns False; see `Metamer.run`."""
        remaining = max(self.total_steps - self.synthesis.iteration, 0)

        def each(step: Step) -> bool | None:
            self._after(step)
            return None if on_step is None else on_step(step)

        outcome = self.synthesis.run(remaining, self._settled, each, check_every=self.CHECK_EVERY)
        self._ended(outcome)
        return outcome

    def text_of(self, outcome: Outcome) -> str:
        """Say why the search ended, and by what criterion if it converged."""
        return outcome_text(outcome, self.settings.stop_fraction, self.settings.stop_window)

    def heatmap(self) -> Tensor:
        """Return the metameric loss of the current image by position, (1, 1, H, W)."""
        with torch.no_grad():
            return self.prepared.heatmap(self.image)
