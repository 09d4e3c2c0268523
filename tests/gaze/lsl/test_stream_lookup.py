"""Tests of listing streams: a bad one is listed with its problem, and hides no other."""

from __future__ import annotations

from typing import Any

import pylsl
import pytest

from foveaview.gaze.lsl import list_streams, propose
from foveaview.gaze.lsl.stream_info import LONGEST
from tests.gaze.lsl.outlets import Outlet


class Info:
    """A stream as liblsl finds it, with one unreadable field."""

    def __init__(self, name: str, bad: str = "", error: Exception | None = None) -> None:
        self._sent = pylsl.StreamInfo(name, "Gaze", 2, 100.0, "float32", f"{name}-1")
        self._name, self._bad, self._error = name, bad, error

    def __getattr__(self, name: str) -> Any:
        if name == self._bad:
            return self._fail
        return getattr(self._sent, name)

    def _fail(self) -> None:
        assert self._error is not None
        raise self._error

    def uid(self) -> str:
        return f"uid of {self._name}"


class Library:
    """A stand-in for pylsl that finds these streams."""

    def __init__(self, *found: Info) -> None:
        self.found = list(found)

    def resolve_bypred(self, *_: object) -> list[Info]:
        return self.found

    class StreamInlet:
        def __init__(self, info: Info, **_: object) -> None:
            self._info = info

        def info(self, _timeout: float) -> Info:
            return self._info


@pytest.mark.parametrize(
    "bad", ["desc", "channel_count", "nominal_srate", "channel_format", "name", "hostname"]
)
@pytest.mark.parametrize(
    "error",
    [
        ValueError("Exceeds the limit (4300 digits) for integer string conversion"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        RecursionError("maximum recursion depth exceeded"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_list_streams_unreadable_header_is_listed_with_problem(
    bad: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    infos = (Info("good"), Info("bad", bad, error), Info("sound"))
    monkeypatch.setattr("foveaview.gaze.lsl.stream_lookup.library", lambda: Library(*infos))
    listed = {each.uid: each for each in list_streams()}
    assert [each.problem for uid, each in listed.items() if "bad" not in uid] == ["", ""]
    row = listed["uid of bad"]
    assert row.problem.startswith("its header is unreadable (")
    assert len(row.problem) <= LONGEST
    assert propose(row).verdict == "refused"
    assert propose(row).reason == row.problem


@pytest.mark.slow
def test_list_streams_number_of_5000_digits_hides_no_stream() -> None:
    odd = Outlet("odd", ["x px", "y px"], [1.0, 2.0])
    screen = odd.header.append_child("screen")
    screen.append_child_value("width", 5000 * "9").append_child_value("height", "1080")
    with Outlet("tracker", ["x px", "y px"], [1.0, 2.0]), odd:
        listed = {each.name: each for each in list_streams(0.8)}
    assert listed.keys() == {"odd", "tracker"}
    assert listed["odd"].screen is None
