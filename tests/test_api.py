"""The public API, and what importing it does not bring in."""

from __future__ import annotations

import enum
import inspect
import pkgutil
import subprocess
import sys
from importlib import resources

import pytest

import foveaview


def test_the_public_api() -> None:
    assert foveaview.__all__ == [
        "PRESETS",
        "FovealStatistics",
        "LoadWarning",
        "LossSettings",
        "Metamer",
        "MetamerCTF",
        "MetamerSearch",
        "MetamericLoss",
        "Objective",
        "ObjectiveSettings",
        "Outcome",
        "Step",
        "SynthesisSettings",
        "load_image",
        "mse",
        "penalize_range",
        "ventral_metamer",
    ]
    constants = [name for name in foveaview.__all__ if name.isupper()]
    others = foveaview.__all__[len(constants) :]
    assert foveaview.__all__[: len(constants)] == sorted(constants)
    assert others == sorted(others)
    assert all(hasattr(foveaview, name) for name in foveaview.__all__)


@pytest.mark.parametrize("name", foveaview.__all__)
def test_every_public_name_has_an_example(name: str) -> None:
    constant = name.isupper()  # shown in the docstring of its part
    documented = foveaview.synthesis if constant else getattr(foveaview, name)
    lines = [line for line in (inspect.getdoc(documented) or "").splitlines() if line.startswith(">>>")]
    assert any(name in line or not constant for line in lines)


@pytest.mark.parametrize("name", [name for name in foveaview.__all__ if not name.isupper()])
def test_every_signature_is_explicit(name: str) -> None:
    value = getattr(foveaview, name)
    if issubclass(value if inspect.isclass(value) else object, (Warning, enum.Enum)):
        return
    kinds = {parameter.kind for parameter in inspect.signature(value).parameters.values()}
    assert not kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


def modules_outside_app() -> list[str]:
    found = [module.name for module in pkgutil.walk_packages(foveaview.__path__, "foveaview.")]
    return [name for name in found if not name.startswith("foveaview.app")]


@pytest.mark.slow
def test_no_module_outside_app_imports_qt() -> None:
    names = modules_outside_app()
    assert {"foveaview.cli", "foveaview.files", "foveaview.perception.metameric"} <= set(names)
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "found = [n for n in sys.modules if n.split('.')[0] in ('PySide6', 'shiboken6', 'pyqtgraph')]\n"
        "sys.exit(', '.join(found) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_types_are_for_who_imports_it_too() -> None:
    assert resources.files("foveaview").joinpath("py.typed").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["export", "files", "gaze", "objectives", "perception", "synthesis"])
def test_a_part_is_there_without_an_import_of_its_own(name: str) -> None:
    code = f"import foveaview; assert {name!r} in dir(foveaview); assert foveaview.{name}.__all__"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_name_that_is_not_there() -> None:
    assert not hasattr(foveaview, "nothing")
