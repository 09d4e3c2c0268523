"""What the documentation of plenoptic's Metamer shows and promises, of ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau, StepLR

from foveaview import LoadWarning, Metamer, mse

ADAM, SGD, LBFGS = torch.optim.Adam, torch.optim.SGD, torch.optim.LBFGS


@pytest.fixture
def image() -> Tensor:
    return torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(5))


class Blur(nn.Module):
    """A Gaussian, without parameters."""

    def __init__(self) -> None:
        super().__init__()
        taps = torch.exp(-torch.linspace(-2, 2, 9).square())
        kernel = taps[:, None] * taps[None, :]
        self.register_buffer("kernel", (kernel / kernel.sum())[None, None])

    def forward(self, image: Tensor) -> Tensor:
        kernel = self.get_buffer("kernel")
        return nn.functional.conv2d(image, kernel, padding=4)


@pytest.fixture
def model() -> nn.Module:
    return Blur().eval()


@pytest.fixture
def metamer(image: Tensor, model: nn.Module) -> Metamer:
    torch.manual_seed(0)
    return Metamer(image, model)


def ran(metamer: Metamer, steps: int = 5, **arguments: Any) -> Metamer:
    metamer.synthesize(steps, progress_bar=False, **arguments)
    return metamer


def test_before_synthesis_all_is_empty(metamer: Metamer) -> None:
    for value in (metamer.metamer, metamer.losses, metamer.penalties, metamer.saved_metamer):
        assert value.numel() == 0
    assert len(metamer.gradient_norm) == len(metamer.pixel_change_norm) == 0
    assert metamer.objective_function().numel() == 0
    assert metamer.optimizer is metamer.scheduler is metamer.store_progress is None


def test_lengths_after_synthesis(metamer: Metamer, image: Tensor) -> None:
    ran(metamer)
    assert metamer.losses.shape == metamer.penalties.shape == (6,)
    assert metamer.gradient_norm.shape == metamer.pixel_change_norm.shape == (5,)
    assert metamer.losses.device.type == "cpu"
    assert metamer.losses.dtype == image.dtype
    assert metamer.losses[-1] < metamer.losses[1]
    assert metamer.metamer.requires_grad
    assert not metamer.losses.requires_grad


def test_it_goes_on_where_it_stopped(metamer: Metamer, image: Tensor, model: nn.Module) -> None:
    ran(ran(metamer, 3), 2)
    torch.manual_seed(0)
    assert torch.equal(ran(Metamer(image, model), 5).losses, metamer.losses)


def test_the_seed_is_torchs_own(metamer: Metamer) -> None:
    torch.manual_seed(3)
    noise = torch.rand(1, 1, 32, 32)
    torch.manual_seed(3)
    metamer.setup()
    low, high = noise.min(), noise.max()
    assert torch.equal(metamer.metamer.detach(), (noise - low) / (high - low))


def test_a_generator_leaves_torchs_random_state_alone(
    metamer: Metamer, image: Tensor, model: nn.Module
) -> None:
    before = torch.get_rng_state()
    metamer.setup(generator=torch.Generator().manual_seed(4))
    other = Metamer(image, model)
    other.setup(generator=torch.Generator().manual_seed(4))
    assert torch.equal(metamer.metamer, other.metamer)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_default_optimizer(metamer: Metamer) -> None:
    metamer.setup()
    assert isinstance(metamer.optimizer, ADAM)
    assert metamer.optimizer.param_groups[0]["amsgrad"] is True
    assert metamer.learning_rate == 0.01


def test_arguments_keep_the_defaults_they_do_not_name(image: Tensor, model: nn.Module) -> None:
    given = {"eps": 1e-6}
    first, second = Metamer(image, model), Metamer(image, model)
    first.setup(optimizer_kwargs=given)
    second.setup(optimizer=ADAM, optimizer_kwargs=given)
    assert given == {"eps": 1e-6}
    groups = [one.optimizer.param_groups[0] for one in (first, second) if one.optimizer is not None]
    assert [group["amsgrad"] for group in groups] == [True, False]
    assert [(group["lr"], group["eps"]) for group in groups] == [(0.01, 1e-6)] * 2


def test_progress_without_a_store(metamer: Metamer) -> None:
    ran(metamer)
    first, last, now = (metamer.get_progress(i) for i in (0, -2, -1))
    assert list(first) == ["losses", "iteration", "penalties", "pixel_change_norm", "gradient_norm"]
    assert (first["iteration"], last["iteration"], now["iteration"]) == (0, 4, 5)
    assert torch.equal(first["losses"], metamer.losses[0])
    assert torch.equal(last["gradient_norm"], metamer.gradient_norm[4])
    assert now["pixel_change_norm"] is now["gradient_norm"] is None
    assert metamer.get_progress(None)["iteration"] == metamer.get_progress(5)["iteration"] == 5


def test_progress_with_every_step_kept(metamer: Metamer) -> None:
    ran(metamer, store_progress=True)
    assert metamer.store_progress == 1
    assert metamer.saved_metamer.shape == (6, 1, 1, 32, 32)
    assert torch.equal(metamer.objective_function(metamer.saved_metamer[2]), metamer.losses[2])
    now = metamer.get_progress(-1)
    assert now["store_progress_iteration"] == 5
    assert torch.equal(metamer.saved_metamer[-1], now["saved_metamer"])
    assert torch.equal(metamer.saved_metamer[2], metamer.get_progress(2)["saved_metamer"])


def test_without_a_store_saved_metamer_is_the_metamer(metamer: Metamer) -> None:
    ran(metamer)
    assert metamer.saved_metamer.shape == (1, 1, 1, 32, 32)
    assert torch.equal(metamer.saved_metamer[0], metamer.metamer)


@pytest.mark.parametrize(
    ("iteration", "selection", "kept"),
    [(-3, "round", 4), (-3, "floor", 2), (-3, "ceiling", 4), (1, "round", 0), (1, "ceiling", 2)],
)
def test_progress_with_some_steps_kept(metamer: Metamer, iteration: int, selection: Any, kept: int) -> None:
    ran(metamer, store_progress=2)
    assert metamer.saved_metamer.shape == (4, 1, 1, 32, 32)
    assert metamer.get_progress(4)["store_progress_iteration"] == 4
    with pytest.warns(UserWarning, match="saved_metamer iteration . are not the same"):
        progress = metamer.get_progress(iteration, selection)
    assert progress["store_progress_iteration"] == kept
    assert torch.equal(progress["saved_metamer"], metamer.saved_metamer[kept // 2])


@pytest.mark.parametrize("selection", ["floor", "round", "ceiling"])
def test_the_newest_is_always_kept(metamer: Metamer, selection: Any) -> None:
    ran(metamer, store_progress=2)
    progress = metamer.get_progress(-1, selection)
    assert progress["store_progress_iteration"] == 5
    assert torch.equal(progress["saved_metamer"], metamer.metamer)


@pytest.mark.parametrize("iteration", [6, -7])
def test_an_iteration_that_was_not(metamer: Metamer, iteration: int) -> None:
    ran(metamer)
    with pytest.raises(IndexError, match=f"iteration={iteration}"):
        metamer.get_progress(iteration)


@pytest.mark.parametrize("iteration", [0, -1, None])
def test_progress_before_synthesis(metamer: Metamer, iteration: int | None) -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        metamer.get_progress(iteration)


def test_an_unknown_selection(metamer: Metamer) -> None:
    ran(metamer, store_progress=2)
    unknown: Any = "nearest"
    with pytest.raises(ValueError, match="iteration_selection"):
        metamer.get_progress(1, unknown)


def test_the_objective_is_loss_and_penalty(metamer: Metamer, image: Tensor, model: nn.Module) -> None:
    ran(metamer)
    assert metamer.objective_function().requires_grad
    assert torch.equal(metamer.objective_function().detach(), metamer.losses[-1])
    inside = torch.rand_like(image)
    assert torch.allclose(metamer.objective_function(inside), mse(model(inside), model(image)))
    outside = inside * 2
    loss = metamer.loss_function(model(image), model(outside))
    penalty = metamer.penalty_function(outside)
    assert penalty > 0
    expected = loss + metamer.penalty_lambda * penalty
    assert torch.allclose(metamer.objective_function(outside), expected)
    assert metamer.objective_function(inside, model(inside)) == 0


def test_the_target_representation(metamer: Metamer, image: Tensor, model: nn.Module) -> None:
    assert torch.equal(model(image), metamer.target_representation)


def test_convergence_is_a_warning_and_a_value(metamer: Metamer) -> None:
    with pytest.warns(UserWarning, match="Loss has converged"):
        outcome = metamer.synthesize(200, stop_criterion=0.001, stop_iters_to_check=2, progress_bar=False)
    losses = metamer.losses[:-1]
    assert outcome.value == "converged"
    assert abs(losses[-2] - losses[-1]) < 0.001
    earlier = (losses[1:-1] - losses[:-2]).abs()[1:]
    assert bool((earlier >= 0.001).all())


def test_nan_ends_with_the_last_finite_metamer(image: Tensor) -> None:
    calls = 0

    class Breaks(Blur):
        def forward(self, image: Tensor) -> Tensor:
            nonlocal calls
            calls += 1
            return super().forward(image) * (float("nan") if calls > 12 else 1.0)

    metamer = Metamer(image, Breaks().eval())
    with pytest.raises(ValueError, match="NaN"):
        ran(metamer, 100)
    assert bool(torch.isfinite(metamer.metamer).all())
    assert bool(torch.isfinite(torch.tensor(metamer.history.column("losses"))).all())


def test_to_moves_everything_and_the_run_goes_on(metamer: Metamer) -> None:
    ran(metamer, store_progress=2)
    before = metamer.losses
    metamer.to(torch.float64)
    assert metamer.image.dtype == metamer.model(metamer.image).dtype == torch.float64
    assert metamer.metamer.dtype == metamer.saved_metamer.dtype == torch.float64
    assert torch.allclose(metamer.losses, before.double(), rtol=1e-5)
    ran(metamer, 5, store_progress=2)
    assert metamer.losses[-1] < before[-1]


def test_to_warns_of_a_model_without_to(image: Tensor) -> None:
    def plain(image: Tensor) -> Tensor:
        return image * 2

    model: Any = plain
    metamer = Metamer(image, model)
    with pytest.warns(UserWarning, match="no to"):
        metamer.to(torch.float64)


# setup


def test_setup_with_an_image(metamer: Metamer) -> None:
    start = torch.full((1, 1, 32, 32), 0.5)
    metamer.setup(start)
    assert torch.equal(metamer.metamer, start)
    assert metamer.metamer.data_ptr() != start.data_ptr()


def test_setup_with_an_image_of_another_size(image: Tensor) -> None:
    model: Any = nn.AdaptiveAvgPool2d(4).eval()
    metamer = Metamer(image, model)
    with pytest.warns(UserWarning, match="different sizes"):
        metamer.setup(torch.rand(1, 1, 16, 16))
    ran(metamer, 2)
    assert metamer.metamer.shape == (1, 1, 16, 16)


@pytest.mark.parametrize("scheduler", [None, ReduceLROnPlateau])
def test_setup_with_sgd(metamer: Metamer, scheduler: Callable[..., LRScheduler] | None) -> None:
    metamer.setup(optimizer=SGD, optimizer_kwargs={"lr": 0.01}, scheduler=scheduler)
    ran(metamer)
    assert isinstance(metamer.optimizer, SGD)
    assert (metamer.scheduler is None) == (scheduler is None)


def test_a_scheduler_that_takes_the_loss(metamer: Metamer) -> None:
    metamer.setup(
        optimizer=SGD,
        optimizer_kwargs={"lr": 1e-5},
        scheduler=ReduceLROnPlateau,
        scheduler_kwargs={"patience": 1, "factor": 0.5},
    )
    ran(metamer, 8)
    assert metamer.learning_rate < 1e-5


def test_a_scheduler_that_takes_none(metamer: Metamer) -> None:
    metamer.setup(scheduler=StepLR, scheduler_kwargs={"step_size": 2, "gamma": 0.5})
    ran(metamer, 4)
    assert metamer.learning_rate == pytest.approx(0.0025)


def test_setup_twice(metamer: Metamer) -> None:
    metamer.setup()
    with pytest.raises(ValueError, match="only be called once"):
        metamer.setup()


def test_setup_after_synthesize(metamer: Metamer) -> None:
    ran(metamer, 1)
    with pytest.raises(ValueError, match="only be called once"):
        metamer.setup()


def test_another_store_progress(metamer: Metamer) -> None:
    ran(metamer, 1, store_progress=True)
    ran(metamer, 1, store_progress=1)
    with pytest.raises(ValueError, match="store_progress must be 1"):
        metamer.synthesize(1, store_progress=2, progress_bar=False)


# save and load


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
    ({"penalty_lambda": 0.2}, "penalty_lambda have different values"),
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


# setup after load


@pytest.fixture
def saved_sgd(image: Tensor, model: nn.Module, tmp_path: Path) -> Path:
    metamer = Metamer(image, model)
    metamer.setup(
        torch.full_like(image, 0.5),
        SGD,
        {"lr": 0.02, "momentum": 0.5},
        StepLR,
        {"step_size": 2, "gamma": 0.9},
    )
    ran(metamer).save(tmp_path / "sgd.pt")
    return tmp_path / "sgd.pt"


def loaded(path: Path, image: Tensor, model: nn.Module) -> Metamer:
    metamer = Metamer(image, model)
    with pytest.warns(UserWarning, match=r"call setup\(\) to instantiate optimizer, scheduler"):
        metamer.load(path)
    return metamer


def test_setup_after_load(saved_sgd: Path, image: Tensor, model: nn.Module) -> None:
    metamer = loaded(saved_sgd, image, model)
    metamer.setup(optimizer=SGD, scheduler=StepLR)
    assert metamer.learning_rate == pytest.approx(0.02 * 0.9**2)
    assert metamer.optimizer is not None
    assert metamer.optimizer.param_groups[0]["momentum"] == 0.5
    with pytest.raises(ValueError, match="only be called once"):
        metamer.setup()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"initial_image": torch.zeros(1, 1, 32, 32)}, ValueError, "initial_image must be None"),
        ({"optimizer": SGD, "optimizer_kwargs": {}}, ValueError, "optimizer_kwargs must be None"),
        ({"optimizer": SGD, "scheduler_kwargs": {}}, ValueError, "scheduler_kwargs must be None"),
        ({"scheduler": StepLR}, TypeError, "optimizer torch.optim.sgd.SGD"),
        ({"optimizer": ADAM, "scheduler": StepLR}, ValueError, "saved type torch.optim.sgd.SGD"),
        ({"optimizer": SGD}, TypeError, "scheduler torch.optim.lr_scheduler.StepLR"),
        ({"optimizer": SGD, "scheduler": ReduceLROnPlateau}, ValueError, "saved type .*StepLR"),
    ],
)
def test_setup_after_load_with_something_else(
    saved_sgd: Path,
    image: Tensor,
    model: nn.Module,
    arguments: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    metamer = loaded(saved_sgd, image, model)
    with pytest.raises(error, match=message):
        metamer.setup(**arguments)


def test_synthesize_after_load_needs_the_same_optimizer(
    saved_sgd: Path, image: Tensor, model: nn.Module
) -> None:
    with pytest.raises(TypeError, match="pass it to setup"):
        ran(loaded(saved_sgd, image, model))
