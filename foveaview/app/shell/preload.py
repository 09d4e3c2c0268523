"""Loads what the first search needs before it is asked for."""

from __future__ import annotations

import importlib
import threading

from foveaview.app.core.worker import give_way

__all__ = ["load_ahead"]

_MODULE = "torch._dynamo"
"""What torch's optimizers import at their first step, whether anything is compiled or not."""


def load_ahead() -> threading.Thread:
    """Begin to load it in a thread of its own, which gives way to all others, and for which no end waits.

    It takes a second or more, by which the first search would begin later; and in the worker a window that
    is closed in that second would have to wait for it.
    """
    thread = threading.Thread(target=_load, name="foveaview loads ahead", daemon=True)
    thread.start()
    return thread


def _load() -> None:
    give_way()
    importlib.import_module(_MODULE)
