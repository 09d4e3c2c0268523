"""The command that measures a metamer under a recording of gaze."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from foveaview.cli.options import ExposureOption, ImageFile, part_of, with_settings
from foveaview.cli.outputs import check_outputs
from foveaview.cli.progress import progress
from foveaview.cli.recording_input import columns_of
from foveaview.cli.scanpath_report import ScanpathFiles, ScanpathReport, metamers_gaze, scanpath_lines
from foveaview.gaze.recording_placement import Place
from foveaview.interrupts import deferred_signals
from foveaview.perception.interruption import Interrupted, interruptible
from foveaview.settings import LossSettings, ReadingSettings

__all__ = ["scanpath"]


@with_settings(LossSettings, ReadingSettings)
def scanpath(
    image: ImageFile,
    metamer: Annotated[Path, typer.Argument(metavar="METAMER", help="Image to compare with IMAGE.")],
    gaze_file: Annotated[Path, typer.Argument(metavar="RECORDING", help="Recording of gaze.")],
    out: Annotated[
        Path,
        typer.Option(help="Folder for scanpath.csv, scanpath.json, loss.png, worst.png, replay.mp4."),
    ],
    gaze: Annotated[
        tuple[float, float] | None,
        typer.Option(help="That METAMER was made for.  [default: what its file says]", metavar="X Y"),
    ] = None,
    place: Annotated[
        Place, typer.Option(help="How the image lay on the screen: one pixel on one of its own is pixels.")
    ] = "fit",
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="Which column of RECORDING is what, again for each: time, time_unit, x, y, second_x, ... "
            "[default: what their names speak for]",
            metavar="FIELD=COLUMN",
        ),
    ] = None,
    fps: Annotated[float, typer.Option(help="Frames a second of the replay.", min=1, max=240)] = 30.0,
    video: Annotated[bool, typer.Option("--video/--no-video", help="Write the replay.")] = True,
    exposure: ExposureOption = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    *,
    given: dict[str, Any],
) -> None:
    """Print and draw the metameric loss of METAMER against IMAGE wherever the eye looked in RECORDING.

    Settings that are not given are those that METAMER's file says, if it was exported by foveaview.
    """
    files = ScanpathFiles(image, metamer, gaze_file, out, fps if video else None)
    point, settings = metamers_gaze(metamer, gaze, part_of(LossSettings, given))
    reading = ReadingSettings(**part_of(ReadingSettings, given))
    try:
        with deferred_signals() as interrupted, interruptible(interrupted), progress(not as_json) as tell:
            say = partial(typer.echo, err=True)
            report = ScanpathReport(
                files, point, settings, place, reading, columns_of(column), say, tell, exposure
            )
            check_outputs(files.outputs, files.inputs, out)
            about = report.run()
    except Interrupted:
        typer.echo(f"interrupted: what was finished is in {out}", err=True)
        raise typer.Exit(130) from None
    typer.echo(json.dumps(about) if as_json else scanpath_lines(about["summary"], out))
