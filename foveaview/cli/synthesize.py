"""The command that searches for a metamer."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from foveaview.cli.images import load_images
from foveaview.cli.options import (
    ExposureOption,
    GazeOption,
    ImageFile,
    WeightOption,
    inside,
    part_of,
    weights_of,
    with_settings,
)
from foveaview.cli.outputs import check_outputs
from foveaview.export import export_heatmap, export_image
from foveaview.files import save_losses
from foveaview.interrupts import deferred_signals
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings
from foveaview.synthesis.checkpoints.checkpoint import load_checkpoint, save_checkpoint
from foveaview.synthesis.run import Outcome, Step
from foveaview.synthesis.search import MetamerSearch

__all__ = ["synthesize"]

_CHECKPOINT_EVERY_S = 30.0
# A resumed search may change steps, device and stop rule; any other change makes it another search.
_RESUME_MAY_CHANGE = {"steps", "device", "stop_fraction", "stop_window"}

_RESULTS = ("metamer.png", "heatmap.png", "loss.csv", "checkpoint.pt")


def _resumed(
    path: Path, target: torch.Tensor, gaze: tuple[float, float] | None, given: dict[str, Any]
) -> MetamerSearch:
    checkpoint = load_checkpoint(path)
    groups = (checkpoint.loss_settings, checkpoint.synthesis_settings, checkpoint.objective_settings)
    saved = {name: value for group in groups for name, value in group}
    asked = {**given, **({} if gaze is None else {"gaze": gaze})}
    for name, value in asked.items():
        own = checkpoint.gaze if name == "gaze" else saved[name]
        if name not in _RESUME_MAY_CHANGE and own != value:
            raise ValueError(f"{name} {value} contradicts the checkpoint's {own}: leave it out to resume")
    changes = {name: value for name, value in given.items() if name in _RESUME_MAY_CHANGE}
    return MetamerSearch.resumed(checkpoint, target, checkpoint.synthesis_settings.replace(**changes))


def _write_results(folder: Path, search: MetamerSearch, outcome: Outcome) -> float:
    folder.mkdir(parents=True, exist_ok=True)  # it may have been removed meanwhile
    save_checkpoint(folder / "checkpoint.pt", search.checkpoint())
    loss = search.synthesis.current_loss()
    about = search.about(loss=loss, outcome=outcome.value)
    export_image(folder / "metamer.png", search.image, about)
    export_heatmap(folder / "heatmap.png", search.heatmap(), about)
    losses, terms = search.synthesis.losses.tolist(), search.term_values()
    save_losses(folder / "loss.csv", losses, terms if len(terms) > 1 else {})
    return loss


def _run(search: MetamerSearch, folder: Path, interrupted: Callable[[], bool]) -> tuple[Outcome, bool]:
    """Run with a progress bar and a checkpoint every half minute; return outcome and interruption flag."""
    saved_at = time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("loss {task.fields[loss]}"),
    )
    with Progress(*columns) as progress:
        task = progress.add_task(
            "synthesis", total=search.total_steps, completed=search.synthesis.iteration, loss="-"
        )

        def on_step(step: Step) -> bool:
            nonlocal saved_at
            if step.iteration % search.CHECK_EVERY == 0:
                progress.update(task, completed=step.iteration, loss=f"{float(step.loss):.3e}")
            if time.monotonic() - saved_at > _CHECKPOINT_EVERY_S:
                save_checkpoint(folder / "checkpoint.pt", search.checkpoint())
                saved_at = time.monotonic()
            return not interrupted()

        outcome = search.run(on_step)
        progress.update(task, completed=search.synthesis.iteration)
        return outcome, interrupted()


def _say_optimizer(search: MetamerSearch) -> None:
    """Say that the objective required another optimizer than the settings name."""
    if search.resolved.optimizer != search.settings.optimizer:
        typer.echo("optimizer: adam, because the loss of an adversarial term changes from step to step")


@with_settings(LossSettings, SynthesisSettings, ObjectiveSettings)
def synthesize(
    image: ImageFile,
    out: Annotated[Path, typer.Option(help="Folder for metamer.png, heatmap.png, loss.csv, checkpoint.pt.")],
    gaze: GazeOption = None,
    resume: Annotated[
        Path | None, typer.Option(help="Checkpoint to go on from; its settings hold.", metavar="FILE")
    ] = None,
    start_image: Annotated[
        Path | None, typer.Option(help="Image to start from; implies --start image.", metavar="FILE")
    ] = None,
    exposure: ExposureOption = 0.0,
    weight: WeightOption = None,
    *,
    given: dict[str, Any],
) -> None:
    """Search for a metamer of IMAGE by gradient steps on the metameric loss, or on a weighted objective."""
    target, *start = load_images([image] if start_image is None else [image, start_image], exposure)
    given |= weights_of(weight)
    if resume is not None:
        if start_image is not None:
            raise ValueError(
                "--start-image contradicts --resume: the checkpoint has the image to continue from"
            )
        search = _resumed(resume, target, gaze, given)
    else:
        if start_image is not None and given.setdefault("start", "image") != "image":
            raise ValueError(f"--start-image contradicts --start {given['start']}: leave one out")
        search = MetamerSearch(
            target,
            inside(gaze),
            LossSettings(**part_of(LossSettings, given)),
            SynthesisSettings(**part_of(SynthesisSettings, given)),
            start[0] if start else None,
            ObjectiveSettings(**part_of(ObjectiveSettings, given)),
        )
    check_outputs([out / name for name in _RESULTS], [image, start_image], out)
    with deferred_signals() as asked:
        outcome, interrupted = _run(search, out, asked)
        loss = _write_results(out, search, outcome)
    _say_optimizer(search)
    ended = f"{search.text_of(outcome)} after {search.synthesis.iteration} steps"
    typer.echo(f"{ended}: loss {loss:.6g}, written to {out}")
    if interrupted:
        command: list[object] = ["synthesize", image, "--out", out, "--resume", out / "checkpoint.pt"]
        command += ["--exposure", exposure] if exposure else []
        typer.echo(f"to go on: {shlex.join(['foveaview', *map(str, command)])}")
        raise typer.Exit(130)
    if outcome is Outcome.NOT_FINITE:
        raise ValueError("the loss is not finite: the last finite image was written; lower the learning rate")
