"""Plays random events against the window and says what broke.

    scripts/random_events [--events 10000] [--warm-up 4000] [--seed 0]

Fails on an exception, a warning of Qt's, a thread that is left, or memory that grew by 50 MB after a warm-up,
in which what is loaded when it is first used (networks, matplotlib) is loaded.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
from PySide6.QtCore import QSettings, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from foveaview.app.main_window import MainWindow
from foveaview.app.widgets.theme import apply_theme
from foveaview.gaze.lsl.loopback import write_loopback
from tests.app.random_person import RandomPerson, python_threads
from tests.app.stage import wait

LARGEST_GROWTH_MB = 50
LONGEST_EVENT_S = 30
HARMLESS = "This plugin does not support"  # the offscreen platform's, not ours


def memory_mb() -> float:
    gc.collect()
    return psutil.Process().memory_info().rss / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--warm-up", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    wrong: list[str] = []

    def hook(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        wrong.append("".join(traceback.format_exception(kind, error, trace)))

    def message(kind: QtMsgType, _context: Any, text: str) -> None:
        if kind != QtMsgType.QtInfoMsg and not text.startswith(HARMLESS):
            wrong.append(f"Qt: {text}")

    sys.excepthook = hook
    qInstallMessageHandler(message)
    threads = python_threads()
    application = QApplication(sys.argv[:1])
    apply_theme(application, "light")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["LSLAPICFG"] = str(write_loopback(folder / "lsl_api.cfg", f"random-{os.getpid()}"))
        os.chdir(folder)
        settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(settings, folder / "recovery")
        window.resize(1440, 900)
        window.show()
        person = RandomPerson(window, folder, options.seed)
        person.replace_dialogs(setattr)
        window.controller.documents.open_targets(person.files[:1])
        before, began, first_memory = 0.0, time.monotonic(), 0.0
        for i in range(-options.warm_up, options.events):
            faulthandler.dump_traceback_later(LONGEST_EVENT_S, exit=True)
            person.act()
            wait(person.random.randrange(8))
            if i % max(options.events // 10, 1) == 0:
                memory = memory_mb()
                first_memory = memory if i <= 0 else first_memory
                print(f"{i:6d} events, {memory:.0f} MB, {time.monotonic() - began:.0f} s, {len(wrong)} wrong")
            if wrong and len(wrong) > before:
                print(f"after event {i} ({person.done[-1]}): {wrong[-1]}", file=sys.stderr)
                before = len(wrong)
        faulthandler.cancel_dump_traceback_later()
        for widget in application.topLevelWidgets():
            widget.close()
        in_time = window.closed_in_time
        application.processEvents()
        growth = memory_mb() - first_memory
    print(dict(Counter(person.done)))
    print(f"{len(wrong)} wrong, closed in time: {in_time}, memory grew by {growth:.0f} MB")
    left = len(python_threads() - threads)
    print(f"{left} threads left")
    return int(bool(wrong) or not in_time or left > 0 or growth > LARGEST_GROWTH_MB)


if __name__ == "__main__":
    sys.exit(main())
