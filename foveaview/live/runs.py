"""The searches, and their records: stored images, parts of the loss, outcomes."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from foveaview.files import to_uint8
from foveaview.live.frames import RunStatus
from foveaview.live.jobs import Job, Key
from foveaview.live.loss_breakdowns import BreakdownHistory, LossBreakdown, decompose
from foveaview.live.run_histories import RunHistories
from foveaview.objectives.term import PreparedTerm
from foveaview.perception.prepared import PreparedTarget
from foveaview.synthesis.devices import resolve_device
from foveaview.synthesis.run import Outcome
from foveaview.synthesis.search import MetamerSearch

__all__ = ["Runs", "key_of", "measures"]


def key_of(search: MetamerSearch) -> Key:
    """Return the key of a search's image."""
    settings = search.settings
    return Key(search.gaze, search.loss_settings, settings.seed, settings.start, search.objective_settings)


def measures(search: MetamerSearch, job: Job) -> bool:
    """Return True if a search measures its target as the job wants it."""
    measured = (search.gaze, search.loss_settings, search.target.device)
    return measured == (job.gaze, job.loss_settings, resolve_device(job.settings.device))


class _Speed:
    """Steps a second over the last second or so."""

    def __init__(self) -> None:
        self.value = 0.0
        self._since: tuple[float, int] | None = None

    def note(self, iteration: int) -> None:
        now = time.monotonic()
        if self._since is None or iteration < self._since[1]:
            self._since = (now, iteration)
        elif now - self._since[0] > 0.5:
            self.value = (iteration - self._since[1]) / (now - self._since[0])
            self._since = (now, iteration)

    def pause(self) -> None:
        self.value, self._since = 0.0, None


