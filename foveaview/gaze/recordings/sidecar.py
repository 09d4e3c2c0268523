"""The JSON files that say what a file of BIDS holds: beside it, and in the folders above."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foveaview.gaze.recordings.json_values import parsed
from foveaview.io.untrusted import UnreadableError, read_file
from foveaview.perception.interruption import check_interruption

__all__ = ["Sidecars", "described", "names_of", "number_of", "said_of", "sides_of", "suffix_of"]

_MOST_FOLDERS = 5
_LARGEST_BYTES = 10_000_000


def suffix_of(path: Path) -> str:
    """The last part of a name, which says what is in the file.

    >>> suffix_of(Path("sub-01_task-look_recording-eye1_physio.tsv.gz"))
    'physio'
    """
    return path.name.partition(".")[0].rpartition("_")[2]


def _entities(path: Path) -> set[str]:
    return set(path.name.partition(".")[0].split("_")[:-1])


def _folders(path: Path) -> list[Path]:
    """From the dataset's own down to the file's."""
    found = []
    for folder in list(path.absolute().parents)[:_MOST_FOLDERS]:
        found.append(folder)
        if (folder / "dataset_description.json").is_file():
            return found[::-1]
    return [path.absolute().parent]  # no dataset: whatever lies above has nothing to do with it


def _object(path: Path) -> Mapping[str, Any]:
    try:
        found = parsed(read_file(path, _LARGEST_BYTES).decode("utf-8-sig"))
    except UnreadableError:
        raise
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is no JSON in UTF-8") from error
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} holds no object")
    return found


class Sidecars:
    """The JSON files that may hold for files of one folder: listed once, as it may hold many.

    Args:
        path: of one of the files.
        suffix: of the files that are described, None for that of the path.
    """

    def __init__(self, path: Path, suffix: str | None = None) -> None:
        wanted = suffix or suffix_of(path)
        self._listed: list[tuple[set[str], Path]] = []  # from what counts least
        for folder in _folders(path):
            check_interruption()
            there = [file for file in folder.glob(f"*{wanted}.json") if suffix_of(file) == wanted]
            self._listed += sorted(
                ((_entities(file), file) for file in there), key=lambda listed: len(listed[0])
            )

    def of(self, path: Path) -> dict[str, Any]:
        """What is said of a file by all that hold for it, the nearest counting most.

        Raises:
            ValueError: for a JSON file that is none.
        """
        check_interruption()
        entities = _entities(path)
        said: dict[str, Any] = {}
        for file in [file for named, file in self._listed if named <= entities]:
            said |= _object(file)
        return said


def described(path: Path, suffix: str | None = None) -> dict[str, Any]:
    """What is said of a file by all JSON files that hold for it, the nearest counting most.

    Args:
        path: of the file.
        suffix: of other files of the same recording, None for its own.

    Raises:
        ValueError: for a JSON file that is none.
    """
    return Sidecars(path, suffix).of(path)


def names_of(about: Mapping[str, Any], path: Path) -> list[str]:
    """Names of the columns of a file; raises `ValueError` where there is no list of them."""
    names = about.get("Columns")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path.name}: no list of Columns in the JSON beside it")
    return names


def said_of(about: Mapping[str, Any], name: str, key: str) -> str:
    """What is said of a column; empty where nothing is.

    >>> said_of({"timestamp": {"Units": "ms"}}, "timestamp", "Units")
    'ms'
    """
    column = about.get(name)
    return str(column.get(key, "")).strip() if isinstance(column, Mapping) else ""


def number_of(about: Mapping[str, Any], key: str) -> float | None:
    """A finite number; None where there is none.

    >>> number_of({"StartTime": -0.5}, "StartTime")
    -0.5
    """
    value = about.get(key)
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if numeric and value is not None and math.isfinite(value) else None


def sides_of(about: Mapping[str, Any], key: str) -> tuple[float, float] | None:
    """Two numbers over 0; None where there are none.

    >>> sides_of({"ScreenResolution": [1920, 1080]}, "ScreenResolution")
    (1920.0, 1080.0)
    """
    value = about.get(key)
    if not isinstance(value, list) or len(value) != 2:
        return None
    sides = tuple(float(side) for side in value if isinstance(side, (int, float)) and 0 < side < math.inf)
    return (sides[0], sides[1]) if len(sides) == 2 else None
