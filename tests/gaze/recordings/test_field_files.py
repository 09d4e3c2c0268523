"""Tests with published files of others, compared with an independent reading.

They are skipped if the files are not beside the project. Other tests use our own files of the same layouts.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from foveaview.cli.recording_input import read_gaze
from foveaview.gaze.recordings import read_recording
from foveaview.settings import ReadingSettings

FIELD = Path(__file__).parents[4] / "shared" / "field" / "gaze"

pytestmark = pytest.mark.skipif(not FIELD.is_dir(), reason="the real files are not here")


def columns(name: str, mark: str, *wanted: str) -> list[np.ndarray]:
    """Read columns of a file with Python's csv module, keeping each time once."""
    with (FIELD / name).open(newline="") as file:
        rows = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter=mark))
    rows = [row for row in rows if row.get("Type") != "MSG"]
    once = {row[wanted[0]]: row for row in reversed(rows)}
    kept = sorted(once.values(), key=lambda row: float(row[wanted[0]]))
    return [np.array([float(row[column]) for row in kept]) for column in wanted]


@pytest.mark.parametrize(
    ("name", "mark", "names"),
    [
        ("hbn_example.csv", ",", ("time", "x_pix", "y_pix")),
        ("potec_example.tsv", "\t", ("time", "x", "y")),
        ("sbsat_example.csv", "\t", ("time", "x_left", "y_left")),
        ("emtec_example.csv", "\t", ("time", "x", "y")),
        ("binocular_example.csv", ",", ("time", "x_left_pix", "y_left_pix")),
    ],
)
def test_field_table_of_pixels_is_read_by_guess(name: str, mark: str, names: tuple[str, str, str]) -> None:
    recording = read_gaze(FIELD / name)
    t, x, y = columns(name, mark, *names)
    np.testing.assert_allclose(recording.t, t / 1000)
    np.testing.assert_allclose(recording.x, x)
    np.testing.assert_allclose(recording.y, y)
    assert recording.unit == "px"
    assert f"time = {names[0]}, x = {names[1]}, y = {names[2]}" in recording.notes[0]


def test_field_table_of_both_eyes_is_averaged() -> None:
    recording = read_gaze(FIELD / "judo1000_example.csv")
    t, *eyes = columns("judo1000_example.csv", "\t", "time", "x_left", "y_left", "x_right", "y_right")
    np.testing.assert_allclose(recording.t, t / 1000)
    np.testing.assert_allclose(recording.x, (eyes[0] + eyes[2]) / 2)
    np.testing.assert_allclose(recording.y, (eyes[1] + eyes[3]) / 2)


def test_field_table_in_degrees_needs_unit() -> None:
    path = FIELD / "gazebase_vr_example.csv"
    with pytest.raises(ValueError, match=r"give --unit .*guessed: time = n, x = x, y = y; .*degrees"):
        read_gaze(path)
    recording = read_gaze(path, ReadingSettings(unit="px"))
    t, x = columns(path.name, ",", "n", "x")
    np.testing.assert_allclose(recording.t, t / 1000)
    np.testing.assert_allclose(recording.x, x)


def test_field_smi_file_is_read_with_message() -> None:
    recording = read_recording(FIELD / "didec_example.txt")
    names = [f"{eye} POR {axis} [px]" for eye in "LR" for axis in "XY"]
    t, left_x, left_y, right_x, right_y = columns("didec_example.txt", "\t", "Time", *names)
    np.testing.assert_allclose(recording.t, t / 1e6)
    np.testing.assert_allclose(recording.x, (left_x + right_x) / 2)
    np.testing.assert_allclose(recording.y, (left_y + right_y) / 2)
    assert [event.text for event in recording.events] == ["test.bmp"]


@pytest.mark.parametrize(
    "path", sorted(FIELD.glob("*_example.*")) if FIELD.is_dir() else [], ids=lambda path: path.name
)
def test_field_file_is_read_or_refused_by_name(path: Path) -> None:
    if path.name.startswith("gazebase"):
        with pytest.raises(ValueError, match=rf"^{path.name} .*--unit"):
            read_gaze(path)
    else:
        assert len(read_gaze(path)) > 0
