"""The command `rate`: what it prints and writes, and what it says of bad input."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, features

from foveaview import MetamericLoss, load_image
from foveaview.settings import LossSettings, RateSettings
from tests.cli import commands

FAST = ["--n-pyramid-levels", "3", "--n-qualities", "2"]
LINE = re.compile(r"^(JPEG|WebP|AVIF|PNG) +(\d+) +(\d+) +(\S+) +(\S+) +(\S+)$", re.MULTILINE)


def run(*arguments: object) -> int:
    return commands.run("rate", *arguments)


def complaint(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    return commands.complaint(capsys, "rate", *arguments)


def rows(table: Path) -> list[dict[str, str]]:
    with table.open() as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_the_bytes_printed_are_those_of_the_files(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "out"
    assert run(photograph_file, "--gaze", 0.3, 0.4, "--n-pyramid-levels", 3, "--out", out) == 0
    lines = LINE.findall(capsys.readouterr().out)
    assert len(lines) == 4 * 8
    endings = {"JPEG": "jpg", "WebP": "webp", "AVIF": "avif", "PNG": "png"}
    sizes = {path.name: path.stat().st_size for path in out.iterdir()}
    printed = {f"photograph-{int(line[1]):02}.{endings[line[0]]}": int(line[2]) for line in lines}
    assert printed == sizes
    for line in lines:
        assert float(line[3]) == pytest.approx(8 * int(line[2]) / (48 * 64), abs=5e-4)


def test_a_written_file_has_the_printed_loss_and_cost(photograph_file: Path, tmp_path: Path) -> None:
    table, out = tmp_path / "rate.csv", tmp_path / "out"
    asked = ["--gaze", 0.2, 0.9, "--lmbda", 0.01, "--out", out, "--csv", table, *FAST]
    assert run(photograph_file, *asked) == 0
    target, metameric = load_image(photograph_file), MetamericLoss(n_pyramid_levels=3)
    found = {(row["format"], int(row["quality"])): row for row in rows(table)}
    for (kind, quality), name in {("WebP", 5): "photograph-05.webp", ("PNG", 1): "photograph-01.png"}.items():
        decoded = load_image(out / name)
        row = found[kind, quality]
        assert float(row["loss"]) == pytest.approx(float(metameric(decoded, target, (0.2, 0.9))), rel=1e-5)
        mse = float((decoded - target).square().mean())
        assert float(row["cost"]) == pytest.approx(mse + 0.01 * float(row["bpp"]), rel=1e-5)


def test_the_gaze_moves_the_losses_and_not_the_bytes(photograph_file: Path, tmp_path: Path) -> None:
    tables = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for table, gaze in zip(tables, ((0.1, 0.1), (0.9, 0.5)), strict=True):
        assert run(photograph_file, "--gaze", *gaze, "--csv", table, *FAST) == 0
    one, other = map(rows, tables)
    assert [row["bytes"] for row in one] == [row["bytes"] for row in other]
    assert all(a["loss"] != b["loss"] for a, b in zip(one, other, strict=True) if float(a["loss"]) > 0)


def test_the_record(photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rate.json"
    assert run(photograph_file, "--json", path, "--threshold", 1e-3, *FAST) == 0
    record = json.loads(path.read_text())
    assert record["gaze"] == [0.5, 0.5]
    assert RateSettings(**record["rate_settings"]) == RateSettings(threshold=1e-3, n_qualities=2)
    assert LossSettings(**record["loss_settings"]) == LossSettings(n_pyramid_levels=3)
    assert record["complete"] is True
    (image,) = record["images"]
    assert len(image["points"]) == 8
    assert image["under_threshold"]["PNG"]["quality"] == 8
    assert "pillow" in record["packages"]
    assert "under 0.001: PNG from quality 8: " in capsys.readouterr().out


def test_a_threshold_that_nothing_reaches(photograph_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(photograph_file, "--threshold", 1e-30, *FAST) == 0
    printed = capsys.readouterr().out
    assert "under 1e-30: JPEG at none of these" in printed
    assert "under 1e-30: PNG from quality 8" in printed


def test_candidates_are_coded_in_place_of_the_image(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flipped, gray = tmp_path / "flipped.png", tmp_path / "gray.png"
    with Image.open(photograph_file) as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(flipped)
        image.convert("L").save(gray)
    table = tmp_path / "rate.csv"
    asked = ["--candidate", flipped, "--candidate", gray, "--csv", table, *FAST]
    assert run(photograph_file, *asked) == 0
    printed = capsys.readouterr().out
    assert "flipped.png, 64 x 48 px, against photograph.png, gaze 0.5 0.5" in printed
    assert [row["image"] for row in rows(table)] == [str(flipped)] * 8 + [str(gray)] * 8
    whole = {row["image"]: row for row in rows(table) if (row["format"], row["quality"]) == ("PNG", "8")}
    metameric = MetamericLoss(n_pyramid_levels=3)
    expected = float(metameric(load_image(flipped), load_image(photograph_file)))
    assert float(whole[str(flipped)]["loss"]) == pytest.approx(expected, rel=1e-6)
    assert int(whole[str(gray)]["bytes"]) < int(whole[str(flipped)]["bytes"])


def test_a_format_that_is_missing_is_noted(
    photograph_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "get_supported", lambda: ["jpg", "webp", "zlib"])
    assert run(photograph_file, *FAST) == 0
    printed = capsys.readouterr().out
    assert "AVIF is left out: this Pillow was built without it" in printed
    assert {line[0] for line in LINE.findall(printed)} == {"JPEG", "WebP", "PNG"}


def test_every_setting_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    text = capsys.readouterr().out
    for group in (LossSettings, RateSettings):
        for name in group.model_fields:
            assert f"--{name.replace('_', '-')}" in text


@pytest.mark.slow
def test_an_interrupt_ends_it_cleanly_and_keeps_what_there_is(tmp_path: Path) -> None:
    big, table = tmp_path / "big.png", tmp_path / "rate.csv"
    Image.effect_noise((768, 768), 60).convert("RGB").save(big)
    arguments = ["rate", big, "--n-qualities", "91", "--csv", table, "--out", tmp_path / "out"]
    command = [sys.executable, "-u", "-m", "foveaview", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("JPEG"):
                break
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=240)
    assert process.returncode == 130, errors
    assert errors == ""
    found = re.search(r"interrupted: (\d+) of 281 measured", printed)
    assert found is not None
    assert len(rows(table)) == int(found[1]) == len(list((tmp_path / "out").iterdir()))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--lmbda", -1], "lmbda: input should be greater than or equal to 0, got -1"),
        (["--lmbda", "nan"], "lmbda"),
        (["--threshold", 0], "threshold: input should be greater than 0, got 0"),
        (["--n-qualities", 1], "n_qualities"),
        (["--n-qualities", "some"], "valid integer"),
        (["--gaze", 1.5, 0.5], "outside the image"),
        (["--alpha", -1], "alpha"),
        (["--n-pyramid-levels", 9], "at most 5 fit"),
        (["--candidate", "missing.png"], "missing.png: no such file"),
        (["--nonsense"], "nonsense"),
    ],
)
def test_bad_options(
    options: list[Any], message: str, photograph_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in complaint(capsys, photograph_file, *options)


def test_bad_files(photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small, words = tmp_path / "small.png", tmp_path / "words.png"
    Image.new("RGB", (60, 48)).save(small)
    words.write_text("words")
    assert "one size" in complaint(capsys, photograph_file, "--candidate", small, *FAST)
    assert "not an image" in complaint(capsys, words, *FAST)
    assert "missing.png: no such file" in complaint(capsys, "missing.png", *FAST)


def test_bad_outputs_are_found_before_the_work(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = photograph_file.read_bytes()
    there = tmp_path / "none" / "rate.csv"
    twin = tmp_path / "other" / photograph_file.name
    twin.parent.mkdir()
    twin.write_bytes(before)
    own = tmp_path / "photograph-05.jpg"
    Image.open(photograph_file).save(own)
    for options, message in (
        (["--csv", there], f"{there}: no such file or directory"),
        (["--json", tmp_path], "is a directory"),
        (["--csv", photograph_file], "written over"),
        (["--candidate", own, "--candidate", photograph_file, "--out", tmp_path], "written over"),
        (["--csv", tmp_path / "a", "--json", tmp_path / "a"], "written twice"),
        (["--candidate", photograph_file, "--candidate", twin, "--out", tmp_path / "out"], "written twice"),
        (["--out", photograph_file], "file exists"),
    ):
        assert message in complaint(capsys, photograph_file, *options, *FAST)
    assert photograph_file.read_bytes() == before
    assert not (tmp_path / "out").exists()


def test_an_objective_judges_what_comes_back(
    photograph_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = []
    for name, weight in (("metameric", "metameric=1"), ("pixel", "pixel=2")):
        path = tmp_path / f"{name}.json"
        given = ["--weight", weight, *([] if name == "metameric" else ["--weight", "metameric=0"])]
        assert run(photograph_file, *given, "--json", path, *FAST) == 0
        records.append(json.loads(path.read_text())["images"][0]["points"])
    capsys.readouterr()
    for metameric, pixel in zip(*records, strict=True):
        assert pixel["loss"] == pytest.approx(2 * pixel["mse"], rel=1e-5, abs=1e-9)
        assert metameric["mse"] == pixel["mse"]
