"""Samples that were followed recently, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from foveaview.gaze.recording import Recording
from foveaview.gaze.sample import Sample

__all__ = ["SampleHistory"]

_BLOCK = 4096
_Block = npt.NDArray[np.float64]


class SampleHistory:
    """Samples in image coordinates in order of arrival, by default of the last hour at most.

    Args:
        seconds: age beyond which samples are dropped, some thousands at a time.
        most: largest number of samples to keep.

    >>> history = SampleHistory()
    >>> history.add([Sample(1.0, 0.25, 0.5), Sample.missing(1.5), Sample(2.0, 0.5, 0.5)])
    >>> recording = history.recording("eye", since=1.2)
    >>> recording.t.tolist(), recording.usable.tolist()
    ([1.5, 2.0], [False, True])
    """

    def __init__(self, seconds: float = 3600.0, most: int = 8_000_000) -> None:
        self._seconds, self._most = seconds, most
        self._blocks: deque[_Block] = deque()
        self._filled = _BLOCK
        self._newest = -np.inf

    def __len__(self) -> int:
        return max(len(self._blocks) - 1, 0) * _BLOCK + (self._filled if self._blocks else 0)

    @property
    def newest(self) -> float | None:
        """Time of the newest sample in seconds; None if there is none."""
        return float(self._newest) if len(self) else None

    def add(self, samples: Sequence[Sample]) -> None:
        """Add samples; those that are not newer than the one before are left out."""
        for sample in samples:
            if sample.t > self._newest:
                self._add(sample)

    def _add(self, sample: Sample) -> None:
        if self._filled == _BLOCK:
            self._blocks.append(np.empty((_BLOCK, 3)))
            self._filled = 0
            self._drop(sample.t)
        place = (sample.x, sample.y) if sample.usable else (np.nan, np.nan)
        self._blocks[-1][self._filled] = (sample.t, *place)
        self._filled += 1
        self._newest = sample.t

    def _drop(self, now: float) -> None:
        while len(self._blocks) > 1 and (
            self._blocks[0][-1, 0] < now - self._seconds or len(self._blocks) * _BLOCK > self._most
        ):
            self._blocks.popleft()

    def copy(self) -> SampleHistory:
        """Return a copy for another thread to read while this one continues."""
        made = SampleHistory(self._seconds, self._most)
        made._blocks = deque([*self._blocks][:-1])
        if self._blocks:
            made._blocks.append(self._blocks[-1].copy())
        made._filled, made._newest = self._filled, self._newest
        return made

    def clear(self) -> None:
        """Forget all samples."""
        self._blocks.clear()
        self._filled, self._newest = _BLOCK, -np.inf

    def recording(self, name: str, since: float = -np.inf, most: int | None = None) -> Recording:
        """Return the samples from a time on, with x and y NaN if the eye was not seen.

        Args:
            name: name of the recording.
            since: the time, in seconds.
            most: if there are more samples, take only every second, third and so on, from the first on.
        """
        rows = _every(self._blocks_since(since), most)
        t, x, y = (np.ascontiguousarray(column) for column in rows.T)
        return Recording(name, t, x, y)

    def _blocks_since(self, since: float) -> list[_Block]:
        blocks: list[_Block] = []
        for block in reversed(self._blocks):
            filled = block if blocks else block[: self._filled]
            blocks.append(filled[np.searchsorted(filled[:, 0], since) :])
            if filled[0, 0] < since:
                break
        return blocks[::-1]


def _every(blocks: list[_Block], most: int | None) -> _Block:
    """Join the rows of blocks; if there are more than `most`, take every second, third and so on."""
    count = sum(len(block) for block in blocks)
    step = 1 if most is None else max(1, -(-count // most))
    parts, first = [np.empty((0, 3))], 0
    for block in blocks:
        parts.append(block[first::step])
        first = (first - len(block)) % step
    return np.concatenate(parts)
