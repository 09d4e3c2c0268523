"""The thread that computes gives way to those that paint and receive."""

from __future__ import annotations

import os
import sys
import threading

from pytestqt.qtbot import QtBot

from foveaview.app.worker import Worker


def test_it_waits_where_others_want_its_core(qtbot: QtBot) -> None:
    worker, found = Worker(), list[int]()
    try:
        worker.ask(lambda _: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), found.append)
        qtbot.waitUntil(lambda: bool(found))
    finally:
        assert worker.close(2000)
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert (found[0] > own) == sys.platform.startswith("linux")  # elsewhere Qt's own priorities do it
