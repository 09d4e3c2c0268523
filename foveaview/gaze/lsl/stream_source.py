"""Gaze source that follows a stream: a thread receives, and reconnects if the stream is lost."""

from __future__ import annotations

import math
import socket
import threading
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from foveaview.gaze.lsl.clock import StreamClock, are_times
from foveaview.gaze.lsl.liblsl import clock_offset, library
from foveaview.gaze.lsl.mapping import Mapping, samples_of
from foveaview.gaze.lsl.stream_info import StreamDescription, shortened
from foveaview.gaze.lsl.stream_lookup import find
from foveaview.gaze.lsl.transport_stats import Arrivals, LatestValues, Transport
from foveaview.gaze.sample import Sample, now
from foveaview.gaze.source import Buffer, SourceStatus

__all__ = ["LslSource"]

LOST = "lost, waiting for it to come back"

_WAIT_S = 0.15  # to wait for one sample, so that closing takes no longer
_OPEN_S = 0.3
_CLOCKS_EVERY_S = 1.0
_SILENT_S = 2.0
_UNUSABLE_S = 1.0
_PAUSE_S = 0.0005  # samples closer than this are received together, for fewer wake-ups
_BUFFERED_S = 60
_CHUNK = 4096
_PATIENT_EVERY = 8  # searches; a patient one finds streams that only KnownPeers names


