"""Requests to the worker: read and write images and checkpoints, and measure parts of the loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch.nn.functional as F
from torch import Tensor

from foveaview.files import to_uint8
from foveaview.io.images import LoadedImage
from foveaview.io.images import read_image as load
from foveaview.live import Candidate, Job, Key, LossBreakdown
from foveaview.live.loop import cancel_on_close
from foveaview.live.renderer import Renderer
from foveaview.perception.analysis.pooled_statistics import BandStatistics
from foveaview.sessions.file_references import ImageFile
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings
from foveaview.synthesis import MetamerSearch, load_checkpoint
from foveaview.synthesis.checkpoints.checkpoint import image_sha256
from foveaview.synthesis.checkpoints.checkpoint import save_checkpoint as write_checkpoint

__all__ = [
    "FileImage",
    "LossBreakdown",
    "Opened",
    "PooledStatisticsAt",
    "Read",
    "Resumed",
    "dissect",
    "downscale",
    "load_matching",
    "match_target",
    "pooled_statistics_at",
    "read_image",
    "read_target",
    "resume",
    "save_checkpoint",
    "to_target",
]


@dataclass(frozen=True, eq=False)
class FileImage:
    """An image as it was read, and what it is recognised by later."""

    loaded: LoadedImage
    source: ImageFile

    @property
    def notice(self) -> str | None:
        """Conversions and losses of reading; None if the values are the file's own."""
        return f"{Path(self.source.path).name}: {self.loaded.label}" if self.loaded.notes else None


@dataclass(frozen=True, eq=False)
class Opened:
    """A target, the file that it was read from, and how many times it was halved after that.

    Attributes:
        path: names the target.
        target: (1, C, H, W) in [0, 1].
        pixels: the target in bytes.
        source: the file.
        halvings: how many times the target was halved.
        label: format, depth and conversions; empty if the values are the file's own.
        is_light: an exposure applies to the file.
    """

    path: Path
    target: Tensor
    pixels: npt.NDArray[np.uint8]
    source: ImageFile
    halvings: int = 0
    label: str = ""
    is_light: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.target.shape[-2], self.target.shape[-1]


@dataclass(frozen=True, eq=False)
class Read:
    """An image made like a target, the file that it is from, and what had to be done to it."""

    image: Tensor
    source: ImageFile
    notice: str | None


@dataclass(frozen=True)
class Resumed:
    """The run of a checkpoint."""

    name: str
    iteration: int
    gaze: tuple[float, float]
    loss_settings: LossSettings
    settings: SynthesisSettings
    objective: ObjectiveSettings


@dataclass(frozen=True, eq=False)
class PooledStatisticsAt:
    """Statistics of target and candidate that are pooled at a point.

    Attributes:
        point: (x, y) in image coordinates.
        bands: one for each channel of each band.
        iteration: of the search; None if the candidate is not of a search.
        key: gaze and settings of the measurement.
        document: number of the target.
        candidate: kind of the candidate.
    """

    point: tuple[float, float]
    bands: list[BandStatistics]
    iteration: int | None
    key: Key
    document: int
    candidate: Candidate


def read_image(path: Path, exposure: float = 0.0) -> FileImage:
    """Read an image file; an exposure is kept if it applies."""
    loaded = load(path, exposure)
    kept = exposure if loaded.is_light else 0.0
    source = ImageFile(path=str(path.absolute()), sha256=image_sha256(loaded.image), exposure=kept)
    return FileImage(loaded, source)


def to_target(read: FileImage, halvings: int = 0) -> Opened:
    """An image that was read, halved some times."""
    loaded, source = read.loaded, read.source
    label = loaded.label if loaded.notes else ""
    pixels = to_uint8(loaded.image)
    opened = Opened(Path(source.path), loaded.image, pixels, source, label=label, is_light=loaded.is_light)
    for _ in range(halvings):
        opened = _half(opened)
    return opened


