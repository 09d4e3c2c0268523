"""Turns jobs into frames: evaluates candidates and takes the searches' steps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview.budget import check_memory
from foveaview.files import to_uint8
from foveaview.live.bank import Banked
from foveaview.live.dissections import Dissected, PartHistory, dissected
from foveaview.live.maps import map_image, overlay
from foveaview.live.messages import Frame, Job, Key, MapImage, Picture, RunStatus
from foveaview.live.trail import Trail
from foveaview.live.trails import Trails
from foveaview.live.twins import KeptTwin
from foveaview.objectives.build import build_judge, build_term
from foveaview.objectives.objective import Objective
from foveaview.objectives.term import PreparedTerm
from foveaview.perception.dissection import check_selection, is_selected
from foveaview.perception.geometry import pooling_size_map
from foveaview.perception.grid import levels_that_fit
from foveaview.perception.interruption import Interrupted, check_interruption, interruptible
from foveaview.perception.metameric import MetamericLoss, PreparedTarget
from foveaview.perception.twin import TwinStatistics
from foveaview.perception.ventral import ventral_from
from foveaview.settings import LossSettings, ObjectiveSettings
from foveaview.synthesis.run import Outcome
from foveaview.synthesis.search import MetamerSearch, resolve_device

__all__ = ["Renderer"]

_Frame = tuple[int, npt.NDArray[np.uint8]]

_PREVIEW_SIDE_PX = 192
_IMAGE_EVERY_S = 0.1
_HEATMAP_SHARE = 0.04  # of the time of a running search
_SURELY_FITS = 1 << 20  # numbers


def _picture(image: Tensor, key: Key | None) -> Picture:
    """A copy: the image of a search goes on changing."""
    values = image[0].detach().to("cpu", torch.float32).clone().numpy()
    return Picture(to_uint8(image), key, values)


def _small(image: Tensor) -> Tensor:
    height, width = image.shape[-2:]
    factor = max(height, width) / _PREVIEW_SIDE_PX
    if factor <= 1:
        return image
    size = (max(round(height / factor), 16), max(round(width / factor), 16))
    return F.interpolate(image, size=(min(size[0], height), min(size[1], width)), mode="area")


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


def _given_up_when_asked(frames: Iterator[_Frame]) -> Iterator[_Frame]:
    for frame in frames:
        check_interruption()
        yield frame


class Renderer:
    """Holds what outlives a job: measured targets, the searches, and their images so far.

    Args:
        history: folder for the images of the searches as they go; where None, they are not kept.
    """

    def __init__(self, history: Path | None = None) -> None:
        self.searches: dict[int, MetamerSearch] = {}
        self.closing = False  # set in another thread: what takes long and is not needed ends
        self.trails = Trails(history)
        self._losses: dict[str, MetamericLoss] = {}
        self._shown: dict[str, Objective] = {}
        self._reduced: dict[int, tuple[Tensor, Tensor]] = {}
        self._speed = _Speed()
        self._image_due = self._heatmap_due = 0.0
        self._part_history = PartHistory()
        self._twin = KeptTwin()
        self._outcomes: dict[int, Outcome] = {}
        self._fits: tuple[torch.Size, LossSettings, torch.device] | None = None

    def forget(self) -> None:
        """Free what can be computed again."""
        self._losses.clear()
        self._shown.clear()
        self._reduced.clear()
        self._twin.forget()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def keep(self, runs: frozenset[int]) -> None:
        """Drop the searches that are no longer wanted."""
        for run in [run for run in self.searches if run not in runs]:
            del self.searches[run]
            self._outcomes.pop(run, None)
            self.trails.drop(run)
        self._part_history.keep(runs)

    def take_up(self, run: int, search: MetamerSearch, outcome: Outcome | None = None) -> RunStatus:
        """Hold a search that was begun elsewhere, and ended so; how far it is."""
        self.searches[run] = search
        if outcome is not None:
            self._outcomes[run] = outcome
        return self.status(run)

    def status(self, run: int) -> RunStatus:
        """How far a search is that it holds."""
        return self._status(run, self.searches[run])

    def search_of(self, job: Job) -> MetamerSearch | None:
        """The job's search, where it has begun."""
        return None if job.run is None else self.searches.get(job.run)

    def frames(self, run: int) -> Iterator[_Frame]:
        """Iteration and (H, W) or (H, W, 3) bytes of the images kept of a run, read one by one.

        Raises:
            ValueError: where none was kept.
        """
        trail = self.trails.trail(run)
        if trail is None or not trail.iterations:
            raise ValueError("no images of this run were kept: give the history some room and run it")
        return _given_up_when_asked(trail.frames())

    def _stored_at(self, job: Job) -> tuple[Trail, int]:
        """Where the image lies that the job goes back to, and its iteration; nothing is read."""
        trail = None if job.run is None else self.trails.trail(job.run)
        if trail is None or job.scrub is None:
            raise ValueError("no image of this run was kept: give the history some room")
        return trail, trail.nearest(job.scrub)

    def stored(self, job: Job) -> Picture:
        """The stored image that the job goes back to.

        Raises:
            ValueError: where none was kept, or where it cannot be read any more.
        """
        trail, iteration = self._stored_at(job)
        pixels = trail.read(iteration)
        return Picture(pixels, trail.key_of(iteration), iteration=iteration)

    def _note(self, job: Job, search: MetamerSearch, surely: bool = False) -> None:
        """Keep the search's image as it is now, where it is time to."""
        assert job.run is not None
        self.trails.set_budget(job.keeping.history_mb)
        pixels = partial(to_uint8, search.image)
        self.trails.note(job.run, search.synthesis.iteration, pixels, _key_of(search), surely)

    def _shown_at_gaze(self, job: Job) -> tuple[Tensor, Key | None, PreparedTarget]:
        """The job's candidate, what it was made from, and the target measured at the gaze."""
        search = self.search_of(job)
        if job.candidate == "metamer" and search is None:
            raise ValueError("there is no metamer yet: start a run first")
        prepared = self._prepared(job, resolve_device(job.settings.device), search)
        return *self._candidate(job, prepared, search), prepared

    @torch.no_grad()
    def judged(self, job: Job) -> tuple[Tensor, PreparedTerm]:
        """The job's candidate, and what judges it at the gaze; raises `ValueError` as `compare` does."""
        image, _key, prepared = self._shown_at_gaze(job)
        if job.objective.weights == ObjectiveSettings().weights:
            return image, prepared
        judge = build_judge(job.objective, job.loss_settings, job.settings.seed)
        return image, judge.prepare(job.target.to(image.device), job.gaze)

    @torch.no_grad()
    def compare(self, job: Job) -> tuple[Tensor, Key | None, Tensor]:
        """The job's candidate, what it was made from (None for a file), and its heatmap.

        Raises:
            ValueError: where the candidate is that of a search which has not begun, or for what cannot be.
        """
        image, key, prepared = self._shown_at_gaze(job)
        return image, key, self._heatmap(job, prepared, image, self.search_of(job))

    def _heatmap(
        self, job: Job, prepared: PreparedTarget, image: Tensor, search: MetamerSearch | None
    ) -> Tensor:
        """Where the wanted term of an image comes from."""
        name = job.heatmap_of
        if name == "metameric":
            parts = job.heatmap_parts
            return prepared.heatmap(
                image, None if parts is None else partial(is_selected, selection=check_selection(parts))
            )
        term = self._mapped_term(job, search)
        heatmap = term.heatmap(image)
        if heatmap is None:
            raise ValueError(f"the term {name} has no heatmap: choose another")
        return heatmap

    def _mapped_term(self, job: Job, search: MetamerSearch | None) -> PreparedTerm:
        name, device = job.heatmap_of, resolve_device(job.settings.device)
        if search is not None and job.quality == "full" and name in search.objective.terms:
            wanted = (job.gaze, job.loss_settings, job.objective, device)
            if wanted == (search.gaze, search.loss_settings, search.objective_settings, search.target.device):
                return search.objective.terms[name]
        term = build_term(name, job.objective, job.loss_settings, job.settings.seed)
        target = self._at(job.target, job).to(device)
        shown = Objective({name: (term, 1.0)})
        prepared = shown.prepare(target, job.gaze, like=self._shown.get(job.quality))
        self._shown[job.quality] = shown
        return prepared.terms[name]

    @torch.no_grad()
    def banked(self, job: Job) -> Banked | None:
        """The ventral metamer of the job's gaze, for a bank; None where the loop is about to end."""
        try:
            with interruptible(lambda: self.closing):
                prepared = self._prepared(job, resolve_device(job.settings.device), None)
                image = ventral_from(prepared, job.settings.seed)
                heatmap = _small(prepared.heatmap(image)).float().cpu()
        except Interrupted:
            return None
        key = Key(job.gaze, job.loss_settings, job.settings.seed)
        return Banked(Picture(to_uint8(image), key, banked=True), heatmap)

    def evaluate(self, job: Job) -> Frame:
        """The candidate and its heatmap as the job wants them."""
        search = self.search_of(job)
        status = None if search is None else self._noted(job, search)
        device = resolve_device(job.settings.device)
        frame = Frame(job.generation, job.document, job.quality, run=status, device=str(device))
        if job.candidate == "metamer" and search is None:
            return frame
        image, key, heatmap = self.compare(job)
        return replace(
            frame,
            picture=self._picture(job, image, key),
            heatmap=overlay(heatmap, _heatmap_key(job), job.view),
            loss=float(heatmap.mean()),
            map=self._map(job, image, key, heatmap),
        )

    def _noted(self, job: Job, search: MetamerSearch) -> RunStatus:
        """How far a search is, with what is kept of it as it is now."""
        assert job.run is not None
        if not job.running:
            self._note(job, search, surely=True)
        if job.quality == "full" and self._is_measured(search, job):
            self._dissected_search(job, search)
        return self._status(job.run, search)

    def _picture(self, job: Job, image: Tensor, key: Key | None) -> Picture | None:
        """None where it is as before: a metamer or a file stays whole while the heatmap is small."""
        if job.candidate == "metamer" and job.scrub is not None:
            return self.stored(job)
        keeps = job.quality == "preview" and job.candidate != "ventral"
        return None if keeps else _picture(image, key)

    @torch.no_grad()
    def _map(self, job: Job, image: Tensor, key: Key | None, heatmap: Tensor | None) -> MapImage | None:
        """The numbers on screen, where some are; None too where they are as before."""
        layer = job.view.layer
        if layer == "heatmap" and heatmap is not None:
            return map_image(layer, heatmap[0, 0], _heatmap_key(job), job.view)
        if layer in ("difference", "absolute"):
            difference = image - self._at(job.target, job).to(image.device)
            shown = difference if layer == "difference" else difference.abs()
            return map_image(layer, shown[0].mean(dim=0), key, job.view)
        if layer == "pooling" and heatmap is not None:
            sizes = self._pooling_sizes(job)
            return map_image(layer, sizes, Key(job.gaze, job.loss_settings), job.view)
        return None

    def _pooling_sizes(self, job: Job) -> Tensor:
        """(H, W) in pixels of the whole picture, whatever the size of the map."""
        target = self._at(job.target, job)
        sizes = pooling_size_map((target.shape[-2], target.shape[-1]), job.gaze, job.loss_settings)
        return sizes * (job.target.shape[-1] / target.shape[-1])

    def _at(self, image: Tensor, job: Job) -> Tensor:
        """The image at the job's quality; small versions of what does not change are kept."""
        if job.quality == "full":
            return image
        kept = self._reduced.get(id(image))
        if kept is None or kept[0] is not image:
            if len(self._reduced) > 8:
                self._reduced.clear()
            kept = self._reduced[id(image)] = (image, _small(image))
        return kept[1]

    def _prepared(self, job: Job, device: torch.device, search: MetamerSearch | None) -> PreparedTarget:
        if search is not None and job.quality == "full" and self._is_measured(search, job):
            return search.prepared
        target = self._at(job.target, job).to(device)
        settings = job.loss_settings
        if job.quality == "preview":
            fit = levels_that_fit((target.shape[-2], target.shape[-1]))
            settings = settings.replace(n_pyramid_levels=max(1, min(settings.n_pyramid_levels, fit)))
        self._check_memory(target, settings, device)
        loss = self._losses.get(job.quality)
        if loss is None or loss.settings != settings:
            loss = self._losses[job.quality] = MetamericLoss.from_settings(settings)
        prepared = loss.prepare(target, job.gaze)
        assert isinstance(prepared, PreparedTarget)
        return prepared

    def _is_measured(self, search: MetamerSearch, job: Job) -> bool:
        """Whether a search measures its target as the job wants it."""
        measured = (search.gaze, search.loss_settings, search.target.device)
        return measured == (job.gaze, job.loss_settings, resolve_device(job.settings.device))

    def _check_memory(self, target: Tensor, settings: LossSettings, device: torch.device) -> None:
        """Once for each size and settings: later, what is already held would count as taken."""
        asked = (target.shape, settings, device)
        if asked != self._fits and target.numel() > _SURELY_FITS:
            self.forget()
            check_memory((target.shape[-2], target.shape[-1]), target.shape[1], settings, device)
            self._fits = asked

    def _candidate(
        self, job: Job, prepared: PreparedTarget, search: MetamerSearch | None
    ) -> tuple[Tensor, Key | None]:
        device = prepared.picture.device
        if job.candidate == "file" and job.file is not None:
            return self._at(job.file, job).to(device), None
        if job.candidate == "metamer" and search is not None:
            image, key = self._metamer(job, search)
            small = image if job.quality == "full" else _small(image)
            return small.to(device), key
        seed = job.settings.seed
        return ventral_from(prepared, seed), Key(job.gaze, job.loss_settings, seed)

    def _metamer(self, job: Job, search: MetamerSearch) -> tuple[Tensor, Key | None]:
        """The search's image as it is now, or as it was."""
        if job.scrub is None:
            return search.image, _key_of(search)
        stored = self.stored(job)
        return torch.from_numpy(stored.values)[None].to(search.image.dtype), stored.key

    def goes_on(self, job: Job) -> bool:
        """Whether the search takes steps meanwhile: while a person goes back, or where the job is whole."""
        if not job.running or job.run is None or job.quality == "full":
            return job.running and job.run is not None
        search = self.search_of(job)
        if search is None or job.scrub is None:
            return False
        wanted = (job.gaze, job.loss_settings, job.objective)
        return wanted == (search.gaze, search.loss_settings, search.objective_settings)

    def _search(self, job: Job) -> MetamerSearch:
        assert job.run is not None
        search = self.searches.get(job.run)
        device = resolve_device(job.settings.device)
        if search is None:
            search = MetamerSearch(
                job.target, job.gaze, job.loss_settings, job.settings, job.start, job.objective
            )
        elif search.target.device != device:
            search = MetamerSearch.resumed(search.checkpoint(), job.target, job.settings)
        self.searches[job.run] = search
        search.retarget(job.gaze, job.loss_settings, job.objective)
        search.settings = job.settings.replace(seed=search.settings.seed, start=search.settings.start)
        search.synthesis.learning_rate = job.settings.learning_rate
        return search

    def begin(self, job: Job) -> None:
        """Make the job's search ready to step, with the job's gaze and settings."""
        assert job.run is not None
        self._search(job)
        self._outcomes.pop(job.run, None)
        self._speed.pause()
        self._image_due = self._heatmap_due = 0.0
        self._note(job, self.searches[job.run], surely=self.trails.trail(job.run) is None)

    def step(self, job: Job) -> Frame | None:
        """Take one step of the job's search; a frame where one is due, and at the end."""
        assert job.run is not None
        search = self.searches[job.run]
        if search.synthesis.iteration < search.settings.steps:
            search.step()
            self._speed.note(search.synthesis.iteration)
        outcome = search.check()
        if outcome is not None:
            self._outcomes[job.run] = outcome
            self._note(job, search, surely=True)
            return self.evaluate(job)
        return self._progress(job, search)

    def _progress(self, job: Job, search: MetamerSearch) -> Frame | None:
        now = time.monotonic()
        if now < self._image_due or job.run is None:
            return None
        self._image_due = now + _IMAGE_EVERY_S
        refreshed = self._refreshed(job, search)
        self._note(job, search)
        frame = Frame(
            job.generation,
            job.document,
            job.quality,
            run=self._status(job.run, search),
            device=str(search.target.device),
        )
        if job.candidate != "metamer" or job.scrub is not None:
            return frame
        key = _key_of(search)
        shown = {"map": self._map(job, search.image, key, None), **refreshed}
        return replace(frame, picture=_picture(search.image, key), **shown)

    @torch.no_grad()
    def _refreshed(self, job: Job, search: MetamerSearch) -> dict[str, Any]:
        """Where it is time to, take the loss apart; the heatmap and its value, where they are wanted."""
        started = time.monotonic()
        if started < self._heatmap_due:
            return {}
        self._note_parts(job, search)
        shown: dict[str, Any] = {}
        if job.heatmap_wanted and job.candidate == "metamer":
            heatmap = self._heatmap(job, search.prepared, search.image, search)
            laid = overlay(heatmap, _heatmap_key(job), job.view)
            shown = {"heatmap": laid, "loss": float(heatmap.mean())}
            if job.view.layer == "heatmap":
                shown["map"] = self._map(job, search.image, _key_of(search), heatmap)
        self._heatmap_due = started + (time.monotonic() - started) / _HEATMAP_SHARE
        return shown

    def _note_parts(self, job: Job, search: MetamerSearch) -> Dissected:
        """Take the loss of a search's image apart, for its curves too."""
        assert job.run is not None
        of_search = replace(job, candidate="metamer")
        row = dissected(of_search, search.prepared, search.image, search.synthesis.iteration)
        self._part_history.add(job.run, row)
        return row

    def _dissected_search(self, job: Job, search: MetamerSearch) -> Dissected:
        """The loss of a search's image by part; while it runs as it last was."""
        assert job.run is not None
        kept = self._part_history.latest(job.run)
        iteration = search.synthesis.iteration
        if kept is not None and kept.key == Key(job.gaze, job.loss_settings):
            ended = job.run in self._outcomes
            if kept.iteration == iteration or (job.running and not ended):
                return kept
        return self._note_parts(job, search)

    def dissected(self, job: Job) -> Dissected:
        """The metameric loss of the job's candidate by part.

        Raises:
            ValueError: where the candidate is that of a search which has not begun.
        """
        search = self.search_of(job) if job.candidate == "metamer" and job.scrub is None else None
        if search is not None and self._is_measured(search, job):
            return self._dissected_search(job, search)
        image, _key, prepared = self._shown_at_gaze(job)
        return dissected(job, prepared, image, self._iteration_of(job))

    @torch.no_grad()
    def twin(self, job: Job) -> tuple[TwinStatistics, int | None]:
        """The pooled statistics of the target and of the job's candidate, kept for the next point.

        Returns:
            The statistics, and how far the search was then where the candidate is that of a search.

        Raises:
            ValueError: where the candidate is that of a search which has not begun.
        """

        def measure() -> TwinStatistics:
            image, _key, prepared = self._shown_at_gaze(job)
            return prepared.twin(image)

        return self._twin.of(job, self._iteration_of(job), measure)

    def _iteration_of(self, job: Job) -> int | None:
        """The iteration of the job's candidate, where it is a search's."""
        search = self.search_of(job)
        if job.candidate != "metamer" or search is None:
            return None
        return search.synthesis.iteration if job.scrub is None else self._stored_at(job)[1]

    def _status(self, run: int, search: MetamerSearch) -> RunStatus:
        synthesis = search.synthesis
        losses = np.array(synthesis.history.column("losses"), dtype=np.float32)
        outcome = self._outcomes.get(run)
        terms = {
            name: np.array(search.terms.column(name), dtype=np.float32) for name in search.objective.terms
        }
        trail = self.trails.trail(run)
        return RunStatus(
            run,
            synthesis.iteration,
            losses,
            self._speed.value,
            outcome,
            terms,
            self._part_history.of(run),
            self._part_history.parts(run),
            stored=() if trail is None else trail.iterations,
            stored_bytes=0 if trail is None else trail.bytes,
            history_problem=self.trails.problem(run),
        )


def _key_of(search: MetamerSearch) -> Key:
    settings = search.settings
    return Key(search.gaze, search.loss_settings, settings.seed, settings.start, search.objective_settings)


def _heatmap_key(job: Job) -> Key:
    if job.heatmap_of == "metameric":
        return Key(job.gaze, job.loss_settings, heatmap_parts=job.heatmap_parts)
    return Key(job.gaze, job.loss_settings, objective=job.objective, heatmap_of=job.heatmap_of)
