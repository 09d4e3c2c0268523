"""Metadata of a BIDS file: the JSON files beside it and in the folders above."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foveaview.gaze.recordings.json_values import parsed
from foveaview.io.untrusted import UnreadableError, read_file
from foveaview.perception.interruption import check_interruption

__all__ = [
    "Sidecars",
    "described",
    "first_number_of",
    "names_of",
    "number_of",
    "object_of",
    "said_of",
    "sides_of",
    "suffix_of",
    "text_of",
]

_MOST_FOLDERS = 5
_LARGEST_BYTES = 10_000_000


def suffix_of(path: Path) -> str:
    """Return the last part of a name, which says what the file holds.

    >>> suffix_of(Path("sub-01_task-look_recording-eye1_physio.tsv.gz"))
    'physio'
    """
    return path.name.partition(".")[0].rpartition("_")[2]


def _entities(path: Path) -> set[str]:
    return set(path.name.partition(".")[0].split("_")[:-1])


def _folders(path: Path) -> list[Path]:
    """List the folders from the root of the dataset down to that of the file."""
    found = []
    for folder in list(path.absolute().parents)[:_MOST_FOLDERS]:
        found.append(folder)
        if (folder / "dataset_description.json").is_file():
            return found[::-1]
    return [path.absolute().parent]  # no dataset: the folders above do not belong to it


def _object(path: Path) -> Mapping[str, Any]:
    try:
        found = parsed(read_file(path, _LARGEST_BYTES).decode("utf-8-sig"))
    except UnreadableError:
        raise
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not JSON in UTF-8") from error
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} does not hold an object")
    return found


class Sidecars:
    """JSON files that may apply to the files of one folder, listed once because a folder may hold many.

    Args:
        path: path of one of the files.
        suffix: suffix of the files that are described; None for that of the path.
    """

    def __init__(self, path: Path, suffix: str | None = None) -> None:
        wanted = suffix or suffix_of(path)
        self._listed: list[tuple[set[str], Path]] = []  # least specific first
        for folder in _folders(path):
            check_interruption()
            there = [file for file in folder.glob(f"*{wanted}.json") if suffix_of(file) == wanted]
            self._listed += sorted(
                ((_entities(file), file) for file in there), key=lambda listed: len(listed[0])
            )

    def of(self, path: Path) -> dict[str, Any]:
        """Merge the JSON files that apply to a file; the nearest one takes precedence.

        Raises:
            ValueError: if a file is not valid JSON.
        """
        check_interruption()
        entities = _entities(path)
        said: dict[str, Any] = {}
        for file in [file for named, file in self._listed if named <= entities]:
            said |= _object(file)
        return said


def described(path: Path, suffix: str | None = None) -> dict[str, Any]:
    """Merge all JSON files that apply to a file; the nearest one takes precedence.

    Args:
        path: path of the file.
        suffix: suffix of other files of the same recording; None for that of the file.

    Raises:
        ValueError: if a file is not valid JSON.
    """
    return Sidecars(path, suffix).of(path)


def names_of(about: Mapping[str, Any], path: Path) -> list[str]:
    """Return the names of a file's columns; raises `ValueError` if the metadata does not list them."""
    names = about.get("Columns")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path.name}: the JSON beside it does not list the Columns")
    return names


def _is_absent(value: Any) -> bool:
    """Return True if a value is one that BIDS writes for a missing value."""
    return value is None or (isinstance(value, str) and value.strip().lower() in ("", "n/a"))


def _wrong(key: str, value: Any, wanted: str) -> ValueError:
    return ValueError(f"{key} is {value!r:.60} in the JSON beside it: it must be {wanted}")


def object_of(about: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object of the metadata, empty if missing; raises `ValueError` for another type.

    >>> object_of({"StimulusPresentation": {"ScreenDistance": 0.6}}, "StimulusPresentation")
    {'ScreenDistance': 0.6}
    """
    value = about.get(key)
    if _is_absent(value):
        return {}
    if not isinstance(value, Mapping):
        raise _wrong(key, value, "an object")
    return value


def said_of(about: Mapping[str, Any], name: str, key: str) -> str:
    """Return a text about a column, empty if missing; raises `ValueError` for another type.

    >>> said_of({"timestamp": {"Units": "ms"}}, "timestamp", "Units")
    'ms'
    """
    column = object_of(about, name)
    return text_of({f"{name}.{key}": column.get(key)}, f"{name}.{key}")


def text_of(about: Mapping[str, Any], key: str) -> str:
    """Return a text, empty if missing; raises `ValueError` for another type.

    >>> text_of({"SampleCoordinateUnits": "pixel"}, "SampleCoordinateUnits")
    'pixel'
    """
    value = about.get(key)
    if _is_absent(value):
        return ""
    if not isinstance(value, str):
        raise _wrong(key, value, "text")
    return value.strip()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def number_of(about: Mapping[str, Any], key: str) -> float | None:
    """Return a finite number, None if missing; raises `ValueError` for another type.

    >>> number_of({"StartTime": -0.5}, "StartTime")
    -0.5
    """
    value = about.get(key)
    if _is_absent(value):
        return None
    if value is None or not _is_number(value):
        raise _wrong(key, value, "a number")
    return float(value)


def first_number_of(about: Mapping[str, Any], key: str) -> tuple[float | None, list[str]]:
    """Return a finite number, or the first of a list, and a note if the list holds more.

    Raises:
        ValueError: if the value is neither a finite number nor a list of them.

    >>> first_number_of({"StartTime": [12.5, 90.0]}, "StartTime")
    (12.5, ['StartTime is a list of 2: the first, 12.5, was used'])
    """
    value = about.get(key)
    if not isinstance(value, list):
        return number_of(about, key), []
    if not value or not all(map(_is_number, value)):
        raise _wrong(key, value, "a number or a list of them")
    note = f"{key} is a list of {len(value)}: the first, {value[0]:g}, was used"
    return float(value[0]), [note] if len(value) > 1 else []


def sides_of(about: Mapping[str, Any], key: str) -> tuple[float, float] | None:
    """Return two numbers over 0, None if missing; raises `ValueError` for any other value.

    >>> sides_of({"ScreenResolution": [1920, 1080]}, "ScreenResolution")
    (1920.0, 1080.0)
    """
    value = about.get(key)
    if _is_absent(value):
        return None
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(_is_number(one) and one > 0 for one in value)
    ):
        raise _wrong(key, value, "two numbers over 0")
    return float(value[0]), float(value[1])
