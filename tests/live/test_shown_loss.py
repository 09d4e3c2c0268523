"""The loss that is shown is that of the image that is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from foveaview import LossSettings, MetamericLoss, SynthesisSettings
from foveaview.app.core.state import Document
from foveaview.live import Frame, Job
from foveaview.live import renderer as rendering
from foveaview.live.renderer import Renderer

LOSS = LossSettings(n_pyramid_levels=3)


@pytest.fixture
def job(photograph: Tensor) -> Job:
    settings = SynthesisSettings(device="cpu", steps=30, stop_fraction=0)
    return Job(
        1, 1, photograph, (0.3, 0.4), LOSS, settings, "metamer", run=7, running=True, keep=frozenset({7})
    )


def document_of(job: Job, frames: list[Frame]) -> Document:
    """A document that has taken all frames."""
    document = Document(1, Path("a.png"), job.target, np.zeros((48, 64, 3), np.uint8), candidate="metamer")
    for frame in frames:
        changes: dict[str, Any] = {"picture": frame.picture, "loss": frame.loss, "status": frame.run}
        taken = {name: value for name, value in changes.items() if value is not None}
        if frame.loss is not None:
            taken["loss_step"] = frame.loss_step
        document = replace(document, quality=frame.quality, **taken)
    return document


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_frame_of_a_running_search_has_the_loss_of_its_picture(
    job: Job, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "_IMAGE_EVERY_S", 0.0)
    job = replace(job, settings=job.settings.replace(optimizer=optimizer))
    renderer, loss = Renderer(), MetamericLoss.from_settings(LOSS)
    renderer.begin(job)
    frames: list[Frame] = []
    steps = []
    for _ in range(30):
        frame = renderer.step(job)
        assert frame is not None
        frames.append(frame)
        document = document_of(job, frames)
        assert document.picture is not None
        shown = document.shown_loss
        assert shown is not None
        image = torch.from_numpy(document.picture.values)[None]
        assert shown == pytest.approx(float(loss(image, job.target, job.gaze)), rel=1e-4)
        steps.append(document.picture.step)
    assert len(steps) == steps[-1] == 30


def test_preview_shows_no_loss(job: Job) -> None:
    renderer = Renderer()
    preview = renderer.evaluate(replace(job, candidate="ventral", run=None, running=False, quality="preview"))
    assert preview.loss is not None
    document = replace(document_of(job, [preview]), candidate="ventral")
    assert document.shown_loss is None


def test_loss_of_another_step_is_not_shown_for_chosen_parts(job: Job) -> None:
    renderer = Renderer()
    renderer.begin(job)
    renderer.step(job)
    frame = renderer.evaluate(job)
    document = replace(document_of(job, [frame]), heatmap_parts=frozenset({("level", "0")}))
    assert document.shown_loss == frame.loss
    assert replace(document, loss_step=0).shown_loss is None
