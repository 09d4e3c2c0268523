"""Settings of the display of images, set by the window's toolbar and kept in a session."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from foveaview.settings import Settings

__all__ = ["MAP_LAYERS", "Arrangement", "Colormap", "Layer", "Overlay", "ViewSettings"]

Arrangement = Literal["single", "side", "wipe", "blink"]
Layer = Literal["target", "candidate", "heatmap", "difference", "absolute", "pooling"]
Overlay = Literal["none", "target", "candidate", "both"]
Colormap = Literal["cividis", "viridis", "magma", "inferno", "plasma", "gray"]

MAP_LAYERS: tuple[Layer, ...] = ("heatmap", "difference", "absolute", "pooling")
"""The layers that show numbers in colours, with a colour bar."""


class ViewSettings(Settings):
    """Settings of what the screen shows of a target and its candidate.

    >>> ViewSettings().replace(layer="pooling").is_map
    True
    >>> ViewSettings(blink_hz=10)
    Traceback (most recent call last):
    ...
    ValueError: blink_hz: input should be less than or equal to 3, got 10
    """

    arrangement: Arrangement = Field(
        "side", description="One image, two side by side, two with a divider, or two in turn."
    )
    layer: Layer = Field("candidate", description="The layer shown beside, over or in turn with the target.")
    overlay: Overlay = Field("candidate", description="What the heatmap is laid over.")
    rings: bool = Field(False, description="Rings of eccentricity about the gaze.")
    twin: bool = Field(False, description="The pooling region under the pointer, on both images.")
    scanpath: bool = Field(False, description="The scanpath, over both images.")
    scanpath_s: float = Field(
        2.0, ge=0, le=3600, description="Seconds of the scanpath that are shown; 0 for all of a recording."
    )
    colormap: Colormap = Field("cividis", description="Colours of the maps from 0 up.")
    heatmap_top: float | None = Field(None, ge=0, description="Locked bright end of the heatmap.")
    difference_top: float | None = Field(None, ge=0, description="Locked end of the differences.")
    pooling_top: float | None = Field(None, ge=0, description="Locked bright end of the pooling sizes.")
    divider: float = Field(0.5, ge=0, le=1, description="Place of the divider, in widths of the image.")
    blink_hz: float = Field(1.5, ge=0.1, le=3, description="Changes of the image a second while it blinks.")
    offset: tuple[float, float] = Field(
        (0.0, 0.0), description="Shift (x, y) of the second image side by side, in its pixels."
    )

    @property
    def is_map(self) -> bool:
        """Return True if the layer shows numbers in colours."""
        return self.layer in MAP_LAYERS

    @property
    def locked_top(self) -> float | None:
        """The locked end of the scale on screen."""
        return getattr(self, self.top_name)

    @property
    def top_name(self) -> str:
        """The setting that locks the scale on screen."""
        names = {"difference": "difference_top", "absolute": "difference_top", "pooling": "pooling_top"}
        return names.get(self.layer, "heatmap_top")
