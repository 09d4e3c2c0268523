"""Named presets: settings of loss, search and objective that the user keeps, in one JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from foveaview.files import replacing
from foveaview.io.shared_file import SharedFile
from foveaview.io.untrusted import reader_errors
from foveaview.io.versioned_json import read_versioned
from foveaview.settings import (
    LossSettings,
    ObjectiveSettings,
    Settings,
    SynthesisSettings,
    saved_synthesis_settings,
)

__all__ = ["Preset", "check_name", "read_presets", "shared_presets", "write_presets"]

FORMAT = "foveaview presets"
VERSION = 1
_LONGEST_NAME = 60


class Preset(Settings):
    """Settings that the user named.

    >>> Preset(loss_settings=LossSettings(alpha=0.3)).groups["loss_settings"]["alpha"]
    0.3
    """

    loss_settings: LossSettings = Field(default_factory=LossSettings)
    settings: Annotated[SynthesisSettings, BeforeValidator(saved_synthesis_settings)] = Field(
        default_factory=SynthesisSettings
    )
    objective: ObjectiveSettings = Field(default_factory=ObjectiveSettings)

    @property
    def groups(self) -> dict[str, dict[str, Any]]:
        """The values of each group by name."""
        return self.model_dump()


def check_name(name: str) -> str:
    """Return the name without surrounding spaces; raise `ValueError` if it is invalid.

    >>> check_name("  pilot 1 ")
    'pilot 1'
    """
    name = name.strip()
    if not name:
        raise ValueError("a preset needs a name")
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"a preset's name has at most {_LONGEST_NAME} characters, got {len(name)}")
    if not name.isprintable():
        raise ValueError("a preset's name is one line of printable characters")
    return name


def read_presets(path: Path) -> dict[str, Preset]:
    """Read the presets of a file by name, in their order; return an empty dictionary if there is no file.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is damaged, of another program, or of a newer version; the place is named.
    """
    try:
        content = read_versioned(path, FORMAT, VERSION)
    except FileNotFoundError:
        return {}
    with reader_errors(path, "damaged"):
        return {check_name(name): Preset(**values) for name, values in content["presets"].items()}


def shared_presets(path: Path) -> SharedFile[dict[str, Preset]]:
    """Return the user's presets, which several windows may change."""
    return SharedFile(path, "presets", read_presets, write_presets, {})


def write_presets(path: Path, presets: Mapping[str, Preset]) -> None:
    """Write presets beside `path` and move them over; raises `OSError` if that fails.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_presets(Path(folder) / "presets.json", {"near": Preset()})
    ...     read_presets(Path(folder) / "presets.json") == {"near": Preset()}
    True
    """
    listed = {name: preset.groups for name, preset in presets.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        text = json.dumps({"format": FORMAT, "version": VERSION, "presets": listed}, indent=1)
        part.write_text(text, encoding="utf-8")
