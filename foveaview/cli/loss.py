"""The command that measures one image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from foveaview.cli.images import load_images
from foveaview.cli.options import (
    ExposureOption,
    GazeOption,
    ImageFile,
    TargetFile,
    inside,
    output_file,
    with_settings,
)
from foveaview.cli.outputs import check_outputs
from foveaview.export.images import check_heatmap_path, export_heatmap
from foveaview.files import check_same_size
from foveaview.interrupts import deferred_signals
from foveaview.perception.metameric import MetamericLoss
from foveaview.provenance import provenance
from foveaview.settings import LossSettings
from foveaview.synthesis.memory import check_loss_memory

__all__ = ["loss"]


@with_settings(LossSettings)
def loss(
    image: ImageFile,
    target: TargetFile,
    gaze: GazeOption = None,
    heatmap: Annotated[
        Path | None,
        typer.Option(help="PNG to write: the loss at each pixel.", metavar="FILE", parser=output_file),
    ] = None,
    exposure: ExposureOption = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    *,
    given: dict[str, Any],
) -> None:
    """Print the metameric loss of IMAGE against TARGET."""
    settings, point = LossSettings(**given), inside(gaze)
    pair = load_images([image, target], exposure)
    check_same_size(pair[0], pair[1], image, target)
    channels = max(one.shape[1] for one in pair)
    own, other = (one.expand(-1, channels, -1, -1) for one in pair)
    if heatmap is not None:
        check_outputs([heatmap], [image, target])
        check_heatmap_path(heatmap)
    size = (own.shape[-2], own.shape[-1])
    check_loss_memory(size, channels, settings, own.device, with_heatmap=heatmap is not None)
    metameric = MetamericLoss.from_settings(settings)
    value = float(metameric(own, other, point))
    about = provenance(point, settings, None, loss=value, **({"exposure": exposure} if exposure else {}))
    if heatmap is not None:
        pixels = metameric.heatmap(own, other, point)
        with deferred_signals():  # a file is written whole or not at all
            export_heatmap(heatmap, pixels, about)
    typer.echo(json.dumps(about) if as_json else f"{value:.8g}")
