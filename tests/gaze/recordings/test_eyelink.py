"""Tests of reading EyeLink's ASC files."""

from __future__ import annotations

import contextlib
import gzip
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Event, Recording
from foveaview.gaze.recordings import eyelink
from foveaview.gaze.recordings.eyelink_lines import AscLines
from foveaview.perception.interruption import Interrupted, interruptible
from tests.gaze.recordings.asc import PREAMBLE, block, coords, sample

DATA = Path(__file__).parents[2] / "data" / "gaze"
NAN = math.nan

Read = Callable[[str | bytes], Recording]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(text: str | bytes) -> Recording:
        path = tmp_path / "a.asc"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return eyelink.read(path)

    return read


def _samples(count: int, start: int = 1000) -> str:
    return "".join(sample(start + index, [(100.0 + index, 50.0)]) for index in range(count))


def test_eyelink_at_2000_hz_has_half_millisecond_times() -> None:
    recording = eyelink.read(DATA / "eyelink_mono.asc")
    np.testing.assert_allclose(recording.t, 5.0 + np.arange(50) / 2000, atol=1e-9)
    np.testing.assert_allclose(recording.x[:40], 960 + 0.1 * np.arange(40), atol=1e-9)
    assert recording.rate_hz == pytest.approx(2000)
    assert (recording.unit, recording.screen, recording.notes) == ("px", (1920, 1080), ())


def test_eyelink_events_have_times_durations_and_texts() -> None:
    assert eyelink.read(DATA / "eyelink_mono.asc").events == (
        Event(4.99, "GAZE_COORDS 0.00 0.00 1919.00 1079.00"),
        Event(4.99, "DISPLAY_COORDS 0 0 1919 1079"),
        Event(5.0, "START"),
        Event(5.0, "SYNCTIME"),
        Event(5.0, "SFIX R"),
        Event(5.0, "EFIX R", 0.02),
        Event(5.02, "SSACC R"),
        Event(5.02, "ESACC R", 0.005),
        Event(5.024, "BUTTON 1 1"),
        Event(5.024, "INPUT 255"),
        Event(5.025, "END"),
    )


def test_eyelink_two_eyes_are_merged_without_blinks() -> None:
    recording = eyelink.read(DATA / "eyelink_binocular.asc")
    trial = np.arange(40)
    both = (trial < 10) | (trial >= 20)
    x = np.where(
        both, 502.0 + trial, 504.0 + trial
    )  # the left eye's saccade from 10 to 19 is part of its blink
    x[14:16] = NAN
    np.testing.assert_allclose(recording.x, np.concatenate((x, x)))
    np.testing.assert_allclose(recording.y[:12], [401.0] * 10 + [402.0] * 2)
    np.testing.assert_array_equal(recording.usable, np.isfinite(np.concatenate((x, x))))
    assert recording.screen == (1024, 768)


def test_eyelink_pause_between_blocks_is_noted() -> None:
    recording = eyelink.read(DATA / "eyelink_binocular.asc")
    assert recording.notes == ("2 blocks, with pauses of up to 2 s between them",)
    assert np.diff(recording.t).max() == pytest.approx(2.002)


@pytest.mark.parametrize(
    ("options", "tail"),
    [
        ("VEL", "   1.2\t  -3.4\t"),
        ("RES", "  47.7\t  45.9\t"),
        ("VEL\tRES", "   1.2\t  -3.4\t  47.7\t  45.9\t"),
        ("RES\tHTARGET\tINPUT", "  47.7\t  45.9\t 127.0\t 2048.0\t 1024.0\t 600.0\t.............\t"),
    ],
)
@pytest.mark.parametrize("places", [[(10.0, 20.0)], [(10.0, 20.0), (12.0, 22.0)]])
def test_eyelink_extra_columns_are_ignored(
    read: Read, options: str, tail: str, places: list[tuple[float, float]]
) -> None:
    eyes = "LEFT\tRIGHT" if len(places) == 2 else "RIGHT"
    text = f"SAMPLES\tGAZE\t{eyes}\t{options}\tRATE\t 500.00\tTRACKING\tCR\tFILTER\t2\n"
    recording = read(text + sample(1000, places, tail) + sample(1002, places, tail))
    middle = np.mean(places, axis=0)
    np.testing.assert_allclose([recording.x, recording.y], np.tile(middle, (2, 1)).T)


