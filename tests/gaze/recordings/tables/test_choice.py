"""Tests of the choice among several recordings."""

from __future__ import annotations

from pathlib import Path

from foveaview.gaze.recordings.tables.choice import Choice, NeedsChoice


def test_needs_choice_long_names_are_shortened() -> None:
    choices = [Choice(9000 * str(number % 10), 9000 * "f") for number in range(30)]
    text = str(NeedsChoice(Path("a.tsv"), "recording", choices, "holds 30 recordings"))
    assert len(text) < 600
    assert text.startswith("a.tsv holds 30 recordings: '0000")
    assert "and 28 more: choose one of them" in text


def test_needs_choice_few_short_names_are_all_listed() -> None:
    choices = [Choice(str(number)) for number in range(12)]
    assert "'0', '1'" in str(NeedsChoice(Path("a.tsv"), "recording", choices, "holds 12"))
    assert "more" not in str(NeedsChoice(Path("a.tsv"), "recording", choices, "holds 12"))
