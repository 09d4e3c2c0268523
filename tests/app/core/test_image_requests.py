"""What the window asks of the worker about a shown image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from torch import Tensor

from foveaview import LossSettings, MetamericLoss, SynthesisSettings
from foveaview.app.core.image_requests import dissect, pooled_statistics_at
from foveaview.live import Job, Key
from foveaview.live.renderer import Renderer
from foveaview.perception import PreparedTarget

SETTINGS = LossSettings(n_pyramid_levels=3)


@pytest.fixture
def job(photograph: Tensor) -> Job:
    file = photograph.flip(-1)
    settings = SynthesisSettings(device="cpu")
    return Job(1, 7, photograph, (0.3, 0.4), SETTINGS, settings, candidate="file", file=file)


def test_the_parts_of_what_is_shown(job: Job) -> None:
    found = dissect(replace(job, quality="preview"))(Renderer())
    assert found is not None
    assert job.file is not None
    expected = MetamericLoss.from_settings(SETTINGS).dissect(job.file, job.target, job.gaze)
    assert list(found.parts) == list(expected)
    np.testing.assert_allclose(found.values, list(expected.values()), rtol=1e-5)
    assert (found.iteration, found.key, found.document) == (None, Key(job.gaze, SETTINGS), 7)


def test_what_is_pooled_at_a_point(job: Job) -> None:
    found = pooled_statistics_at(job, (0.9, 0.1))(Renderer())
    assert found is not None
    assert job.file is not None
    prepared = MetamericLoss.from_settings(SETTINGS).prepare(job.target, job.gaze)
    assert isinstance(prepared, PreparedTarget)
    assert found.bands == prepared.at(job.file, (0.9, 0.1))
    assert (found.point, found.key, found.candidate) == ((0.9, 0.1), Key(job.gaze, SETTINGS), "file")


def test_a_metamer_that_has_not_begun_has_neither(job: Job) -> None:
    waiting = replace(job, candidate="metamer", run=1)
    assert dissect(waiting)(Renderer()) is None
    assert pooled_statistics_at(waiting, (0.5, 0.5))(Renderer()) is None
