"""Turns jobs into frames: compares candidates with their targets, and shows the searches as they go."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from foveaview.files import to_uint8
from foveaview.live.display_maps import heatmap_key, map_of, overlay
from foveaview.live.frames import Frame, MapImage, Picture
from foveaview.live.jobs import Job, Key
from foveaview.live.loss_breakdowns import LossBreakdown, decompose
from foveaview.live.metamer_bank import BankEntry
from foveaview.live.runs import Runs, key_of, measures
from foveaview.live.target_cache import Preparations, small
from foveaview.objectives.build import build_judge
from foveaview.objectives.term import PreparedTerm
from foveaview.perception.analysis.loss_breakdown import check_selection, is_selected
from foveaview.perception.analysis.pooled_statistics import PooledStatistics
from foveaview.perception.interruption import Interrupted, interruptible
from foveaview.perception.prepared import PreparedTarget
from foveaview.perception.ventral import ventral_from
from foveaview.settings import ObjectiveSettings
from foveaview.synthesis.devices import resolve_device

__all__ = ["Renderer"]

_IMAGE_EVERY_S = 0.1
_HEATMAP_SHARE = 0.04  # of the time of a running search


def _picture(image: Tensor, key: Key | None, step: int | None = None) -> Picture:
    """A copy: the image of a search continues changing."""
    values = image[0].detach().to("cpu", torch.float32).clone().numpy()
    return Picture(to_uint8(image), key, values, step=step)


def _ventral(job: Job, prepared: PreparedTarget) -> tuple[Tensor, Key]:
    """The ventral metamer of a prepared target, and what it was made from."""
    seed, color = job.settings.seed, job.settings.ventral_color
    return ventral_from(prepared, seed, color), Key(job.gaze, job.loss_settings, seed, ventral_color=color)


class Renderer:
    """Holds everything that outlives a job: the searches, and measurements.

    Args:
        history: folder for the images of running searches; None to keep none.

    Attributes:
        runs: the searches.
        closing: set by another thread; long computations that nobody needs end then.
    """

    def __init__(self, history: Path | None = None) -> None:
        self.runs = Runs(history)
        self.closing = False
        self._preparations = Preparations()
        self._image_due = self._heatmap_due = 0.0

    def forget(self) -> None:
        """Free what can be computed again."""
        self._preparations.forget()

    def _shown_at_gaze(self, job: Job) -> tuple[Tensor, Key | None, PreparedTarget]:
        """The job's candidate, what it was made from, and the target measured at the gaze."""
        if job.candidate == "metamer" and self.runs.search_of(job) is None:
            raise ValueError("there is no metamer yet: start a run first")
        prepared = self.runs.prepared(job)
        if prepared is None:
            prepared = self._preparations.target(job)
        return *self._candidate(job, prepared), prepared

    def _candidate(self, job: Job, prepared: PreparedTarget) -> tuple[Tensor, Key | None]:
        device = prepared.picture.device
        if job.candidate == "file" and job.file is not None:
            return self._preparations.at_quality(job.file, job).to(device), None
        if job.candidate == "metamer":
            image, key = self.runs.metamer(job)
            return (image if job.quality == "full" else small(image)).to(device), key
        return _ventral(job, prepared)

    @torch.no_grad()
    def judged(self, job: Job) -> tuple[Tensor, PreparedTerm]:
        """The job's candidate, and what judges it at the gaze; raises `ValueError` as `compare` does."""
        image, _key, prepared = self._shown_at_gaze(job)
        if job.objective.weights == ObjectiveSettings().weights:
            return image, prepared
        judge = build_judge(job.objective, job.loss_settings, job.settings.seed, job.settings.ventral_color)
        return image, judge.prepare(job.target.to(image.device), job.gaze)

    @torch.no_grad()
    def compare(self, job: Job) -> tuple[Tensor, Key | None, Tensor]:
        """Return the job's candidate, its key (None for a file), and its heatmap.

        Raises:
            ValueError: if the candidate is of a search that has not begun, or if a setting is invalid.
        """
        image, key, prepared = self._shown_at_gaze(job)
        return image, key, self._heatmap(job, prepared, image)

    def _heatmap(self, job: Job, prepared: PreparedTarget, image: Tensor) -> Tensor:
        """Compute the map of the wanted term."""
        name = job.heatmap_of
        if name == "metameric":
            parts = job.heatmap_parts
            return prepared.heatmap(
                image, None if parts is None else partial(is_selected, selection=check_selection(parts))
            )
        term = self.runs.term(job)
        if term is None:
            term = self._preparations.term(job)
        heatmap = term.heatmap(image)
        if heatmap is None:
            raise ValueError(f"the term {name} has no heatmap: choose another")
        return heatmap

    @torch.no_grad()
    def banked(self, job: Job) -> BankEntry | None:
        """The ventral metamer of the job's gaze, for a bank; None if the loop is about to end."""
        try:
            with interruptible(lambda: self.closing):
                prepared = self._preparations.target(job)
                image, key = _ventral(job, prepared)
                heatmap = small(prepared.heatmap(image)).float().cpu()
        except Interrupted:
            return None
        return BankEntry(Picture(to_uint8(image), key, banked=True), heatmap)

    def evaluate(self, job: Job) -> Frame:
        """The candidate and its heatmap as the job wants them."""
        status = self.runs.noted(job)
        device = resolve_device(job.settings.device)
        frame = Frame(job.generation, job.document, job.quality, run=status, device=str(device))
        if job.candidate == "metamer" and status is None:
            return frame
        image, key, heatmap = self.compare(job)
        return replace(
            frame,
            picture=self._picture(job, image, key),
            heatmap=overlay(heatmap, heatmap_key(job), job.view),
            loss=float(heatmap.mean()),
            loss_step=self._step_of(job),
            map=self._map(job, image, key, heatmap),
        )

    def _picture(self, job: Job, image: Tensor, key: Key | None) -> Picture | None:
        """None if it is as before: a metamer or a file stays whole while the heatmap is small."""
        if job.candidate == "metamer" and job.scrub is not None:
            return self.runs.trails.stored(job)
        keeps = job.quality == "preview" and job.candidate != "ventral"
        return None if keeps else _picture(image, key, self._step_of(job))

    def _step_of(self, job: Job) -> int | None:
        """Steps after which the job's search has the image that is shown; None for other images."""
        search = self.runs.search_of(job)
        if search is None or job.candidate != "metamer" or job.scrub is not None:
            return None
        return search.synthesis.iteration

    def _map(self, job: Job, image: Tensor, key: Key | None, heatmap: Tensor | None) -> MapImage | None:
        return map_of(job, self._preparations.at_quality(job.target, job), image, key, heatmap)

    def begin(self, job: Job) -> None:
        """Make the job's search ready to step, with the job's gaze and settings."""
        self.runs.begin(job)
        self._image_due = self._heatmap_due = 0.0

    def step(self, job: Job) -> Frame | None:
        """Take one step of the job's search; return a frame if one is due, and at the end."""
        return self.evaluate(job) if self.runs.step(job) else self._progress(job)

    def _progress(self, job: Job) -> Frame | None:
        now = time.monotonic()
        if now < self._image_due or job.run is None:
            return None
        self._image_due = now + _IMAGE_EVERY_S
        refreshed = self._refreshed(job)
        self.runs.note(job)
        search, status = self.runs.searches[job.run], self.runs.status(job.run)
        device = str(search.target.device)
        frame = Frame(job.generation, job.document, job.quality, run=status, device=device)
        if job.candidate != "metamer" or job.scrub is not None:
            return frame
        key, (image, step) = key_of(search), search.measured_image
        shown = {"map": self._map(job, image, key, None), **refreshed}
        return replace(frame, picture=_picture(image, key, step), **shown)

    @torch.no_grad()
    def _refreshed(self, job: Job) -> dict[str, Any]:
        """If it is time, decompose the loss, and compute the heatmap and its value if they are wanted."""
        started = time.monotonic()
        if started < self._heatmap_due:
            return {}
        self.runs.note_parts(job)
        wanted = job.heatmap_wanted and job.candidate == "metamer"
        shown = self._heatmap_of_search(job) if wanted else {}
        self._heatmap_due = started + (time.monotonic() - started) / _HEATMAP_SHARE
        return shown

    def _heatmap_of_search(self, job: Job) -> dict[str, Any]:
        """The heatmap of a search's image as it is now, and what of a frame follows from it."""
        assert job.run is not None
        search = self.runs.searches[job.run]
        image, step = search.measured_image
        heatmap = self._heatmap(job, search.prepared, image)
        laid = overlay(heatmap, heatmap_key(job), job.view)
        shown: dict[str, Any] = {"heatmap": laid, "loss": float(heatmap.mean()), "loss_step": step}
        if job.view.layer == "heatmap":
            shown["map"] = self._map(job, image, key_of(search), heatmap)
        return shown

    def decompose(self, job: Job) -> LossBreakdown:
        """The metameric loss of the job's candidate by part.

        Raises:
            ValueError: if the candidate is of a search that has not begun.
        """
        search = self.runs.search_of(job) if job.candidate == "metamer" and job.scrub is None else None
        if search is not None and measures(search, job):
            return self.runs.decompose(job)
        image, _key, prepared = self._shown_at_gaze(job)
        return decompose(job, prepared, image, self.runs.iteration_of(job))

    @torch.no_grad()
    def twin(self, job: Job) -> tuple[PooledStatistics, int | None]:
        """Measure the pooled statistics of the target and the job's candidate; cached for the next point.

        Returns:
            The statistics, and the iteration of the search, or None if the candidate is not of a search.

        Raises:
            ValueError: if the candidate is that of a search which has not begun.
        """

        def measure() -> PooledStatistics:
            image, _key, prepared = self._shown_at_gaze(job)
            return prepared.twin(image)

        return self._preparations.twin.of(job, self.runs.iteration_of(job), measure)
