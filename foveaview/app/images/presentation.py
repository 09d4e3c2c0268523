"""Full screen with nothing but the image and a fixation cross, to look at as an observer does."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPalette
from PySide6.QtWidgets import QVBoxLayout, QWidget

from foveaview.app.core.state import AppState
from foveaview.app.images.image_view import ImageView
from foveaview.app.images.photodiode import Patch
from foveaview.app.widgets.theme import NEUTRAL_GRAY
from foveaview.gaze.latency import GazeTimestamps
from foveaview.live import Picture
from foveaview.settings.view import ViewSettings

__all__ = ["Presentation", "cut_off"]

_HINT = (
    "Space swaps target and candidate, B blinks, G follows the pointer, Esc leaves. "
    "P shows a patch for a photodiode that changes with the picture, C moves it, + and - resize it"
)


def cut_off(size: tuple[int, int], zoom: float, screen: tuple[int, int]) -> str:
    """Explain that a screen is too small for an image; empty if it is not.

    Args:
        size: of the image (H, W), in its pixels.
        zoom: device pixels to a pixel of the image.
        screen: height and width, in device pixels.

    >>> cut_off((1000, 2000), 1.5, (1080, 1920))
    'the screen (1920 x 1080 px) shows only a part of the image, which has 3000 x 1500 px at this size'
    >>> cut_off((1000, 2000), 0.5, (1080, 1920))
    ''
    """
    height, width = (round(length * zoom) for length in size)
    if height <= screen[0] and width <= screen[1]:
        return ""
    here = f"the screen ({screen[1]} x {screen[0]} px) shows only a part of the image"
    return f"{here}, which has {width} x {height} px at this size"


class Presentation(QWidget):
    """A window over the whole screen.

    Signals:
        followed: whether the gaze is to follow the pointer.
        patched: the `Patch` that is wanted.
        left: it was closed.
    """

    followed = Signal(bool)
    patched = Signal(object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("foveaview presentation")
        self.setAccessibleDescription(_HINT)
        self.images = ImageView()
        self.images.set_bare()
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, NEUTRAL_GRAY)
        self.setPalette(palette)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.images)
        self._view = ViewSettings(arrangement="single", overlay="none")
        self._following = False
        self._patch = Patch()
        self._stamp: GazeTimestamps | None = None
        self._shown: int | None = None
        self._swapped = False
        self.images.candidate.view.setFocusProxy(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_state(self, state: AppState, zoom: float | None = None) -> None:
        """Show the document of a state, its candidate alone; at a zoom of so many device pixels a pixel."""
        document = state.document
        self._following = state.follow
        if document is None:
            self.close()
            return
        if document.number != self._shown:
            self._shown = document.number
            self.images.set_size(document.size)
            self._swap(False)
        self._view = self._view.replace(blink_hz=state.view.blink_hz)
        self.images.set_view(self._view)
        self.images.set_image("target", document.pixels)
        self._set_candidate(document.picture, document.stamp)
        self.images.set_gaze(document.gaze)
        if zoom is not None:
            self.images.centre(zoom)

    def _set_candidate(self, picture: Picture | None, stamp: GazeTimestamps | None) -> None:
        pixels = None if picture is None else picture.pixels
        if stamp is not None and stamp is not self._stamp:
            self.flip_patch()
        self._stamp = stamp
        self.images.set_image("candidate", pixels, fade=picture is not None and picture.banked)

    def set_patch(self, patch: Patch) -> None:
        """Show the photodiode's patch, or take it away."""
        self._patch = patch
        self.images.patch.set_patch(patch)

    def flip_patch(self) -> None:
        """Change the colour of the patch in the same paint that first shows the latest candidate.

        Called again before that paint, it changes once: there is an edge for each candidate that was seen.
        """
        self.images.patch.flip()

    @property
    def showing_target(self) -> bool:
        """Return True if the target is on screen rather than the candidate."""
        return self.images.showing_target

    def _swap(self, swapped: bool) -> None:
        if swapped != self._swapped:
            self.images.patch.turn()
        self._swapped = swapped
        self.images.peek(swapped)

    def _blink(self) -> None:
        blinking = self._view.arrangement == "blink"
        self._swap(False)
        self._view = self._view.replace(arrangement="single" if blinking else "blink")
        self.images.set_view(self._view)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Swap, blink, follow, mark for a photodiode or leave."""
        key = Qt.Key
        if event.key() == key.Key_Space:
            self._swap(not self._swapped)
        elif event.key() == key.Key_B:
            self._blink()
        elif event.key() == key.Key_G:
            self.followed.emit(not self._following)
        elif event.key() in (key.Key_Escape, key.Key_F11):
            self.close()
        elif not self._take_patch_key(event):
            super().keyPressEvent(event)

    def _take_patch_key(self, event: QKeyEvent) -> bool:
        """Return True if the key was one of the patch's."""
        patch, key = self._patch, Qt.Key
        wanted = {
            key.Key_P: replace(patch, on=not patch.on),
            key.Key_C: patch.at_next_corner(),
            key.Key_Plus: patch.resized(1),
            key.Key_Minus: patch.resized(-1),
        }.get(Qt.Key(event.key()))
        if wanted is None or not (patch.on or wanted.on):
            return False
        self.patched.emit(wanted)
        return True

    def changeEvent(self, event: QEvent) -> None:
        """Hide the pointer: it would be one more thing to look at."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange:
            shape = Qt.CursorShape.BlankCursor if self.isActiveWindow() else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Give the screen back."""
        self.images.stop()
        super().closeEvent(event)
        self.left.emit()
