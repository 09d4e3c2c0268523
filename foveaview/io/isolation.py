"""Image decoding in a separate process, so that a file can neither crash this process nor fill its memory.

The process is started once and reused. It has limits on memory and time. If it exceeds them, or if the caller
cancels the wait, it is killed, and the next image gets a new one. It exits when this process ends.
"""

from __future__ import annotations

import atexit
import errno
import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from foveaview.io.decoding import decode_file
from foveaview.io.decoding_child import TAKEN
from foveaview.io.developing import Developed
from foveaview.io.limits import MOST_SECONDS
from foveaview.io.untrusted import UnreadableError, check_file, file_label

__all__ = ["decode_apart", "warm_up"]

_LOOK_S = 0.05
_MOST_WAIT_S = 300.0
"""Longest wait, even for a disk that does not respond; the limit on computing time is shorter."""

_END_S = 1.0
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from foveaview.io.decoding_child import serve; serve()"
)
# one thread: memory of more would count as the image's, and a decoder's waits would spin
_VARIABLES = {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class _EndedError(Exception):
    """The process ended before it answered."""


class _NotTakenError(_EndedError):
    """The process ended before it took the request."""


class _Process:
    """One decoding process.

    Raises:
        OSError: if it cannot be started.
    """

    def __init__(self) -> None:
        if not sys.executable or getattr(sys, "frozen", False):
            raise OSError(errno.ENOENT, "There is no program of Python to start")
        self.owner = os.getpid()
        paths = json.dumps([path or str(Path.cwd()) for path in sys.path])
        self._popen = subprocess.Popen(
            [sys.executable, "-I", "-c", _PROGRAM, paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**os.environ, **_VARIABLES},
            start_new_session=True,  # Ctrl+C in a terminal must reach only the parent
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        with suppress(ImportError, OSError):  # Linux: a larger pipe is two to four times faster
            import fcntl

            fcntl.fcntl(self._out, _F_SETPIPE_SZ, _PIPE_BYTES)

    @property
    def _out(self) -> IO[bytes]:
        assert self._popen.stdout is not None
        return self._popen.stdout

    @property
    def is_running(self) -> bool:
        """Return True until the process has ended."""
        return self._popen.poll() is None

    def ask(self, path: Path, exposure: float) -> tuple[dict[str, Any], npt.NDArray[Any] | None]:
        """Return the answer to one request; raises `_EndedError` if there is none."""
        self._request(path, exposure)
        try:
            (size,) = struct.unpack(">I", self._filled(bytearray(4)))
            message = json.loads(self._filled(bytearray(size)))
            if "shape" not in message:
                return message, None
            pixels = np.empty(message["shape"], np.dtype(message["dtype"]))
            view = memoryview(pixels.reshape(-1).view(np.uint8).data)
            self._filled(view)
            return message, pixels
        except (OSError, ValueError) as error:  # a broken or closed pipe
            raise _EndedError from error

    def _request(self, path: Path, exposure: float) -> None:
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.write(json.dumps({"path": str(path), "exposure": exposure}).encode() + b"\n")
            self._filled(bytearray(len(TAKEN)))
        except (OSError, ValueError, _EndedError) as error:
            raise _NotTakenError from error

    def _filled(self, buffer: Any) -> Any:
        view = memoryview(buffer)
        while view:
            count = self._out.readinto(view)  # type: ignore[attr-defined]
            if not count:
                raise _EndedError
            view = view[count:]
        return buffer

    def end(self, patience_s: float = 0.0) -> int:
        """End the process, and kill it after `patience_s`; return its exit code."""
        assert self._popen.stdin is not None
        with suppress(OSError):
            self._popen.stdin.close()
        try:
            self._popen.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._out.close()
        return self._popen.returncode


_lock = threading.Lock()
_process: _Process | None = None


def _forget() -> None:
    """Forget the decoder and the lock after a fork: they belong to the parent."""
    global _lock, _process
    _lock, _process = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _started() -> _Process:
    global _process
    if _process is not None and not _process.is_running:
        _process.end()
        _process = None
    if _process is None:
        _process = _Process()
    return _process


@atexit.register
def _end() -> None:
    global _process
    if _process is not None and _process.owner == os.getpid():
        _process.end(_END_S)
        _process = None


def warm_up() -> None:
    """Start the process if it is not running, without waiting for it; do nothing if it cannot be started."""
    if not _lock.acquire(blocking=False):  # it is busy
        return
    try:
        with suppress(OSError):
            _started()
    finally:
        _lock.release()


def _waited(work: Callable[[], Any], give_up: Callable[[], object], check: Callable[[], None]) -> Any:
    """Return the result of blocking work; `give_up` ends it after too long a wait or if `check` raises."""
    done = threading.Event()
    result: list[Any] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:
            result.append(error)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True, name="image decoder").start()
    latest = time.monotonic() + _MOST_WAIT_S
    try:
        while not done.wait(_LOOK_S):
            check()
            if time.monotonic() > latest:
                raise TimeoutError
    except BaseException:
        give_up()
        done.wait()
        raise
    if isinstance(result[0], BaseException):
        raise result[0]
    return result[0]


def _why_ended(code: int) -> str:
    """Describe how the process ended."""
    import signal

    if code == -getattr(signal, "SIGXCPU", 0):
        return f"it takes over {MOST_SECONDS} s to decode for its size: it is damaged, or made to take long"
    if code == -getattr(signal, "SIGKILL", 0):
        return "there was not enough memory to decode it"
    return f"its decoder ended unexpectedly ({code}): it is probably damaged"


def _result(path: Path, message: dict[str, Any], pixels: npt.NDArray[Any] | None) -> Developed:
    if pixels is not None:
        about = message["about"]
        return Developed(pixels, about["format"], about["bits"], about["is_light"], tuple(about["notes"]))
    if message.get("errno") is not None:
        raise OSError(message["errno"], message["error"], str(path))
    raise UnreadableError(message["error"])


def _ended(process: _Process, patience_s: float = 0.0) -> int:
    """Drop and end a process; return its exit code."""
    global _process
    _process = None
    return process.end(patience_s)


def _answer(path: Path, exposure: float, check: Callable[[], None]) -> tuple[dict[str, Any], Any]:
    """Return the process's answer; start a new process if the old one had ended."""
    for _ in range(2):
        process = _started()
        try:
            return _waited(partial(process.ask, path, exposure), partial(_ended, process), check)
        except TimeoutError:
            raise ValueError(f"no answer for {_MOST_WAIT_S:g} s") from None
        except _NotTakenError:
            _ended(process, _END_S)
        except _EndedError:
            raise ValueError(_why_ended(_ended(process, _END_S))) from None
    raise OSError(errno.EPIPE, "The process that decodes images ends at once")


def _asked(path: Path, exposure: float, check: Callable[[], None]) -> Developed:
    place = path.absolute()
    try:
        message, pixels = _answer(place, exposure, check)
    except ValueError as error:
        raise UnreadableError(f"{file_label(path)}: {error}") from None
    message["error"] = str(message.get("error", "")).replace(file_label(place), file_label(path), 1)
    return _result(path, message, pixels)


def decode_apart(path: Path, exposure: float = 0.0, check: Callable[[], None] = lambda: None) -> Developed:
    """Decode a file in the separate process, or in this one if that cannot be started.

    Args:
        path: path of a regular file.
        exposure: see `decode_file`.
        check: called about 20 times a second during decoding; if it raises, the decoding ends.

    Raises:
        OSError: if the file cannot be opened.
        UnreadableError: if it is not a supported image, or takes too much memory or time.
    """
    check_file(path)
    while not _lock.acquire(timeout=_LOOK_S):
        check()
    try:
        return _asked(path, exposure, check)
    except OSError as error:
        if error.filename == str(path):
            raise
    finally:
        _lock.release()
    return decode_file(path, exposure)
