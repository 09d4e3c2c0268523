"""A scanpath's losses as table, plot, image of the worst gaze, and replay."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from foveaview.evaluation.scanpath import ScanpathResult
from foveaview.export.animation import Pixels, animation_writer
from foveaview.export.figure import figure_class
from foveaview.files import SETTINGS_KEY, replacing, save_png, to_uint8
from foveaview.io.colormaps import Scale
from foveaview.perception.interruption import check_interruption

__all__ = ["export_plot", "export_replay", "export_table", "export_worst", "replay_frames"]

_LARGEST_SIDE_PX = 512  # of each image of the replay
_STRIP_PX = 64
_OLDEST_S = 0.1  # an older gaze is not drawn
_POINTS = 20_000
_HEADROOM = 1.2  # for the legend
_RADIUS_PX = 7
_BRIGHTEST = 0.995
_MOST_FRAMES = 1_000_000


def export_table(path: Path, result: ScanpathResult) -> None:
    """Write every sample as CSV, exact to the last bit; raises `OSError` if that fails."""
    columns = (result.t, result.x, result.y, result.loss, result.error_deg)
    with replacing(path) as part, part.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["t", "x", "y", "loss", "error_deg"])
        for first in range(0, len(result.t), _POINTS):
            check_interruption()
            rows = zip(*(column[first : first + _POINTS].tolist() for column in columns), strict=True)
            writer.writerows(map(repr, row) for row in rows)


def export_plot(path: Path, result: ScanpathResult, about: dict[str, Any]) -> None:
    """Write the loss against the gaze error as a PNG, with the median, half and 95 % of the samples by bin.

    Raises:
        ImportError: if matplotlib is missing.
        OSError: if it cannot be written.
    """
    figure = figure_class()(figsize=(7, 4.5), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    shown = np.flatnonzero(result.usable)
    shown = shown[:: max(1, len(shown) // _POINTS)]
    axes.plot(result.error_deg[shown], result.loss[shown], ".", markersize=1.5, alpha=0.3, color="0.6")
    bins = result.by_error()
    middle = [(row["from_deg"] + row["to_deg"]) / 2 for row in bins]
    low, median, high, most = ([row[name] for row in bins] for name in ("p25", "median", "p75", "p95"))
    axes.fill_between(middle, low, high, alpha=0.35, label="half of the samples")
    axes.plot(middle, median, marker="o", markersize=3, label="median")
    axes.plot(middle, most, "--", linewidth=1, label="95 % lie below")
    axes.set(xlabel="gaze error (degrees)", ylabel="metameric loss", xlim=(0, None))
    axes.set_ylim(0, _HEADROOM * float(result.loss[shown].max()) or None)
    axes.legend(loc="upper left", ncols=3)
    with replacing(path) as part:
        metadata = {SETTINGS_KEY: json.dumps(about, allow_nan=False), "Software": None}
        figure.savefig(part, format="png", metadata=metadata)


def _rgb(image: Tensor, largest: int | None = None) -> Pixels:
    """Return (H, W, 3) bytes, with the longer side reduced to `largest` if it is larger."""
    picture = Image.fromarray(to_uint8(image)).convert("RGB")
    if largest is not None and max(picture.size) > largest:
        scale = largest / max(picture.size)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.BOX)
    return np.asarray(picture)


def _mark(draw: ImageDraw.ImageDraw, at: tuple[float, float]) -> None:
    """Draw a white ring with a cross and a dark edge, visible on any image."""
    x, y = at
    r = _RADIUS_PX
    for color, width in (("black", 4), ("white", 2)):
        draw.ellipse((x - r, y - r, x + r, y + r), outline=color, width=width)
        draw.line((x - 3, y, x + 3, y), fill=color, width=width - 1)
        draw.line((x, y - 3, x, y + 3), fill=color, width=width - 1)


def _marked(pictures: list[Pixels], gaze: tuple[float, float]) -> Image.Image:
    """Put images of one size side by side and draw the gaze into each, if it is inside."""
    height, width = pictures[0].shape[:2]
    whole = Image.fromarray(np.concatenate(pictures, axis=1))
    _mark_all(ImageDraw.Draw(whole), len(pictures), (height, width), gaze)
    return whole


def _mark_all(
    draw: ImageDraw.ImageDraw, count: int, size: tuple[int, int], gaze: tuple[float, float]
) -> None:
    if all(-0.05 <= value <= 1.05 for value in gaze):
        height, width = size
        for index in range(count):
            _mark(draw, (gaze[0] * (width - 1) + index * width, gaze[1] * (height - 1)))


def export_worst(
    path: Path, pair: tuple[Tensor, Tensor], heatmap: Tensor, result: ScanpathResult, about: dict[str, Any]
) -> None:
    """Write target, metamer and heatmap at the worst gaze side by side, the gaze marked.

    The heatmap is brightest from the 99.5th percentile on: a few pixels may hold far more than all others.

    Args:
        path: of a PNG.
        pair: target and metamer, (1, C, H, W).
        heatmap: (1, 1, H, W), at the worst gaze.
        result: which gaze that is.
        about: what it was made with.
    """
    most = float(np.quantile(heatmap.detach().cpu().numpy(), _BRIGHTEST))
    scale = Scale(largest=most or None).of(heatmap)
    pictures = [_rgb(pair[0]), _rgb(pair[1]), scale.colorize(heatmap)]
    marked = _marked(pictures, result.worst_gaze)
    save_png(path, np.asarray(marked), {**about, "content": "worst gaze", **scale.about()})


def _curve(result: ScanpathResult, width: int) -> Pixels:
    """Draw the loss over the whole time, (64, width, 3): in each column from its smallest to its largest."""
    strip = np.full((_STRIP_PX, width, 3), 32, dtype=np.uint8)
    usable = np.flatnonzero(result.usable)
    passed = result.t[usable] - result.t[0]
    column = np.minimum(passed / max(float(result.t[-1] - result.t[0]), 1e-9) * width, width - 1).astype(int)
    height = result.loss[usable] / max(float(result.loss[usable].max()), 1e-30) * (_STRIP_PX - 18)
    row = (_STRIP_PX - 2 - height).astype(int)
    for one in np.unique(column):
        rows = row[column == one]
        strip[rows.min() : rows.max() + 2, one] = (240, 200, 60)
    return strip


def replay_frames(duration_s: float, fps: float) -> int:
    """Return the number of frames of a replay; raise `ValueError` for more than a million.

    >>> replay_frames(2.0, 30.0)
    61
    """
    count = max(1, int(duration_s * fps) + 1)
    if count > _MOST_FRAMES:
        length = f"{duration_s / 3600:.4g} hours at {fps:g} frames a second"
        raise ValueError(
            f"the replay would have {count} frames ({length}), and {_MOST_FRAMES} are the most: "
            "give --no-video or a lower --fps; if the recording is not so long, one of its times is wrong"
        )
    return count


class _Replay:
    """The frames of a replay."""

    def __init__(self, pair: tuple[Tensor, Tensor], result: ScanpathResult, fps: float) -> None:
        self._result, self._fps = result, fps
        pictures = [_rgb(one, _LARGEST_SIDE_PX) for one in pair]
        self._size = (pictures[0].shape[0], pictures[0].shape[1])
        both = np.concatenate(pictures, axis=1)
        self._both = Image.fromarray(np.pad(both, ((0, _STRIP_PX), (0, 0), (0, 0)), constant_values=32))
        self._strip = Image.fromarray(_curve(result, both.shape[1]))
        self._duration = float(result.t[-1] - result.t[0])
        self.count = replay_frames(self._duration, fps)

    def __iter__(self) -> Iterator[Pixels]:
        t = self._result.t - self._result.t[0]
        for number in range(self.count):
            check_interruption()
            at = number / self._fps
            yield self._frame(at, int(np.searchsorted(t, at, side="right")) - 1, t)

    def _frame(self, at: float, index: int, t: Any) -> Pixels:
        result, (height, width) = self._result, self._size
        frame = self._both.copy()
        done = round(min(at / max(self._duration, 1e-9), 1.0) * 2 * width)
        frame.paste(self._strip.crop((0, 0, done, _STRIP_PX)), (0, height))
        draw = ImageDraw.Draw(frame)
        text = f"{at:.1f} s"
        if result.usable[index] and at - t[index] <= _OLDEST_S:
            _mark_all(draw, 2, self._size, (float(result.x[index]), float(result.y[index])))
            text += f"   loss {result.loss[index]:.3e}   {result.error_deg[index]:.1f} deg off"
        draw.text((4, height + 2), text, fill="white")
        return np.asarray(frame)


def export_replay(
    path: Path,
    pair: tuple[Tensor, Tensor],
    result: ScanpathResult,
    fps: float,
    about: dict[str, Any],
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the replay in real time as an MP4: target and metamer, the gaze, and the loss so far.

    Args:
        path: a file that ends in .mp4.
        pair: target and metamer, (1, C, H, W); shown at 512 px or less.
        result: the gazes and losses.
        fps: frames a second.
        about: what it was made with.
        on_progress: takes the number of frames done and the total.

    Raises:
        ValueError: for more than a million frames.
        ImportError: if ffmpeg is missing.
        OSError: if it cannot be written.
        Interrupted: within `interruptible`, if interrupted; then no file is left.
    """
    replay = _Replay(pair, result, fps)
    with animation_writer(path, fps, about) as add:
        for number, frame in enumerate(replay, 1):
            add(frame)
            if on_progress is not None:
                on_progress(number, replay.count)
