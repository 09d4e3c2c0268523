"""Checkpoints: a stopped search on disk, as tensors and plain values."""

from __future__ import annotations

import hashlib
import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from foveaview.files import replacing
from foveaview.settings import LossSettings, SynthesisSettings

__all__ = ["Checkpoint", "image_sha256", "load_checkpoint", "save_checkpoint"]

_FORMAT = "foveaview checkpoint"
_VERSION = 1


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
        target_sha256: `image_sha256` of the target.
        state: `Synthesis.state()`.
        packages: versions of what computed it.
    """

    gaze: tuple[float, float]
    loss_settings: LossSettings
    synthesis_settings: SynthesisSettings
    target_sha256: str
    state: dict[str, Any]
    packages: dict[str, str]

    def check_target(self, target: Tensor) -> None:
        """Raise `ValueError` where the checkpoint is of another target."""
        if image_sha256(target) != self.target_sha256:
            shape = tuple(self.state["image"].shape)
            raise ValueError(
                f"the checkpoint is of another image: its metamer is {shape[-1]} x {shape[-2]} px with "
                f"{shape[1]} channels, and the pixels of its target differ from this one's"
            )


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint beside `path` and move it over; raises `OSError` where that fails."""
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "gaze": list(checkpoint.gaze),
        "loss_settings": checkpoint.loss_settings.model_dump(),
        "synthesis_settings": checkpoint.synthesis_settings.model_dump(),
        "target_sha256": checkpoint.target_sha256,
        "state": checkpoint.state,
        "packages": checkpoint.packages,
    }
    with replacing(path) as part:
        torch.save(content, part)


def _read(path: Path) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch remarks on foreign pickles, which are refused below
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{path}: not a checkpoint of tensors and plain values; it may carry code and was not run"
        ) from error
    except OSError:
        raise
    except Exception as error:  # a damaged pickle may raise anything
        raise ValueError(f"{path}: damaged, or no checkpoint") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise ValueError(f"{path}: a checkpoint of another program")
    if content.get("version") != _VERSION:
        raise ValueError(f"{path}: checkpoint version {content.get('version')!r}, expected {_VERSION}")
    return content


def _check_state(state: dict[str, Any]) -> None:
    image, losses = state["image"], state["losses"]
    if not (isinstance(image, Tensor) and image.dim() == 4 and bool(torch.isfinite(image).all())):
        raise ValueError("no image")
    if not (isinstance(losses, Tensor) and losses.dim() == 1 and isinstance(state["optimizer"], dict)):
        raise ValueError("no search")


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint, without running anything in it.

    Raises:
        OSError: where it cannot be read.
        ValueError: where it is damaged, of another program or version, or carries code.
    """
    content = _read(path)
    try:
        x, y = content["gaze"]
        _check_state(content["state"])
        return Checkpoint(
            gaze=(float(x), float(y)),
            loss_settings=LossSettings(**content["loss_settings"]),
            synthesis_settings=SynthesisSettings(**content["synthesis_settings"]),
            target_sha256=str(content["target_sha256"]),
            state=content["state"],
            packages=dict(content["packages"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: a damaged checkpoint ({error})") from error
