"""Commands: a thin layer over the library. What goes wrong is said in one line, with exit code 2."""

from __future__ import annotations

import inspect
import json
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import torch
import typer
from pydantic.fields import FieldInfo
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from foveaview.budget import NotEnoughMemoryError
from foveaview.cli_rate import RateFiles, RateReport
from foveaview.cli_scanpath import ScanpathFiles, ScanpathReport, metamers_gaze, scanpath_lines
from foveaview.export import export_heatmap, export_image
from foveaview.files import check_same_size, load_image, save_losses
from foveaview.gaze.placing import Place
from foveaview.gaze.sample import Unit
from foveaview.perception.interruption import Interrupted, interruptible
from foveaview.perception.metameric import MetamericLoss
from foveaview.provenance import provenance
from foveaview.session import AUTOSAVE_S
from foveaview.settings import (
    LossSettings,
    ObjectiveSettings,
    RateSettings,
    Settings,
    SynthesisSettings,
    weight_names,
)
from foveaview.synthesis.checkpoint import load_checkpoint, save_checkpoint
from foveaview.synthesis.run import Outcome, Step
from foveaview.synthesis.search import MetamerSearch

app = typer.Typer(
    name="foveaview",
    help="How an image looks from a point of gaze: metameric loss and metamers.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_CHECKPOINT_EVERY_S = 30.0
# A resumed search may go on longer, elsewhere; anything else would make it another search.
_RESUME_MAY_CHANGE = {"steps", "device", "stop_fraction", "stop_window"}


@app.callback(invoke_without_command=True)
def _without_command(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        view()


ImageFile = Annotated[Path, typer.Argument(metavar="IMAGE", help="Image file.")]
TargetFile = Annotated[Path, typer.Argument(metavar="TARGET", help="Image file to compare with.")]
GazeOption = Annotated[
    tuple[float, float] | None,
    typer.Option("--gaze", metavar="X Y", help="Point of gaze, [0, 1], x right, y down.  [default: 0.5 0.5]"),
]

WeightOption = Annotated[
    list[str] | None,
    typer.Option(
        help=f"Weight of a term, again for each: {', '.join(weight_names())}.  [default: metameric=1]",
        metavar="TERM=NUMBER",
    ),
]


def _option(name: str, field: FieldInfo) -> inspect.Parameter:
    """The command line's option of one setting; None where it is not given."""
    kind: Any = field.annotation
    if get_origin(kind) is Literal and not isinstance(get_args(kind)[0], str):
        kind = type(get_args(kind)[0])
    flag = name.replace("_", "-")
    names = f"--{flag}/--no-{flag}" if kind is bool else f"--{flag}"
    option = typer.Option(names, help=f"{field.description}  [default: {field.default}]", show_default=False)
    annotation = Annotated[kind | None, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def with_settings(*groups: type[Settings]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for every setting; it takes those that were given as `given`."""
    fields = {
        name: field
        for group in groups
        for name, field in group.model_fields.items()
        if name not in weight_names()  # they share the option --weight
    }

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def wrapper(**values: Any) -> None:
            options = {name: values.pop(name) for name in fields}
            command(**values, given={name: value for name, value in options.items() if value is not None})

        signature = inspect.signature(command, eval_str=True)
        own = [parameter for name, parameter in signature.parameters.items() if name != "given"]
        own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        parameters = [*own, *(_option(name, field) for name, field in fields.items())]
        described: Any = wrapper
        described.__signature__ = signature.replace(parameters=parameters)
        described.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        described.__name__, described.__doc__ = command.__name__, command.__doc__
        return wrapper

    return decorate


def _weights(given: list[str] | None) -> dict[str, float]:
    """The weights of "name=value", one or more."""
    weights: dict[str, float] = {}
    for text in given or []:
        name, sign, value = text.partition("=")
        if name not in weight_names():
            raise ValueError(f"there is no term {name!r}: choose among {', '.join(weight_names())}")
        try:
            weights[name] = float(value)
        except ValueError:
            raise ValueError(f"--weight {text}: a weight is given as {name}{sign or '='}NUMBER") from None
    return weights


def _of(group: type[Settings], given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in group.model_fields}


def _inside(gaze: tuple[float, float] | None) -> tuple[float, float]:
    x, y = gaze or (0.5, 0.5)
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ValueError(f"gaze ({x:g}, {y:g}) is outside the image: x and y must lie in [0, 1]")
    return x, y


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Ctrl+C and a request to terminate end the run after the step, so that its work is written."""
    signals: list[int] = []
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.signal(kind, lambda number, _frame: signals.append(number)) for kind in kinds}
    try:
        yield lambda: bool(signals)
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


_RESULTS = ("metamer.png", "heatmap.png", "loss.csv", "checkpoint.pt")


def _spare(inputs: list[Path | None], outputs: list[Path]) -> None:
    """Refuse to write over what is read."""
    for output in outputs:
        if any(path is not None and output.exists() and output.samefile(path) for path in inputs):
            raise ValueError(f"{output} is read and would be written over: write somewhere else")


def _writable_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in _RESULTS:
        if (folder / name).is_dir():
            raise ValueError(f"{folder / name} is a folder: it cannot be written")
    probe = folder / ".foveaview-probe"
    probe.touch()
    probe.unlink()


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


def _run(search: MetamerSearch, folder: Path) -> tuple[Outcome, bool]:
    """Run with a progress bar and a checkpoint every half minute."""
    saved_at = time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("loss {task.fields[loss]}"),
    )
    with _interruptible() as interrupted, Progress(*columns) as progress:
        task = progress.add_task(
            "synthesis", total=search.settings.steps, completed=search.synthesis.iteration, loss="-"
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


@app.command()
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
    weight: WeightOption = None,
    *,
    given: dict[str, Any],
) -> None:
    """Search for a metamer of IMAGE by gradient steps on the metameric loss, or on a weighted objective."""
    target = load_image(image)
    given |= _weights(weight)
    if resume is not None:
        if start_image is not None:
            raise ValueError("--start-image contradicts --resume: the checkpoint says where to go on")
        search = _resumed(resume, target, gaze, given)
    else:
        if start_image is not None and given.setdefault("start", "image") != "image":
            raise ValueError(f"--start-image contradicts --start {given['start']}: leave one out")
        search = MetamerSearch(
            target,
            _inside(gaze),
            LossSettings(**_of(LossSettings, given)),
            SynthesisSettings(**_of(SynthesisSettings, given)),
            None if start_image is None else load_image(start_image),
            ObjectiveSettings(**_of(ObjectiveSettings, given)),
        )
    _writable_folder(out)
    _spare([image, start_image], [out / name for name in _RESULTS])
    outcome, interrupted = _run(search, out)
    loss = _write_results(out, search, outcome)
    typer.echo(f"{outcome.value} after {search.synthesis.iteration} steps: loss {loss:.6g}, written to {out}")
    if interrupted:
        command = ["synthesize", image, "--out", out, "--resume", out / "checkpoint.pt"]
        typer.echo(f"to go on: {shlex.join(['foveaview', *map(str, command)])}")
        raise typer.Exit(130)
    if outcome is Outcome.NOT_FINITE:
        raise ValueError(
            "the loss is no longer finite: the last finite image was written; lower the learning rate"
        )


@app.command()
def view(
    images: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[IMAGE ...]", help="Images to open, or a session (*.foveaview); a sample the first time."
        ),
    ] = None,
    candidate: Annotated[
        Path | None, typer.Option(help="Image to compare with the last IMAGE.", metavar="FILE")
    ] = None,
    gaze: GazeOption = None,
    theme: Annotated[Literal["system", "light", "dark"], typer.Option(help="Colours.")] = "system",
    screenshot: Annotated[
        Path | None, typer.Option(help="Write a picture of the window and exit.", metavar="FILE")
    ] = None,
    after: Annotated[float, typer.Option(help="Seconds before the screenshot.", min=0)] = 2.0,
    size: Annotated[
        tuple[int, int] | None, typer.Option(help="Size of the window in px.", metavar="WIDTH HEIGHT")
    ] = None,
    autosave: Annotated[
        float, typer.Option(help="Seconds between two saves of the session by itself.", min=0.1)
    ] = AUTOSAVE_S,
) -> None:
    """Open the window."""
    # Qt is loaded for the window alone
    from foveaview.app.main import run_window

    code = run_window(images or [], candidate, _inside(gaze), theme, screenshot, after, size, autosave)
    raise typer.Exit(code)


