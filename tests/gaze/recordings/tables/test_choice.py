"""The question which of several recordings is read."""

from __future__ import annotations

from pathlib import Path

from foveaview.gaze.recordings.tables.choice import Choice, NeedsChoice


def test_question_names_of_any_length_is_short() -> None:
    choices = [Choice(9000 * str(number % 10), 9000 * "f") for number in range(30)]
    text = str(NeedsChoice(Path("a.tsv"), "recording", choices, "holds 30 recordings"))
    assert len(text) < 600
    assert text.startswith("a.tsv holds 30 recordings: '0000")
    assert "and 28 more: choose one of them" in text


def test_question_few_short_names_are_all_said() -> None:
    choices = [Choice(str(number)) for number in range(12)]
    assert "'0', '1'" in str(NeedsChoice(Path("a.tsv"), "recording", choices, "holds 12"))
    assert "more" not in str(NeedsChoice(Path("a.tsv"), "recording", choices, "holds 12"))
