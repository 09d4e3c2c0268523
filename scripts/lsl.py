"""Latency of another process's gaze over the Lab Streaming Layer, and time until it is back after a crash.

    scripts/lsl [--rates 120 1000] [--seconds 10] [--crashes 3]

A second process streams at each rate, on loopback alone. Prints how long samples take from their own times to
this program, and how long it takes from the start of a new process, after the first one was killed, until its
gaze is followed: first without a window, then in the real one, which computes its images meanwhile. There
also how long it takes until the window's own thread has a sample, and until its gaze is there. The exit code
is 1 if p99 of the transport is 5 ms or more, or if the gaze is away for more than 2 s.

The window needs a screen, for example by xvfb-run, or QT_QPA_PLATFORM=offscreen, which is used if there is
none.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from foveaview.gaze import Source, now
from foveaview.gaze.lsl import KeptStream, LslSource, Transport, list_streams, propose
from foveaview.gaze.lsl.loopback import write_loopback
from tests.gaze.lsl.streamer import Streamer

LATEST_MS, LONGEST_AWAY_S = 5.0, 2.0
POLL_S = 0.004
GIVE_UP_S = 30.0


@contextlib.contextmanager
def on_loopback() -> Iterator[None]:
    """Restrict liblsl to loopback; call before any other use, since it reads its configuration once."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_loopback(Path(folder) / "lsl_api.cfg", f"foveaview-{os.getpid()}")
        os.environ["LSLAPICFG"] = str(path)
        yield


def the_stream() -> KeptStream:
    """Return the only stream, mapped as its header says."""
    (description,) = list_streams(0.8)
    proposal = propose(description)
    assert proposal.mapping is not None, proposal.reason
    return KeptStream(description, proposal.mapping)


def poll(source: Source, until: Callable[[int], bool]) -> float:
    """Take samples as the window's timer does, until a count of them; return the seconds that it took."""
    began, taken = now(), 0
    while not until(taken):
        if now() - began > GIVE_UP_S:
            raise TimeoutError(f"{source.name} gave nothing: {source.status(now()).note}")
        time.sleep(POLL_S)
        taken += len(source.take(now()))
    return now() - began


def transport(source: LslSource, seconds: float) -> Transport:
    """Measure the latency of samples over some seconds, without the first ones."""
    poll(source, lambda taken: taken > 0)
    source.forget_transport()
    end = now() + seconds
    poll(source, lambda _: now() >= end)
    return source.transport()


def away(source: LslSource, streamer: Streamer, options: tuple[str, ...]) -> tuple[Streamer, float]:
    """Kill the second process and start another; return seconds from its start until its gaze is there."""
    streamer.kill()
    poll(source, lambda _: bool(source.status(now()).note))
    source.take(now())
    streamer = Streamer(*options)
    return streamer, poll(source, lambda taken: taken > 0)


def told(rate: int, late: Transport, lost: int, gone: list[float]) -> bool:
    """Print the figures of one rate; return True if they are good enough."""
    figures = f"p50 {late.p50_ms:.2f}  p95 {late.p95_ms:.2f}  p99 {late.p99_ms:.2f} ms"
    back = f"back after {max(gone):.2f} s at most of {len(gone)} crashes" if gone else ""
    print(f"{rate:5} Hz  transport {figures}  of {late.count} samples, {lost} lost;  {back}")
    return late.count > 0 and late.p99_ms < LATEST_MS and all(each <= LONGEST_AWAY_S for each in gone)


def measure(rate: int, seconds: float, crashes: int) -> bool:
    """Measure one rate without a window."""
    options = ("--rate", str(rate))
    streamer = Streamer(*options).wait_until_it_streams()
    kept = the_stream()
    source = LslSource(kept.stream, kept.mapping)
    try:
        late = transport(source, seconds)
        gone = []
        for _ in range(crashes):
            streamer, seconds_away = away(source, streamer, options)
            gone.append(seconds_away)
        lost = source.status(now()).lost
    finally:
        source.close()
        source.wait()
        streamer.kill()
    return told(rate, late, lost, gone)


def measure_in_window(rate: int, seconds: float, crashes: int) -> bool:
    """Measure one rate in the real window."""
    from lsl_window import quantiles, watched

    options = ("--rate", str(rate))
    streamer = Streamer(*options).wait_until_it_streams()
    with watched() as seen:
        try:
            source = seen.follow(the_stream())
            seen.forget()
            source.forget_transport()
            end = now() + seconds
            seen.until(lambda: now() >= end)
            late, taken_ms, moved_ms = source.transport(), seen.taken_ms, seen.moved_ms
            gone = []
            for _ in range(crashes):
                streamer.kill()
                seen.until(lambda: not seen.follows() and bool(source.status(now()).note))
                streamer = Streamer(*options)
                gone.append(seen.until(seen.follows))
            good = told(rate, late, source.status(now()).lost, gone)
        finally:
            streamer.kill()
    print(f"          sample to taken by the window {quantiles(taken_ms)}  of {len(taken_ms)} samples")
    print(f"          sample to gaze moved          {quantiles(moved_ms)}  of {len(moved_ms)} gazes")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", type=int, nargs="+", default=[120, 1000])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--crashes", type=int, default=3)
    options = parser.parse_args()
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    good = []
    with on_loopback():
        for title, one in (("without a window", measure), ("in the window", measure_in_window)):
            print(f"{title}: load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
            good += [one(rate, options.seconds, options.crashes) for rate in options.rates]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
