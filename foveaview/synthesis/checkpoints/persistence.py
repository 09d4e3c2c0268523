"""Saving and loading of a synthesis with any model."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from foveaview.io.untrusted import one_line
from foveaview.perception.plausibility import warn_user
from foveaview.provenance import versions
from foveaview.synthesis.checkpoints import plenoptic_import as foreign
from foveaview.synthesis.checkpoints.checkpoint import (
    check_state,
    image_sha256,
    read_content,
    read_raw,
    write_raw,
)
from foveaview.synthesis.checkpoints.checkpoint_check import Check, name_of
from foveaview.synthesis.optimizers.solver import plain, takes_loss

__all__ = ["load_into", "save_from"]


class Storable(Protocol):
    """The attributes of `Metamer` that a file needs; see there."""

    identifying: Any

    @property
    def image(self) -> Tensor: ...
    @property
    def metamer(self) -> Tensor: ...
    @property
    def target_representation(self) -> Tensor: ...
    @property
    def model(self) -> Callable[..., Tensor]: ...
    @property
    def loss_function(self) -> Callable[[Tensor, Tensor], Tensor]: ...
    @property
    def penalty_function(self) -> Callable[[Tensor], Tensor]: ...
    @property
    def scheduler(self) -> Any: ...
    def added_attributes(self) -> dict[str, Any]: ...
    def state(self) -> dict[str, Any]: ...
    def wrong_stage(self, state: dict[str, Any]) -> str: ...
    def restore(self, state: dict[str, Any]) -> list[str]: ...
    def take_over(self, identity: dict[str, Any]) -> None: ...


_PLAIN = (bool, int, float, complex, str)
_NO_SOLVER: dict[str, Any] = {"name": None, "state": {}, "arguments": {}}


def _outputs(metamer: Storable, image: Tensor, representation: Tensor) -> dict[str, Tensor]:
    """Return the outputs of loss, penalty and model that identify them in a file."""
    with torch.no_grad():
        return {
            "loss_function": metamer.loss_function(representation, 2 * representation),
            "penalty_function": metamer.penalty_function(image),
            "model": metamer.model(image),
        }


def _identity(metamer: Storable) -> dict[str, Any]:
    outputs = _outputs(metamer, metamer.image, metamer.target_representation)
    functions: dict[str, dict[str, Any]] = {
        what: {"name": name_of(getattr(metamer, what)), "value": value.detach().cpu()}
        for what, value in outputs.items()
    }
    own = {name: getattr(metamer, name) for name in metamer.identifying}
    representation = metamer.target_representation.detach().cpu()
    if torch.equal(functions["model"]["value"], representation):
        functions["model"]["value"] = representation  # and so it is in the file once
    return {"image": metamer.image.cpu(), "target_representation": representation, **own, **functions}


def _class_name(metamer: Storable) -> str:
    kind = type(metamer)
    own = f"{kind.__module__}.{kind.__name__}"
    known = foreign.kind_of(own)
    return own if known.startswith("own ") else f"plenoptic.{known}"


def _can_be_saved(value: Any) -> bool:
    """Return True for tensors and plain values, but not for their subclasses, which need code."""
    if type(value) in (list, tuple, torch.Size):
        return all(map(_can_be_saved, value))
    if type(value) in (dict, OrderedDict):
        return all(map(_can_be_saved, [*value, *value.values()]))
    own = value.item() if isinstance(value, np.generic) else value
    return own is None or isinstance(own, Tensor) or type(own) in _PLAIN


def _added(metamer: Storable) -> tuple[dict[str, Any], list[str]]:
    """Return the attributes of a subclass that a file can hold, and the names of the others."""
    attributes = metamer.added_attributes()
    taken = sorted(set(attributes) & foreign.RESERVED)
    if taken:
        raise ValueError(
            f"a file has another use for attributes of the names {', '.join(taken)}: rename them"
        )
    saved = {name: plain(value) for name, value in attributes.items() if _can_be_saved(value)}
    unsaved = [name for name in attributes if name not in saved]
    lost = [name for name in unsaved if not callable(attributes[name])]  # modules are made again
    if lost:
        warn_user(f"the file does not hold {', '.join(lost)}: only tensors and plain values can be saved")
    return saved, unsaved


def save_from(metamer: Storable, path: Path, optimizer: bool = True) -> None:
    """Write all that `load_into` needs; raises `OSError` if that fails."""
    state = metamer.state()
    if not optimizer:
        state |= {"optimizer": _NO_SOLVER, "scheduler": _NO_SOLVER}
    elif metamer.scheduler is not None:
        state["scheduler"]["takes_loss"] = takes_loss(metamer.scheduler)
    added, unsaved = _added(metamer)
    record = {
        "packages": versions(),
        "device": str(metamer.image.device),
        "seed": state["seed"],
        "lowered": state["lowered"],
        "target_sha256": image_sha256(metamer.image),
        "arguments": {what: state[what]["arguments"] for what in ("optimizer", "scheduler")},
        "unsaved": unsaved,
        "identifying": {name: plain(getattr(metamer, name)) for name in metamer.identifying},
    }
    name, identity = _class_name(metamer), _identity(metamer)
    write_raw(path, foreign.plenoptic_content(name, state, identity, added, record))


def _content_of_earlier(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a file written before files had plenoptic's layout."""
    content = read_content(path, content)
    if "identity" not in content:
        raise ValueError(f"{path}: saved by a search at a gaze: go on with foveaview synthesize --resume")
    try:
        identity = dict(content["identity"])
        for what, inputs in foreign.INPUTS.items():
            identity[what] = {**identity[what], "inputs": inputs}
        identity["target_representation"] = identity["model"]["value"]
        return {"state": dict(content["state"]), "identity": identity, "added": {}, "unsaved": []}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: a damaged checkpoint ({one_line(str(error), 200)})") from error


