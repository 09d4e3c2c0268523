"""Checkpoints: a stopped synthesis on disk, as tensors and plain values.

A search's file, for the command line and the window, holds

- format, version, packages, device, seed and target_sha256;
- state: all that the synthesis needs to go on, optimizer and scheduler included (`Metamer.state`);
- gaze, loss_settings, synthesis_settings and objective_settings.

`Metamer.save` writes the layout of plenoptic 2; see `foveaview.synthesis.foreign`.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from foveaview.files import replacing
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
    """A name for an image's shape and values.

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
        device: where it was computed.
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
        """Raise `ValueError` where the checkpoint is of another target."""
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
        except RuntimeError as error:  # so torch reports a disk that is full, without the reason
            _check_room(part, path)
            raise OSError(f"{path}: it could not be written ({' '.join(str(error).split())})") from error


def _check_room(part: Path, path: Path) -> None:
    """Raise the system's own error where nothing more can be written to `part`, in the words of `path`."""
    try:
        with part.open("ab") as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a search's checkpoint beside `path` and move it over; raises `OSError` where that fails."""
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
    """Whatever dictionary of tensors and plain values a file holds, without running anything in it."""
    arguments = {"map_location": "cpu", **load_args, "weights_only": True}
    with path.open("rb") as file:  # its own errors are not the file's contents'
        content = _unpickled(path, file, arguments)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: a checkpoint of another program")
    return content


def _unpickled(path: Path, file: BinaryIO, arguments: dict[str, Any]) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch remarks on foreign pickles, which are refused below
            return torch.load(file, **arguments)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{path}: not a checkpoint of tensors and plain values; it may carry code and was not run"
        ) from error
    except Exception as error:  # a damaged pickle may raise anything
        if "deserialize object on a CUDA device" in str(error):
            raise
        raise ValueError(f"{path}: damaged, or no checkpoint") from error


def read_content(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    """The content where it is of this program and version, else `ValueError`."""
    if content.get("format") != FORMAT:
        raise ValueError(f"{path}: a checkpoint of another program")
    if content.get("version") not in _READABLE:
        raise ValueError(f"{path}: checkpoint version {content.get('version')!r}, expected {_VERSION}")
    return content


def check_state(state: dict[str, Any]) -> None:
    """Raise where a state cannot be one of a synthesis: KeyError, TypeError or ValueError."""
    image = state["metamer"]
    if image is not None and not (isinstance(image, Tensor) and bool(torch.isfinite(image).all())):
        raise ValueError("no image")
    columns = [state[name] for name in COLUMNS]
    if not all(isinstance(column, Tensor) and column.dim() == 1 for column in columns):
        raise ValueError("no search")
    if len({len(column) for column in columns}) > 1:
        raise ValueError("its columns differ in length")
    if not (isinstance(state["optimizer"], dict) and isinstance(state["scheduler"], dict)):
        raise ValueError("no search")


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a search's checkpoint, without running anything in it.

    Raises:
        OSError: where it cannot be read.
        ValueError: where it is damaged, of another program or version, carries code, or is no search's.
    """
    content = read_raw(path)
    if "identity" in content or "save_metadata" in content:
        raise ValueError(f"{path}: saved by Metamer.save for a model of its own: load it with Metamer.load")
    content = read_content(path, content)
    try:
        x, y = content["gaze"]
        check_state(content["state"])
        image = content["state"]["metamer"]
        if image is None or image.dim() != 4 or float(image.min()) < 0 or float(image.max()) > 1:
            raise ValueError("no image")
        if not (0 <= float(x) <= 1 and 0 <= float(y) <= 1):
            raise ValueError(f"its gaze ({x}, {y}) is outside the image")
        return Checkpoint(
            gaze=(float(x), float(y)),
            loss_settings=LossSettings(**content["loss_settings"]),
            synthesis_settings=SynthesisSettings(**saved_synthesis_settings(content["synthesis_settings"])),
            # a file without them is of the metameric loss alone
            objective_settings=ObjectiveSettings(**content.get("objective_settings", {})),
            target_sha256=str(content["target_sha256"]),
            state=content["state"],
            packages=dict(content["packages"]),
            device=str(content["device"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: a damaged checkpoint ({error})") from error
