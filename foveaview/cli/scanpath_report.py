"""Input and output of `foveaview scanpath`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from foveaview.cli.images import load_images
from foveaview.cli.recording_input import read_gaze
from foveaview.evaluation.scanpath import ScanpathResult, measure_scanpath
from foveaview.export.figure import figure_class
from foveaview.export.scanpath import (
    export_plot,
    export_replay,
    export_table,
    export_worst,
    replay_frames,
)
from foveaview.files import check_same_size, replacing
from foveaview.gaze.recording_placement import Place, needs_screen, placed
from foveaview.io.embedded_settings import read_recovered
from foveaview.perception.metameric import MetamericLoss
from foveaview.provenance import provenance
from foveaview.settings import LossSettings, ReadingSettings
from foveaview.synthesis.memory import check_loss_memory

__all__ = ["ScanpathFiles", "ScanpathReport", "metamers_gaze", "scanpath_lines"]

_FARTHEST = 5.5  # widths of the image from its middle
_NAMES = ("scanpath.csv", "scanpath.json", "worst.png", "loss.png", "replay.mp4")


def metamers_gaze(
    path: Path, gaze: tuple[float, float] | None, given: dict[str, Any]
) -> tuple[tuple[float, float], LossSettings]:
    """Return a metamer's gaze and settings from its file; the given ones take precedence.

    Raises:
        ValueError: if neither gives a gaze, or it is far outside the image.
    """
    found = read_recovered(path)
    own = {} if found is None else found.groups.get("loss_settings", {})
    gaze = gaze or (None if found is None else found.gaze)
    if gaze is None:
        raise ValueError(f"{path} does not say which gaze it was made for: give it as --gaze X Y")
    if not all(-_FARTHEST <= value - 0.5 <= _FARTHEST for value in gaze):
        got = f"{gaze[0]:g} {gaze[1]:g}"
        raise ValueError(f"a gaze must be finite and near [0, 1], the range of the image, got --gaze {got}")
    return gaze, LossSettings(**{**own, **given})


def scanpath_lines(summary: dict[str, Any], out: Path) -> str:
    """Format a summary for reading."""
    loss, error, worst = (_numbers(summary[name]) for name in ("loss", "error_deg", "worst"))
    return "\n".join(
        (
            f"{summary['usable']} of {summary['samples']} samples in {summary['duration_s']:.1f} s, "
            f"gaze error median {error['median']:.2f} degrees, 95 % below {error['p95']:.2f}",
            f"loss mean {loss['mean']:.4e}, median {loss['median']:.4e}, 95 % below {loss['p95']:.4e}",
            f"worst {worst['loss']:.4e} at {worst['t']:.3f} s, gaze {worst['gaze'][0]:.3f} "
            f"{worst['gaze'][1]:.3f}, {worst['error_deg']:.2f} degrees off; written to {out}",
        )
    )


def _numbers(group: dict[str, Any]) -> dict[str, Any]:
    """Numbers to print, NaN for None, which stands for it in JSON."""
    return {name: math.nan if value is None else value for name, value in group.items()}


def _plain(value: Any) -> Any:
    """Replace numbers that JSON cannot hold by None."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True)
class ScanpathFiles:
    """Input files, output folder and options.

    Attributes:
        image: the target.
        metamer: the image compared with it.
        recording: of gaze.
        out: the folder to write to.
        fps: frames a second of the replay; None for no replay.
    """

    image: Path
    metamer: Path
    recording: Path
    out: Path
    fps: float | None = 30.0

    @property
    def inputs(self) -> list[Path | None]:
        """List every file that is read."""
        return [self.image, self.metamer, self.recording]

    @property
    def outputs(self) -> list[Path]:
        """List every file that will be written."""
        return [self.out / name for name in (_NAMES if self.fps is not None else _NAMES[:-1])]


@dataclass
class ScanpathReport:
    """The evaluation of one metamer with one recording.

    Args:
        files: what to read and write.
        gaze: that the metamer was made for.
        settings: of the loss.
        place: the image's place on the screen.
        reading: the recording to read, and facts missing in its file.
        columns: fields of a `ColumnMapping`, for a table of an unknown kind.
        say: prints a line.
        on_progress: takes the name of the work, the amount done and the total.

    Raises:
        OSError: if a file cannot be read.
        ValueError: if one is not an image or recording, or does not fit.
    """

    files: ScanpathFiles
    gaze: tuple[float, float]
    settings: LossSettings
    place: Place
    reading: ReadingSettings
    columns: dict[str, str]
    say: Callable[[str], None]
    on_progress: Callable[[str, int, int], None] = lambda what, done, total: None
    exposure: float = 0.0
    about: dict[str, Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        files = self.files
        pair = load_images([files.image, files.metamer], self.exposure)
        check_same_size(pair[1], pair[0], files.metamer, files.image)
        channels = max(one.shape[1] for one in pair)
        self._target, self._metamer = (one.expand(-1, channels, -1, -1) for one in pair)
        size = (self._target.shape[-2], self._target.shape[-1])
        check_loss_memory(size, channels, self.settings, self._target.device, with_heatmap=True)
        recording = read_gaze(files.recording, self.reading, self.columns)
        for note in recording.notes:
            self.say(f"{recording.name}: {note}")
        if needs_screen(recording, self.place):
            raise ValueError(
                f"{recording.name} does not say how large its screen was: give --screen WIDTH HEIGHT"
            )
        self._recording = placed(recording, self.place, size)
        if files.fps is not None:
            replay_frames(recording.duration, files.fps)  # a too long replay is refused before the work

    def run(self) -> dict[str, Any]:
        """Measure and write all; return the JSON's content. Raise `Interrupted` within `interruptible`."""
        result = measure_scanpath(
            self._target, self._metamer, self._recording, self.gaze, self.settings, self._telling("gazes")
        )
        self.about = self._about(result)
        out = self.files.out
        export_table(out / "scanpath.csv", result)
        with replacing(out / "scanpath.json") as part:
            part.write_text(json.dumps(self.about, indent=1, allow_nan=False) + "\n")
        short = {name: value for name, value in self.about.items() if name != "summary"}
        self._draw(result, short)
        return self.about

    def _telling(self, what: str) -> Callable[[int, int], None]:
        return lambda done, total: self.on_progress(what, done, total)

    def _about(self, result: ScanpathResult) -> dict[str, Any]:
        files = self.files
        about = provenance(
            self.gaze,
            self.settings,
            image=str(files.image),
            metamer=str(files.metamer),
            recording=str(files.recording),
            screen=self._recording.screen,
            place=self.place,
            summary=result.summary(),
        )
        kept: dict[str, Any] = _plain(about)
        return kept

    def _draw(self, result: ScanpathResult, about: dict[str, Any]) -> None:
        """Write the images; leave out those that need a missing extra, and say so."""
        pair: tuple[Tensor, Tensor] = (self._target, self._metamer)
        loss = MetamericLoss.from_settings(self.settings)
        heatmap = loss.heatmap(self._metamer, self._target, result.worst_gaze)
        export_worst(self.files.out / "worst.png", pair, heatmap, result, about)
        try:
            figure_class()
            export_plot(self.files.out / "loss.png", result, about)
            fps = self.files.fps
            if fps is not None:
                path = self.files.out / "replay.mp4"
                export_replay(path, pair, result, fps, about, self._telling("frames"))
        except ImportError as error:
            self.say(f"not all was drawn: {error}")
