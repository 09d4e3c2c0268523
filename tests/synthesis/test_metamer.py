"""Metamer beyond the documentation: what cannot be, single steps, stores, restarts and presets."""

from __future__ import annotations

import errno
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from foveaview import PRESETS, LossSettings, Metamer, MetamerCTF, MetamericLoss, Outcome, Step, mse
from foveaview.perception.statistics import FovealStatistics
from foveaview.synthesis import load_checkpoint


@pytest.fixture
def image() -> Tensor:
    return torch.rand(1, 3, 16, 20, generator=torch.Generator().manual_seed(5))


def pool() -> nn.Module:
    return nn.AvgPool2d(4).eval()


def begun(image: Tensor, model: nn.Module | None = None, **arguments: Any) -> Metamer:
    metamer = Metamer(image, model or pool(), **arguments)
    metamer.setup(generator=torch.Generator().manual_seed(0))
    return metamer


class Gives(nn.Module):
    """A model that gives whatever a function makes of the image."""

    def __init__(self, function: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, image: Tensor) -> Any:
        return self.function(image)


# what cannot be


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda image: image * float("nan"), ValueError, "model returns NaN"),
        (lambda image: torch.ones(3), ValueError, "model strips gradient"),
        (lambda image: image.detach(), ValueError, "model strips gradient"),
        (lambda image: [image], ValueError, "does not return a torch.Tensor but a list"),
        (lambda image: image.detach().numpy(), ValueError, "does not return a torch.Tensor but a ndarray"),
        (lambda image: image.numpy() if image.requires_grad else image, ValueError, "model fails"),
        (lambda image: image.mean(), ValueError, "single number"),
        (lambda image: image.double(), TypeError, "model changes precision"),
        (lambda image: image.to("meta"), RuntimeError, "model changes device"),
    ],
)
def test_a_model_that_cannot_serve(
    image: Tensor, function: Callable[[Tensor], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as raised:
        Metamer(image, Gives(function).eval())
    assert "\n" not in str(raised.value)


def test_a_model_with_trainable_parameters(image: Tensor) -> None:
    with pytest.raises(ValueError, match=r"learnable parameters: call model\.requires_grad_\(False\)"):
        Metamer(image, nn.Conv2d(3, 2, 3).eval())


def test_a_model_of_another_dtype_or_device(image: Tensor) -> None:
    frozen = nn.Conv2d(3, 2, 3).requires_grad_(False).eval()
    with pytest.raises(TypeError, match=r"model is torch\.float64, the image torch\.float32"):
        Metamer(image, frozen.double())
    elsewhere = Gives(lambda image: image * elsewhere.get_buffer("weights"))
    elsewhere.register_buffer("weights", torch.ones(20, device="meta"))
    with pytest.raises(RuntimeError, match="model is on device meta, the image on cpu"):
        Metamer(image, elsewhere.eval())


def test_a_model_in_training_mode(image: Tensor) -> None:
    with pytest.warns(UserWarning, match="training mode"):
        Metamer(image, nn.AvgPool2d(4))


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (torch.zeros(1, 1, 8, 8, dtype=torch.uint8), TypeError, r"floating point, got torch\.uint8"),
        ("image", TypeError, "must be a tensor, got str"),
        (torch.zeros(1, 1, 0, 8), ValueError, "empty"),
        (torch.full((1, 1, 8, 8), float("nan")), ValueError, "NaN"),
    ],
)
def test_an_image_that_cannot_serve(bad: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Metamer(bad, pool())


def test_an_image_outside_the_range(image: Tensor) -> None:
    with pytest.warns(UserWarning, match=r"image range is \(.*\): synthesis is tested on images in \[0, 1\]"):
        Metamer(image * 2, pool())


def test_an_image_of_other_dimensions(image: Tensor) -> None:
    with pytest.warns(UserWarning, match="4 dimensions"):
        Metamer(image[0], pool())


def not_scalar(representation: Tensor, target: Tensor) -> Tensor:
    return (representation - target).square()


@pytest.mark.parametrize("loss", [not_scalar, lambda representation, target: 0.0])
def test_a_loss_that_is_not_scalar(image: Tensor, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    with pytest.raises(ValueError, match="loss_function must return a scalar tensor"):
        Metamer(image, pool(), loss)


@pytest.mark.parametrize(
    ("penalty", "error", "message"),
    [
        (lambda: None, TypeError, "callable with one image"),
        (lambda image: 0.0, ValueError, "does not return a torch.Tensor"),
        (lambda image: image.square(), ValueError, "return a scalar"),
        (lambda image: torch.ones(()), ValueError, "strips gradient"),
        (lambda image: image.sum() * nn.Parameter(torch.ones(())), ValueError, "adds gradient"),
        (lambda image: image.double().sum(), TypeError, "changes precision"),
        (lambda image: image.sum().to("meta"), RuntimeError, "changes device"),
    ],
)
def test_a_penalty_that_cannot_serve(
    image: Tensor, penalty: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Metamer(image, pool(), penalty_function=penalty)


@pytest.mark.parametrize("weight", [-0.1, float("nan")])
def test_a_negative_weight(image: Tensor, weight: float) -> None:
    with pytest.raises(ValueError, match="penalty_lambda must be non-negative"):
        Metamer(image, pool(), penalty_lambda=weight)


def test_an_unknown_preset(image: Tensor) -> None:
    with pytest.raises(ValueError, match="choose one of adam, lbfgs"):
        Metamer(image, pool()).setup(optimizer="sgd")


# single steps


def test_a_step_says_what_it_did(image: Tensor) -> None:
    metamer = begun(image)
    before = metamer.metamer.detach().clone()
    step = metamer.step()
    assert step.iteration == metamer.iteration == 1
    assert torch.equal(step.loss, metamer.losses[0])
    assert torch.equal(step.penalty, metamer.penalties[0])
    assert torch.equal(step.gradient_norm, metamer.gradient_norm[0])
    assert torch.equal(step.image_change, metamer.pixel_change_norm[0])
    assert torch.allclose(step.image_change, (metamer.metamer.detach() - before).norm())
    assert metamer.metamer.grad is not None
    assert torch.allclose(step.gradient_norm, metamer.metamer.grad.norm())


def test_a_step_waits_for_nothing(image: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Metamer, "looking_waits", True)  # as on a device that computes on its own
    metamer = begun(image)
    looks: list[str] = []
    for name in ("item", "tolist", "__float__", "__bool__", "cpu", "numpy"):
        own = getattr(Tensor, name)

        def noted(*args: Any, own: Any = own, name: str = name) -> Any:
            looks.append(name)
            return own(*args)

        monkeypatch.setattr(Tensor, name, noted)
    metamer.step()
    # before its second step Adam looks at its count, which lives on the CPU
    looks.clear()
    counts = {"item", "__float__"}
    for _ in range(5):
        metamer.step()
    assert set(looks) <= counts
    looks.clear()
    assert len(metamer.history.column("losses")) == 6
    assert looks == ["tolist"]


def test_callbacks_see_every_step_and_can_stop(image: Tensor) -> None:
    metamer = begun(image)
    seen: list[int] = []

    def three(step: Step) -> bool:
        seen.append(step.iteration)
        return step.iteration < 3

    assert metamer.synthesize(100, on_step=three, progress_bar=False) is Outcome.STOPPED
    assert seen == [1, 2, 3]
    assert metamer.iteration == 3

    def note(step: Step) -> None:
        seen.append(step.iteration)

    assert metamer.synthesize(2, on_step=note, progress_bar=False) is Outcome.STEPS_DONE
    assert seen == [1, 2, 3, 4, 5]


def test_the_progress_bar_can_be_turned_off(image: Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    begun(image).synthesize(2, progress_bar=False)
    assert capsys.readouterr() == ("", "")
    begun(image).synthesize(2)
    out, err = capsys.readouterr()
    assert out == ""
    assert "2/2" in err


def test_looking_seldom_ends_later(image: Tensor) -> None:
    metamer = begun(image)
    assert metamer.run(100, lambda losses: len(losses) > 3, check_every=10) is Outcome.CONVERGED
    assert metamer.iteration == 10


def test_clamping(image: Tensor) -> None:
    metamer = Metamer(image * 0, pool(), clamp=(0.2, 0.8))
    metamer.setup(torch.full_like(image, 0.5))
    metamer.run(60)
    assert metamer.metamer.detach().min() == pytest.approx(0.2)


def test_the_image_given_is_not_the_image_kept(image: Tensor) -> None:
    metamer = begun(image)
    before = metamer.current_loss()
    image.zero_()
    metamer.refresh()
    assert metamer.current_loss() == before
    assert "shape" not in repr(metamer)


@pytest.mark.parametrize("shape", [(2, 1, 16, 16), (1, 5, 16, 24)])
def test_any_batch_and_number_of_channels(shape: tuple[int, ...]) -> None:
    image = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    metamer = begun(image)
    metamer.run(30)
    assert metamer.losses[-1] < metamer.losses[0] / 5


# stores


@pytest.mark.parametrize("dtype", [None, torch.uint8, torch.float16])
@pytest.mark.parametrize("on_disk", [False, True])
def test_stores_hold_what_was(
    image: Tensor, tmp_path: Path, dtype: torch.dtype | None, on_disk: bool
) -> None:
    path = tmp_path / "frames.bin" if on_disk else None
    whole, small = begun(image), begun(image, store_dtype=dtype, store_path=path)
    for metamer in (whole, small):
        metamer.synthesize(5, store_progress=2, progress_bar=False)
        metamer.synthesize(4, store_progress=2, progress_bar=False)
    tolerance = {None: 0.0, torch.uint8: 0.5 / 255 + 1e-6, torch.float16: 1e-3}[dtype]
    kept = whole.saved_metamer.clamp(0, 1) if dtype is torch.uint8 else whole.saved_metamer
    stored = small.saved_metamer.clamp(0, 1) if dtype is torch.uint8 else small.saved_metamer
    assert torch.allclose(stored, kept, rtol=0, atol=tolerance)
    assert stored.dtype == kept.dtype
    assert torch.allclose(small.get_progress(4)["saved_metamer"], stored[2])
    if path is not None:
        each = image.numel() * (dtype or torch.float32).itemsize
        assert path.stat().st_size == 5 * each


def test_a_store_on_disk_survives_a_checkpoint(image: Tensor, tmp_path: Path) -> None:
    model, path = pool(), tmp_path / "frames.bin"
    first = begun(image, model, store_path=path)
    first.synthesize(4, store_progress=1, progress_bar=False)
    first.save(tmp_path / "a.pt")
    before = first.saved_metamer
    first.synthesize(3, store_progress=1, progress_bar=False)
    second = Metamer(image, model, store_path=path)
    second.load(tmp_path / "a.pt")
    assert torch.equal(second.saved_metamer, before)
    second.synthesize(3, store_progress=1, progress_bar=False)
    assert torch.equal(second.saved_metamer, first.saved_metamer)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="should hold 4 images"):
        Metamer(image, model, store_path=path).load(tmp_path / "a.pt")
    with pytest.raises(ValueError, match="give its path as store_path"):
        Metamer(image, model).load(tmp_path / "a.pt")


def test_a_store_of_another_dtype(image: Tensor) -> None:
    with pytest.raises(ValueError, match="store_dtype must be None or one of uint8"):
        Metamer(image, pool(), store_dtype=torch.int32)


# restarts


class BreaksWhereSteep(nn.Module):
    """NaN where a step has moved the image too far from 0.5."""

    def forward(self, image: Tensor) -> Tensor:
        far = (image - 0.5).abs().max() > 0.2
        return torch.where(far, image * float("nan"), image)


def steep(representation: Tensor, target: Tensor) -> Tensor:
    return (representation - target).square().sum()


def breaking() -> Metamer:
    calls = itertools.count()

    class Breaks(nn.AvgPool2d):
        def forward(self, image: Tensor) -> Tensor:
            bad = next(calls) == 20
            return super().forward(image) * (float("nan") if bad else 1.0)

    image = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(5))
    metamer = Metamer(image, Breaks(4).eval())
    metamer.setup(torch.full_like(image, 0.5))
    return metamer


@pytest.mark.parametrize("waits", [False, True])
def test_nan_goes_back_to_the_last_finite_metamer(waits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Metamer, "looking_waits", waits)
    metamer = breaking()
    assert metamer.run(100, check_every=7) is Outcome.NOT_FINITE
    losses = metamer.losses
    assert bool(torch.isfinite(losses).all())
    assert metamer.iteration == len(losses) - 1
    untouched = breaking()
    untouched.run(metamer.iteration)
    assert torch.equal(untouched.metamer, metamer.metamer)
    assert torch.equal(untouched.losses, losses)


def test_a_restart_goes_on_with_half_the_step() -> None:
    metamer = breaking()
    assert metamer.run(60, restarts=1) is Outcome.STEPS_DONE
    assert metamer.iteration == 60
    assert metamer.learning_rate == pytest.approx(0.005)
    assert metamer.losses[-1] < metamer.losses[0] / 10


def test_restarts_are_counted(image: Tensor) -> None:
    calls = itertools.count()
    model = Gives(lambda image: image * (float("nan") if next(calls) > 5 else 1.0)).eval()
    metamer = begun(image, model)
    assert metamer.run(60, restarts=3) is Outcome.NOT_FINITE
    assert metamer.learning_rate == pytest.approx(0.01 / 8)
    assert bool(torch.isfinite(metamer.metamer).all())


# presets


@pytest.mark.parametrize(("name", "steps", "factor"), [("adam", 120, 60), ("lbfgs", 40, 25)])
def test_presets_converge_on_foveal_statistics(
    photograph: Tensor, noise: Tensor, name: str, steps: int, factor: float
) -> None:
    model = FovealStatistics(LossSettings(n_pyramid_levels=3, fovea_weight=0), (0.3, 0.4), (48, 64)).eval()
    metamer = Metamer(photograph, model)
    metamer.setup(noise, optimizer=name)
    assert isinstance(metamer.optimizer, PRESETS[name][0])
    metamer.synthesize(steps, stop_criterion=0, progress_bar=False)
    assert metamer.losses[-1] * factor < metamer.losses[0]


def test_foveal_statistics_are_the_loss_of_the_window(photograph: Tensor, noise: Tensor) -> None:
    settings = LossSettings(n_pyramid_levels=3, use_l2_foveal_loss=False)
    model = FovealStatistics(settings, (0.3, 0.4), (48, 64)).eval()
    metamer = Metamer(photograph, model)
    metamer.setup(noise)
    expected = MetamericLoss.from_settings(settings)(noise, photograph, (0.3, 0.4))
    assert metamer.current_loss() == pytest.approx(float(expected), rel=1e-5)


# files


class Payload:
    """Leaves a file behind where it is unpickled as code."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.mark,))


@pytest.fixture
def saved(image: Tensor, tmp_path: Path) -> Path:
    metamer = begun(image)
    metamer.run(3)
    metamer.save(tmp_path / "a.pt")
    return tmp_path / "a.pt"


def test_a_file_says_what_it_is_of(saved: Path) -> None:
    content = torch.load(saved, weights_only=True)
    assert (content["format"], content["version"]) == ("foveaview checkpoint", 2)
    assert (content["device"], content["seed"]) == ("cpu", 0)
    assert content["packages"]["torch"] == torch.__version__
    assert len(content["target_sha256"]) == 64
    with pytest.raises(ValueError, match=r"load it with Metamer\.load"):
        load_checkpoint(saved)


@pytest.mark.parametrize("keep", [0, 1, 100, -1])
def test_a_truncated_file(saved: Path, image: Tensor, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"a\.pt"):
        Metamer(image, pool()).load(saved)


def test_a_file_with_code(tmp_path: Path, image: Tensor) -> None:
    bad, mark = tmp_path / "bad.pt", tmp_path / "mark"
    torch.save({"save_metadata": {"plenoptic_version": "2.1.1"}, "_metamer": Payload(mark)}, bad)
    with pytest.raises(ValueError, match="carry code"):
        Metamer(image, pool()).load(bad)
    with pytest.raises(ValueError, match="weights_only=False would run code"):
        Metamer(image, pool()).load(bad, weights_only=False)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c.update(format="other"), "another program"),
        (lambda c: c.update(version=1), "version 1, expected 2"),
        (lambda c: c.pop("state"), "damaged checkpoint"),
        (lambda c: c["state"].update(losses=torch.zeros(2)), "columns differ"),
        (lambda c: c["identity"].pop("image"), "damaged checkpoint"),
        (lambda c: c["identity"].update(image=3), "damaged checkpoint"),
        (lambda c: c.pop("identity"), "saved by a search"),
    ],
)
def test_a_wrong_content_is_named(
    saved: Path, image: Tensor, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    content = torch.load(saved, weights_only=True)
    edit(content)
    torch.save(content, saved)
    with pytest.raises(ValueError, match=message):
        Metamer(image, pool()).load(saved)


def test_a_full_disk_keeps_the_old_file(saved: Path, image: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()

    def full(_content: object, part: Path) -> None:
        part.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    def failing(_content: object, part: Path) -> None:
        part.write_bytes(b"half")
        raise RuntimeError("[enforce fail at inline_container.cc] . unexpected pos 64 vs 0")

    for fails in (full, failing):
        monkeypatch.setattr(torch, "save", fails)
        with pytest.raises(OSError, match=r"No space left|could not be written"):
            begun(image).save(saved)
        assert saved.read_bytes() == before
        assert [file.name for file in saved.parent.iterdir()] == ["a.pt"]


# coarse to fine


class Scaled(nn.Module):
    """Means over blocks of 8, 4 and 2 pixels."""

    scales = ("coarse", "middle", "fine")

    def forward(self, image: Tensor, scales: list[str] | None = None) -> Tensor:
        sizes = dict(zip(self.scales, (8, 4, 2), strict=True))
        parts = [nn.functional.avg_pool2d(image, sizes[one]).flatten(1) for one in scales or self.scales]
        return torch.cat(parts, dim=1)


@pytest.fixture
def square() -> Tensor:
    return torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(5))


def test_coarse_to_fine_goes_through_the_scales(square: Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    metamer = MetamerCTF(square, Scaled().eval())
    metamer.setup(torch.full_like(square, 0.5))
    assert metamer.scales == ("coarse", "middle", "all")
    assert metamer.scales_timing == {"coarse": [0], "middle": [], "all": []}
    metamer.synthesize(12, change_scale_criterion=None, ctf_iters_to_check=4)
    assert metamer.scales == ("all",)
    assert metamer.scales_finished == ("coarse", "middle")
    assert metamer.scales_timing == {"coarse": [0, 3], "middle": [4, 7], "all": [8]}
    assert len(metamer.scales_loss) == len(metamer.losses) - 1 == 12
    assert "scale all" in capsys.readouterr().err


def test_coarse_to_fine_stays_slow_after_a_restart(square: Tensor) -> None:
    calls = itertools.count()

    class Breaks(Scaled):
        def forward(self, image: Tensor, scales: list[str] | None = None) -> Tensor:
            bad = next(calls) == 12
            return super().forward(image, scales) * (float("nan") if bad else 1.0)

    metamer = MetamerCTF(square, Breaks().eval())
    metamer.setup(torch.full_like(square, 0.5))
    metamer.synthesize(20, change_scale_criterion=None, ctf_iters_to_check=4, progress_bar=False, restarts=1)
    assert metamer.scales == ("all",)
    assert metamer.iteration == 20
    assert metamer.learning_rate == pytest.approx(0.005)


def test_coarse_to_fine_separately(square: Tensor) -> None:
    metamer = MetamerCTF(square, Scaled().eval(), coarse_to_fine="separate")
    assert metamer.scales == ("coarse", "middle", "fine", "all")


def test_coarse_to_fine_goes_on_from_a_file(square: Tensor, tmp_path: Path) -> None:
    model = Scaled().eval()
    arguments: dict[str, Any] = {
        "change_scale_criterion": None,
        "ctf_iters_to_check": 4,
        "progress_bar": False,
    }
    first = MetamerCTF(square, model)
    first.setup(generator=torch.Generator().manual_seed(1))
    first.synthesize(6, **arguments)
    first.save(tmp_path / "a.pt")
    second = MetamerCTF(square, model)
    second.load(tmp_path / "a.pt")
    for metamer in (first, second):
        metamer.synthesize(6, **arguments)
    assert torch.equal(first.metamer, second.metamer)
    assert first.state()["scales_timing"] == second.state()["scales_timing"]
    with pytest.raises(ValueError, match="coarse_to_fine have different values"):
        MetamerCTF(square, model, coarse_to_fine="separate").load(tmp_path / "a.pt")
    second.to(torch.float64)
    second.synthesize(1, **arguments)


def test_a_criterion_that_would_end_the_run_first(square: Tensor) -> None:
    with pytest.raises(ValueError, match="strictly less than change_scale_criterion"):
        MetamerCTF(square, Scaled().eval()).synthesize(1, stop_criterion=0.1, change_scale_criterion=0.1)


def test_another_order_of_scales(square: Tensor) -> None:
    unknown: Any = "backwards"
    with pytest.raises(ValueError, match="'together' or 'separate', got 'backwards'"):
        MetamerCTF(square, Scaled().eval(), coarse_to_fine=unknown)


class NoScalesArgument(nn.AvgPool2d):
    scales = (1, 2)


class WholeAlways(nn.AvgPool2d):
    scales = (1, 2)

    def forward(self, image: Tensor, scales: object = None) -> Tensor:
        return super().forward(image)


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (nn.AvgPool2d(2), AttributeError, "no scales attribute"),
        (NoScalesArgument(2), TypeError, "does not accept scales"),
        (WholeAlways(2), ValueError, "doesn't change shape"),
    ],
)
def test_a_model_without_scales(
    square: Tensor, model: nn.Module, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        MetamerCTF(square, model.eval(), mse)


def test_progress_does_not_go_into_a_file_that_is_there(image: Tensor, tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("precious")
    metamer = Metamer(image, Gives(lambda x: x).eval(), store_path=precious)
    with pytest.raises(FileExistsError):
        metamer.synthesize(2, store_progress=1, progress_bar=False)
    assert precious.read_text() == "precious"
