"""A discriminator trained during the synthesis, on patches of the target against patches of the image.

Sources: PatchGAN (Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks", 2017);
losses, start and adaptive weight as in VQGAN (Esser et al., "Taming Transformers", 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from foveaview.objectives.optimizer_check import check_optimizer
from foveaview.perception.autograd import constants
from foveaview.perception.geometry import eccentricity_map
from foveaview.settings import LossSettings

__all__ = ["Adversarial", "Discriminator", "adaptive_weight"]

_SMALLEST_SIDE = 16
_LARGEST_WEIGHT = 1e4
_BETAS = (0.5, 0.9)


def adaptive_weight(others: Tensor, own: Tensor) -> Tensor:
    """VQGAN's weight: clamp(|grad of the other terms| / (|grad of this one| + 1e-4), 0, 1e4), 0-d.

    >>> adaptive_weight(torch.tensor([3.0, 4.0]), torch.tensor([0.5, 0.0])).round(decimals=2)
    tensor(10.)
    """
    ratio = torch.linalg.vector_norm(others) / (torch.linalg.vector_norm(own) + 1e-4)
    return ratio.clamp(0, _LARGEST_WEIGHT)


class Discriminator(nn.Module):
    """Judges every patch of an image, given its distance from the gaze.

    The eccentricity is an additional input channel, so patches are compared with patches of similar
    eccentricity, not with sharply seen ones. Each judgement sees 22 x 22 px.

    Args:
        channels: channels of the image.
        width: channels after the first layer.
        generator: random generator that draws the weights.

    >>> judge = Discriminator(3, 8, torch.Generator().manual_seed(0))
    >>> judge(torch.rand(1, 4, 64, 64)).shape
    torch.Size([1, 1, 15, 15])
    """

    def __init__(self, channels: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels + 1, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.GroupNorm(4, 2 * width),  # unlike batch statistics, it depends on this image alone
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 4, stride=1, padding=1),
        )
        with torch.no_grad():
            for layer in self.layers:
                if isinstance(layer, nn.Conv2d):
                    layer.weight.normal_(0, 0.02, generator=generator)
                    assert layer.bias is not None
                    layer.bias.zero_()

    def forward(self, image: Tensor) -> Tensor:
        """Judge each patch: (N, 1, h, w), larger if it looks like the target's."""
        return self.layers(image)


@dataclass(eq=False)
class _State:
    """The discriminator, its optimizer and the number of steps taken; made at the first target."""

    judge: Discriminator
    optimizer: torch.optim.Adam
    steps: int = 0


@dataclass(frozen=True)
class Adversarial:
    """Adversarial term: how well a learning discriminator tells the image's patches from the target's.

    The value is minus the mean judgement of the image. Evaluation is pure: only `advance` changes the
    discriminator, once per step.

    Attributes:
        kind: "hinge" or "vanilla", the discriminator's own loss.
        start: number of steps before the term counts and the discriminator learns.
        factor: multiplies the value and the discriminator's loss.
        adaptive: weight the term by the ratio of the gradients; see `adaptive_weight`.
        learning_rate: learning rate of the discriminator's Adam.
        settings: viewing geometry, for the eccentricity.
        seed: seed of the discriminator's initial weights.

    >>> term = Adversarial()
    >>> prepared = term.prepare(torch.rand(1, 3, 32, 32), (0.5, 0.5))
    >>> before = prepared.loss(torch.zeros(1, 3, 32, 32))
    >>> prepared.advance(torch.zeros(1, 3, 32, 32))
    >>> bool(prepared.loss(torch.zeros(1, 3, 32, 32)) > before)
    True
    """

    kind: Literal["hinge", "vanilla"] = "hinge"
    start: int = 0
    factor: float = 1.0
    adaptive: bool = True
    learning_rate: float = 1e-3
    settings: LossSettings = LossSettings()
    seed: int = 0
    _state: list[_State] = field(default_factory=list, compare=False, repr=False)

    def prepare(self, target: Tensor, gaze: tuple[float, float]) -> PreparedAdversarial:
        """Prepare the target at the gaze; the discriminator keeps what it has learnt.

        Raises:
            ValueError: if a side is shorter than 16 px, or the discriminator has learnt from images of
                another number of channels, dtype or device.
        """
        return self.prepare_each(target, [gaze])

    def prepare_each(self, target: Tensor, gazes: Sequence[tuple[float, float]]) -> PreparedAdversarial:
        """Prepare the targets with a gaze for each sample."""
        height, width = target.shape[-2:]
        if min(height, width) < _SMALLEST_SIDE:
            raise ValueError(
                f"an image of {width} x {height} px is too small for the discriminator: "
                f"each side must have at least {_SMALLEST_SIDE} px"
            )
        with constants():  # the value depends on the target only through the discriminator, which is constant
            target = target.clone() if target.is_inference() else target.detach()
            planes = [self._plane((height, width), one) for one in gazes]
            eccentricity = torch.stack(planes).to(target)[:, None]
        self._check_kind(target)
        return PreparedAdversarial(self, target, eccentricity.expand(len(target), -1, -1, -1))

    def _plane(self, size: tuple[int, int], gaze: tuple[float, float]) -> Tensor:
        eccentricity = eccentricity_map(
            size,
            gaze,
            real_image_width=self.settings.real_image_width,
            real_viewing_distance=self.settings.real_viewing_distance,
        )
        return eccentricity / eccentricity.max()

    def _check_kind(self, target: Tensor) -> None:
        if self._state:
            weight = next(self._state[0].judge.parameters())
            known = (weight.shape[1] - 1, weight.dtype, weight.device)
            if known != (target.shape[1], target.dtype, target.device):
                raise ValueError(
                    f"the discriminator has learnt from images of {known[0]} channels in {known[1]} on "
                    f"{known[2]}, this one has {target.shape[1]} in {target.dtype} on {target.device}: "
                    "make another term"
                )

    def take_over(self, other: Adversarial) -> None:
        """Continue with the discriminator of another term, at this one's learning rate."""
        if other._state and not self._state:
            self._state.append(other._state[0])
            for group in self._state[0].optimizer.param_groups:
                group["lr"] = self.learning_rate

    def learner(self, like: Tensor) -> _State:
        """The discriminator and its optimizer, created if there are none."""
        if not self._state:
            with constants():
                # weights are drawn on the CPU, so that a seed gives the same ones on every device
                judge = Discriminator(like.shape[1], 32, torch.Generator().manual_seed(self.seed))
                judge = judge.to(like.device, like.dtype).requires_grad_(False)
                optimizer = torch.optim.Adam(judge.parameters(), self.learning_rate, betas=_BETAS)
            self._state.append(_State(judge, optimizer))
        return self._state[0]


