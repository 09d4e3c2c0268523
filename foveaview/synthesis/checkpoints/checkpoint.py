"""Checkpoints: a stopped synthesis on disk, as tensors and plain values.

A search's file, for the command line and the window, holds

- format, version, packages, device, seed and target_sha256;
- state: all that the synthesis needs to continue, optimizer and scheduler included (`Metamer.state`);
- gaze, loss_settings, synthesis_settings and objective_settings.

`Metamer.save` writes the layout of plenoptic 2; see `foveaview.synthesis.checkpoints.plenoptic_import`.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from foveaview.files import replacing
from foveaview.io.tensors.tensor_file import load_tensor_file
from foveaview.io.untrusted import file_label, one_line, reader_errors
from foveaview.settings import (
    LossSettings,
    ObjectiveSettings,
    SynthesisSettings,
    saved_synthesis_settings,
)
from foveaview.synthesis.history import COLUMNS

__all__ = [
    "Checkpoint",
    "check_state",
    "image_sha256",
    "is_column",
    "load_checkpoint",
    "read_content",
    "save_checkpoint",
    "write_raw",
]

FORMAT = "foveaview checkpoint"
_VERSION = 3
_READABLE = (2, 3)
_PROBE_BYTES = 1 << 20


def image_sha256(image: Tensor) -> str:
    """Hash an image's shape and values.

    >>> image_sha256(torch.zeros(1, 1, 4, 4)) == image_sha256(torch.zeros(1, 1, 2, 8))
    False
    """
    digest = hashlib.sha256(repr(tuple(image.shape)).encode())
    digest.update(image.detach().cpu().to(torch.float32).contiguous().numpy().tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """A stopped search.

    Attributes:
        gaze: (x, y) in image coordinates.
        loss_settings: of the loss.
        synthesis_settings: of the search.
        objective_settings: of the search.
        target_sha256: `image_sha256` of the target.
        state: `Metamer.state()`.
        packages: versions of what computed it.
        device: the device it was computed on.
    """

    gaze: tuple[float, float]
    loss_settings: LossSettings
    synthesis_settings: SynthesisSettings
    objective_settings: ObjectiveSettings
    target_sha256: str
    state: dict[str, Any]
    packages: dict[str, str]
    device: str

    def check_target(self, target: Tensor) -> None:
        """Raise `ValueError` if the checkpoint is of another target."""
        if image_sha256(target) != self.target_sha256:
            shape = tuple(self.state["metamer"].shape)
            raise ValueError(
                f"the checkpoint is of another image: its metamer is {shape[-1]} x {shape[-2]} px with "
                f"{shape[1]} channels, and the pixels of its target differ from this one's"
            )


def write_raw(path: Path, content: dict[str, Any]) -> None:
    """Write a file's content beside `path` and move it over; raises `OSError` if that fails."""
    with replacing(path) as part:
        try:
            torch.save(content, part)
        except RuntimeError as error:  # torch reports a full disk like this, without the reason
            _check_room(part, path)
            raise OSError(f"{path}: it could not be written ({one_line(str(error), 200)})") from error


def _check_room(part: Path, path: Path) -> None:
    """Raise the system's own error, with the name of `path`, if nothing more can be written to `part`."""
    try:
        with part.open("ab") as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a search's checkpoint beside `path` and move it over; raises `OSError` if that fails."""
    write_raw(
        path,
        {
            "format": FORMAT,
            "version": _VERSION,
            "gaze": list(checkpoint.gaze),
            "loss_settings": checkpoint.loss_settings.model_dump(),
            "synthesis_settings": checkpoint.synthesis_settings.model_dump(),
            "objective_settings": checkpoint.objective_settings.model_dump(),
            "seed": checkpoint.synthesis_settings.seed,
            "target_sha256": checkpoint.target_sha256,
            "state": checkpoint.state,
            "packages": checkpoint.packages,
            "device": checkpoint.device,
        },
    )


