"""Target and candidate, beside, over or in turn with each other, with one zoom and pan and one gaze.

Screen pixels never leave this module: the gaze goes out and comes in in image coordinates. Pixel i of W
covers [i, i + 1) of the view and its centre, i + 1/2, is at i / (W - 1) in image coordinates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from foveaview.app.images.color_bar import ColorBar
from foveaview.app.images.image_pane import GazeBox, Pane
from foveaview.app.images.items import Divider, Pixels
from foveaview.app.images.photodiode import PatchItem
from foveaview.gaze import Placement
from foveaview.settings.view import Layer, ViewSettings

__all__ = ["ImageView", "Pane"]


class ImageView(QWidget):
    """The images, side by side or one over the other.

    Signals:
        pointed: x and y in image coordinates, of the left button.
        pinned: column and row of a pixel that was clicked with Alt.
        hovered: column and row of the pixel under the pointer, or None.
        divided: position of the divider, in widths of the image.
        shifted: x and y in pixels to shift the second image by.
        turned: steps of the wheel with Ctrl.
        zoomed: device pixels per pixel of the image.
    """

    pointed = Signal(float, float)
    pinned = Signal(object)
    hovered = Signal(object)
    divided = Signal(float)
    shifted = Signal(float, float)
    turned = Signal(float)
    zoomed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.target, self.candidate = Pane("Target"), Pane("Compared with the target")
        self.panes = (self.target, self.candidate)
        self._size = (1, 1)
        self._view = ViewSettings()
        self._images: dict[Layer, Pixels | None] = {}
        self._overlay: Pixels | None = None
        self._peeking = self._turn = False
        self._fitted = True
        self._centred: float | None = None
        self._bare = False
        self._marked = True
        self.setMinimumSize(320, 200)
        self.setAccessibleName("Images")
        layout = self._grid = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for column, pane in enumerate(self.panes):
            layout.addWidget(pane.title, 0, column)
            layout.addWidget(pane.view, 1, column)
            layout.setColumnStretch(column, 1)
            self._connect(pane)
        layout.setRowStretch(1, 1)
        self.color_bar = ColorBar("loss per pixel")
        layout.addWidget(self.color_bar, 1, 2)
        self.patch = PatchItem(self.candidate.view, lambda: self.candidate.seen is not None)
        self.divider = Divider()
        self.candidate.box.addItem(self.divider, ignoreBounds=True)
        self.divider.sigDragged.connect(self._divide)
        self._blink = QTimer(self)
        self._blink.timeout.connect(self._take_turns)
        self._link(True)
        for pane in self.panes:
            for watched in (pane.view, pane.view.viewport()):
                watched.installEventFilter(self)
        self.installEventFilter(self)

    def _connect(self, pane: Pane) -> None:
        def at(act: Callable[[float, float], None]) -> Callable[[float, float], None]:
            return lambda x, y: act(x - pane.offset.x(), y - pane.offset.y())

        pane.box.pointed.connect(at(self._point))
        pane.box.pinned.connect(at(self._pin))
        pane.box.shifted.connect(self.shifted)
        pane.box.turned.connect(self.turned)
        pane.box.sigRangeChangedManually.connect(self._let_go)
        pane.box.sigResized.connect(self._follow_size)
        pane.box.sigTransformChanged.connect(lambda _box: self.zoomed.emit(self.zoom))
        pane.view.scene().sigMouseMoved.connect(self._hover(pane))

    # what the user does

    def _hover(self, pane: Pane) -> Callable[[QPointF], None]:
        def moved(at: QPointF) -> None:
            point = pane.box.mapSceneToView(at) - pane.offset
            self.hovered.emit(self._pixel(point.x(), point.y()))

        return moved

    def _pixel(self, x: float, y: float) -> tuple[int, int] | None:
        column, row = int(np.floor(x)), int(np.floor(y))
        inside = 0 <= column < self._size[1] and 0 <= row < self._size[0]
        return (column, row) if inside else None

    def _point(self, x: float, y: float) -> None:
        height, width = self._size
        self.pointed.emit((x - 0.5) / max(width - 1, 1), (y - 0.5) / max(height - 1, 1))

    def _pin(self, x: float, y: float) -> None:
        pixel = self._pixel(x, y)
        if pixel is not None:
            self.pinned.emit(pixel)

    def _divide(self, line: Divider) -> None:
        self.divided.emit(min(max(float(line.value()) / self._size[1], 0.0), 1.0))

    def _let_go(self, *_: Any) -> None:
        self._fitted, self._centred = False, None

    def _follow_size(self, _box: Any) -> None:
        if self._fitted:
            self.fit()
        elif self._centred is not None:
            self.centre(self._centred)

    # to the user

    def set_size(self, size: tuple[int, int]) -> None:
        """Take the size (H, W) of the pictures to come, and fit it."""
        self._size = size
        self.hovered.emit(None)  # what was under the pointer was a pixel of another picture
        self._images, self._overlay = {}, None
        for pane in self.panes:
            pane.stale.set_size(size)
            pane.marker.setVisible(self._marked)
        self.divider.setBounds((0, size[1]))
        self._compose()
        self.fit()

    def set_gaze(self, gaze: tuple[float, float]) -> None:
        """Put the markers at image coordinates."""
        height, width = self._size
        for pane in self.panes:
            pane.marker.setPos(gaze[0] * (width - 1) + 0.5, gaze[1] * (height - 1) + 0.5)

    def set_image(self, layer: Layer, pixels: Pixels | None, fade: bool = False) -> None:
        """Set the image of a layer; it is stretched if it has fewer pixels.

        Args:
            layer: name of the layer.
            pixels: its bytes, or None for none.
            fade: fade the previous candidate out, if it is on screen.
        """
        before = self._images.get(layer)
        if before is not pixels:
            if layer == "candidate":
                fades = fade and self._view.layer == layer
                self.candidate.before.start(before if fades else None, self._size)
            self._images[layer] = pixels
            self._compose()

    def set_heatmap(self, pixels: Pixels | None) -> None:
        """Take the heatmap to lay over the pictures."""
        if self._overlay is not pixels:
            self._overlay = pixels
            self._compose()

    def set_bare(self) -> None:
        """Show images and a cross to fixate alone, without titles and colour bar."""
        self._bare = True
        for pane in self.panes:
            pane.title.hide()
            pane.marker.set_fixation(True)
        self.color_bar.hide()

    def stop(self) -> None:
        """Blink no more."""
        self._blink.stop()

    def set_pins(self, pins: Sequence[tuple[int, int]]) -> None:
        """Mark pixels (column, row)."""
        for pane in self.panes:
            pane.pins.set_pins(pins)

    def set_stale(self, stale: bool) -> None:
        """Mark the second image as out of date."""
        self.candidate.stale.setVisible(stale and self._view.layer != "target")

    def set_view(self, view: ViewSettings) -> None:
        """Arrange the images."""
        before, self._view = self._view, view
        if view.arrangement != before.arrangement:
            self._arrange()
        self._set_blinking(view)
        self.candidate.set_offset(*(view.offset if view.arrangement == "side" else (0.0, 0.0)))
        self._compose()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show the target while Shift is held, wherever in the images the keys go; see the pointer leave."""
        kinds = QEvent.Type
        if event.type() in (kinds.KeyPress, kinds.KeyRelease) and isinstance(event, QKeyEvent):
            self.take_key(event)
        elif event.type() is kinds.FocusOut:
            self.peek(False)
        elif event.type() is kinds.Leave and watched is not self:
            self.hovered.emit(None)
        elif event.type() is kinds.DevicePixelRatioChange and watched is self:
            self.zoomed.emit(self.zoom)
            self.patch.place()
        return super().eventFilter(watched, event)

    def take_key(self, event: QKeyEvent) -> None:
        """Look whether Shift goes down or up."""
        if event.key() == Qt.Key.Key_Shift and not event.isAutoRepeat():
            self.peek(event.type() is QEvent.Type.KeyPress)

    def peek(self, peeking: bool) -> None:
        """Show the target in place of the second image."""
        if peeking != self._peeking:
            self._peeking = peeking
            self._compose()

    def _arrange(self) -> None:
        box = self._lead
        shown = box.viewRect()
        side = self._view.arrangement == "side"
        self._link(side)
        self.target.view.setVisible(side)
        self.target.title.setVisible(side and not self._bare)
        self._grid.setColumnStretch(0, int(side))
        if not self._fitted:
            self._lead.setRange(shown, padding=0)

    def _link(self, linked: bool) -> None:
        """Two views side by side share their range; a hidden one would disturb the other."""
        box = self.target.box if linked else None
        self.candidate.box.setXLink(box)
        self.candidate.box.setYLink(box)

    def _set_blinking(self, view: ViewSettings) -> None:
        blinking = view.arrangement == "blink"
        interval = round(1000 / view.blink_hz)
        if not blinking:
            self._blink.stop()
            self._turn = False
        elif not self._blink.isActive() or self._blink.interval() != interval:
            self._blink.start(interval)
        for pane in self.panes:
            pane.marker.set_fixation(blinking or self._bare)

    def _take_turns(self) -> None:
        self._turn = not self._turn
        self._compose()

    def _compose(self) -> None:
        view, size = self._view, self._size
        target = self._images.get("target")
        on_target = self._overlay if view.overlay in ("target", "both") else None
        on_layer = self._overlay if view.overlay in ("candidate", "both") else None
        over = {"target": on_target, "candidate": on_layer}.get(view.layer)
        self.target.picture.show_pixels(target, size)
        self.target.heatmap.show_pixels(on_target, size)
        second, shown = self.candidate, self._images.get(view.layer)
        second.picture.show_pixels(shown, size)
        second.heatmap.show_pixels(over if shown is not None else None, size)
        wiping = view.arrangement == "wipe"
        covered = self._peeking or wiping or self._turn
        left = view.divider * size[1] if wiping and not self._peeking else None
        for item, pixels in ((second.cover, target), (second.cover_heatmap, on_target)):
            item.show_pixels(pixels if covered else None, size)
            item.set_left(left)
        self.divider.setVisible(wiping and not self._peeking)
        if not self.divider.moving:
            self.divider.setValue(view.divider * size[1])
        self.patch.renew()

    @property
    def showing_target(self) -> bool:
        """Return True if the target covers the second image."""
        return self._peeking or self._turn

    def set_marked(self, marked: bool) -> None:
        """Show or hide the gaze marks; a mark that follows the eye would hide the fixated part."""
        self._marked = marked
        for pane in self.panes:
            pane.marker.setVisible(marked)

    def set_frozen(self, frozen: bool) -> None:
        """Draw the markers broken: whatever the gaze follows is not seen."""
        for pane in self.panes:
            pane.marker.set_frozen(frozen)

    def placements(self) -> list[tuple[QRectF, Placement]]:
        """For each visible image, the part of the screen that its view covers, and its placement there."""
        shown = [pane for pane in self.panes if pane.view.isVisible()]
        return [(pane.on_screen, pane.placement(self._size)) for pane in shown]

    # zoom

    @property
    def _lead(self) -> GazeBox:
        return self.target.box if self._view.arrangement == "side" else self.candidate.box

    @property
    def zoom(self) -> float:
        """Device pixels per pixel of the image."""
        width = self._lead.viewPixelSize()[0]
        return self.devicePixelRatioF() / width if width > 0 else 0.0

    def set_zoom(self, zoom: float) -> None:
        """Show one pixel of the image on so many of the screen's, about the middle."""
        self._zoom_about(self._lead.viewRect().center(), zoom)

    def centre(self, zoom: float) -> None:
        """Keep the middle of the image in the middle, at so many device pixels a pixel."""
        self._zoom_about(QPointF(self._size[1] / 2, self._size[0] / 2), zoom)
        self._centred = zoom

    def _zoom_about(self, middle: QPointF, zoom: float) -> None:
        box, ratio = self._lead, self.devicePixelRatioF()
        self._let_go()
        width, height = box.width() * ratio / zoom, box.height() * ratio / zoom
        box.setRange(QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height), padding=0)

    def show_pixel(self, pixel: tuple[int, int]) -> None:
        """Centre a pixel (column, row) if it is out of sight; the zoom stays."""
        shown = self._lead.viewRect()
        at = QPointF(pixel[0] + 0.5, pixel[1] + 0.5)
        if not shown.contains(at):
            self._fitted = False
            self._lead.setRange(shown.translated(at - shown.center()), padding=0)

    def fit(self) -> None:
        """Show the whole picture, also when the window changes."""
        height, width = self._size
        self._fitted = True
        self._lead.setRange(QRectF(0, 0, width, height), padding=0.02)

    def step_zoom(self, factor: float) -> None:
        """Zoom about the middle."""
        self._let_go()
        self._lead.scaleBy((factor, factor))
