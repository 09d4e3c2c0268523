"""Subclasses of a metamer: their attributes in files, and their objective in the steps."""

from __future__ import annotations

import enum
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from foveaview import LoadWarning, Metamer, MetamerCTF
from tests.synthesis.models import begun, pool
from tests.synthesis.test_ctf import Scaled


class Experiment(Metamer):
    """A metamer with data of its own."""

    def __init__(self, *arguments: Any, participant: str = "", **options: Any) -> None:
        self.weights: Tensor | None = torch.ones(2)  # before the rest is there
        super().__init__(*arguments, **options)
        self.participant = participant
        self.trials: list[Any] = []
        self.helper = nn.Linear(2, 2)


@pytest.fixture
def square() -> Tensor:
    return torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(5))


def test_added_attributes_come_back(square: Tensor, tmp_path: Path) -> None:
    first = Experiment(square, pool(), participant="S03")
    first.weights = torch.arange(3.0)
    first.trials += [1, 2.5, None, {"gaze": (0.5, np.float32(0.25))}, OrderedDict(a=True), torch.Size([2])]
    first.save(tmp_path / "a.pt")
    second = Experiment(square, pool())
    own_helper = second.helper
    second.load(tmp_path / "a.pt")
    assert second.participant == "S03"
    assert second.weights is not None
    assert torch.equal(second.weights, torch.arange(3.0))
    assert second.trials == [1, 2.5, None, {"gaze": (0.5, 0.25)}, OrderedDict(a=True), torch.Size([2])]
    assert second.helper is own_helper


def test_an_attribute_set_on_the_object_comes_back(square: Tensor, tmp_path: Path) -> None:
    first, second = Metamer(square, pool()), Metamer(square, pool())
    first.note, second.note = "first", "second"  # type: ignore[attr-defined]
    first.save(tmp_path / "a.pt")
    second.load(tmp_path / "a.pt")
    assert second.added_attributes() == {"note": "first"}


def test_nothing_of_ours_counts_as_added(square: Tensor) -> None:
    assert Metamer(square, pool(), clamp=(0.0, 1.0)).added_attributes() == {}
    assert MetamerCTF(square, Scaled().eval()).added_attributes() == {}
    metamer = begun(square)
    metamer.synthesize(2, store_progress=1, progress_bar=False)
    metamer.to(torch.float64)
    assert metamer.added_attributes() == {}


@pytest.mark.parametrize(("owner", "other"), [("Saved", "initialized"), ("Initialized", "saved")])
def test_an_attribute_of_one_alone_is_named(square: Tensor, tmp_path: Path, owner: str, other: str) -> None:
    saved, loading = Metamer(square, pool()), Metamer(square, pool())
    noting: Any = saved if owner == "Saved" else loading
    noting.note = 1
    saved.save(tmp_path / "a.pt")
    message = rf"{owner} object has 1 attribute\(s\) not present in the {other} object: note"
    with pytest.raises(ValueError, match=message):
        loading.load(tmp_path / "a.pt")
    with pytest.warns(LoadWarning, match=message):
        loading.load(tmp_path / "a.pt", raise_on_checks=False)
    assert hasattr(loading, "note") == (owner == "Initialized")


class Kind(enum.IntEnum):
    """An integer that is code to a file."""

    A = 1


class Pair(NamedTuple):
    """A tuple that is code to a file."""

    x: int
    y: int


@pytest.mark.parametrize("value", [Path("a"), Kind.A, Pair(1, 2), {Kind.A: 1}, np.ones(2), {1, 2}])
def test_an_attribute_that_no_file_holds_is_named(square: Tensor, tmp_path: Path, value: object) -> None:
    first, second = Metamer(square, pool()), Metamer(square, pool())
    first.note, second.note = value, "own"  # type: ignore[attr-defined]
    with pytest.warns(UserWarning, match="the file does not hold note"):
        first.save(tmp_path / "a.pt")
    second.load(tmp_path / "a.pt")
    assert second.added_attributes() == {"note": "own"}


def test_an_attribute_by_a_name_of_the_file_is_refused(square: Tensor, tmp_path: Path) -> None:
    metamer = Metamer(square, pool())
    metamer._losses = [1.0]  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="attributes of the names _losses: rename them"):
        metamer.save(tmp_path / "a.pt")
    assert not (tmp_path / "a.pt").exists()


