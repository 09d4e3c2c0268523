"""Where the files are that come with foveaview."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

__all__ = ["resource"]


def resource(name: str) -> Path:
    """Path of a file in `resources/`, in a checkout and in an installed wheel.

    >>> resource("colormaps/cividis.csv").exists()
    True
    """
    inside = Path(str(resources.files("foveaview"))) / "resources"
    folder = inside if inside.is_dir() else inside.parent.parent / "resources"
    return folder / name
