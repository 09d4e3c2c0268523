"""The thread that computes gives way to those that paint and receive."""

from __future__ import annotations

import os
import sys
import threading

import pytest
from pytestqt.qtbot import QtBot

from foveaview.app.worker import Worker


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere Qt's own priorities do it")
def test_it_waits_where_others_want_its_core(qtbot: QtBot) -> None:
    worker, found = Worker(), list[int]()
    try:
        worker.ask(lambda _: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), found.append)
        qtbot.waitUntil(lambda: bool(found))
    finally:
        assert worker.close(2000)
    assert found[0] > os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
