"""A part of a session that a feature saves and restores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import JsonValue

__all__ = ["SessionPart"]


@dataclass(frozen=True)
class SessionPart:
    """How a feature saves its part of a session, and restores it.

    Attributes:
        save: returns the value to keep.
        restore: takes that value back. It reports invalid values, and never raises.
    """

    save: Callable[[], JsonValue]
    restore: Callable[[JsonValue], None]
