"""Batches with a gaze for each sample."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from foveaview import MetamericLoss
from foveaview.perception.prepared import PreparedBatch, PreparedTarget
from foveaview.perception.samples import Samples

GAZES = torch.tensor([[0.1, 0.2], [0.8, 0.7], [0.4, 0.9]])


def pair(side: int = 32) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    image, target = (torch.rand(3, 3, side, side, generator=generator) for _ in range(2))
    return image, target


@pytest.fixture
def loss() -> MetamericLoss:
    return MetamericLoss(n_pyramid_levels=3)


def test_gradient_of_a_batch_is_that_of_its_samples(loss: MetamericLoss) -> None:
    image, target = pair()
    image.requires_grad_()
    (found,) = torch.autograd.grad(loss(image, target, GAZES), image)
    alone = [loss(image[i : i + 1], target[i : i + 1], gaze) for i, gaze in enumerate(GAZES)]
    (expected,) = torch.autograd.grad(torch.stack(alone).mean(), image)
    torch.testing.assert_close(found, expected)


def test_samples_are_made_for_the_first_use_and_kept_from_the_second() -> None:
    made: list[int] = []

    def make(index: int) -> int:
        made.append(index)
        return index

    samples = Samples(make, 2)
    assert [list(samples) for _ in range(4)] == [[0, 1]] * 4
    assert made == [0, 1, 0, 1]
    assert len(samples) == 2


def test_samples_that_are_not_kept_are_made_anew() -> None:
    made: list[int] = []
    samples = Samples(lambda index: made.append(index), 2, kept=False)
    for _ in range(3):
        list(samples)
    assert made == [0, 1] * 3


@pytest.fixture
def prepared_count(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    count = [0]
    make = PreparedTarget.__init__

    def counted(self: PreparedTarget, *arguments: object) -> None:
        count[0] += 1
        make(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(PreparedTarget, "__init__", counted)
    return count


def test_batch_with_new_gazes_prepares_each_sample_once(
    loss: MetamericLoss, prepared_count: list[int]
) -> None:
    image, target = pair()
    for step in range(3):
        loss(image, target, GAZES + step / 100)
    assert prepared_count == [9]


def test_batch_asked_again_and_again_is_kept(loss: MetamericLoss, prepared_count: list[int]) -> None:
    image, target = pair()
    values = [float(loss(image, target, GAZES)) for _ in range(6)]
    assert prepared_count == [9]  # once to use, once to see that it is asked again, once to keep
    assert len(set(values)) == 1


def test_prepared_batch_is_not_reached_by_an_edit_of_its_target(loss: MetamericLoss) -> None:
    image, target = pair()
    prepared = loss.prepare(target, GAZES)
    assert isinstance(prepared, PreparedBatch)
    before = float(prepared.loss(image))
    target.zero_()
    assert float(prepared.loss(image)) == before
    assert float(loss(image, target, GAZES)) != before


def test_second_gradient_after_an_edit_of_the_target_is_refused(loss: MetamericLoss) -> None:
    image, target = pair()
    image.requires_grad_()
    value = loss(image, target, GAZES)
    target.zero_()
    torch.autograd.grad(value, image, retain_graph=True)
    with pytest.raises(RuntimeError, match="target was edited in place"):
        torch.autograd.grad(value, image, create_graph=True)


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc")
def test_training_with_new_gazes_keeps_memory_flat() -> None:
    """If old gazes were kept, their pooling matrices would take 20 MiB."""
    generator = torch.Generator().manual_seed(0)
    loss = MetamericLoss(n_pyramid_levels=2, real_image_width=1.0)
    target = torch.rand(2, 1, 24, 24, generator=generator)
    weight = torch.rand(target.shape, generator=generator).requires_grad_()
    before = 0.0
    for step in range(150):
        weight.grad = None
        loss(weight, target, torch.rand(2, 2, generator=generator)).backward()
        if step == 30:
            before = resident_mib()
    assert resident_mib() - before < 6
