"""Weights on the command line: what they make, and what is said of those that cannot be."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch

from foveaview.synthesis import memory as budget
from tests.cli.commands import FAST, complaint, in_new_process


def test_what_would_not_fit_into_memory(
    photograph_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budget, "free_bytes", lambda device: 0)
    error = complaint(capsys, "synthesize", photograph_file, "--out", tmp_path, *FAST)
    assert "no size would fit" in error


@pytest.mark.slow
def test_weights_make_an_objective_that_resumes_as_if_never_stopped(
    photograph_file: Path, tmp_path: Path
) -> None:
    weights = ["--weight", "pixel=1.0", "--weight", "adversarial=0.3", "--adversarial-start", 2]
    asked = ["synthesize", photograph_file, *weights, "--gaze", 0.3, 0.4, "--stop-fraction", 0, *FAST]
    whole, again = tmp_path / "whole", tmp_path / "again"
    assert in_new_process(*asked, "--steps", 9, "--out", whole).returncode == 0
    assert in_new_process(*asked, "--steps", 5, "--out", again).returncode == 0
    resumed = [
        "synthesize",
        photograph_file,
        "--resume",
        again / "checkpoint.pt",
        "--steps",
        9,
        "--out",
        again,
    ]
    done = in_new_process(*resumed)
    assert done.returncode == 0, done.stderr
    for name in ("loss.csv", "metamer.png"):
        assert (whole / name).read_bytes() == (again / name).read_bytes()
    states = [torch.load(folder / "checkpoint.pt", weights_only=True)["state"] for folder in (whole, again)]
    learnt, learnt_again = (state["objective"]["learnt"]["adversarial"] for state in states)
    for name, value in learnt["judge"].items():
        assert torch.equal(value, learnt_again["judge"][name])
    with (whole / "loss.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["iteration", "loss", "metameric", "pixel", "adversarial"]
    assert len(rows) == 10


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sharpness=1", "no term 'sharpness': choose among metameric"),
        ("pixel", "a weight is given as pixel=NUMBER"),
        ("pixel=-1", "pixel: input should be greater than or equal to 0, got -1.0"),
        ("pixel=nan", "pixel: input should be a finite number"),
        ("metameric=0", "every weight is 0"),
    ],
)
def test_weights_that_cannot_be(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str, said: str
) -> None:
    asked = ["synthesize", photograph_file, "--weight", given, "--out", tmp_path, *FAST]
    assert said in complaint(capsys, *asked)


def test_a_weight_file_that_is_missing(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--weight", "perceptual=1", "--trunk", "vgg", "--trunk-weights", tmp_path / "none.pth"]
    error = complaint(capsys, "synthesize", photograph_file, *given, "--out", tmp_path, *FAST)
    assert "none.pth" in error
