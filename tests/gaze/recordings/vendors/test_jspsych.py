"""Tests of WebGazer gaze in jsPsych's JSON."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foveaview.gaze import Recording
from foveaview.gaze.recordings import NeedsChoice, read_recording
from foveaview.gaze.recordings.vendors import jspsych
from foveaview.perception.interruption import Interrupted, interruptible
from foveaview.settings import ReadingSettings

GAZE = [{"x": 500, "y": 300, "t": 0}, {"x": None, "y": None, "t": 33.5}, {"x": 510.5, "y": 310, "t": 67}]


def write(folder: Path, value: Any, name: str = "data.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(value))
    return path


def read(path: Path, trial: str = "") -> Recording:
    return read_recording(path, reading=ReadingSettings(recording=trial))


def test_jspsych_trial_is_read(tmp_path: Path) -> None:
    recording = read(write(tmp_path, [{"trial_type": "html"}, {"trial_index": 3, "webgazer_data": GAZE}]))
    assert recording.t.tolist() == [0, 0.0335, 0.067]
    np.testing.assert_array_equal(recording.x, [500, np.nan, 510.5])
    assert (recording.unit, recording.screen) == ("px", None)


def test_jspsych_trials_are_chosen_by_index(tmp_path: Path) -> None:
    trials = [{"trial_index": at, "webgazer_data": [{"x": at, "y": 1, "t": 0}]} for at in (4, 9)]
    path = write(tmp_path, {"data": {"trials": trials}})
    with pytest.raises(NeedsChoice, match="2 recordings: '4'"):
        read(path)
    assert read(path, "9").x.tolist() == [9]


def test_jspsych_gzipped_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_bytes(gzip.compress(json.dumps([{"webgazer_data": GAZE}]).encode()))
    assert len(read(path)) == 3
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(ValueError, match=r"data\.json: its gzip file is truncated"):
        read(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "holds no gaze of jsPsych"),
        ('{"Columns": ["x"]}', r"describes a BIDS recording: open data\.tsv\.gz"),
        ("{", "line 1, column 2"),
        ('[{"webgazer_data": []}]', "has no sample with a time"),
        ('[{"webgazer_data": [{"x": 1, "y": 2}]}]', "has no sample with a time"),
        ('[{"webgazer_data": [{"x": 1, "y": 2, "t": 1e999}]}]', "is too large"),
        ('[{"webgazer_data": 5}]', "holds no gaze of jsPsych"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_jspsych_file_without_gaze_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "data.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"^data\.json.*{words}"):
        read(path)


def test_jspsych_too_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jspsych, "_LARGEST_BYTES", 100)
    with pytest.raises(ValueError, match="keep only the trials with gaze"):
        read(write(tmp_path, [{"webgazer_data": GAZE * 10}]))


def test_jspsych_reading_can_be_interrupted(tmp_path: Path) -> None:
    path = write(tmp_path, [{"webgazer_data": GAZE}])
    with interruptible(lambda: True), pytest.raises(Interrupted):
        read(path)
