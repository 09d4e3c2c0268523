"""What the documentation of plenoptic's Metamer promises of save and load, of ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from foveaview import LoadWarning, Metamer, mse
from tests.synthesis.documented.blurred import SGD, Blur, ran


@pytest.fixture
def saved(metamer: Metamer, tmp_path: Path) -> Path:
    ran(metamer, 4, store_progress=2).save(tmp_path / "metamer.pt")
    return tmp_path / "metamer.pt"


def test_what_is_saved_comes_back(saved: Path, metamer: Metamer, image: Tensor, model: nn.Module) -> None:
    copy = Metamer(image, model)
    copy.load(str(saved))
    assert torch.equal(copy.metamer, metamer.metamer)
    assert copy.metamer.requires_grad
    assert torch.equal(copy.saved_metamer, metamer.saved_metamer)
    for name in ("losses", "penalties", "gradient_norm", "pixel_change_norm"):
        assert torch.equal(getattr(copy, name), getattr(metamer, name))
    assert copy.store_progress == 2
    ran(copy, 3, store_progress=2)
    ran(metamer, 3, store_progress=2)
    assert torch.equal(copy.metamer, metamer.metamer)


def test_load_before_anything_happened(image: Tensor, model: nn.Module, tmp_path: Path) -> None:
    Metamer(image, model).save(tmp_path / "a.pt")
    copy = Metamer(image, model)
    copy.load(tmp_path / "a.pt")
    copy.setup(torch.zeros_like(image), optimizer=SGD)
    assert len(ran(copy, 2).losses) == 3


@pytest.mark.parametrize("begin", [Metamer.setup, lambda metamer: ran(metamer, 1)])
def test_load_after_setup_or_synthesize(
    saved: Path, image: Tensor, model: nn.Module, begin: Callable[[Metamer], object]
) -> None:
    other = Metamer(image, model)
    begin(other)
    with pytest.raises(ValueError, match="just-initialized"):
        other.load(saved)


def half(representation: Tensor, target: Tensor) -> Tensor:
    return mse(representation, target) / 2


def renamed(representation: Tensor, target: Tensor) -> Tensor:
    return mse(representation, target)


def no_penalty(image: Tensor) -> Tensor:
    return 0 * image.sum()


class Sharper(Blur):
    def forward(self, image: Tensor) -> Tensor:
        return super().forward(image) + image


DIFFERENT: list[tuple[dict[str, Any], str]] = [
    ({"image": torch.zeros(1, 1, 32, 32)}, "attribute image have different values"),
    ({"image": torch.zeros(1, 1, 32, 16)}, "attribute image have different shape"),
    ({"model": Sharper().eval()}, "model output have different values"),
    ({"model": nn.AvgPool2d(2).eval()}, "model output have different shape"),
    ({"loss_function": half}, "loss_function output have different values"),
    ({"loss_function": renamed}, "loss_function have different names"),
    ({"penalty_function": no_penalty}, "penalty_function have different names"),
    ({"penalty_lambda": 0.2}, "penalty_lambda are different"),
]


@pytest.mark.parametrize(("change", "message"), DIFFERENT)
def test_a_file_of_something_else(
    saved: Path, image: Tensor, model: nn.Module, change: dict[str, Any], message: str
) -> None:
    other = Metamer(**{"image": image, "model": model, **change})
    with pytest.raises(ValueError, match=message) as error:
        other.load(saved)
    assert "\n" not in str(error.value)
    assert other.metamer.numel() == 0


@pytest.mark.parametrize("change", [{"image": torch.zeros(1, 1, 32, 32)}, {"penalty_lambda": 0.2}])
def test_a_file_of_something_else_loads_where_asked_to(
    saved: Path, metamer: Metamer, model: nn.Module, image: Tensor, change: dict[str, Any]
) -> None:
    other = Metamer(**{"image": image, "model": model, **change})
    with pytest.warns(LoadWarning):
        other.load(saved, raise_on_checks=False)
    assert torch.equal(other.image, image)
    assert other.penalty_lambda == 0.1
    assert torch.equal(other.losses, metamer.losses)


def test_tolerances(saved: Path, image: Tensor, model: nn.Module) -> None:
    near = Metamer((image * (1 - 1e-4)), model)
    with pytest.raises(ValueError, match="image have different values"):
        near.load(saved)
    near.load(saved, tensor_equality_rtol=1e-2)


@pytest.mark.parametrize("strict", [True, False])
def test_another_dtype_is_always_an_error(saved: Path, image: Tensor, model: nn.Module, strict: bool) -> None:
    other = Metamer(image, model)
    other.to(torch.float64)
    with pytest.raises(ValueError, match="image have different dtype"):
        other.load(saved, raise_on_checks=strict)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, saved: Path) -> Path:
    """The file as it would be with tensors of a CUDA device."""
    content = torch.load(saved, weights_only=True)
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda _storage: "cuda:0")
        torch.save(content, saved)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    return saved


def test_a_file_from_another_device(elsewhere: Path, image: Tensor, model: nn.Module) -> None:
    with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device"):
        Metamer(image, model).load(elsewhere)
    copy = Metamer(image, model)
    copy.load(elsewhere, map_location="cpu")
    assert copy.metamer.device.type == "cpu"
