"""Where things live: which way imports point, and how large a folder and a module may grow."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "foveaview"
FEATURES = {path.name for path in (PACKAGE / "app").iterdir() if path.is_dir()} - {"core", "widgets"}
MOST_MODULES = 20

# The features still reach their neighbours through the window: these modules import it for its type. A module
# leaves this list when it takes what it needs as arguments; none may join it.
_OF_THE_WINDOW = {
    "app.file_actions",
    "app.gaze.controller",
    "app.gaze.publisher",
    "app.geometry.controller",
    "app.inspection.breakdown_controller",
    "app.inspection.controller",
    "app.rate.controller",
    "app.recordings.controller",
    "app.recordings.placement",
    "app.recordings.scanpath",
    "app.run.preset_controller",
    "app.shell.menus",
    "app.shell.notifications",
    "app.shell.screenshot",
    "app.showing",
    "app.steering",
    "app.streams.controller",
    "app.validation.controller",
}


def _modules() -> dict[str, Path]:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module is not None:
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            yield whole if whole.removeprefix("foveaview.") in MODULES else node.module


def _imports() -> dict[str, set[str]]:
    """What each module imports, inside functions and for types too."""
    graph = {}
    for module, path in MODULES.items():
        named = {name for node in ast.walk(ast.parse(path.read_text())) for name in _named(node)}
        own = {name.removeprefix("foveaview.") for name in named if name.startswith("foveaview.")}
        graph[module] = own & MODULES.keys() - {module}
    return graph


IMPORTS = _imports()


def test_imports_but_for_the_window_have_no_circle() -> None:
    graph = {module: targets - {"app.main_window"} for module, targets in IMPORTS.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def test_imports_of_the_window_do_not_grow() -> None:
    users = {module for module, targets in IMPORTS.items() if "app.main_window" in targets}
    assert users - {"app.main"} == _OF_THE_WINDOW


def _of(folder: str) -> set[str]:
    """What the modules of a folder of the window import of the window."""
    found = (targets for module, targets in IMPORTS.items() if module.startswith(folder))
    return {target for targets in found for target in targets if target.startswith("app.")}


def test_imports_of_widgets_know_no_feature() -> None:
    assert {target for target in _of("app.widgets.") if not target.startswith("app.widgets")} == set()


def test_imports_of_the_core_know_no_feature_but_its_requests() -> None:
    features = {target for target in _of("app.core.") if target.split(".")[1] in FEATURES}
    assert features == {"app.export.requests", "app.inspection.requests"}


def test_imports_of_the_library_know_no_window() -> None:
    users = {module for module, found in IMPORTS.items() if any(target.startswith("app") for target in found)}
    assert {module for module in users if not module.startswith("app")} == {"cli.view"}


def test_folder_holds_few_modules() -> None:
    counts = Counter(path.parent for path in MODULES.values() if path.name != "__init__.py")
    assert {str(folder): count for folder, count in counts.items() if count > MOST_MODULES} == {}
