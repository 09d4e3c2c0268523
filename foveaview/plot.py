"""Figures of a synthesis: the image, its losses, its representation's error, and all as an animation.

Needs the extra `foveaview[plot]`, loaded with the first figure. Every function returns matplotlib's
own figure or axes, made without pyplot's global state.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foveaview.export.animation import animation_writer
from foveaview.export.figure import figure_class
from foveaview.synthesis.metamer import Metamer

if TYPE_CHECKING:
    from matplotlib.animation import AbstractMovieWriter, FuncAnimation
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["image", "loss", "representation_error", "save_animation", "synthesis_animate", "synthesis_status"]

_PANELS_PX = 72


def _axes(axes: Axes | None) -> Axes:
    return _figure(1).axes[0] if axes is None else axes


def _figure(panels: int, height_in: float = 4.0) -> Figure:
    figure = figure_class()(figsize=(height_in * panels, height_in), layout="constrained", dpi=_PANELS_PX)
    figure.subplots(1, panels)
    return figure


def _row(metamer: Metamer, iteration: int | None) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the title says which iteration is shown
        return int(metamer.get_progress(iteration)["iteration"])


def _shown(metamer: Metamer, iteration: int | None) -> tuple[Tensor, int]:
    """Return the kept metamer nearest to an iteration, and its iteration."""
    row = _row(metamer, iteration)
    if row == metamer.iteration:
        return metamer.metamer.detach(), row
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        progress = metamer.get_progress(row)
    if "saved_metamer" not in progress:
        raise ValueError(f"iteration {row} was not kept: synthesize with store_progress")
    return progress["saved_metamer"].to(metamer.image.device), int(progress["store_progress_iteration"])


def _pixels(picture: Tensor) -> Any:
    values = picture.detach().float().cpu()
    if values.shape[0] == 3:
        return values.clamp(0, 1).permute(1, 2, 0).numpy()
    return values.mean(0).numpy()


def image(
    metamer: Metamer, iteration: int | None = None, *, batch_idx: int = 0, axes: Axes | None = None
) -> Axes:
    """Draw the metamer.

    Args:
        metamer: a synthesis that has begun.
        iteration: the iteration, None for the newest; others must have been kept, see `Metamer.synthesize`.
        batch_idx: index of the image in the batch.
        axes: the axes to draw in; None for a new figure.

    Returns:
        The axes, values from 0 (black) to 1.

    Raises:
        IndexError: if there is no such iteration.
        ValueError: if no metamer was kept.
    """
    picture, kept = _shown(metamer, iteration)
    axes = _axes(axes)
    axes.imshow(_pixels(picture[batch_idx]), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_title(f"Metamer, iteration {kept}")
    axes.set_axis_off()
    return axes


def loss(metamer: Metamer, iteration: int | None = None, *, axes: Axes | None = None) -> Axes:
    """Draw the losses of all iterations, with a dot at one; arguments and errors as of `image`."""
    row = _row(metamer, iteration)
    axes, losses = _axes(axes), metamer.losses
    axes.semilogy(losses.numpy(), color="C0")
    axes.plot([row], [float(losses[row])], "o", color="C3")
    axes.set(title="Loss", xlabel="iteration", ylabel="objective")
    return axes


def representation_error(
    metamer: Metamer, iteration: int | None = None, *, batch_idx: int = 0, axes: Axes | None = None
) -> Axes:
    """Draw the metamer's representation less the image's; arguments and errors as of `image`.

    A representation of 4 dimensions is drawn as an image, its channels side by side; any other as a line
    over its elements.
    """
    picture, kept = _shown(metamer, iteration)
    with torch.no_grad():
        error = (metamer.model(picture) - metamer.target_representation)[batch_idx].detach().cpu()
    axes = _axes(axes)
    if error.is_complex():
        error = error.abs()
    if error.dim() == 3:
        side_by_side = torch.cat(list(error.float()), dim=-1).numpy()
        top = float(np.abs(side_by_side).max()) or 1.0
        axes.imshow(side_by_side, cmap="RdBu_r", vmin=-top, vmax=top, interpolation="nearest")
        axes.set_axis_off()
    else:
        axes.plot(error.float().flatten().numpy(), linewidth=0.5)
        axes.set(xlabel="statistic", ylabel="difference")
    axes.set_title(f"Representation error, iteration {kept}")
    return axes


def synthesis_status(metamer: Metamer, iteration: int | None = None, *, batch_idx: int = 0) -> Figure:
    """Draw the metamer, its losses and its representation's error side by side; arguments as of `image`."""
    _row(metamer, iteration)
    figure = _figure(3)
    _draw(figure, metamer, iteration, batch_idx)
    return figure


def _draw(figure: Figure, metamer: Metamer, iteration: int | None, batch_idx: int) -> None:
    first, second, third = figure.axes
    for axes in figure.axes:
        axes.clear()
    image(metamer, iteration, batch_idx=batch_idx, axes=first)
    loss(metamer, iteration, axes=second)
    representation_error(metamer, iteration, batch_idx=batch_idx, axes=third)


def synthesis_animate(metamer: Metamer, framerate: float = 10, *, batch_idx: int = 0) -> FuncAnimation:
    """Make an animation of the status at every kept iteration, to show or to save.

    Args:
        metamer: run with `store_progress`.
        framerate: frames a second.
        batch_idx: index of the image in the batch.

    Raises:
        ValueError: if no progress was kept.
    """
    every = int(metamer.store_progress or 0)
    if every == 0:
        raise ValueError("there is no progress to animate: synthesize with store_progress")
    figure = _figure(3)
    from matplotlib.animation import FuncAnimation

    iterations = [*range(0, metamer.iteration, every), metamer.iteration]

    def draw(iteration: int) -> list[Any]:
        _draw(figure, metamer, iteration, batch_idx)
        return []

    return FuncAnimation(
        figure, draw, frames=iterations, init_func=list, interval=1000 / framerate, blit=False, repeat=False
    )


def save_animation(animation: FuncAnimation, path: Path | str, framerate: float = 10) -> None:
    """Write an animation as GIF or MP4, by the path's ending; if that fails, an existing file stays.

    Raises:
        ValueError: for another ending.
        ImportError: for an MP4, if ffmpeg is missing.
        OSError: if it cannot be written.
    """
    with animation_writer(path, framerate) as add:
        animation.save(str(path), writer=_movie_writer(add))


def _movie_writer(add: Callable[[npt.NDArray[np.uint8]], None]) -> AbstractMovieWriter:
    """Make a writer for matplotlib that passes on each frame."""
    from matplotlib.animation import AbstractMovieWriter

    class Frames(AbstractMovieWriter):
        def setup(self, fig: Figure, outfile: Any, dpi: float | None = None) -> None:
            super().setup(fig, outfile, dpi)

        def grab_frame(self, **options: Any) -> None:
            drawn = io.BytesIO()
            self.fig.savefig(drawn, format="rgba", dpi=self.dpi, **options)
            width, height = self.frame_size
            add(np.frombuffer(drawn.getvalue(), np.uint8).reshape(height, width, 4)[..., :3])

        def finish(self) -> None:
            """Do nothing: the caller closes the file."""

    return Frames()
