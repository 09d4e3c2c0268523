"""Statistics and poolings of one's own, put in where the loss takes its own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview import LossSettings, MetamericLoss
from foveaview.perception import PoolingOperator, PreparedTarget, parts_of, statistic, ventral_metamer
from foveaview.perception.moment_loss import BufferPool, MomentComparison, WeightedPooling
from foveaview.perception.pooling.mips import pool_by_interpolation
from foveaview.perception.pooling.pooling import LinearPooling
from foveaview.perception.statistic import STATISTICS, PooledMaps, Statistic, pooled_statistics

GAZE = (0.3, 0.6)


def maps(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_powers_are_pooled_at_once_and_others_when_asked_for() -> None:
    calls: list[int] = []

    def pool(image: Tensor) -> Tensor:
        calls.append(image.shape[1])
        return image

    pooled = PooledMaps(maps(1, 2, 4, 4), pool, powers=(2, 1))
    torch.testing.assert_close(pooled.power(2), pooled.maps**2)
    torch.testing.assert_close(pooled.power(3), pooled.maps**3)
    torch.testing.assert_close(pooled.power(1), pooled.maps)
    assert calls == [4, 2]


def test_statistics_are_the_moments_of_the_region() -> None:
    image = maps(1, 2, 16, 16)
    whole = torch.full((16, 16), 9.0, dtype=torch.float64)
    mean, deviation = pooled_statistics(image, lambda x: pool_by_interpolation(x, whole))
    expected_deviation, expected_mean = torch.std_mean(image, dim=(-2, -1), correction=0, keepdim=True)
    torch.testing.assert_close(mean, expected_mean.expand_as(mean))
    torch.testing.assert_close(deviation, expected_deviation.expand_as(mean))


def box(image: Tensor) -> Tensor:
    """Means over 3 x 3 pixels."""
    return F.avg_pool2d(image, 3, stride=1, padding=1)


def test_pooling_by_a_map_and_its_transpose_is_differentiated_in_every_way() -> None:
    pooling = LinearPooling(box, box)  # which is its own transpose
    image = maps(1, 1, 6, 7).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: pooling(x).square(), image)
    assert torch.autograd.gradgradcheck(lambda x: pooling(x).square(), image)


def test_pooling_of_another_window_is_compared_like_the_gazes() -> None:
    image, target = maps(1, 2, 12, 10).requires_grad_(), maps(1, 2, 12, 10).flip(-1)
    weight = maps(12, 10)
    comparison = MomentComparison(target, WeightedPooling(LinearPooling(box, box), weight), BufferPool())
    pairs = zip(pooled_statistics(image, box), pooled_statistics(target, box), strict=True)
    expected = sum((own - other).square().sum(dim=1, keepdim=True) for own, other in pairs) * weight
    torch.testing.assert_close(comparison(image), expected)
    torch.testing.assert_close(comparison.total(image), expected.sum())
    torch.testing.assert_close(comparison.sums(image).sum(), expected.sum())
    assert torch.autograd.gradcheck(comparison.total, image, fast_mode=True)


def _energy(pooled: PooledMaps) -> Tensor:
    return pooled.power(4)


ENERGY = Statistic("energy", _energy, powers=(4,))


@pytest.fixture
def with_energy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss compares a third statistic."""
    monkeypatch.setattr(statistic, "STATISTICS", (*STATISTICS, ENERGY))


@pytest.mark.usefixtures("with_energy")
def test_loss_with_a_third_statistic_has_its_parts_and_its_gradient() -> None:
    image, target = maps(1, 3, 17, 20), maps(1, 3, 17, 20).flip(-1)
    settings = LossSettings(n_pyramid_levels=3, real_image_width=1.0)
    loss = MetamericLoss.from_settings(settings)
    parts = loss.dissect(image, target, GAZE)
    assert list(parts) == parts_of(settings, 3)
    energy = [value for part, value in parts.items() if part.statistic == "energy"]
    assert len(energy) == 3 * (1 + 2 * 2)
    assert min(energy) > 0
    value = loss(image, target, GAZE)
    assert sum(parts.values()) == pytest.approx(float(value))
    heatmap = loss.heatmap(image, target, GAZE)
    assert float(heatmap.mean()) == pytest.approx(float(value))
    alone = loss.heatmap(image, target, GAZE, parts=lambda part: part.statistic == "energy")
    assert float(alone.mean()) == pytest.approx(sum(energy))
    assert torch.autograd.gradcheck(lambda x: loss(x, target, GAZE), image.requires_grad_(), fast_mode=True)


@pytest.mark.usefixtures("with_energy")
def test_what_is_shown_and_drawn_follows_a_third_statistic() -> None:
    target = maps(1, 3, 17, 20)
    settings = LossSettings(n_pyramid_levels=3, real_image_width=1.0)
    prepared = MetamericLoss.from_settings(settings).prepare(target, GAZE)
    assert isinstance(prepared, PreparedTarget)
    bands = prepared.at(target, (0.5, 0.5))
    assert set(bands[0].target) == {"mean", "standard deviation", "energy"}
    assert ventral_metamer(target, GAZE, settings).isfinite().all()


def test_statistics_without_a_fast_path_are_those_of_torch() -> None:
    lod = 3 * maps(12, 10)
    pool = PoolingOperator(lod, torch.float64, torch.device("cpu"))
    image, target = maps(1, 2, 12, 10), maps(1, 2, 12, 10).flip(-1)
    comparison = MomentComparison(target, WeightedPooling(pool, maps(12, 10)), BufferPool(), [ENERGY])
    expected = (pool(image**4) - pool(target**4)).square().sum(dim=1, keepdim=True) * maps(12, 10)
    torch.testing.assert_close(comparison(image), expected)
    assert comparison.sums(image).shape == (2,)
