"""A stream of gaze that is followed: a thread receives, and brings it back when it was lost."""

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

_WAIT_S = 0.15  # for one sample, so that closing takes no longer
_OPEN_S = 0.3
_CLOCKS_EVERY_S = 1.0
_SILENT_S = 2.0
_UNUSABLE_S = 1.0
_PAUSE_S = 0.0005  # samples that are closer than this come together, for fewer wake-ups
_BUFFERED_S = 60
_CHUNK = 4096
_PATIENT_EVERY = 8  # searches: streams that only KnownPeers name are found by these


class LslSource:
    """Follows a stream; a thread of its own receives.

    Args:
        description: which stream, as `list_streams` gave it.
        mapping: what its channels are; None to look at the raw channels only.
        capacity: samples to keep while nobody takes them.

    Raises:
        ImportError: where pylsl or liblsl is not there.
        ValueError: for a mapping that reads channels which the stream does not have.
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
        """Take the channels for something else from now on.

        Raises:
            ValueError: for a mapping that reads channels which the stream does not have.
        """
        count = self.description.count
        if mapping is not None and count and mapping.channels > count:
            raise ValueError(
                f"the mapping reads channel {mapping.channels - 1}, and {self.name} has {count} channels,"
                f" 0 to {count - 1}"
            )
        self._mapping = mapping

    def take(self, now: float) -> list[Sample]:
        """All samples that were not taken before, in the order of their times."""
        return [] if self._closing.is_set() else self._buffer.take()

    def status(self, now: float) -> SourceStatus:
        """Rate, age and quality at a moment, and what is odd."""
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
            return f"nothing arrives for {silent_s:.0f} s"
        unusable_s = now - max(self._usable_at, self._connected_at)
        if self._mapping is not None and unusable_s > _UNUSABLE_S and silent_s < _UNUSABLE_S:
            return f"no usable sample for {unusable_s:.0f} s"
        return self._clock.note

    def transport(self) -> Transport:
        """How long samples took from their own times to this program; none where those make no sense."""
        return self._arrivals.transport()

    def forget_transport(self) -> None:
        """Begin to measure the transport again."""
        self._arrivals.forget()

    def latest_values(self) -> LatestValues | None:
        """The raw channels, as they are now; None before there are any. Takes up to 1 ms."""
        return self._arrivals.latest()

    def recent_values(self) -> npt.NDArray[np.float64]:
        """(n, channels) as they came in the last 2 s, n is 0 before there are any. Takes up to 1 ms."""
        return self._arrivals.recent()

    def close(self) -> None:
        """End the thread, which takes it up to 1 s; returns at once, and no sample comes afterwards."""
        self._closing.set()

    def wait(self, timeout_s: float = 1.0) -> bool:
        """Whether the thread has ended after it was closed, given some time; not for a GUI's thread."""
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
            except Exception as error:  # whatever it sent: it may send something better
                self._link = f"lost: {error}"

    def _connected(self) -> Any:
        """An inlet of the stream, None if it is not there or is another one than was mapped."""
        try:
            patient = self._searches % _PATIENT_EVERY == 0
            self._searches += 1
            info = find(self._pylsl, self.description, self._lost_at, patient=patient)
            inlet = None if info is None or not self._fits(info) else self._opened(info)
        except RuntimeError:  # of liblsl: gone meanwhile, or too slow
            return None
        except Exception as error:  # nothing that a stream says ends the thread, which looks again
            self._problem = f"cannot be looked for: {error}"
            return None
        self._problem = ""
        return inlet

    def _fits(self, info: Any) -> bool:
        count, text = info.channel_count(), info.channel_format() in (0, 3)
        wanted = self.description.count or count
        if count == wanted and not text:
            return True
        what = "texts" if text else f"{count} channels"
        self._link = (
            f"{shortened(info.name())} on {shortened(info.hostname())} came back with {what}"
            f" where {wanted} channels were mapped: choose it once more from the list"
        )
        return False

    def _opened(self, info: Any) -> Any:
        # chunks of one sample: a sender's own may hold seconds, as the 1200 samples of App-TobiiPro
        inlet = self._pylsl.StreamInlet(info, max_buflen=_BUFFERED_S, max_chunklen=1, recover=False)
        inlet.open_stream(_OPEN_S)
        self._clock.reconnected()
        self._here = info.hostname() == socket.gethostname()
        self._offset, self._clocks_at = None, -math.inf
        self._uid, self._connected_at, self._link = info.uid(), now(), ""
        self._searches = 1  # where it is lost now, the next ones are quick
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
            arrival = now()  # before the rest is asked for: Python's lock may be long in coming back
            rows, times = inlet.pull_chunk(0.0, _CHUNK)
            self._receive(np.array([at, *times]), np.array([first, *rows], dtype=np.float64), arrival)
            time.sleep(_PAUSE_S)

    def _look_elsewhere(self) -> None:
        """A cable that was pulled closes no connection: look whether the stream is somewhere else now."""
        info = find(self._pylsl, self.description, self._last_seen())
        if info is not None and info.uid() != self._uid:
            raise RuntimeError("the stream has another connection")

    def _last_seen(self) -> float | None:
        """On the clock of the stream's computer, as far as that is known."""
        seen = max(self._arrived_at, self._connected_at)
        return self._lost_at if self._offset is None else seen - self._offset

    def _read_clocks(self, inlet: Any) -> None:
        """What to add to the stream's times; liblsl measures another computer's clock in the background."""
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