def read_raw(path: Path, **load_args: Any) -> dict[str, Any]:
    """Read any dictionary of tensors and plain values from a file, without running anything in it."""
    content = load_tensor_file(path, "checkpoint", **load_args)
    if not isinstance(content, dict):
        raise ValueError(f"{file_label(path)}: a checkpoint of another program")
    return content


def read_content(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Return the content if it is of this program and version, else raise `ValueError`."""
    if content.get("format") != FORMAT:
        raise ValueError(f"{file_label(path)}: a checkpoint of another program")
    version = content.get("version")
    if type(version) is not int or version not in _READABLE:
        said = one_line(repr(version), 40)
        raise ValueError(f"{file_label(path)}: checkpoint version {said}, expected {_VERSION}")
    return content


def check_state(state: dict[str, Any]) -> None:
    """Raise KeyError, TypeError or ValueError if a state is not that of a synthesis."""
    image = state["metamer"]
    if image is not None:
        _check_image(image)
    columns = [state[name] for name in COLUMNS]
    if not all(is_column(column) for column in columns):
        raise ValueError("no search")
    if len({len(column) for column in columns}) > 1:
        raise ValueError("its columns differ in length")
    for name in ("optimizer", "scheduler"):
        _check_solver(name, state[name])
    if not isinstance(state["store_progress"], int | None):
        raise ValueError(f"its store_progress is {state['store_progress']!r:.40}")
    if type(state["seed"]) not in (int, type(None)):
        raise ValueError(f"its seed is {state['seed']!r:.40}")


def _check_image(image: Any) -> None:
    """Raise unless an image is dense, real and finite: other kinds fail in the middle of the first step."""
    if not isinstance(image, Tensor) or image.layout != torch.strided or image.is_meta:
        raise ValueError("no image")
    if image.dtype not in (torch.float32, torch.float64):
        raise ValueError(f"its image is of {image.dtype}, expected torch.float32 or torch.float64")
    if image.numel() == 0 or not bool(torch.isfinite(image).all()):
        raise ValueError("no image")


def is_column(column: Any) -> bool:
    """Return True for numbers, one of each step."""
    if not isinstance(column, Tensor) or column.layout != torch.strided or column.is_meta:
        return False
    return column.dim() == 1 and column.is_floating_point()


def _check_solver(what: str, saved: Any) -> None:
    """Check the name of a class, its state, and its arguments."""
    name, state, arguments = saved["name"], saved["state"], saved["arguments"]
    if not isinstance(name, str | None) or not isinstance(state, dict) or not isinstance(arguments, dict):
        raise ValueError(f"its {what} is none")
    if not all(isinstance(key, str) for key in arguments):
        raise ValueError(f"the arguments of its {what} have no names")


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a search's checkpoint, without running anything in it.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is damaged, of another program or version, carries code, or is not of a search.
    """
    content = read_raw(path)
    if "identity" in content or "save_metadata" in content:
        raise ValueError(
            f"{file_label(path)}: saved by Metamer.save for a model of its own: load it with Metamer.load"
        )
    content = read_content(path, content)
    with reader_errors(path, "a damaged checkpoint"):
        x, y = (float(value) for value in content["gaze"])
        check_state(content["state"])
        image = content["state"]["metamer"]
        if image is None or image.dim() != 4 or float(image.min()) < 0 or float(image.max()) > 1:
            raise ValueError("no image")
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise ValueError(f"its gaze ({x}, {y}) is outside the image")
        return Checkpoint(
            gaze=(x, y),
            loss_settings=LossSettings(**content["loss_settings"]),
            synthesis_settings=SynthesisSettings(**saved_synthesis_settings(content["synthesis_settings"])),
            # a file without them is of the metameric loss alone
            objective_settings=ObjectiveSettings(**content.get("objective_settings", {})),
            target_sha256=str(content["target_sha256"]),
            state=content["state"],
            packages=dict(content["packages"]),
            device=str(content["device"]),
        )
