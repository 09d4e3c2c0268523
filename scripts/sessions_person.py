"""A simulated user who opens, changes, runs and closes at random, for sessions.py."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image

from foveaview.app.core.state import Phase
from foveaview.app.main_window import MainWindow
from foveaview.files import to_uint8
from tests.app.stage import wait

__all__ = ["Person", "make_images", "until"]

SIZES = ((48, 64), (64, 48), (40, 40), (33, 57))
WAIT_S = 60


def make_images(folder: Path) -> list[Path]:
    """Write small smooth images."""
    generator = torch.Generator().manual_seed(0)
    paths = []
    for i in range(8):
        channels = 1 if i == 7 else 3
        coarse = torch.rand(1, channels, 6, 8, generator=generator)
        pixels = to_uint8(F.interpolate(coarse, size=SIZES[i % len(SIZES)], mode="bilinear"))
        paths.append(folder / f"image{i}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths


def until(reached: Callable[[], bool], what: str, wait_s: float = WAIT_S) -> None:
    end = time.monotonic() + wait_s
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError(what)
        wait(2)


class Person:
    """Does random actions one after the other."""

    def __init__(self, window: MainWindow, images: list[Path], chance: random.Random) -> None:
        self.window, self.images, self.chance = window, images, chance
        self.controller = window.controller

    @property
    def documents(self) -> int:
        return len(self.controller.state.documents)

    def open(self) -> None:
        count = self.documents
        self.controller.documents.open_targets([self.chance.choice(self.images)], self.point())
        until(lambda: self.documents > count, "a target did not open")

    def point(self) -> tuple[float, float]:
        return self.chance.random(), self.chance.random()

    def gaze(self) -> None:
        self.controller.edits.set_gaze(self.point())

    def loss(self) -> None:
        values = {
            "alpha": [0.1, 0.25, 0.4],
            "n_pyramid_levels": [2, 3, 4],
            "mode": ["linear", "quadratic"],
            "n_orientations": [2, 4],
            "real_viewing_distance": [0.3, 0.6],
        }
        name = self.chance.choice(list(values))
        self.controller.edits.set_loss(name, self.chance.choice(values[name]))

    def search(self) -> None:
        values = {"steps": [5, 20, 400], "seed": [0, 7], "learning_rate": [0.01, 0.05]}
        values["start"] = ["noise", "ventral", "target+noise", "image"]
        name = self.chance.choice(list(values))
        self.controller.edits.set_synthesis(name, self.chance.choice(values[name]))

    def objective(self) -> None:
        name = self.chance.choice(["pixel", "blur", "range"])
        self.controller.edits.set_objective(name, self.chance.choice([0.0, 0.5]))
        self.controller.edits.set_heatmap_of(self.chance.choice(["metameric", "pixel"]))
        if self.chance.random() < 0.3:
            self.controller.edits.set_heatmap_parts(frozenset({("level", "1"), ("channel", "Y")}))

    def view(self) -> None:
        values = {
            "arrangement": ["single", "side", "wipe", "blink"],
            "layer": ["target", "candidate", "heatmap", "difference", "pooling"],
            "overlay": ["none", "both"],
            "rings": [True, False],
            "colormap": ["magma", "gray"],
            "divider": [0.2, 0.7],
            "offset": [(0.0, 0.0), (3.5, -2.0)],
            "heatmap_top": [None, 0.25],
        }
        name = self.chance.choice(list(values))
        self.controller.edits.set_view(**{name: self.chance.choice(values[name])})

    def pin(self) -> None:
        document = self.controller.state.document
        if document is not None:
            height, width = document.size
            self.controller.edits.pin((self.chance.randrange(width), self.chance.randrange(height)))

    def candidate(self) -> None:
        self.read(self.controller.documents.open_candidate, "file")

    def start_image(self) -> None:
        self.read(self.controller.documents.open_start, "start")

    def read(self, take: Callable[[Path], None], name: str) -> None:
        document = self.controller.state.document
        if document is not None:
            before, number = getattr(document, name), document.number
            take(self.chance.choice(self.images))
            until(
                lambda: any(
                    d.number == number and getattr(d, name) is not before
                    for d in self.controller.state.documents
                ),
                f"the {name} was not read",
            )

    def kind(self) -> None:
        self.controller.edits.set_candidate(self.chance.choice(["ventral", "file"]))

    def run(self) -> None:
        self.controller.search.start()
        document = self.controller.state.document
        if document is not None and document.phase is Phase.RUNNING and self.chance.random() < 0.8:
            until(self.has_stepped, "the search did not begin")
        wait(self.chance.randrange(60))

    def has_stepped(self) -> bool:
        document = self.controller.state.document
        stepped = document is not None and document.status is not None and document.status.iteration > 0
        return stepped or document is None or document.phase is not Phase.RUNNING

    def pause(self) -> None:
        self.controller.search.pause()

    def stop(self) -> None:
        self.controller.search.stop()

    def reset(self) -> None:
        self.controller.search.reset()

    def select(self) -> None:
        if self.documents:
            self.controller.documents.select(self.chance.choice(self.controller.state.documents).number)

    def halve(self) -> None:
        document = self.controller.state.document
        count = self.documents
        if document is not None and min(document.size) >= 32:
            self.controller.documents.halve()
            until(lambda: self.documents > count, "the half did not open")

    def close(self) -> None:
        if self.documents > 1:
            self.controller.documents.close(self.chance.choice(self.controller.state.documents).number)

    def keep_preset(self) -> None:
        self.window.presets.store.save(f"preset {self.chance.randrange(4)}")

    def apply_preset(self) -> None:
        presets = list(self.window.presets.store.presets)
        if presets:
            self.window.presets.store.apply(self.chance.choice(presets))

    def undo(self) -> None:
        self.controller.edits.undo()

    def play(self) -> None:
        """Do some actions, on one or more images."""
        actions = [self.gaze, self.loss, self.search, self.objective, self.view, self.pin, self.candidate]
        actions += [self.start_image, self.kind, self.pause, self.stop, self.reset, self.select, self.halve]
        actions += [self.close, self.keep_preset, self.apply_preset, self.undo, self.open]
        actions += [self.gaze, self.view, self.run, self.run, self.run]
        self.open()
        for _ in range(self.chance.randrange(4, 16)):
            self.chance.choice(actions)()
            wait(self.chance.choice([0, 0, 5, 30]))
