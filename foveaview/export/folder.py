"""Export of one result as files in one folder, with a list of them."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

from torch import Tensor

from foveaview.export.animation import Pixels, animation_writer
from foveaview.export.figure import RINGS_DEG, export_figure
from foveaview.export.images import export_image
from foveaview.files import replacing, save_losses
from foveaview.io.colormaps import Scale
from foveaview.settings import LossSettings

__all__ = ["KINDS", "Kind", "Results", "export_all", "obstacles"]

Kind = Literal["image", "image16", "image_float", "figure_png", "figure_svg", "losses", "gif", "mp4"]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""8-bit PNG, 16-bit PNG and float TIFF of the image; the heatmap's figure as PNG and SVG; the losses as CSV;
the run as GIF and MP4."""

_MANIFEST = "manifest.json"
_FIGURES: tuple[Kind, ...] = ("figure_png", "figure_svg")
_ANIMATIONS: tuple[Kind, ...] = ("gif", "mp4")


@dataclass(frozen=True, eq=False)
class Results:
    """A result to export.

    Attributes:
        about: settings and versions, from `foveaview.provenance`.
        gaze: (x, y) in image coordinates.
        loss_settings: of the heatmap, with image width and viewing distance.
        image: (N, C, H, W) in [0, 1], of which the first is written.
        heatmap: (1, 1, H, W).
        content: kind of image, which names its files.
        losses: of every iteration, if there was a run.
        terms: the values of each term, as many as losses.
        frames: (H, W) or (H, W, 3) bytes each, iterated once, if a run's images were kept.
        fps: frames a second.
        scale: colormap, range and unit of the heatmap.
        rings_deg: eccentricities to draw.
    """

    about: dict[str, Any]
    gaze: tuple[float, float]
    loss_settings: LossSettings
    image: Tensor
    heatmap: Tensor
    content: str = "metamer"
    losses: Sequence[float] | None = None
    terms: Mapping[str, list[float]] = field(default_factory=dict)
    frames: Iterable[Pixels] | None = None
    fps: float = 10
    scale: Scale = field(default_factory=Scale)
    rings_deg: Sequence[float] = RINGS_DEG


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ValueError:  # a module without a spec
        return False


def obstacles(*, run: bool, frames: bool) -> dict[Kind, str]:
    """Return the kinds that are unavailable, with the reason for each.

    Args:
        run: True if there is a run, and with it losses.
        frames: True if images of it were kept.

    >>> obstacles(run=False, frames=True)["losses"]
    'start a run first'
    """
    found: dict[Kind, str] = {}
    if not _installed("matplotlib"):
        found |= dict.fromkeys(_FIGURES, "needs matplotlib: pip install 'foveaview[plot]'")
    if not _installed("imageio_ffmpeg"):
        found["mp4"] = "needs imageio-ffmpeg: pip install 'foveaview[plot]'"
    if not frames:
        found |= dict.fromkeys(_ANIMATIONS, "no images of the run were kept" if run else "start a run first")
    if not run:
        found["losses"] = "start a run first"
    return found


def _names(content: str) -> dict[Kind, str]:
    stem = content.replace(" ", "-")
    names = (f"{stem}.png", f"{stem}-16bit.png", f"{stem}.tif", "heatmap.png", "heatmap.svg", "loss.csv")
    return dict(zip(KINDS, (*names, "animation.gif", "animation.mp4"), strict=True))


def _write(kind: Kind, path: Path, results: Results) -> None:
    """Write one file, other than an animation."""
    if kind == "losses":
        save_losses(path, list(results.losses or []), dict(results.terms))
    elif kind in _FIGURES:
        wanted: dict[str, Any] = {"scale": results.scale, "rings_deg": results.rings_deg}
        export_figure(path, results.heatmap, results.about, results.gaze, results.loss_settings, **wanted)
    else:
        bits: Literal[16] | None = 16 if kind == "image16" else None
        export_image(path, results.image, results.about, results.content, bits)


def _animate(paths: list[Path], results: Results) -> None:
    """Write all animations, taking every frame once."""
    with ExitStack() as stack:
        adders: list[Callable[[Pixels], None]]
        adders = [stack.enter_context(animation_writer(path, results.fps, results.about)) for path in paths]
        for frame in results.frames or ():
            for add in adders:
                add(frame)


def _entry(kind: Kind, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "kind": kind, "bytes": path.stat().st_size, "sha256": digest}


def _write_all(folder: Path, names: dict[Kind, str], results: Results) -> None:
    """Write the files and, last, their list."""
    animations = [folder / names[kind] for kind in names if kind in _ANIMATIONS]
    for kind, name in names.items():
        if kind not in _ANIMATIONS:
            _write(kind, folder / name, results)
    if animations:
        _animate(animations, results)
    manifest = {
        "format": "foveaview results",
        "version": 1,
        "files": [_entry(kind, folder / name) for kind, name in names.items()],
        "settings": results.about,
    }
    with replacing(folder / _MANIFEST) as part:
        part.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _checked(kinds: Collection[str] | None, results: Results) -> list[Kind]:
    found = obstacles(run=results.losses is not None, frames=results.frames is not None)
    if kinds is None:
        return [kind for kind in KINDS if kind not in found]
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(f"there is no kind of export {kind!r}: choose among {', '.join(KINDS)}")
        if kind in found:
            raise ValueError(f"{kind} cannot be exported: {found[kind]}")
    if not kinds:
        raise ValueError("nothing was chosen to export")
    return [kind for kind in KINDS if kind in kinds]


def export_all(folder: Path | str, results: Results, kinds: Collection[str] | None = None) -> list[str]:
    """Write one result as many files, with a `manifest.json` that lists them and holds the settings.

    All is written beside its place first, so that an error leaves the folder as it was. Then each file takes
    its place, the manifest last. Other files in the folder stay.

    Args:
        folder: made if it is missing.
        results: the result to export.
        kinds: some of `KINDS` to write; None for all that are available.

    Returns:
        The names of the files, without the manifest.

    Raises:
        ValueError: for an unknown or unavailable kind; see `obstacles`.
        OSError: if the folder cannot be written.
    """
    folder, chosen = Path(folder), _checked(kinds, results)
    names = {kind: name for kind, name in _names(results.content).items() if kind in chosen}
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for name in (*names.values(), _MANIFEST):
            if (folder / name).is_dir():
                raise IsADirectoryError(21, "Is a directory", str(folder / name))
        with tempfile.TemporaryDirectory(prefix=".export-", dir=folder) as beside:
            _write_all(Path(beside), names, results)
            for name in (*names.values(), _MANIFEST):
                (Path(beside) / name).replace(folder / name)
    except BaseException:
        if new:
            with suppress(OSError):  # others may have put files there
                folder.rmdir()
        raise
    return list(names.values())
