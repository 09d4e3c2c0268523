"""Child process that decodes images, so that no file can harm the parent.

A request is a line of JSON; the answer is a JSON message followed by the pixels. The process exits when its
standard input closes, for whatever reason.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import numpy as np

from foveaview.io.decoders.oiio import is_available
from foveaview.io.decoding import decode_file
from foveaview.io.limits import Bounds

__all__ = ["TAKEN", "serve"]

TAKEN = b"+"
"""Sent before an image is opened: if the process ends earlier, the image is not the cause."""


def _silenced() -> IO[bytes]:
    """Reserve standard output for answers; anything that libraries print is discarded."""
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nothing, number)
    os.close(nothing)
    return answers


def _listen(requests: SimpleQueue[Any]) -> None:
    """Queue requests; exit the process when the input ends, even while it decodes."""
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    os._exit(0)


def _send(answers: IO[bytes], message: dict[str, Any], pixels: Any = None) -> None:
    content = json.dumps(message).encode()
    answers.write(struct.pack(">I", len(content)) + content)
    if pixels is not None:
        answers.write(memoryview(pixels).cast("B"))
    answers.flush()


def _answer(answers: IO[bytes], path: str, exposure: float) -> None:
    try:
        with Bounds():
            found = decode_file(Path(path), exposure)
    except OSError as error:
        _send(answers, {"errno": error.errno, "error": error.strerror})
    except Exception as error:  # of any decoder: reported to the parent
        _send(answers, {"error": str(error)})
    else:
        pixels = np.ascontiguousarray(found.pixels)
        about = {"format": found.format, "bits": found.bits, "is_light": found.is_light, "notes": found.notes}
        _send(answers, {"shape": pixels.shape, "dtype": pixels.dtype.str, "about": about}, pixels)


def serve() -> None:
    """Answer requests until the input ends."""
    answers = _silenced()
    requests: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    is_available()  # loads the library before the first request
    while True:
        request = requests.get()
        answers.write(TAKEN)
        answers.flush()
        _answer(answers, request["path"], request["exposure"])
