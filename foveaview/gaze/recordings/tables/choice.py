"""Error for a file that needs a choice: one of its recordings, one of its streams, or an origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Choice", "NeedsChoice"]

_LONGEST_NAME, _LONGEST_LIST = 80, 400  # characters


@dataclass(frozen=True)
class Choice:
    """One of the choices.

    Attributes:
        value: value that selects it.
        facts: facts about it, in words.
    """

    value: str
    facts: str = ""

    def __str__(self) -> str:
        name = repr(_cut(self.value))
        return f"{name} ({_cut(self.facts)})" if self.facts else name


def _cut(text: str) -> str:
    """Shorten a text for a list on one line; names in files may be of any length."""
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}..."


def _listed(choices: Sequence[Choice]) -> str:
    """List the first choices, as many as fit on one line, and count the rest."""
    shown: list[str] = []
    for choice in choices:
        if shown and sum(map(len, shown)) + len(str(choice)) > _LONGEST_LIST:
            break
        shown.append(str(choice))
    left = len(choices) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")


class NeedsChoice(ValueError):  # noqa: N818 - no error: a question
    """A file needs a choice, made by a field of `ReadingSettings`.

    Attributes:
        path: path of the file.
        setting: name of the field.
        choices: available choices.
        what: reason for the choice, as a sentence about the file.

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
        super().__init__(f"{path.name} {what}: {_listed(choices)}: choose one of them as {setting}")
        self.path, self.setting, self.choices, self.what = path, setting, tuple(choices), what
