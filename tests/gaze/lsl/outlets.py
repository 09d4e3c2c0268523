"""Streams of this process, with headers as trackers write them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import pylsl

_EVERY_S = 0.005


class Outlet:
    """Says the same numbers 200 times a second until it is told others.

    Args:
        name: of the stream.
        labels: of its channels, each with a unit and a coordinate system after it where those are said.
        values: what it says at first.
    """

    def __init__(
        self, name: str, labels: Sequence[str], values: Sequence[float], source_id: str | None = None
    ) -> None:
        self.name, self.values = name, list(values)
        self._info: Any = pylsl.StreamInfo(
            name, "Gaze", len(values), 0.0, "double64", source_id or f"{name}-1"
        )
        channels = self._info.desc().append_child("channels")
        for text in labels:
            channel = channels.append_child("channel")
            for key, value in zip(("label", "unit", "coordinate_system"), text.split(), strict=False):
                channel.append_child_value(key, value)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @property
    def header(self) -> Any:
        """What it says about itself, to be added to before it begins."""
        return self._info.desc()

    def _run(self) -> None:
        outlet = pylsl.StreamOutlet(self._info)
        while not self._ending.wait(_EVERY_S):
            outlet.push_sample(self.values)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
