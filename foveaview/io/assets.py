"""Location of the files that ship with foveaview."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

__all__ = ["resource"]


def resource(name: str) -> Path:
    """Return the path of a file in `resources/`, in a checkout or in an installed wheel.

    >>> resource("colormaps/cividis.csv").exists()
    True
    """
    inside = Path(str(resources.files("foveaview"))) / "resources"
    folder = inside if inside.is_dir() else inside.parent.parent / "resources"
    return folder / name
