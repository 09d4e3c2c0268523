"""Checks of an image, a model, a loss and a penalty before the first step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from foveaview.perception.plausibility import warn_user

__all__ = ["check_image", "check_loss", "check_model", "check_penalty", "check_scales"]

_RELEASE = "call model.requires_grad_(False) first"

# Parts of these messages are as in plenoptic, for users who match them.


def _check_type(image: Any, name: str) -> None:
    if not isinstance(image, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(image).__name__}")
    if image.is_complex():
        raise TypeError(
            f"{name} must be real, got {image.dtype}: give its magnitude, or its real and imaginary parts as "
            "channels (torch.view_as_real)"
        )
    if not image.is_floating_point():
        raise TypeError(
            f"{name} must be floating point, got {image.dtype}: convert it, and divide by its largest value"
        )
    if image.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"{name} must be float32 or float64, got {image.dtype}: no optimizer works in less")


def check_image(image: Any, name: str = "image") -> Tensor:
    """Return the image if it is a floating-point tensor without NaN.

    Raises:
        TypeError: for anything but a floating-point tensor.
        ValueError: if it is empty, or holds NaN or infinity.

    Warns:
        UserWarning: if it does not have 4 dimensions, or has values outside [0, 1].

    >>> check_image(torch.zeros(1, 1, 2, 2, dtype=torch.uint8))
    Traceback (most recent call last):
    ...
    TypeError: image must be floating point, got torch.uint8: convert it, and divide by its largest value
    """
    _check_type(image, name)
    if image.numel() == 0:
        raise ValueError(f"{name} is empty: its shape is {tuple(image.shape)}")
    low, high = (float(value) for value in torch.aminmax(image.detach()))
    if not bool(torch.isfinite(image).all()):
        raise ValueError(f"{name} holds NaN or infinite values: replace them first")
    if image.dim() != 4:
        warn_user(
            f"{name} has shape {tuple(image.shape)}: synthesis has mostly been tested on 4d inputs, "
            "(N, C, H, W)"
        )
    if low < 0 or high > 1:
        warn_user(f"input_tensor range is ({low:g}, {high:g}): synthesis is tested with {name} in [0, 1]")
    return image


def _reason(model: Any, image: Tensor, error: Exception) -> Exception:
    """Say why a model failed on an image: a different device or dtype, else the model's own message."""
    if isinstance(model, nn.Module):
        for tensor in [*model.parameters(), *model.buffers()]:
            if tensor.device != image.device:
                return RuntimeError(
                    f"model is on device {tensor.device}, the image on {image.device}: move one with .to()"
                )
            if tensor.is_floating_point() and tensor.dtype != image.dtype:
                return TypeError(f"model is {tensor.dtype}, the image {image.dtype}: convert one with .to()")
    said = " ".join(str(error).split())
    return ValueError(f"model fails on an image of shape {tuple(image.shape)}: {said}")


def _called(model: Callable[..., Any], image: Tensor) -> Tensor:
    try:
        result = model(image)
    except RuntimeError as error:
        raise _reason(model, image, error) from error
    if not isinstance(result, Tensor):
        raise ValueError(
            f"model does not return a torch.Tensor object but a {type(result).__name__}: return one tensor"
        )
    return result


def _trial(image: Tensor) -> Tensor:
    """Draw noise like the image, from torch's own random state.

    plenoptic draws as much in its constructors: after one seed both start from the same noise.
    """
    return torch.rand(image.shape, dtype=image.dtype, device=image.device)


