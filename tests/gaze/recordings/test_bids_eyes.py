"""Tests of BIDS eye tracking with each eye in its own file."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Recording
from foveaview.gaze.recordings import read_recording
from foveaview.perception.interruption import Interrupted, interruptible
from tests.gaze.recordings.test_bids import SCREEN, about, rows, write
from tests.gaze.recordings.tracks import Track, tracks

DATA = Path("tests/data/gaze")
LEFT, RIGHT = (f"sub-01_task-look_recording-eye{n}_physio" for n in (1, 2))


def left_and_right(folder: Path, *texts: str, **more: Any) -> tuple[Path, Path]:
    """Write files of both eyes: the first text is of the left eye, the second of the right."""
    said = [about(RecordedEye=eye, **more) for eye in ("left", "right")]
    left, right = (
        write(folder, text, says, name) for text, says, name in zip(texts, said, (LEFT, RIGHT), strict=True)
    )
    return left, right


def restart(path: Path, seconds: float) -> None:
    """Change the StartTime in the JSON of a file."""
    file = path.with_name(path.name.replace(".tsv.gz", ".json"))
    file.write_text(json.dumps(json.loads(file.read_text()) | {"StartTime": seconds}))


def points(recording: Recording) -> list[tuple[float, float]]:
    return list(zip(recording.t.round(6).tolist(), recording.x.round(6).tolist(), strict=True))


def seen_by_both(left: Track, right: Track) -> Track:
    """Merge two eyes that were sampled at the same times."""

    def mean(one: Any, other: Any) -> Any:
        if one is None or other is None:
            return other if one is None else one
        return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2

    places = tuple(mean(*pair) for pair in zip(left.places, right.places, strict=True))
    return replace(left, places=places)


@pytest.mark.slow
@given(tracks(), st.data(), st.sampled_from(["pixel", "mm", "normalized"]), st.booleans(), st.booleans())
def test_bids_eyes_read_back_merged_from_either_file(
    tmp_path_factory: pytest.TempPathFactory,
    left: Track,
    data: st.DataObject,
    unit: str,
    up: bool,
    second: bool,
) -> None:
    share = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
    place = st.none() | st.tuples(share, share)
    places = data.draw(st.lists(place, min_size=len(left.ms), max_size=len(left.ms)))
    right = replace(left, places=tuple(places))
    scale = {"pixel": (1000, 500), "mm": (500, 250), "normalized": (1, 1)}[unit]
    screen = SCREEN | {"ScreenOrigin": ["bottom" if up else "top", "left"]}
    units = {f"{axis}_coordinate": {"Units": unit} for axis in "xy"}
    texts = rows(left, scale, up), rows(right, scale, up)
    folder = tmp_path_factory.mktemp("eyes")
    files = left_and_right(folder, *texts, StimulusPresentation=screen, **units)
    recording = read_recording(files[second])
    together = seen_by_both(left, right)
    together.check(recording, (1000, 500) if unit == "pixel" else (1, 1), 2.5 - left.ms[0] / 1e3)
    assert (recording.screen, recording.name) == ((1000, 500), files[second].name)


def test_bids_eyes_of_specification_files_are_merged() -> None:
    recording = read_recording(DATA / "sub-02_task-look_recording-eye1_physio.tsv.gz")
    assert (len(recording), recording.unit, recording.screen) == (60, "px", (1920, 1080))
    assert (recording.t[0], recording.t[-1]) == (-0.5, pytest.approx(-0.382))
    assert recording.notes == (
        "of the left eye and of the right eye (sub-02_task-look_recording-eye2_physio.tsv.gz): "
        "the mean if both were seen",
        "durations of events are in the unit of the timestamps",
    )
    missing = recording.t[~recording.usable]
    assert (missing[0], missing[-1]) == (pytest.approx(-0.46), pytest.approx(-0.454))
    assert float(np.median(recording.x[recording.t > -0.43])) == pytest.approx(1340, abs=2)
    blink = recording.events[2]
    assert (blink.text, blink.t, blink.duration) == (
        "saccade: blink",
        pytest.approx(-0.462),
        pytest.approx(0.014),
    )


def test_bids_eyes_keep_their_rate_and_start(tmp_path: Path) -> None:
    left, right = left_and_right(tmp_path, "0\t0\t0\n10\t0\t0\n20\t0\t0\n", "0\t4\t0\n20\t8\t0\n")
    restart(right, 2.51)
    recording = read_recording(left)
    assert points(recording) == [(2.5, 0), (2.51, 2), (2.52, 3), (2.53, 8)]
    assert recording.others == (right,)


def test_bids_eyes_with_same_start_align_by_timestamps(tmp_path: Path) -> None:
    left, _right = left_and_right(tmp_path, "100\t0\t0\n110\t0\t0\n", "110\t4\t0\n120\t6\t0\n")
    assert points(read_recording(left)) == [(2.5, 0), (2.51, 2), (2.52, 6)]


def test_bids_eyes_with_unrelated_starts_align_by_timestamps(tmp_path: Path) -> None:
    left, right = left_and_right(tmp_path, "100\t0\t0\n110\t0\t0\n120\t0\t0\n", "110\t4\t0\n120\t6\t0\n")
    restart(right, 1648407)
    assert points(read_recording(left)) == [(2.5, 0), (2.51, 2), (2.52, 3)]
    assert points(read_recording(right))[0] == (1648406.99, 0)


def test_bids_eyes_without_timestamps_align_by_start(tmp_path: Path) -> None:
    columns = ["x_coordinate", "y_coordinate"]
    left, right = left_and_right(tmp_path, "0\t0\n0\t0\n", "4\t0\n6\t0\n", Columns=columns)
    restart(right, 2.51)
    assert points(read_recording(left)) == [(2.5, 0), (2.51, 2), (2.52, 6)]


def test_bids_eyes_of_different_times_are_not_merged(tmp_path: Path) -> None:
    left, right = left_and_right(tmp_path, "0\t1\t2\n10\t1\t2\n", "5000\t1\t2\n5010\t1\t2\n")
    restart(right, 99)
    recording = read_recording(left)
    assert points(recording) == [(2.5, 1), (2.51, 1)]
    assert recording.notes[1].endswith("eye2_physio.tsv.gz was not recorded at the same time")


def test_bids_eyes_with_unrelated_timestamps_are_not_merged(
    tmp_path: Path,
) -> None:
    left, right = left_and_right(tmp_path, "0\t1\t2\n10\t1\t2\n", "1000000\t5\t2\n1000010\t5\t2\n")
    for one in (left, right):
        recording = read_recording(one)
        assert len(recording) == 2
        assert "was not recorded at the same time" in recording.notes[1]


def test_bids_eyes_share_events_once(tmp_path: Path) -> None:
    left, _right = left_and_right(tmp_path, "0\t1\t2\n10\t1\t2\n", "10\t1\t2\n20\t1\t2\n")
    for name, text in ((LEFT, "0\tTRIAL\n10\tleft\n"), (RIGHT, "0\tTRIAL\n20\tright\n")):
        said = {"Columns": ["onset", "message"], "OnsetSource": "timestamp"}
        write(tmp_path, text, said, name.replace("physio", "physioevents"))
    found = [(round(event.t, 6), event.text) for event in read_recording(left).events]
    assert found == [(2.5, "TRIAL"), (2.51, "left"), (2.52, "right")]


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        (b"", "empty"),
        (gzip.compress(b"0\t1\n", mtime=0), "line 1 has 2 cells"),
        (gzip.compress(b"0\t1\t2\n" * 3000, mtime=0)[:-20], "the gzip file is truncated"),
        (gzip.compress(b"0\t1\t2\n1\tx\ty\n", mtime=0), "line 2"),
    ],
    ids=["empty", "narrow", "cut off", "no numbers"],
)
def test_bids_eyes_broken_second_file_is_noted(tmp_path: Path, spoilt: bytes, words: str) -> None:
    left, right = left_and_right(tmp_path, "0\t1\t2\n10\t3\t4\n", "")
    right.write_bytes(spoilt)
    recording = read_recording(left)
    assert points(recording) == [(2.5, 1), (2.51, 3)]
    of, why = recording.notes
    assert (of, why.startswith("the other eye was left out: "), words in why) == (
        "of the left eye",
        True,
        True,
    )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (None, "does not list the Columns"),
        ("{", "line 1, column 2"),
        (about("mm"), "ScreenSize is missing"),
        (about(PhysioType="generic"), "the PhysioType is generic"),
        (about("normalized", RecordedEye="right"), "its unit is screen, but that of"),
        (about(RecordedEye="right", SampleCoordinateSystem="gaze-in-world"), "scene camera is True"),
        (about(RecordedEye="left"), "is also of the left eye"),
        (about(RecordedEye="right", ScreenResolution=[800, 600]), "its screen is (800, 600)"),
        (about(RecordedEye="right", ScreenSize=[0.9, 0.25]), "size in metres is (0.9, 0.25), but that of"),
        (about(RecordedEye="right", ScreenDistance=1.6), "distance from the screen in metres is 1.6"),
    ],
)
def test_bids_eyes_mismatch_of_second_is_noted(tmp_path: Path, said: Any, words: str) -> None:
    screen: dict[str, Any] = {
        "ScreenResolution": [1000, 500],
        "ScreenSize": [0.5, 0.25],
        "ScreenDistance": 0.6,
    }
    first = about(RecordedEye="left", **screen)
    left = write(tmp_path, "0\t1\t2\n", first, LEFT)
    write(tmp_path, "0\t1\t2\n", said if isinstance(said, dict) else None, RIGHT)
    if isinstance(said, str):
        (tmp_path / f"{RIGHT}.json").write_text(said)
    recording = read_recording(left)
    assert points(recording) == [(2.5, 1)]
    assert words in recording.notes[1]


def test_bids_eye_without_recorded_eye_uses_file_name(tmp_path: Path) -> None:
    left = write(tmp_path, "0\t1\t2\n", about(), LEFT)
    write(tmp_path, "0\t3\t2\n", about(RecordedEye="right"), RIGHT)
    recording = read_recording(left)
    assert points(recording) == [(2.5, 2)]
    assert recording.notes[0].startswith("of eye1 and of the right eye (")


def test_bids_eyes_named_left_and_right_are_merged(tmp_path: Path) -> None:
    names = [f"sub-01_recording-{eye}_physio" for eye in ("left", "right", "cardiac")]
    left, _, _ = (write(tmp_path, f"0\t{n}\t0\n", about(), name) for n, name in enumerate(names))
    assert points(read_recording(left)) == [(2.5, 0.5)]


def test_bids_eyes_cyclopean_is_not_merged(tmp_path: Path) -> None:
    names = [f"sub-01_recording-eye{n}_physio" for n in (1, 2, 3)]
    eyes = ("right", "cyclopean", "left")
    right, both, _ = (
        write(tmp_path, f"0\t{n}\t0\n", about(RecordedEye=eye), name)
        for n, (name, eye) in enumerate(zip(names, eyes, strict=True))
    )
    assert points(read_recording(right)) == [(2.5, 1)]  # merged with eye3, the left eye
    alone = read_recording(both)
    assert (points(alone), alone.notes) == (
        [(2.5, 1)],
        ("of both eyes, as the tracker merged them (cyclopean)",),
    )


def test_bids_eyes_of_other_tasks_are_not_merged(tmp_path: Path) -> None:
    left = write(tmp_path, "0\t1\t2\n", about(RecordedEye="left"), LEFT)
    write(tmp_path, "0\t3\t2\n", about(RecordedEye="right"), RIGHT.replace("look", "rest"))
    assert read_recording(left).notes == ("of the left eye",)


def with_many_beside(folder: Path) -> Path:
    """Write one eye beside forty files that look like the other eye but are not."""
    left = write(folder, "0\t1\t2\n", about(RecordedEye="left"), LEFT)
    for number in range(40):
        write(folder, "", {"RecordedEye": "cyclopean"}, LEFT.replace("eye1", f"a{number}"))
    return left


def test_bids_eyes_beside_many_files_list_folder_few_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, glob = [], Path.glob

    def count(folder: Path, pattern: str) -> Any:
        listed.append(pattern)
        return glob(folder, pattern)

    left = with_many_beside(tmp_path)
    monkeypatch.setattr(Path, "glob", count)
    assert points(read_recording(left)) == [(2.5, 1)]
    assert len(listed) < 5


def test_bids_eyes_search_can_be_interrupted(tmp_path: Path) -> None:
    asked = iter(range(1000))
    with interruptible(lambda: next(asked) >= 30), pytest.raises(Interrupted):
        read_recording(with_many_beside(tmp_path))
