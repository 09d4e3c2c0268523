"""WebGazer gaze in the JSON that jsPsych saves: samples of each trial, in pixels of the browser's window.

Source: documentation of jsPsych, "extension-webgazer": webgazer_data is a list of x, y and t; t counts
milliseconds from the start of its trial.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from foveaview.gaze.recording import Recording
from foveaview.gaze.recordings.file_access import opened
from foveaview.gaze.recordings.json_values import parsed
from foveaview.gaze.recordings.table import Table
from foveaview.gaze.recordings.timestamps import Columns, chosen_columns, recorded
from foveaview.perception.interruption import check_interruption
from foveaview.settings import ReadingSettings

__all__ = ["read"]

_LARGEST_BYTES = 256_000_000
_DATA = ("webgazer_data", "saccade_data")
_NO_SIZE = "jsPsych does not record the size of the browser window: its pixels are taken as the screen's"


def _trials(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the trials with gaze, at any depth of the lists in which programs put them."""
    check_interruption()
    if isinstance(value, dict) and any(isinstance(value.get(key), list) for key in _DATA):
        yield value
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            if isinstance(one, (list, dict)):
                yield from _trials(one)


def _number(value: Any) -> float:
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if real else np.nan


def _rows(trial: dict[str, Any]) -> list[tuple[float, float, float]]:
    """Return t in ms, x and y of a trial's samples."""
    data = next(trial[key] for key in _DATA if isinstance(trial.get(key), list))
    samples = [one for one in data if isinstance(one, dict)]
    return [(_number(one.get("t")), _number(one.get("x")), _number(one.get("y"))) for one in samples]


def _value(path: Path) -> Any:
    with opened(path) as file:
        text = file.read(_LARGEST_BYTES + 1)
    if len(text) > _LARGEST_BYTES:
        raise ValueError(
            f"{path.name} is over {_LARGEST_BYTES // 1_000_000} MB: keep only the trials with gaze"
        )
    try:
        return parsed(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not JSON in UTF-8") from error
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def _no_gaze(path: Path, value: Any) -> ValueError:
    if isinstance(value, dict) and ("Columns" in value or "SamplingFrequency" in value):
        other = path.name.removesuffix(".json")
        return ValueError(f"{path.name} describes a BIDS recording: open {other}.tsv.gz beside it")
    return ValueError(f"{path.name} holds no gaze of jsPsych: no trial has {_DATA[0]}")


def read(path: Path, reading: ReadingSettings | None = None) -> Recording:
    """Read the gaze of one trial of an experiment; each trial is a separate recording.

    Args:
        path: path of the file, which may be gzipped.
        reading: the trial to read, by its trial_index.

    Raises:
        OSError: if the file cannot be read.
        NeedsChoice: if there are several trials and none is chosen; it is a `ValueError`.
        ValueError: if the file is not JSON or holds no gaze.
    """
    try:
        value = _value(path)
    except (EOFError, gzip.BadGzipFile) as error:
        raise ValueError(f"{path.name}: its gzip file is truncated: copy the file again") from error
    trials = list(_trials(value))
    if not trials:
        raise _no_gaze(path, value)
    names = [str(trial.get("trial_index", count)) for count, trial in enumerate(trials)]
    rows = [_rows(trial) for trial in trials]
    codes = np.repeat(np.arange(len(rows), dtype=np.int32), [len(one) for one in rows])
    values = np.array([row for one in rows for row in one], float).reshape(-1, 3)
    table = Table.of(
        path, {"t": values[:, 0], "x": values[:, 1], "y": values[:, 2]}, {"recording": (names, codes)}
    )
    columns = Columns(table["t"] / 1000, table["x"], table["y"])
    columns, said = chosen_columns(table, columns, reading.recording if reading else "")
    return recorded(table, columns, "px", notes=[*said, _NO_SIZE])
