"""Tests of reading XDF files, with the channel mapping of live streams."""

from __future__ import annotations

import contextlib
import gzip
import logging
import math
import random
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Event, Recording
from foveaview.gaze.lsl.mapping import Mapping
from foveaview.gaze.recordings import ColumnMapping, NeedsChoice, NeedsMapping, read_recording, xdf
from foveaview.perception.interruption import Interrupted, interruptible
from foveaview.settings import ReadingSettings
from tests.gaze.recordings import xdf_file
from tests.gaze.recordings.xdf_file import chunk, file, header, stream

DATA = Path(__file__).parents[2] / "data" / "gaze" / "eyelink_and_markers.xdf"
NAN = math.nan

PIXELS = (("gaze_x", "pixels"), ("gaze_y", "pixels"))

Read = Callable[..., Recording]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(data: bytes, stream: str = "", mapping: Mapping | None = None) -> Recording:
        path = tmp_path / "a.xdf"
        path.write_bytes(data)
        return xdf.read(path, ReadingSettings(stream=stream), mapping)

    return read


def _gaze(number: int = 1, name: str = "tracker", kind: str = "Gaze") -> bytes:
    return stream(number, header(name, kind, PIXELS), [1.0, 1.5, 2.0], [[10, 20], [11, 21], [12, 22]])


def test_xdf_of_labrecorder_is_read() -> None:
    recording = xdf.read(DATA)
    assert len(recording) == 60
    np.testing.assert_allclose(recording.t, 1000.25 + np.arange(60) / 60, atol=1e-6)
    x = 500.0 + np.arange(60) + np.where(np.arange(60) < 50, 2.0, 0.0)  # the right eye is lost at the end
    x[20:25] = NAN
    np.testing.assert_allclose(recording.x, x)
    np.testing.assert_array_equal(recording.usable, np.isfinite(x))
    assert (recording.unit, recording.notes) == ("px", ())


def test_xdf_markers_become_events_on_same_clock() -> None:
    assert xdf.read(DATA).events == (Event(1000.5, "start é"), Event(1001.0, "stop"))


def test_gaze_streams_lists_gaze_only() -> None:
    found = xdf.gaze_streams(DATA)
    assert {number: (each.name, each.kind, each.count) for number, each in found.items()} == {
        1: ("EyeLink", "Gaze", 5)
    }


@pytest.mark.parametrize("kind", ["Gaze", "gaze", "Eyetracker"])
def test_xdf_every_gaze_type_is_read(read: Read, kind: str) -> None:
    assert read(file(_gaze(kind=kind))).x.tolist() == [10, 11, 12]


def test_xdf_several_streams_need_choice(read: Read) -> None:
    data = file(_gaze(1, "left lab"), _gaze(2, "right lab"))
    with pytest.raises(NeedsChoice, match=r"a\.xdf holds 2 gaze streams: '1' \(left lab, Gaze.*\), '2'"):
        read(data)
    assert len(read(data, "right lab")) == len(read(data, "2")) == 3


def test_xdf_stream_of_other_type_can_be_chosen(read: Read) -> None:
    assert len(read(file(_gaze(kind="Position")), "tracker")) == 3


@pytest.mark.parametrize(("wanted", "words"), [("", "no gaze stream"), ("x", "no stream 'x'")])
def test_xdf_without_gaze_stream_lists_streams(read: Read, wanted: str, words: str) -> None:
    with pytest.raises(ValueError, match=rf"a\.xdf has {words}.*'amp' \(EEG, number 3\)"):
        read(file(_gaze(3, "amp", "EEG")), wanted)
    with pytest.raises(ValueError, match="its streams are none"):
        read(file())


def test_xdf_scene_camera_is_refused(read: Read) -> None:
    with pytest.raises(ValueError, match=r"a\.xdf: .*scene camera"):
        read(file(_gaze(name="pupil_capture")))


def test_xdf_mapping_sets_channels(read: Read) -> None:
    data = file(stream(1, header("t", "Gaze", [("a", ""), ("b", "")]), [1.0], [[0.25, 0.75]]))
    with pytest.raises(NeedsMapping, match=r"a\.xdf .*no column of x and y"):
        read(data)
    recording = read(data, mapping=Mapping(x=1, y=0))
    assert (recording.x[0], recording.y[0], recording.unit) == (0.75, 0.25, "screen")
    with pytest.raises(ValueError, match=r"a\.xdf: the mapping reads channel 2"):
        read(data, mapping=Mapping(x=1, y=2))


