"""Output of `foveaview rate`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import PIL
from torch import Tensor

from foveaview.cli.images import load_images
from foveaview.files import check_same_size, replacing
from foveaview.objectives.build import build_judge
from foveaview.objectives.term import PreparedTerm
from foveaview.perception.interruption import Interrupted
from foveaview.provenance import provenance
from foveaview.rate.codecs import Format, left_out
from foveaview.rate.curve import RatePoint, first_under, measure_rates, planned
from foveaview.settings import LossSettings, ObjectiveSettings, RateSettings
from foveaview.synthesis.memory import check_loss_memory

__all__ = ["RateFiles", "RateReport", "coded_name"]

_HEADER = f"{'format':6} {'quality':>7} {'bytes':>9} {'bpp':>8} {'loss':>11} {'cost':>11}"
_COLUMNS = ("image", "format", "quality", "bytes", "bpp", "loss", "mse", "cost")


def coded_name(image: Path, kind: Format, quality: int) -> str:
    """Name of the file of a coded image.

    >>> from foveaview.rate.codecs import FORMATS
    >>> coded_name(Path("photos/cat.png"), FORMATS[0], 5)
    'cat-05.jpg'
    """
    return f"{image.stem}-{quality:02}.{kind.ending}"


@dataclass(frozen=True)
class RateFiles:
    """Files to write, None for those that are not written.

    Attributes:
        table: CSV, a row for each coded image.
        record: JSON, with settings and versions.
        folder: for the coded files.
    """

    table: Path | None = None
    record: Path | None = None
    folder: Path | None = None


class RateReport:
    """Images coded and compared with a target, printed as they come.

    Args:
        target: the image file that is compared with.
        images: the image files that are coded.
        gaze: (x, y) in image coordinates.
        loss_settings: of the loss.
        objective_settings: the terms that judge what comes back; the adversarial one does not.
        settings: of the rate.
        files: the files to write.
        say: prints a line.

    Raises:
        OSError: if a file cannot be read or written.
        ValueError: if one is not an image, or sizes or names do not fit.
    """

    def __init__(
        self,
        target: Path,
        images: list[Path],
        gaze: tuple[float, float],
        loss_settings: LossSettings,
        objective_settings: ObjectiveSettings,
        settings: RateSettings,
        files: RateFiles,
        say: Callable[[str], None],
        exposure: float = 0.0,
    ) -> None:
        self._target_path, self._gaze, self._loss_settings = target, gaze, loss_settings
        self._objective_settings = objective_settings
        self._settings, self._files, self._say = settings, files, say
        picture, *read = load_images([target, *images], exposure)
        self._images = list(zip(images, read, strict=True))
        for path, image in self._images:
            check_same_size(image, picture, path, target)
        channels = max(one.shape[1] for one in (picture, *(image for _, image in self._images)))
        size = (picture.shape[-2], picture.shape[-1])
        check_loss_memory(size, channels, loss_settings, picture.device)
        self._target = picture.expand(-1, channels, -1, -1)
        self._plan = planned(size, settings)
        self._measured: list[tuple[Path, list[RatePoint]]] = []

    def outputs(self) -> list[Path]:
        """List every file that will be written."""
        files = self._files
        paths = [path for path in (files.table, files.record) if path is not None]
        if files.folder is not None:
            paths += [files.folder / coded_name(path, *one) for path, _ in self._images for one in self._plan]
        return paths

    def run(self) -> bool:
        """Measure, print and write; return True if it was not interrupted.

        Within `interruptible` it ends between two points and writes what it has.
        """
        complete = True
        try:
            judge = build_judge(self._objective_settings, self._loss_settings)
            prepared = judge.prepare(self._target, self._gaze)
            for path, image in self._images:
                self._measure(path, image, prepared)
        except Interrupted:
            complete = False
            done = sum(len(points) for _, points in self._measured)
            self._say(f"interrupted: {done} of {len(self._images) * len(self._plan)} measured")
        self._write(complete)
        return complete

    def _measure(self, path: Path, image: Tensor, prepared: PreparedTerm) -> None:
        height, width = image.shape[-2:]
        gaze = f"gaze {self._gaze[0]:g} {self._gaze[1]:g}"
        self._say(f"{path.name}, {width} x {height} px, against {self._target_path.name}, {gaze}")
        for note in left_out((height, width)):
            self._say(note)
        self._say(_HEADER)
        points: list[RatePoint] = []
        self._measured.append((path, points))
        for point in measure_rates(image, self._target, prepared, self._settings):
            if self._files.folder is not None:
                with replacing(self._files.folder / coded_name(path, point.kind, point.quality)) as part:
                    part.write_bytes(point.data)
            points.append(point)
            self._say(self._line(point))
        for line in self._under(points):
            self._say(line)

    def _line(self, point: RatePoint) -> str:
        cost = point.cost(self._settings.lmbda)
        return (
            f"{point.kind.name:6} {point.quality:7} {len(point.data):9} {point.bpp:8.3f} "
            f"{point.loss:11.4e} {cost:11.4e}"
        )

    def _under(self, points: list[RatePoint]) -> Iterator[str]:
        yield (
            f"cost: mean squared error + {self._settings.lmbda:g} x bpp; "
            "PNG is lossless: its quality is the bits per channel that the colours are rounded to"
        )
        for kind, point in first_under(points, self._settings.threshold).items():
            place = "at none of these" if point is None else f"from quality {point.quality}: "
            rest = (
                ""
                if point is None
                else f"{len(point.data)} bytes, {point.bpp:.3f} bpp, loss {point.loss:.4e}"
            )
            yield f"under {self._settings.threshold:g}: {kind.name} {place}{rest}"

    def _row(self, path: Path, point: RatePoint) -> dict[str, Any]:
        cost = point.cost(self._settings.lmbda)
        values = (point.quality, len(point.data), point.bpp, point.loss, point.mse, cost)
        return dict(zip(_COLUMNS, (str(path), point.kind.name, *values), strict=True))

    def _record(self, complete: bool) -> dict[str, Any]:
        """Return all results as plain values."""
        images = [
            {
                "image": str(path),
                "points": [self._row(path, point) for point in points],
                "under_threshold": {
                    kind.name: None if point is None else self._row(path, point)
                    for kind, point in first_under(points, self._settings.threshold).items()
                },
            }
            for path, points in self._measured
        ]
        about = provenance(
            self._gaze,
            self._loss_settings,
            target=str(self._target_path),
            objective_settings=self._objective_settings.model_dump(),
            rate_settings=self._settings.model_dump(),
            complete=complete,
            images=images,
        )
        about["packages"]["pillow"] = PIL.__version__
        return about

    def _write(self, complete: bool) -> None:
        files = self._files
        if files.table is not None:
            with replacing(files.table) as part, part.open("w", newline="") as file:
                writer = csv.DictWriter(file, _COLUMNS)
                writer.writeheader()
                writer.writerows(
                    self._row(path, point) for path, points in self._measured for point in points
                )
        if files.record is not None:
            with replacing(files.record) as part:
                part.write_text(json.dumps(self._record(complete), indent=1) + "\n")
