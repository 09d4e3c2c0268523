"""Save sessions of random actions, restore all of them in one new process, and compare.

    scripts/sessions [--count 200] [--seed 0] [--interval 2]

Then a window that runs a search is killed (kill -9), and the next one has to restore what it had saved.
Prints what was compared; the exit code is 1 if something differs.
"""

from __future__ import annotations

import argparse
import difflib
import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from sessions_person import Person, make_images, until

from foveaview.app.core.state import AppState, Phase
from foveaview.app.main_window import MainWindow
from foveaview.app.sessions.state_record import session_of
from foveaview.app.widgets.theme import apply_theme
from foveaview.live import Failure
from foveaview.sessions.model import SUFFIX, Session, read_session
from tests.app.stage import wait
from tests.patience import crowding


def make_window(folder: Path, autosave_s: float | None) -> MainWindow:
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    apply_theme(application, "light")
    settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(settings, folder / "recovery", autosave_s)
    window.resize(1200, 800)
    window.show()
    return window


def collect_failures(window: MainWindow) -> list[str]:
    failures: list[str] = []

    def note(failure: Failure) -> None:
        if failure.kind == "internal":
            failures.append(failure.details)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        failures.append("".join(traceback.format_exception(kind, error, trace)))

    sys.excepthook = hook  # for errors in callbacks of Qt
    for source in (window.controller, window.sessions, window.presets.store):
        source.failed.connect(note)
    return failures


def bare_state(window: MainWindow) -> Session:
    return session_of(window.controller.state)


def without_extras(session: Session) -> Session:
    return session.bare.model_copy(update={"extras": {}})


def told_apart(shown: Session, saved: Session) -> bool:
    """Return True if two sessions differ, and print the difference."""
    ours, theirs = (json.dumps(s.model_dump(mode="json"), indent=1, sort_keys=True) for s in (shown, saved))
    lines = difflib.unified_diff(ours.splitlines(), theirs.splitlines(), "open", "saved", lineterm="", n=0)
    difference = "\n".join(lines)
    print(difference, end="\n" if difference else "", file=sys.stderr)
    return bool(difference)


def play(folder: Path, count: int, seed: int) -> int:
    images = make_images(folder)
    window = make_window(folder, autosave_s=0.5)
    failures = collect_failures(window)
    differing = 0
    for i in range(count):
        Person(window, images, random.Random(f"{seed} {i}")).play()
        path = folder / f"{i:03}{SUFFIX}"
        still = all(d.phase is not Phase.RUNNING for d in window.controller.state.documents)
        window.sessions.save(path)
        until(lambda path=path: window.sessions.path == path, "the session was not saved")
        if still:  # a search that ran is further by now
            differing += told_apart(bare_state(window), without_extras(read_session(path)))
        window.controller.documents.restore(AppState())
    window.close()
    print("\n".join(failures), end="", file=sys.stderr)
    print(f"{differing} sessions differ from what was open when they were saved")
    return int(bool(differing or failures))


def restore(folder: Path) -> int:
    window = make_window(folder, autosave_s=None)
    failures = collect_failures(window)
    remarks: list[str] = []
    back: list[Path] = []

    def note(restored: object) -> None:
        back.append(restored.path)
        remarks.extend(f"{restored.path.name}: {remark}" for remark in restored.remarks)

    window.sessions.restored.connect(note)
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    different, runs, targets = [], 0, 0
    for path in paths:
        window.sessions.open(path)
        until(lambda path=path: path in back, f"{path.name} did not come back")
        saved = without_extras(read_session(path))
        if bare_state(window) != saved:
            different.append(path.name)
        targets += len(saved.targets)
        runs += sum(target.run is not None and target.run.iteration > 0 for target in saved.targets)
    window.close()
    told = {"sessions": len(paths), "targets": targets, "runs": runs, "different": different}
    print(json.dumps({**told, "remarks": remarks, "failures": failures}))
    return int(bool(different or remarks or failures))


