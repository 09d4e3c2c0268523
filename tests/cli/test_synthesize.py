"""The command `synthesize`: what it writes, how it goes on, and what it says of bad input."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from foveaview import LossSettings, SynthesisSettings, load_image
from foveaview.files import read_png_settings
from tests.cli.commands import FAST, complaint, in_new_process, run
from tests.synthesis.nested import equal


def losses(folder: Path) -> list[float]:
    with (folder / "loss.csv").open() as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def test_synthesize_writes_its_four_files(photograph_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    assert run("synthesize", photograph_file, "--gaze", 0.3, 0.4, "--steps", 5, "--out", out, *FAST) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "checkpoint.pt",
        "heatmap.png",
        "loss.csv",
        "metamer.png",
    ]
    assert load_image(out / "metamer.png").shape == load_image(photograph_file).shape
    assert load_image(out / "heatmap.png").shape[-2:] == (48, 64)
    assert len(losses(out)) == 6
    assert losses(out)[-1] < losses(out)[0]


def test_the_metamers_settings_are_in_the_file(photograph_file: Path, tmp_path: Path) -> None:
    asked = ["--gaze", 0.3, 0.4, "--steps", 2, "--alpha", 0.3, *FAST]
    run("synthesize", photograph_file, *asked, "--out", tmp_path)
    record = read_png_settings(tmp_path / "metamer.png")
    assert record["gaze"] == [0.3, 0.4]
    assert LossSettings(**record["loss_settings"]) == LossSettings(alpha=0.3, n_pyramid_levels=3)
    assert SynthesisSettings(**record["synthesis_settings"]).steps == 2
    assert record["loss"] == losses(tmp_path)[-1]
    assert record["packages"]["torch"] == str(torch.__version__)


def test_the_heatmaps_scale_is_in_the_file(photograph_file: Path, tmp_path: Path) -> None:
    run("synthesize", photograph_file, "--steps", 1, "--out", tmp_path, *FAST)
    record = read_png_settings(tmp_path / "heatmap.png")
    assert record["colormap"] == "cividis"
    assert record["range"][1] > 0


@pytest.mark.slow
@pytest.mark.parametrize("k", [0, 1, 17])
def test_a_resumed_run_is_one_that_never_stopped(photograph_file: Path, tmp_path: Path, k: int) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    asked = ["--gaze", 0.3, 0.4, "--seed", 3, *FAST]
    done = in_new_process("synthesize", photograph_file, *asked, "--steps", 20, "--out", whole)
    assert done.returncode == 0, done.stderr
    done = in_new_process("synthesize", photograph_file, *asked, "--steps", k, "--out", part)
    assert done.returncode == 0, done.stderr
    assert len(losses(part)) == k + 1
    saved = part / "checkpoint.pt"
    done = in_new_process("synthesize", photograph_file, "--resume", saved, "--steps", 20, "--out", part)
    assert done.returncode == 0, done.stderr

    assert losses(part) == losses(whole)
    states = [torch.load(folder / "checkpoint.pt", weights_only=True)["state"] for folder in (whole, part)]
    assert equal(*states)
    assert (part / "metamer.png").read_bytes() == (whole / "metamer.png").read_bytes()


@pytest.mark.slow
def test_an_interrupt_writes_what_there_is(photograph_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["synthesize", photograph_file, "--steps", 1000000, "--stop-fraction", 0, "--out", out, *FAST]
    command = [sys.executable, "-m", "foveaview", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for _ in range(600):
            if out.exists():
                break
            time.sleep(0.1)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=240)
    assert process.returncode == 130, errors
    assert "--resume" in printed
    assert len(list(out.iterdir())) == 4
    assert len(losses(out)) > 1


@pytest.mark.slow
@pytest.mark.parametrize("start", ["noise", "ventral", "target+noise"])
def test_every_start(photograph_file: Path, tmp_path: Path, start: str) -> None:
    assert run("synthesize", photograph_file, "--steps", 1, "--start", start, "--out", tmp_path, *FAST) == 0


def test_a_start_from_a_file(photograph_file: Path, tmp_path: Path) -> None:
    arguments = ["--steps", 0, "--start-image", photograph_file, "--out", tmp_path / "out", *FAST]
    assert run("synthesize", photograph_file, *arguments) == 0
    assert torch.equal(load_image(tmp_path / "out" / "metamer.png"), load_image(photograph_file))


def test_every_setting_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("synthesize", "--help") == 0
    text = capsys.readouterr().out
    for group in (LossSettings, SynthesisSettings):
        for name in group.model_fields:
            assert f"--{name.replace('_', '-')}" in text


@pytest.mark.parametrize(
    ("size", "message"),
    [((1, 1), "at least 16 px"), ((20000, 20), "at most 4 fit"), ((16, 400), "at most 3 fit")],
)
def test_an_image_too_small(
    size: tuple[int, int], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "small.png"
    Image.new("RGB", size).save(path)
    assert message in complaint(capsys, "synthesize", path, "--out", tmp_path / "out", "--device", "cpu")


@pytest.mark.slow
def test_a_very_long_image_runs(tmp_path: Path) -> None:
    path = tmp_path / "long.png"
    pixels = np.random.default_rng(0).integers(0, 256, (20, 20000, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    assert run("synthesize", path, "--steps", 1, "--out", tmp_path / "out", *FAST) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--alpha", -1], "alpha: input should be greater than 0, got -1"),
        (["--n-orientations", 3], "1, 2, 4 or 6"),
        (["--mode", "cubic"], "cubic"),
        (["--use-fullres-l0"], "set use_l2_foveal_loss=False"),
        (["--steps", -1], "steps"),
        (["--steps", "many"], "valid integer"),
        (["--learning-rate", 0], "learning_rate"),
        (["--seed", -1], "seed"),
        (["--start", "image"], "needs an image"),
        (["--start", "here"], "here"),
        (["--nonsense"], "nonsense"),
    ],
)
def test_a_bad_setting(
    options: list[Any],
    message: str,
    photograph_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["synthesize", photograph_file, "--n-pyramid-levels", 3, "--out", tmp_path / "out", *options]
    assert message in complaint(capsys, *arguments)


def test_cuda_where_there_is_none(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    arguments = ["synthesize", photograph_file, "--device", "cuda", "--out", tmp_path / "out"]
    assert "no cuda device" in complaint(capsys, *arguments)


def test_a_folder_that_cannot_be_written(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)  # root may write anywhere, so rights alone show nothing
    assert "permission denied" in complaint(capsys, "synthesize", photograph_file, "--out", tmp_path, *FAST)


def test_an_output_folder_that_is_a_file(photograph_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = photograph_file.read_bytes()
    assert "exists" in complaint(capsys, "synthesize", photograph_file, "--out", photograph_file, *FAST)
    assert photograph_file.read_bytes() == before


@pytest.fixture
def checkpoint(photograph_file: Path, tmp_path: Path) -> Path:
    run("synthesize", photograph_file, "--gaze", 0.3, 0.4, "--steps", 1, "--out", tmp_path / "first", *FAST)
    return tmp_path / "first" / "checkpoint.pt"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["--alpha", 0.5], "alpha"),
        (["--seed", 7], "seed"),
        (["--gaze", 0.3, 0.5], "gaze"),
        (["--no-use-l2-foveal-loss"], "use_l2_foveal_loss"),
        (["--start", "noise"], "start"),
        (["--optimizer", "adam"], "optimizer"),
    ],
)
def test_a_setting_that_contradicts_the_checkpoint(
    options: list[Any], name: str, checkpoint: Path, photograph_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = checkpoint.read_bytes()
    arguments = ["synthesize", photograph_file, "--resume", checkpoint, "--out", checkpoint.parent, *options]
    assert f"{name} " in complaint(capsys, *arguments)
    assert checkpoint.read_bytes() == before


def test_settings_that_agree_with_the_checkpoint(checkpoint: Path, photograph_file: Path) -> None:
    options = ["--gaze", 0.3, 0.4, "--seed", 0, "--steps", 2, "--out", checkpoint.parent]
    assert run("synthesize", photograph_file, "--resume", checkpoint, *options) == 0
    assert len(losses(checkpoint.parent)) == 3


def test_a_checkpoint_of_another_image(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.png"
    Image.new("RGB", (64, 48)).save(other)
    arguments = ["synthesize", other, "--resume", checkpoint, "--out", tmp_path / "out"]
    assert "of another image" in complaint(capsys, *arguments)


def test_a_checkpoint_of_another_program(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.pt"
    torch.save({"weights": torch.zeros(3)}, path)
    arguments = ["synthesize", photograph_file, "--resume", path, "--out", tmp_path / "out"]
    assert "another program" in complaint(capsys, *arguments)


def test_a_checkpoint_that_carries_code(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "code.pt"
    torch.save({"format": "foveaview checkpoint", "call": os.getcwd}, path)
    arguments = ["synthesize", photograph_file, "--resume", path, "--out", tmp_path / "out"]
    assert "carry code" in complaint(capsys, *arguments)


def test_a_result_that_is_a_folder_is_found_before_the_run(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out" / "metamer.png").mkdir(parents=True)
    arguments = ["synthesize", photograph_file, "--steps", 1, "--out", tmp_path / "out", *FAST]
    assert "is a directory" in complaint(capsys, *arguments)


def test_two_starts_contradict(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["synthesize", photograph_file, "--start-image", photograph_file, "--start", "noise"]
    assert "contradicts --start noise" in complaint(capsys, *arguments, "--out", tmp_path / "out")
