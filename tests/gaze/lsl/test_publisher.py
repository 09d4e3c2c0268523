"""Tests of publishing gaze and events on a separate thread."""

from __future__ import annotations

import sys
import threading
import time

import pylsl
import pytest

from foveaview.gaze import Sample, now
from foveaview.gaze.lsl import Publisher

LONG_S = 20.0


@pytest.mark.slow
def test_publisher_events_before_close_arrive_in_order() -> None:
    publisher = Publisher(pytest.fail, "ours")
    (info,) = pylsl.resolve_byprop("name", "ours events", 1, LONG_S)
    inlet = pylsl.StreamInlet(info, recover=False)
    inlet.open_stream(LONG_S)
    assert info.uid() in publisher.uids
    took = []
    for number in range(100):
        began = time.thread_time()
        publisher.tell(f"event {number}")
        publisher.look(Sample(now(), 0.5, 0.5))
        took.append(time.thread_time() - began)
    assert sorted(took)[50] < 0.0002
    texts: list[str] = []
    while len(texts) < 100:
        (text,), at = inlet.pull_sample(LONG_S)
        assert at is not None
        texts.append(text)
    publisher.close()
    assert publisher.wait(LONG_S)
    assert "gaze outlet closes" not in {thread.name for thread in threading.enumerate()}
    assert texts == [f"event {number}" for number in range(100)]


def test_publisher_without_pylsl_reports_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pylsl", None)
    told: list[str] = []
    publisher = Publisher(told.append)
    publisher.tell("nothing")
    assert publisher.wait(LONG_S)
    assert told == ["the Lab Streaming Layer needs pylsl: pip install 'foveaview[lsl]'"]
    assert publisher.uids == ()
