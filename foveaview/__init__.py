"""How an image looks from a point of gaze: metameric loss, metamers and a live viewer.

Importing foveaview imports no Qt.
"""

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
