"""Finds texts of a window that there is no room for."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRect
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QGroupBox,
    QLabel,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QTableWidget,
    QWidget,
)

from foveaview.app.widgets.elided_label import ElidedLabel

__all__ = ["cut_off"]

_CELL_MARGIN_PX = 4


def _advance(widget: QWidget, text: str) -> int:
    """Pixels that the widest line takes, less the marks of its keys."""
    plain = text.replace("&&", "\0").replace("&", "").replace("\0", "&")
    return max(widget.fontMetrics().horizontalAdvance(line) for line in plain.split("\n"))


def _label(label: QLabel) -> bool:
    if isinstance(label, ElidedLabel):  # its tip says the whole
        return label.text() not in label.toolTip()
    if label.wordWrap():
        return label.heightForWidth(label.width()) > label.height()
    return label.sizeHint().width() > label.width() or label.sizeHint().height() > label.height() + 1


def _combo(box: QComboBox) -> bool:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field = QStyle.SubControl.SC_ComboBoxEditField
    inner = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, box)
    return _advance(box, box.currentText()) > inner.width()


def _button(button: QAbstractButton) -> bool:
    icon = 0 if button.icon().isNull() else button.iconSize().width() + 4
    return _advance(button, button.text()) + icon + 4 > button.width()


def _line(line: QLineEdit) -> bool:
    """Of a number; what a person types scrolls."""
    if not isinstance(line.parent(), QAbstractSpinBox):
        return False
    return _advance(line, line.text()) > line.width() - 2


def _tabs(bar: QTabBar) -> bool:
    rects = [bar.tabRect(i) for i in range(bar.count())]
    narrow = any(_advance(bar, bar.tabText(i)) + 8 > rect.width() for i, rect in enumerate(rects))
    return narrow or any(rect.right() > bar.width() for rect in rects)


def _table(table: QTableWidget) -> Iterator[str]:
    """Titles and cells that are cut off and have no tip."""
    header = table.horizontalHeader()
    for column in range(table.columnCount()):
        width = table.columnWidth(column)
        title = table.horizontalHeaderItem(column)
        if not header.isHidden() and title is not None and _advance(header, title.text()) + 4 > width:
            yield title.text()
        for row in range(table.rowCount()):
            item = table.item(row, column)
            if item is not None and not item.toolTip():
                wanted = table.fontMetrics().horizontalAdvance(item.text()) + _CELL_MARGIN_PX
                if wanted > width:
                    yield item.text()
    if table.columnCount() and header.length() > table.viewport().width() + 1:
        yield "columns that are out of sight"


def _in_scroll_area(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def _outside(widget: QWidget) -> bool:
    """Whether some of it lies outside what holds it."""
    if _in_scroll_area(widget):
        return False
    whole = QRect(widget.mapTo(widget.window(), widget.rect().topLeft()), widget.size())
    parent = widget.parentWidget()
    while parent is not None:
        place = QRect(parent.mapTo(parent.window(), parent.rect().topLeft()), parent.size())
        if not place.contains(whole):
            return True
        if parent.isWindow():
            return False
        parent = parent.parentWidget()
    return False


def _behind_another_tab(widget: QWidget) -> bool:
    """Qt moves such panels out of the window and leaves them visible."""
    parent: QWidget | None = widget
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parentWidget()
    return parent is not None and parent.visibleRegion().isEmpty()


def _text(widget: QWidget) -> tuple[str, bool]:
    """Its text, and whether it is cut off; empty where it has none."""
    if isinstance(widget, QLabel):
        return widget.text(), _label(widget)
    if isinstance(widget, QComboBox):
        return widget.currentText(), _combo(widget)
    if isinstance(widget, QAbstractButton):
        return widget.text(), _button(widget)
    if isinstance(widget, QLineEdit):
        return widget.text(), _line(widget)
    return "", False


def _texts(widget: QWidget) -> Iterator[str]:
    """What of a widget's texts is cut off."""
    text, is_cut = _text(widget)
    if text and (is_cut or _outside(widget)):
        yield text
    if isinstance(widget, QTabBar) and _tabs(widget):
        yield ", ".join(widget.tabText(i) for i in range(widget.count()))
    if isinstance(widget, QGroupBox) and _advance(widget, widget.title()) + 8 > widget.width():
        yield widget.title()
    if isinstance(widget, QTableWidget):
        yield from _table(widget)


def cut_off(window: QWidget) -> list[str]:
    """Texts that are on screen and not to be read whole; what is elided says the whole in its tip."""
    found = []
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and widget.window() is window and not _behind_another_tab(widget):
            name = widget.accessibleName() or widget.objectName() or type(widget).__name__
            found += [f"{name}: {text!r}" for text in _texts(widget)]
    return found
