"""What the worker writes, without a window."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import torch
from PySide6.QtGui import QImage
from torch import Tensor

from foveaview import LossSettings, ObjectiveSettings, SynthesisSettings
from foveaview.app.export import requests
from foveaview.export import KINDS
from foveaview.export.images import Bits
from foveaview.files import load_image, read_png_settings, to_uint8
from foveaview.io.colormaps import Scale
from foveaview.live import Job
from foveaview.live.renderer import Renderer


@pytest.fixture
def renderer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Renderer:
    # every image is kept, whatever it takes
    monkeypatch.setattr("foveaview.live.run_histories._FREE_S", 1000.0)
    return Renderer(tmp_path / "history")


@pytest.fixture
def job(photograph: Tensor) -> Job:
    settings = LossSettings(n_pyramid_levels=3)
    search = SynthesisSettings(steps=3, device="cpu")
    return Job(0, 0, photograph, (0.3, 0.4), settings, search, keep=frozenset([1]))


@pytest.fixture
def run(job: Job, renderer: Renderer) -> Job:
    """A job whose search has taken its steps."""
    started = replace(job, run=1, candidate="metamer", running=True)
    renderer.begin(started)
    for _ in range(3):
        renderer.step(started)
    return started


def test_the_candidate_in_every_depth(job: Job, renderer: Renderer, tmp_path: Path) -> None:
    image, _key, heatmap = renderer.compare(job)
    depths: tuple[tuple[str, Bits | None, float], ...]
    depths = (("a.png", None, 1 / 255), ("b.png", 16, 1 / 65535), ("c.tif", None, 0))
    for name, bits, error in depths:
        path = tmp_path / name
        said = requests.export_candidate(job, path, bits)(renderer)
        assert said == f"{name}: written"
        if name == "b.png":
            about = read_png_settings(path)
            assert about["content"] == "ventral metamer"
            assert about["loss"] == pytest.approx(float(heatmap.mean()))
        else:
            assert (load_image(path) - image.clamp(0, 1)).abs().max() <= error / 2 + 1e-7


def test_16_bits_in_colour_as_qt_reads_them(job: Job, renderer: Renderer, tmp_path: Path) -> None:
    requests.export_candidate(job, tmp_path / "a.png", 16)(renderer)
    image, _key, _heatmap = renderer.compare(job)
    read = QImage(str(tmp_path / "a.png"))
    assert read.text("foveaview")
    deep = read.convertToFormat(QImage.Format.Format_RGBX64)
    bits = np.frombuffer(deep.constBits(), np.uint16).reshape(48, -1, 4)[:, :64, :3]
    expected = (image[0].double().clamp(0, 1) * 65535).round().permute(1, 2, 0).numpy()
    assert np.array_equal(bits, expected)


def test_the_heatmap_and_its_figure(job: Job, renderer: Renderer, tmp_path: Path) -> None:
    scale = Scale("magma", 0.0, 0.01)
    requests.export_heatmap(job, tmp_path / "a.png", scale)(renderer)
    requests.export_figure(job, tmp_path / "b.png", scale, (5,))(renderer)
    for name in ("a.png", "b.png"):
        about = read_png_settings(tmp_path / name)
        assert (about["colormap"], about["range"]) == ("magma", [0, 0.01])
        assert (about["heatmap_of"], about["candidate"]) == ("metameric", "ventral")
        assert about["loss_settings"]["n_pyramid_levels"] == 3


def test_everything_of_a_run(run: Job, renderer: Renderer, tmp_path: Path) -> None:
    said = requests.export_all(run, tmp_path / "out", set(KINDS))(renderer)
    assert said == "out: 8 files and manifest.json written"
    settings = json.loads((tmp_path / "out" / "manifest.json").read_text())["settings"]
    assert (settings["iteration"], settings["candidate"], settings["gaze"]) == (3, "metamer", [0.3, 0.4])
    assert settings["loss"] == renderer.runs.searches[1].synthesis.current_loss()
    assert torch.equal(load_image(tmp_path / "out" / "metamer.tif"), renderer.runs.searches[1].image)
    with (tmp_path / "out" / "loss.csv").open() as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert losses == renderer.runs.searches[1].synthesis.losses.tolist()
    kept = len(dict(renderer.runs.trails.frames(1)))
    assert kept > 1
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "out" / "animation.mp4"))[0] == kept


def test_an_earlier_image_of_a_run(run: Job, renderer: Renderer, tmp_path: Path) -> None:
    requests.export_all(replace(run, scrub=0), tmp_path / "out", {"image", "figure_png"})(renderer)
    first, pixels = next(iter(renderer.runs.trails.frames(1)))
    assert first == 0
    for name in ("metamer.png", "heatmap.png"):
        assert read_png_settings(tmp_path / "out" / name)["iteration"] == 0
    assert np.array_equal(to_uint8(load_image(tmp_path / "out" / "metamer.png")), pixels)


def test_settings_of_the_run_are_those_it_was_made_with(run: Job, renderer: Renderer, tmp_path: Path) -> None:
    edited = replace(run, objective=ObjectiveSettings(pixel=2.0))
    requests.export_all(edited, tmp_path / "out", {"image"})(renderer)
    settings = json.loads((tmp_path / "out" / "manifest.json").read_text())["settings"]
    assert settings["objective_settings"]["pixel"] == 0


def test_the_loss_is_that_of_the_whole_while_a_part_is_mapped(
    job: Job, renderer: Renderer, tmp_path: Path
) -> None:
    _image, _key, heatmap = renderer.compare(job)
    parted = replace(job, heatmap_parts=frozenset({("level", "0")}))
    requests.export_all(parted, tmp_path / "out", {"image"})(renderer)
    settings = json.loads((tmp_path / "out" / "manifest.json").read_text())["settings"]
    assert settings["loss"] == pytest.approx(float(heatmap.mean()))
    assert settings["heatmap_parts"] == "level 0"


def test_a_run_of_which_nothing_was_kept(run: Job, renderer: Renderer, tmp_path: Path) -> None:
    renderer.runs.trails.drop(1)
    with pytest.raises(ValueError, match="no images of this run were kept"):
        requests.export_all(run, tmp_path / "out", {"image", "gif"})(renderer)
    assert not (tmp_path / "out").exists()


def test_one_file(job: Job, renderer: Renderer, tmp_path: Path) -> None:
    said = requests.export_all(job, tmp_path / "out", {"image"})(renderer)
    assert said == "out: 1 file and manifest.json written"


def test_the_losses_without_a_run(job: Job, renderer: Renderer, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="start a run first"):
        requests.export_all(job, tmp_path / "out", {"losses"})(renderer)
    assert not (tmp_path / "out").exists()


def test_a_heatmap_of_some_parts_says_which(job: Job, renderer: Renderer, tmp_path: Path) -> None:
    level = replace(job, heatmap_parts=frozenset({("level", "1")}))
    losses = []
    for name, wanted in (("whole", job), ("level 1", level)):
        requests.export_heatmap(wanted, tmp_path / f"{name}.png")(renderer)
        about = read_png_settings(tmp_path / f"{name}.png")
        assert about["heatmap_parts"] == name
        losses.append(about["loss"])
    assert losses[1] < losses[0]
