"""The views and states in which the gaze follows something."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from foveaview.gaze.latency import Stamp
from foveaview.gaze.sample import NAN
from tests.app.scripted import Script
from tests.app.stage import Stage, wait

__all__ = ["GAZE_SCENES"]


def _followed(stage: Stage) -> Script:
    stage.open()
    tracking = stage.window.tracking
    tracking.set_settings(tracking.settings.replace(freeze_ms=60_000))
    source = Script("Eye tracker 3000")
    tracking.follow(source)
    source.say(0.6, 0.3)
    stage.until(lambda: stage.window.tracking.look is not None)
    stage.panel("Gaze")
    return source


def following(stage: Stage) -> None:
    _followed(stage)
    stage.settle()
    stage.take()


def frozen(stage: Stage) -> None:
    source = _followed(stage)
    source.note = "no usable sample for 3 s"
    source.say(NAN, NAN, valid=False)
    stage.until(lambda: stage.window.images.candidate.marker.frozen)
    wait(800)
    stage.take()


def latency(stage: Stage) -> None:
    _followed(stage)
    random = np.random.default_rng(0)
    for i in range(2000):
        waits = random.gamma(4, [0.0005, 0.002, 0.0015])
        stage.window.tracking.log.add(Stamp(i, *(i + np.cumsum(waits))))
    stage.panel("Latency")
    wait(600)
    stage.take()


GAZE_SCENES: dict[str, Callable[[Stage], None]] = {
    scene.__name__: scene for scene in (following, frozen, latency)
}
