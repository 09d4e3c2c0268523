"""A second process that streams numbers like an eye tracker, and a class to start, kill and freeze it.

It ends with its parent process, which closes its standard input.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


def _info(options: argparse.Namespace) -> object:
    import pylsl

    nominal = options.rate if options.regular else 0.0
    info = pylsl.StreamInfo(
        options.name, "Gaze", options.channels, nominal, "double64", options.source_id or None
    )
    channels = info.desc().append_child("channels")
    for label in ["ScreenX", "ScreenY", "count", *"abcdefgh"][: options.channels]:
        channel = channels.append_child("channel").append_child_value("label", label)
        channel.append_child_value("type", label if label.startswith("Screen") else "other")
        channel.append_child_value("unit", "pixels" if label.startswith("Screen") else "")
    return info


def main() -> None:
    """Stream samples: x cycles from 0 to 999, y is 500, and the third channel counts."""
    import pylsl

    parser = argparse.ArgumentParser()
    parser.add_argument("--name", default="tracker")
    parser.add_argument("--source-id", default="tracker-1")
    parser.add_argument("--rate", type=float, default=120.0)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--regular", action="store_true")
    parser.add_argument("--nan", action="store_true")
    parser.add_argument("--shift", type=float, default=0.0, help="seconds that the clock is off")
    parser.add_argument(
        "--back-after", type=float, default=math.inf, help="when the clock goes back by 100 s"
    )
    options = parser.parse_args()
    outlet = pylsl.StreamOutlet(_info(options))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.write("streaming\n")
    sys.stdout.flush()
    began = time.perf_counter()
    for index in range(sys.maxsize):
        wait_s = began + index / options.rate - time.perf_counter()
        if wait_s > 0:
            time.sleep(wait_s)
        values = [float(index % 1000), 500.0, float(index), *[0.0] * 8][: options.channels]
        back_s = 100.0 if index / options.rate > options.back_after else 0.0
        t = pylsl.local_clock() + options.shift - back_s
        outlet.push_sample([math.nan] * options.channels if options.nan else values, t)


class Streamer:
    """The second process, with the options of its command line."""

    def __init__(self, *options: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def wait_until_it_streams(self) -> Self:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "streaming\n"
        return self

    def kill(self) -> None:
        """End the process at once, like a crash."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def freeze(self) -> None:
        """Stop the process without closing anything, like a pulled cable."""
        self._process.send_signal(signal.SIGSTOP)

    def __enter__(self) -> Self:
        return self.wait_until_it_streams()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


if __name__ == "__main__":
    main()
