"""The two eyes of a BIDS recording, each in a file of its own.

Source: Brain Imaging Data Structure 1.11, "Physiological recordings", "Eye-tracking". Files differ in their
`recording-<label>`; eye1, eye2 and eye3 are recommended. RecordedEye says which eye a file holds: left, right
or cyclopean, which is both eyes as the tracker merged them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from foveaview.gaze.binocular import merged_recordings
from foveaview.gaze.recording import Event, Recording
from foveaview.gaze.recordings.bids_metadata import Sidecars

__all__ = ["OneEye", "merge_second_eye"]

_LABEL = re.compile(r"_recording-([0-9a-zA-Z]+)(?=_)")
_OTHER = {"left": "right", "right": "left", "eye1": "eye2", "eye2": "eye1"}
_BROKEN = (OSError, ValueError, ArithmeticError, RecursionError)


@dataclass(frozen=True)
class OneEye:
    """Recording of one eye, read from one file.

    Attributes:
        recording: gaze of the eye.
        start_s: StartTime of the file, in seconds.
        first_s: first timestamp on the tracker's own clock, in seconds; NaN if there are no timestamps.
    """

    recording: Recording
    start_s: float
    first_s: float


Read = Callable[[Path, Mapping[str, Any]], OneEye]


def _label(path: Path) -> str:
    found = _LABEL.search(path.name)
    return found.group(1).lower() if found else ""


def _eye(path: Path, about: Mapping[str, Any]) -> str:
    """Return the eye of a file: left, right or cyclopean, else the label of its name."""
    eye = str(about.get("RecordedEye", "")).lower()
    return eye if eye in ("left", "right", "cyclopean") else _label(path)


def _beside(path: Path) -> list[Path]:
    """List the files with names that differ from this one only in the label."""
    stem = _LABEL.sub("", path.name.removesuffix(".gz"))
    return [
        file
        for file in sorted(path.parent.iterdir())
        if _label(file) not in ("", _label(path)) and _LABEL.sub("", file.name.removesuffix(".gz")) == stem
    ]


def _is_other(path: Path, eye: str, file: Path, about: Mapping[str, Any]) -> bool:
    """Return True if a file holds the other eye, by RecordedEye, or by its name if that does not decide."""
    told = _eye(file, about)
    if told in (eye, "cyclopean") or told == _OTHER[eye]:
        return told == _OTHER[eye]
    return _is_hoped(path, file)


def _is_hoped(path: Path, file: Path) -> bool:
    """Return True if the name is that of the other eye."""
    return _label(file) == _OTHER.get(_label(path))


def _found(path: Path, eye: str) -> tuple[Path, Mapping[str, Any]] | None:
    """Find the file of the other eye and its metadata; return None if there is none.

    Raises:
        OSError: if the JSON of the file named like the other eye cannot be read.
        ValueError: if that JSON is broken, or says that the file holds the same eye.
    """
    if eye not in _OTHER:
        return None
    sidecars = Sidecars(path)
    for file in _beside(path):
        try:
            about = sidecars.of(file)
        except _BROKEN:
            if _is_hoped(path, file):
                raise
            continue
        if _is_other(path, eye, file, about):
            return file, about
        if _is_hoped(path, file) and _eye(file, about) == eye:
            raise ValueError(f"{file.name} is also of the {eye} eye")
    return None


def _moved(first: OneEye, second: OneEye) -> OneEye:
    """Shift the second eye to the clock of the first.

    Different StartTimes are trusted first, timestamps next if the eyes would not overlap. If the StartTimes
    are equal, the timestamps count, because one tracker stamps both eyes and many programs write 0 whenever
    an eye begins. Equal StartTimes are trusted only if there are no timestamps.

    Raises:
        ValueError: if the eyes were not recorded at the same time.
    """
    stamps = (second.first_s - second.start_s) - (first.first_s - first.start_s)
    same, stamped = first.start_s == second.start_s, not math.isnan(stamps)
    shifts = [stamps] if same and stamped else [0.0, stamps]
    one, other = first.recording.t, second.recording.t
    for shift in shifts:  # comparisons with NaN are false
        if other[0] + shift <= one[-1] and one[0] <= other[-1] + shift:
            events = tuple(replace(event, t=event.t + shift) for event in second.recording.events)
            return replace(second, recording=replace(second.recording, t=other + shift, events=events))
    raise ValueError(f"{second.recording.name} was not recorded at the same time")


def _check_alike(first: Recording, second: Recording) -> None:
    for what, one, other in (
        ("unit is", first.unit, second.unit),
        ("screen is", first.screen, second.screen),
        ("screen's size in metres is", first.screen_m, second.screen_m),
        ("distance from the screen in metres is", first.distance_m, second.distance_m),
        ("scene camera is", first.scene_camera, second.scene_camera),
    ):
        if one != other and None not in (one, other):
            raise ValueError(f"{second.name}: its {what} {other}, but that of {first.name} is {one}")


def _merged(first: OneEye, second: OneEye) -> Recording:
    """Merge two eyes into the first recording, with the gaze and the events of both."""
    _check_alike(first.recording, second.recording)
    second = _moved(first, second)
    t, x, y = merged_recordings(first.recording, second.recording)
    happened: set[Event] = {*first.recording.events, *second.recording.events}
    events = tuple(sorted(happened, key=lambda event: (event.t, event.text)))
    return replace(first.recording, t=t, x=x, y=y, valid=None, events=events)


def _named(eye: str) -> str:
    return f"the {eye} eye" if eye in ("left", "right") else eye


def _alone(eye: str) -> list[str]:
    if eye == "cyclopean":
        return ["of both eyes, as the tracker merged them (cyclopean)"]
    return [f"of {_named(eye)}"] if eye in ("left", "right") else []


def merge_second_eye(path: Path, about: Mapping[str, Any], read: Read) -> Recording:
    """Read the eye in a file, and merge the other eye if its file lies beside it.

    Args:
        path: path of the file.
        about: metadata of the file.
        read: function that reads one eye.

    Raises:
        OSError: if the file itself cannot be read.
        ValueError: if the file is broken. Problems of the other eye's file are only noted.
    """
    first, eye = read(path, about), _eye(path, about)
    own = first.recording
    try:
        found = _found(path, eye)
        if found is None:
            return replace(own, notes=(*_alone(eye), *own.notes))
        second = read(*found)
        merged = _merged(first, second)
    except _BROKEN as error:
        return replace(own, notes=(*_alone(eye), f"the other eye was left out: {error}", *own.notes))
    other = _named(_eye(*found))
    told = [f"{other}: {note}" for note in second.recording.notes if note not in own.notes]
    both = f"of {_named(eye)} and of {other} ({found[0].name}): the mean if both were seen"
    return replace(merged, notes=(both, *own.notes, *told), others=(found[0],))
