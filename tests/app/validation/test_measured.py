"""What is measured over the whole screen, of observers whose error is known."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from foveaview.display.calibration import Calibration
from foveaview.gaze import Sample
from foveaview.gaze.sample import Unit
from foveaview.gaze.validation.accuracy import PointResult
from foveaview.gaze.validation.procedure import Plan
from foveaview.gaze.visual_angle import Angles
from tests.app.conftest import on_every_screen
from tests.app.validation.observer import RATE_HZ, Observer
from tests.app.validation.person import QUICK, Person


def numbers(point: PointResult) -> tuple[float, float, float]:
    found = (point.accuracy_deg, point.precision_rms_deg, point.precision_sd_deg)
    accuracy, rms, sd = (-1.0 if value is None else value for value in found)
    return accuracy, rms, sd


@pytest.mark.parametrize(
    ("scale", "unit"), [(1.0, "screen"), (1.5, "px"), (2.0, "screen"), (2.0, "image")], indirect=["scale"]
)
def test_a_known_offset_is_the_accuracy_at_every_target(person: Person, unit: Unit) -> None:
    person.follow(unit=unit, offset_px=(30.0, -12.0))
    found = person.validate()
    placement = person.screen.canvas.placement
    assert placement is not None
    settings = person.driver.document.loss_settings
    angles = Angles.of(placement.size, settings)
    for point in found.result.points:
        right, down = placement.to_px(point.x, point.y)
        x, y = placement.to_image(right + 30.0, down - 12.0, "px")
        wanted = float(angles.between(point.x, point.y, x, y))
        accuracy, rms, sd = numbers(point)
        assert accuracy == pytest.approx(wanted, rel=1e-6)
        assert max(rms, sd) < 1e-6
        assert point.n == pytest.approx(QUICK.counted_s * RATE_HZ, abs=2)


def test_known_noise_is_the_precision_within_its_standard_error(person: Person) -> None:
    person.follow(noise_px=8.0)
    found = person.validate(QUICK.replace(dwell_s=0.25))
    angles = Angles.of(person.driver.document.size, person.driver.document.loss_settings)
    placement = person.screen.canvas.placement
    assert placement is not None
    x, _y = placement.to_image(placement.screen[0] / 2 + 8.0, placement.screen[1] / 2, "px")
    sd_deg = float(angles.between(0.5, 0.5, x, 0.5))
    middle = found.result.points[4]
    accuracy, rms, sd = numbers(middle)
    error = 3.5 / math.sqrt(middle.n)  # standard errors, of what spreads as much as its mean at most
    assert sd == pytest.approx(math.sqrt(2) * sd_deg, rel=error)
    assert rms == pytest.approx(2 * sd_deg, rel=error)
    assert accuracy == pytest.approx(math.sqrt(math.pi / 2) * sd_deg, rel=error)  # of Rayleigh's distribution


@on_every_screen
def test_the_targets_are_over_the_screen_where_they_are_compared(person: Person, scale: float) -> None:
    person.follow()
    person.open()
    person.screen.start.begun.emit(Plan(order="reading", dwell_s=9.0))
    canvas = person.screen.canvas
    assert canvas.target is not None
    size = canvas.size()
    at = canvas.on_canvas(canvas.target)
    assert (at.x(), at.y()) == pytest.approx((size.width() / 10, size.height() / 10))
    QTest.qWait(500)
    shot = canvas.grab().toImage()
    at = at * scale
    assert shot.pixelColor(round(at.x()), round(at.y())).red() < 20
    assert shot.pixelColor(round(at.x()) + 90, round(at.y()) + 90).red() == 119


def test_over_the_image_the_targets_are_within_it(person: Person) -> None:
    person.follow()
    found = person.validate(QUICK.replace(area="image"))
    xs = {round(point.x, 3) for point in found.result.points}
    assert sorted(xs) == pytest.approx([(share * 64 - 0.5) / 63 for share in (0.1, 0.5, 0.9)], abs=1e-3)


def test_half_the_samples_lost_is_said(person: Person) -> None:
    person.follow(lost=0.5)
    found = person.validate()
    assert found.result.share_usable == pytest.approx(0.5, abs=0.08)
    assert len(found.result.measured) == 9
    assert "More than a fifth of the samples were lost" in person.screen.report.verdict_line.text()


def test_a_target_that_was_not_seen_is_said_and_has_no_numbers(person: Person) -> None:
    person.follow(blind=6)
    found = person.validate()
    report = person.screen.report
    assert [point.accuracy_deg is None for point in found.result.points].index(True) == 6
    assert "The eye was not seen at: bottom left." in report.verdict_line.text()
    cells = [report.table.item(6, column) for column in range(report.table.columnCount())]
    texts = [cell.text() for cell in cells if cell is not None]
    assert texts[:6] == ["bottom left", "-", "-", "-", "-", "-"]
    assert not any("nan" in text for text in texts)


class Silent(Observer):
    def take(self, now: float) -> list[Sample]:
        return []


class Absurd(Observer):
    def _look(self, t: float) -> Sample:
        return Sample(t, 1e300, -1e300, unit=self._unit)


@pytest.mark.parametrize("kind", [Silent, Absurd])
def test_a_source_that_says_nothing_of_use_is_said(person: Person, kind: type[Observer]) -> None:
    person.tracking.follow(kind(person.feature))
    found = person.validate()
    assert found.result.accuracy_deg is None
    assert "not measured" in person.screen.report.summary.text().lower()
    person.screen.report.grab()


def test_degrees_are_those_of_the_calibrated_screen(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    calibration = Calibration((342.4,), offsets_px=(576.0,) * 5)
    monkeypatch.setattr(person.driver.window.geometry_controller, "_calibration", calibration)
    person.follow(offset_px=(40.0, 0.0))
    found = person.validate()
    pitch, distance = calibration.pitch.value, calibration.distance.value
    middle = found.result.points[4].accuracy_deg
    assert middle == pytest.approx(math.degrees(math.atan(40 * pitch / distance)), rel=1e-3)
    assert "calibrated screen" in person.screen.report.geometry_line.text()


def test_without_a_calibration_it_says_that_degrees_are_the_models(person: Person) -> None:
    person.follow()
    person.open()
    assert (
        "the model: the image is 20 cm wide, 70 cm from the eye" in person.screen.start.geometry_line.text()
    )


def hover(person: Person, at: QPointF) -> None:
    canvas = person.screen.canvas
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(canvas, event)


@pytest.mark.parametrize("scale", [1.0, 2.0], indirect=True)
def test_the_pointer_is_where_it_is_on_the_targets_screen(person: Person) -> None:
    person.follow_pointer()
    person.open()
    person.screen.start.begun.emit(QUICK.replace(order="reading"))
    canvas = person.screen.canvas
    assert canvas.cursor().shape() is Qt.CursorShape.CrossCursor
    shown: list[object] = []

    def follow() -> bool:
        if canvas.target is not None and (not shown or shown[-1] != canvas.target):
            shown.append(canvas.target)
            hover(person, canvas.on_canvas(canvas.target))
        return person.screen.report.isVisible()

    person.driver.until(follow)
    found = person.found()
    assert len(shown) == 9
    assert found.result.accuracy_deg == pytest.approx(0, abs=1e-4)
    assert found.source == "Pointer"
