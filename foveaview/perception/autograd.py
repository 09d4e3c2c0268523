"""Gradients written by hand: those of linear maps, and those of scalars computed with their gradient.

Torch derives the gradient of every operation, but some work would then cost several times as much as
necessary. Two ideas avoid that:

* `LinearMap`: the gradient of y = A x is x' = A^T y', another linear map. The gradient of that is A again, so
  it can be differentiated any number of times, in forward mode too.
* `ScalarWithGradient`: a sum over millions of terms, with a gradient that is known while the terms are in the
  cache. Only the gradient is kept. If higher derivatives are requested, the sum is computed again by torch's
  own operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch._functorch.pyfunctorch import temporarily_clear_interpreter_stack
from torch.autograd import forward_ad

from foveaview.perception.precision import full_precision

__all__ = [
    "LinearMap",
    "ScalarWithGradient",
    "constants",
    "constants_of",
    "is_differentiated",
    "is_transformed",
    "value_and_gradient",
    "version_of",
]

Tensors = tuple[Tensor, ...]


def is_transformed(tensor: Tensor) -> bool:
    """Return True if `torch.func` or forward-mode differentiation follows the tensor.

    >>> is_transformed(torch.ones(2, requires_grad=True))
    False
    >>> seen = []
    >>> _ = torch.func.grad(lambda x: seen.append(is_transformed(x)) or x.sum())(torch.ones(2))
    >>> seen
    [True]
    """
    # there is no public function for this; torch's own modules use this one
    followed: bool = torch._C._functorch.is_functorch_wrapped_tensor(tensor)
    return followed or forward_ad.unpack_dual(tensor).tangent is not None


def is_differentiated(tensor: Tensor) -> bool:
    """Return True if operations on the tensor are recorded, in any way.

    >>> image = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad():
    ...     inside = is_differentiated(image)
    >>> is_differentiated(image), inside
    (True, False)
    """
    return (tensor.requires_grad and torch.is_grad_enabled()) or is_transformed(tensor)


def version_of(tensor: Tensor) -> int:
    """Version number, which an in-place edit of the tensor changes; -1 for inference tensors.

    >>> tensor = torch.zeros(2)
    >>> before = version_of(tensor)
    >>> version_of(tensor.add_(1)) == before
    False
    """
    return -1 if tensor.is_inference() else tensor._version


@contextmanager
def constants() -> Iterator[None]:
    """Make plain tensors that any later call can use, even in inference mode or inside `torch.func`.

    Otherwise tensors made there cannot be differentiated, or are valid for that one call only.

    >>> with torch.inference_mode(), constants():
    ...     kept = torch.ones(2)
    >>> kept.is_inference()
    False
    """
    with temporarily_clear_interpreter_stack(), torch.inference_mode(False), torch.no_grad():
        yield


def constants_of(tensor: Tensor) -> AbstractContextManager[None]:
    """Return `constants()`, or a context that records operations if the tensor is differentiated.

    >>> image = torch.ones(2, requires_grad=True)
    >>> with constants_of(image), constants_of(torch.ones(2)):
    ...     (2 * image).requires_grad
    False
    """
    return nullcontext() if is_differentiated(tensor) else constants()


@dataclass(frozen=True, eq=False)
class LinearMap:
    """A linear map from tensors to tensors, and its transpose.

    Attributes:
        forward: y = A x; takes one or more tensors, returns a tuple of one or more.
        adjoint: x = A^T y; takes what `forward` returns, and returns what `forward` takes. For all x and y,
            <forward(x), y> = <x, adjoint(y)>.

    >>> double = LinearMap(lambda x: (2 * x,), lambda y: (2 * y,))
    >>> image = torch.ones(3, requires_grad=True)
    >>> (doubled,) = double(image)
    >>> torch.autograd.grad(doubled.sum(), image)
    (tensor([2., 2., 2.]),)
    """

    forward: Callable[..., Tensors]
    adjoint: Callable[..., Tensors]

    @property
    def transposed(self) -> LinearMap:
        """The transpose, with `forward` and `adjoint` swapped."""
        return LinearMap(self.adjoint, self.forward)

    def __call__(self, *inputs: Tensor) -> Tensors:
        """Apply `forward`; the result is differentiable in both modes, any number of times."""
        return _linear(self, *inputs) if any(map(is_differentiated, inputs)) else self.forward(*inputs)


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(linear: LinearMap, *inputs: Tensor) -> Tensors:
        return linear.forward(*inputs)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensors) -> None:
        ctx.linear = inputs[0]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        return None, *ctx.linear.transposed(*grads)

    @staticmethod
    def jvp(ctx: Any, _: None, *tangents: Tensor) -> Tensors:
        return ctx.linear(*tangents)


_linear: Callable[..., Tensors] = _Linear.apply


@dataclass(frozen=True, eq=False)
class ScalarWithGradient:
    """A 0-d function of one tensor that computes its gradient together with its value.

    Only the gradient is kept for the backward pass. If a gradient of the gradient may be requested
    (`create_graph`), or `torch.func` follows the tensor, `definition` computes the value again.

    Attributes:
        evaluate: returns the value at a tensor and, if its second argument is True, the gradient there.
        definition: the same value by operations that torch can differentiate any number of times. None if
            this function is part of a larger one that has a definition: it is then differentiable only once.

    >>> cube = ScalarWithGradient(
    ...     lambda x, wanted: ((x**3).sum(), 3 * x**2 if wanted else None), lambda x: (x**3).sum()
    ... )
    >>> x = torch.tensor([2.0], requires_grad=True)
    >>> (first,) = torch.autograd.grad(cube(x), x, create_graph=True)
    >>> first, torch.autograd.grad(first.sum(), x)
    (tensor([12.], grad_fn=...), (tensor([12.]),))
    """

    evaluate: Callable[[Tensor, bool], tuple[Tensor, Tensor | None]]
    definition: Callable[[Tensor], Tensor] | None = None

    def __call__(self, tensor: Tensor) -> Tensor:
        """The value, 0-d and differentiable."""
        if self.definition is not None and is_transformed(tensor):
            return self.definition(tensor)
        if not is_differentiated(tensor):
            return self.evaluate(tensor, False)[0]
        return _scalar(tensor, self)


class _Scalar(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, function: ScalarWithGradient) -> Tensor:
        value, gradient = function.evaluate(tensor, True)
        if function.definition is None:
            ctx.gradient = gradient
        else:
            ctx.save_for_backward(gradient)
            # not saved: unpacking a saved image that was edited since would raise an error, and the first
            # gradient does not need the image
            ctx.tensor, ctx.version = tensor, version_of(tensor)
        ctx.definition = function.definition
        return value

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        if ctx.definition is None:
            return _once(ctx).mul_(grads[0]), None
        if not torch.is_grad_enabled():
            (gradient,) = ctx.saved_tensors
            return gradient * grads[0], None
        if version_of(ctx.tensor) != ctx.version:
            raise RuntimeError(
                "the image was edited in place after its loss was computed, so that a gradient that can be "
                "differentiated again (create_graph=True) cannot be computed: edit a copy"
            )
        with full_precision(ctx.tensor):
            value = ctx.definition(ctx.tensor)
            (gradient,) = torch.autograd.grad(value, ctx.tensor, create_graph=True)
            return gradient * grads[0], None


_scalar: Callable[[Tensor, ScalarWithGradient], Tensor] = _Scalar.apply


def _once(ctx: Any) -> Tensor:
    """Take the gradient of a part; it is not kept."""
    gradient: Tensor | None
    gradient, ctx.gradient = ctx.gradient, None
    if gradient is None or torch.is_grad_enabled():
        raise RuntimeError("a part of a larger function can be differentiated once: differentiate the whole")
    return gradient


def value_and_gradient(image: Tensor, evaluate: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Compute a 0-d value at an image and its gradient there, without keeping the graph.

    >>> value, gradient = value_and_gradient(torch.tensor([1.0, 2.0]), lambda x: x.square().sum())
    >>> value, gradient
    (tensor(5.), tensor([2., 4.]))
    """
    if is_transformed(image):
        gradient, value = torch.func.grad_and_value(evaluate)(image)
        return value.detach(), gradient.detach()
    with torch.inference_mode(False), torch.enable_grad():
        own = image.clone() if image.is_inference() else image.detach()
        leaf = own.requires_grad_()
        value = evaluate(leaf)
        if not value.requires_grad:  # it does not depend on the image
            return value, torch.zeros_like(image)
        (gradient,) = torch.autograd.grad(value, leaf)
    return value.detach(), gradient
