"""The command `loss`: what it prints and writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from foveaview import MetamericLoss, load_image
from foveaview.files import read_png_settings
from tests.cli.commands import complaint, run


@pytest.mark.slow
def test_loss_prints_the_librarys_loss(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, heatmap = tmp_path / "other.png", tmp_path / "heatmap.png"
    Image.open(photograph_file).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(other)
    asked = ["--gaze", 0.2, 0.9, "--n-pyramid-levels", 3]
    assert run("loss", photograph_file, other, *asked, "--json", "--heatmap", heatmap) == 0
    record = json.loads(capsys.readouterr().out)
    loss = MetamericLoss(n_pyramid_levels=3)
    expected = float(loss(load_image(photograph_file), load_image(other), (0.2, 0.9)))
    assert record["loss"] == expected
    assert read_png_settings(heatmap)["gaze"] == [0.2, 0.9]
    assert run("loss", photograph_file, other, *asked) == 0
    assert float(capsys.readouterr().out) == pytest.approx(expected, rel=1e-7)


def test_a_gray_image_is_compared_with_a_colour_one(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gray = tmp_path / "gray.png"
    Image.open(photograph_file).convert("L").save(gray)
    assert run("loss", gray, photograph_file, "--n-pyramid-levels", 3) == 0
    assert float(capsys.readouterr().out) > 0


def test_two_sizes(photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.png"
    Image.new("RGB", (60, 48)).save(other)
    assert "one size" in complaint(capsys, "loss", photograph_file, other)


def test_a_file_that_cannot_be_written_is_named_as_it_was_given(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "none" / "heat.png"
    arguments = ["loss", photograph_file, photograph_file, "--n-pyramid-levels", 3, "--heatmap", there]
    assert complaint(capsys, *arguments) == f"foveaview: {there}: no such file or directory\n"


@pytest.mark.parametrize("name", ["heat.jpg", "heat.tif", "heat"])
def test_a_heatmap_is_a_png(
    photograph_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setattr(MetamericLoss, "forward", lambda *_: pytest.fail("the work began"))
    asked = ["loss", photograph_file, photograph_file, "--n-pyramid-levels", 3, "--heatmap", tmp_path / name]
    assert f"{name}: a heatmap is written as .png" in complaint(capsys, *asked)
    assert list(tmp_path.iterdir()) == [photograph_file]
