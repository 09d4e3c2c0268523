"""The command that opens the window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from foveaview.cli.options import GazeOption, inside, output_file
from foveaview.cli.outputs import check_outputs
from foveaview.sessions.model import AUTOSAVE_S

__all__ = ["view"]


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
        Path | None,
        typer.Option(help="Write a picture of the window and exit.", metavar="FILE", parser=output_file),
    ] = None,
    after: Annotated[float, typer.Option(help="Seconds from all being open to the screenshot.", min=0)] = 2.0,
    size: Annotated[
        tuple[int, int] | None, typer.Option(help="Size of the window in px.", metavar="WIDTH HEIGHT")
    ] = None,
    autosave: Annotated[
        float, typer.Option(help="Seconds between two automatic saves of the session.", min=0.1)
    ] = AUTOSAVE_S,
) -> None:
    """Open the window."""
    if screenshot is not None:
        check_outputs([screenshot], [*(images or []), candidate])
    # Qt is loaded only for the window
    from foveaview.app.main import run_window

    code = run_window(images or [], candidate, inside(gaze), theme, screenshot, after, size, autosave)
    raise typer.Exit(code)
