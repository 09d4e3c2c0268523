"""Requests to the worker: write images, heatmaps and figures, one at a time or all in a folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from foveaview import export
from foveaview.export import RINGS_DEG, Kind, Results
from foveaview.export.images import Bits
from foveaview.io.colormaps import Scale
from foveaview.live import Job, Picture
from foveaview.live.renderer import Renderer
from foveaview.perception.analysis.loss_breakdown import described
from foveaview.perception.interruption import interruptible
from foveaview.provenance import provenance
from foveaview.synthesis import MetamerSearch

__all__ = ["export_all", "export_candidate", "export_figure", "export_heatmap"]

_CONTENT = {"metamer": "metamer", "ventral": "ventral metamer", "file": "candidate"}


def _about_stored(search: MetamerSearch, stored: Picture) -> dict[str, Any]:
    """Provenance of an earlier image of a search."""
    key, iteration = stored.key, stored.iteration
    assert key is not None
    assert iteration is not None
    losses = search.synthesis.history.column("losses")
    about = search.about(
        loss=losses[iteration] if iteration < len(losses) else search.synthesis.current_loss()
    )
    objective = {} if key.objective is None else {"objective_settings": key.objective.model_dump()}
    made_with = {"gaze": list(key.gaze), "loss_settings": key.loss_settings.model_dump(), **objective}
    return {**about, **made_with, "iteration": iteration}


def _candidate(renderer: Renderer, job: Job) -> tuple[Tensor, dict[str, Any]]:
    """The job's candidate, and what it was made with."""
    image, _key, heatmap = renderer.compare(replace(job, heatmap_parts=None))
    search = renderer.runs.search_of(job) if job.candidate == "metamer" else None
    if search is not None and job.scrub is not None:
        return image, _about_stored(search, renderer.runs.trails.stored(job))
    if search is not None:
        return image, search.about(loss=search.synthesis.current_loss())
    loss = float(heatmap.mean())
    of_noise: dict[str, Any] = {"seed": job.settings.seed, "ventral_color": job.settings.ventral_color}
    return image, provenance(job.gaze, job.loss_settings, **of_noise, loss=loss)


def _heatmap(renderer: Renderer, job: Job) -> tuple[Tensor, dict[str, Any]]:
    """The heatmap of the job's candidate, and what it is of."""
    _image, _key, heatmap = renderer.compare(job)
    about: dict[str, Any] = {"heatmap_of": job.heatmap_of, "objective_settings": job.objective.model_dump()}
    if job.heatmap_of == "metameric":
        about["heatmap_parts"] = described(job.heatmap_parts)
    if job.candidate == "metamer" and job.scrub is not None:
        about["iteration"] = renderer.runs.trails.stored(job).iteration
    return heatmap, {**about, "candidate": job.candidate}


def _with_settings(job: Job, heatmap: Tensor, about: dict[str, Any]) -> dict[str, Any]:
    """Provenance of a heatmap that is exported alone."""
    loss = float(heatmap.mean())
    return {**provenance(job.gaze, job.loss_settings, job.settings, loss=loss), **about}


def export_candidate(job: Job, path: Path, bits: Bits | None = None) -> Callable[[Renderer], str]:
    """Write the job's candidate with its settings, as PNG of 8 or 16 bits or as TIFF; see `export_image`."""

    def request(renderer: Renderer) -> str:
        image, about = _candidate(renderer, job)
        export.export_image(path, image, about, _CONTENT[job.candidate], bits)
        return f"{path.name}: written"

    return request


def export_heatmap(job: Job, path: Path, scale: Scale | None = None) -> Callable[[Renderer], str]:
    """Write the heatmap of the job's candidate, pixel by pixel, as a PNG with its settings."""

    def request(renderer: Renderer) -> str:
        heatmap, about = _heatmap(renderer, job)
        export.export_heatmap(path, heatmap, _with_settings(job, heatmap, about), scale)
        return f"{path.name}: written"

    return request


def export_figure(
    job: Job, path: Path, scale: Scale | None = None, rings_deg: Sequence[float] = RINGS_DEG
) -> Callable[[Renderer], str]:
    """Write the heatmap of the job's candidate as a figure, PNG or SVG, with colour bar and rings."""

    def request(renderer: Renderer) -> str:
        heatmap, about = _heatmap(renderer, job)
        about = _with_settings(job, heatmap, about)
        wanted: dict[str, Any] = {"scale": scale, "rings_deg": rings_deg}
        export.export_figure(path, heatmap, about, job.gaze, job.loss_settings, **wanted)
        return f"{path.name}: written"

    return request


def _run(renderer: Renderer, job: Job, kinds: Collection[Kind]) -> dict[str, Any]:
    """Losses and stored images of the job's run, as far as the kinds need them."""
    search, found = renderer.runs.search_of(job), dict[str, Any]()
    if search is not None and "losses" in kinds:
        terms = search.term_values()
        found = {"losses": search.synthesis.losses.tolist(), "terms": terms if len(terms) > 1 else {}}
    if search is not None and job.run is not None and not {"gif", "mp4"}.isdisjoint(kinds):
        found["frames"] = (pixels for _iteration, pixels in renderer.runs.trails.frames(job.run))
    return found


def export_all(
    job: Job, folder: Path, kinds: Collection[Kind], fps: float = 10, scale: Scale | None = None
) -> Callable[[Renderer], str]:
    """Write files about the job's candidate, its heatmap and its run into one folder.

    Args:
        job: the shown document in full quality.
        folder: created if missing.
        kinds: of `foveaview.export.KINDS`.
        fps: frames a second of the animations, which show the images kept of the run.
        scale: colormap and range of the figures.
    """

    def request(renderer: Renderer) -> str:
        image, about = _candidate(renderer, job)
        heatmap, of_heatmap = _heatmap(renderer, job)
        results = Results(
            {**of_heatmap, **about},
            job.gaze,
            job.loss_settings,
            image,
            heatmap,
            _CONTENT[job.candidate],
            scale=scale or Scale(),
            fps=fps,
            **_run(renderer, job, kinds),
        )
        with interruptible(lambda: renderer.closing):  # many frames take longer than a close may
            count = len(export.export_all(folder, results, kinds))
        return f"{folder.name}: {count} {'file' if count == 1 else 'files'} and manifest.json written"

    return request
