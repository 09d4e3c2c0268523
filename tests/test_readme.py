"""The README's own examples run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
LINKED = re.findall(r"\]\((?!http|#)([^)]+)\)", TEXT)
HEADINGS = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL), re.MULTILINE)


def test_there_are_examples() -> None:
    assert PROGRAMS


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_an_example_runs(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(program, "README.md", "exec"), {})


def test_what_is_linked_is_there() -> None:
    assert LINKED
    assert [path for path in LINKED if not (ROOT / path).exists()] == []
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADINGS}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors


def test_every_picture_of_the_tour_is_shown() -> None:
    taken = {path.relative_to(ROOT).as_posix() for path in (ROOT / "resources" / "tour").iterdir()}
    assert taken == {path for path in LINKED if path.startswith("resources/tour/")}
