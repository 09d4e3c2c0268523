"""Streams of foveaview's own gaze and events, for recording with other data."""

from __future__ import annotations

import math
import socket
import threading
from collections.abc import Iterable
from typing import Any

from foveaview.gaze.lsl.liblsl import clock_offset, library
from foveaview.gaze.lsl.proposal import IMAGE_COORDINATES
from foveaview.gaze.sample import Sample, now

__all__ = ["EventOutlet", "GazeOutlet"]

_CHANNELS = (
    # label, type, unit, coordinate system: fields of the XDF Gaze Meta-Data specification. It has no type
    # for images, and readers would take its "ScreenX" for a position on the screen.
    ("gaze_x", "ImageX", "normalized", IMAGE_COORDINATES),
    ("gaze_y", "ImageY", "normalized", IMAGE_COORDINATES),
    ("confidence", "Confidence", "normalized", ""),
)
_BUFFERED = 60
_CLOCKS_EVERY_S = 10.0


class _Outlet:
    """Outgoing stream; pushing hands the sample to liblsl and never waits for receivers."""

    def __init__(self, info: Any) -> None:
        self._pylsl = library()
        info.desc().append_child("acquisition").append_child_value("manufacturer", "foveaview")
        self._outlet: Any = self._pylsl.StreamOutlet(info, 1, _BUFFERED)
        self.uid = str(self._outlet.get_info().uid())
        self._offset, self._clocks_at = 0.0, -math.inf
        self._closer: threading.Thread | None = None

    def _push(self, values: list[Any], t: float) -> None:
        if self._outlet is None:
            return
        if now() - self._clocks_at > _CLOCKS_EVERY_S:
            self._offset, self._clocks_at = clock_offset(self._pylsl), now()
        self._outlet.push_sample(values, t - self._offset)

    def close(self) -> None:
        """End the stream, in a thread since liblsl takes 25 ms; later pushes are ignored."""
        last = [self._outlet]
        self._outlet = None
        self._closer = threading.Thread(target=last.clear, name="gaze outlet closes", daemon=True)
        self._closer.start()

    def wait(self, timeout_s: float = 1.0) -> bool:
        """Wait for the stream to end after `close`; return True if it has."""
        if self._closer is None:
            return False
        self._closer.join(timeout_s)
        return not self._closer.is_alive()


class GazeOutlet(_Outlet):
    """Stream of gaze in image coordinates: x, y and a confidence of 1 or 0, at an irregular rate.

    Args:
        name: name of the stream; its type is "Gaze".

    Attributes:
        uid: uid of the stream, to leave it out of `list_streams`.

    Raises:
        ImportError: if pylsl or liblsl is missing.

    Source: https://github.com/sccn/xdf/wiki/Gaze-Meta-Data for the header.
    """

    def __init__(self, name: str = "foveaview") -> None:
        source_id = f"{name}-gaze-{socket.gethostname()}"
        info = library().StreamInfo(name, "Gaze", len(_CHANNELS), 0.0, "double64", source_id)
        channels = info.desc().append_child("channels")
        for label, kind, unit, coordinates in _CHANNELS:
            channel = channels.append_child("channel")
            channel.append_child_value("label", label).append_child_value("eye", "both")
            channel.append_child_value("type", kind).append_child_value("unit", unit)
            if coordinates:
                channel.append_child_value("coordinate_system", coordinates)
        super().__init__(info)

    def push(self, samples: Iterable[Sample]) -> None:
        """Publish samples at their own times; x and y are NaN if a sample is not usable.

        Raises:
            ValueError: if a sample is not in image coordinates.
        """
        for sample in samples:
            if sample.unit != "image":
                raise ValueError(
                    f"the stream carries image coordinates, got {sample.unit!r}: map it to the image first"
                )
            seen = sample.usable
            place = [sample.x, sample.y, 1.0] if seen else [math.nan, math.nan, 0.0]
            self._push(place, sample.t)


class EventOutlet(_Outlet):
    """Stream of events as texts, of type "Markers" at an irregular rate.

    Args:
        name: name of the stream.

    Raises:
        ImportError: if pylsl or liblsl is missing.
    """

    def __init__(self, name: str = "foveaview events") -> None:
        source_id = f"{name}-events-{socket.gethostname()}"
        super().__init__(library().StreamInfo(name, "Markers", 1, 0.0, "string", source_id))

    def push(self, text: str, t: float | None = None) -> None:
        """Publish an event at a time on the clock of `now`, by default the current time."""
        self._push([text], now() if t is None else t)