@app.command("loss")
@with_settings(LossSettings)
def loss_command(
    image: ImageFile,
    target: TargetFile,
    gaze: GazeOption = None,
    heatmap: Annotated[
        Path | None, typer.Option(help="PNG to write: where the loss comes from.", metavar="FILE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    *,
    given: dict[str, Any],
) -> None:
    """Print the metameric loss of IMAGE against TARGET."""
    settings, point = LossSettings(**given), _inside(gaze)
    pair = [load_image(image), load_image(target)]
    check_same_size(pair[0], pair[1], image, target)
    channels = max(one.shape[1] for one in pair)
    own, other = (one.expand(-1, channels, -1, -1) for one in pair)
    metameric = MetamericLoss.from_settings(settings)
    value = float(metameric(own, other, point))
    about = provenance(point, settings, loss=value)
    if heatmap is not None:
        _spare([image, target], [heatmap])
        export_heatmap(heatmap, metameric.heatmap(own, other, point), about)
    typer.echo(json.dumps(about) if as_json else f"{value:.8g}")


@app.command("rate")
@with_settings(LossSettings, ObjectiveSettings, RateSettings)
def rate_command(
    image: ImageFile,
    gaze: GazeOption = None,
    candidate: Annotated[
        list[Path] | None,
        typer.Option(
            help="Image to code and compare with IMAGE in its place; may be repeated.", metavar="FILE"
        ),
    ] = None,
    table: Annotated[Path | None, typer.Option("--csv", help="CSV to write.", metavar="FILE")] = None,
    record: Annotated[Path | None, typer.Option("--json", help="JSON to write.", metavar="FILE")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the coded files.", metavar="DIR")] = None,
    weight: WeightOption = None,
    *,
    given: dict[str, Any],
) -> None:
    """Code IMAGE as JPEG, WebP, AVIF and PNG; print what each file takes and loses at the gaze."""
    given |= _weights(weight)
    groups = (
        LossSettings(**_of(LossSettings, given)),
        ObjectiveSettings(**_of(ObjectiveSettings, given)),
        RateSettings(**_of(RateSettings, given)),
    )
    images, files = candidate or [image], RateFiles(table, record, out)
    report = RateReport(image, images, _inside(gaze), *groups, files, typer.echo)
    _spare([image, *images], report.outputs())
    with _interruptible() as interrupted, interruptible(interrupted):
        complete = report.run()
    if not complete:
        raise typer.Exit(130)


@contextmanager
def _progress(shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each thing that takes a while, on the error stream."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done)

        yield tell


@app.command("scanpath")
@with_settings(LossSettings)
def scanpath_command(
    image: ImageFile,
    metamer: Annotated[Path, typer.Argument(metavar="METAMER", help="Image to compare with IMAGE.")],
    recording: Annotated[Path, typer.Argument(metavar="RECORDING", help="Recording of gaze.")],
    out: Annotated[
        Path,
        typer.Option(help="Folder for scanpath.csv, scanpath.json, loss.png, worst.png, replay.mp4."),
    ],
    gaze: Annotated[
        tuple[float, float] | None,
        typer.Option(help="That METAMER was made for.  [default: what its file says]", metavar="X Y"),
    ] = None,
    screen: Annotated[
        tuple[int, int] | None,
        typer.Option(help="Of the recording, in px.  [default: what RECORDING says]", metavar="WIDTH HEIGHT"),
    ] = None,
    place: Annotated[
        Place, typer.Option(help="How the image lay on the screen: one pixel on one of its own is pixels.")
    ] = "fit",
    unit: Annotated[
        Unit | None, typer.Option(help="Of x and y, where RECORDING is a table that does not say it.")
    ] = None,
    fps: Annotated[float, typer.Option(help="Frames a second of the replay.", min=1, max=240)] = 30.0,
    video: Annotated[bool, typer.Option("--video/--no-video", help="Write the replay.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    *,
    given: dict[str, Any],
) -> None:
    """Print and draw the metameric loss of METAMER against IMAGE wherever the eye looked in RECORDING.

    Settings that are not given are those that METAMER's file says, if it was exported by foveaview.
    """
    files = ScanpathFiles(image, metamer, recording, out, fps if video else None)
    point, settings = metamers_gaze(metamer, gaze, given)
    try:
        with _interruptible() as interrupted, interruptible(interrupted), _progress(not as_json) as tell:
            say = partial(typer.echo, err=True)
            report = ScanpathReport(files, point, settings, screen, place, unit, say, tell)
            files.check()
            _spare(files.inputs, files.outputs)
            about = report.run()
    except Interrupted:
        typer.echo(f"interrupted: what was finished is in {out}", err=True)
        raise typer.Exit(130) from None
    typer.echo(json.dumps(about) if as_json else scanpath_lines(about["summary"], out))


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit code, 2 where something was wrong with what was asked."""
    try:
        code = app(arguments, prog_name="foveaview", standalone_mode=False)
    except typer.TyperException as error:
        message, code = error.format_message(), 2
    except typer.Abort:
        return 130
    except (OSError, ValueError, ImportError, NotEnoughMemoryError) as error:
        message, code = _one_line(error), 2
    except torch.OutOfMemoryError:
        message, code = "out of GPU memory: use a smaller image, fewer levels, or --device cpu", 2
    else:
        return code if isinstance(code, int) else 0
    sys.stderr.write(f"foveaview: {message}\n")
    return code


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror.lower()}" if error.filename else error.strerror
    return " ".join(str(error).split())
