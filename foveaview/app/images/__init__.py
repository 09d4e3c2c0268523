"""The images in the window: panes, their items, targets and presentation."""

from foveaview.app.images.image_view import ImageView
from foveaview.app.images.titles import LAYERS

__all__ = ["LAYERS", "ImageView"]
