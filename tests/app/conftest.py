"""A window that leaves nothing behind, and a worker that computes nothing."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch._dynamo  # as the program does, before the first search: it takes seconds
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTabBar
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from foveaview.app.core.state import Document
from foveaview.app.main_window import MainWindow
from foveaview.app.widgets.theme import apply_theme
from foveaview.files import to_uint8
from foveaview.gaze.recordings import write_recording
from foveaview.live import Done, Failure, Idle, Job, Request
from foveaview.live.renderer import Renderer
from tests.app.recorded import looking
from tests.patience import within

SCALES = {1.0: "one", 1.5: "one and a half", 2.0: "two"}
_WIDTH_PX, _HEIGHT_PX = 3200, 2000


def _make_screens() -> None:
    """Three screens of different device pixel ratios, before Qt looks for screens."""
    screens = [
        {"name": name, "x": i * _WIDTH_PX, "y": 0, "width": _WIDTH_PX, "height": _HEIGHT_PX, "dpr": 1}
        for i, name in enumerate(SCALES.values())
    ]
    path = Path(tempfile.mkdtemp()) / "screens.json"
    path.write_text(json.dumps({"screens": screens}))
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={path}"
    os.environ["QT_SCREEN_SCALE_FACTORS"] = ";".join(f"{name}={scale}" for scale, name in SCALES.items())


if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
    _make_screens()

on_every_screen = pytest.mark.parametrize("scale", list(SCALES), indirect=True)
"""For a test with a window: at device pixel ratios 1, 1.5 and 2."""


class StillWorker:
    """Keeps jobs; does requests at once."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.renderer = Renderer()

    def submit(self, job: Job | Idle) -> None:
        if isinstance(job, Job):
            self.jobs.append(job)

    def ask(self, request: Request, done: Done, replaces: str | None = None) -> None:
        try:
            value = request(self.renderer)
        except Exception as error:
            value = Failure.of(error)
        done(value)


class LateWorker(StillWorker):
    """Does requests when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[Request, Done]] = []

    def ask(self, request: Request, done: Done, replaces: str | None = None) -> None:
        self.waiting.append((request, done))

    def work(self) -> None:
        while self.waiting:
            super().ask(*self.waiting.pop(0))


@pytest.fixture
def worker() -> StillWorker:
    return StillWorker()


@pytest.fixture
def image_file(tmp_path: Path) -> Callable[..., Path]:
    """Makes image files of a size (H, W)."""

    def make(name: str = "image.png", size: tuple[int, int] = (48, 64), seed: int = 0) -> Path:
        generator = torch.Generator().manual_seed(seed)
        coarse = torch.rand(1, 3, 6, 8, generator=generator)
        pixels = to_uint8(torch.nn.functional.interpolate(coarse, size=size, mode="bilinear"))
        Image.fromarray(pixels).save(tmp_path / name)
        return tmp_path / name

    return make


class WindowDriver:
    """A window, driven as a person does."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        self.controller = window.controller

    @property
    def document(self) -> Document:
        document = self.controller.state.document
        assert document is not None
        return document

    @property
    def is_open(self) -> bool:
        """Whether the window is there and shown."""
        return isValid(self.window) and self.window.isVisible()

    def until(self, reached: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(reached, timeout=60_000)

    def settle(self) -> None:
        """Wait until what is shown is in full and up to date."""

        def settled() -> bool:
            document = self.controller.state.document
            return (
                document is not None
                and document.picture is not None
                and document.quality == "full"
                and not document.picture_changes
                and not document.heatmap_changes
            )

        self.until(settled)

    def open(self, *paths: Path) -> None:
        count = len(self.controller.state.documents)
        self.controller.documents.open_targets(paths)
        self.until(lambda: len(self.controller.state.documents) == count + len(paths))
        self.settle()

    def iteration(self) -> int:
        document = self.controller.state.document
        return document.status.iteration if document is not None and document.status is not None else 0

    def pixel_at(self, column: int, row: int, pane: int = 0) -> QPoint:
        """Where on the pane's view the middle of a pixel of the image is."""
        shown = self.window.images.panes[pane]
        return shown.view.mapFromScene(shown.box.mapViewToScene(QPointF(column + 0.5, row + 0.5)))

    def viewport(self, pane: int = 0) -> Any:
        return self.window.images.panes[pane].view.viewport()

    def click(self, column: int, row: int, pane: int = 0, alt: bool = False) -> None:
        at = self.pixel_at(column, row, pane)
        held = Qt.KeyboardModifier.AltModifier if alt else Qt.KeyboardModifier.NoModifier
        QTest.mouseClick(self.viewport(pane), Qt.MouseButton.LeftButton, held, at)

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the images have the focus."""
        self.window.activateWindow()
        self.window.images.setFocus()
        QTest.keyClick(self.window.images, key, held)

    def shot(self, pane: int = 1) -> npt.NDArray[np.uint8]:
        """What a pane shows, (H, W, 4) bytes in device pixels."""
        image = self.window.images.panes[pane].view.grab().toImage()
        image = image.convertToFormat(QImage.Format.Format_RGBA8888)
        shape = (image.height(), image.bytesPerLine() // 4, 4)
        shown: npt.NDArray[np.uint8] = np.array(image.constBits()).reshape(shape)[:, : image.width()]
        return shown

    def color_at(self, column: int, row: int, pane: int = 1) -> tuple[int, ...]:
        """The colour on screen in the middle of a pixel of the image."""
        at = self.pixel_at(column, row, pane)
        ratio = self.window.devicePixelRatioF()
        color = self.shot(pane)[int(at.y() * ratio), int(at.x() * ratio), :3]
        return tuple(int(part) for part in color)

    def move(
        self,
        at: QPoint,
        pane: int = 0,
        buttons: Qt.MouseButton = Qt.MouseButton.NoButton,
        held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        """Move the pointer; QTest's own moves press no button and need a real cursor."""
        view = self.viewport(pane)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(at),
            QPointF(view.mapToGlobal(at)),
            Qt.MouseButton.NoButton,
            buttons,
            held,
        )
        QApplication.sendEvent(view, event)
        QTest.qWait(15)

    def alt_click(self, column: int, row: int, pane: int = 0) -> None:
        """Pin a pixel, or unpin it."""
        at, alt = self.pixel_at(column, row, pane), Qt.KeyboardModifier.AltModifier
        QTest.mouseClick(self.viewport(pane), Qt.MouseButton.LeftButton, alt, at)

    def hover(self, column: int, row: int, pane: int = 0) -> None:
        """Let the pointer rest on a pixel, coming from its neighbour."""
        self.move(self.pixel_at(column + 1, row, pane), pane)
        self.move(self.pixel_at(column, row, pane), pane)
        self.until(lambda: self.window.status.position.text() == f"x {column}  y {row}")

    def show_dock(self, title: str) -> None:
        """Click the tab of a panel."""
        bars = self.window.findChildren(QTabBar)
        bar, tab = next((b, i) for b in bars for i in range(b.count()) if b.tabText(i) == title)
        QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(tab).center())

    def drag(
        self,
        stops: list[tuple[int, int]],
        pane: int = 0,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    ) -> None:
        points = [self.pixel_at(*stop, pane) for stop in stops]
        view = self.viewport(pane)
        self.move(points[0], pane)
        QTest.mousePress(view, button, pos=points[0])
        for point in points[1:]:
            self.move(point, pane, button)
        QTest.mouseRelease(view, button, pos=points[-1])

    def close(self) -> None:
        """Close the window, unless it was closed: Qt deletes it then."""
        if isValid(self.window):
            self.window.close()

    def close_in_time(self) -> None:
        """Close the window, which nobody has to wait for."""
        with within(2):
            self.close()


