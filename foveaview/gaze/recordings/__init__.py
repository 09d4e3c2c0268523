"""Recordings of gaze out of the files of eye trackers. Imports no Qt."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np

from foveaview.gaze.recording import Recording
from foveaview.gaze.recordings import bids, csv, pupil, tobii
from foveaview.gaze.recordings.csv import write as write_recording
from foveaview.gaze.recordings.layout import layout
from foveaview.gaze.recordings.mapping import ColumnMapping
from foveaview.gaze.recordings.proposal import NeedsMapping, Proposal, propose
from foveaview.io.untrusted import reader_errors

__all__ = [
    "ColumnMapping",
    "NeedsMapping",
    "Proposal",
    "kinds",
    "propose",
    "read_recording",
    "write_recording",
]

_TABLES = ("*.csv", "*.tsv", "*.txt", "*.csv.gz", "*.tsv.gz")
_MODULES = {".asc": "eyelink", ".asc.gz": "eyelink", ".xdf": "xdf", ".xdfz": "xdf", ".xdf.gz": "xdf"}


def kinds() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What can be read, for a dialog of files: a name and patterns, the first being all.

    >>> kinds()[0][0]
    'Recordings of gaze'
    """
    others = tuple(f"*{suffix}" for suffix in _MODULES)
    return (
        ("Recordings of gaze", (*_TABLES, *others)),
        ("BIDS eye tracking", ("*_physio.tsv.gz", "*_physio.tsv", "*_eyetrack.tsv.gz", "*_eyetrack.tsv")),
        ("Pupil Labs, Tobii and other tables", _TABLES),
        ("EyeLink ASC", ("*.asc", "*.asc.gz")),
        ("Lab Streaming Layer XDF", ("*.xdf", "*.xdfz", "*.xdf.gz")),
    )


def _read_other(path: Path) -> Recording | None:
    """By a module of its own, which is loaded only then."""
    for suffix, module in _MODULES.items():
        if path.name.lower().endswith(suffix):
            return import_module(f"{__name__}.{module}").read(path)
    return None


def _read_table(path: Path) -> Recording:
    form = layout(path)
    for known, read in (
        (csv.is_own, csv.read_own),
        (pupil.is_pupil, pupil.read),
        (tobii.is_tobii, tobii.read),
    ):
        if known(form):
            return read(path)
    raise NeedsMapping(path, propose(path))


def read_recording(path: Path, mapping: ColumnMapping | None = None) -> Recording:
    """A recording of a file of any kind that is known, told by its name and its columns.

    Args:
        path: of the file.
        mapping: what its columns are; it is then read as a plain table whatever it looks like.

    Raises:
        OSError: where the file cannot be read.
        NeedsMapping: for a table of an unknown kind, with a proposal; it is a `ValueError`.
        ValueError: for what is broken, with the line and the column where that is known.
        ImportError: where a format needs an extra that is not installed.
        Interrupted: where it was asked to.
    """
    # what is too large is refused in words
    with np.errstate(over="ignore", invalid="ignore"), reader_errors(path, passing=(NeedsMapping,)):
        return _read(path, mapping)


def _read(path: Path, mapping: ColumnMapping | None) -> Recording:
    if mapping is not None:
        return csv.read(path, mapping)
    other = _read_other(path)
    if other is not None:
        return other
    return bids.read(path) if bids.is_bids(path) else _read_table(path)
