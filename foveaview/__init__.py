"""How an image looks from a point of gaze: metameric loss, metamers and a live viewer.

Importing foveaview imports no Qt and no matplotlib.
"""

import os

# Torch then asks for large pages on Linux, where they cost nothing: without them the system's work on fresh
# memory takes half the time of a step at 2048 x 2048. Of no effect where torch has already allocated.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

from foveaview.files import load_image
from foveaview.objectives import Objective
from foveaview.perception import MetamericLoss, ventral_metamer
from foveaview.perception.statistics import FovealStatistics
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings
from foveaview.synthesis import (
    PRESETS,
    LoadWarning,
    Metamer,
    MetamerCTF,
    MetamerSearch,
    Outcome,
    Step,
    mse,
    penalize_range,
)

__all__ = [
    "PRESETS",
    "FovealStatistics",
    "LoadWarning",
    "LossSettings",
    "Metamer",
    "MetamerCTF",
    "MetamerSearch",
    "MetamericLoss",
    "Objective",
    "ObjectiveSettings",
    "Outcome",
    "Step",
    "SynthesisSettings",
    "load_image",
    "mse",
    "penalize_range",
    "ventral_metamer",
]
