"""What the worker writes, without a window."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtGui import QImage
from torch import Tensor

from foveaview import LossSettings, SynthesisSettings
from foveaview.app import requests
from foveaview.colors import Scale
from foveaview.export import KINDS
from foveaview.export.images import Bits
from foveaview.files import load_image, read_png_settings
from foveaview.live import Job
from foveaview.live.renderer import Renderer


@pytest.fixture
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture
def job(photograph: Tensor) -> Job:
    loss_settings = LossSettings(n_pyramid_levels=3)
    return Job(0, 0, photograph, (0.3, 0.4), loss_settings, SynthesisSettings(steps=3, device="cpu"))


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


def test_everything_of_a_run(
    run: Job, renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [(i, np.full((48, 64, 3), 80 * i, np.uint8)) for i in range(3)]
    monkeypatch.setattr(renderer, "frames", lambda _run: iter(frames))
    said = requests.export_all(run, tmp_path / "out", set(KINDS))(renderer)
    assert said == "out: 8 files and manifest.json written"
    settings = json.loads((tmp_path / "out" / "manifest.json").read_text())["settings"]
    assert (settings["iteration"], settings["candidate"], settings["gaze"]) == (3, "metamer", [0.3, 0.4])
    assert torch.equal(load_image(tmp_path / "out" / "metamer.tif"), renderer.searches[1].image)
    with (tmp_path / "out" / "loss.csv").open() as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert losses == renderer.searches[1].synthesis.losses.tolist()


def test_one_file(job: Job, renderer: Renderer, tmp_path: Path) -> None:
    said = requests.export_all(job, tmp_path / "out", {"image"})(renderer)
    assert said == "out: 1 file and manifest.json written"


def test_the_losses_without_a_run(job: Job, renderer: Renderer, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="start a run first"):
        requests.export_all(job, tmp_path / "out", {"losses"})(renderer)
    assert not (tmp_path / "out").exists()
