"""How an image looks from a point of gaze: metameric loss, metamers and a live viewer.

Importing foveaview imports no Qt.
"""

import os

# Torch then asks for large pages on Linux, where they cost nothing: without them the system's work on fresh
# memory takes half the time of a step at 2048 x 2048. Of no effect where torch has already allocated.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

from foveaview.files import load_image
from foveaview.perception import MetamericLoss, ventral_metamer
from foveaview.settings import LossSettings, SynthesisSettings
from foveaview.synthesis import MetamerSearch, Outcome, Synthesis

__all__ = [
    "LossSettings",
    "MetamerSearch",
    "MetamericLoss",
    "Outcome",
    "Synthesis",
    "SynthesisSettings",
    "load_image",
    "ventral_metamer",
]
