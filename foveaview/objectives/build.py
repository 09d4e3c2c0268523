"""The objective that settings describe."""

from __future__ import annotations

from pathlib import Path

from foveaview.objectives.adversarial import Adversarial
from foveaview.objectives.metameric import Metameric, PooledBlur, Ventral
from foveaview.objectives.objective import Objective
from foveaview.objectives.perceptual import FeatureDistance, Lpips
from foveaview.objectives.pixel import Pixel, Range
from foveaview.objectives.term import Term
from foveaview.objectives.wasserstein import Wasserstein
from foveaview.settings import LossSettings, ObjectiveSettings

__all__ = ["build_objective", "build_term"]


def build_term(name: str, settings: ObjectiveSettings, loss_settings: LossSettings, seed: int = 0) -> Term:
    """One term by name.

    Raises:
        ValueError: for a name that is none, or a weight file that does not serve.

    >>> build_term("pixel", ObjectiveSettings(pixel_norm="L1"), LossSettings()).norm
    'L1'
    """
    own = settings
    weights = Path(own.trunk_weights) if own.trunk_weights else None
    match name:
        case "metameric":
            return Metameric(loss_settings)
        case "pixel":
            return Pixel(own.pixel_norm, own.pixel_region, loss_settings)
        case "blur":
            return PooledBlur(own.blur_both, loss_settings)
        case "ventral":
            return Ventral(loss_settings, seed)
        case "perceptual" if own.lpips and own.trunk != "efficientnet-lite0":
            return Lpips(own.trunk, weights)
        case "perceptual":
            return FeatureDistance(own.trunk, weights)
        case "wasserstein":
            return Wasserstein(loss_settings, own.trunk if own.wasserstein_on == "features" else None, weights)
        case "adversarial":
            return Adversarial(
                own.adversarial_kind,
                own.adversarial_start,
                own.adversarial_factor,
                own.adversarial_adaptive,
                own.adversarial_learning_rate,
                loss_settings,
                seed,
            )
        case "range":
            return Range()
    raise ValueError(f"there is no term {name!r}: choose among {', '.join(settings.weights)}")


def build_objective(settings: ObjectiveSettings, loss_settings: LossSettings, seed: int = 0) -> Objective:
    """The weighted terms; what weighs nothing is left out, and neither loaded nor computed.

    Raises:
        ValueError: as `build_term`, and where nothing weighs anything.

    >>> list(build_objective(ObjectiveSettings(pixel=0.5), LossSettings()).terms)
    ['metameric', 'pixel']
    """
    weights = {name: weight for name, weight in settings.weights.items() if weight > 0}
    if not weights:
        raise ValueError("every weight is 0: give at least one term a weight")
    return Objective(
        {name: (build_term(name, settings, loss_settings, seed), weight) for name, weight in weights.items()}
    )
