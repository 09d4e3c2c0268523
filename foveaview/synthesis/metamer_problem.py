"""The image that a metamer matches, and the functions that judge it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from foveaview.perception.plausibility import warn_user
from foveaview.synthesis.objective import mse, penalize_range
from foveaview.synthesis.validation import check_image, check_loss, check_model, check_penalty

__all__ = ["Problem"]


class Problem:
    """An image's representation by a model, and the objective of other images; see `Metamer`.

    Attributes:
        image: the target image.
        model: the model that the metamer is for.
        loss_function: measures the distance between two representations.
        penalty_function: function of the metamer that is kept small in addition to the loss.
        penalty_lambda: weight of the penalty.
        target_representation: the model's representation of the image.

    >>> problem = Problem(torch.ones(1, 1, 4, 4), nn.Identity().eval())
    >>> problem.objective(torch.zeros(1, 1, 4, 4), problem.target_representation)
    (tensor(1.), tensor(0.))
    """

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
        self.image = check_image(image).detach().clone()
        check_model(model, self.image)
        check_penalty(penalty_function, self.image)
        self.model, self.loss_function = model, loss_function
        self.penalty_function, self.penalty_lambda = penalty_function, float(penalty_lambda)
        with torch.no_grad():
            self.target_representation = model(self.image)
        if not bool(torch.isfinite(self.target_representation).all()):
            raise ValueError("model returns NaN or infinite values for this image")
        check_loss(loss_function, self.target_representation)

    def objective(
        self, image: Tensor, target_representation: Tensor, **analyze_kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Return the objective of an image and its penalty, 0-d tensors."""
        loss = self.loss_function(self.model(image, **analyze_kwargs), target_representation)
        penalty = self.penalty_function(image)
        return (loss + self.penalty_lambda * penalty).reshape(()), penalty.reshape(())

    def to(self, *args: Any, **kwargs: Any) -> None:
        """Move model, image and representation, in place; see `Metamer.to`."""
        if hasattr(self.model, "to"):
            self.model = self.model.to(*args, **kwargs)
        else:
            warn_user("Unable to call model.to(), which the model lacks: it stays as it is")
        self.image = self.image.to(*args, **kwargs)
        self.target_representation = self.target_representation.to(*args, **kwargs)

    def take_over(self, identity: dict[str, Any]) -> None:
        """Take the image and the weight of the penalty from a checkpoint's identity."""
        like = self.image
        self.image = identity["image"].detach().to(like)
        self.target_representation = identity["model"]["value"].detach().to(like.device)
        self.penalty_lambda = float(identity["penalty_lambda"])
