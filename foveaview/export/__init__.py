"""Results as files with the settings of their making: images, figures, animations, or all in one folder."""

from foveaview.export.animation import animation_writer, export_animation
from foveaview.export.figure import RINGS_DEG, export_figure
from foveaview.export.folder import KINDS, Kind, Results, export_all, obstacles
from foveaview.export.images import export_heatmap, export_image

__all__ = [
    "KINDS",
    "RINGS_DEG",
    "Kind",
    "Results",
    "animation_writer",
    "export_all",
    "export_animation",
    "export_figure",
    "export_heatmap",
    "export_image",
    "obstacles",
]
