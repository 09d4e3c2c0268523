"""Mutate files that the program wrote, and read them in a warm process.

    scripts/fuzz [--count 1000] [--seed 0] [--kinds images,sessions] [--only INDEX] [--failures FOLDER]

An input is read, or refused by a `ValueError` or an `OSError` of one short line that names the file. Anything
else is a failure: another error, a crash, over 10 s of processor time, a minute on the clock, or over 2 GB.
A failing input is saved, with the traceback. Prints a line for each kind; the exit code is 1 if an
input failed. The same seed makes the same inputs, for any kinds and count.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from fuzzing.child import Result, run

_NAMES = (
    *("images", "checkpoints", "metamers", "weights", "sessions", "presets"),
    *("bids", "tobii", "eyelink", "xdf", "tables"),
)
_MOST_SECONDS = 10.0
_LONGEST_WAIT_S = 60.0  # of wall time, which includes time of other processes
_START_S = 600.0


class _Child:
    """A process that reads one kind; started again when it ends."""

    def __init__(self, name: str, seed: int) -> None:
        self._name, self._seed = name, seed
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._said = Path(tempfile.mkdtemp()) / "stderr"

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        arguments = (theirs, self._name, self._seed, self._said)
        self._process = context.Process(target=run, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        if not self._pipe.poll(_START_S):
            raise RuntimeError(f"{self._name}: no answer after {_START_S:.0f} s")
        if wrong := self._pipe.recv():
            raise RuntimeError(f"{self._name}: {wrong}")
        return self._pipe

    def close(self) -> None:
        """End the process for good."""
        self.end()
        shutil.rmtree(self._said.parent, ignore_errors=True)

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._pipe = None

    def result(self, index: int) -> tuple[str, bytes, Result]:
        """Return name and content of an input's file, and its result."""
        pipe = self._pipe or self._start()
        name, content = "unknown", b""
        try:
            pipe.send(index)
            name, content = pipe.recv()
            if pipe.poll(_LONGEST_WAIT_S):
                return name, content, _timed(pipe.recv())
            what = f"it took over {_LONGEST_WAIT_S:.0f} s on the clock"
        except (EOFError, ConnectionError):
            assert self._process is not None
            self._process.join()
            said = self._said.read_text(errors="backslashreplace")[-4000:]
            what = f"{said}\nthe process ended with {self._process.exitcode}"
        self.end()
        return name, content, Result("failed", what)


def _timed(result: Result) -> Result:
    if result.seconds <= _MOST_SECONDS:
        return result
    said = f"it took {result.seconds:.1f} s of processor time\n{result.message}"
    return Result("failed", said, result.seconds, result.bytes)


@dataclass
class _Tally:
    """Outcomes of a kind's inputs."""

    outcomes: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    seconds: float = 0.0

    def add(self, result: Result) -> None:
        self.outcomes[result.outcome] += 1
        self.bytes, self.seconds = max(self.bytes, result.bytes), max(self.seconds, result.seconds)

    def line(self, name: str) -> str:
        counts = (self.outcomes[outcome] for outcome in ("read", "refused", "failed"))
        numbers = "".join(f"{count:10,}" for count in (self.outcomes.total(), *counts))
        return f"{name:12}{numbers}{self.bytes / 1e6:10.0f} MB{self.seconds:10.1f} s"


def _save(folder: Path, kind: str, index: int, name: str, content: bytes, message: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}-{index}-{Path(name).name}"
    path.write_bytes(content)
    path.with_name(f"{path.name}.txt").write_text(message, encoding="utf-8", errors="backslashreplace")
    return path


def _fuzz(kind: str, indices: range, seed: int, failures: Path) -> _Tally:
    child, tally, told = _Child(kind, seed), _Tally(), time.monotonic()
    try:
        for index in indices:
            name, content, result = child.result(index)
            tally.add(result)
            if result.outcome == "failed":
                path = _save(failures, kind, index, name, content, result.message)
                print(f"failed: {path}: {result.message.strip().splitlines()[-1][:200]}", flush=True)
            if time.monotonic() - told > 60:
                told = time.monotonic()
                print(f"... {tally.line(kind)}", file=sys.stderr, flush=True)
    finally:
        child.close()
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(
        "scripts/fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000, help="inputs of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(_NAMES), help=f"of {', '.join(_NAMES)}")
    parser.add_argument("--only", type=int, help="index of one input")
    parser.add_argument("--failures", type=Path, default=Path(tempfile.gettempdir()) / "foveaview-fuzz")
    options = parser.parse_args()
    kinds = options.kinds.split(",")
    if unknown := set(kinds) - set(_NAMES):
        parser.error(f"there is no kind {', '.join(sorted(unknown))}")
    indices = range(options.count) if options.only is None else range(options.only, options.only + 1)
    print(f"{'kind':12}{'inputs':>10}{'read':>10}{'refused':>10}{'failed':>10}{'memory':>13}{'longest':>12}")
    failed = 0
    for kind in kinds:
        tally = _fuzz(kind, indices, options.seed, options.failures)
        failed += tally.outcomes["failed"]
        print(tally.line(kind), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
