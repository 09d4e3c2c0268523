"""The gaze in the window: sources, panel, latency, metamers computed in advance, and publishing."""

from foveaview.app.gaze.controller import GazeController

__all__ = ["GazeController"]