def test_a_file_sets_no_attribute_that_the_object_lacks(square: Tensor, tmp_path: Path) -> None:
    Metamer(square, pool()).save(tmp_path / "a.pt")
    content = torch.load(tmp_path / "a.pt", weights_only=True)
    torch.save({**content, "save": 1, "_solver": 2}, tmp_path / "a.pt")
    metamer = Metamer(square, pool())
    with pytest.warns(LoadWarning, match="2 attribute"):
        metamer.load(tmp_path / "a.pt", raise_on_checks=False)
    metamer.synthesize(1, progress_bar=False)
    assert callable(metamer.save)


class Observed(Metamer):
    """A metamer whose files are of one observer."""

    identifying = (*Metamer.identifying, "observer")
    observer = "A"


def test_an_identifying_attribute_of_a_subclass_is_compared(square: Tensor, tmp_path: Path) -> None:
    Observed(square, pool()).save(tmp_path / "a.pt")
    Observed(square, pool()).load(tmp_path / "a.pt")
    other = type("Observed", (Observed,), {"observer": "B"})
    with pytest.raises(ValueError, match="Saved and initialized observer are different: 'A' and 'B'"):
        other(square, pool()).load(tmp_path / "a.pt")


class Halved(Metamer):
    """A metamer with an objective of its own."""

    calls = 0

    def objective_function(self, *arguments: Any, **named: Any) -> Tensor:
        self.calls += 1
        return super().objective_function(*arguments, **named) / 2


class HalvedCTF(MetamerCTF):
    """The same, from coarse to fine."""

    calls = 0

    def objective_function(self, *arguments: Any, **named: Any) -> Tensor:
        self.calls += 1
        return super().objective_function(*arguments, **named) / 2


@pytest.mark.filterwarnings("ignore:input_tensor range is:UserWarning")
@pytest.mark.parametrize(("kind", "plain"), [(Halved, Metamer), (HalvedCTF, MetamerCTF)])
def test_an_overridden_objective_is_what_the_steps_lower(square: Tensor, kind: Any, plain: Any) -> None:
    metamers = []
    for one in (kind, plain):
        metamer = one(square, Scaled().eval())
        metamer.setup(torch.full_like(square, 1.5), torch.optim.SGD, {"lr": 1.0})
        metamer.synthesize(3, progress_bar=False)
        metamers.append(metamer)
    own, other = metamers
    assert own.calls >= 3
    assert torch.allclose(own.losses[0], other.losses[0] / 2)
    assert torch.allclose(own.gradient_norm[0], other.gradient_norm[0] / 2)
    assert torch.equal(own.penalties[0], other.penalties[0])  # which is not weighted
    assert own.losses[0] > 0


def test_an_objective_set_on_the_object_is_what_the_steps_lower(square: Tensor) -> None:
    metamer: Any = Metamer(square, pool())
    metamer.setup(torch.zeros_like(square))
    metamer.objective_function = lambda image, target, **named: image.square().sum() + 1
    metamer.run(2)
    assert metamer.losses[0] == 1


def test_a_class_of_another_name_is_refused(square: Tensor, tmp_path: Path) -> None:
    Metamer(square, pool()).save(tmp_path / "a.pt")
    with pytest.raises(ValueError, match=r"Saved object was a plenoptic\.Metamer, but initialized .*Halved"):
        Halved(square, pool()).load(tmp_path / "a.pt")
    with pytest.warns(LoadWarning, match="Saved object was a"):
        Halved(square, pool()).load(tmp_path / "a.pt", raise_on_checks=False)


def test_a_subclass_that_has_moved_to_another_module_loads(
    square: Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Halved, "__module__", "__main__")
    Halved(square, pool()).save(tmp_path / "a.pt")
    monkeypatch.setattr(Halved, "__module__", "experiments.metamers")
    Halved(square, pool()).load(tmp_path / "a.pt")


def test_a_metamer_without_scales_is_none_from_coarse_to_fine(square: Tensor, tmp_path: Path) -> None:
    Metamer(square, Scaled().eval()).save(tmp_path / "a.pt")
    metamer = MetamerCTF(square, Scaled().eval())
    with pytest.warns(LoadWarning), pytest.raises(ValueError, match=r"a\.pt: .*no scales"):
        metamer.load(tmp_path / "a.pt", raise_on_checks=False)