@dataclass(frozen=True, eq=False)
class PreparedAdversarial:
    """A target and each pixel's eccentricity, (N, 1, H, W), as a fraction of the largest."""

    term: Adversarial
    target: Tensor
    eccentricity: Tensor

    @property
    def active(self) -> bool:
        """Return True if the start is reached, so the term counts."""
        return self.term.learner(self.target).steps >= self.term.start

    def _judged(self, image: Tensor) -> Tensor:
        judge = self.term.learner(self.target).judge
        return judge(torch.cat([image, self.eccentricity], dim=1))

    def loss(self, image: Tensor) -> Tensor:
        """Minus the mean judgement, times the factor: a 0-d tensor; 0 before the start."""
        if not self.active:
            return image.new_zeros(())
        return -self.term.factor * self._judged(image).mean()

    def heatmap(self, _image: Tensor) -> None:
        """Return None: a judgement says that a patch differs, but not by how much."""

    def advance(self, image: Tensor) -> None:
        """Train the discriminator for one step, on an image of the synthesis against the target.

        If the discriminator's loss is not finite, its weights stay as they are.
        """
        state = self.term.learner(self.target)
        if self.active:
            with torch.inference_mode(False), torch.enable_grad():
                own = image.clone() if image.is_inference() else image.detach()
                state.judge.requires_grad_(True)
                loss = self._discrimination(self._judged(self.target), self._judged(own))
                state.optimizer.zero_grad()
                if bool(torch.isfinite(loss)):
                    loss.backward()
                    state.optimizer.step()
                state.judge.requires_grad_(False)
        state.steps += 1

    def _discrimination(self, real: Tensor, fake: Tensor) -> Tensor:
        if self.term.kind == "hinge":
            return 0.5 * (F.relu(1 - real).mean() + F.relu(1 + fake).mean()) * self.term.factor
        return 0.5 * (F.softplus(-real).mean() + F.softplus(fake).mean()) * self.term.factor

    def state_dict(self) -> dict[str, Any]:
        """The state to continue from: the discriminator, its optimizer and its steps."""
        state = self.term.learner(self.target)
        return {
            "judge": state.judge.state_dict(),
            "optimizer": state.optimizer.state_dict(),
            "steps": state.steps,
        }

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Continue from a `state_dict`.

        Raises:
            ValueError, KeyError, TypeError, RuntimeError: if it is damaged.
        """
        state = self.term.learner(self.target)
        state.judge.load_state_dict(saved["judge"])
        state.optimizer.load_state_dict(saved["optimizer"])
        for group in state.optimizer.param_groups:
            group.update(lr=self.term.learning_rate, betas=_BETAS)
        state.steps = int(saved["steps"])
        self._check(state)
        check_optimizer(state.optimizer)

    def _check(self, state: _State) -> None:
        """Raise `ValueError` if the loaded state is inconsistent or not finite."""
        if state.steps < 0:
            raise ValueError(f"its discriminator took {state.steps} steps")
        learnt = state.optimizer.state
        if state.steps > self.term.start and not learnt:
            raise ValueError("its discriminator's optimizer is missing")
        for parameter in state.judge.parameters():
            own = learnt.get(parameter, {})
            tensors = [parameter, *(own[name] for name in ("exp_avg", "exp_avg_sq") if own)]
            if any(one.shape != parameter.shape or not bool(torch.isfinite(one).all()) for one in tensors):
                raise ValueError("its discriminator is not of this image, or not finite")
            if own and not float(own["step"]) >= 0:
                raise ValueError("its discriminator's step is no number")
