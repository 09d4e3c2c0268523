"""Arguments shared by commands: files, the gaze, weights, and an option for every setting."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from foveaview.io.samples import MOST_STOPS
from foveaview.settings import Settings, weight_names

__all__ = [
    "ExposureOption",
    "GazeOption",
    "ImageFile",
    "TargetFile",
    "WeightOption",
    "inside",
    "output_file",
    "part_of",
    "weights_of",
    "with_settings",
]

ImageFile = Annotated[Path, typer.Argument(metavar="IMAGE", help="Image file.")]
TargetFile = Annotated[Path, typer.Argument(metavar="TARGET", help="Image file to compare with.")]
GazeOption = Annotated[
    tuple[float, float] | None,
    typer.Option("--gaze", metavar="X Y", help="Point of gaze, [0, 1], x right, y down.  [default: 0.5 0.5]"),
]

ExposureOption = Annotated[
    float,
    typer.Option(
        help="Brighten linear light (OpenEXR, HDR, PFM), PQ and HLG by so many stops.",
        metavar="STOPS",
        min=-MOST_STOPS,
        max=MOST_STOPS,
    ),
]

WeightOption = Annotated[
    list[str] | None,
    typer.Option(
        help=f"Weight of a term, again for each: {', '.join(weight_names())}.  [default: metameric=1]",
        metavar="TERM=NUMBER",
    ),
]


def _option(name: str, field: FieldInfo) -> inspect.Parameter:
    """Return the command-line option of one setting; its default is None."""
    kind: Any = field.annotation
    if get_origin(kind) is Literal and not isinstance(get_args(kind)[0], str):
        kind = type(get_args(kind)[0])
    flag = name.replace("_", "-")
    names = f"--{flag}/--no-{flag}" if kind is bool else f"--{flag}"
    default = "none" if field.default in ("", None) else field.default
    option = typer.Option(names, help=f"{field.description}  [default: {default}]", show_default=False)
    annotation = Annotated[kind | None, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def with_settings(*groups: type[Settings]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for every setting; it receives those on the command line as `given`."""
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


def output_file(text: str) -> Path:
    """Return the path of a file to write; raise the option's error if it ends like a folder.

    >>> output_file("a.png").name
    'a.png'
    """
    if text.endswith(("/", "/.", os.sep)):  # which a path forgets
        raise typer.BadParameter(f"{text} names a folder: give the name of a file")
    return Path(text)


def weights_of(given: list[str] | None) -> dict[str, float]:
    """Parse weights given as "name=value"; raise `ValueError` for an unknown term or an invalid value.

    >>> weights_of(["pixel=0.5", "range=1"])
    {'pixel': 0.5, 'range': 1.0}
    """
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


def part_of(group: type[Settings], given: dict[str, Any]) -> dict[str, Any]:
    """Return the given settings that belong to the group."""
    return {name: value for name, value in given.items() if name in group.model_fields}


def inside(gaze: tuple[float, float] | None) -> tuple[float, float]:
    """Return the gaze, or the middle if None; raise `ValueError` if it is outside the image.

    >>> inside(None)
    (0.5, 0.5)
    """
    x, y = gaze or (0.5, 0.5)
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ValueError(f"gaze ({x:g}, {y:g}) is outside the image: x and y must lie in [0, 1]")
    return x, y