def test_xdf_incomplete_header_is_noted(read: Read) -> None:
    channels = (("gaze_x", "normalized"), ("gaze_y", "normalized"))
    recording = read(file(stream(1, header("t", "Gaze", channels), [1.0], [[0.25, 0.75]])))
    assert "its origin and the direction of y are unknown" in recording.notes[0]


def test_xdf_screen_size_comes_from_header(read: Read) -> None:
    more = "<setup><display><width>1920</width><height>1080</height></display></setup>"
    data = file(stream(1, header("t", "Gaze", PIXELS, more=more), [1.0], [[1, 2]]))
    assert read(data).screen == (1920, 1080)


def test_xdf_omitted_times_follow_the_rate(read: Read) -> None:
    data = file(stream(1, header("t", "Gaze", PIXELS, rate_hz=4), [1.0, None, None], [[1, 2]] * 3))
    assert read(data).t.tolist() == [1.0, 1.25, 1.5]


def test_xdf_gap_keeps_other_times(read: Read) -> None:
    times = [1.0, 1.02, 1.04, 3.0, 3.02]
    recording = read(file(stream(1, header("t", "Gaze", PIXELS, rate_hz=50), times, [[1, 2]] * 5)))
    assert recording.t.tolist() == times


def test_xdf_unordered_times_are_sorted_and_noted(read: Read) -> None:
    times = [1.0, 3.0, 2.0, 3.0, NAN]
    recording = read(file(stream(1, header("t", "Gaze", PIXELS), times, [[n, n] for n in range(5)])))
    assert recording.t.tolist() == [1.0, 2.0, 3.0]
    assert recording.x.tolist() == [0.0, 2.0, 1.0]
    assert [note.split()[0] for note in recording.notes] == ["1", "the", "1"]


def test_xdf_numeric_markers_become_events(read: Read) -> None:
    marks = stream(2, header("box", "Markers", [("m", "")], "int32", 0), [1.2], [[7]], "int32")
    assert read(file(_gaze(), marks)).events == (Event(1.2, "7"),)


def test_xdf_stream_without_samples_is_refused(read: Read) -> None:
    with pytest.raises(ValueError, match=r"a\.xdf: the stream 'tracker' .* holds no samples"):
        read(file(stream(1, header("tracker", "Gaze", PIXELS), [], [])))


def test_xdf_text_stream_is_refused(read: Read) -> None:
    with pytest.raises(ValueError, match=r"a\.xdf: it carries text"):
        read(file(stream(1, header("t", "Gaze", PIXELS, "string"), [1.0], [["a", "b"]])))


def test_xdf_truncated_gzip_is_read_up_to_the_end(read: Read) -> None:
    packed = gzip.compress(file(_gaze()), mtime=0)
    assert len(read(packed)) == 3
    recording = read(packed[:-8])
    assert len(recording) == 3
    assert "its gzip file is truncated; everything before that was read" in recording.notes[0]
    with pytest.raises(ValueError, match=r"a\.xdf"):
        read(packed[:20])


@pytest.mark.slow
def test_xdf_truncated_anywhere_is_read_and_noted(read: Read) -> None:
    xml = header("t", "Gaze", PIXELS).encode()
    pieces = [file(), chunk(2, struct.pack("<I", 1) + xml)]
    pieces += [xdf_file.samples(1, [1.0, 2.0], [[1, 2]] * 2), xdf_file.samples(1, [3.0], [[1, 2]])]
    pieces.append(xdf_file.offset(1, 1.0, 0.0))
    whole, ends = b"".join(pieces), np.cumsum([len(piece) for piece in pieces])
    assert len(read(whole)) == 3
    for end in range(len(whole)):
        if end < ends[2]:
            with pytest.raises(ValueError, match=r"^a\.xdf"):
                read(whole[:end])
        else:
            recording = read(whole[:end])
            assert recording.t.tolist() == [1.0, 2.0, 3.0][: 2 if end < ends[3] else 3]
            assert ["in the middle of a chunk" in note for note in recording.notes] == [True] * (
                end not in ends
            )


@pytest.mark.parametrize("count", [1, 2, 7, 5000, 3_000_000])
def test_xdf_trailing_zeros_are_noted(read: Read, count: int) -> None:
    recording = read(file(_gaze()) + bytes(count))
    assert len(recording) == 3
    assert "there are only zeros" in recording.notes[0]


