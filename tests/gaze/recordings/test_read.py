"""Tests of reading any file: it is recognised by name and content, and never crashes."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze import Recording
from foveaview.gaze.recordings import ColumnMapping, NeedsMapping, kinds, read_recording

DATA = Path("tests/data/gaze")
FILES = [
    path
    for path in sorted(DATA.iterdir())
    if path.suffix in (".csv", ".tsv", ".gz") and "events" not in path.name
]


def refusal(path: Path) -> str:
    """Return the error of a refused file, also with its proposed mapping; the name if it is read."""
    try:
        read_recording(path)
    except NeedsMapping as asked:
        mapping = asked.proposal.mapping
        try:
            return str(asked) if mapping is None else read_recording(path, mapping).name
        except ValueError as error:
            return str(error)
    except ValueError as error:
        return str(error)
    return path.name


@pytest.mark.parametrize(("name", "module"), [("a.asc", "eyelink"), ("A.XDF", "xdf"), ("a.xdf.gz", "xdf")])
def test_read_recording_uses_module_of_format(
    monkeypatch: pytest.MonkeyPatch, name: str, module: str
) -> None:
    recording = Recording("other", np.zeros(1), np.zeros(1), np.zeros(1))
    other = ModuleType(module)
    vars(other)["read"] = lambda path, reading, mapping=None: recording
    monkeypatch.setitem(sys.modules, f"foveaview.gaze.recordings.{module}", other)
    assert read_recording(Path(name)) is recording


def test_read_recording_mapping_overrides_detection() -> None:
    mapping = ColumnMapping(time="gaze_timestamp", x="x_scaled", y="y_scaled", unit="px")
    recording = read_recording(DATA / "gaze_positions_on_surface_Screen.csv", mapping)
    assert recording.x[0] == pytest.approx(15.9)


def test_kinds_have_names_and_patterns() -> None:
    everything = set(kinds()[0][1])
    for name, patterns in kinds()[1:]:
        assert name
        assert all(any(pattern.endswith(suffix.lstrip("*")) for suffix in everything) for pattern in patterns)


def test_read_recording_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_recording(tmp_path / "none.csv")


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_read_recording_damaged_file_never_crashes(path: Path, tmp_path: Path) -> None:
    whole, generator = path.read_bytes(), random.Random(path.name)
    for sidecar in DATA.glob("*.json"):
        (tmp_path / sidecar.name).write_bytes(sidecar.read_bytes())
    for _ in range(60):
        damaged = bytearray(whole[: generator.randrange(len(whole))] if generator.random() < 0.5 else whole)
        for _ in range(generator.randrange(6)):
            if damaged:
                damaged[generator.randrange(len(damaged))] = generator.choice(b'\n\t,;"\x00\xff9x.-#')
        (tmp_path / path.name).write_bytes(damaged)
        assert path.name in refusal(tmp_path / path.name)


@given(st.text(alphabet=st.sampled_from(list("t,x;y\t\n\"#.019-e naN\r'")), max_size=80))
def test_read_recording_any_text_never_crashes(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "eye.csv"
    path.write_text(text, newline="")
    assert "eye.csv" in refusal(path)


@pytest.mark.slow
def test_read_recording_notes_every_problem_at_once(tmp_path: Path) -> None:
    count = 200_000
    ms = np.arange(count)
    ms[1000], ms[5000], ms[7000:] = ms[999], ms[4000], ms[7000:] + 3000
    lines = [f"{time};{'' if row % 50 == 3 else '0,25'};0,5" for row, time in enumerate(ms.tolist())]
    path = tmp_path / "eye.csv"
    path.write_bytes(("t_ms;G\xfcte_x;G\xfcte_y\n" + "\n".join(lines)).encode("latin-1"))
    mapping = ColumnMapping(time="t_ms", time_unit="ms", x="G\xfcte_x", y="G\xfcte_y")
    recording = read_recording(path, mapping)
    assert len(recording) == count - 2
    assert int(np.isnan(recording.x).sum()) == count // 50
    notes = " / ".join(recording.notes)
    for words in (
        "Latin-1",
        "decimal commas",
        "first in line 5002",
        "2 rows with the time",
        "1 gap in the times",
    ):
        assert words in notes
