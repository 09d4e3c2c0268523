"""The open targets, as thumbnails."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from foveaview.app.core.state import AppState, Document, Phase

__all__ = ["TargetList", "to_qimage"]

_THUMBNAIL_PX = 88


def to_qimage(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> QImage:
    """A copy of (H, W) or (H, W, 3) bytes as a Qt image."""
    height, width = pixels.shape[:2]
    gray = pixels.ndim == 2
    kind = QImage.Format.Format_Grayscale8 if gray else QImage.Format.Format_RGB888
    whole = np.ascontiguousarray(pixels)
    return QImage(whole.data, width, height, whole.strides[0], kind).copy()


class TargetList(QListWidget):
    """One thumbnail a target.

    Signals:
        chosen: number of the document.
        closed: number of the document to close.
    """

    chosen = Signal(int)
    closed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIconSize(QSize(_THUMBNAIL_PX, _THUMBNAIL_PX))
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.TopToBottom)
        self.setWrapping(False)
        self.setMovement(QListWidget.Movement.Static)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSpacing(4)
        self.setToolTip("Open targets; Delete closes one")
        self.setAccessibleName("Open targets")
        self.currentItemChanged.connect(self._tell)

    def _tell(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close a target with Delete."""
        item = self.currentItem()
        if event.key() == Qt.Key.Key_Delete and item is not None:
            self.closed.emit(item.data(Qt.ItemDataRole.UserRole))
        else:
            super().keyPressEvent(event)

    def _item(self, document: Document) -> QListWidgetItem:
        # a thumbnail of a thinned picture: enough for its size, and quick for large ones
        stride = max(1, min(document.size) // (2 * _THUMBNAIL_PX))
        thin = to_qimage(document.pixels[::stride, ::stride])
        fitted = thin.scaled(
            _THUMBNAIL_PX,
            _THUMBNAIL_PX,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        item = QListWidgetItem(QIcon(QPixmap.fromImage(fitted)), document.path.name)
        item.setData(Qt.ItemDataRole.UserRole, document.number)
        item.setToolTip(f"{document.path}\n{document.size[1]} x {document.size[0]} px")
        item.setSizeHint(QSize(_THUMBNAIL_PX + 20, _THUMBNAIL_PX + 28))
        return item

    def set_state(self, state: AppState) -> None:
        """Show the open documents, the current one chosen."""
        blocker = QSignalBlocker(self)
        shown = [self.item(i).data(Qt.ItemDataRole.UserRole) for i in range(self.count())]
        if shown != [document.number for document in state.documents]:
            self.clear()
            for document in state.documents:
                self.addItem(self._item(document))
        for i, document in enumerate(state.documents):
            marks = {Phase.RUNNING: " ▶", Phase.PAUSED: " ‖", Phase.DONE: " ✓"}
            text = document.path.name + marks.get(document.phase, "")
            if self.item(i).text() != text:
                self.item(i).setText(text)
            if document.number == state.current and self.currentRow() != i:
                self.setCurrentRow(i)
        blocker.unblock()
