"""JSON files of our own: format and version are checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foveaview.io.untrusted import UnreadableError
from foveaview.io.versioned_json import NewerVersionError, read_versioned


def read(tmp_path: Path, content: Any) -> dict[str, Any]:
    path = tmp_path / "a.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_versioned(path, "colours", version=2)


def test_read_versioned_known_version_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, {"format": "colours", "version": 1, "red": 3}) == {"red": 3}


@pytest.mark.parametrize("version", [3, 10**400])
def test_read_versioned_newer_version_says_so(tmp_path: Path, version: int) -> None:
    with pytest.raises(NewerVersionError, match="newer foveaview"):
        read(tmp_path, {"format": "colours", "version": version})


VERSIONS: list[Any] = [None, "1", 1.0, True, 0, -1, 900 * "x", []]
CONTENTS: list[Any] = ["", "{", "[" * 100_000, [], 3, {}, {"format": "tastes", "version": 1}]


@pytest.mark.parametrize("content", [*CONTENTS, *({"format": "colours", "version": one} for one in VERSIONS)])
def test_read_versioned_other_content_is_refused_in_one_line(tmp_path: Path, content: Any) -> None:
    with pytest.raises(UnreadableError, match=r"a\.json: ") as raised:
        read(tmp_path, content)
    assert not isinstance(raised.value, NewerVersionError)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 600
