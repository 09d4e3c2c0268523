"""Synthesis: an image changed step by step until an objective is met, and its checkpoints."""

from foveaview.synthesis.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from foveaview.synthesis.run import Outcome, Step, Synthesis, has_converged
from foveaview.synthesis.search import MetamerSearch, resolve_device
from foveaview.synthesis.start import start_image

__all__ = [
    "Checkpoint",
    "MetamerSearch",
    "Outcome",
    "Step",
    "Synthesis",
    "has_converged",
    "load_checkpoint",
    "resolve_device",
    "save_checkpoint",
    "start_image",
]
