"""The panels about the images: docked, behind one another, and brought to the front."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

from foveaview.app.context import Area, Panel

__all__ = ["Docks"]

_LEFT_PX, _RIGHT_PX, _BELOW_PX = 132, 320, 190


class Docks(QObject):
    """Docks a window's panels at its left, at its right and below; those of one side lie behind the first.

    Args:
        window: that they are docked in.
        panels: one or more of each side.

    Attributes:
        all: the docks: left ones, the first of the right ones, those below, and the others at the right.
    """

    def __init__(self, window: QMainWindow, panels: Sequence[Panel]) -> None:
        super().__init__(window)
        self._window = window
        area = Qt.DockWidgetArea

        def of(side: Area) -> list[Panel]:
            return [panel for panel in panels if panel.area == side]

        lefts = [self._dock(panel.title, panel.widget, area.LeftDockWidgetArea) for panel in of("left")]
        first, *others = of("right")
        front = self._dock(first.title, first.widget, area.RightDockWidgetArea)
        belows = [self._dock(panel.title, panel.widget, area.BottomDockWidgetArea) for panel in of("below")]
        self._stack(belows)
        rights = [front, *(self._dock(one.title, one.widget, area.RightDockWidgetArea) for one in others)]
        self._stack(rights)
        self.all = [*lefts, front, *belows, *rights[1:]]
        window.setCorner(Qt.Corner.BottomRightCorner, area.RightDockWidgetArea)
        window.setCorner(Qt.Corner.BottomLeftCorner, area.BottomDockWidgetArea)  # room for its tabs
        window.resizeDocks([lefts[0], front], [_LEFT_PX, _RIGHT_PX], Qt.Orientation.Horizontal)
        window.resizeDocks(belows[:1], [_BELOW_PX], Qt.Orientation.Vertical)

    def _stack(self, docks: list[QDockWidget]) -> None:
        """Put docks of one side behind the first."""
        for dock in docks[1:]:
            self._window.tabifyDockWidget(docks[0], dock)
        docks[0].raise_()

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(title)
        dock.setWidget(widget)
        # Qt leaves what lies behind another tab visible, beyond the window: keys would go there, and
        # panels would measure what nobody sees
        policy = widget.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        widget.setSizePolicy(policy)
        dock.visibilityChanged.connect(widget.setVisible)
        # a dock that leaves a stack of tabs gets no signal that it is visible
        dock.topLevelChanged.connect(lambda floating: widget.setVisible(floating or widget.isVisible()))
        dock.visibilityChanged.connect(self._name_tabs)
        self._window.addDockWidget(area, dock)
        return dock

    def _name_tabs(self) -> None:
        """Qt makes their bars, whenever panels come to lie behind one another."""
        for bar in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setAccessibleName("Panels")
            bar.setElideMode(Qt.TextElideMode.ElideNone)  # in a narrow window the tabs scroll

    def show(self, title: str) -> None:
        """Bring a panel to the front."""
        dock = next(dock for dock in self.all if dock.objectName() == title)
        dock.show()
        dock.raise_()
