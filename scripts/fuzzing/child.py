"""The process that reads mutated files of one kind, one after the other."""

from __future__ import annotations

import faulthandler
import os
import random
import resource
import shutil
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

__all__ = ["MOST_BYTES", "Result", "run"]

MOST_BYTES = 2 << 30
_LONGEST_MESSAGE = 700
_SPARE_BYTES = 256 << 20  # of addresses that nobody fills
_NO_MEMORY = "not enough memory"


@dataclass(frozen=True)
class Result:
    """Outcome of one input.

    Attributes:
        outcome: "read", "refused" or "failed".
        message: of the refusal, or what failed.
        seconds: of processor time.
        bytes: largest increase of the process's memory.
    """

    outcome: str
    message: str = ""
    seconds: float = 0.0
    bytes: int = 0


def _status(name: str) -> int:
    """Return a size of this process in bytes, by its name in Linux's /proc."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) << 10
    return 0


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


class _Reader:
    """Writes cases into a folder and has them read."""

    def __init__(self, name: str, folder: Path) -> None:
        from fuzzing.kinds import KINDS

        self.kind, self.folder = KINDS[name], folder
        made = folder / "made"
        made.mkdir()
        self.cases = list(self.kind.make(made))

    def write(self, number: int, content: bytes | None = None) -> Path:
        """Write a case, with the mutated file's content replaced; return the path to open."""
        case, place = self.cases[number], self.folder / "read"
        shutil.rmtree(place, ignore_errors=True)
        for name, own in case.files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(own if content is None or name != case.mutated else content)
        return place / case.opened

    def mutate(self, chance: random.Random) -> tuple[int, bytes]:
        """Choose a case and a content for its file."""
        from fuzzing.mutations import mutated

        number = chance.randrange(len(self.cases))
        case = self.cases[number]
        raw = case.files[case.mutated]
        alike = [each.files[each.mutated] for each in self.cases]
        for _ in range(9):
            changed = mutated(chance, raw, alike, self.kind.more)
            if changed != raw:
                return number, changed
        return number, raw[:-1]

    def complaint(self, path: Path, error: Exception) -> str:
        """Return the fault of a refusal's message; empty if it has none."""
        text = str(error)
        if len(text) > _LONGEST_MESSAGE or not text.isprintable():
            return f"a message of {len(text)} characters or several lines"
        if self.kind.named and not any(name.name in text for name in path.parent.rglob("*")):
            return "a message that names no file"
        return f"not enough memory: {text}" if _NO_MEMORY in text else ""

    def read(self, path: Path) -> tuple[str, str]:
        """Read a file; return the outcome and the message."""
        from fuzzing.kinds import REFUSALS

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.kind.read(path)
        except REFUSALS as error:
            wrong = self.complaint(path, error)
            return ("failed", f"{wrong}\n{traceback.format_exc()}") if wrong else ("refused", str(error))
        except Exception:
            return "failed", traceback.format_exc()
        return "read", ""


def _measured(reader: _Reader, path: Path) -> Result:
    _forget_peak()
    before, began = _status("VmRSS"), time.process_time()
    outcome, message = reader.read(path)
    seconds, taken = time.process_time() - began, _status("VmHWM") - before
    if taken > MOST_BYTES:
        outcome, message = "failed", f"{taken >> 20} MB were taken ({message})"
    return Result(outcome, message, seconds, taken)


def _warm(reader: _Reader) -> str:
    """Read every example unchanged; return why one is unreadable, empty if all are read."""
    for number, case in enumerate(reader.cases):
        outcome, message = reader.read(reader.write(number))
        if outcome != "read":
            return f"{case.opened} as the program wrote it is {outcome}: {message}"
    return ""


def _shared_memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def run(pipe: Connection, name: str, seed: int, said: Path) -> None:
    """Answer each input number with the mutated file and its content, then with a `Result`.

    Args:
        pipe: to answer through; None ends it.
        name: of the kind.
        seed: of the mutations.
        said: file for what libraries write to the standard error.
    """
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    faulthandler.enable()
    with tempfile.TemporaryDirectory(dir=_shared_memory()) as folder:
        reader = _Reader(name, Path(folder))
        pipe.send(_warm(reader))
        limit = _status("VmSize") + MOST_BYTES + _SPARE_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
        while (index := pipe.recv()) is not None:
            chance = random.Random(f"{seed} {name} {index}")
            number, content = reader.mutate(chance)
            path = reader.write(number, content)
            pipe.send((reader.cases[number].mutated, content))
            pipe.send(_measured(reader, path))
