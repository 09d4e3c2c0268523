"""The metameric loss by part: the parts are the whole, and each is what its name says."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from foveaview import LossSettings, MetamericLoss
from foveaview.perception import LossPart, PreparedTarget, is_selected, parts_of, summed
from foveaview.perception.analysis.loss_breakdown import (
    Attribute,
    Selection,
    check_selection,
    described,
    grouped,
)
from foveaview.perception.pyramid.pyramid import Pyramid

GAZE = (0.3, 0.4)


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    foveal = draw(st.booleans())
    return {
        "n_pyramid_levels": draw(st.integers(1, 4)),
        "n_orientations": draw(st.sampled_from([1, 2, 4, 6])),
        "mode": draw(st.sampled_from(["quadratic", "linear"])),
        "real_image_width": draw(st.floats(0.05, 5)),
        "use_l2_foveal_loss": foveal,
        "use_radial_weight": draw(st.booleans()),
        "use_fullres_l0": not foveal and draw(st.booleans()),
    }


def random_pair(channels: int, samples: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (samples, channels, 21, 35)
    image, target = (torch.rand(shape, generator=generator, dtype=torch.float64) for _ in range(2))
    return image, target


def prepared_for(target: Tensor, **changes: Any) -> PreparedTarget:
    prepared = MetamericLoss(**{"n_pyramid_levels": 3, **changes}).prepare(target, GAZE)
    assert isinstance(prepared, PreparedTarget)
    return prepared


@pytest.mark.slow
@settings(max_examples=60)
@given(options=options(), channels=st.sampled_from([1, 3]), samples=st.integers(1, 2))
def test_the_parts_add_up_to_the_loss(options: dict[str, Any], channels: int, samples: int) -> None:
    image, target = random_pair(channels, samples)
    loss = MetamericLoss(**options)
    values = loss.dissect(image, target, GAZE)
    assert list(values) == parts_of(LossSettings(**options), channels)
    assert sum(values.values()) == pytest.approx(float(loss(image, target, GAZE)), rel=1e-10)
    assert min(values.values()) >= 0


@pytest.mark.slow
@settings(max_examples=40)
@given(options=options(), channels=st.sampled_from([1, 3]), seed=st.integers(0, 99))
def test_heatmaps_of_disjoint_selections_add_up_to_the_whole(
    options: dict[str, Any], channels: int, seed: int
) -> None:
    image, target = random_pair(channels)
    loss = MetamericLoss(**options)
    values = loss.dissect(image, target, GAZE)
    draws = torch.randint(3, (len(values),), generator=torch.Generator().manual_seed(seed)).tolist()
    shares = [{part for part, own in zip(values, draws, strict=True) if own == i} for i in range(3)]
    maps = [loss.heatmap(image, target, GAZE, parts=share) for share in shares]
    torch.testing.assert_close(sum(maps), loss.heatmap(image, target, GAZE), rtol=1e-10, atol=1e-18)
    for share, heatmap in zip(shares, maps, strict=True):
        expected = sum(values[part] for part in share)
        assert float(heatmap.mean()) == pytest.approx(expected, rel=1e-10, abs=1e-18)


def test_all_parts_are_the_whole_heatmap_to_the_bit() -> None:
    image, target = random_pair(3)
    prepared = prepared_for(target)
    assert torch.equal(prepared.heatmap(image, prepared.parts()), prepared.heatmap(image))
    assert torch.equal(prepared.heatmap(image, lambda _part: True), prepared.heatmap(image))
    assert not bool(prepared.heatmap(image, []).any())


def only(level: int, band: str, channel: str) -> dict[str, float]:
    """The loss by band where the image differs from the target in one band of one channel, in the pyramid."""
    target = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    prepared = prepared_for(target, n_orientations=4)
    own = prepared.analyser(target)
    directions = ["0°", "45°", "90°", "135°"]
    index = directions.index(band) * 3 + ["Y", "Cr", "Cb"].index(channel)
    bands = list(own.pyramid.bands)
    bands[level] = bands[level].clone()
    bands[level][:, index] += 0.5
    changed = type(own)(own.picture, Pyramid(own.pyramid.highpass, tuple(bands), own.pyramid.residual))
    values = prepared.dissect_of(changed).tolist()
    return {
        f"{part.level} {part.band} {part.channel}": value
        for part, value in zip(prepared.parts(), values, strict=True)
        if value > 0 and part.statistic == "mean"
    }


@pytest.mark.parametrize("band", ["0°", "135°"])
@pytest.mark.parametrize(("level", "channel"), [(0, "Y"), (1, "Cb")])
def test_a_change_in_one_band_of_one_channel_shows_there_alone(level: int, band: str, channel: str) -> None:
    assert list(only(level, band, channel)) == [f"{level} {band} {channel}"]


@pytest.mark.parametrize(
    ("band", "direction"), [("0°", (1, 0)), ("45°", (1, -1)), ("90°", (0, 1)), ("135°", (1, 1))]
)
def test_a_direction_is_that_in_which_brightness_changes(band: str, direction: tuple[int, int]) -> None:
    """Counter-clockwise from the x axis, though y runs down."""
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    length = (direction[0] ** 2 + direction[1] ** 2) ** 0.5
    phase = (direction[0] * columns + direction[1] * rows) * (2 * torch.pi / 5 / length)
    grating = (0.5 + 0.3 * phase.sin())[None, None]
    loss = MetamericLoss(n_pyramid_levels=3, n_orientations=4, use_l2_foveal_loss=False)
    parts = loss.dissect(grating, torch.full_like(grating, 0.5), (0, 0))
    by_band = summed(list(parts), list(parts.values()), "band")
    directions = {name: value for name, value in by_band.items() if name.endswith("°")}
    assert max(directions, key=lambda name: directions[name]) == band


def test_brightness_alone_shows_in_lowpass_and_pixels_of_y() -> None:
    target = torch.full((1, 3, 32, 32), 0.5, dtype=torch.float64)
    parts = MetamericLoss(n_pyramid_levels=3, filter_type="full").dissect(target + 0.1, target, GAZE)
    shown = {(part.band, part.channel) for part, value in parts.items() if value > 1e-9}
    assert shown == {("lowpass", "Y"), ("pixels", "Y")}


def test_of_a_gaze_for_each_sample_the_parts_are_the_mean() -> None:
    image, target = random_pair(3, samples=2)
    gazes = torch.tensor([[0.1, 0.2], [0.8, 0.7]])
    loss = MetamericLoss(n_pyramid_levels=3)
    both = loss.dissect(image, target, gazes)
    alone = [loss.dissect(image[i : i + 1], target[i : i + 1], gazes[i]) for i in range(2)]
    for part, value in both.items():
        assert value == pytest.approx((alone[0][part] + alone[1][part]) / 2, rel=1e-10)
    maps = loss.heatmap(image, target, gazes, parts=lambda part: part.channel == "Y")
    assert float(maps.mean()) == pytest.approx(summed(list(both), list(both.values()), "channel")["Y"])


def test_the_parts_have_gradients_that_add_up_to_the_losses() -> None:
    image, target = random_pair(3)
    prepared = prepared_for(target)
    image.requires_grad_()
    (expected,) = torch.autograd.grad(prepared.loss(image), image)
    (found,) = torch.autograd.grad(prepared.dissect(image).sum(), image)
    torch.testing.assert_close(found, expected)


def test_a_selected_heatmap_has_the_gradient_of_its_parts() -> None:
    image, target = random_pair(3)
    prepared = prepared_for(target)
    image.requires_grad_()
    own = [i for i, part in enumerate(prepared.parts()) if part.statistic == "mean"]
    mean = prepared.heatmap(image, lambda part: part.statistic == "mean").mean()
    (found,) = torch.autograd.grad(mean, image)
    (expected,) = torch.autograd.grad(prepared.dissect(image)[own].sum(), image)
    torch.testing.assert_close(found, expected)


def test_half_precision_is_dissected_in_single(photograph: Tensor, noise: Tensor) -> None:
    loss = MetamericLoss(n_pyramid_levels=3)
    whole = sum(loss.dissect(noise.bfloat16(), photograph.bfloat16(), GAZE).values())
    assert whole == pytest.approx(float(loss(noise, photograph, GAZE)), rel=0.05)


def test_a_part_that_is_not_there_is_said() -> None:
    image, target = random_pair(1)
    with pytest.raises(ValueError, match=r"no part LossPart\(level=9.*from those that it names"):
        MetamericLoss(n_pyramid_levels=2).heatmap(image, target, parts=[LossPart(9, "0°", "gray", "mean")])


def test_one_orientation_is_called_by_no_direction() -> None:
    bands = grouped(parts_of(LossSettings(n_orientations=1), 1), "band")
    assert list(bands) == ["highpass", "bandpass", "lowpass", "pixels"]


@pytest.mark.parametrize("by", ["level", "band", "channel", "statistic"])
def test_sums_by_an_attribute_are_those_of_its_selections(by: Attribute) -> None:
    parts = parts_of(LossSettings(n_pyramid_levels=3), 3)
    values = [float(i) for i in range(len(parts))]
    for name, value in summed(parts, values, by).items():
        selection = frozenset({(by, name)})
        own = [number for part, number in zip(parts, values, strict=True) if is_selected(part, selection)]
        assert value == sum(own)


def test_a_sum_needs_a_value_for_each_part() -> None:
    with pytest.raises(ValueError, match="one value for each of 2 parts, got 1"):
        summed([LossPart(0, "0°", "Y", "mean"), LossPart(1, "0°", "Y", "mean")], [1.0], "band")


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (None, "whole"),
        (frozenset(), "whole"),
        (frozenset({("statistic", "mean"), ("level", "1")}), "level 1, statistic mean"),
    ],
)
def test_a_selection_is_said_in_words(selection: Selection | None, words: str) -> None:
    assert described(selection) == words


def test_a_selection_by_what_parts_do_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no 'size': choose by level, band, channel or statistic"):
        check_selection(frozenset({("size", "2")}))
