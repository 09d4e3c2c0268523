"""A live loop in a thread of its own, and jobs for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from foveaview import LossSettings, SynthesisSettings
from foveaview.live import Frame, Job, LiveLoop
from tests.patience import within

__all__ = ["CPU", "SETTINGS", "Harness", "iterations", "running"]

SETTINGS = LossSettings(n_pyramid_levels=3)
CPU = SynthesisSettings(device="cpu", steps=1000, stop_fraction=0)


class Harness:
    """A loop in a thread, and every frame it announced."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.announced = threading.Event()
        self.loop = LiveLoop(self.announced.set)
        self.thread = threading.Thread(target=self.loop.run)
        self.thread.start()

    def take(self) -> None:
        self.announced.clear()
        frame = self.loop.take_frame()
        if frame is not None:
            self.frames.append(frame)
        for reply in self.loop.take_replies():
            reply.done(reply.value)

    def until(self, reached: Callable[[], bool]) -> None:
        limit = time.monotonic() + 60
        while not reached():
            assert time.monotonic() < limit
            self.announced.wait(0.02)
            self.take()

    def close_in_time(self) -> None:
        """End the loop, for which nobody has to wait."""
        with within(2):
            self.loop.close()
            self.thread.join(60)
        assert not self.thread.is_alive()

    def finish(self, generation: int = 1) -> None:
        """Wait for the frame of a job, and see that nothing comes after it."""
        self.until(lambda: bool(self.frames) and self.frames[-1].generation == generation)
        self.loop.close()
        self.thread.join(60)
        assert not self.thread.is_alive()
        self.take()


def running(job: Job, **changes: Any) -> Job:
    return replace(job, candidate="metamer", run=1, running=True, keep=frozenset([1]), **changes)


def iterations(harness: Harness) -> int:
    runs = [frame.run for frame in harness.frames if frame.run is not None]
    return runs[-1].iteration if runs else 0