def test_eyelink_sample_warnings_are_ignored(read: Read) -> None:
    lines = sample(1000, [(1.0, 2.0)]) + sample(1001, [(3.0, 4.0)]).replace("...", "ICR")
    assert read(block(lines, 1000, 1002)).x.tolist() == [1.0, 3.0]


@pytest.mark.parametrize(
    ("places", "tail", "x"),
    [
        ([(1.0, 2.0)], "", 1.0),
        ([(1.0, 2.0)], "  0.1\t  0.2\t", 1.0),
        ([(1.0, 2.0), (3.0, 4.0)], "", 2.0),
        ([(1.0, 2.0), (3.0, 4.0)], "  0.1\t  0.2\t", 2.0),
    ],
)
def test_eyelink_samples_without_header_are_guessed(
    read: Read, places: list[tuple[float, float]], tail: str, x: float
) -> None:
    line = sample(1000, places, tail)
    for text in (line, line.replace(".....", "").replace("...", "")):
        recording = read(text)
        assert recording.x.tolist() == [x]
        assert "SAMPLES" in recording.notes[0]
        assert recording.screen is None


def test_eyelink_samples_during_blink_are_invalid(read: Read) -> None:
    lines = (
        _samples(3) + "SBLINK L 1003\n" + _samples(3, 1003) + "EBLINK L 1003\t1005\t3\n" + _samples(2, 1006)
    )
    assert read(block(lines, 1000, 1008)).usable.tolist() == [True] * 3 + [False] * 3 + [True] * 2


def test_eyelink_saccade_without_blink_stays_valid(read: Read) -> None:
    lines = _samples(4) + "EBLINK L 1000\t1000\t1\nESACC L 1001\t1003\t3\t1\t1\t2\t2\t0.3\t50\n"
    assert read(block(lines, 1000, 1004)).usable.tolist() == [False, True, True, True]


@pytest.mark.parametrize("value", ["-32768.0", "100000000.0", "NaN"])
def test_eyelink_placeholder_numbers_are_missing(read: Read, value: str) -> None:
    recording = read(block(f"1000\t{value}\t{value}\t0.0\t...\n" + _samples(1, 1001), 1000, 1002))
    assert recording.usable.tolist() == [False, True]


@pytest.mark.parametrize(
    ("edges", "screen", "x"),
    [
        ("0 0 1919 1079", (1920, 1080), 100.0),
        ("0 0 1920 1080", (1920, 1080), 100.0),
        ("= 0, 0, 1365, 767".replace(",", ""), (1366, 768), 100.0),
        ("-960 -540 959 539", (1920, 1080), 1060.0),
    ],
)
def test_eyelink_screen_comes_from_message(read: Read, edges: str, screen: tuple[int, int], x: float) -> None:
    recording = read(coords(edges=edges).replace("GAZE", "DISPLAY") + block(_samples(1), 1000, 1001))
    assert (recording.screen, recording.x[0]) == (screen, x)


def test_eyelink_changed_screen_is_noted(read: Read) -> None:
    text = coords() + block(_samples(1), 1000, 1001) + coords(2000, "0 0 799 599")
    recording = read(text)
    assert recording.screen == (1920, 1080)
    assert "GAZE_COORDS change" in recording.notes[0]
    assert f"line {text.count(chr(10))}" in recording.notes[0]


@pytest.mark.parametrize(("kind", "word"), [("HREF", "HREF"), ("PUPIL", "RAW"), ("NEW", "NEW")])
def test_eyelink_positions_other_than_gaze_are_refused(read: Read, kind: str, word: str) -> None:
    text = PREAMBLE + block(_samples(1), 1000, 1001).replace("SAMPLES\tGAZE", f"SAMPLES\t{kind}")
    line = text[: text.index(f"SAMPLES\t{kind}")].count("\n") + 1
    with pytest.raises(ValueError, match=rf"a\.asc, line {line}: .*{word}.*edf2asc -sg"):
        read(text)


