"""The README, the guide and the other documents: their examples run, and what they name exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from foveaview.provenance import versions

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
GUIDE = sorted((ROOT / "resources" / "guide").glob("*.md"))
MAP = ROOT / "foveaview" / "ARCHITECTURE.md"
DOCUMENTS = [README, *GUIDE, MAP, ROOT / ".github" / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
LONGEST = 120


def name_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def programs_of(document: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)


def prose_of(document: Path) -> str:
    return re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)


def links_of(document: Path) -> list[tuple[Path, str]]:
    """The files that a document links or shows, and the anchors in them."""
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", prose_of(document))
    return [((document.parent / path).resolve() if path else document, anchor) for path, anchor in links]


def anchors_of(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", prose_of(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


PROGRAMS = [
    pytest.param(document, program, id=f"{document.stem}-{number}")
    for document in (README, *GUIDE)
    for number, program in enumerate(programs_of(document))
]


def test_readme_and_guide_have_examples() -> None:
    documented = {name_of(document) for document in (README, *GUIDE) if programs_of(document)}
    assert documented >= {"README.md", "resources/guide/library.md", "resources/guide/objective.md"}


@pytest.mark.slow
@pytest.mark.parametrize(("document", "program"), PROGRAMS)
def test_example_runs(document: Path, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(program, name_of(document), "exec"), {})


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_point_to_files_and_headings(document: Path) -> None:
    links = links_of(document)
    assert [str(path) for path, _ in links if not path.exists()] == []
    assert [(path.name, anchor) for path, anchor in links if anchor and anchor not in anchors_of(path)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_lines_are_short(document: Path) -> None:
    lines = document.read_text(encoding="utf-8").splitlines()
    free = ("|", "![")  # tables and pictures
    assert [line for line in lines if len(line) > LONGEST and not line.startswith(free)] == []


def test_readme_links_every_page_of_the_guide() -> None:
    assert {path for path, _ in links_of(README)} >= set(GUIDE)


def test_every_picture_of_the_tour_is_shown() -> None:
    tour = ROOT / "resources" / "tour"
    shown = {path for document in (README, *GUIDE) for path, _ in links_of(document)}
    assert set(tour.iterdir()) == {path for path in shown if path.parent == tour}


def test_map_names_files_that_exist() -> None:
    named = re.findall(r"`([\w./]+(?:\.py|/[\w.]+))`", prose_of(MAP))
    assert named
    assert [path for path in named if not (ROOT / path).exists() and not (MAP.parent / path).exists()] == []


def test_map_names_code_that_exists() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in MAP.parent.rglob("*.py"))
    quoted = re.findall(r"`([A-Za-z_][\w.]*)(?:\(.*?\))?`", prose_of(MAP))
    names = {part for name in quoted if not name.endswith(".py") for part in name.split(".")}
    packages = {path.name for path in MAP.parent.rglob("*") if path.is_dir()}
    known = set(re.findall(r"\w+", code)) | packages
    assert {"ImageView", "LossSettings", "alpha"} <= names
    assert sorted(names - known) == []


def test_version_is_the_same_in_package_and_citation() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (\S+)$", citation, re.MULTILINE) == [project["version"]]
    assert re.findall(r"^title: (\S+)$", citation, re.MULTILINE) == [project["name"]]
    assert re.findall(r"^license: (\S+)$", citation, re.MULTILINE) == [project["license"]]
    assert versions()["foveaview"] == project["version"]
