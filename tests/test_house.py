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
MOST_MODULES, MOST_LINES = 20, 350


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


def test_imports_have_no_circle() -> None:
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def test_imports_only_main_knows_the_window() -> None:
    assert {module for module, targets in IMPORTS.items() if "app.main_window" in targets} == {"app.main"}


def _features_of(module: str) -> set[str]:
    """The features, or what is inside of them, that a module of the window imports."""
    return {target for target in IMPORTS[module] if target.split(".")[0] == "app" and target.count(".")} & {
        name for name in MODULES if name.split(".")[1:2] and name.split(".")[1] in FEATURES
    }


@pytest.mark.parametrize("folder", ["app.core.", "app.widgets."])
def test_imports_of_core_and_widgets_know_no_feature(folder: str) -> None:
    assert {m: found for m in MODULES if m.startswith(folder) and (found := _features_of(m))} == {}


def test_imports_of_widgets_know_no_core() -> None:
    widgets = [module for module in MODULES if module.startswith("app.widgets.")]
    assert {
        target for module in widgets for target in IMPORTS[module] if target.startswith("app.core")
    } == set()


def test_imports_of_a_feature_know_no_inside_of_another() -> None:
    """A feature may name what another offers in its `__init__`; nothing else of it."""
    wrong = {}
    for module in MODULES:
        feature = module.split(".")[1] if module.startswith("app.") else ""
        inside = {target for target in _features_of(module) if target.count(".") > 1}
        foreign = {target for target in inside if target.split(".")[1] != feature}
        if feature in FEATURES and foreign:
            wrong[module] = foreign
    assert wrong == {}


def test_imports_of_the_library_know_no_window() -> None:
    users = {module for module, found in IMPORTS.items() if any(target.startswith("app") for target in found)}
    assert {module for module in users if not module.startswith("app")} == {"cli.view"}


def test_folder_holds_few_modules() -> None:
    counts = Counter(path.parent for path in MODULES.values() if path.name != "__init__.py")
    assert {str(folder): count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_module_is_short() -> None:
    lines = {module: len(path.read_text().splitlines()) for module, path in MODULES.items()}
    assert {module: count for module, count in lines.items() if count > MOST_LINES} == {}
