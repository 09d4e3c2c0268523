"""Targets of linear light: how they were read is shown, and their exposure can be changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from foveaview.app.core import image_requests as requests
from foveaview.app.core.controller import Controller
from foveaview.app.images.titles import target_titles
from foveaview.files import load_image
from foveaview.live.renderer import Renderer
from foveaview.sessions.file_references import ImageFile
from tests.app.conftest import collect
from tests.io.writers import pfm

LIGHT = np.random.default_rng(0).random((48, 64, 3)).astype(np.float32)


@pytest.fixture
def light_file(tmp_path: Path) -> Path:
    return pfm(tmp_path / "light.pfm", LIGHT * 2)


def test_a_target_of_light_says_how_it_was_read(controller: Controller, light_file: Path) -> None:
    notices = collect(controller.noticed)
    controller.documents.open_targets([light_file])
    document = controller.state.document
    assert document is not None
    assert document.is_light
    assert notices[0].startswith("light.pfm: PFM, 32 bits: linear light converted to sRGB; ")
    assert "brighter than white and clipped" in notices[0]
    titles = target_titles(document)
    assert [document.label in title for title in titles] == [True, False, False]
    assert ["64 x 48 px" in title for title in titles] == [True, True, False]


def test_a_target_that_stays_as_it_is_says_nothing(
    controller: Controller, image_file: Callable[..., Path]
) -> None:
    notices = collect(controller.noticed)
    controller.documents.open_targets([image_file("plain.png")])
    document = controller.state.document
    assert document is not None
    assert (document.label, document.is_light, notices) == ("", False, [])


def test_another_exposure_opens_the_target_anew(controller: Controller, light_file: Path) -> None:
    controller.documents.open_targets([light_file], gaze=(0.1, 0.2))
    before = len(controller.state.documents)
    controller.documents.expose(-1.0)
    document = controller.state.document
    assert document is not None
    assert len(controller.state.documents) == before + 1
    assert torch.equal(document.target, load_image(light_file, -1.0))
    assert (document.exposure, document.gaze) == (-1.0, (0.1, 0.2))
    assert "exposure -1 stops" in document.label


def test_an_exposure_of_another_image_changes_nothing(controller: Controller) -> None:
    before = controller.state.documents
    controller.documents.expose(2.0)
    assert controller.state.documents == before


def test_a_candidate_of_light_is_read_with_the_targets_exposure(
    controller: Controller, light_file: Path, tmp_path: Path
) -> None:
    other = pfm(tmp_path / "other.pfm", LIGHT)
    controller.documents.open_targets([light_file])
    controller.documents.expose(-2.0)
    controller.documents.open_candidate(other)
    document = controller.state.document
    assert document is not None
    assert document.file is not None
    assert torch.equal(document.file, load_image(other, -2.0))
    assert document.file_source is not None
    assert document.file_source.exposure == -2.0


def test_a_file_remembers_its_exposure_if_it_applies(
    light_file: Path, image_file: Callable[..., Path]
) -> None:
    assert requests.read_image(light_file, 1.5).source.exposure == 1.5
    assert requests.read_image(image_file("plain.png"), 1.5).source.exposure == 0


@pytest.mark.parametrize("exposure", [33, -33, float("nan")])
def test_an_exposure_that_is_impossible_is_refused_in_a_session(exposure: float) -> None:
    with pytest.raises(ValueError, match="exposure"):
        ImageFile(path="/a.exr", sha256="0" * 64, exposure=exposure)


def test_a_halved_target_keeps_its_label(light_file: Path) -> None:
    opened = requests.read_target(light_file, -1.0, halvings=1)(Renderer())
    assert opened.size == (24, 32)
    assert opened.is_light
    assert "exposure -1 stops" in opened.label
