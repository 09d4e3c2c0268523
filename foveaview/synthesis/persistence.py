"""A synthesis with a model of its own to a file, and back."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from foveaview.provenance import versions
from foveaview.synthesis.checkpoint import check_state, image_sha256, read_content, read_raw, write_content
from foveaview.synthesis.comparison import Check, name_of
from foveaview.synthesis.foreign import content_of_plenoptic, is_of_plenoptic

if TYPE_CHECKING:
    from foveaview.synthesis.metamer import Metamer

__all__ = ["load_into", "save_from"]


def _outputs(metamer: Metamer, image: Tensor, representation: Tensor) -> dict[str, Tensor]:
    """What model, loss and penalty make of an image: enough to recognise them by."""
    with torch.no_grad():
        return {
            "model": metamer.model(image),
            "loss_function": metamer.loss_function(representation, 2 * representation),
            "penalty_function": metamer.penalty_function(image),
        }


def _identity(metamer: Metamer) -> dict[str, Any]:
    outputs = _outputs(metamer, metamer.image, metamer.target_representation)
    functions = {
        what: {"name": name_of(getattr(metamer, what)), "value": value.detach().cpu()}
        for what, value in outputs.items()
    }
    own = {name: getattr(metamer, name) for name in metamer.identifying}
    return {"image": metamer.image.cpu(), **own, **functions}


def save_from(metamer: Metamer, path: Path) -> None:
    """Write all that `load_into` needs; raises `OSError` where that fails."""
    state = metamer.state()
    write_content(
        path,
        {
            "packages": versions(),
            "device": str(metamer.image.device),
            "seed": state["seed"],
            "target_sha256": image_sha256(metamer.image),
            "state": state,
            "identity": _identity(metamer),
        },
    )


def _read(path: Path, map_location: Any, load_args: dict[str, Any]) -> dict[str, Any]:
    if load_args.get("weights_only") is False:
        raise ValueError(f"{path}: weights_only=False would run code from the file: leave it out")
    content = read_raw(path, map_location=map_location, **load_args)
    if is_of_plenoptic(content):
        return content_of_plenoptic(path, content)
    content = read_content(path, content)
    if "identity" not in content:
        raise ValueError(f"{path}: saved by a search at a gaze: go on with foveaview synthesize --resume")
    return content


def _compare(metamer: Metamer, identity: dict[str, Any], check: Check) -> None:
    saved = identity["image"].to(metamer.image.device)
    check.tensors("attribute image", saved, metamer.image)
    for name in metamer.identifying:
        check.values(f"attribute {name}", identity[name], getattr(metamer, name))
    representation = identity["model"]["value"].to(metamer.image.device)
    outputs = _outputs(metamer, saved, representation)
    for what, value in outputs.items():
        check.functions(what, identity[what], getattr(metamer, what), value)


def load_into(
    metamer: Metamer, path: Path, check: Check, map_location: Any, load_args: dict[str, Any]
) -> None:
    """Bring an object just made to where a saved one was; see `Metamer.load`."""
    kind = type(metamer).__name__
    if metamer.metamer.numel():
        raise ValueError(f"load can only be called with a just-initialized {kind} object: make another")
    content = _read(path, map_location, load_args)
    try:
        state, identity = content["state"], content["identity"]
        if state["kind"] != kind:
            raise ValueError(f"the saved object is a {state['kind']}, expected a {kind}")
        check_state(state)
        wanted_parts = (identity["image"], *(identity[what]["value"] for what in ("model", "loss_function")))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: a damaged checkpoint ({error})") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if not all(isinstance(part, Tensor) for part in wanted_parts):
        raise ValueError(f"{path}: a damaged checkpoint (no tensors to compare with)")
    _compare(metamer, identity, check)
    wanted = metamer.restore(state)
    metamer.take_over(identity)
    if wanted:
        warnings.warn(f"You will need to call setup() to instantiate {', '.join(wanted)}", stacklevel=3)
