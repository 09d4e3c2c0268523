"""Files in the layout of plenoptic 2, which both programs read and write.

Data that plenoptic does not store is in one record in the file's metadata, which plenoptic ignores.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from foveaview.io.untrusted import one_line

__all__ = [
    "INPUTS",
    "RESERVED",
    "class_of",
    "content_of_plenoptic",
    "is_of_plenoptic",
    "kind_of",
    "plenoptic_content",
]

_RELEASE = "2.1.1"
"""The release of plenoptic that defines the written layout."""

_RECORD = "foveaview"

INPUTS: dict[str, Any] = {
    "loss_function": ("_target_representation", "2 * _target_representation"),
    "penalty_function": ("_image",),
    "model": ("_image",),
}
"""Inputs for the stored outputs that identify functions."""

_COLUMNS = ("losses", "penalties", "gradient_norm", "pixel_change_norm")
_ITEMS_CTF = ("scales", "scales_timing", "scales_finished")


def is_of_plenoptic(content: dict[str, Any]) -> bool:
    """Return True if a file's content is in plenoptic's layout."""
    metadata = content.get("save_metadata")
    return isinstance(metadata, dict) and "plenoptic_version" in metadata


def _record_of(content: dict[str, Any]) -> dict[str, Any]:
    """Return the record that this project adds to a file; empty if plenoptic wrote it."""
    record = content["save_metadata"].get(_RECORD)
    return record if isinstance(record, dict) else {}


def kind_of(name: str) -> str:
    """Return the kind of object for a class name in a file, from either package.

    >>> [kind_of(name) for name in ("plenoptic.Metamer", "foveaview.synthesis.ctf.MetamerCTF", "own.Metamer")]
    ['Metamer', 'MetamerCTF', 'own Metamer']
    """
    package, _, last = name.rpartition(".")
    return last if package.partition(".")[0] in ("plenoptic", "foveaview") else f"own {last}"


RESERVED = {
    "save_metadata",
    "_loaded",
    *(f"_{name}" for name in (*_COLUMNS, *INPUTS, *_ITEMS_CTF, "optimizer", "scheduler")),
    *(f"_{name}" for name in ("image", "image_shape", "metamer", "saved_metamer", "target_representation")),
    *(f"_{name}" for name in ("current_loss", "current_penalty", "penalty_lambda", "store_progress")),
    *(f"_{name}" for name in ("scheduler_step_arg", "scales_loss", "coarse_to_fine", "initial_lr")),
    "_ctf_target_representation",
}
"""Names that attributes of a subclass cannot have in a file."""


# writing


def _is_plain(frames: dict[str, Any]) -> bool:
    """Return True if the images that were kept are in memory and not reduced."""
    whole = frames["like"].dtype in (torch.float32, torch.float64)
    return int(frames["count"]) == len(frames["frames"]) and whole


def plenoptic_content(
    name: str, state: dict[str, Any], identity: dict[str, Any], added: dict[str, Any], record: dict[str, Any]
) -> dict[str, Any]:
    """Make a file's content from a state and an identity.

    Args:
        name: of the class, as plenoptic would write it.
        state: see `Metamer.state`.
        identity: image, penalty_lambda, coarse_to_fine, and what functions make of the inputs.
        added: attributes of a subclass.
        record: what plenoptic has no place for.
    """
    image, frames = identity["image"], state["frames"]
    plain = frames["count"] == 0 or _is_plain(frames)
    if not plain:  # plenoptic would take them for images
        name, record = f"foveaview.{name.rpartition('.')[2]}", {**record, "frames": frames}
    content = {
        "save_metadata": {
            "plenoptic_version": _RELEASE,
            "torch_version": str(torch.__version__),
            "synthesis_object": name,
            _RECORD: record,
        },
        **added,
        "_loaded": False,
        **{f"_{column}": state[column].tolist() for column in _COLUMNS},
        "_store_progress": state["store_progress"],
        "_current_loss": None,
        "_current_penalty": None,
        "_penalty_lambda": identity["penalty_lambda"],
        "_image": image,
        "_image_shape": image.shape,
        "_target_representation": identity["target_representation"],
        "_scheduler_step_arg": bool(state["scheduler"].get("takes_loss")),
        "_saved_metamer": list(frames["frames"].to(image.dtype)) if plain else [],
        "_metamer": state["metamer"],
    }
    content |= {
        f"_{what}": (state[what]["name"], state[what]["state"]) for what in ("optimizer", "scheduler")
    }
    for what, inputs in INPUTS.items():
        content[f"_{what}"] = (identity[what]["name"], inputs, identity[what]["value"])
    if "scales" in state:
        content |= {f"_{item}": state[item] for item in _ITEMS_CTF}
        content |= {
            "_scales_loss": state["scales_loss"].tolist(),
            "_coarse_to_fine": identity["coarse_to_fine"],
            "_initial_lr": state["initial_rates"],
            "_ctf_target_representation": None,
        }
    return content


# reading


def _numbers(content: dict[str, Any], name: str, length: int) -> Tensor:
    values = content.get(name)
    # early releases of 2 did not keep penalties
    return torch.tensor([float("nan")] * length if values is None else list(values), dtype=torch.float64)


def _solver(saved: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    # before its setup, plenoptic writes the class of None
    name, state = saved
    return {"name": name if state else None, "state": state, "arguments": arguments}


def _frames(saved: list[Tensor]) -> dict[str, Any]:
    frames = torch.stack([frame.detach().cpu() for frame in saved]) if saved else torch.empty(0)
    shape = list(frames.shape[1:]) if saved else []
    return {"count": len(saved), "frames": frames, "like": torch.empty(0, dtype=frames.dtype), "shape": shape}


def _state(content: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    losses, arguments = content["_losses"], record.get("arguments", {})
    state = {
        "metamer": content["_metamer"],
        **{column: _numbers(content, f"_{column}", len(losses)) for column in _COLUMNS},
        "optimizer": _solver(content["_optimizer"], arguments.get("optimizer", {})),
        "scheduler": {
            **_solver(content["_scheduler"], arguments.get("scheduler", {})),
            "takes_loss": bool(content["_scheduler_step_arg"]),
        },
        "store_progress": content["_store_progress"],
        "frames": record.get("frames") or _frames(content["_saved_metamer"]),
        "seed": record.get("seed"),
        "lowered": record.get("lowered"),
    }
    if "_scales" in content:
        state |= {
            "scales_loss": torch.tensor(list(content["_scales_loss"]), dtype=torch.float64),
            "scales": list(content["_scales"]),
            "scales_timing": {key: list(value) for key, value in content["_scales_timing"].items()},
            "scales_finished": list(content["_scales_finished"]),
            "initial_rates": content["_initial_lr"],
        }
    return state


def _function(saved: Any) -> dict[str, Any]:
    name, inputs, value = saved
    return {"name": name, "inputs": inputs, "value": value}


def class_of(path: Path, content: dict[str, Any]) -> str:
    """Return the class name in a file of plenoptic's layout; raise `ValueError` for another release."""
    metadata = content["save_metadata"]
    release = str(metadata["plenoptic_version"])
    if release.split(".")[0] != "2":
        raise ValueError(f"{path}: saved with plenoptic {release}: save it again with plenoptic 2")
    return str(metadata.get("synthesis_object"))


def content_of_plenoptic(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Return the state, the identity and the added attributes of a file in plenoptic's layout.

    Raises:
        ValueError: if it is damaged, or of another kind of object.
    """
    record = _record_of(content)
    try:
        identity = {
            **record.get("identifying", {}),
            "image": content["_image"],
            "target_representation": content["_target_representation"],
            "penalty_lambda": content["_penalty_lambda"],
            "coarse_to_fine": content.get("_coarse_to_fine"),
            **{what: _function(content[f"_{what}"]) for what in INPUTS},
        }
        return {
            "state": _state(content, record),
            "identity": identity,
            "added": {key: value for key, value in content.items() if key not in RESERVED},
            "unsaved": [str(name) for name in record.get("unsaved", [])],
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(
            f"{path}: a damaged file in plenoptic's layout ({one_line(str(error), 200)})"
        ) from error