def check_model(model: Callable[..., Any], image: Tensor) -> None:
    """Raise if a model is unsuitable for synthesis of images like this one.

    Raises:
        ValueError: if it has trainable parameters, is not differentiable, returns no tensor, a single
            number, or NaN, or fails.
        TypeError: if it changes the dtype, or has another one.
        RuntimeError: if it changes the device, or is on another one.

    Warns:
        UserWarning: if it is in training mode.
    """
    trial = _trial(image)
    with torch.enable_grad():
        if _called(model, trial).requires_grad:
            raise ValueError(f"model adds gradient to input, it has learnable parameters: {_RELEASE}")
        representation = _called(model, trial.requires_grad_())
    if not representation.requires_grad:
        raise ValueError(
            "model strips gradient from input: it must not return a constant, detach, or leave torch"
        )
    if representation.dtype != image.dtype and not representation.is_complex():
        raise TypeError(
            f"model changes precision of input from {image.dtype} to {representation.dtype}: keep it"
        )
    if representation.device != image.device:
        raise RuntimeError(
            f"model changes device of input from {image.device} to {representation.device}: keep it"
        )
    if representation.dim() == 0:
        raise ValueError("model returns a single number (a 0-d tensor): return a representation")
    if not bool(torch.isfinite(representation).all()):
        raise ValueError("model returns NaN or infinite values for an image in [0, 1]")
    if getattr(model, "training", False):
        warn_user(
            "model is in training mode: call model.eval(), or dropout and batch statistics change every step"
        )


def check_loss(loss_function: Callable[[Tensor, Tensor], Any], representation: Tensor) -> None:
    """Raise `ValueError` if a loss of two representations is not a scalar tensor."""
    with torch.no_grad():
        loss = loss_function(representation, representation)
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        shape = tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
        raise ValueError(f"loss_function must return a scalar tensor, got {shape}: take a mean or a sum")


def check_penalty(penalty_function: Callable[[Tensor], Any], image: Tensor) -> None:
    """Raise if a penalty is unsuitable for images like this one.

    Raises:
        TypeError: if it does not take one image, or changes the dtype.
        ValueError: if it returns no scalar tensor, has trainable parameters, or is not differentiable.
        RuntimeError: if it changes the device.
    """
    trial = torch.ones_like(image)
    trial[..., ::2] = 0
    try:
        penalty = penalty_function(trial)
    except TypeError as error:
        raise TypeError(
            f"penalty_function should be callable and accept a tensor, the image: {error}"
        ) from error
    if not isinstance(penalty, Tensor):
        raise ValueError(
            f"penalty_function does not return a torch.Tensor object but a {type(penalty).__name__}: "
            "return a scalar"
        )
    if penalty.requires_grad:
        raise ValueError("penalty_function adds gradient to input: its parameters must not be learnable")
    if penalty.numel() != 1:
        raise ValueError(f"penalty_function should return a scalar value, got shape {tuple(penalty.shape)}")
    if penalty.dtype != image.dtype:
        raise TypeError(
            "penalty_function should not change precision of the input, but changes it from "
            f"{image.dtype} to {penalty.dtype}"
        )
    if penalty.device != image.device:
        raise RuntimeError(
            f"penalty_function changes device of input from {image.device} to {penalty.device}: keep it"
        )
    with torch.enable_grad():
        if not penalty_function(trial.requires_grad_()).requires_grad:
            raise ValueError("penalty_function strips gradient from input: do not detach it")


def check_scales(model: Callable[..., Any], image: Tensor) -> None:
    """Raise if a model does not support optimisation from coarse to fine.

    Raises:
        AttributeError: if it has no `scales`.
        TypeError: if its forward takes no `scales`.
        ValueError: if one scale's representation is as large as the whole, or there are fewer than two.
    """
    scales = getattr(model, "scales", None)
    if scales is None:
        raise AttributeError("model has no scales attribute: coarse-to-fine synthesis needs one")
    if len(scales) < 2:
        raise ValueError(f"model.scales must hold at least 2 scales, got {list(scales)!r}")
    with torch.no_grad():
        trial = _trial(image)
        whole = model(trial).shape
        for scale in scales:
            try:
                part = model(trial, scales=[scale]).shape
            except TypeError as error:
                raise TypeError(
                    f"model forward method does not accept scales argument {[scale]!r}: coarse-to-fine "
                    "synthesis needs it"
                ) from error
            if part == whole:
                raise ValueError(
                    "Output of model forward method doesn't change shape when scales keyword arg is "
                    f"{[scale]!r}: coarse-to-fine synthesis needs a part"
                )
