"""What will be written, looked at before the work."""

from __future__ import annotations

from pathlib import Path

__all__ = ["spare"]


def spare(inputs: list[Path | None], outputs: list[Path]) -> None:
    """Refuse to write over what is read."""
    for output in outputs:
        if any(path is not None and output.exists() and output.samefile(path) for path in inputs):
            raise ValueError(f"{output} is read and would be written over: write somewhere else")
