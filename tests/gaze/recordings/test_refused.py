"""Tests of files that cannot be recordings: they are refused at once, with an error, by every reader."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from foveaview.gaze.recordings import ColumnMapping, propose, read_recording, xdf_chunks
from foveaview.gaze.recordings import file_access as opening
from foveaview.gaze.recordings.text_reader import head
from foveaview.perception.interruption import Interrupted, interruptible
from tests.gaze.recordings.test_bids import about
from tests.gaze.recordings.test_bids import write as write_bids

OWN = '# foveaview gaze 1\n# unit: "image"\n'
HUGE = "1" + 400 * "0"
ENDINGS = ["csv", "txt", "asc", "xdf", "xdf.gz", "asc.gz"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_read_recording_pipe_is_refused_at_once(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    os.mkfifo(path)
    with pytest.raises(ValueError, match=rf"a\.{ending}: .*but a pipe"):
        read_recording(path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_read_recording_folder_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    path.mkdir()
    with pytest.raises(ValueError, match="but a folder"):
        read_recording(path)


def test_read_recording_device_is_refused() -> None:
    with pytest.raises(ValueError, match=r"null: .*but a device"):
        head(Path("/dev/null"))
    with pytest.raises(ValueError, match="but a device"):
        propose(Path("/dev/null"))


def test_read_recording_pipe_as_sidecar_is_refused(tmp_path: Path) -> None:
    path = write_bids(tmp_path, "0\t1\t2\n", None)
    os.mkfifo(tmp_path / path.name.replace("tsv.gz", "json"))
    with pytest.raises(ValueError, match=r"json: .*but a pipe"):
        read_recording(path)


def test_read_recording_missing_file_raises_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_recording(tmp_path / "a.csv")


@pytest.mark.parametrize("times", [["1e308", "-1e308", "0"], ["0", "0.01", "1e9"], ["0.01", "-4e8", "0"]])
def test_read_recording_times_over_years_are_refused(tmp_path: Path, times: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t,x,y\n" + "".join(f"{t},0.5,0.5\n" for t in times))
    line = 2 + int(np.argmax(np.abs([float(t) for t in times])))
    with pytest.raises(ValueError, match=rf"a\.csv: line {line}: .*unit of the times") as error:
        read_recording(path, ColumnMapping(time="t", x="x", y="y"))
    assert "years" in str(error.value)


def test_read_recording_asc_times_over_years_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.asc"
    path.write_text("SAMPLES GAZE LEFT RATE 500.00\n1000 9.0 5.0 2.0 ...\n1000000000000000 9.0 5.0 2.0 ...\n")
    with pytest.raises(ValueError, match="years"):
        read_recording(path)


@pytest.mark.parametrize(
    "comment",
    [
        f'event: [{HUGE},"a",0]',
        f'event: [0,"a",{HUGE}]',
        f"distance_m: {HUGE}",
        "distance_m: " + 5000 * "1",
        "screen: [1e400, 2]",
        "event: " + 100_000 * "[",
    ],
)
def test_read_recording_invalid_comment_is_refused_with_line(tmp_path: Path, comment: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{OWN}# {comment}\nt,x,y\n0,0.5,0.5\n")
    with pytest.raises(ValueError, match=r"a\.csv: line 3: ") as error:
        read_recording(path)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    "said",
    [
        f'"SamplingFrequency": {HUGE}',
        f'"StartTime": {HUGE}',
        '"StimulusPresentation": {"ScreenResolution": [1e400, 2]}',
        f'"StimulusPresentation": {{"ScreenResolution": [{HUGE}, 1]}}',
        f'"RecordedEye": {5000 * "1"}',
    ],
)
def test_read_recording_huge_sidecar_number_is_refused(tmp_path: Path, said: str) -> None:
    path = write_bids(tmp_path, "0\t1\t2\n", None)
    text = json.dumps(about())
    (tmp_path / path.name.replace("tsv.gz", "json")).write_text(f"{text[:-1]},\n{said}}}")
    with pytest.raises(ValueError, match=r"physio\.json: line 2: the number .* is too large"):
        read_recording(path)


def test_read_recording_infinite_screen_is_ignored(tmp_path: Path) -> None:
    path = write_bids(tmp_path, "0\t1\t2\n", about(ScreenResolution=[float("inf"), 2]))
    recording = read_recording(path)
    assert recording.screen is None
    assert any("ScreenResolution is [inf, 2]" in note for note in recording.notes)


def test_read_recording_invalid_events_are_noted(tmp_path: Path) -> None:
    path = write_bids(tmp_path, "0\t1\t2\n", about())
    events = tmp_path / path.name.replace("_physio.", "_physioevents.")
    events.write_bytes(gzip.compress(b"1\ta\n"))
    (tmp_path / events.name.replace("tsv.gz", "json")).write_text(f'{{"Columns": ["onset"], "a": {HUGE}}}')
    assert any("no events" in note for note in read_recording(path).notes)


@pytest.mark.parametrize("screen", ["[0.3, 0.3]", "[1e300, 1e300]"])
def test_read_recording_impossible_screen_is_refused(tmp_path: Path, screen: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{OWN}# screen: {screen}\nt,x,y\n0,0.5,0.5\n")
    with pytest.raises(ValueError, match=r"a\.csv: a screen must be 1 to 1,000,000 px"):
        read_recording(path)


def test_read_recording_overlong_cell_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t,x,y\n0,0.5,0.5\n0,0.5," + 200_000 * "1" + "a\n")
    with pytest.raises(ValueError, match=r"a\.csv"):
        read_recording(path, ColumnMapping(time="t", x="x", y="y"))


def test_read_recording_million_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join("a" * 1_000_000) + "\n")
    with pytest.raises(ValueError, match=r"a\.csv has 1000000 columns, .* at most 10000"):
        read_recording(path)


def test_xdf_chunk_over_unpacking_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xdf.gz"
    path.write_bytes(gzip.compress(b"XDF:" + struct.pack("<BQH", 8, 1 << 39, 5) + bytes(1000)))
    with pytest.raises(ValueError, match=r"a\.xdf\.gz: .* 8 GB"):
        xdf_chunks.streams_in(path)


class _Endless(gzip.GzipFile):
    """A gzip file that unpacks to endless zeros."""

    def __init__(self) -> None:
        super().__init__(fileobj=io.BytesIO(gzip.compress(b"")))
        self._begin = b"XDF:" + struct.pack("<BQH", 8, 1 << 32, 5)
        self._at = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        found = self._begin[self._at : self._at + size].ljust(size, b"\0")
        self._at += size
        return found

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset
        return offset


def test_xdf_skipping_long_chunk_can_be_interrupted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = _Endless()
    monkeypatch.setattr(xdf_chunks, "opened", lambda path: file)
    with pytest.raises(Interrupted), interruptible(lambda: file.tell() > 20_000_000):
        xdf_chunks.streams_in(tmp_path / "a.xdf.gz")
    assert file.tell() < 100_000_000


def test_read_recording_infinite_asc_screen_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "a.asc"
    path.write_text(
        "MSG 900 GAZE_COORDS 0 0 1e400 1079\nSAMPLES GAZE LEFT RATE 500.00\n1000 9.0 5.0 2.0 ...\n"
    )
    assert read_recording(path).screen is None


def test_read_recording_impossible_mapped_screen_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t,x,y\n0,0.5,0.5\n")
    mapping = ColumnMapping(time="t", x="x", y="y", screen_width=10**400, screen_height=5)
    with pytest.raises(ValueError, match=r"a\.csv: a screen must be 1 to"):
        read_recording(path, mapping)


MUCH = 100 << 20
BOMBS = {
    "csv.gz": b"t,x,y\n" + MUCH // 6 * b"0,0,0\n",
    "asc.gz": b"SAMPLES GAZE LEFT RATE 500.00\n" + MUCH // 14 * b"1000 1 1 1 ...\n",
    "xdf.gz": b"XDF:" + MUCH // 8 * b"\x01\x06\x05\x00\x00\x00\x00\x00",
}
MAPPING = ColumnMapping(time="t", x="x", y="y")


@pytest.mark.slow
@pytest.mark.parametrize("ending", BOMBS)
def test_read_recording_decompression_bomb_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(gzip.compress(BOMBS[ending], 1))
    with pytest.raises(ValueError, match=r"a\..*unpacks to over .* MB"):
        read_recording(path, MAPPING if ending == "csv.gz" else None)


@pytest.mark.slow
@pytest.mark.parametrize("ending", BOMBS)
def test_read_recording_false_gzip_size_is_refused(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_SPARE", 1 << 18)
    path = tmp_path / f"a.{ending}"
    path.write_bytes(gzip.compress(BOMBS[ending][: 1 << 20])[:-4] + bytes(4))
    with pytest.raises(ValueError, match=r"a\..*unpacks to over .* MB"):
        read_recording(path, MAPPING if ending == "csv.gz" else None)


@pytest.mark.parametrize("ending", BOMBS)
def test_read_recording_gzip_can_be_interrupted(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(gzip.compress(BOMBS[ending][: 1 << 20]))
    with interruptible(lambda: True), pytest.raises(Interrupted):
        read_recording(path, MAPPING if ending == "csv.gz" else None)


def test_read_recording_endless_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.asc"
    path.write_bytes(17 * (1 << 20) * b"1")
    with pytest.raises(ValueError, match="a line of more than"):
        read_recording(path)


@pytest.mark.slow
def test_read_recording_long_lost_eye_is_read(tmp_path: Path) -> None:
    rows = "".join(f"{row / 1000:.3f}\tn/a\tn/a\n" for row in range(100_000))
    path = write_bids(tmp_path, rows, about(Columns=["timestamp", "x_coordinate", "y_coordinate"]))
    recording = read_recording(path)
    assert not recording.usable.any()
    assert len(recording) == 100_000