def test_xdf_zeros_before_other_bytes_are_refused(read: Read) -> None:
    with pytest.raises(ValueError, match="does not begin a chunk: the file is damaged"):
        read(file(_gaze()) + bytes(5) + b"\1")


def test_xdf_damaged_footer_is_noted(read: Read) -> None:
    recording = read(file(_gaze()) + chunk(6, struct.pack("<I", 1) + b"<info><a></info>"))
    assert len(recording) == 3
    assert "footer" in recording.notes[0]


def test_xdf_streams_of_same_name_offer_numbers(read: Read) -> None:
    data = file(_gaze(1, "eye"), _gaze(7, "eye"))
    with pytest.raises(NeedsChoice, match=r"a\.xdf holds 2 streams.*choose one of them as stream") as asked:
        read(data, "eye")
    assert (asked.value.setting, [choice.value for choice in asked.value.choices]) == ("stream", ["1", "7"])
    assert len(read(data, "7")) == 3


def test_xdf_stream_can_be_chosen_by_host_or_source(read: Read) -> None:
    other = header("eye", "Gaze", PIXELS).replace("lab<", "lab-2<").replace("id>s<", "id>t<")
    data = file(_gaze(1, "eye"), stream(2, other, [5.0], [[30, 40]]))
    assert read(data, "eye@lab-2").x.tolist() == read(data, "t").x.tolist() == [30]


def test_xdf_unknown_type_with_gaze_channels_is_noted(read: Read) -> None:
    recording = read(file(_gaze(3, "amp", "Signal")))
    assert len(recording) == 3
    assert "was taken for gaze because of the names of its channels" in recording.notes[0]


def test_xdf_streams_of_unknown_type_are_offered(read: Read) -> None:
    channels = (("a", ""), ("b", ""))
    data = file(
        stream(1, header("one", "Signal", channels), [1.0], [[1, 2]]),
        stream(2, header("two", "Data", channels), [1.0], [[1, 2]]),
        _gaze(3, "amp", "EEG"),
    )
    with pytest.raises(NeedsChoice, match="no stream marked as gaze, but 2 others") as asked:
        read(data)
    assert [choice.value for choice in asked.value.choices] == ["1", "2"]


def test_xdf_channels_without_names_need_mapping(tmp_path: Path) -> None:
    path = tmp_path / "a.xdf"
    channels = (("", ""), ("b", ""), ("b", ""))
    rows = [[0.25, 0.75, 9], [0.5, 0.5, 9]]
    path.write_bytes(file(stream(1, header("t", "Gaze", channels), [1.0, 1.5], rows)))
    with pytest.raises(NeedsMapping, match="no column of x and y found") as asked:
        xdf.read(path)
    assert asked.value.proposal.columns == ("time", "channel 0", "b", "b (2)")
    assert asked.value.proposal.rows[1] == ("1.5", "0.5", "0.5", "9.0")
    mapping = ColumnMapping(time="time", x="b", y="channel 0", origin="bottom-left")
    recording = read_recording(path, mapping)
    assert (recording.t.tolist(), recording.x.tolist(), recording.y.tolist()) == (
        [1, 1.5],
        [0.75, 0.5],
        [0.75, 0.5],
    )


def test_xdf_clock_jumping_back_splits_recordings(tmp_path: Path) -> None:
    path = tmp_path / "a.xdf"
    times = [100.0, 100.1, 100.2, 50.0, 50.1, 50.2]
    path.write_bytes(file(stream(1, header("t", "Gaze", PIXELS), times, [[n, n] for n in range(6)])))
    with pytest.raises(NeedsChoice, match=r"2 recordings: '1' \(3 rows, 0.2 s\), '2'"):
        xdf.read(path)
    assert xdf.read(path, ReadingSettings(recording="2")).x.tolist() == [3, 4, 5]


