"""A window over the whole screen, for a validation."""

from __future__ import annotations

from PySide6.QtCore import QSizeF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from foveaview.app.validation.report_page import ReportPage
from foveaview.app.validation.sample_map import SampleCluster
from foveaview.app.validation.start_page import StartPage
from foveaview.app.validation.target_canvas import TargetCanvas
from foveaview.gaze.validation.assessment import Assessment, name_of
from foveaview.gaze.validation.procedure import TargetInterval
from foveaview.gaze.validation.record import ValidationRecord

__all__ = ["ValidationScreen"]

Gaze = tuple[float, float]


class ValidationScreen(QWidget):
    """Full-screen pages: instructions, targets, report.

    Signals:
        left: it was closed.
    """

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("foveaview validation of the gaze")
        self.setAccessibleName("Validation of the gaze")
        self.start, self.canvas, self.report = StartPage(), TargetCanvas(), ReportPage()
        self._pages = QStackedLayout(self)
        self._pages.setContentsMargins(0, 0, 0, 0)
        for page in (self.start, self.canvas, self.report):
            self._pages.addWidget(page)
        self.start.left.connect(self.close)
        self.report.discarded.connect(self.close)

    def show_start(self, told: str = "") -> None:
        """Show the instructions, with the reason if a validation was aborted."""
        self.canvas.set_target(None)
        self._pages.setCurrentWidget(self.start)
        self.start.tell(told)
        button = self.start.begin_button
        (button if button.isEnabled() else self.start.pointer_button).setFocus()

    def show_canvas(self, with_pointer: bool) -> None:
        """Show the targets; the pointer stays visible only if the gaze follows it."""
        shape = Qt.CursorShape.CrossCursor if with_pointer else Qt.CursorShape.BlankCursor
        self.canvas.setCursor(shape)
        self._pages.setCurrentWidget(self.canvas)
        self._pages.activate()
        self.canvas.setFocus()

    def show_report(
        self,
        validated: ValidationRecord,
        verdict: Assessment,
        visits: list[TargetInterval],
        places: list[Gaze],
    ) -> None:
        """Show what was found at the targets."""
        self.canvas.set_target(None)
        self.report.set_result(validated, verdict)
        clouds = [self._cloud(visit, places) for visit in sorted(visits, key=lambda visit: visit.target)]
        screen = QSizeF(self.canvas.size())
        self.report.map.set_clouds(clouds, screen, self.canvas.degree_px / screen.width())
        self._pages.setCurrentWidget(self.report)
        self.report.table.setFocus()  # Space, which ended the last target, would press a button

    def _cloud(self, visit: TargetInterval, places: list[Gaze]) -> SampleCluster:
        usable = tuple(self._share((one.x, one.y)) for one in visit.samples if one.usable)
        name = name_of(visit.target, len(places))
        return SampleCluster(self._share(places[visit.target]), usable, name)

    def _share(self, place: Gaze) -> Gaze:
        at = self.canvas.on_canvas(place)
        return at.x() / self.canvas.width(), at.y() / self.canvas.height()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Give the screen back."""
        self.canvas.set_target(None)
        super().closeEvent(event)
        self.left.emit()
