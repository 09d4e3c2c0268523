"""A map of the samples of a validation around its targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

__all__ = ["SampleCluster", "ValidationMap"]

_MOST_DOTS = 400
_DOT_PX, _ARM_PX = 3.0, 5.0
# from Okabe and Ito's palette, which holds for the colour-blind, on either theme
_DOTS, _MEAN = QColor("#3d8fd9"), QColor("#d55e00")


@dataclass(frozen=True)
class SampleCluster:
    """A target with its samples, in shares of the screen's width and height.

    Attributes:
        target: position of the target.
        samples: positions of the usable samples.
        name: of the target.
    """

    target: tuple[float, float]
    samples: tuple[tuple[float, float], ...]
    name: str = ""

    @property
    def mean(self) -> tuple[float, float] | None:
        """Mean of the samples; None if there are none."""
        count = len(self.samples)
        if not count:
            return None
        return sum(x for x, _y in self.samples) / count, sum(y for _x, y in self.samples) / count


class ValidationMap(QWidget):
    """The screen with its targets, the samples at each, and a line from each target to their mean.

    The ring about a target has a radius of one degree.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.clouds: tuple[SampleCluster, ...] = ()
        self._screen = QSizeF(16, 9)
        self._degree = 0.0
        self.setMinimumSize(280, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Map of the targets")
        self.setToolTip(
            "Crosses: targets, in a ring of 1°. Blue: samples. Orange: from the target to their mean. "
            "A crossed ring: no usable sample."
        )

    def set_clouds(self, clouds: Sequence[SampleCluster], screen: QSizeF, degree: float) -> None:
        """Set the content.

        Args:
            clouds: of all targets.
            screen: its width and height, in any unit.
            degree: a degree in shares of the screen's width.
        """
        self.clouds, self._screen, self._degree = tuple(clouds), screen, degree
        self.update()

    def area(self) -> QRectF:
        """The rectangle that stands for the screen."""
        size = self._screen.scaled(self.size().toSizeF() - QSizeF(2, 2), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(QPointF((self.width() - size.width()) / 2, 1), size)

    def _at(self, place: tuple[float, float]) -> QPointF:
        area = self.area()
        return area.topLeft() + QPointF(place[0] * area.width(), place[1] * area.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the screen and what was on it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.area(), self.palette().base())
        painter.setPen(QPen(self.palette().placeholderText().color(), 1))
        painter.drawRect(self.area())
        painter.setClipRect(self.area())
        for cloud in self.clouds:
            self._draw_target(painter, cloud)
        for cloud in self.clouds:
            self._draw_samples(painter, cloud)

    def _draw_target(self, painter: QPainter, cloud: SampleCluster) -> None:
        painter.setPen(QPen(self.palette().text().color(), 1))
        middle, radius = self._at(cloud.target), self._degree * self.area().width()
        painter.drawEllipse(middle, radius, radius)
        reach = _ARM_PX if cloud.samples else max(radius, _ARM_PX)
        turned = 0 if cloud.samples else 1  # what was not seen is crossed out
        for arm in (QPointF(reach, turned * reach), QPointF(-turned * reach, reach)):
            painter.drawLine(middle - arm, middle + arm)

    def _draw_samples(self, painter: QPainter, cloud: SampleCluster) -> None:
        step = max(len(cloud.samples) // _MOST_DOTS, 1)
        dots = _DOTS.toRgb()
        dots.setAlpha(150)
        painter.setPen(QPen(dots, _DOT_PX, c=Qt.PenCapStyle.RoundCap))
        painter.drawPoints(QPolygonF([self._at(place) for place in cloud.samples[::step]]))
        if cloud.mean is not None:
            painter.setPen(QPen(_MEAN, 2))
            painter.drawLine(self._at(cloud.target), self._at(cloud.mean))
            painter.setBrush(_MEAN)
            painter.drawEllipse(self._at(cloud.mean), 2, 2)
            painter.setBrush(Qt.BrushStyle.NoBrush)
