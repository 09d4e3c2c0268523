"""Checkpoints that plenoptic 2 wrote, as the content of one of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

__all__ = ["content_of_plenoptic", "is_of_plenoptic"]

_KINDS = ("Metamer", "MetamerCTF")


def is_of_plenoptic(content: dict[str, Any]) -> bool:
    """Whether a file's content is one that plenoptic wrote."""
    metadata = content.get("save_metadata")
    return isinstance(metadata, dict) and "plenoptic_version" in metadata


def _numbers(content: dict[str, Any], name: str, length: int) -> Tensor:
    values = content.get(name)
    # early releases of 2 did not keep penalties
    return torch.tensor([float("nan")] * length if values is None else list(values), dtype=torch.float64)


def _solver(saved: Any) -> dict[str, Any]:
    # before its setup, plenoptic writes the class of None
    name, state = saved
    return {"name": name if state else None, "state": state, "arguments": {}}


def _frames(saved: list[Tensor]) -> dict[str, Any]:
    frames = torch.stack([frame.detach().cpu() for frame in saved]) if saved else torch.empty(0)
    shape = list(frames.shape[1:]) if saved else []
    return {"count": len(saved), "frames": frames, "like": torch.empty(0, dtype=frames.dtype), "shape": shape}


def _state(content: dict[str, Any], kind: str) -> dict[str, Any]:
    losses = content["_losses"]
    state = {
        "kind": kind,
        "metamer": content["_metamer"],
        "losses": torch.tensor(list(losses), dtype=torch.float64),
        "penalties": _numbers(content, "_penalties", len(losses)),
        "gradient_norm": _numbers(content, "_gradient_norm", len(losses)),
        "pixel_change_norm": _numbers(content, "_pixel_change_norm", len(losses)),
        "optimizer": _solver(content["_optimizer"]),
        "scheduler": _solver(content["_scheduler"]),
        "store_progress": content["_store_progress"],
        "frames": _frames(content["_saved_metamer"]),
        "seed": None,
    }
    if kind == "MetamerCTF":
        state |= {
            "scales_loss": torch.tensor(list(content["_scales_loss"]), dtype=torch.float64),
            "scales": list(content["_scales"]),
            "scales_timing": {key: list(value) for key, value in content["_scales_timing"].items()},
            "scales_finished": list(content["_scales_finished"]),
            "initial_rates": content["_initial_lr"],
        }
    return state


def _function(saved: Any) -> dict[str, Any]:
    name, _inputs, value = saved
    return {"name": name, "value": value}


def content_of_plenoptic(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    """The state and the identity in a file of plenoptic 2.

    Raises:
        ValueError: where it is of another release or another object, or damaged.
    """
    metadata = content["save_metadata"]
    release = str(metadata["plenoptic_version"])
    if release.split(".")[0] != "2":
        raise ValueError(f"{path}: saved with plenoptic {release}: save it again with plenoptic 2")
    kind = str(metadata.get("synthesis_object")).rpartition(".")[2]
    if kind not in _KINDS:
        raise ValueError(f"{path}: the saved object is a {kind}: expected one of {', '.join(_KINDS)}")
    try:
        identity = {
            "image": content["_image"],
            "penalty_lambda": content["_penalty_lambda"],
            "coarse_to_fine": content.get("_coarse_to_fine"),
            "model": _function(content["_model"]),
            "loss_function": _function(content["_loss_function"]),
            "penalty_function": _function(content["_penalty_function"]),
        }
        return {"state": _state(content, kind), "identity": identity}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path}: a damaged checkpoint of plenoptic ({error})") from error
