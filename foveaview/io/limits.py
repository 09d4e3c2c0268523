"""Limits on memory and computing time of a decoder, as far as the system supports them."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from foveaview.io import samples

try:
    import resource as _resource
except ImportError:  # Windows
    _limits: Any = None
else:
    _limits = _resource

__all__ = ["MOST_SECONDS", "SECONDS_PER_MEGAPIXEL", "Bounds"]

_FIRST_BYTES = 768 << 20
_BYTES_PER_PIXEL = 32  # the result as floats, twice, and a strip of scratch memory
_COPIES = 8  # of the samples during unpacking
MOST_SECONDS = 8
"""Computing time allowed for any image, in seconds."""

SECONDS_PER_MEGAPIXEL = 1.0
"""Additional computing time by image size."""

_STATM = Path("/proc/self/statm")


def _used_bytes() -> int | None:
    """Return the address space in use; None if unknown."""
    with suppress(OSError, ValueError):
        return int(_STATM.read_text().split()[0]) * _limits.getpagesize()
    return None


class Bounds:
    """Limits of this process while it decodes one image; they widen when the image's size is known.

    Only for a process that does nothing but decode: the limits apply to all its threads.
    """

    def __enter__(self) -> Bounds:
        if _limits is not None:
            _limits.setrlimit(_limits.RLIMIT_CORE, (0, _limits.getrlimit(_limits.RLIMIT_CORE)[1]))
        self._base = _used_bytes() if _limits is not None else None
        self._began = time.process_time()
        self._set(_FIRST_BYTES, MOST_SECONDS)
        samples.size_is_known = self._widen
        return self

    def _widen(self, width: int, height: int, bytes_per_pixel: int) -> None:
        pixels = width * height
        most = _FIRST_BYTES + pixels * (_BYTES_PER_PIXEL + _COPIES * bytes_per_pixel)
        self._set(most, MOST_SECONDS + SECONDS_PER_MEGAPIXEL * pixels / 1e6)

    def _set(self, more_bytes: int, seconds: float) -> None:
        if _limits is None:
            return
        _set_soft("RLIMIT_CPU", int(self._began + seconds) + 2)  # rounded up to whole seconds
        if self._base is not None:
            _set_soft("RLIMIT_AS", self._base + more_bytes)

    def __exit__(self, *_: object) -> None:
        samples.size_is_known = None
        if _limits is not None:
            _set_soft("RLIMIT_CPU", None)
            _set_soft("RLIMIT_AS", None)


def _set_soft(name: str, value: int | None) -> None:
    """Set a soft limit, capped by the hard one; None sets it to the hard one."""
    kind = getattr(_limits, name)
    hard = _limits.getrlimit(kind)[1]
    if value is None or (hard != _limits.RLIM_INFINITY and value > hard):
        value = hard
    with suppress(ValueError, OSError):  # not every system has this limit
        _limits.setrlimit(kind, (value, hard))
