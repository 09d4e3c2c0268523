"""Construction of terms and objectives from settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from foveaview.objectives.adversarial import Adversarial
from foveaview.objectives.metameric import Metameric, PooledBlur, Ventral
from foveaview.objectives.objective import Objective
from foveaview.objectives.perceptual import FeatureDistance, Lpips
from foveaview.objectives.pixel import Pixel, Range
from foveaview.objectives.term import Term
from foveaview.objectives.wasserstein import Wasserstein
from foveaview.perception.ventral import VentralColor
from foveaview.settings import LossSettings, ObjectiveSettings

__all__ = ["build_judge", "build_objective", "build_term"]


def build_term(
    name: str,
    settings: ObjectiveSettings,
    loss_settings: LossSettings,
    seed: int = 0,
    color: VentralColor = "coupled",
) -> Term:
    """Build one term by name.

    Raises:
        ValueError: for an unknown name or an unsuitable weight file.

    >>> build_term("pixel", ObjectiveSettings(pixel_norm="L1"), LossSettings()) == Pixel("L1")
    True
    """
    makers: dict[str, Callable[[], Term]] = {
        "metameric": lambda: Metameric(loss_settings),
        "pixel": lambda: Pixel(settings.pixel_norm, settings.pixel_region, loss_settings),
        "blur": lambda: PooledBlur(settings.blur_both, loss_settings),
        "ventral": lambda: Ventral(loss_settings, seed, color),
        "perceptual": lambda: _perceptual(settings),
        "wasserstein": lambda: _wasserstein(settings, loss_settings),
        "adversarial": lambda: _adversarial(settings, loss_settings, seed),
        "range": Range,
    }
    if name not in makers:
        raise ValueError(f"there is no term {name!r}: choose among {', '.join(makers)}")
    return makers[name]()


def _weight_file(settings: ObjectiveSettings) -> Path | None:
    return Path(settings.trunk_weights) if settings.trunk_weights else None


def _perceptual(settings: ObjectiveSettings) -> Term:
    if settings.lpips and settings.trunk != "efficientnet-lite0":
        return Lpips(settings.trunk, _weight_file(settings))
    return FeatureDistance(settings.trunk, _weight_file(settings))


def _wasserstein(settings: ObjectiveSettings, loss_settings: LossSettings) -> Wasserstein:
    if settings.wasserstein_on == "pixels":
        return Wasserstein(loss_settings)
    return Wasserstein(loss_settings, settings.trunk, _weight_file(settings))


def _adversarial(settings: ObjectiveSettings, loss_settings: LossSettings, seed: int) -> Adversarial:
    return Adversarial(
        settings.adversarial_kind,
        settings.adversarial_start,
        settings.adversarial_factor,
        settings.adversarial_adaptive,
        settings.adversarial_learning_rate,
        loss_settings,
        seed,
    )


def build_objective(
    settings: ObjectiveSettings,
    loss_settings: LossSettings,
    seed: int = 0,
    color: VentralColor = "coupled",
) -> Objective:
    """Build the objective of weighted terms; terms of weight 0 are left out, neither loaded nor computed.

    Raises:
        ValueError: as for `build_term`, and if every weight is 0.

    >>> list(build_objective(ObjectiveSettings(pixel=0.5), LossSettings()).terms)
    ['metameric', 'pixel']
    """
    weights = {name: weight for name, weight in settings.weights.items() if weight > 0}
    if not weights:
        raise ValueError("every weight is 0: give at least one term a weight")
    return Objective(
        {
            name: (build_term(name, settings, loss_settings, seed, color), weight)
            for name, weight in weights.items()
        }
    )


def build_judge(
    settings: ObjectiveSettings,
    loss_settings: LossSettings,
    seed: int = 0,
    color: VentralColor = "coupled",
) -> Objective:
    """Build the objective without the adversarial term, to judge a finished image.

    Raises:
        ValueError: as for `build_objective`, and if only the adversarial term has a weight.

    >>> list(build_judge(ObjectiveSettings(adversarial=0.5), LossSettings()).terms)
    ['metameric']
    """
    if not any(weight for name, weight in settings.weights.items() if name != "adversarial"):
        raise ValueError("the adversarial term cannot judge a finished image: give another term a weight")
    return build_objective(settings.replace(adversarial=0), loss_settings, seed, color)
