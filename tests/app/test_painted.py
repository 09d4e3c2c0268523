"""When a candidate is on screen: from the paint that shows it on, and not before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from foveaview.app.images.image_view import ImageView
from foveaview.app.images.items import Pixels
from foveaview.settings.view import ViewSettings

SIZE = (48, 64)


def gray(level: int) -> Pixels:
    return np.full((*SIZE, 3), level, dtype=np.uint8)


@pytest.fixture
def images(qtbot: QtBot) -> ImageView:
    made = ImageView()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.set_size(SIZE)
    made.set_image("target", gray(200))
    made.show()
    qtbot.waitExposed(made)
    qtbot.wait(30)
    return made


class Watcher:
    """Shows candidates, and notes each where a paint is the first that shows it."""

    def __init__(self, images: ImageView) -> None:
        self.seen: list[Any] = []
        self._images = images
        self._shown: Pixels | None = None
        images.candidate.view.repainted.connect(self._look)

    def show(self, picture: Pixels | None) -> None:
        self._shown = picture
        self._images.set_image("candidate", picture)

    def _look(self) -> None:
        seen = self._images.candidate.seen
        if seen is not None and seen is self._shown and not any(seen is one for one in self.seen[-1:]):
            self.seen.append(seen)


@pytest.fixture
def watcher(images: ImageView) -> Watcher:
    return Watcher(images)


@pytest.fixture
def seen(watcher: Watcher) -> list[Any]:
    return watcher.seen


def wait_for(qtbot: QtBot, told: list[Any], count: int) -> None:
    qtbot.waitUntil(lambda: len(told) == count)


def same(told: list[Any], expected: list[Pixels]) -> bool:
    return len(told) == len(expected) and all(a is b for a, b in zip(told, expected, strict=True))


def test_each_picture_is_told_once_after_its_paint(
    images: ImageView, watcher: Watcher, seen: list[Any], qtbot: QtBot
) -> None:
    pictures = [gray(level) for level in (10, 10, 90)]
    for count, picture in enumerate(pictures, start=1):
        watcher.show(picture)
        assert len(seen) == count - 1  # not before it is painted
        wait_for(qtbot, seen, count)
    qtbot.wait(60)
    assert same(seen, pictures)


def test_of_two_between_paints_the_newer_is_told(
    images: ImageView, watcher: Watcher, seen: list[Any], qtbot: QtBot
) -> None:
    first, second = gray(10), gray(20)
    watcher.show(first)
    watcher.show(second)
    qtbot.waitUntil(lambda: bool(seen))
    qtbot.wait(60)
    assert same(seen, [second])


def test_other_paints_are_not_told(
    images: ImageView, watcher: Watcher, seen: list[Any], qtbot: QtBot
) -> None:
    watcher.show(gray(10))
    qtbot.waitUntil(lambda: len(seen) == 1)
    repainted: list[int] = []
    images.candidate.view.repainted.connect(lambda: repainted.append(1))
    changes: list[Callable[[], None]] = [
        lambda: images.set_gaze((0.2, 0.7)),
        lambda: images.set_heatmap(np.zeros((*SIZE, 4), dtype=np.uint8)),
        lambda: images.set_image("target", gray(3)),
        lambda: images.step_zoom(0.5),
        lambda: watcher.show(None),
    ]
    for change in changes:
        repainted.clear()
        change()
        images.candidate.view.viewport().update()
        qtbot.waitUntil(lambda: bool(repainted))
    assert len(seen) == 1


def test_what_the_target_covers_is_told_when_it_is_seen(
    images: ImageView, watcher: Watcher, seen: list[Any], qtbot: QtBot
) -> None:
    images.peek(True)
    picture = gray(10)
    watcher.show(picture)
    qtbot.wait(60)
    assert seen == []
    images.peek(False)
    qtbot.waitUntil(lambda: same(seen, [picture]))
    images.peek(True)
    images.peek(False)
    qtbot.wait(60)
    assert len(seen) == 1


def test_another_layer_is_not_the_candidate(
    images: ImageView, watcher: Watcher, seen: list[Any], qtbot: QtBot
) -> None:
    images.set_view(ViewSettings(layer="heatmap"))
    watcher.show(gray(10))
    images.set_image("heatmap", gray(20))
    qtbot.wait(60)
    assert seen == []
    images.set_view(ViewSettings(layer="candidate"))
    qtbot.waitUntil(lambda: len(seen) == 1)


def test_what_is_out_of_sight_is_not_told(
    images: ImageView, watcher: Watcher, seen: list[Any], qtbot: QtBot
) -> None:
    images.candidate.box.setRange(xRange=(1000, 1100), padding=0)
    watcher.show(gray(10))
    images.candidate.view.viewport().update()
    qtbot.wait(60)
    assert seen == []
