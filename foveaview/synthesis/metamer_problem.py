"""The image that a metamer matches, and the functions that judge it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from foveaview.synthesis.objective import mse, penalize_range
from foveaview.synthesis.validation import check_image, check_loss, check_model, check_penalty

__all__ = ["Problem"]


def _described(value: Any) -> str:
    """Format a value for `repr`: a tensor by its shape and dtype, a function by its name."""
    if isinstance(value, Tensor):
        return f"{value.shape} ({value.dtype})"
    return getattr(value, "__name__", None) or repr(value).replace("\n", "\n  ")


class Problem:
    """An image's representation by a model, and the objective of other images; see `Metamer`.

    >>> Problem(torch.ones(1, 1, 4, 4), nn.Identity().eval())
    Problem(
      image = torch.Size([1, 1, 4, 4]) (torch.float32),
      model = Identity(),
      loss_function = mse,
      penalty_function = penalize_range,
      penalty_lambda = 0.1,
    )
    """

    described: tuple[str, ...] = ("image", "model", "loss_function", "penalty_function", "penalty_lambda")
    """Attributes that `repr` shows."""

    def __init__(
        self,
        image: Tensor,
        model: nn.Module,
        loss_function: Callable[[Tensor, Tensor], Tensor] = mse,
        penalty_function: Callable[[Tensor], Tensor] = penalize_range,
        penalty_lambda: float = 0.1,
    ) -> None:
        if not penalty_lambda >= 0:
            raise ValueError(f"penalty_lambda must be non-negative, got {penalty_lambda}")
        self._image = check_image(image).detach().clone()
        check_model(model, self._image)
        check_penalty(penalty_function, self._image)
        self._model, self._loss_function = model, loss_function
        self._penalty_function, self._penalty_lambda = penalty_function, float(penalty_lambda)
        with torch.no_grad():
            self._target_representation = model(self._image)
        if not bool(torch.isfinite(self._target_representation).all()):
            raise ValueError("model returns NaN or infinite values for this image")
        check_loss(loss_function, self._target_representation)

    def __repr__(self) -> str:
        rows = [f"  {name} = {_described(getattr(self, name))},\n" for name in self.described]
        return f"{type(self).__name__}(\n{''.join(rows)})"

    @property
    def image(self) -> Tensor:
        """The target image."""
        return self._image

    @property
    def model(self) -> nn.Module:
        """The model that the metamer is for."""
        return self._model

    @property
    def loss_function(self) -> Callable[[Tensor, Tensor], Tensor]:
        """The function that measures the distance between two representations."""
        return self._loss_function

    @property
    def penalty_function(self) -> Callable[[Tensor], Tensor]:
        """The function of the metamer that is kept small in addition to the loss."""
        return self._penalty_function

    @property
    def penalty_lambda(self) -> float:
        """Weight of the penalty."""
        return self._penalty_lambda

    @property
    def target_representation(self) -> Tensor:
        """The model's representation of the image."""
        return self._target_representation

    def _objective(
        self, image: Tensor, target_representation: Tensor, **analyze_kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Return the objective of an image and its penalty, 0-d tensors."""
        loss = self._loss_function(self._model(image, **analyze_kwargs), target_representation)
        penalty = self._penalty_function(image)
        return (loss + self._penalty_lambda * penalty).reshape(()), penalty.reshape(())
