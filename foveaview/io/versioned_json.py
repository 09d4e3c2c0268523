"""JSON files of foveaview, with a format and a version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foveaview.io.untrusted import UnreadableError, file_label, one_line, parse_json, read_file, reader_errors

__all__ = ["NewerVersionError", "read_versioned"]

_LARGEST_BYTES = 20_000_000


class NewerVersionError(UnreadableError):
    """A newer program wrote the file: it is intact and must not be overwritten."""


def read_versioned(path: Path, kind: str, version: int) -> dict[str, Any]:
    """Read a JSON file with "format" and "version"; return its content without those two.

    Args:
        path: path of the file.
        kind: expected format.
        version: newest known version.

    Raises:
        OSError: if it cannot be read.
        NewerVersionError: if it is of a newer version.
        UnreadableError: if it is damaged, larger than 20 MB, or of another format.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.json"
    ...     _ = path.write_text('{"format": "colours", "version": 1, "red": 3}')
    ...     read_versioned(path, "colours", version=1)
    {'red': 3}
    """
    raw, label = read_file(path, _LARGEST_BYTES), file_label(path)
    with reader_errors(path, f"damaged, or no {kind}"):
        content = parse_json(raw)
    if not isinstance(content, dict) or content.pop("format", None) != kind:
        raise UnreadableError(f"{label}: this is no {kind}")
    found = content.pop("version", None)
    if type(found) is not int or found < 1:
        raise UnreadableError(f"{label}: damaged (its version is {one_line(repr(found), 40)})")
    if found > version:
        raise NewerVersionError(
            f"{label}: written by a newer foveaview (version {str(found)[:12]} of the {kind}; this one "
            f"reads up to {version}): open it with that one"
        )
    return content
