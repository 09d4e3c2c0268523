"""The trails of all runs, and how often an image is stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from foveaview.live.frames import Picture
from foveaview.live.jobs import Job, Key
from foveaview.live.private_folder import PrivateFolder, sweep
from foveaview.live.run_history import RunHistory
from foveaview.perception.interruption import check_interruption

__all__ = ["RunHistories"]

_SHARE = 0.02  # of the time of a running search
_FREE_S = 0.1  # of each run, for its start: there most changes
_MB = 1_000_000

_Frame = tuple[int, npt.NDArray[np.uint8]]


class RunHistories:
    """Keeps a `RunHistory` for each run, within a share of the time.

    Args:
        root: folder for the histories of all programs; None to store nothing.

    >>> from foveaview import LossSettings
    >>> trails = RunHistories(None)
    >>> trails.note(1, 0, lambda: np.zeros((2, 2), np.uint8), Key((0.5, 0.5), LossSettings()))
    >>> trails.trail(1) is None
    True
    """

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._folder: PrivateFolder | None = None
        self._problem = ""
        self._trails: dict[int, RunHistory] = {}
        self._spent_s: dict[int, float] = {}
        self._due: dict[int, float] = {}
        self._budget = 0

    def tidy(self) -> None:
        """Remove what killed programs left."""
        if self._root is not None:
            try:
                sweep(self._root)
            except OSError as error:
                self._problem = _problem_of(error)

    def set_budget(self, megabytes: int) -> None:
        """Let each run take so much; 0 stores nothing."""
        if megabytes * _MB == self._budget:
            return
        self._budget, self._problem = megabytes * _MB, ""
        for trail in self._trails.values():
            trail.budget = self._budget

    def trail(self, run: int) -> RunHistory | None:
        """Return the history of a run; None if there is none."""
        return self._trails.get(run)

    def problem(self, run: int) -> str:
        """Why nothing of a run is stored any more; empty if all is well."""
        trail = self._trails.get(run)
        return self._problem if trail is None else trail.problem

    def note(
        self,
        run: int,
        iteration: int,
        pixels: Callable[[], npt.NDArray[np.uint8]],
        key: Key,
        surely: bool = False,
    ) -> None:
        """Store an image of a run if it is time, or in any case if `surely`, unless it is stored already."""
        now = time.monotonic()
        trail = self._wanted(run)
        if trail is None or trail.problem or not (surely or now >= self._due.get(run, 0.0)):
            return
        if trail.iterations and trail.iterations[-1] == iteration:
            return
        trail.store(iteration, pixels(), key)
        spent = time.monotonic() - now
        self._spent_s[run] = self._spent_s.get(run, 0.0) + spent
        self._due[run] = now + spent / _SHARE if self._spent_s[run] > _FREE_S else now

    def _wanted(self, run: int) -> RunHistory | None:
        """Return the run's history, created if missing; None if nothing is stored."""
        if self._root is None or self._budget == 0 or self._problem:
            return None
        if run not in self._trails:
            try:
                self._folder = self._folder or PrivateFolder(self._root)
            except OSError as error:
                self._problem = _problem_of(error)
                return None
            self._trails[run] = RunHistory(self._folder.path / str(run), self._budget)
        return self._trails[run]

    def _of(self, job: Job) -> tuple[RunHistory, int]:
        """Return the history and the iteration of the stored image that a job shows."""
        trail = None if job.run is None else self._trails.get(job.run)
        if trail is None or job.scrub is None:
            raise ValueError("no image of this run was kept: give the history some room")
        return trail, trail.nearest(job.scrub)

    def stored_at(self, job: Job) -> int:
        """The iteration of the stored image that a job goes back to; `ValueError` if none was kept."""
        return self._of(job)[1]

    def stored(self, job: Job) -> Picture:
        """Read the stored image that a job shows.

        Raises:
            ValueError: if there is none, or if it is unreadable.
        """
        trail, iteration = self._of(job)
        return Picture(trail.read(iteration), trail.key_of(iteration), iteration=iteration)

    def frames(self, run: int) -> Iterator[_Frame]:
        """Iteration and (H, W) or (H, W, 3) bytes of the images kept of a run, read one by one.

        Raises:
            ValueError: if none was kept.
        """
        trail = self._trails.get(run)
        if trail is None or not trail.iterations:
            raise ValueError("no images of this run were kept: give the history some room and run it")
        return _given_up_when_asked(trail.frames())

    def drop(self, run: int) -> None:
        """Forget a run."""
        trail = self._trails.pop(run, None)
        if trail is not None:
            trail.clear()
        self._spent_s.pop(run, None)
        self._due.pop(run, None)

    def close(self) -> None:
        """Forget all runs."""
        self._trails.clear()
        if self._folder is not None:
            self._folder.close()
            self._folder = None


def _problem_of(error: OSError) -> str:
    return f"the history is not kept: {error.filename or ''}: {(error.strerror or str(error)).lower()}"


def _given_up_when_asked(frames: Iterator[_Frame]) -> Iterator[_Frame]:
    for frame in frames:
        check_interruption()
        yield frame