def read_target(path: Path, exposure: float = 0.0, halvings: int = 0) -> Callable[[Renderer], Opened]:
    """Read an image file as a target."""
    return cancel_on_close(lambda _renderer: to_target(read_image(path, exposure), halvings))


def _half(opened: Opened) -> Opened:
    size = (opened.size[0] // 2, opened.size[1] // 2)
    small = F.interpolate(opened.target, size=size, mode="area")
    path = opened.path.with_name(f"{opened.path.stem} at half size{opened.path.suffix}")
    return replace(opened, path=path, target=small, pixels=to_uint8(small), halvings=opened.halvings + 1)


def downscale(opened: Opened) -> Callable[[Renderer], Opened]:
    """The target at half its size."""
    return lambda _renderer: _half(opened)


def match_target(target: Tensor, read: FileImage) -> Read:
    """An image that was read, with the target's size and channels."""
    image, source, name = read.loaded.image, read.source, Path(read.source.path).name
    notices = [read.notice]
    size, wanted = image.shape[-2:], target.shape[-2:]
    if size != wanted:
        image = F.interpolate(image, size=wanted, mode="bicubic", antialias=True).clamp(0, 1)
        shown = f"from {size[1]} x {size[0]} to the target's {wanted[1]} x {wanted[0]} px"
        notices.append(f"{name}: resized {shown}")
    if image.shape[1] < target.shape[1]:
        image = image.expand(-1, 3, -1, -1).contiguous()
    elif image.shape[1] > target.shape[1]:
        image = image.mean(dim=1, keepdim=True)
        notices.append(f"{name}: made gray, like the target")
    said = [notice for notice in notices if notice is not None]
    return Read(image, source, "; ".join(said) or None)


def load_matching(path: Path, target: Tensor, exposure: float = 0.0) -> Callable[[Renderer], Read]:
    """Read an image file and give it the target's size and channels."""
    return cancel_on_close(lambda _renderer: match_target(target, read_image(path, exposure)))


def save_checkpoint(run: int, path: Path) -> Callable[[Renderer], str]:
    """Write the checkpoint of a run."""

    def request(renderer: Renderer) -> str:
        if run not in renderer.runs.searches:
            raise ValueError("there is no run to save: start one first")
        path.parent.mkdir(parents=True, exist_ok=True)
        search = renderer.runs.searches[run]
        write_checkpoint(path, search.checkpoint())
        return f"{path.name}: saved at iteration {search.synthesis.iteration}"

    return request


def resume(path: Path, run: int, target: Tensor) -> Callable[[Renderer], Resumed]:
    """Take up the run of a checkpoint, for the controller to go on with."""

    def request(renderer: Renderer) -> Resumed:
        checkpoint = load_checkpoint(path)
        search = MetamerSearch.resumed(checkpoint, target, checkpoint.synthesis_settings)
        renderer.runs.adopt_run(run, search)
        return Resumed(
            path.name,
            search.synthesis.iteration,
            search.gaze,
            search.loss_settings,
            search.settings,
            search.objective_settings,
        )

    return request


def _begun(renderer: Renderer, job: Job) -> bool:
    return job.candidate != "metamer" or renderer.runs.search_of(job) is not None


def dissect(job: Job) -> Callable[[Renderer], LossBreakdown | None]:
    """The metameric loss of the job's candidate by part; None if there is no candidate yet."""
    whole = replace(job, quality="full")

    def request(renderer: Renderer) -> LossBreakdown | None:
        return renderer.decompose(whole) if _begun(renderer, whole) else None

    return request


def pooled_statistics_at(
    job: Job, point: tuple[float, float]
) -> Callable[[Renderer], PooledStatisticsAt | None]:
    """Measure the statistics pooled at a point; None if there is no candidate yet."""
    whole = replace(job, quality="full")

    def request(renderer: Renderer) -> PooledStatisticsAt | None:
        if not _begun(renderer, whole):
            return None
        twin, iteration = renderer.twin(whole)
        key = Key(whole.gaze, whole.loss_settings)
        return PooledStatisticsAt(point, twin.at(point), iteration, key, whole.document, whole.candidate)

    return request
