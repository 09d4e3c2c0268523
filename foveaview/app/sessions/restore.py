"""Reads a session and restores its targets, in the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foveaview.app.core import image_requests as requests
from foveaview.app.core.background import CancelToken
from foveaview.app.core.state import MOST_PINS, Document, Phase
from foveaview.live import Failure, RunStatus
from foveaview.live.loop import cancel_on_close
from foveaview.live.renderer import Renderer
from foveaview.perception.analysis.loss_breakdown import Selection
from foveaview.perception.interruption import check_interruption
from foveaview.perception.pyramid.padding import levels_that_fit
from foveaview.sessions.file_references import ImageFile, found, is_file, places
from foveaview.sessions.model import (
    RunRecord,
    Session,
    TargetRecord,
    read_session,
)
from foveaview.settings import SynthesisSettings
from foveaview.synthesis import MetamerSearch, load_checkpoint
from foveaview.synthesis.devices import resolve_device
from foveaview.synthesis.memory import NotEnoughMemoryError

__all__ = ["RestoredTarget", "open_session", "restore_target"]

_WITHOUT_HEATMAP = ("adversarial",)  # judges an image as a whole


@dataclass(frozen=True, eq=False)
class RestoredTarget:
    """A target as it was, or what there still is of it, and what differs, in words."""

    document: Document | None
    run: int
    remarks: tuple[str, ...] = ()
    record: RunRecord | None = None


@dataclass
class _Restoring:
    """One target on its way back."""

    session: Path
    record: TargetRecord
    renderer: Renderer
    remarks: list[str] = field(default_factory=list)

    def _say(self, error: Exception) -> None:
        self.remarks.append(Failure.of(error).message)

    def _remark(self, text: str) -> None:
        """Once."""
        if text not in self.remarks:
            self.remarks.append(text)

    def read(self, image: ImageFile) -> requests.FileImage | None:
        """The image, or else one that has its name now."""
        there = [place for place in places(image, self.session) if is_file(place)]
        if not there:
            self.remarks.append(f"{Path(image.path).name} is not there any more ({image.path})")
            return None
        other = None
        for place in there:
            check_interruption()
            try:
                read = requests.read_image(place, image.exposure)
            except (OSError, ValueError) as error:
                self._say(error)
                continue
            if read.source.sha256 == image.sha256:
                return read
            other = other or read
        if other is not None:
            self.remarks.append(f"{Path(other.source.path).name} has changed since")
        return other

    def opened(self) -> requests.Opened | None:
        """The target."""
        found = self.read(self.record.image)
        if found is None:
            return None
        height, width = found.loaded.image.shape[-2:]
        if levels_that_fit((height >> self.record.halvings, width >> self.record.halvings)):
            return requests.to_target(found, self.record.halvings)
        self.remarks.append(f"{found.source.path}: an image needs at least 16 px on each side")
        return None

    def like(self, image: ImageFile | None, opened: requests.Opened) -> requests.Read | None:
        """The candidate or the start, made like the target."""
        found = None if image is None else self.read(image)
        return None if found is None else requests.match_target(opened.target, found)

    def adopt_run(self, run: int, opened: requests.Opened) -> RunStatus | None:
        """The search, held by the renderer."""
        record = self.record.run
        if record is None or record.checkpoint is None:
            return None
        try:
            checkpoint = load_checkpoint(self.session.absolute().parent / record.checkpoint)
            settings = checkpoint.synthesis_settings
            search = MetamerSearch.resumed(checkpoint, opened.target, self.with_device(settings))
        except (OSError, ValueError, NotEnoughMemoryError, RuntimeError) as error:
            message = Failure.of(error).message
            self.remarks.append(f"the run of {opened.path.name} could not be taken up: {message}")
            return None
        return self.renderer.runs.adopt_run(run, search, record.outcome)

    def with_device(self, settings: SynthesisSettings) -> SynthesisSettings:
        """The settings, on a device that is here."""
        if _is_here(settings.device):
            return settings
        self._remark(f"{settings.device} is not here: computed on the {resolve_device('auto')}")
        return settings.replace(device="auto")

    def mapped_term(self) -> tuple[str, Selection | None]:
        """The term of the heatmap and its parts; the metameric loss if the term has no heatmap."""
        name = self.record.heatmap_of
        if name not in _WITHOUT_HEATMAP:
            return name, self.record.heatmap_parts
        self._remark(f"the {name} term has no heatmap: that of the metameric loss is shown")
        return "metameric", None

    def document(self, number: int, run: int) -> Document | None:
        """All of it."""
        record, opened = self.record, self.opened()
        if opened is None:
            return None
        file, start = self.like(record.file, opened), self.like(record.start, opened)
        fit = levels_that_fit(opened.size)
        loss_settings = record.loss_settings
        if loss_settings.n_pyramid_levels > fit:
            loss_settings = loss_settings.replace(n_pyramid_levels=fit)
            self.remarks.append(f"{opened.path.name}: levels set to {fit}, the most that fit its size")
        height, width = opened.size
        heatmap_of, heatmap_parts = self.mapped_term()
        return Document(
            number,
            opened.path,
            opened.target,
            opened.pixels,
            gaze=record.gaze,
            loss_settings=loss_settings,
            settings=self.with_device(record.settings),
            objective=record.objective,
            heatmap_of=heatmap_of,
            heatmap_parts=heatmap_parts,
            pins=tuple(p for p in record.pins if p[0] < width and p[1] < height)[-MOST_PINS:],
            source=opened.source,
            halvings=opened.halvings,
            label=opened.label,
            is_light=opened.is_light,
            **_read_images(file, start),
            **self._search(run, opened, has_file=file is not None),
        )

    def _search(self, run: int, opened: requests.Opened, has_file: bool) -> dict[str, Any]:
        """Run, phase and candidate, as far as they are there."""
        record, kind = self.record.run, self.record.candidate
        if kind == "file" and not has_file:
            kind = "ventral"
        status = self.adopt_run(run, opened)
        lost = record is not None and record.checkpoint is not None and status is None
        if record is None or lost:
            return {"candidate": "ventral" if kind == "metamer" else kind}
        return {
            "run": run,
            "phase": Phase(self.record.phase),
            "unsaved": record.unsaved,
            "status": status,
            "candidate": kind,
        }


def _read_images(file: requests.Read | None, start: requests.Read | None) -> dict[str, Any]:
    """The fields of a document for its candidate and start image."""
    said: dict[str, Any] = {}
    if file is not None:
        name = Path(file.source.path).name
        said |= {"file": file.image, "file_name": name, "file_source": file.source}
    if start is not None:
        said |= {"start": start.image, "start_source": start.source}
    return said


def _is_here(device: str) -> bool:
    try:
        resolve_device(device)
    except ValueError:
        return False
    return True


def restore_target(
    session: Path, record: TargetRecord, number: int, run: int, asked: CancelToken
) -> Callable[[Renderer], RestoredTarget | None]:
    """Read a target of a session file, and take up its run under a number that was reserved.

    The answer is None if nobody waits for it any more.
    """

    def request(renderer: Renderer) -> RestoredTarget:
        restoring = _Restoring(session, record, renderer)
        document = restoring.document(number, run)
        return RestoredTarget(document, run, tuple(restoring.remarks), record.run)

    return cancel_on_close(lambda renderer: asked(lambda: request(renderer))(renderer))


def open_session(path: Path, asked: CancelToken) -> Callable[[Renderer], Session | None]:
    """Read a session file, and find the files that its parts name, even if they were moved with it.

    The answer is None if nobody waits for it any more.
    """
    return cancel_on_close(asked(lambda: read_session(path).with_data_files(lambda file: found(file, path))))