def _check_class(metamer: Storable, name: str, check: Check) -> None:
    own = f"{type(metamer).__module__}.{type(metamer).__name__}"
    if foreign.kind_of(name) != foreign.kind_of(own):
        check.differs(f"Saved object was a {name}, but initialized object is a {own}")


def _read(
    metamer: Storable, path: Path, check: Check, map_location: Any, load_args: dict[str, Any]
) -> dict[str, Any]:
    if load_args.get("weights_only") is False:
        raise ValueError(f"{path}: weights_only=False would run code from the file: leave it out")
    raw = read_raw(path, map_location=map_location, **load_args)
    if not foreign.is_of_plenoptic(raw):
        content = _content_of_earlier(path, raw)
        _check_class(metamer, f"foveaview.{content['state'].get('kind')}", check)
        return content
    _check_class(metamer, foreign.class_of(path, raw), check)
    return foreign.content_of_plenoptic(path, raw)


def _check_content(path: Path, content: dict[str, Any], scales: bool) -> None:
    """Raise `ValueError` if a state or an identity lacks something."""
    identity = content["identity"]
    try:
        check_state(content["state"])
        tensors = [identity["image"], identity["target_representation"]]
        tensors += [identity[what]["value"] for what in foreign.INPUTS]
        if scales and "scales" not in content["state"]:
            raise ValueError("it has no scales")
        if not float(identity["penalty_lambda"]) >= 0:
            raise ValueError(f"its penalty_lambda is {identity['penalty_lambda']!r}")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: a damaged checkpoint ({one_line(str(error), 200)})") from error
    if not all(isinstance(tensor, Tensor) for tensor in tensors):
        raise ValueError(f"{path}: a damaged checkpoint (no tensors to compare with)")


def _compare(metamer: Storable, identity: dict[str, Any], check: Check) -> None:
    device = metamer.image.device
    saved = identity["image"].to(device)
    check.tensors("attribute image", saved, metamer.image)
    for name in metamer.identifying:
        check.values(name, identity.get(name), getattr(metamer, name))
    for what, inputs in foreign.INPUTS.items():
        check.inputs(what, identity[what]["inputs"], inputs)
    outputs = _outputs(metamer, saved, identity["target_representation"].to(device))
    for what, value in outputs.items():
        check.tensors(f"{what} output", identity[what]["value"], value)
    for what in outputs:
        check.names(what, identity[what]["name"], getattr(metamer, what))


def _take(metamer: Storable, saved: dict[str, Any]) -> None:
    """Set the attributes of a subclass that the object has too."""
    for name, own in metamer.added_attributes().items():
        if name in saved:
            value = saved[name]
            both = isinstance(value, Tensor) and isinstance(own, Tensor)
            setattr(metamer, name, value.to(own.device) if both else value)


def load_into(
    metamer: Storable, path: Path, check: Check, map_location: Any, load_args: dict[str, Any]
) -> None:
    """Load a file into an object just made; see `Metamer.load`."""
    if metamer.metamer.numel():
        kind = type(metamer).__name__
        raise ValueError(f"load can only be called with a just-initialized {kind} object: make another")
    content = _read(metamer, path, check, map_location, load_args)
    _check_content(path, content, scales="coarse_to_fine" in metamer.identifying)
    check.attributes([*content["added"], *content["unsaved"]], list(metamer.added_attributes()))
    try:
        _compare(metamer, content["identity"], check)
        if wrong := metamer.wrong_stage(content["state"]):
            raise ValueError(f"{path}: a damaged checkpoint ({one_line(wrong, 200)})")
        wanted = metamer.restore(content["state"])
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:  # of tensors that do not fit
        raise ValueError(f"{path}: a damaged checkpoint ({one_line(str(error), 200)})") from error
    metamer.take_over(content["identity"])
    _take(metamer, content["added"])
    if wanted:
        warn_user(f"You will need to call setup() to instantiate {', '.join(wanted)}")