def run_window(folder: Path, interval_s: float) -> int:
    """Run a search until killed, and print its progress."""
    window = make_window(folder, interval_s)
    window.controller.documents.open_targets(make_images(folder)[:2], (0.3, 0.4))
    until(lambda: len(window.controller.state.documents) == 2, "the targets did not open")
    window.controller.edits.set_synthesis("steps", 1_000_000)
    window.controller.edits.set_synthesis("stop_fraction", 0.0)
    window.controller.edits.set_view(layer="pooling")
    window.controller.edits.pin((3, 4))
    window.controller.search.start()
    began = time.monotonic()
    while True:
        wait(50)
        document = window.controller.state.document
        status = None if document is None else document.status
        if status is not None:
            print(f"{time.monotonic() - began:.3f} {status.iteration}", flush=True)


def restore_killed(folder: Path) -> int:
    """Start as the user does after a crash, and say what is restored."""
    window = make_window(folder, 60)
    back: list[object] = []
    window.sessions.restored.connect(back.append)
    window.sessions.take_crashed()
    until(lambda: bool(back), "nothing came back")
    state = window.controller.state
    document = state.document
    assert document is not None
    assert document.status is not None
    told = {
        "targets": len(state.documents),
        "phase": document.phase.value,
        "iteration": document.status.iteration,
        "gaze": document.gaze,
        "pins": document.pins,
        "layer": state.view.layer,
        "banner": window.notifications.banner_widget.text.text(),
        "actions": [button.text() for button in window.notifications.banner_widget.buttons],
    }
    print(json.dumps(told))
    window.close()
    return 0


def kill(folder: Path, interval_s: float, after_s: float) -> int:
    """Kill a window some time after its first step and start another; one interval may be lost."""
    command = [sys.executable, __file__, "run-window", str(folder), "--interval", str(interval_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: list[tuple[float, int]] = []
        began_s = math.inf
        for line in process.stdout:
            time_s, iteration = line.split()
            lines.append((float(time_s), int(iteration)))
            if lines[-1][1]:
                began_s = min(began_s, lines[-1][0])
            if lines[-1][0] > began_s + after_s:
                break
        os.kill(process.pid, signal.SIGKILL)
        lines.extend(
            (float(t), int(i)) for t, i in (line.split() for line in process.stdout if line.count(" "))
        )
    again = subprocess.run(
        [sys.executable, __file__, "restore-killed", str(folder)], capture_output=True, text=True, check=False
    )
    if again.returncode:
        print(again.stderr, file=sys.stderr)
        return 1
    told = json.loads(again.stdout)
    died_s, done = lines[-1]
    # what was done by the beginning of the last interval, and a second of a free core for the write itself
    due = max((i for t, i in lines if t < died_s - interval_s - crowding()), default=0)
    print(f"killed after {died_s:.1f} s at step {done}; restored at step {told['iteration']}", end=" ")
    print(f"(of the interval of {interval_s:g} s at most {done - due} may be lost)")
    rest = (told["targets"], told["phase"], told["pins"], told["layer"])
    whole = rest == (2, "paused", [[3, 4]], "pooling") and "Start empty instead" in told["actions"]
    return int(not (whole and told["iteration"] >= due and told["iteration"] > 0))


def check(folder: Path, count: int, seed: int, interval_s: float) -> int:
    """Run all checks."""
    began = time.monotonic()
    failed = play(folder, count, seed)
    played_s = time.monotonic() - began
    again = subprocess.run(
        [sys.executable, __file__, "restore", str(folder)], capture_output=True, text=True, check=False
    )
    sys.stderr.write(again.stderr)
    print(f"saved in {played_s:.0f} s, restored in {time.monotonic() - began - played_s:.0f} s")
    print(again.stdout.strip())
    with tempfile.TemporaryDirectory() as place:
        killed = kill(Path(place), interval_s, 3 * interval_s + crowding())
    return int(bool(failed or again.returncode or killed))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = ["check", "restore", "run-window", "restore-killed", "kill"]
    parser.add_argument("command", nargs="?", default="check", choices=commands)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--interval", type=float, default=2, help="s between two saves of what is killed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if options.command == "restore":
            return restore(folder)
        if options.command == "run-window":
            return run_window(folder, options.interval)
        if options.command == "restore-killed":
            return restore_killed(folder)
        if options.command == "kill":
            return kill(folder, options.interval, 3 * options.interval + crowding())
        return check(folder, options.count, options.seed, options.interval)


if __name__ == "__main__":
    sys.exit(main())
