"""Check boxes and radio buttons whose outline is visible on a dark background too."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QRadioButton, QStyle, QStyleOptionButton

__all__ = ["CheckBox", "RadioButton"]


def _outline(button: QAbstractButton, element: QStyle.SubElement, is_round: bool) -> None:
    option = QStyleOptionButton()
    option.initFrom(button)
    place = button.style().subElementRect(element, option, button).adjusted(0, 0, -1, -1)
    painter = QPainter(button)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, is_round)
    role = QPalette.ColorRole.PlaceholderText if button.isEnabled() else QPalette.ColorRole.Mid
    painter.setPen(button.palette().color(role))
    if is_round:
        painter.drawEllipse(place)
    else:
        painter.drawRect(place)


class CheckBox(QCheckBox):
    """With an outline in the colour of faint text."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the outline over the style's."""
        super().paintEvent(event)
        _outline(self, QStyle.SubElement.SE_CheckBoxIndicator, is_round=False)


class RadioButton(QRadioButton):
    """With an outline in the colour of faint text."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the outline over the style's."""
        super().paintEvent(event)
        _outline(self, QStyle.SubElement.SE_RadioButtonIndicator, is_round=True)
