"""Ctrl+C at the ends of a command: the program is being read, which takes seconds, or files are written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="none can press Ctrl+C for itself alone")

# as in a terminal: a process in the background of a shell ignores it
IN_A_TERMINAL = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
"""

# sends itself what Ctrl+C sends, when a module is about to be imported
PRESS = """
import os, runpy, signal, sys
module = sys.argv[1]
class Press:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Press())
sys.argv = ["foveaview", *sys.argv[2:]]
runpy.run_module("foveaview", run_name="__main__", alter_sys=True)
"""

# sends itself a signal when a function of a module is called, or a class
PRESS_AT_CALL = """
import importlib, os, runpy, signal, sys
module, name, kind = sys.argv[1].split(":")
place = importlib.import_module(module)
before = getattr(place, name)
def press(*arguments, **named):
    os.kill(os.getpid(), getattr(signal, kind))
    return before(*arguments, **named)
setattr(place, name, press)
sys.argv = ["foveaview", *sys.argv[2:]]
runpy.run_module("foveaview", run_name="__main__", alter_sys=True)
"""


def pressed(
    place: str, home: Path, *arguments: object, script: str = PRESS
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(home)}
    environment["XDG_CONFIG_HOME"] = environment["XDG_DATA_HOME"] = str(home)
    command = [sys.executable, "-c", IN_A_TERMINAL + script, place, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=240)


@pytest.mark.slow
@pytest.mark.parametrize("module", ["torch", "foveaview.cli", "typer", "foveaview.synthesis.search"])
def test_ctrl_c_while_the_program_is_read_ends_it_quietly(
    module: str, photograph_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = pressed(module, tmp_path, "synthesize", photograph_file, "--out", out)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.parametrize("module", ["PySide6", "foveaview.app.main_window"])
def test_ctrl_c_while_the_windows_modules_are_read(
    module: str, photograph_file: Path, tmp_path: Path
) -> None:
    done = pressed(module, tmp_path, "view", photograph_file)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("place", ["typer.main:get_command:SIGINT", "foveaview.cli.loss:load_images:SIGINT"])
def test_ctrl_c_between_the_imports_and_a_result_ends_it_quietly(
    place: str, photograph_file: Path, tmp_path: Path
) -> None:
    arguments = ("loss", photograph_file, photograph_file)
    done = pressed(place, tmp_path, *arguments, script=PRESS_AT_CALL)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["SIGINT", "SIGTERM"])
def test_a_heatmap_that_is_being_written_is_written_whole(
    kind: str, photograph_file: Path, tmp_path: Path
) -> None:
    heatmap = tmp_path / "out" / "heatmap.png"
    heatmap.parent.mkdir()
    arguments = ("loss", photograph_file, photograph_file, "--heatmap", heatmap)
    done = pressed(f"foveaview.export.images:save_png:{kind}", tmp_path, *arguments, script=PRESS_AT_CALL)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(heatmap.parent.iterdir()) == [heatmap]


@pytest.mark.slow
def test_results_that_are_being_written_are_written_whole(photograph_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("synthesize", photograph_file, "--steps", 1, "--out", out, "--device", "cpu")
    place = "foveaview.cli.synthesize:export_image:SIGINT"
    done = pressed(place, tmp_path, *arguments, script=PRESS_AT_CALL)
    assert done.returncode == 0, done.stderr
    assert len(list(out.iterdir())) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "place", ["foveaview.app.main_window:RecordingController:SIGINT", "gc:freeze:SIGTERM"]
)
def test_a_signal_while_the_window_is_built_closes_it_quietly(
    place: str, photograph_file: Path, tmp_path: Path
) -> None:
    done = pressed(place, tmp_path, "view", photograph_file, script=PRESS_AT_CALL)
    said = [line for line in done.stderr.splitlines() if "plugin does not support" not in line]
    assert (done.returncode, done.stdout, said) == (0, "", [])


@pytest.mark.slow
def test_ctrl_c_while_the_process_ends_is_quiet(photograph_file: Path, tmp_path: Path) -> None:
    arguments = ("loss", photograph_file, photograph_file)
    done = pressed("threading:_shutdown:SIGINT", tmp_path, *arguments, script=PRESS_AT_CALL)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "0\n", "")
