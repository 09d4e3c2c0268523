"""What the commands say about the images that they read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from foveaview.synthesis import memory as budget
from tests.cli.commands import FAST, complaint, run
from tests.io.writers import pfm, png

LIGHT = np.random.default_rng(0).random((32, 48, 3)).astype(np.float32)


@pytest.fixture
def light_file(tmp_path: Path) -> Path:
    bright = LIGHT.copy()
    bright[0, 0] = 3
    return pfm(tmp_path / "light.pfm", bright)


def test_loss_says_how_an_image_was_read(light_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("loss", light_file, light_file, "--n-pyramid-levels", 3) == 0
    captured = capsys.readouterr()
    assert captured.err == (
        "light.pfm: PFM, 32 bits: linear light converted to sRGB; "
        "0.065 % of the pixels are brighter than white and clipped\n"
    )
    assert float(captured.out) == 0


def test_loss_says_nothing_of_an_image_that_stays_as_it_is(
    photograph_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("loss", photograph_file, photograph_file, "--n-pyramid-levels", 3) == 0
    assert capsys.readouterr().err == ""


def test_loss_takes_an_exposure_and_records_it(
    light_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    darker = pfm(tmp_path / "darker.pfm", LIGHT / np.float32(4))
    full = [darker, light_file, "--n-pyramid-levels", 3, "--json"]
    assert run("loss", *full) == 0
    assert "exposure" not in json.loads(capsys.readouterr().out)
    assert run("loss", *full, "--exposure", -2) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["exposure"] == -2
    assert "exposure -2 stops" in captured.err


def test_an_exposure_that_applies_to_nothing_is_refused(
    photograph_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = complaint(capsys, "loss", photograph_file, photograph_file, "--exposure", 1)
    assert "--exposure 1 applies to linear light" in said
    assert "not to photograph.png: leave it out" in said


@pytest.mark.parametrize("stops", ["33", "-33", "bright"])
def test_an_exposure_that_is_impossible_is_refused(
    light_file: Path, capsys: pytest.CaptureFixture[str], stops: str
) -> None:
    assert "--exposure" in complaint(capsys, "loss", light_file, light_file, "--exposure", stops)


def test_synthesize_takes_an_exposure(
    light_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["synthesize", light_file, "--steps", 1, "--out", tmp_path / "out", *FAST]
    assert run(*arguments, "--exposure", -1) == 0
    assert "exposure -1 stops" in capsys.readouterr().err


def test_rate_takes_an_exposure(light_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["rate", light_file, "--n-qualities", 2, "--n-pyramid-levels", 3]
    assert run(*arguments, "--exposure", -1) == 0
    assert "exposure -1 stops" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("size", [(4000, 6000), (5000, 10000)])
@pytest.mark.parametrize("heatmap", [False, True])
def test_a_loss_that_would_not_fit_is_refused_before_the_work(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    heatmap: bool,
) -> None:
    image = png(tmp_path / "large.png", np.broadcast_to(np.uint8(0), size))
    monkeypatch.setattr(budget, "free_bytes", lambda device: 2 << 30)
    more = ["--heatmap", tmp_path / "heat.png"] if heatmap else []
    said = complaint(capsys, "loss", image, image, *more)
    assert f"{size[1]} x {size[0]} px need about" in said
    assert "GiB are free on cpu: at most" in said
    assert "px would fit" in said
    assert not (tmp_path / "heat.png").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n"),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("a.png", b"\x89PNG\r\n\x1a\n"),
        ("a.tif", b"II*\0"),
        ("a\nb.png", b"words"),
    ],
)
def test_an_image_that_is_refused_is_one_line_and_exit_2(
    tmp_path: Path, photograph_file: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    said = complaint(capsys, "loss", path, photograph_file)
    assert name.replace("\n", "\\n") in said