@pytest.mark.parametrize(
    "bad", ["1003\n", "1003\tabc\t50.0\t0.0\t...\n", "1003\t1.0\n", "10x3\t1\t2\t3\t...\n"]
)
def test_eyelink_malformed_sample_is_refused_with_line(read: Read, bad: str) -> None:
    text = PREAMBLE + block(_samples(3) + "SFIX L 1002\n" + bad + _samples(3, 1004), 1000, 1007)
    line = text[: text.index(bad)].count("\n") + 1
    with pytest.raises(ValueError, match=rf"a\.asc, line {line}: a sample of one eye"):
        read(text)


def test_eyelink_too_few_columns_for_two_eyes_are_refused(read: Read) -> None:
    with pytest.raises(ValueError, match=r"line 7: a sample of both eyes"):
        read(block(_samples(1), 1000, 1001, "LEFT RIGHT"))


def test_eyelink_file_cut_within_sample_is_read(read: Read) -> None:
    recording = read(coords() + block(_samples(3), 1000, 1003).split("END")[0] + "1003\t  10")
    assert len(recording) == 3
    assert recording.notes == (
        "the file ends in the middle of a sample, which was left out (1, first in line 11)",
    )


@pytest.mark.parametrize(
    "bad", ["EFIX L 10", "EFIX", "MSG", "MSG x y", "ESACC Q 1 2 3", "INPUT", "EBLINK L nan 2 3"]
)
def test_eyelink_malformed_event_is_left_out_and_noted(read: Read, bad: str) -> None:
    recording = read(coords() + block(_samples(2) + bad + "\n" + _samples(2, 1002), 1000, 1004))
    assert len(recording) == 4
    assert bad.split()[0] in recording.notes[0]
    assert "first in line 10" in recording.notes[0]


@pytest.mark.parametrize("rate_hz", [1000.0, 2000.0])
def test_eyelink_late_samples_are_left_out_and_noted(read: Read, rate_hz: float) -> None:
    lines = _samples(5) + _samples(2, 1002) + _samples(2, 1005)
    recording = read(coords() + block(lines, 1000, 1007, rate_hz=rate_hz))
    np.testing.assert_allclose(recording.t, np.arange(1000, 1007) / 1000)
    assert "no later than the previous" in recording.notes[0]
    assert "2, first in line 13" in recording.notes[0]


def test_eyelink_repeated_time_at_1000_hz_is_left_out(read: Read) -> None:
    assert len(read(block(_samples(2) + _samples(1, 1001), 1000, 1002))) == 2


def test_eyelink_fractional_times_are_kept(read: Read) -> None:
    lines = "".join(sample(1000 + index / 2, [(1.0, 2.0)]) for index in range(4))
    np.testing.assert_allclose(read(block(lines, 1000, 1002, rate_hz=2000)).t, [1, 1.0005, 1.001, 1.0015])


@pytest.mark.parametrize(
    ("encoding", "noted"), [("utf-8", False), ("utf-8-sig", False), ("utf-16", False), ("latin-1", True)]
)
def test_eyelink_messages_in_any_encoding_are_read(read: Read, encoding: str, noted: bool) -> None:
    text = PREAMBLE + coords() + block("MSG\t1000 Übung, déjà\n" + _samples(2), 1000, 1002)
    recording = read(text.encode(encoding))
    assert [event.text for event in recording.events if event.t == 1.0] == ["START", "Übung, déjà"]
    assert any("Latin-1" in note for note in recording.notes) == noted


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_eyelink_other_line_endings_are_read(read: Read, end: str) -> None:
    text = coords() + block("MSG\t1000 go\n" + _samples(2), 1000, 1002)
    recording = read(text.replace("\n", end))
    assert (len(recording), recording.events[2].text) == (2, "go")


def test_eyelink_truncated_gzip_is_refused(read: Read) -> None:
    packed = gzip.compress((DATA / "eyelink_mono.asc").read_bytes())
    assert len(read(packed)) == 50
    with pytest.raises(ValueError, match=r"a\.asc, after line \d+: the gzip file is truncated"):
        read(packed[:-20])


def test_eyelink_comments_and_unknown_lines_are_ignored(read: Read) -> None:
    text = block(_samples(1) + "# a comment\nLOST DATA 5\n\n" + _samples(1, 1001), 1000, 1002)
    assert read(text).t.tolist() == [1.0, 1.001]


