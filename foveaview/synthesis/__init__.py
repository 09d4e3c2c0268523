"""Synthesis: an image changed step by step until an objective is met, and its checkpoints.

Optimizers have names with arguments that need no search:

>>> import torch
>>> metamer = Metamer(torch.zeros(1, 1, 8, 8), torch.nn.AvgPool2d(2).eval())
>>> metamer.setup(optimizer="lbfgs")
>>> metamer.learning_rate == PRESETS["lbfgs"][1]["lr"]
True
"""

from foveaview.synthesis.checkpoints.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from foveaview.synthesis.checkpoints.checkpoint_check import LoadWarning
from foveaview.synthesis.ctf import MetamerCTF
from foveaview.synthesis.devices import resolve_device
from foveaview.synthesis.initial_image import start_image
from foveaview.synthesis.metamer import Metamer
from foveaview.synthesis.objective import mse, penalize_range
from foveaview.synthesis.optimizers.solver import PRESETS
from foveaview.synthesis.run import Outcome, Step, has_converged
from foveaview.synthesis.search import MetamerSearch

__all__ = [
    "PRESETS",
    "Checkpoint",
    "LoadWarning",
    "Metamer",
    "MetamerCTF",
    "MetamerSearch",
    "Outcome",
    "Step",
    "has_converged",
    "load_checkpoint",
    "mse",
    "penalize_range",
    "resolve_device",
    "save_checkpoint",
    "start_image",
]
