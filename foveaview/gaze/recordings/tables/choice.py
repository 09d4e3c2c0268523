"""A file that leaves something open: one of its recordings or streams, or an origin, must be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Choice", "NeedsChoice"]

_MOST_LISTED = 10


@dataclass(frozen=True)
class Choice:
    """One that can be chosen.

    Attributes:
        value: by which it is chosen.
        facts: about it, in words.
    """

    value: str
    facts: str = ""

    def __str__(self) -> str:
        return f"{self.value!r} ({self.facts})" if self.facts else repr(self.value)


class NeedsChoice(ValueError):  # noqa: N818 - no error: a question
    """A file of which one of several must be chosen, by a field of `ReadingSettings`.

    Attributes:
        path: of the file.
        setting: name of the field.
        choices: what there is to choose from.
        what: why a choice is needed, as a sentence about the file.

    >>> choices = [Choice("1", "Gaze, 60 Hz"), Choice("2")]
    >>> print(NeedsChoice(Path("a.xdf"), "stream", choices, "holds 2 streams"))
    a.xdf holds 2 streams: '1' (Gaze, 60 Hz), '2': choose one of them as stream
    """

    def __init__(
        self,
        path: Path,
        setting: Literal["recording", "stream", "origin"],
        choices: Sequence[Choice],
        what: str,
    ) -> None:
        listed = ", ".join(map(str, choices[:_MOST_LISTED]))
        more = f" and {len(choices) - _MOST_LISTED} more" if len(choices) > _MOST_LISTED else ""
        super().__init__(f"{path.name} {what}: {listed}{more}: choose one of them as {setting}")
        self.path, self.setting, self.choices, self.what = path, setting, tuple(choices), what
