"""The command that codes images and measures what their files lose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from foveaview.cli.options import (
    ExposureOption,
    GazeOption,
    ImageFile,
    WeightOption,
    inside,
    output_file,
    part_of,
    weights_of,
    with_settings,
)
from foveaview.cli.outputs import check_outputs
from foveaview.cli.rate_report import RateFiles, RateReport
from foveaview.interrupts import deferred_signals
from foveaview.perception.interruption import interruptible
from foveaview.settings import LossSettings, ObjectiveSettings, RateSettings

__all__ = ["rate"]


@with_settings(LossSettings, ObjectiveSettings, RateSettings)
def rate(
    image: ImageFile,
    gaze: GazeOption = None,
    candidate: Annotated[
        list[Path] | None,
        typer.Option(
            help="Image to code and compare with IMAGE in its place; may be repeated.", metavar="FILE"
        ),
    ] = None,
    table: Annotated[
        Path | None, typer.Option("--csv", help="CSV to write.", metavar="FILE", parser=output_file)
    ] = None,
    record: Annotated[
        Path | None, typer.Option("--json", help="JSON to write.", metavar="FILE", parser=output_file)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the coded files.", metavar="DIR")] = None,
    exposure: ExposureOption = 0.0,
    weight: WeightOption = None,
    *,
    given: dict[str, Any],
) -> None:
    """Code IMAGE as JPEG, WebP, AVIF and PNG; print what each file takes and loses at the gaze."""
    given |= weights_of(weight)
    groups = (
        LossSettings(**part_of(LossSettings, given)),
        ObjectiveSettings(**part_of(ObjectiveSettings, given)),
        RateSettings(**part_of(RateSettings, given)),
    )
    images, files = candidate or [image], RateFiles(table, record, out)
    report = RateReport(image, images, inside(gaze), *groups, files, typer.echo, exposure)
    check_outputs(report.outputs(), [image, *images], out)
    with deferred_signals() as interrupted, interruptible(interrupted):
        complete = report.run()
    if not complete:
        raise typer.Exit(130)
