"""Linear maps and their transposes, and scalars that know their gradient."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from foveaview.perception import PoolingOperator
from foveaview.perception.autograd import (
    LinearMap,
    ScalarWithGradient,
    constants,
    is_differentiated,
    value_and_gradient,
)
from foveaview.perception.pyramid.pyramid import correlation, pyramid_kernels

# torch's own first use of forward-mode differentiation
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

Shape = tuple[int, ...]
Case = Callable[[], tuple[LinearMap, list[Shape], list[Shape]]]


def pooling_matrix() -> tuple[LinearMap, list[Shape], list[Shape]]:
    generator = torch.Generator().manual_seed(0)
    lod = torch.rand(11, 18, generator=generator, dtype=torch.float64) * 4
    operator = PoolingOperator(lod, torch.float64, torch.device("cpu"))
    coarse = sum(height * width for height, width in operator.sizes[1:])
    return operator.matrix, [(2, coarse, 3)], [(2, 11 * 18, 3)]


def filters(name: str, filter_type: str, orientations: int, size: tuple[int, int]) -> Case:
    def case() -> tuple[LinearMap, list[Shape], list[Shape]]:
        kernels = pyramid_kernels(orientations, filter_type, 3, torch.float64, torch.device("cpu"))
        kernel = getattr(kernels, name)
        outputs, inputs = kernel.weight.shape[:2]
        height, width = (-(-side // kernel.stride) for side in size)
        out = (2, outputs // kernel.outputs, height, width)
        return correlation(kernel, size), [(2, inputs, *size)], [out] * kernel.outputs

    return case


CASES: dict[str, Case] = {"pooling": pooling_matrix}
for name in ("split", "bands", "lowpass", "unsplit", "unbands"):
    CASES[f"{name} cropped"] = filters(name, "cropped", 2, (16, 24))
    CASES[f"{name} full, six"] = filters(name, "full", 6, (8, 34))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_linear_map_adjoint_is_the_transpose(case: Case) -> None:
    """<A x, y> = <x, A^T y> for all x and y."""
    linear, inputs, outputs = case()
    generator = torch.Generator().manual_seed(1)
    x, y = (
        [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
        for shapes in (inputs, outputs)
    )
    forward = sum(float((one * other).sum()) for one, other in zip(linear.forward(*x), y, strict=True))
    clones = [one.clone() for one in y]
    adjoint = sum(float((one * other).sum()) for one, other in zip(x, linear.adjoint(*clones), strict=True))
    assert forward == pytest.approx(adjoint, rel=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_linear_map_is_differentiated_in_every_way(case: Case) -> None:
    linear, inputs, _ = case()
    generator = torch.Generator().manual_seed(2)
    (x,) = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in inputs)
    x.requires_grad_()

    def squares(x: Tensor) -> Tensor:
        return torch.stack([out.square().sum() for out in linear(x)]).sum()

    assert torch.autograd.gradcheck(squares, x, fast_mode=True, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(squares, x, fast_mode=True, check_fwd_over_rev=True)


def cubes() -> tuple[ScalarWithGradient, list[str]]:
    calls: list[str] = []

    def evaluate(x: Tensor, wanted: bool) -> tuple[Tensor, Tensor | None]:
        calls.append("with gradient" if wanted else "value")
        return (x**3).sum(), 3 * x**2 if wanted else None

    def definition(x: Tensor) -> Tensor:
        calls.append("definition")
        return (x**3).sum()

    return ScalarWithGradient(evaluate, definition), calls


def test_scalar_without_a_gradient_is_evaluated_alone() -> None:
    function, calls = cubes()
    x = torch.tensor([2.0], requires_grad=True)
    function(x.detach())
    with torch.no_grad():
        function(x)
    assert calls == ["value", "value"]


def test_scalar_with_one_gradient_never_asks_for_the_definition() -> None:
    function, calls = cubes()
    x = torch.tensor([2.0], requires_grad=True)
    value = function(x)
    (first,) = torch.autograd.grad(2 * value, x, retain_graph=True)
    (second,) = torch.autograd.grad(value, x)
    assert (float(first), float(second)) == (24.0, 12.0)
    assert calls == ["with gradient"]


def test_scalar_with_a_gradient_of_its_gradient_is_its_definition() -> None:
    function, _ = cubes()
    x = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: function(x) ** 2, x)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_scalar_under_func_grad_is_differentiated_any_number_of_times(times: int) -> None:
    function, _ = cubes()

    def derivative(times: int) -> Callable[[Tensor], Tensor]:
        if times == 0:
            return lambda x: function(x[None])
        return torch.func.grad(derivative(times - 1))

    found = derivative(times)(torch.tensor(2.0))
    assert float(found) == {1: 12.0, 2: 12.0, 3: 6.0}[times]


def test_scalar_under_forward_mode_is_its_definition() -> None:
    function, _ = cubes()
    value, tangent = torch.func.jvp(function, (torch.tensor([2.0]),), (torch.tensor([0.5]),))[:2]
    assert (float(value), float(tangent)) == (8.0, 6.0)


def test_scalar_at_an_edited_tensor_gives_the_first_gradient_and_refuses_a_second() -> None:
    function, _ = cubes()
    x = torch.tensor([2.0], requires_grad=True)
    value = function(x)
    with torch.no_grad():
        x.add_(1)
    (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
    assert float(gradient) == 12
    with pytest.raises(RuntimeError, match="edited in place after its loss was computed"):
        torch.autograd.grad(value, x, create_graph=True)


def test_part_is_differentiated_once() -> None:
    part = ScalarWithGradient(lambda x, wanted: (x.sum(), torch.ones_like(x)))
    x = torch.ones(2, requires_grad=True)
    value = part(x)
    with pytest.raises(RuntimeError, match="differentiate the whole"):
        torch.autograd.grad(value, x, create_graph=True)
    value = part(x)
    torch.autograd.grad(value, x, retain_graph=True)
    with pytest.raises(RuntimeError, match="differentiate the whole"):
        torch.autograd.grad(value, x)


def test_constants_made_inside_a_transform_are_plain() -> None:
    kept: list[Tensor] = []

    def function(x: Tensor) -> Tensor:
        with constants():
            kept.append(torch.ones(2))
        return (x * kept[0]).sum()

    torch.func.grad(function)(torch.ones(2))
    assert not is_differentiated(kept[0])
    assert kept[0].numpy().tolist() == [1.0, 1.0]


def test_value_and_gradient_inside_a_transform() -> None:
    found: list[tuple[Tensor, Tensor]] = []

    def function(x: Tensor) -> Tensor:
        found.append(value_and_gradient(x, lambda x: (x**2).sum()))
        return x.sum() * found[0][0]

    gradient = torch.func.grad(function)(torch.tensor([3.0]))
    assert float(gradient) == 9.0  # what was found is constant