def collect(signal: Any) -> list[Any]:
    """What the signal tells from now on; several values at once as a tuple."""
    seen: list[Any] = []
    signal.connect(lambda *values: seen.append(values if len(values) > 1 else values[0]))
    return seen


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder is one of a window."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.gui)


MakeFile = Callable[..., Path]
MakeWindow = Callable[[], WindowDriver]


@pytest.fixture
def scale(request: pytest.FixtureRequest) -> float:
    """Device pixel ratio of the screen that windows are on."""
    return float(getattr(request, "param", 1.0))


@pytest.fixture
def make_window(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, scale: float
) -> Iterator[Callable[[], WindowDriver]]:
    drivers: list[WindowDriver] = []

    def make() -> WindowDriver:
        settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
        apply_theme(qapp, "light")
        window = MainWindow(settings, tmp_path / "recovery")
        window.resize(1200, 800)
        screen = next((s for s in qapp.screens() if s.name() == SCALES[scale]), qapp.primaryScreen())
        window.setScreen(screen)
        window.move(screen.geometry().topLeft())
        window.show()
        drivers.append(WindowDriver(window, qtbot))
        return drivers[-1]

    yield make
    for driver in drivers:
        driver.close()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def driver(make_window: Callable[[], WindowDriver]) -> WindowDriver:
    return make_window()


@pytest.fixture
def opened(driver: WindowDriver, image_file: MakeFile) -> WindowDriver:
    """With an image."""
    driver.open(image_file())
    return driver


@pytest.fixture
def shown(driver: WindowDriver, image_file: Callable[..., Path]) -> WindowDriver:
    """With an image, and the gaze as it comes."""
    driver.controller.documents.open_targets([image_file()])
    driver.settle()
    driver.window.gaze._edit("smoothing", False)
    return driver


@pytest.fixture
def gaze_file(tmp_path: Path) -> Path:
    """Two seconds of gaze; see `looking`."""
    write_recording(tmp_path / "gaze.csv", looking())
    return tmp_path / "gaze.csv"