class LslSource:
    """Gaze source that follows a stream; a separate thread receives.

    Args:
        description: the stream, from `list_streams`.
        mapping: mapping of its channels; None to see the raw channels only.
        capacity: samples to keep until they are taken.

    Raises:
        ImportError: if pylsl or liblsl is missing.
        ValueError: if the mapping reads channels that the stream does not have.
    """

    def __init__(
        self, description: StreamDescription, mapping: Mapping | None, capacity: int = 20_000
    ) -> None:
        self.name = description.title
        self.description = description
        self._pylsl = library()
        self._mapping: Mapping | None = None
        self.remap(mapping)
        self._buffer = Buffer(self.name, capacity)
        self._arrivals = Arrivals()
        self._clock = StreamClock()
        self._link, self._problem = "looking for it", ""
        self._connected_at = self._arrived_at = self._usable_at = self._clocks_at = -math.inf
        self._offset: float | None = None
        self._lost_at: float | None = None
        self._searches = 0
        self._uid, self._here = description.uid, True
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"gaze from {self.name}", daemon=True)
        self._thread.start()

    def remap(self, mapping: Mapping | None) -> None:
        """Use another mapping of the channels from now on.

        Raises:
            ValueError: if the mapping reads channels that the stream does not have.
        """
        count = self.description.count
        if mapping is not None and count and mapping.channels > count:
            raise ValueError(
                f"the mapping reads channel {mapping.channels - 1}, but {self.name} has {count} channels,"
                f" 0 to {count - 1}"
            )
        self._mapping = mapping

    def take(self, now: float) -> list[Sample]:
        """Return all samples that were not taken before, ordered by time."""
        return [] if self._closing.is_set() else self._buffer.take()

    def status(self, now: float) -> SourceStatus:
        """Return rate, age and quality at a moment, and a note on any problem."""
        status = self._buffer.status(now)
        return SourceStatus(
            status.name,
            status.rate_hz,
            status.age_s,
            status.quality,
            status.lost,
            self._note(now) or status.note,
        )

    def _note(self, now: float) -> str:
        if self._problem or self._link:
            return self._problem or self._link
        silent_s = now - max(self._arrived_at, self._connected_at)
        if silent_s > _SILENT_S:
            return f"no data for {silent_s:.0f} s"
        unusable_s = now - max(self._usable_at, self._connected_at)
        if self._mapping is not None and unusable_s > _UNUSABLE_S and silent_s < _UNUSABLE_S:
            return f"no usable sample for {unusable_s:.0f} s"
        return self._clock.note

    def transport(self) -> Transport:
        """Return the delays from the samples' own times to their arrival; implausible times do not count."""
        return self._arrivals.transport()

    def forget_transport(self) -> None:
        """Restart the measurement of the transport."""
        self._arrivals.forget()

    def latest_values(self) -> LatestValues | None:
        """Return the newest raw values; None before any arrive. Takes up to 1 ms."""
        return self._arrivals.latest()

    def recent_values(self) -> npt.NDArray[np.float64]:
        """Return the (n, channels) raw values of the last 2 s; n is 0 before any arrive. Takes up to 1 ms."""
        return self._arrivals.recent()

    def close(self) -> None:
        """End the thread, which takes up to 1 s; returns at once, and `take` gives no more samples."""
        self._closing.set()

    def wait(self, timeout_s: float = 1.0) -> bool:
        """Wait for the thread to end after `close`; return True if it has. Not for a GUI thread."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._closing.is_set():
            inlet = self._connected()
            if inlet is None:
                self._closing.wait(0.05)
                continue
            try:
                self._follow(inlet)
            except RuntimeError:  # pylsl's LostError and InternalError
                self._link = LOST
                self._lost_at = self._last_seen()
            except Exception as error:  # bad data; later data may be better
                self._link = f"lost: {error}"

    def _connected(self) -> Any:
        """Open an inlet of the stream; None if it is missing or lacks the mapped channels."""
        try:
            patient = self._searches % _PATIENT_EVERY == 0
            self._searches += 1
            info = find(self._pylsl, self.description, self._lost_at, patient=patient)
            inlet = None if info is None or not self._fits(info) else self._opened(info)
        except RuntimeError:  # from liblsl: the stream is gone or too slow
            return None
        except Exception as error:  # no stream may end the thread, which searches again
            self._problem = f"the search failed: {error}"
            return None
        self._problem = ""
        return inlet

    def _fits(self, info: Any) -> bool:
        count, text = info.channel_count(), info.channel_format() in (0, 3)
        wanted = self.description.count or count
        if count == wanted and not text:
            return True
        what = "text" if text else f"{count} channels"
        self._link = (
            f"{shortened(info.name())} on {shortened(info.hostname())} came back with {what}"
            f" instead of the {wanted} mapped channels: choose it again from the list"
        )
        return False

    def _opened(self, info: Any) -> Any:
        # chunks of one sample: the sender's may hold seconds, such as the 1200 samples of App-TobiiPro
        inlet = self._pylsl.StreamInlet(info, max_buflen=_BUFFERED_S, max_chunklen=1, recover=False)
        inlet.open_stream(_OPEN_S)
        self._clock.reconnected()
        self._here = info.hostname() == socket.gethostname()
        self._offset, self._clocks_at = None, -math.inf
        self._uid, self._connected_at, self._link = info.uid(), now(), ""
        self._searches = 1  # if it is lost now, the next searches are quick
        return inlet

    def _follow(self, inlet: Any) -> None:
        searched = now()
        while not self._closing.is_set():
            self._read_clocks(inlet)
            first, at = inlet.pull_sample(_WAIT_S)
            if first is None:
                if now() - max(self._arrived_at, searched) > _SILENT_S:
                    searched = now()
                    self._look_elsewhere()
                continue
            arrival = now()  # before the rest is pulled: regaining Python's lock may take long
            rows, times = inlet.pull_chunk(0.0, _CHUNK)
            self._receive(np.array([at, *times]), np.array([first, *rows], dtype=np.float64), arrival)
            time.sleep(_PAUSE_S)

    def _look_elsewhere(self) -> None:
        """Raise if the stream has another connection now; unplugging a cable closes no connection."""
        info = find(self._pylsl, self.description, self._last_seen())
        if info is not None and info.uid() != self._uid:
            raise RuntimeError("the stream has another connection")

    def _last_seen(self) -> float | None:
        """Time of the last contact on the stream's clock; the previous loss if the offset is unknown."""
        seen = max(self._arrived_at, self._connected_at)
        return self._lost_at if self._offset is None else seen - self._offset

    def _read_clocks(self, inlet: Any) -> None:
        """Update the clock offset of the stream; liblsl measures another computer's in the background."""
        if self._offset is not None and now() - self._clocks_at < _CLOCKS_EVERY_S:
            return
        try:
            theirs = 0.0 if self._here else inlet.time_correction(0.0)
        except self._pylsl.util.TimeoutError:  # not measured yet
            return
        self._offset, self._clocks_at = theirs + clock_offset(self._pylsl), now()

    def _receive(
        self, times: npt.NDArray[np.float64], values: npt.NDArray[np.float64], arrival: float
    ) -> None:
        offset = self._offset
        placed = self._clock.place(times, arrival, offset)
        timed = times[are_times(times)]
        delays = None if offset is None or self._clock.anchored else arrival - timed - offset
        self._arrivals.add(values, arrival, delays)
        self._arrived_at = arrival
        mapping = self._mapping
        if mapping is None:
            return
        samples = samples_of(mapping, placed, values, self.name)
        if any(sample.valid for sample in samples):
            self._usable_at = arrival
        self._buffer.put(samples)