def test_xdf_given_origin_is_used(tmp_path: Path) -> None:
    path = tmp_path / "a.xdf"
    more = "<setup><display><width>1920</width><height>1080</height></display></setup>"
    path.write_bytes(file(stream(1, header("t", "Gaze", PIXELS, more=more), [1.0], [[-60, 40]])))
    recording = xdf.read(path, ReadingSettings(origin="centre"))
    assert (recording.x[0], recording.y[0]) == (900, 500)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not an XDF file"),
        (b"SR_RESEARCH", "not an XDF file"),
        (b"XDF:\x07abc", "byte 4 does not begin a chunk"),
        (b"XDF:\0\0\0\1", "byte 4 does not begin a chunk"),
        (file() + xdf_file.samples(5, [1.0], [[1.0]]), "stream 5, which has no header"),
        (file() + chunk(2, b"\1\0\0\0<info"), "not XML"),
        (file() + chunk(2, b"\1\0\0\0<info></info>"), "stream 1 does not describe"),
        (file() + chunk(4, b"\1\0\0\0abc"), "invalid length of 9"),
        (file() + b"\x08" + struct.pack("<QH", 1 << 62, 1), "invalid length"),
        (file() + b"\x04" + struct.pack("<IH", 1 << 31, 5), "after byte 64 it ends in the middle"),
        (
            file(_gaze()) + chunk(3, b"\1\0\0\0\x08" + struct.pack("<Q", 1 << 40)),
            "too short for 1099511627776",
        ),
    ],
)
def test_xdf_garbage_is_refused_with_position(read: Read, data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=rf"^a\.xdf.* .*{words}"):
        read(data)


def test_xdf_damage_found_by_pyxdf_is_refused_silently(
    read: Read, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    texts = header("box", "Markers", [("m", "")], "string", 0)
    length_of_no_kind = struct.pack("<I", 2) + b"\x01\x01\x00\x07\x00"
    data = file(_gaze(), chunk(2, struct.pack("<I", 2) + texts.encode()), chunk(3, length_of_no_kind))
    with caplog.at_level(logging.DEBUG, "foveaview"), pytest.raises(ValueError, match=r"a\.xdf is damaged"):
        read(data)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("pyxdf").propagate
    assert logging.getLogger("pyxdf").handlers == []


def test_xdf_wrong_rate_gives_no_warning(
    read: Read, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [[1.0, 2.0]] * 3
    read(
        file(stream(1, header("t", "Gaze", PIXELS, rate_hz=999), [1.0, 1.0, 1.0], rows, offsets=[(1.0, 0.0)]))
    )
    assert (caplog.records, capfd.readouterr()) == ([], ("", ""))


def test_xdf_without_pyxdf_names_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyxdf", None)
    with pytest.raises(ImportError, match=r"pip install 'foveaview\[lsl\]'"):
        xdf.read(DATA)


def test_xdf_read_can_be_interrupted() -> None:
    with interruptible(lambda: True), pytest.raises(Interrupted):
        xdf.read(DATA)


_NUMBERS = st.one_of(st.just(NAN), st.floats(-5000, 5000, width=32))


@pytest.mark.slow
@given(
    steps=st.lists(st.floats(0.001, 3.0), min_size=1, max_size=30),
    rows=st.lists(st.tuples(_NUMBERS, _NUMBERS), min_size=30, max_size=30),
    marks=st.lists(st.tuples(st.floats(0, 100), st.text(max_size=300)), max_size=5),
    shift=st.floats(-1000, 1000),
)
def test_xdf_written_file_reads_back(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[float],
    rows: list[tuple[float, float]],
    marks: list[tuple[float, str]],
    shift: float,
) -> None:
    times, rows = np.cumsum(steps).tolist(), rows[: len(steps)]
    texts = [(t, text.replace("\ud800", "")) for t, text in sorted(marks, key=lambda mark: mark[0])]
    data = file(
        stream(7, header("t", "Gaze", PIXELS), times, rows, offsets=[(0.0, shift)]),
        stream(
            8,
            header("m", "Markers", [("m", "")], "string", 0),
            [t for t, _ in texts],
            [[text] for _, text in texts],
            "string",
        ),
    )
    path = tmp_path_factory.mktemp("xdf") / "a.xdf"
    path.write_bytes(data)
    recording = xdf.read(path)
    np.testing.assert_allclose(recording.t, np.array(times) + shift, atol=1e-9)
    seen = np.isfinite(np.array(rows)).all(axis=1)
    np.testing.assert_array_equal(recording.usable, seen)
    np.testing.assert_array_equal(np.column_stack((recording.x, recording.y))[seen], np.array(rows)[seen])
    assert [(event.t, event.text) for event in recording.events] == texts


@given(seed=st.integers(0, 2**32), count=st.integers(1, 8))
def test_xdf_damaged_bytes_do_not_crash(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int
) -> None:
    data, chance = bytearray(DATA.read_bytes()), random.Random(seed)
    for _ in range(count):
        data[chance.randrange(4, len(data))] = chance.randrange(256)
    path = tmp_path_factory.mktemp("xdf") / "a.xdf"
    path.write_bytes(bytes(data))
    with contextlib.suppress(ValueError):
        assert len(xdf.read(path))
