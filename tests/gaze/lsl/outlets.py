"""Streams of this process, with headers like those of trackers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import pylsl

_EVERY_S = 0.005


class Outlet:
    """A stream that sends the same numbers 200 times a second until `values` changes.

    Args:
        name: name of the stream.
        labels: labels of its channels, each optionally followed by a unit and a coordinate system.
        values: first values to send.
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
        """Header of the stream; add to it before entering the context."""
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
