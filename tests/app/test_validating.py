"""The validation of the gaze over the whole screen, by observers whose error is known."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QWidget

from foveaview.app.validating import Validating
from foveaview.app.validation_screen import ValidationScreen
from foveaview.calibration import Calibration
from foveaview.gaze import Sample, SourceStatus, now
from foveaview.gaze.angles import Angles
from foveaview.gaze.course import Plan
from foveaview.gaze.sample import Unit
from foveaview.gaze.validated import Validated
from foveaview.gaze.validation import PointResult
from foveaview.session import read_session

from .conftest import WindowDriver, on_every_screen
from .scripted import Script
from .test_accessibility import check_names, check_walk, usable

MakeFile = Callable[..., Path]
QUICK = Plan(dwell_s=0.12, settle_s=0.05)
RATE_HZ = 1000.0


class Observer:
    """Looks at the target, with an offset and noise in pixels of the screen.

    Args:
        feature: whose targets.
        unit: of the samples.
        offset_px: right and down.
        noise_px: standard deviation each way.
        lost: share of the samples in which the eye is not seen.
        blind: a target that is not seen at all.
    """

    name = "Observer"

    def __init__(
        self,
        feature: Validating,
        unit: Unit = "screen",
        offset_px: tuple[float, float] = (0.0, 0.0),
        noise_px: float = 0.0,
        lost: float = 0.0,
        blind: int | None = None,
    ) -> None:
        self._feature, self._unit = feature, unit
        self._offset, self._noise, self._lost, self._blind = np.array(offset_px), noise_px, lost, blind
        self._random = np.random.default_rng(5)
        self._last = now()
        self.closed = False

    def take(self, now: float) -> list[Sample]:
        count = math.floor((now - self._last) * RATE_HZ)
        moments = [self._last + (i + 1) / RATE_HZ for i in range(count)]
        self._last += count / RATE_HZ
        return [self._look(t) for t in moments]

    def _look(self, t: float) -> Sample:
        canvas = None if self._feature.screen is None else self._feature.screen.canvas
        if canvas is None or canvas.target is None or self._random.random() < self._lost:
            return Sample.missing(t, self._unit)
        placement = canvas.placement
        assert placement is not None
        if self._blind is not None and canvas.places("screen").index(canvas.target) == self._blind:
            return Sample.missing(t, self._unit)
        at = np.array(placement.to_px(*canvas.target))
        at = at + self._offset + self._noise * self._random.standard_normal(2)
        if self._unit == "image":
            x, y = placement.to_image(float(at[0]), float(at[1]), "px")
            return Sample(t, float(x), float(y))
        if self._unit == "screen":
            at = at / placement.screen
        return Sample(t, float(at[0]), float(at[1]), unit=self._unit)

    def status(self, now: float) -> SourceStatus:
        return SourceStatus(self.name, RATE_HZ, 0.0, 1.0)

    def close(self) -> None:
        self.closed = True


class Person:
    """A window with the feature, and who uses it."""

    def __init__(self, driver: WindowDriver) -> None:
        self.driver, self.tracking = driver, driver.window.tracking
        self.feature = driver.window.validating

    @property
    def screen(self) -> ValidationScreen:
        assert self.feature.screen is not None
        return self.feature.screen

    def open(self) -> None:
        self.driver.window.commands["validate"].trigger()
        self.driver.qtbot.waitExposed(self.screen)
        self.driver.until(self.screen.isActiveWindow)

    def follow(self, **how: Any) -> None:
        self.tracking.follow(Observer(self.feature, **how))

    def follow_pointer(self) -> None:
        self.driver.controller.set_follow(True)

    def validate(self, plan: Plan = QUICK) -> Validated:
        """All the way to the report."""
        if self.feature.screen is None:
            self.open()
        self.screen.start.begun.emit(plan)
        return self.found()

    def found(self) -> Validated:
        self.driver.until(self.screen.report.isVisible)
        found = self.feature._found
        assert found is not None
        return found


@pytest.fixture
def person(driver: WindowDriver, image_file: MakeFile) -> Person:
    driver.open(image_file())
    return Person(driver)


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def numbers(point: PointResult) -> tuple[float, float, float]:
    found = (point.accuracy_deg, point.precision_rms_deg, point.precision_sd_deg)
    accuracy, rms, sd = (-1.0 if value is None else value for value in found)
    return accuracy, rms, sd


# what is measured


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
    assert "More than a fifth of the samples was lost" in person.screen.report.verdict_line.text()


def test_a_target_that_was_not_seen_is_said_and_has_no_numbers(person: Person) -> None:
    person.follow(blind=6)
    found = person.validate()
    report = person.screen.report
    assert [point.accuracy_deg is None for point in found.result.points].index(True) == 6
    assert "Nothing was seen at: bottom left." in report.verdict_line.text()
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
    monkeypatch.setattr(person.driver.window.angles, "_calibration", calibration)
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


# the pointer


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


def test_with_nothing_to_follow_it_says_so_and_offers_the_pointer(person: Person) -> None:
    person.open()
    start = person.screen.start
    assert "Nothing is followed" in start.source_line.text()
    assert not start.begin_button.isEnabled()
    click(start.pointer_button)
    assert person.driver.controller.state.follow
    assert start.begin_button.isEnabled()
    assert "Follows Pointer" in start.source_line.text()
    assert not start.pointer_button.isVisible()


# what a person does


def test_what_is_chosen_is_what_begins(person: Person) -> None:
    person.follow()
    person.open()
    start = person.screen.start
    start.dwell_box.setValue(2.5)
    start.order_box.setCurrentText("row by row")
    start.area_box.setCurrentText("over the image")
    QTest.mouseClick(start.confirm_box, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    plans: list[Plan] = []
    start.begun.connect(plans.append)
    click(start.begin_button)
    assert plans == [Plan(dwell_s=2.5, order="reading", area="image", confirm=True)]
    assert person.screen.canvas.isVisible()


def test_space_goes_on_where_that_is_wanted(person: Person) -> None:
    person.follow()
    person.open()
    person.screen.start.begun.emit(QUICK.replace(confirm=True, order="reading"))
    canvas = person.screen.canvas
    first = canvas.target
    QTest.qWait(300)
    assert canvas.target == first
    shown: list[object] = []

    def press() -> bool:
        if canvas.target not in [None, *shown]:
            shown.append(canvas.target)
            QTest.keyClick(canvas, Qt.Key.Key_Space)
        return person.screen.report.isVisible()

    person.driver.until(press)
    assert len(shown) == 9
    assert person.found().result.n == pytest.approx(9 * QUICK.counted_s * RATE_HZ, abs=20)


def test_esc_leaves_at_any_time(person: Person) -> None:
    person.follow()
    for page in ("start", "canvas", "report"):
        person.open()
        assert person.tracking._held
        if page == "canvas":
            person.screen.start.begun.emit(Plan())
        if page == "report":
            person.validate()
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, Qt.Key.Key_Escape)
        assert person.feature.screen is None
        assert not person.tracking._held
        assert person.feature.kept is None
    assert person.driver.window.isVisible()


def test_closing_the_window_meanwhile_takes_under_2_seconds(person: Person) -> None:
    person.follow()
    person.open()
    person.screen.start.begun.emit(Plan())
    person.driver.close_in_time()
    assert person.feature.screen is None


def test_another_source_ends_it_with_a_word(person: Person) -> None:
    person.follow()
    person.open()
    person.screen.start.begun.emit(Plan())
    person.tracking.stop()
    person.driver.until(person.screen.start.isVisible)
    assert "source" in person.screen.start.remark.text()
    assert not person.screen.start.begin_button.isEnabled()


def test_another_size_of_the_screen_ends_it_with_a_word(person: Person) -> None:
    person.follow()
    person.open()
    person.screen.start.begun.emit(Plan())
    person.screen.resize(900, 700)
    person.driver.until(person.screen.start.isVisible)
    assert "changed" in person.screen.start.remark.text()


def test_without_an_image_it_says_that_one_is_needed(driver: WindowDriver) -> None:
    driver.window.commands["validate"].trigger()
    assert driver.window.validating.screen is None
    assert "open an image first" in driver.window.messages.toPlainText()


def test_again_does_it_once_more(person: Person) -> None:
    person.follow()
    first = person.validate()
    click(person.screen.report.again_button)
    assert person.screen.canvas.isVisible()
    second = person.found()
    assert second is not first
    assert second.plan.replace(seed=0) == first.plan.replace(seed=0)


def test_the_gaze_stays_meanwhile_and_moves_afterwards(person: Person) -> None:
    person.tracking.set_settings(person.tracking.settings.replace(smoothing=False))
    person.follow(unit="image")
    before = person.driver.document.gaze
    person.validate()
    assert person.driver.document.gaze == before
    person.feature.close()
    script = Script()
    person.tracking.follow(script)
    script.say(0.25, 0.75)
    person.driver.until(lambda: person.driver.document.gaze == pytest.approx((0.25, 0.75)))


def test_what_is_kept_is_shown_in_the_panel(person: Person) -> None:
    assert person.feature.line.text() == "never"
    person.follow(offset_px=(20.0, 0.0))
    person.validate()
    click(person.screen.report.discard_button)
    assert person.feature.line.text() == "never"
    found = person.validate()
    click(person.screen.report.keep_button)
    assert person.feature.kept == found
    assert person.feature.line.text() == found.line
    assert "Observer: off by" in person.feature.line.text()
    assert person.feature.screen is None


def test_the_button_in_the_panel_opens_it(person: Person) -> None:
    click(next(b for b in person.tracking.panel.findChildren(QPushButton) if "alidate" in b.text()))
    assert person.feature.screen is not None
    person.feature.close()


# files and sessions


@pytest.mark.parametrize("name", ["found.json", "found.csv"])
def test_it_is_written_to_a_file(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    person.follow(lost=0.2)
    found, path = person.validate(), tmp_path / name
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_named: (str(path), ""))
    click(person.screen.report.save_button)
    person.driver.until(lambda: person.screen.report.remark.text() == f"{name} saved")
    if path.suffix == ".csv":
        assert len(path.read_text().splitlines()) == 10
    else:
        assert json.loads(path.read_text())["result"] == found.result.model_dump(mode="json")


def test_a_file_that_cannot_be_written_is_said_on_the_page(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.follow()
    person.validate()
    path = tmp_path / "not there" / "found.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_named: (str(path), ""))
    click(person.screen.report.save_button)
    person.driver.until(lambda: "not there" in person.screen.report.remark.text())


def test_it_is_kept_with_the_session(
    person: Person, make_window: Callable[[], WindowDriver], tmp_path: Path
) -> None:
    person.follow(offset_px=(20.0, 0.0))
    found = person.validate()
    click(person.screen.report.keep_button)
    path = tmp_path / "kept.fvsession"
    person.driver.window.sessions.save(path)
    person.driver.until(lambda: person.driver.window.sessions.path == path)
    assert "validation" in read_session(path).extras
    other = make_window()
    feature = other.window.validating
    other.window.sessions.open(path)
    other.until(lambda: feature.kept is not None)
    assert feature.kept == found
    assert feature.line.text() == found.line


@pytest.mark.parametrize("kept", [3, [], {"version": 9}, {"version": 1, "at": "never"}])
def test_what_is_damaged_in_a_session_is_said_and_left(person: Person, kept: Any) -> None:
    person.feature.restore(kept)
    assert person.feature.kept is None
    assert "the session's validation was not taken" in person.driver.window.messages.toPlainText()


# who does not see it, or has no mouse


def test_every_page_has_names_and_tab_reaches_all_of_it(person: Person) -> None:
    person.follow()
    person.open()
    check_names(person.screen)
    for page in ("start", "report"):
        if page == "report":
            person.validate()
        check_walk(person.screen, next(w for w in usable(person.screen) if w.isVisible() and w.isEnabled()))