@pytest.mark.parametrize(
    "text", [b"", b"\n\n", b"hello\n", PREAMBLE.encode(), bytes(range(255, 128, -1)) * 30]
)
def test_eyelink_file_without_samples_is_refused(read: Read, text: bytes) -> None:
    with pytest.raises(ValueError, match=r"a\.asc holds no samples"):
        read(text)


def test_eyelink_edf_file_is_refused_with_remedy(read: Read) -> None:
    with pytest.raises(ValueError, match="edf2asc"):
        read(b"SR_RESEARCH_COMBO\x00\x01\x02")


def test_eyelink_read_can_be_interrupted() -> None:
    with interruptible(lambda: True), pytest.raises(Interrupted):
        eyelink.read(DATA / "eyelink_mono.asc")


def test_eyelink_file_in_many_chunks_is_read_whole(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    text = coords() + block(_samples(500) + "SFIX L 1500\n" + _samples(500, 1500), 1000, 2000, rate_hz=2000)
    whole = read(text)
    monkeypatch.setattr(eyelink, "_CHUNK_CHARACTERS", 300)
    monkeypatch.setattr("foveaview.gaze.recordings.eyelink_lines._SAMPLES_AT_ONCE", 7)
    parts = read(text)
    np.testing.assert_array_equal(whole.t, parts.t)
    np.testing.assert_array_equal(whole.x, parts.x)
    assert whole.events == parts.events


def test_asc_lines_half_milliseconds_span_chunks() -> None:
    lines = AscLines("a", eyes="L", rate_hz=2000)
    for time in (1000, 1000, 1001, 1001):
        lines.add([sample(time, [(1.0, 2.0)])], 1)
        lines.flush()
    assert [rows[0, 0] for _, rows in lines.blocks] == [1000.0, 1000.5, 1001.0, 1001.5]


_PLACES = st.one_of(
    st.just((NAN, NAN)),
    st.tuples(st.integers(-9999, 30000), st.integers(-9999, 30000)).map(lambda at: (at[0] / 10, at[1] / 10)),
)
_TRIALS = st.lists(st.lists(st.tuples(_PLACES, _PLACES), min_size=1, max_size=20), min_size=1, max_size=3)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@pytest.mark.slow
@given(trials=_TRIALS, step=st.sampled_from([1, 2, 4]), both=st.booleans(), text=_TEXTS)
def test_eyelink_written_file_reads_back(
    tmp_path_factory: pytest.TempPathFactory,
    trials: list[list[tuple[tuple[float, float], tuple[float, float]]]],
    step: int,
    both: bool,
    text: str,
) -> None:
    written, at = coords(), 1000
    times: list[int] = []
    places: list[Sequence[tuple[float, float]]] = []
    for trial in trials:
        eyes: list[Sequence[tuple[float, float]]] = [pair if both else pair[:1] for pair in trial]
        ms = [at + step * index for index in range(len(eyes))]
        lines = "".join(sample(time, pair) for time, pair in zip(ms, eyes, strict=True))
        written += block(lines, at, ms[-1], "LEFT RIGHT" if both else "LEFT", 1000 / step)
        times, places, at = times + ms, places + eyes, ms[-1] + 500
        written += f"MSG\t{at} {text}\n"
    path = tmp_path_factory.mktemp("asc") / "a.asc"
    path.write_text(written, encoding="utf-8", newline="\n")
    recording = eyelink.read(path)
    np.testing.assert_allclose(recording.t, np.array(times) / 1000)
    seen = [[eye for eye in pair if not math.isnan(eye[0])] for pair in places]
    expected = [np.mean(eyes, axis=0) if eyes else (NAN, NAN) for eyes in seen]
    np.testing.assert_allclose(np.column_stack((recording.x, recording.y)), np.array(expected), atol=1e-9)
    np.testing.assert_array_equal(recording.usable, [bool(eyes) for eyes in seen])
    assert [event.text for event in recording.events].count(text) == len(trials)


@pytest.mark.slow
@given(data=st.binary(max_size=300), after=st.booleans())
def test_eyelink_random_bytes_do_not_crash(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, after: bool
) -> None:
    path = tmp_path_factory.mktemp("asc") / "a.asc"
    path.write_bytes((block(_samples(2), 1000, 1002).encode() if after else b"") + data)
    with contextlib.suppress(ValueError):
        assert len(eyelink.read(path))
