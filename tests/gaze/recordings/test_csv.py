"""Tests of plain tables: read by a mapping or a guess, and written by foveaview."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Event, Recording, Unit
from foveaview.gaze.recordings import (
    ColumnMapping,
    NeedsMapping,
    propose,
    read_recording,
    write_recording,
)
from foveaview.perception.interruption import Interrupted, interruptible
from tests.gaze.recordings.tracks import Track, tracks

DATA = Path("tests/data/gaze")
UNITS = {"s": 1e-3, "ms": 1, "us": 1000, "ns": 1_000_000}


@pytest.mark.slow
@given(
    tracks(), st.sampled_from(["s", "ms", "us", "ns"]), st.booleans(), st.sampled_from([",", ";", "\t", " "])
)
def test_csv_mapped_table_reads_back(
    tmp_path_factory: pytest.TempPathFactory, track: Track, unit: str, y_up: bool, mark: str
) -> None:
    path = tmp_path_factory.mktemp("csv") / "eye.txt"
    lines = [mark.join(["when", "across", "along", "good"])]
    for ms, place, valid in track.rows:
        x, y = ("nan", "nan") if place is None else (str(place[0]), str(1 - place[1] if y_up else place[1]))
        lines.append(mark.join([repr(ms * UNITS[unit]), x, y, "0.9" if valid else "0.1"]))
    path.write_text("\n".join(lines) + "\n")
    mapping = ColumnMapping(time="when", x="across", y="along", valid="good").replace(
        time_unit=unit, y_up=y_up
    )
    recording = read_recording(path, mapping)
    track.check(recording)
    track.check_valid(recording)


_numbers = st.floats(allow_nan=True, allow_infinity=False, width=64).filter(lambda value: not abs(value) > 5)
_events = st.builds(Event, st.floats(-1e6, 1e6), st.text(max_size=20), st.floats(0, 10))


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.floats(-1e8, 1e8), _numbers, _numbers, st.booleans()), min_size=1, max_size=20),
    st.sampled_from(["image", "screen", "px"]),
    st.lists(_events, max_size=3),
    st.booleans(),
)
def test_write_recording_reads_back_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[float, float, float, bool]],
    unit: Unit,
    events: list[Event],
    scene: bool,
) -> None:
    t, x, y, valid = map(np.array, zip(*sorted({row[0]: row for row in rows}.values()), strict=True))
    wanted = Recording("eye.csv", t, x, y, valid, screen=(1920, 1080), screen_m=(0.5, 0.25), distance_m=0.7)
    wanted = replace(wanted, unit=unit, scene_camera=scene, notes=("of the left eye",))
    wanted = replace(wanted, events=tuple(sorted(events, key=lambda event: event.t)))
    path = tmp_path_factory.mktemp("csv") / "eye.csv"
    write_recording(path, wanted)
    found = read_recording(path)
    for name in ("t", "x", "y", "valid"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    for name in ("unit", "screen", "screen_m", "distance_m", "events", "scene_camera"):
        assert getattr(found, name) == getattr(wanted, name)
    assert found.notes[0] == "of the left eye"


def test_write_recording_without_validity_reads_back_none(tmp_path: Path) -> None:
    t = np.arange(3.0)
    write_recording(tmp_path / "a.csv", Recording("a", t, t / 10, t / 10))
    assert read_recording(tmp_path / "a.csv").valid is None


def test_write_recording_interrupted_leaves_no_file(tmp_path: Path) -> None:
    t = np.arange(3.0)
    with interruptible(lambda: True), pytest.raises(Interrupted):
        write_recording(tmp_path / "a.csv", Recording("a", t, t, t))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ('unit: "mm"', "the unit is 'mm'"),
        ("unit: screen", "line 2: 'unit: screen' is invalid"),
        ("", "None"),
    ],
)
def test_csv_invalid_comments_are_refused(tmp_path: Path, comment: str, words: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("# foveaview gaze 1\n" + (f"# {comment}\n" if comment else "") + "t,x,y\n0,0,0\n")
    with pytest.raises(ValueError, match=words):
        read_recording(path)


def test_csv_of_foveaview_is_read() -> None:
    recording = read_recording(DATA / "foveaview.csv")
    assert (len(recording), recording.unit, recording.screen) == (60, "px", (1920, 1080))
    assert [event.text for event in recording.events] == ["TRIAL 1", "blink"]


def test_csv_with_semicolons_is_read_with_mapping() -> None:
    path = DATA / "plain_semicolons.csv"
    with pytest.raises(NeedsMapping, match="map its columns") as asked:
        read_recording(path)
    proposal = asked.value.proposal
    assert proposal.columns == ("Zeit [ms]", "gaze_x", "gaze_y", "G\xfcte")
    assert proposal.rows[1] == ("4", "0,3034", "0,4022", "0,9")
    assert proposal.mapping is not None
    assert (proposal.mapping.x, proposal.mapping.time_unit) == ("gaze_x", "ms")
    mapping = proposal.mapping.replace(valid="G\xfcte")
    recording = read_recording(path, mapping)
    assert (len(recording), recording.rate_hz, int(recording.usable.sum())) == (60, pytest.approx(250), 55)
    assert any("Latin-1" in note for note in recording.notes)


def test_csv_two_eyes_are_averaged(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t,lx,ly,rx,ry\n0,0.2,0.2,0.4,0.4\n1,0.2,,0.4,0.4\n2,0.2,0.2,,\n3,,,,\n")
    mapping = propose(path).mapping
    assert mapping is not None
    recording = read_recording(path, mapping)
    np.testing.assert_allclose(recording.x, [0.3, 0.4, 0.2, np.nan])
    np.testing.assert_allclose(recording.y, [0.3, 0.4, 0.2, np.nan])


def test_csv_without_times_uses_rate(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("0.1,0.2\n0.3,0.4\n")
    recording = read_recording(path, ColumnMapping(rate_hz=50, x="column 1", y="column 2"))
    assert recording.t.tolist() == [0, 0.02]


def test_csv_pixels_from_bottom_are_flipped(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t,x,y\n0,10,80\n")
    mapping = ColumnMapping(
        time="t", x="x", y="y", unit="px", origin="bottom-left", screen_width=200, screen_height=100
    )
    recording = read_recording(path, mapping)
    assert (recording.y.tolist(), recording.screen) == ([20], (200, 100))


@pytest.mark.parametrize("name", ["time", "x", "valid"])
def test_csv_mapping_of_missing_column_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t,x,y\n0,0.1,0.2\n")
    mapping = ColumnMapping(time="t", x="x", y="y").replace(**{name: "elsewhere"})
    with pytest.raises(ValueError, match=r"a\.csv: no column 'elsewhere': it has t, x, y"):
        read_recording(path, mapping)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"second_x": "a"}, "second eye"), ({"unit": "px", "y_up": True}, "height"), ({"time": ""}, "a rate")],
)
def test_column_mapping_invalid_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ColumnMapping(time="t", x="x", y="y").replace(**changes)
