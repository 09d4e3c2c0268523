"""Readers of gaze recordings from the files of eye trackers. Imports no Qt."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np

from foveaview.gaze.recording import Recording
from foveaview.gaze.recordings import bids, csv, pupil, tobii
from foveaview.gaze.recordings.csv import write as write_recording
from foveaview.gaze.recordings.mapping import ColumnMapping
from foveaview.gaze.recordings.proposal import ColumnProposal, NeedsMapping, propose, proposed
from foveaview.gaze.recordings.table_layout import TableLayout, layout
from foveaview.gaze.recordings.tables.choice import Choice, NeedsChoice
from foveaview.gaze.recordings.tables.column_names import is_sample_time
from foveaview.gaze.recordings.vendors.known_tables import known_table
from foveaview.gaze.recordings.vendors.other_files import check_samples
from foveaview.io.untrusted import reader_errors
from foveaview.settings import ReadingSettings

__all__ = [
    "Choice",
    "ColumnMapping",
    "ColumnProposal",
    "NeedsChoice",
    "NeedsMapping",
    "is_stream_file",
    "kinds",
    "proposal_of",
    "propose",
    "read_recording",
    "write_recording",
]

_TABLES = ("*.csv", "*.tsv", "*.txt", "*.csv.gz", "*.tsv.gz")
_MODULES = {
    ".asc": "eyelink",
    ".asc.gz": "eyelink",
    ".xdf": "xdf",
    ".xdfz": "xdf",
    ".xdf.gz": "xdf",
    ".json": "vendors.jspsych",
}


def kinds() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Kinds of files that can be read, for a file dialog: a name and patterns; the first kind covers all.

    >>> kinds()[0][0]
    'Recordings of gaze'
    """
    others = tuple(f"*{suffix}" for suffix in _MODULES)
    return (
        ("Recordings of gaze", (*_TABLES, *others)),
        ("BIDS eye tracking", ("*_physio.tsv.gz", "*_physio.tsv", "*_eyetrack.tsv.gz", "*_eyetrack.tsv")),
        ("Pupil Labs, Tobii, SMI and other tables", _TABLES),
        ("EyeLink ASC", ("*.asc", "*.asc.gz")),
        ("Lab Streaming Layer XDF", ("*.xdf", "*.xdfz", "*.xdf.gz")),
        ("jsPsych JSON", ("*.json",)),
    )


def _other_module(path: Path) -> str | None:
    """Return the module that reads a file that is not a table, by the file's name."""
    name = path.name.lower()
    return next((module for suffix, module in _MODULES.items() if name.endswith(suffix)), None)


def is_stream_file(path: Path) -> bool:
    """Return True if the file holds streams; their channels are mapped like columns.

    >>> is_stream_file(Path("a.xdf")), is_stream_file(Path("a.csv"))
    (True, False)
    """
    return _other_module(path) == "xdf"


def _read_table(path: Path, reading: ReadingSettings) -> Recording:
    form = layout(path)
    if csv.is_own(form):
        return csv.read_own(path)
    check_samples(form)
    for known, read in ((pupil.is_pupil, pupil.read), (tobii.is_tobii, tobii.read)):
        if known(form):
            _check_said(path, reading)
            return read(path, reading)
    return _read_known(form, reading)


def _read_known(form: TableLayout, reading: ReadingSettings) -> Recording:
    found = known_table(form)
    if found is None:
        proposal = proposed(form)
        if not is_sample_time(proposal.found.get("time", "")):
            check_samples(form, likely=True)
        raise NeedsMapping(form.path, proposal)
    said = {"unit": reading.unit, "origin": reading.origin}
    mapping = found.mapping.replace(**{name: value for name, value in said.items() if value != "auto"})
    recording = csv.read(form.path, mapping, reading)
    return replace(recording, screen_m=found.screen_m, distance_m=found.distance_m)


def proposal_of(path: Path, reading: ReadingSettings | None = None) -> ColumnProposal:
    """Guess the meaning of a table's columns, or of the channels of a stream in an XDF file.

    Raises:
        OSError: if the file cannot be read.
        NeedsChoice: if there are several streams and none is chosen; it is a `ValueError`.
        ValueError: if the file is empty, broken or not text.
        ImportError: if an XDF file needs an extra that is not installed.
    """
    if is_stream_file(path):
        found: ColumnProposal = import_module(f"{__name__}.xdf").propose_channels(path, reading)
        return found
    return propose(path)


def _check_said(path: Path, reading: ReadingSettings) -> None:
    """Refuse a unit or an origin for a file that says its own."""
    for name in ("unit", "origin"):
        if getattr(reading, name) != "auto":
            raise ValueError(f"{path.name} already states its {name}: leave {name} out")


def read_recording(
    path: Path, mapping: ColumnMapping | None = None, reading: ReadingSettings | None = None
) -> Recording:
    """Read a recording from a file of any known kind, recognised by its name and columns.

    Args:
        path: path of the file.
        mapping: meaning of the columns; forces the file to be read as a plain table, or as the channels of a
            stream if it is an XDF file.
        reading: the recording to read, and facts that the file lacks.

    Raises:
        OSError: if the file cannot be read.
        NeedsMapping: for a table of an unknown kind, with a proposal; it is a `ValueError`.
        NeedsChoice: if there are several recordings and none is chosen; it is a `ValueError`.
        ValueError: if the file is broken, with the line and the column if known.
        ImportError: if a format needs an extra that is not installed.
        Interrupted: within `interruptible`, if interrupted.
    """
    # overflow is refused with a message instead of a warning
    with (
        np.errstate(over="ignore", invalid="ignore"),
        reader_errors(path, passing=(NeedsMapping, NeedsChoice)),
    ):
        return _read(path, mapping, reading or ReadingSettings())


def _read(path: Path, mapping: ColumnMapping | None, reading: ReadingSettings) -> Recording:
    module = _other_module(path)
    if module == "xdf":
        recording: Recording = import_module(f"{__name__}.{module}").read(path, reading, mapping)
        return recording
    if mapping is not None:
        return csv.read(path, mapping, reading)
    if module is not None:
        _check_said(path, reading)
        other: Recording = import_module(f"{__name__}.{module}").read(path, reading)
        return other
    if bids.is_bids(path):
        return bids.read(path, reading)
    return _read_table(path, reading)