class Runs:
    """The searches by number; jobs step them.

    Args:
        history: folder for the images of running searches; None to keep none.

    Attributes:
        searches: the searches that have begun.
        trails: the stored images.

    >>> from foveaview import LossSettings, SynthesisSettings
    >>> settings = LossSettings(n_pyramid_levels=3), SynthesisSettings(device="cpu", steps=2)
    >>> job = Job(1, 1, torch.rand(1, 1, 32, 32), (0.5, 0.5), *settings, run=7)
    >>> runs = Runs()
    >>> runs.begin(job)
    >>> runs.step(job), runs.step(job), runs.status(7).iteration
    (False, True, 2)
    """

    def __init__(self, history: Path | None = None) -> None:
        self.searches: dict[int, MetamerSearch] = {}
        self.trails = RunHistories(history)
        self._part_history = BreakdownHistory()
        self._outcomes: dict[int, Outcome] = {}
        self._speed = _Speed()

    def keep(self, runs: frozenset[int]) -> None:
        """Drop all searches but some."""
        for run in [run for run in self.searches if run not in runs]:
            del self.searches[run]
            self._outcomes.pop(run, None)
            self.trails.drop(run)
        self._part_history.keep(runs)

    def adopt_run(self, run: int, search: MetamerSearch, outcome: Outcome | None = None) -> RunStatus:
        """Hold a search that was begun elsewhere, and ended so; how far it is."""
        self.searches[run] = search
        if outcome is not None:
            self._outcomes[run] = outcome
        return self.status(run)

    def search_of(self, job: Job) -> MetamerSearch | None:
        """The job's search; None if it has not begun."""
        return None if job.run is None else self.searches.get(job.run)

    def goes_on(self, job: Job) -> bool:
        """Return True if the search takes steps: for a full job, or while the user scrubs."""
        if not job.running or job.run is None or job.quality == "full":
            return job.running and job.run is not None
        search = self.search_of(job)
        if search is None or job.scrub is None:
            return False
        wanted = (job.gaze, job.loss_settings, job.objective)
        return wanted == (search.gaze, search.loss_settings, search.objective_settings)

    def begin(self, job: Job) -> None:
        """Make the job's search ready to step, with the job's gaze and settings."""
        assert job.run is not None
        search = self.searches[job.run] = self._begun(job)
        search.retarget(job.gaze, job.loss_settings, job.objective)
        search.adopt(job.settings)
        self._outcomes.pop(job.run, None)
        self._speed.pause()
        self.note(job, surely=self.trails.trail(job.run) is None)

    def _begun(self, job: Job) -> MetamerSearch:
        """The job's search, on the job's device."""
        search = self.search_of(job)
        device = resolve_device(job.settings.device)
        if search is None:
            return MetamerSearch(
                job.target, job.gaze, job.loss_settings, job.settings, job.start, job.objective
            )
        if search.target.device != device:
            return MetamerSearch.resumed(search.checkpoint(), job.target, job.settings)
        return search

    def step(self, job: Job) -> bool:
        """Take one step of the job's search, if one is left; return True if it has ended."""
        assert job.run is not None
        search = self.searches[job.run]
        if search.synthesis.iteration < search.total_steps:
            search.step()
            self._speed.note(search.synthesis.iteration)
        outcome = search.check()
        if outcome is not None:
            self._outcomes[job.run] = outcome
            self.note(job, surely=True)
        return outcome is not None

    def note(self, job: Job, surely: bool = False) -> None:
        """Store the present image of the job's search if it is time, or in any case if `surely`."""
        assert job.run is not None
        search = self.searches[job.run]
        self.trails.set_budget(job.keeping.history_mb)
        pixels = partial(to_uint8, search.image)
        self.trails.note(job.run, search.synthesis.iteration, pixels, key_of(search), surely)

    def noted(self, job: Job) -> RunStatus | None:
        """Return the status of the job's search after storing its image; None if it has not begun."""
        search = self.search_of(job)
        if search is None or job.run is None:
            return None
        if not job.running:
            self.note(job, surely=True)
        if self._measuring(job) is not None:
            self.decompose(job)
        return self.status(job.run)

    def status(self, run: int) -> RunStatus:
        """Return the status of a search."""
        search, trail = self.searches[run], self.trails.trail(run)
        terms = search.terms
        return RunStatus(
            run,
            search.synthesis.iteration,
            np.array(search.synthesis.history.column("losses"), dtype=np.float32),
            self._speed.value,
            self._outcomes.get(run),
            {name: np.array(terms.column(name), dtype=np.float32) for name in search.objective.terms},
            self._part_history.of(run),
            self._part_history.parts(run),
            stored=() if trail is None else trail.iterations,
            stored_bytes=0 if trail is None else trail.bytes,
            history_problem=self.trails.problem(run),
            current=search.current_values,
        )

    def _measuring(self, job: Job) -> MetamerSearch | None:
        """The job's search, if a full job can use its prepared target; else None."""
        search = self.search_of(job)
        wanted = search is not None and job.quality == "full" and measures(search, job)
        return search if wanted else None

    def prepared(self, job: Job) -> PreparedTarget | None:
        """The prepared target of the job's search, if the job can use it; else None."""
        search = self._measuring(job)
        return None if search is None else search.prepared

    def term(self, job: Job) -> PreparedTerm | None:
        """The term that the job maps, if its search optimises that term; else None."""
        search = self._measuring(job)
        if search is None or search.objective_settings != job.objective:
            return None
        return search.objective.terms.get(job.heatmap_of)

    def metamer(self, job: Job) -> tuple[Tensor, Key | None]:
        """The image of the job's search as it is now, or as it was, and what it was made from."""
        assert job.run is not None
        search = self.searches[job.run]
        if job.scrub is None:
            return search.image, key_of(search)
        stored = self.trails.stored(job)
        return torch.from_numpy(stored.values)[None].to(search.image.dtype), stored.key

    def iteration_of(self, job: Job) -> int | None:
        """The iteration of the job's candidate; None if it is not of a search."""
        search = self.search_of(job)
        if job.candidate != "metamer" or search is None:
            return None
        return search.synthesis.iteration if job.scrub is None else self.trails.stored_at(job)

    def note_parts(self, job: Job) -> LossBreakdown:
        """Take the loss of a search's image apart, for its curves too."""
        assert job.run is not None
        search = self.searches[job.run]
        of_search = replace(job, candidate="metamer")
        row = decompose(of_search, search.prepared, search.image, search.synthesis.iteration)
        self._part_history.add(job.run, row)
        return row

    def decompose(self, job: Job) -> LossBreakdown:
        """The loss of a search's image by part; while it runs as it last was."""
        assert job.run is not None
        kept = self._part_history.latest(job.run)
        iteration = self.searches[job.run].synthesis.iteration
        if kept is not None and kept.key == Key(job.gaze, job.loss_settings):
            ended = job.run in self._outcomes
            if kept.iteration == iteration or (job.running and not ended):
                return kept
        return self.note_parts(job)
