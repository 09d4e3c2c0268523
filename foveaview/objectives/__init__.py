"""Objectives: weighted sums of terms over (image, target, gaze)."""

from foveaview.objectives.adversarial import Adversarial
from foveaview.objectives.build import build_objective, build_term
from foveaview.objectives.feature_extractors import load_trunk
from foveaview.objectives.metameric import Metameric, PooledBlur, Ventral
from foveaview.objectives.objective import Objective, PreparedObjective, Ramp
from foveaview.objectives.perceptual import FeatureDistance, Lpips
from foveaview.objectives.pixel import Pixel, Range
from foveaview.objectives.term import PreparedTerm, Term
from foveaview.objectives.wasserstein import Wasserstein

__all__ = [
    "Adversarial",
    "FeatureDistance",
    "Lpips",
    "Metameric",
    "Objective",
    "Pixel",
    "PooledBlur",
    "PreparedObjective",
    "PreparedTerm",
    "Ramp",
    "Range",
    "Term",
    "Ventral",
    "Wasserstein",
    "build_objective",
    "build_term",
    "load_trunk",
]
