"""Requests to the worker about gaze."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from foveaview.gaze.latency import LatencyLog
from foveaview.live.renderer import Renderer

__all__ = ["save_latency"]


def save_latency(path: Path, log: LatencyLog) -> Callable[[Renderer], str]:
    """Write how late the pictures were, as the log is now, as CSV."""
    kept = log.copy()

    def request(_renderer: Renderer) -> str:
        kept.write_csv(path)
        return f"{path.name}: written"

    return request
