"""Tests of which lines of an ASC file are samples: those in column 0, between START and END."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foveaview.gaze import Recording
from foveaview.gaze.recordings import eyelink
from foveaview.gaze.recordings.eyelink_lines import AscLines
from tests.gaze.recordings.asc import CALIBRATION, PREAMBLE, block, coords, sample

FIELD = Path(__file__).parents[4] / "shared" / "field" / "gaze"
COEFFICIENTS = "MSG\t900 !CAL Cal coeff:(X=a+bx+cy+dxx+eyy,Y=f+gx+goaly+ixx+jyy)\n"


def read(folder: Path, text: str) -> Recording:
    path = folder / "a.asc"
    path.write_text(text)
    return eyelink.read(path)


def samples(count: int, start: int = 1000) -> str:
    return "".join(sample(start + index, [(100.0 + index, 50.0)]) for index in range(count))


@pytest.mark.parametrize(
    "numbers",
    [
        "   81.5  0.25  100.5 -0.125 -0.25\n",
        "   212.5  18.5  164.5 -0.125\n",
        "  -0.0005  81.5  0.25  0.0625 -0.125\n   212.5 -1.5  164.5 -0.125 -0.25\n",
        "   8.5e-06,  2.5e-05\n  -1.5e-05,  3.5e-05\n",
        "\t  -55     5   -61     6\n",
        "  9999999  1.0  2.0  3.0 ...\n",  # later than all samples
    ],
)
def test_eyelink_calibration_before_block_is_not_sampled(tmp_path: Path, numbers: str) -> None:
    recording = read(tmp_path, COEFFICIENTS + numbers + coords() + block(samples(2), 1000, 1002))
    assert recording.t.tolist() == [1.0, 1.001]
    assert recording.notes == ()


def test_eyelink_calibration_between_blocks_keeps_both(tmp_path: Path) -> None:
    text = coords() + block(samples(3), 1000, 1003) + CALIBRATION + block(samples(3, 5000), 5000, 5003)
    recording = read(tmp_path, text)
    assert recording.t.tolist() == [1.0, 1.001, 1.002, 5.0, 5.001, 5.002]
    assert recording.notes == ("2 blocks, with pauses of up to 4 s between them",)


def test_eyelink_calibration_report_is_not_sampled(tmp_path: Path) -> None:
    recording = read(tmp_path, PREAMBLE + CALIBRATION + coords() + block(samples(2), 1000, 1002))
    assert len(recording) == 2
    assert recording.notes == ()


@pytest.mark.parametrize("before", [True, False])
def test_eyelink_samples_outside_blocks_are_left_out_and_noted(tmp_path: Path, before: bool) -> None:
    stray, data = sample(200, [(1.0, 2.0)]), coords() + block(samples(3), 1000, 1003)
    recording = read(tmp_path, stray + data if before else data + stray)
    assert recording.t.tolist() == [1.0, 1.001, 1.002]
    where = "before the first START" if before else "outside START and END"
    assert [where in note for note in recording.notes] == [True]
    line = 1 if before else data.count("\n") + 1
    assert f"(1, first in line {line})" in recording.notes[0]


def test_eyelink_stray_numbers_do_not_refuse_file(tmp_path: Path) -> None:
    recording = read(tmp_path, "8 points\n" + coords() + block(samples(3), 1000, 1003) + "12 apples\n")
    assert len(recording) == 3


def test_eyelink_indented_samples_are_left_out_and_noted(tmp_path: Path) -> None:
    recording = read(tmp_path, coords() + block(samples(1) + "  " + samples(1, 1001), 1000, 1002))
    assert recording.t.tolist() == [1.0]
    assert "begin with spaces" in recording.notes[0]


def test_eyelink_only_indented_samples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no samples .*begin with spaces.*line 7"):
        read(tmp_path, block("  " + samples(1), 1000, 1002))


def test_eyelink_without_start_reads_all_samples(tmp_path: Path) -> None:
    assert len(read(tmp_path, samples(4))) == 4
    assert len(read(tmp_path, samples(2) + "END\t1002 \tSAMPLES\n" + samples(2, 2000))) == 4


def test_eyelink_file_beginning_within_block_is_read(tmp_path: Path) -> None:
    text = samples(2) + "END\t1002 \tSAMPLES\tEVENTS\tRES\t1\t1\n" + sample(3, [(1.0, 2.0)])
    recording = read(tmp_path, text + coords() + block(samples(2, 5000), 5000, 5002))
    assert recording.t.tolist() == [1.0, 1.001, 5.0, 5.001]
    assert any("before the first START" in note and "(1," in note for note in recording.notes)


def test_eyelink_stray_numbers_do_not_delay_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foveaview.gaze.recordings.eyelink_lines._SAMPLES_AT_ONCE", 1)
    recording = read(tmp_path, samples(3, 90_000) + coords() + block(samples(3), 1000, 1003))
    assert recording.t.tolist() == [1.0, 1.001, 1.002]


@pytest.mark.parametrize(
    ("edges", "screen", "y"),
    [
        ("-960 540 959 -539", (1920, 1080), 490.0),
        ("-960.00 540.00 960.00 -540.00", (1920, 1080), 490.0),
        ("0 1079 1919 0", (1920, 1080), 1029.0),
    ],
)
def test_eyelink_with_y_upwards_is_flipped(
    tmp_path: Path, edges: str, screen: tuple[int, int], y: float
) -> None:
    recording = read(tmp_path, coords(edges=edges) + block(samples(1), 1000, 1001))
    assert (recording.screen, recording.y[0]) == (screen, y)
    assert "y counts upwards" in recording.notes[0]


@pytest.mark.parametrize(
    ("name", "count", "ms", "sums"),
    [
        # samples, first and last time, and sums of all numbers of x and y, left eye first, as read by
        # pymovements 0.28.0: pymovements.gaze.from_asc(path).samples, columns time and pixel
        ("eyelink_binocular_example.asc", 368, (1408660, 1409027), [260335.7, 145940.9, 273487.4, 157423.9]),
        ("eyelink_monocular_example.asc", 16, (2154556, 2339291), [5750.8, 4905.9]),
        ("eyelink_monocular_no_dummy_example.asc", 297, (643197, 651287), [168693.8, 139346.5]),
    ],
)
def test_eyelink_real_file_equals_pymovements(
    name: str, count: int, ms: tuple[float, float], sums: list[float]
) -> None:
    if not FIELD.is_dir():
        pytest.skip("the real files are not here")
    lines = AscLines(name)
    lines.add((FIELD / name).read_text(encoding="latin-1").splitlines(keepends=True), 1)
    lines.flush()
    rows = np.concatenate([rows for _, rows in lines.blocks])
    assert (len(rows), rows[0, 0], rows[-1, 0]) == (count, *ms)
    np.testing.assert_allclose(np.nansum(rows[:, 1:], axis=0), sums, atol=1e-6)
    assert eyelink.read(FIELD / name).t.tolist() == (rows[:, 0] / 1000).tolist()
