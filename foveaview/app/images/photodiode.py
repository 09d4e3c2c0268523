"""A square that changes with the picture, so that a photodiode on the screen sees when light does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

__all__ = ["CORNERS", "Corner", "Patch", "PatchItem"]

Corner = Literal["bottom left", "bottom right", "top right", "top left"]
CORNERS: tuple[Corner, ...] = get_args(Corner)

_ABOVE_ALL = 1000
_STEP_PX = 16
_SIZES_PX = (16, 512)


@dataclass(frozen=True)
class Patch:
    """Settings of the square.

    Attributes:
        on: True if it is drawn.
        size_px: its side in the screen's own pixels.
        corner: of the view.

    >>> Patch().at_next_corner().corner, Patch().resized(-1).size_px
    ('bottom right', 48)
    """

    on: bool = False
    size_px: int = 64
    corner: Corner = "bottom left"

    def __post_init__(self) -> None:
        low, high = _SIZES_PX
        if not low <= self.size_px <= high:
            raise ValueError(f"a patch for a photodiode is {low} to {high} px large, got {self.size_px}")
        if self.corner not in CORNERS:
            raise ValueError(f"a patch lies at one of {', '.join(CORNERS)}, got {self.corner!r}")

    @classmethod
    def of_values(cls, values: Mapping[str, str]) -> Patch:
        """Read a patch from text; its size and corner are the default if these are invalid."""
        on = values.get("on", "").lower() == "true"
        try:
            (corner,) = (one for one in CORNERS if one == values.get("corner"))
            return cls(on, int(values["size_px"]), corner)
        except (KeyError, ValueError):
            return cls(on)

    def at_next_corner(self) -> Patch:
        """The same one corner further, against the clock."""
        return replace(self, corner=CORNERS[(CORNERS.index(self.corner) + 1) % len(CORNERS)])

    def resized(self, steps: int) -> Patch:
        """The same larger by steps, as far as that goes."""
        low, high = _SIZES_PX
        return replace(self, size_px=min(max(self.size_px + steps * _STEP_PX, low), high))


class PatchItem(pg.GraphicsObject):
    """The square in a corner of a view, black at first.

    It lies in the scene of the image that it marks, so that both are painted in one pass.

    Args:
        view: draws it.
        is_seen: returns True if the latest image was drawn; called while the square is painted,
            which is after all the rest.

    Attributes:
        is_white: its colour as it was painted last.
    """

    def __init__(self, view: pg.GraphicsView, is_seen: Callable[[], bool]) -> None:
        super().__init__()
        self._view, self._is_seen = view, is_seen
        self._patch, self._rect = Patch(), QRectF()
        self.is_white = self._waits = self._turns = False
        self.setZValue(_ABOVE_ALL)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.hide()
        view.scene().addItem(self)
        view.sigDeviceRangeChanged.connect(lambda *_: self.place())

    def set_patch(self, patch: Patch) -> None:
        """Show it, or take it away; one that comes is black."""
        if patch.on != self._patch.on:
            self.is_white = self._waits = self._turns = False
        self._patch = patch
        self.place()
        self.setVisible(patch.on)

    def place(self) -> None:
        """Put it into its corner, in whole pixels of the screen."""
        self.prepareGeometryChange()
        size = self._patch.size_px / self._view.devicePixelRatioF()
        down, across = self._patch.corner.split()
        left = self._view.width() - size if across == "right" else 0.0
        top = self._view.height() - size if down == "bottom" else 0.0
        self._rect = QRectF(left, top, size, size)
        self.update()

    def flip(self) -> None:
        """Change the colour with the picture that was set last, once, as soon as that is drawn."""
        self._waits = True
        self.update()

    def turn(self) -> None:
        """Change the colour in the next paint: another picture is seen from then on."""
        self._turns = True
        self.update()

    def renew(self) -> None:
        """Look again whether that picture is seen: what covered it has changed."""
        if self._waits:
            self.update()

    def boundingRect(self) -> QRectF:
        """A rectangle around everything drawn."""
        return self._rect

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw it, and change its colour if the image was just drawn."""
        seen = self._waits and self._is_seen()
        if seen or self._turns:
            self.is_white = not self.is_white
        self._waits, self._turns = self._waits and not seen, False
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(self._rect, Qt.GlobalColor.white if self.is_white else Qt.GlobalColor.black)
