"""The command `scanpath`: what it prints and writes, and what it says of bad input."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from foveaview import LossSettings, MetamericLoss, load_image
from foveaview.export import export_image
from foveaview.gaze.recording import Recording
from foveaview.gaze.recordings import write_recording
from foveaview.provenance import provenance
from tests.cli import commands

SETTINGS = LossSettings(n_pyramid_levels=3, alpha=0.3)
ALL = {"scanpath.csv", "scanpath.json", "loss.png", "worst.png", "replay.mp4"}


def run(*arguments: object) -> int:
    return commands.run("scanpath", *arguments)


def complaint(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What the command says where it fails, checked to be one line with exit code 2."""
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert error.splitlines()[-1].startswith("foveaview: ")
    return error


def wandering(count: int, rate_hz: float = 100.0) -> Recording:
    t = np.arange(count) / rate_hz
    x = 0.5 + 0.3 * np.sin(t * 3)
    x[count // 2] = np.nan
    return Recording("wandering", t, x, 0.5 + 0.3 * np.cos(t * 2))


@pytest.fixture
def metamer_file(photograph_file: Path, tmp_path: Path) -> Path:
    path = tmp_path / "metamer.png"
    export_image(path, load_image(photograph_file).roll(2, -1), provenance((0.3, 0.4), SETTINGS))
    return path


@pytest.fixture
def recording_file(tmp_path: Path) -> Path:
    path = tmp_path / "gaze.csv"
    write_recording(path, wandering(30))
    return path


@pytest.mark.slow
def test_every_sample_has_its_loss(
    photograph_file: Path, metamer_file: Path, recording_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "out"
    assert run(photograph_file, metamer_file, recording_file, "--out", out) == 0
    assert {path.name for path in out.iterdir()} == ALL
    with (out / "scanpath.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30
    assert rows[15]["loss"] == "nan"
    target, metamer = load_image(photograph_file), load_image(metamer_file)
    gaze = (float(rows[7]["x"]), float(rows[7]["y"]))
    assert float(rows[7]["loss"]) == float(MetamericLoss.from_settings(SETTINGS)(metamer, target, gaze))
    about = json.loads((out / "scanpath.json").read_text())
    assert about["gaze"] == [0.3, 0.4]
    assert about["loss_settings"]["alpha"] == 0.3
    assert about["summary"]["usable"] == 29
    assert about["summary"]["worst"]["loss"] == max(
        float(row["loss"]) for row in rows if row["loss"] != "nan"
    )


@pytest.mark.slow
def test_the_pictures_have_the_gaze_in_them(
    photograph_file: Path, metamer_file: Path, recording_file: Path, tmp_path: Path
) -> None:
    assert run(photograph_file, metamer_file, recording_file, "--out", tmp_path, "--no-video") == 0
    worst, target = np.asarray(Image.open(tmp_path / "worst.png")), np.asarray(Image.open(photograph_file))
    assert worst.shape == (target.shape[0], 3 * target.shape[1], 3)
    changed = (worst[:, : target.shape[1]] != target).any(axis=-1)
    rows, columns = changed.nonzero()
    x, y = json.loads((tmp_path / "scanpath.json").read_text())["summary"]["worst"]["gaze"]
    assert columns.mean() == pytest.approx(x * (target.shape[1] - 1), abs=2)
    assert rows.mean() == pytest.approx(y * (target.shape[0] - 1), abs=2)
    assert not (tmp_path / "replay.mp4").exists()


@pytest.mark.slow
def test_the_replay_is_as_long_as_the_recording(
    photograph_file: Path, metamer_file: Path, tmp_path: Path
) -> None:
    import imageio_ffmpeg

    write_recording(tmp_path / "long.csv", wandering(60, rate_hz=30))
    options = ["--out", tmp_path, "--fps", 20]
    assert run(photograph_file, metamer_file, tmp_path / "long.csv", *options) == 0
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(tmp_path / "replay.mp4")
    assert frames == int(59 / 30 * 20) + 1
    assert seconds == pytest.approx(59 / 30, abs=0.1)


@pytest.mark.slow
def test_what_is_given_wins_over_what_the_metamer_says(
    photograph_file: Path,
    metamer_file: Path,
    recording_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--out", tmp_path, "--no-video", "--json", "--gaze", 0.6, 0.7, "--alpha", 0.25]
    assert run(photograph_file, metamer_file, recording_file, *options) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["gaze"] == [0.6, 0.7]
    assert about["loss_settings"] == SETTINGS.replace(alpha=0.25).model_dump()


def test_a_table_that_does_not_say_its_unit_is_told_it(
    photograph_file: Path, metamer_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "plain.csv"
    table.write_text("t,x,y\n0.0,0.25,0.5\n0.01,0.75,0.5\n")
    arguments = [photograph_file, metamer_file, table, "--out", tmp_path, "--no-video"]
    assert "give --unit image, screen or px" in complaint(capsys, *arguments)
    assert run(*arguments, "--unit", "image") == 0
    assert "0.01,0.75,0.5," in (tmp_path / "scanpath.csv").read_text()


@pytest.mark.slow
def test_without_the_extra_the_numbers_are_written(
    photograph_file: Path,
    metamer_file: Path,
    recording_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    out = tmp_path / "out"
    assert run(photograph_file, metamer_file, recording_file, "--out", out) == 0
    assert {path.name for path in out.iterdir()} == {"scanpath.csv", "scanpath.json", "worst.png"}
    assert "foveaview[plot]" in capsys.readouterr().err


def test_what_is_wrong_is_said(
    photograph_file: Path,
    metamer_file: Path,
    recording_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = ["--out", tmp_path / "out"]
    said = complaint(capsys, photograph_file, photograph_file, recording_file, *out)
    assert "does not say which gaze it was made for: give it as --gaze X Y" in said
    other = tmp_path / "small.png"
    export_image(other, torch.rand(1, 3, 20, 20), provenance((0.3, 0.4), SETTINGS))
    assert "they must have one size" in complaint(capsys, photograph_file, other, recording_file, *out)
    assert "no such file" in complaint(capsys, photograph_file, metamer_file, tmp_path / "no.csv", *out)
    own = tmp_path / "scanpath.csv"
    recording_file.rename(own)
    said = complaint(capsys, photograph_file, metamer_file, own, "--out", tmp_path)
    assert "is read and would be written over" in said
    assert own.read_text().startswith("# foveaview gaze")


@pytest.mark.slow
def test_ctrl_c_leaves_no_half_of_a_file(photograph_file: Path, metamer_file: Path, tmp_path: Path) -> None:
    recording, out = tmp_path / "long.csv", tmp_path / "out"
    write_recording(recording, wandering(20_000, rate_hz=20))
    command = [sys.executable, "-m", "foveaview", "scanpath"]
    command += [*map(str, (photograph_file, metamer_file, recording)), "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    limit = time.monotonic() + 120
    while not list(out.glob("*")) and time.monotonic() < limit and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=240)
    assert process.returncode == 130
    assert "interrupted" in error
    assert "Traceback" not in error
    assert {path.name for path in out.iterdir()} <= ALL - {"replay.mp4"}


@pytest.mark.slow
def test_pixels_of_an_unknown_screen_ask_for_its_size(
    capsys: pytest.CaptureFixture[str], photograph_file: Path, metamer_file: Path, tmp_path: Path
) -> None:
    path, out = tmp_path / "px.csv", tmp_path / "out"
    t = np.arange(3.0)
    write_recording(path, Recording("px", t, 100 + t, 100 + t, unit="px"))
    arguments = (photograph_file, metamer_file, path, "--out", out, "--no-video")
    assert "give --screen WIDTH HEIGHT" in complaint(capsys, *arguments)
    assert run(*arguments, "--screen", 200, 200) == 0
    assert json.loads((out / "scanpath.json").read_text())["screen"] == [200, 200]


@pytest.mark.parametrize("gaze", [("nan", 5), ("1e300", 5), ("inf", 0.5), (0.5, -7)])
def test_a_gaze_that_cannot_be_is_refused(
    capsys: pytest.CaptureFixture[str],
    photograph_file: Path,
    metamer_file: Path,
    recording_file: Path,
    tmp_path: Path,
    gaze: tuple[object, object],
) -> None:
    arguments = (photograph_file, metamer_file, recording_file, "--out", tmp_path / "out", "--gaze", *gaze)
    said = complaint(capsys, *arguments)
    assert "finite and near [0, 1]" in said
    assert not (tmp_path / "out" / "scanpath.json").exists()


@pytest.mark.slow
def test_the_json_is_that_of_everybody(
    photograph_file: Path, metamer_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    path = tmp_path / "far.csv"
    t = np.arange(4.0)
    write_recording(path, Recording("far", t, np.array([0.5, 1e30, 1e300, 0.2]), np.full(4, 0.5)))
    arguments = (photograph_file, metamer_file, path, "--out", tmp_path / "out", "--no-video")
    assert run(*arguments, "--json") == 0
    json.loads(capsys.readouterr().out, parse_constant=refuse)
    json.loads((tmp_path / "out" / "scanpath.json").read_text(), parse_constant=refuse)
    assert run(*arguments) == 0


def test_a_replay_of_days_is_refused_before_the_work(
    capsys: pytest.CaptureFixture[str], photograph_file: Path, metamer_file: Path, tmp_path: Path
) -> None:
    path, out = tmp_path / "stray.csv", tmp_path / "out"
    t = np.array([0.0, 0.1, 3e7])
    write_recording(path, Recording("stray", t, np.full(3, 0.5), np.full(3, 0.5)))
    arguments = (photograph_file, metamer_file, path, "--out", out)
    said = complaint(capsys, *arguments)
    assert "900000001 frames" in said
    assert "--no-video" in said
    assert not (out / "scanpath.csv").exists()
    assert run(*arguments, "--no-video") == 0


@pytest.mark.parametrize("place", ["fit", "stretch"])
def test_a_screen_of_nothing_is_refused(
    capsys: pytest.CaptureFixture[str], photograph_file: Path, metamer_file: Path, tmp_path: Path, place: str
) -> None:
    path = tmp_path / "px.csv"
    t = np.arange(3.0)
    write_recording(path, Recording("px", t, 100 + t, 100 + t, unit="px"))
    arguments = (photograph_file, metamer_file, path, "--out", tmp_path / "out", "--no-video")
    said = complaint(capsys, *arguments, "--screen", 0, 0, "--place", place)
    assert "a screen must be 1 to 1,000,000 px wide and high, got 0 x 0" in said


def test_unknown_columns_are_told_what_to_do(
    capsys: pytest.CaptureFixture[str], photograph_file: Path, metamer_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("foo,bar\n1,2\n")
    said = complaint(capsys, photograph_file, metamer_file, path, "--out", tmp_path / "out")
    assert "gaze_x" in said
    assert "Export gaze as CSV" in said


@pytest.mark.slow
def test_scanpath_prints_what_it_guessed_of_a_table(
    capsys: pytest.CaptureFixture[str], photograph_file: Path, metamer_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "px.csv"
    path.write_text("n,x_left_pix,y_left_pix,x_left_pos\n0,100,90,1\n4,101,91,2\n")
    arguments = (photograph_file, metamer_file, path, "--out", tmp_path / "out", "--no-video")
    assert run(*arguments, "--screen", 200, 180) == 0
    assert "px.csv: read as: time = n, x = x_left_pix, y = y_left_pix; times in ms" in capsys.readouterr().err


@pytest.mark.slow
def test_scanpath_of_two_recordings_names_them_and_takes_one(
    capsys: pytest.CaptureFixture[str], photograph_file: Path, metamer_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "two.csv"
    path.write_text("subject,t,x,y\nP1,0,.25,.5\nP2,0,.75,.5\nP1,.01,.25,.5\nP2,.01,.75,.5\n")
    arguments = (
        photograph_file,
        metamer_file,
        path,
        "--out",
        tmp_path / "out",
        "--no-video",
        "--unit",
        "image",
    )
    assert "with --recording NAME" in complaint(capsys, *arguments)
    assert run(*arguments, "--recording", "P2") == 0
    assert "0.01,0.75,0.5," in (tmp_path / "out" / "scanpath.csv").read_text()


def test_scanpath_with_a_column_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], photograph_file: Path, metamer_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "px.csv"
    path.write_text("a,b,c\n0,1,2\n")
    arguments = (photograph_file, metamer_file, path, "--out", tmp_path / "out", "--no-video")
    assert "give FIELD=VALUE" in complaint(capsys, *arguments, "--column", "left=a")
