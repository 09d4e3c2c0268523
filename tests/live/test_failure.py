"""Failures: exceptions as values with one short line."""

from __future__ import annotations

import errno

from foveaview.live import Failure


def test_failure_long_message_is_cut() -> None:
    assert len(Failure.of(ValueError(5000 * "x")).message) <= 600


def test_failure_name_with_a_newline_is_one_line() -> None:
    message = Failure.of(FileNotFoundError(errno.ENOENT, "No such file or directory", "a\nb.png")).message
    assert message == "a\\nb.png: no such file or directory"


def test_failure_disk_that_is_full_says_so() -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "session.foveaview")
    assert Failure.of(error).message == "session.foveaview: no space left on device"
