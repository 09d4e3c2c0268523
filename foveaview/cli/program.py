"""The program: its commands, and its messages if one fails."""

from __future__ import annotations

import sys

import torch
import typer

from foveaview.cli.loss import loss
from foveaview.cli.rate import rate
from foveaview.cli.scanpath import scanpath
from foveaview.cli.synthesize import synthesize
from foveaview.cli.view import view
from foveaview.io.untrusted import file_label, one_line
from foveaview.synthesis.memory import NotEnoughMemoryError

__all__ = ["main"]

app = typer.Typer(
    name="foveaview",
    help="How an image looks from a point of gaze: metameric loss and metamers.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (synthesize, view, loss, rate, scanpath):
    app.command()(command)


@app.callback(invoke_without_command=True)
def _without_command(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        view()


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code: 2 if the arguments or their values were wrong."""
    try:
        code = app(arguments, prog_name="foveaview", standalone_mode=False)
    except typer.TyperException as error:
        message, code = error.format_message(), 2
    except typer.Abort:
        return 130
    except (OSError, ValueError, ImportError, NotEnoughMemoryError) as error:
        message, code = _message(error), 2
    except torch.OutOfMemoryError:
        message, code = "out of GPU memory: use a smaller image, fewer levels, or --device cpu", 2
    else:
        return code if isinstance(code, int) else 0
    sys.stderr.write(f"foveaview: {one_line(message)}\n")
    return code


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        place = f"{file_label(str(error.filename))}: " if error.filename else ""
        return f"{place}{error.strerror.lower() if place else error.strerror}"
    return str(error)
