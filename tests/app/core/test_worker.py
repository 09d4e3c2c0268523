"""The thread that computes gives way to those that paint and receive."""

from __future__ import annotations

import os
import sys
import threading

import pytest
from pytestqt.qtbot import QtBot

from foveaview.app.core.worker import Worker, give_way


def test_it_waits_where_others_want_its_core(qtbot: QtBot) -> None:
    worker, found = Worker(), list[int]()
    try:
        worker.ask(lambda _: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), found.append)
        qtbot.waitUntil(lambda: bool(found))
    finally:
        assert worker.close(2000)
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert (found[0] > own) == sys.platform.startswith("linux")  # elsewhere Qt's own priorities do it


@pytest.mark.parametrize(("own", "then"), [(0, 5), (10, 15), (15, 19)])
def test_it_gives_way_in_a_program_that_is_nice_itself(
    own: int, then: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "PRIO_PROCESS", 0, raising=False)
    monkeypatch.setattr(os, "getpriority", lambda _which, _who: own, raising=False)
    monkeypatch.setattr(
        os, "setpriority", lambda _which, _who, niceness: given.append(niceness), raising=False
    )
    give_way()
    assert given == [then]
